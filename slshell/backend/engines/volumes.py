"""The part of the engine seam that is about volumes: disks that outlive machines.

A volume's `handle` is an opaque text that the engine gives and the services keep. Each call may come from
any thread and may be repeated: what was done already is found done. A `layer` is a UUID that the caller
makes once for a step, so that a step taken again makes the same thing and not another.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

Say = Callable[[str], None]
"""Told how far a long step is, in words."""


@dataclass(frozen=True, kw_only=True)
class VolumeFeatures:
    """What a store can do; services ask before they offer."""

    layers: bool
    """Snapshots, and clones that copy nothing."""
    files: bool
    """Volumes can be taken in from a file and written out to one."""


@dataclass(frozen=True, kw_only=True)
class Space:
    """The room where volumes are kept, in bytes."""

    total_bytes: int
    free_bytes: int


@dataclass(frozen=True, kw_only=True)
class DataDisk:
    """A volume as a machine gets it."""

    volume_id: str
    handle: str
    serial: str
    """At most 20 letters and digits; the guest knows the disk by it."""


@dataclass(frozen=True, kw_only=True)
class Holder:
    """The machine that has a volume plugged in, and which volume it is for it."""

    engine_id: str
    volume_id: str


@dataclass(frozen=True, kw_only=True)
class Frozen:
    """A volume split in two: `frozen` is what it holds now and never changes, `top` takes what comes."""

    frozen: str
    top: str


class Plug(StrEnum):
    """Whether a machine has a volume's disk."""

    IN = "in"
    """Also while the guest was asked to let go and has not answered."""
    OUT = "out"


class Volumes(ABC):
    """Keeps volumes and plugs them into machines. Failures are `slshell.model.errors`."""

    @property
    @abstractmethod
    def features(self) -> VolumeFeatures:
        """What this store can do."""

    @property
    @abstractmethod
    def place(self) -> str:
        """What holds the volumes, in words, for example `dir /srv/volumes`."""

    @abstractmethod
    def space(self) -> Space:
        """The room there is.

        Raises:
            CloudUnreachable: the store does not answer.
        """

    @abstractmethod
    def create(self, layer: str, size_bytes: int) -> str:
        """Make an empty volume, thin where the store can; answers its handle.

        Raises:
            NoCapacity: the store is full. EngineFailed: with the words of what failed.
        """

    @abstractmethod
    def freeze(self, handle: str, layer: str, holder: Holder | None) -> Frozen:
        """Keep what the volume holds now, at once, also while a machine uses it.

        Raises:
            UsageError: the store has no layers, or the volume has too many. NoCapacity, EngineFailed.
        """

    @abstractmethod
    def branch(self, frozen: str, layer: str, size_bytes: int) -> str:
        """A volume that begins with a frozen one's content and copies nothing; answers its handle."""

    @abstractmethod
    def copy(self, handle: str, layer: str, size_bytes: int, say: Say) -> str:
        """A volume with the same content as one that no machine uses, copied; answers its handle."""

    @abstractmethod
    def resize(self, handle: str, size_bytes: int, holder: Holder | None) -> None:
        """Make a volume larger, also while a machine uses it; its guest is told."""

    @abstractmethod
    def take_in(self, layer: str, source: Path, source_format: str, size_bytes: int, say: Say) -> str:
        """A volume with the content of an inspected image file (raw or qcow2); answers its handle."""

    @abstractmethod
    def write_out(self, handle: str, name: str, file_format: str, compress: bool, say: Say) -> Path:
        """A volume that no machine uses, or a frozen one, as a whole file called `name`; answers its path."""

    @abstractmethod
    def file(self, name: str) -> Path:
        """Where `write_out` puts the file of that name."""

    @abstractmethod
    def drop_file(self, name: str) -> None:
        """Remove what `write_out` wrote; nothing when it is gone."""

    @abstractmethod
    def files(self) -> list[str]:
        """Names of the files that `write_out` has written and that are still there."""

    @abstractmethod
    def remove(self, handle: str, keep: Collection[str]) -> None:
        """Remove a volume or frozen state; layers that the handles in `keep` share stay."""

    @abstractmethod
    def tidy(self, handles: Collection[str], in_use: Collection[str]) -> Mapping[str, str]:
        """Melt together some layers that nothing names any more, but none that a running machine has open.

        `handles` are all there are, `in_use` those that running machines use. Answers old → new handle; to be
        called again until it answers nothing.
        """

    @abstractmethod
    def usage(self, handles: Collection[str]) -> Mapping[str, int]:
        """Bytes on disk of each, in bulk; what is missing is left out."""

    @abstractmethod
    def attach(self, engine_id: str, disk: DataDisk) -> str:
        """Plug a volume into a running machine, and for its later starts; answers the expected device.

        Raises:
            Conflict: the machine is off, has no free slot, or another program has the volume open.
        """

    @abstractmethod
    def detach(self, engine_id: str, volume_id: str) -> Plug:
        """Ask the guest to let go of a volume, and forget it for later starts once it has.

        IN means that the guest has not let go yet: an event will tell, and this is to be called again.
        """

    @abstractmethod
    def attached(self, engine_id: str) -> frozenset[str] | None:
        """UUIDs of the volumes that a machine has now; None when there is no such machine."""

    @abstractmethod
    def retire(self, instance_id: int, uuid: str) -> str | None:
        """Put the root disk of a machine that is off aside; answers a handle, None when there is no disk."""

    @abstractmethod
    def restore(
        self, handle: str, layer: str, size_bytes: int, base: Path, base_format: str, say: Say
    ) -> str:
        """Make a retired root disk over the image `base` a volume of its own; answers its handle."""

    @abstractmethod
    def write_root(
        self, instance_id: int, uuid: str, name: str, base: Path, base_format: str, say: Say
    ) -> Path:
        """The root disk of a machine that is off, over the image `base`, as a whole qcow2 file called `name`.

        Answers its path; one that is whole already is not written again. `drop_file` removes it.

        Raises:
            NotFound: the machine has no disk. EngineFailed: it is in use, or cannot be written.
        """

    @abstractmethod
    def retired(self) -> list[str]:
        """Handles of all root disks that are put aside."""
