"""The calls about the image cache: a part of `Cloud`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec

from slshell.model.cloud import Page
from slshell.model.image_cache import CachedImage

T = TypeVar("T")


class ImageCalls(ABC):
    """What is kept of images."""

    @abstractmethod
    def _list(self, path: str, kind: type[Page[T]], query: Mapping[str, Any] | None = None) -> list[T]: ...

    @abstractmethod
    def _ask(
        self, method: str, path: str, content: msgspec.Struct | None, kind: type[T], *, repeat: bool = False
    ) -> T: ...

    def image_cache(self) -> list[CachedImage]:
        """What is held of the catalogue's images."""
        return self._list("/v1/image-cache", Page[CachedImage])

    def purge_image(self, id_or_name: str) -> CachedImage:
        """Remove an image, and its entry unless it is a published one; answers what went.

        Raises:
            Conflict: machines or root disks in quarantine stand on it, or it comes with slshell.
        """
        return self._ask("POST", f"/v1/image-cache/{quote(id_or_name, safe='')}/purge", None, CachedImage)
