"""The list of cloud images that distributions publish: what each is, and where it and its checksums lie."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from datetime import date
from importlib import resources
from urllib.parse import unquote, urlsplit

import msgspec


class CloudImage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One published image; `image` and `sums` are paths below the publisher's mirror."""

    publisher: str
    title: str
    os: str
    os_version: str
    image: str
    sums: str
    user: str
    min_ram_mib: int
    disk_gib: int
    size_mib: int

    def addresses(self, mirrors: Mapping[str, str]) -> tuple[str, str]:
        """Where the image and its checksums are fetched; `mirrors` take the place of the publishers' own."""
        base = (mirrors.get(self.publisher) or known().mirrors[self.publisher]).rstrip("/")
        return f"{base}/{self.image}", f"{base}/{self.sums}"

    @property
    def file_name(self) -> str:
        """The image's name in the list of checksums."""
        return unquote(urlsplit(self.image).path.rpartition("/")[2])


class CloudImages(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole list, by the names that users type."""

    looked_up: date
    mirrors: dict[str, str]
    images: dict[str, CloudImage]


@functools.cache
def known() -> CloudImages:
    """The list that comes with slshell."""
    text = resources.files(__package__).joinpath("cloud_images.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), CloudImages)
