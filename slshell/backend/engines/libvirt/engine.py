"""The libvirt engine, put together from its concerns."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import libvirt

from slshell.backend.engines.base import (
    Accelerator,
    Capabilities,
    Engine,
    EngineEvent,
    Forward,
    Machine,
    MachineSpec,
    Room,
    Sample,
)
from slshell.backend.engines.consoles import ConsoleStream
from slshell.backend.engines.libvirt import console, domains, network
from slshell.backend.engines.libvirt.accelerator import Prover
from slshell.backend.engines.libvirt.account import Account, account_for
from slshell.backend.engines.libvirt.connection import Connection, Result
from slshell.backend.engines.libvirt.daemon import PrivateDaemon
from slshell.backend.engines.libvirt.disks import MachineFiles
from slshell.backend.engines.libvirt.domain_xml import Setting, domain_xml
from slshell.backend.engines.libvirt.errors import converted
from slshell.backend.engines.libvirt.events import Dispatcher
from slshell.backend.engines.libvirt.folder_volumes import FolderVolumes, Site
from slshell.backend.engines.libvirt.host import CpuWatch, host_of, room_of
from slshell.backend.engines.libvirt.mark import Marks, domain_name, short_id
from slshell.backend.engines.libvirt.metrics import Meter
from slshell.backend.engines.libvirt.plugs import Plugs
from slshell.backend.engines.libvirt.pool_volumes import PoolVolumes
from slshell.backend.engines.libvirt.pools import PoolFacts, announce, look_up
from slshell.backend.engines.libvirt.short_paths import Places, drop_alias, drop_folder, settle
from slshell.backend.engines.libvirt.supervisor import CONSOLE_BYTES
from slshell.model.errors import CloudUnreachable, Conflict, EngineFailed
from slshell.model.host import Host

_TEST_DRIVER = "TEST"


class LibvirtEngine(Engine):
    """Machines as persistent libvirt domains, by default of a private, unprivileged daemon.

    `folder` is the engine's own; `uri` names another libvirt instead of the private one; `account` runs
    the machines when we are root; `proof_kernel` is a Linux kernel to prove KVM with; `volume_pool` is the
    absolute path of a folder for volumes, or the name of a storage pool of that libvirt; of each console's
    log at least `console_bytes` are kept.
    """

    def __init__(
        self,
        *,
        cloud_id: str,
        folder: Path,
        uri: str | None = None,
        account: str = "nobody",
        accelerator: str = "auto",
        proof_kernel: Path | None = None,
        volume_pool: str = "",
        console_bytes: int = CONSOLE_BYTES,
    ) -> None:
        short_id(cloud_id)
        self._cloud_id = cloud_id
        self._folder = folder
        self._other_uri = uri
        self._account_name = account
        self._setting = accelerator
        self._proof_kernel = proof_kernel
        self._marks = Marks(cloud_id)
        self._meter = Meter()
        self._cpu = CpuWatch()
        self._opening, self._settling, self._proving = threading.Lock(), threading.Lock(), threading.Lock()
        self._settled: tuple[Places, Account] | None = None
        self._connection: Connection | None = None
        self._dispatcher: Dispatcher | None = None
        self._driver = _TEST_DRIVER if (uri or "").startswith("test:") else "QEMU"
        self._accelerator: Accelerator | None = None
        self._record: dict[str, set[Forward]] = {}
        self._volume_pool = volume_pool
        self._console_bytes = console_bytes
        self._pool: PoolFacts | None = None
        self._plugs = Plugs(self._call, lambda: self._driver != _TEST_DRIVER)

    @property
    def volumes(self) -> FolderVolumes | PoolVolumes:
        """The store of volumes: a folder, unless the pool that is set is of another kind."""
        pool = self._pool
        if pool is not None and pool.folder is None:
            return PoolVolumes(pool.name, pool.kind, self._call, self._plugs)
        return FolderVolumes(self._site, self._plugs)

    @property
    def capabilities(self) -> Capabilities:
        """What libvirt's driver can do; the test driver has no guests to reach, hear or measure."""
        real = self._driver != _TEST_DRIVER
        return Capabilities(
            name="libvirt",
            custom_size=True,
            forwards=real,
            console_log=real,
            console=real,
            hosts_view=True,
            metrics=real,
            hot_plug=real,
            save_image=False,
            live_migrate=False,
        )

    @property
    def uri(self) -> str:
        """The libvirt address, also for virsh -c."""
        return self._other_uri or self._daemon.uri

    @property
    def image_folder(self) -> Path:
        """Images kept here are made readable for the machines' account when one needs them."""
        return self._places.images

    def open(self, on_event: Callable[[EngineEvent], None]) -> None:
        """Connect, starting the private daemon when it does not run."""
        with self._opening:
            if self._connection is not None:
                return
            self._files.drop_drafts()
            dispatcher = Dispatcher(on_event, self._marks)
            connection = Connection(self._connect, dispatcher)
            try:
                connection.open()
                self._driver = connection.call("ask for the driver", lambda raw: str(raw.getType()))
            except BaseException:
                connection.close()
                dispatcher.stop()
                raise
            self._connection, self._dispatcher = connection, dispatcher
        try:
            self._open_store()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the connection; machines go on."""
        with self._opening:
            connection, self._connection = self._connection, None
            dispatcher, self._dispatcher = self._dispatcher, None
        if connection is not None:
            connection.close()
        if dispatcher is not None:
            dispatcher.stop()

    def stop_hypervisor(self) -> None:
        """Close, and end the private daemon unless machines run on it; without any, its traces go too."""
        self.close()
        if self._other_uri is not None:
            return
        with self._opening:
            running, defined = self._machines_left()
            if running:
                return
            self._daemon.stop()
            if defined or any(self._places.machines.iterdir()):
                return
            drop_alias(self._places)
            if self._places.relocated and not self._places.hold_something:
                self._daemon.clear()
                drop_folder(self._places)
            self._forget_places()

    def accelerator(self) -> Accelerator:
        """KVM when it is proved to work, else emulation, and why."""
        with self._proving:
            if self._accelerator is None:
                if self._driver == _TEST_DRIVER:
                    return Accelerator(kind="tcg", reason="libvirt's test driver runs no machines")
                prover = Prover(
                    setting=self._setting,
                    folder=self._places.real,
                    account=self._account,
                    kernel=self._proof_kernel,
                )
                self._accelerator = self._call("find the accelerator", prover.answer)
            return self._accelerator

    def room(self) -> Room:
        """What one more machine may use."""
        return self._call("look at the host", lambda raw: room_of(raw, self._places.real))

    def hosts(self) -> list[Host]:
        """The one host."""
        accelerator = self.accelerator()

        def look(raw: Any) -> Host:
            return host_of(
                raw,
                self._places.real,
                domains.promised(raw, self._marks),
                accelerator,
                self._cpu.idle_share(raw),
            )

        return [self._call("look at the host", look)]

    def prepare_disks(self, spec: MachineSpec) -> None:
        """Make the machine's folder with all its files."""
        self._files.prepare(spec)

    def define(self, spec: MachineSpec) -> str:
        """Make the machine known; its engine id is its UUID."""
        setting = Setting(cloud_id=self._cloud_id, kind=self._domain_kind())
        folder = self._files.folder(spec.instance_id, spec.uuid)
        xml = domain_xml(spec, folder, setting, self.volumes.source_of)
        doing = f"define machine {spec.instance_id}"
        return self._call(doing, lambda raw: str(raw.defineXML(xml).UUIDString()))

    def start(self, engine_id: str) -> None:
        """Boot it."""
        kind = self._domain_kind()
        self._call("start the machine", lambda raw: domains.start(raw, engine_id, kind))

    def shutdown(self, engine_id: str) -> None:
        """Press its power button."""
        self._call("shut the machine down", lambda raw: domains.shutdown(raw, engine_id))

    def reboot(self, engine_id: str) -> None:
        """Press its reset button."""
        self._call("reboot the machine", lambda raw: domains.reboot(raw, engine_id))

    def resume(self, engine_id: str) -> None:
        """Let a paused machine go on."""
        self._call("let the machine go on", lambda raw: domains.resume(raw, engine_id))

    def stop(self, engine_id: str) -> None:
        """Cut its power."""
        self._record.pop(engine_id, None)
        self._call("stop the machine", lambda raw: domains.stop(raw, engine_id))

    def delete(self, instance_id: int, uuid: str) -> None:
        """Remove the domain and all files of the machine."""
        self._record.pop(uuid, None)
        self._call(
            f"delete machine {instance_id}",
            lambda raw: domains.delete(raw, uuid, instance_id, self._marks),
        )
        self._files.remove(instance_id, uuid)
        if self._other_uri is None:
            self._daemon.machine_log(domain_name(self._cloud_id, instance_id)).unlink(missing_ok=True)

    def get(self, engine_id: str) -> Machine:
        """One machine."""
        return self._call("look at the machine", lambda raw: domains.inspect(raw, engine_id, self._marks))

    def machines(self) -> list[Machine]:
        """Every domain of this libvirt."""
        return self._call("list the machines", lambda raw: domains.list_all(raw, self._marks))

    def leftovers(self) -> Iterable[tuple[int, str]]:
        """This cloud's domains and all folders of machines."""
        domains = {
            (machine.instance_id, machine.engine_id)
            for machine in self.machines()
            if machine.instance_id is not None
        }
        return sorted(domains | set(self._files.held()))

    def expose(self, engine_id: str, forwards: Iterable[Forward]) -> None:
        """Make exactly these forwards lead into the running machine; the test driver only notes them."""
        wanted = set(forwards)

        def change(raw: Any) -> None:
            domain = raw.lookupByUUIDString(engine_id)
            if not domain.isActive():
                raise Conflict("the machine does not run", hint="its address answers once it is started")
            if self._driver == _TEST_DRIVER:
                self._record[engine_id] = wanted
            else:
                network.reconcile(domain, wanted)

        self._call("make the machine's address answer", change)

    def address_is_free(self, forward: Forward) -> bool:
        """Whether a forward could listen there now."""
        return network.address_is_free(forward, self._account)

    def measure(self) -> list[Sample]:
        """Samples of all running machines; none with the test driver."""
        return self._call("measure the machines", lambda raw: self._meter.read(raw, self._marks))

    def console_log(self, engine_id: str, tail_bytes: int = 65536) -> bytes:
        """The last of the machine's serial console."""
        return console.tail(self._files.console_of(engine_id), tail_bytes)

    def console_since(self, engine_id: str, position: int) -> tuple[bytes, int]:
        """What the machine wrote to its console from there on."""
        return console.since(self._files.console_of(engine_id), position)

    def open_console(self, engine_id: str, *, force: bool = False) -> ConsoleStream:
        """The machine's console, over a connection of its own."""
        if self._driver == _TEST_DRIVER:
            raise EngineFailed("libvirt's test driver has no consoles")
        self._call("open the console", lambda raw: raw.lookupByUUIDString(engine_id))
        return console.open_over(self.uri, engine_id, force)

    def _open_store(self) -> None:
        """Find the pool of volumes, and tell libvirt of a folder of ours."""
        if self._volume_pool and not self._volume_pool.startswith("/"):
            wanted = self._volume_pool
            self._pool = self._call("find the storage pool", lambda raw: look_up(raw, wanted))
            if self._pool.folder is None:
                return
        folder = self._site().volumes
        if self._pool is not None:
            return
        name = f"sls-{short_id(self._cloud_id)}-volumes"
        self._call("announce the folder of volumes", lambda raw: announce(raw, name, folder))

    def _site(self) -> Site:
        places, account = self._places, self._account
        folder = places.volumes
        if self._volume_pool.startswith("/"):
            folder = Path(self._volume_pool)
        elif self._pool is not None and self._pool.folder is not None:
            folder = self._pool.folder
        if folder != places.volumes and not account.can("-w", folder):
            raise EngineFailed(
                f"the account “{account.name}” cannot write to {folder}, where volumes are to be kept",
                hint=f"chown {account.name} {folder}, or set another [cloud] volume_pool",
            )
        return Site(
            volumes=folder, exports=places.exports, retired=places.retired, machines=self._files,
            account=account,
        )  # fmt: skip

    def _domain_kind(self) -> str:
        if self._driver == _TEST_DRIVER:
            return "test"
        return "kvm" if self.accelerator().kind == "kvm" else "qemu"

    def _call(self, doing: str, function: Callable[[Any], Result]) -> Result:
        connection = self._connection
        if connection is None:
            raise CloudUnreachable("the engine is not open", hint="start the cloud: slshell cloud up")
        return connection.call(doing, function)

    def _connect(self) -> libvirt.virConnect:
        if self._other_uri is None:
            # A cleaner of /tmp may have taken the alias away, without which machines are not found again.
            self._forget_places()
            return self._daemon.connect()
        with converted(f"connect to {self._other_uri}"):
            return libvirt.open(self._other_uri)

    def _machines_left(self) -> tuple[int, int]:
        """How many domains run and how many are defined, asked on a connection of its own."""
        if self._daemon.running() is None:
            return 0, len(self._daemon.definitions())
        with converted("count the machines"):
            raw = libvirt.open(self.uri)
            try:
                return int(raw.numOfDomains()), int(raw.numOfDefinedDomains())
            finally:
                raw.close()

    def _settle(self) -> tuple[Places, Account]:
        with self._settling:
            if self._settled is None:
                account = account_for(self._account_name if self._other_uri is None else None)
                self._settled = settle(self._folder, self._cloud_id, account), account
            return self._settled

    def _forget_places(self) -> None:
        with self._settling:
            self._settled = None

    @property
    def _places(self) -> Places:
        return self._settle()[0]

    @property
    def _account(self) -> Account:
        return self._settle()[1]

    @property
    def _daemon(self) -> PrivateDaemon:
        return PrivateDaemon(
            places=self._places, cloud_id=self._cloud_id, account=self._account,
            console_bytes=self._console_bytes,
        )  # fmt: skip

    @property
    def _files(self) -> MachineFiles:
        return MachineFiles(root=self._places.machines, images=self._places.images, account=self._account)
