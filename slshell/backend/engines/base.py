"""The seam between a cloud's services and whatever runs its machines.

An engine is small and knows nothing of users, states of the tutorial, jobs or HTTP. Its ids are opaque
texts. A call that starts something returns when the engine has accepted it; what becomes of it is told
by `get`, `machines` and events. Every call may come from any thread and may be repeated: making what exists
and removing what is gone succeed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from slshell.backend.engines.consoles import ConsoleStream
from slshell.backend.engines.volumes import DataDisk, Volumes
from slshell.model.host import Host


class Power(StrEnum):
    """What an engine says of a machine, beside its own raw word for it."""

    STARTING = "starting"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPING = "stopping"
    STOPPED = "stopped"
    CRASHED = "crashed"
    GONE = "gone"


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What an engine can do; services ask before they offer."""

    name: str
    custom_size: bool
    forwards: bool
    """Machines answer SSH on a host address that the cloud picks."""
    console_log: bool
    console: bool
    """`open_console` works: somebody can type on a machine's serial console."""
    hosts_view: bool
    metrics: bool
    hot_plug: bool
    save_image: bool
    live_migrate: bool


@dataclass(frozen=True, kw_only=True)
class BootImage:
    """A cached, verified image on the engine's host; never written to."""

    path: Path
    format: str
    """raw, qcow2, or iso: a disc to start from beside an empty disk of `disk_bytes`."""
    disk_bytes: int
    kernel: Path | None = None
    """With `initrd` and `cmdline`: start these directly, the disk stays attached."""
    initrd: Path | None = None
    cmdline: str = ""


@dataclass(frozen=True, kw_only=True)
class ContextDisc:
    """A small read-only disc that tells a machine what it is: volume label and files (name → content)."""

    label: str
    files: dict[str, bytes]


@dataclass(frozen=True, kw_only=True)
class VolatileDisk:
    """An empty disk that lives and dies with its machine."""

    size_bytes: int
    serial: str


@dataclass(frozen=True, kw_only=True)
class StaticDisk:
    """An image of data that many machines read at once and none can write."""

    image: BootImage
    serial: str


@dataclass(frozen=True, kw_only=True)
class MachineSpec:
    """All that an engine needs to make one machine."""

    instance_id: int
    name: str
    """Checked already; still data, never markup."""
    vcpu: int
    ram_mib: int
    swap_mib: int
    image: BootImage
    discs: tuple[ContextDisc, ...] = ()
    volatile: tuple[VolatileDisk, ...] = ()
    volumes: tuple[DataDisk, ...] = ()
    statics: tuple[StaticDisk, ...] = ()
    uuid: str
    """Stable for the life of the instance; made by the services."""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """An engine's view of one machine."""

    engine_id: str
    instance_id: int | None
    """None when the machine does not carry this cloud's mark."""
    power: Power
    raw: str
    """The engine's own word, for example `shut off (crashed)`."""
    reason: str = ""
    """Why it stopped, in words, where known."""
    starved: bool = False
    """Paused because a disk of the host is full or failing."""


@dataclass(frozen=True, kw_only=True)
class Forward:
    """`address:port` on the host leads to `guest_port` in the machine."""

    address: str
    port: int
    guest_port: int = 22


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Measurements of one of this cloud's machines at one moment."""

    instance_id: int
    engine_id: str
    cpu_percent: float
    memory_kib: int
    disk_read_bytes: float = 0.0
    """A second, since the sample before; writes likewise."""
    disk_write_bytes: float = 0.0
    packets_in: float | None = None
    """A second; None where the engine could not count them."""
    packets_out: float | None = None


class EngineEventKind(StrEnum):
    """What an engine tells without being asked."""

    CHANGED = "changed"
    """`machine` is as it now is; power GONE when it vanished."""
    REBOOTED = "rebooted"
    DISK_GONE = "disk gone"
    """The guest has let go of the volume `volume_id`."""
    DISK_KEPT = "disk kept"
    """The guest would not let go of the volume `volume_id`."""
    LOST = "lost"
    """The connection to the hypervisor broke; `machine` is None."""
    RESTORED = "restored"
    """The connection is back: list again, for events in between are lost; `machine` is None."""


@dataclass(frozen=True, kw_only=True)
class EngineEvent:
    """Delivered on a thread of the engine's; handlers only hand it on."""

    kind: EngineEventKind
    machine: Machine | None = None
    text: str = ""
    volume_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Accelerator:
    """How machines are run: `kvm` or `tcg`, and why in words."""

    kind: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Room:
    """What the engine's host has left for one more machine."""

    vcpu: int
    """The most CPUs one machine may have."""
    ram_mib: int
    """Total memory of the host."""
    free_ram_mib: int
    disk_bytes: int
    """Free space where disks are made."""
    details: dict[str, str] = field(default_factory=dict)


