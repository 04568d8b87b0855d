"""Instances: the virtual machines of a cloud."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from slshell.model.appliance import ContextMethod
from slshell.model.context import UserDataPart
from slshell.model.volume import Disk


class State(StrEnum):
    """Where an instance is in its life, in the words of the StratusLab tutorial (table 5.1)."""

    PENDING = "Pending"
    PROLOG = "Prolog"
    BOOT = "Boot"
    RUNNING = "Running"
    SHUTDOWN = "Shutdown"
    UNKNOWN = "Unknown"
    EPILOG = "Epilog"
    DONE = "Done"
    FAILED = "Failed"


ENDED = frozenset({State.DONE})
SETTLED = frozenset({State.RUNNING, State.UNKNOWN, State.DONE, State.FAILED})


# Resources never form cycles, so the collector need not know them (`gc=False`): with tens of thousands it
# would hold up a face for 50 ms at a time.


class Phase(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One stretch of an instance's life; `ended_at` is None while it lasts.

    `name` is a `State` value, or `reachable` for the moment SSH first answered after a boot.
    """

    name: str
    started_at: datetime
    ended_at: datetime | None = None


class Instance(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One virtual machine. Sizes are MiB where the name says so; times are UTC."""

    id: int
    name: str
    state: State
    reachable: bool
    """SSH has answered since the last boot."""
    reason: str
    """Why it is Failed or Unknown, or what it waits for, in words; empty when there is nothing to say."""
    appliance: str
    """The appliance's name; its identifier is `appliance_id`."""
    appliance_id: str
    type: str
    vcpu: int
    ram_mib: int
    swap_mib: int
    address: str
    ssh_port: int
    user: str
    """The account that took the user's key: root, or what the appliance's metadata names."""
    host_key: str
    """The machine's public SSH host key, `ssh-ed25519 AAAA…`, made by the back end."""
    cpu_percent: float
    """Processor use since the last sample, 100 for one whole CPU; 0 when it does not run."""
    memory_kib: int
    """Host memory that the machine holds; 0 when it does not run."""
    created_at: datetime
    phases: tuple[Phase, ...] = ()
    owner: str = ""
    host: str = ""
    progress: str = ""
    """What the current step is doing, in words, for example “image 40 %”; empty when idle."""
    request_id: str = ""
    disks: tuple[Disk, ...] = ()
    """All but the context's, in the guest's order."""
    endorser: str = ""
    """Who vouched for the appliance when this was launched: e-mail address, or empty for nobody."""
    revision: int = 0
    tags: tuple[str, ...] = ()
    """Words by which people find it again; untrusted text without blanks."""


class InstanceUpdate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `PATCH /v1/instances/{id}`."""

    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()


class RunRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /v1/instances`."""

    request_id: str
    """Made by the client; sending the same again answers with the first one's instances."""
    appliance: str
    """Name or 27-character identifier."""
    type: str | None = None
    count: int = 1
    name: str | None = None
    vcpu: int | None = None
    ram_mib: int | None = None
    swap_mib: int | None = None
    keys: tuple[str, ...] = ()
    """Public SSH keys, one line each."""
    context: dict[str, str] = {}
    """Further variables for the machine: in context.sh, and under `context` in cloud-init's meta-data."""
    context_method: ContextMethod | None = None
    """How the machine is told; None: as its appliance says."""
    user_data: tuple[UserDataPart, ...] = ()
    """Documents for cloud-init, in order."""
    volumes: tuple[str, ...] = ()
    """Persistent volumes to begin with; only for a single machine."""
    volatile_gib: tuple[int, ...] = ()
    """Sizes of empty disks that end with the machine."""
    statics: tuple[str, ...] = ()
    """Names or identifiers of static disks to read."""
    tags: tuple[str, ...] = ()


class Metrics(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Measurements of one running instance; not part of its revision."""

    id: int
    cpu_percent: float
    memory_kib: int
    disk_read_bytes: float = 0.0
    """Bytes read from all its disks a second, since the sample before; writes likewise."""
    disk_write_bytes: float = 0.0
    packets_in: float | None = None
    """Network packets that came in a second; None where they cannot be counted."""
    packets_out: float | None = None


class InstanceType(msgspec.Struct, frozen=True, kw_only=True):
    """A named machine size."""

    name: str
    vcpu: int
    ram_mib: int
    swap_mib: int
    default: bool = False
    fits: bool = True
    """False when no host of the cloud is large enough for it."""
