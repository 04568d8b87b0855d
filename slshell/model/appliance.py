"""Appliances: machine images that instances start from, and static disks that they read."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec


class ApplianceState(StrEnum):
    """Whether an appliance can be started."""

    IMPORTING = "importing"
    READY = "ready"
    FAILED = "failed"
    AVAILABLE = "available"
    """Known by an entry of the catalogue or published; fetched when a machine of it is started."""


class ApplianceKind(StrEnum):
    """What an image is for: to start machines from, or to be read by many of them."""

    MACHINE = "machine"
    DISK = "disk"


class ContextMethod(StrEnum):
    """How a machine learns its keys and name: the `_STRATUSLAB` disc or cloud-init's NoCloud seed."""

    STRATUSLAB = "one"
    CLOUD_INIT = "cloud-init"
    BOTH = "both"


class Appliance(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One image; `size_bytes` is its file as it is kept, `disk_bytes` the root disk that a machine gets."""

    id: str
    """27-character identifier; while it is importing, a provisional `import-…` text."""
    name: str
    title: str
    state: ApplianceState
    reason: str
    progress: str
    format: str
    """raw, qcow2, or iso: a disc to start from, beside an empty disk of `disk_bytes`."""
    size_bytes: int
    disk_bytes: int
    sha1: str
    sha256: str
    os: str
    os_version: str
    arch: str
    user: str
    context: ContextMethod
    min_ram_mib: int
    origin: str
    """Where it came from: `bundled`, a file name or a URL."""
    created_at: datetime
    kind: ApplianceKind = ApplianceKind.MACHINE
    version: str = ""
    """Of the image, as its endorser numbers it."""
    tags: tuple[str, ...] = ()
    endorser: str = ""
    """E-mail address of who vouches for it in the newest entry; empty: nobody does."""
    endorsed_at: datetime | None = None
    status: str = ""
    """What became of that entry: valid, expired or deprecated."""
    source: str = ""
    """The marketplace that the entry was read from; empty: it was uploaded here, or there is none."""
    revision: int = 0


class ImportRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /v1/appliances`: fetch an image by URL. A local file is streamed to `/v1/uploads`."""

    request_id: str
    url: str
    name: str | None = None
    sha256: str | None = None
    user: str | None = None
    kind: ApplianceKind = ApplianceKind.MACHINE
    disk_gib: int | None = None
    """The root disk that machines get, where the image's own is smaller."""
