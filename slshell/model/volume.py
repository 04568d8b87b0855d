"""Volumes: disks with a life of their own, their snapshots, and what a machine holds of them."""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum

import msgspec

GIB = 1 << 30
MAX_TAG = 40
"""Characters of a tag, as the original client allowed."""
ROOT_DISK_OF = "the root disk of instance"
"""How the origin of a volume begins that was a machine's root disk."""
_SERIAL_LENGTH = 20
"""virtio-blk cuts a disk's serial after 20 characters."""
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class VolumeState(StrEnum):
    """Where a volume is in its life."""

    CREATING = "creating"
    """It is being made: empty, as a clone, or from a file that was sent."""
    RECEIVING = "receiving"
    """It waits for the rest of the file that is being sent."""
    AVAILABLE = "available"
    ATTACHING = "attaching"
    ATTACHED = "attached"
    DETACHING = "detaching"
    """The guest was asked to let go and has not done so yet; the volume is still held."""
    DELETED = "deleted"
    """In quarantine: `undelete-volume` brings it back until `purge_at`."""
    PURGING = "purging"
    FAILED = "failed"


HELD = frozenset({VolumeState.ATTACHING, VolumeState.ATTACHED, VolumeState.DETACHING})
QUARANTINED = frozenset({VolumeState.DELETED, VolumeState.PURGING})


class Visibility(StrEnum):
    """Who may see and attach a volume beside its owner."""

    PRIVATE = "private"
    PUBLIC = "public"


class Snapshot(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A volume as it was at one moment; it takes space only for what has changed since."""

    id: str
    name: str
    size_bytes: int
    created_at: datetime


class Volume(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One persistent volume. Sizes are bytes; times are UTC."""

    id: str
    """A UUID in lower case."""
    tag: str
    state: VolumeState
    reason: str
    """Why it failed or what it waits for, in words."""
    progress: str
    """What is being done with it, for example “copied 40 %”; empty when nothing is."""
    size_bytes: int
    """What a machine sees."""
    allocated_bytes: int
    """What it takes on the host's disk, snapshots included; clones share what they have in common."""
    visibility: Visibility
    owner: str
    origin: str
    """What it was made from, in words; empty for one that began empty."""
    created_at: datetime
    instance_id: int | None = None
    """The instance that holds it."""
    device: str = ""
    """Its device in the guest, for example `/dev/vdc`."""
    device_known: bool = False
    """True when the guest itself has named the device; else it is a guess."""
    by_id: str = ""
    """The path that never changes: `/dev/disk/by-id/virtio-…`."""
    at_launch: bool = False
    """Attached when its machine was started, so that only the end of the machine releases it."""
    snapshots: tuple[Snapshot, ...] = ()
    deleted_at: datetime | None = None
    purge_at: datetime | None = None
    received_bytes: int = 0
    """How much of a file that is being sent has arrived."""
    revision: int = 0


class VolumeRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /v1/volumes`: an empty volume, or with `source` a clone."""

    request_id: str
    size_gib: int | None = None
    """Needed for an empty volume; a clone may be larger than what it is made from."""
    tag: str = ""
    visibility: Visibility = Visibility.PRIVATE
    source: str | None = None
    """The volume to clone."""
    snapshot: str | None = None
    """Clone the source as it was at this snapshot (name or id) of its."""


class VolumeUpdate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `PATCH /v1/volumes/{id}`; what is None stays."""

    tag: str | None = None
    visibility: Visibility | None = None


class ResizeRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /v1/volumes/{id}/resize`."""

    size_gib: int


class SnapshotRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /v1/volumes/{id}/snapshots`."""

    request_id: str
    name: str | None = None


class AttachRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /v1/volumes/{id}/attach`."""

    instance_id: int


class DetachRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /v1/volumes/{id}/detach`.

    QEMU takes a disk away at once even when the guest has it mounted, which ruins its file system. So a
    caller says which it is: the guest was asked and does not use it, or the loss is accepted.
    """

    instance_id: int
    guest_does_not_use_it: bool = False
    force: bool = False


class DeviceReport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `PUT /v1/volumes/{id}/device`: what the guest calls the disk, as a client has asked it."""

    instance_id: int
    device: str


class UploadRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /v1/volumes/uploads`: a file of this many bytes will be sent in parts."""

    request_id: str
    filename: str
    size_bytes: int
    tag: str = ""
    visibility: Visibility = Visibility.PRIVATE


class UploadEnd(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /v1/volumes/{id}/content/end`: all parts are sent; this is the file's SHA-256."""

    sha256: str


class ExportFormat(StrEnum):
    """How a volume is written to a file."""

    QCOW2 = "qcow2"
    RAW = "raw"


class ExportRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /v1/volumes/{id}/exports`."""

    request_id: str
    format: ExportFormat = ExportFormat.QCOW2
    compress: bool = False
    """qcow2 with compressed clusters; a raw file cannot be compressed."""
    snapshot: str | None = None


class ExportState(StrEnum):
    """Where an export is."""

    WRITING = "writing"
    READY = "ready"
    FAILED = "failed"


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """A copy of a volume in one file, kept for a while to be downloaded."""

    id: str
    volume_id: str
    state: ExportState
    reason: str
    progress: str
    format: ExportFormat
    size_bytes: int
    sha256: str
    created_at: datetime


class StorageStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The space that volumes and machines share."""

    pool: str
    """What holds the volumes, in words: `dir /path`, `logical vg0`."""
    total_bytes: int
    free_bytes: int
    promised_bytes: int
    """What volumes and disks may still grow by."""
    quarantined_bytes: int
    quarantine_s: float
    """How long deleted things are kept; 0 for not at all."""
    max_volume_gib: int
    warning: str = ""
    """What is wrong, in words; empty when all is well."""


class DiskKind(StrEnum):
    """What a disk of a machine is for."""

    ROOT = "root"
    SWAP = "swap"
    VOLATILE = "volatile"
    PERSISTENT = "persistent"
    READ_ONLY = "read-only"


class Disk(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One disk of an instance."""

    kind: DiskKind
    size_bytes: int
    serial: str
    device: str
    """Where the guest is expected to show it, for example `/dev/vdc`."""
    source: str = ""
    """The volume's UUID or the appliance's identifier."""
    name: str = ""
    """The volume's tag or the appliance's name."""

    @property
    def by_id(self) -> str:
        """The path in the guest that never changes."""
        return by_id_of(self.serial)


def serial_of(volume_id: str) -> str:
    """The disk serial of a volume: the first 20 digits of its UUID."""
    return volume_id.replace("-", "")[:_SERIAL_LENGTH]


def by_id_of(serial: str) -> str:
    """Where udev shows a virtio disk with this serial."""
    return f"/dev/disk/by-id/virtio-{serial}"


def is_volume_id(text: str) -> bool:
    """Whether this is a UUID as volumes have them."""
    return _UUID.fullmatch(text) is not None