class Engine(ABC):
    """Runs machines. Failures are `slshell.model.errors`, converted at the engine's edge."""

    @property
    @abstractmethod
    def capabilities(self) -> Capabilities:
        """What this engine can do."""

    @property
    @abstractmethod
    def uri(self) -> str:
        """Where the engine is, in its own notation (for libvirt: a connection URI)."""

    @property
    @abstractmethod
    def volumes(self) -> Volumes:
        """Where volumes are kept, and how machines get them."""

    @property
    @abstractmethod
    def image_folder(self) -> Path:
        """A folder that both the services may write and the engine's machines may read."""

    @abstractmethod
    def open(self, on_event: Callable[[EngineEvent], None]) -> None:
        """Connect, starting what must run; events go to `on_event` until `close`.

        Raises:
            EngineFailed: it cannot be started, with the hypervisor's words and a remedy.
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of the connection; machines go on."""

    @abstractmethod
    def stop_hypervisor(self) -> None:
        """Close, and end the hypervisor daemon that `open` started unless a machine needs it."""

    @abstractmethod
    def accelerator(self) -> Accelerator:
        """How machines are run here; proved once, then remembered."""

    @abstractmethod
    def room(self) -> Room:
        """What one more machine may use.

        Raises:
            CloudUnreachable: the hypervisor does not answer.
        """

    @abstractmethod
    def hosts(self) -> list[Host]:
        """The hosts; `acpu` and `amem_kib` count what defined machines were promised."""

    @abstractmethod
    def prepare_disks(self, spec: MachineSpec) -> None:
        """Make the machine's root overlay, swap and context discs.

        Raises:
            NoCapacity: the disk is full. EngineFailed: a tool failed. Nothing half-made stays.
        """

    @abstractmethod
    def define(self, spec: MachineSpec) -> str:
        """Make the machine known, not started; answers its engine id."""

    @abstractmethod
    def start(self, engine_id: str) -> None:
        """Boot it; does nothing when it runs already.

        Raises:
            NotFound: no such machine. NoCapacity, EngineFailed: with the hypervisor's words.
        """

    @abstractmethod
    def shutdown(self, engine_id: str) -> None:
        """Ask the guest to power itself off; whether it does is told by an event."""

    @abstractmethod
    def reboot(self, engine_id: str) -> None:
        """Restart the machine at once, as its reset button does."""

    @abstractmethod
    def resume(self, engine_id: str) -> None:
        """Let a machine go on that the hypervisor has paused; does nothing to one that is not paused."""

    @abstractmethod
    def stop(self, engine_id: str) -> None:
        """Cut the power; does nothing when it is off or gone."""

    @abstractmethod
    def delete(self, instance_id: int, uuid: str) -> None:
        """Remove the machine and every file made for it, running or not; what is missing is skipped."""

    @abstractmethod
    def get(self, engine_id: str) -> Machine:
        """One machine; power GONE when there is none."""

    @abstractmethod
    def machines(self) -> list[Machine]:
        """Every machine on the engine in one call, also those that are not this cloud's."""

    @abstractmethod
    def leftovers(self) -> Iterable[tuple[int, str]]:
        """`(instance_id, uuid)` of machines or files that the engine holds, for the services to match."""

    @abstractmethod
    def expose(self, engine_id: str, forwards: Iterable[Forward]) -> None:
        """Make exactly these forwards lead into the running machine.

        Raises:
            Conflict: an address or port is taken by another program, named in the text.
        """

    @abstractmethod
    def address_is_free(self, forward: Forward) -> bool:
        """Whether a forward could listen there now."""

    @abstractmethod
    def measure(self) -> Sequence[Sample]:
        """Samples of all running machines, in bulk; processor use since the previous call."""

    @abstractmethod
    def console_log(self, engine_id: str, tail_bytes: int = 65536) -> bytes:
        """The last of what the machine wrote to its serial console; untrusted bytes."""

    @abstractmethod
    def console_since(self, engine_id: str, position: int) -> tuple[bytes, int]:
        """What the machine wrote to its console from `position` on, a block of it, and the next position.

        Positions count bytes from the machine's first; a negative one counts from the end, and what is not
        kept any more is passed over.

        Raises:
            NotFound: no such machine.
        """

    @abstractmethod
    def open_console(self, engine_id: str, *, force: bool = False) -> ConsoleStream:
        """The serial console of a running machine; with `force` whoever holds it loses it.

        Raises:
            Conflict: the machine does not run, or another holds its console. NotFound: no such machine.
        """
