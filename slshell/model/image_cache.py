"""The image cache: what is held of the catalogue's images, and who stands on it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec


class Return(StrEnum):
    """Whether an image comes back once it was purged."""

    FETCHED = "fetched"
    """It is fetched from its publisher when it is wanted."""
    BUILT = "built"
    """It comes with slshell, and is made whenever the cloud starts without it."""
    ASKED = "asked"
    """It is built again when somebody asks for it."""
    NEVER = "never"
    """Somebody brought it; the cloud cannot get it by itself."""


class CachedImage(msgspec.Struct, frozen=True, kw_only=True):
    """One image that takes space; `allocated_bytes` is what, `disk_bytes` the disk that machines see."""

    id: str
    name: str
    partial: bool
    """Only a part of it is here: a fetch broke off, and the next one goes on from there."""
    returns: Return
    origin: str
    size_bytes: int
    allocated_bytes: int
    disk_bytes: int
    created_at: datetime
    used_at: datetime | None
    """When a machine was last made from it; None for never."""
    instances: tuple[int, ...]
    """Machines that stand on it or read it, whatever their state; they end with `kill`."""
    volumes: tuple[str, ...]
    """Root disks in quarantine that cannot come back without it."""

    @property
    def used(self) -> bool:
        """Whether something is lost when it goes."""
        return bool(self.instances or self.volumes)
