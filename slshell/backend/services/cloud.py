"""The cloud: all services put together, started and stopped as one."""

from __future__ import annotations

import asyncio
import getpass
import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import func, select

from slshell import __version__
from slshell.backend.appliances.static import FLORA_AND_FAUNA
from slshell.backend.engines.base import Engine
from slshell.backend.services import housekeeping, image_strays, known_hosts, records
from slshell.backend.services.arrivals import Arrivals
from slshell.backend.services.catalogue import BUNDLED, Catalogue
from slshell.backend.services.catalogue_jobs import CatalogueJobs
from slshell.backend.services.chain_jobs import ChainJobs
from slshell.backend.services.changes import Bell
from slshell.backend.services.compute import Compute
from slshell.backend.services.consoles import Consoles
from slshell.backend.services.contexts import Contexts
from slshell.backend.services.hotplug import HotPlug
from slshell.backend.services.image_cache import ImageCache
from slshell.backend.services.jobs import JobRunner, Work
from slshell.backend.services.lifecycle import Happening, allows
from slshell.backend.services.machine_jobs import MachineJobs
from slshell.backend.services.marketplace import Marketplace
from slshell.backend.services.marketplace_sources import Sources
from slshell.backend.services.metrics import Sampler
from slshell.backend.services.offers import Offers
from slshell.backend.services.reachability import Reachability
from slshell.backend.services.reconcile import Reconcile
from slshell.backend.services.save_jobs import SaveJobs
from slshell.backend.services.saves import Saves
from slshell.backend.services.settings import Settings
from slshell.backend.services.space import SpaceService
from slshell.backend.services.storage import Storage
from slshell.backend.services.storage_watch import StorageWatch
from slshell.backend.services.tracks import Tracks
from slshell.backend.services.trust import Trust
from slshell.backend.services.volume_file_jobs import VolumeFileJobs
from slshell.backend.services.volume_files import VolumeFiles
from slshell.backend.services.volume_jobs import VolumeJobs
from slshell.backend.store.database import Database
from slshell.backend.store.tables.instances import instances
from slshell.model.appliance import ApplianceKind
from slshell.model.cloud import CloudStatus
from slshell.model.host import Host
from slshell.model.instance import State

LOG = logging.getLogger(__name__)
DOWNLOADS = 3
"""Images that come in at the same time; one silent server does not hold up the others."""


class Cloud:
    """One data folder's cloud. `database` is prepared already, `engine` not opened yet."""

    def __init__(
        self, *, home: Path, cloud_id: str, database: Database, engine: Engine, settings: Settings
    ) -> None:
        self.home = home
        self.id = cloud_id
        self.database = database
        self.engine = engine
        self.settings = settings
        self.owner = _account_name()
        self.bell = Bell()
        self.socket = ""
        self.ask_to_end: Callable[[], None] = lambda: None
        self._began = time.monotonic()
        self.uploads = home / "uploads"
        self._make_catalogue()
        self.sampler = Sampler(engine=engine, tracks=Tracks(file=home / "metrics.json", living=self._living))
        self.contexts = Contexts(database=database, engine=engine, catalogue=self.catalogue)
        self.reachability = Reachability(database=database)
        self._make_storage()
        self.compute = Compute(
            database=database,
            engine=engine,
            catalogue=self.catalogue,
            offers=Offers(catalogue=self.catalogue, trust=self.trust),
            settings=settings,
            cloud_id=cloud_id,
            known_hosts=home / "known_hosts",
            space=self.space,
            wake=self._wake,
        )
        self.reconcile = Reconcile(
            database=database,
            engine=engine,
            up=self.reachability.watch,
            nudge=self.watch.nudge,
            wake=self._wake,
        )
        self.consoles = Consoles(database=database, engine=engine, folder=home / "consoles")
        self._machines = [*self._machine_runners(), *self._volume_runners(), self._save_runner()]
        # Apart, so that slow downloads do not keep the bundled appliance waiting.
        self._imports = [
            JobRunner(database, [kind], DOWNLOADS if kind.name == "import" else 1, self._finished)
            for kind in self._catalogue_jobs.kinds()
        ]
        database.on_change = self._changed

    def _make_catalogue(self) -> None:
        self.catalogue = Catalogue(
            database=self.database,
            folder=self.engine.image_folder,
            wake=self._wake_imports,
            mirrors=self.settings.cloud.image_mirrors,
        )
        self.arrivals = Arrivals()
        self._catalogue_jobs = CatalogueJobs(
            catalogue=self.catalogue, settings=self.settings, uploads=self.uploads, arrivals=self.arrivals
        )
        self.image_cache = ImageCache(
            database=self.database,
            catalogue=self.catalogue,
            uploads=self.uploads,
            arrivals=self.arrivals,
            offers=self.settings.cloud.cloud_images,
        )
        self.marketplace = Marketplace(database=self.database)
        policy = self.settings.cloud.policy
        self.sources = Sources(
            database=self.database,
            marketplace=self.marketplace,
            urls=tuple(self.settings.cloud.marketplaces),
            refresh_s=self.settings.cloud.marketplace_refresh_s,
        )
        self.trust = Trust(marketplace=self.marketplace, path=Path(policy) if policy else None)

    def _make_storage(self) -> None:
        database, engine, settings = self.database, self.engine, self.settings
        self.space = SpaceService(database=database, engine=engine, settings=settings)
        self.storage = Storage(
            database=database, engine=engine, settings=settings, space=self.space, wake=self._wake
        )
        self.hotplug = HotPlug(database=database, storage=self.storage, wake=self._wake)
        self.files = VolumeFiles(
            database=database,
            engine=engine,
            settings=settings,
            space=self.space,
            incoming=self.home / "incoming",
            wake=self._wake,
        )
        self.watch = StorageWatch(database=database, engine=engine, space=self.space, wake=self._wake)

    def _machine_runners(self) -> list[JobRunner]:
        """Starting apart from the rest.

        A run may wait long for its appliance, and nobody's kill or start must stand behind it.
        """
        machines = MachineJobs(
            database=self.database,
            engine=self.engine,
            catalogue=self.catalogue,
            trust=self.trust,
            settings=self.settings,
            consoles=self.consoles,
        )
        runs = [kind for kind in machines.kinds() if kind.name == "run"]
        others = [kind for kind in machines.kinds() if kind.name != "run"]
        workers = self.settings.cloud.workers
        return [JobRunner(self.database, kinds, workers, self._finished) for kinds in (runs, others)]

    def _save_runner(self) -> JobRunner:
        """Writing disks of machines out takes long, so it has a worker of its own."""
        database, engine, catalogue = self.database, self.engine, self.catalogue
        self.saves = Saves(database=database, engine=engine, catalogue=catalogue, wake=self._wake)
        jobs = SaveJobs(
            catalogue=catalogue,
            settings=self.settings,
            uploads=self.uploads,
            arrivals=self.arrivals,
            engine=engine,
        )
        return JobRunner(database, jobs.kinds(), 1, self._finished)

    def _volume_runners(self) -> list[JobRunner]:
        """Work on volumes: copying apart from what is quick, and layers one at a time."""
        volumes = VolumeJobs(
            database=self.database,
            engine=self.engine,
            catalogue=self.catalogue,
            quarantine_hours=self.settings.cloud.quarantine_hours,
        )
        files = VolumeFileJobs(files=self.files, volumes=volumes)
        workers = self.settings.cloud.workers
        slow = [kind for kind in volumes.kinds() if kind.name == "undelete"]
        quick = [kind for kind in volumes.kinds() if kind.name != "undelete"]
        return [
            JobRunner(self.database, quick, workers, self._finished),
            JobRunner(self.database, ChainJobs(volumes=volumes, files=self.files).kinds(), 1, self._finished),
            JobRunner(self.database, [*files.kinds(), *slow], 2, self._finished),
        ]

    async def start(self) -> None:
        """Open the engine, take up what was left, and begin to work.

        Raises:
            EngineFailed: the engine cannot be opened.
        """
        self.reachability.attach(asyncio.get_running_loop())
        await asyncio.to_thread(self._start)

    def _start(self) -> None:
        for folder in (self.uploads, self.files.incoming, self.consoles.folder):
            folder.mkdir(mode=0o700, exist_ok=True)
        self.engine.open(self.reconcile.hear)
        housekeeping.tidy(self.database)
        self._catalogue_jobs.drop_strays()
        image_strays.sweep(self.database, self.engine)
        self.files.drop_strays()
        self.catalogue.ensure_bundled(FLORA_AND_FAUNA, ApplianceKind.DISK)
        self.catalogue.ensure_bundled(BUNDLED, ApplianceKind.MACHINE)
        self.catalogue.offer_published(self.settings.cloud.cloud_images)
        for runner in self._machines:
            runner.start()
        self.reconcile.start()
        for runner in self._imports:
            runner.start()
        self.sampler.tracks.load()
        self.sampler.start()
        self.watch.start()
        self.sources.start()
        known_hosts.write(self.database, self.home / "known_hosts")
        # Proving KVM may boot a machine; nobody should wait for that before the first instance.
        threading.Thread(target=self.engine.accelerator, name="accelerator", daemon=True).start()

    async def stop(self) -> None:
        """Finish the steps at hand and let go; machines go on."""
        await self.reachability.stop()
        await asyncio.to_thread(self._stop)

    def _stop(self) -> None:
        runners = [*self._machines, *self._imports]
        for runner in runners:
            runner.ask_to_stop()
        self.arrivals.close()
        for runner in runners:
            runner.stop()
        self.sampler.stop()
        self.watch.stop()
        self.sources.stop()
        self.reconcile.stop()
        self.engine.stop_hypervisor()
        self.database.close()

    async def shut_machines_down(self, timeout_s: float) -> None:
        """Ask every running machine to power itself off; cut the power of those that have not in time."""
        asked = await asyncio.to_thread(self._ask_all_down)
        deadline = time.monotonic() + timeout_s
        while (left := deadline - time.monotonic()) > 0:
            heard = self.bell.listen()
            try:
                if not await asyncio.to_thread(self._still_on):
                    break
                async with asyncio.timeout(left):
                    await heard.wait()
            except TimeoutError:
                break
            finally:
                self.bell.forget(heard)
        LOG.info("%d machines were asked to shut down", asked)
        await asyncio.to_thread(self._cut_power)

    def _in(self, *states: State) -> list[tuple[int, str]]:
        with self.database.read() as connection:
            rows = connection.execute(
                select(instances.c.id, instances.c.engine_id).where(
                    instances.c.state.in_([state.value for state in states])
                )
            ).all()
        return [(row.id, row.engine_id) for row in rows]

    def _living(self) -> list[int]:
        living = select(instances.c.id).where(instances.c.state != State.DONE.value)
        with self.database.read() as connection:
            return list(connection.execute(living).scalars())

    def _ask_all_down(self) -> int:
        running = self._in(State.RUNNING)
        for instance_id, _ in running:
            self.compute.shutdown(instance_id)
        return len(running)

    def _still_on(self) -> bool:
        return bool(self._in(State.SHUTDOWN))

    def _cut_power(self) -> None:
        """The last resort of `down --all`; what was cut becomes Unknown with the reason."""
        for instance_id, engine_id in self._in(State.RUNNING, State.SHUTDOWN, State.BOOT):
            # Written first, for the engine's event would give a reason that says less.
            with self.database.write() as write:
                row = records.instance_row(write.connection, instance_id)
                if allows(State(row.state), Happening.STOPPED):
                    records.move(
                        write, instance_id, Happening.STOPPED, reason="its power was cut: the cloud went down"
                    )
            if engine_id:
                self.engine.stop(engine_id)

    def _wake_imports(self) -> None:
        for runner in self._imports:
            runner.wake()

    def _changed(self, revision: int) -> None:
        self.bell.ring(revision)

    def _wake(self) -> None:
        for runner in self._machines:
            runner.wake()

    def _finished(self, work: Work) -> None:
        self.arrivals.ended(work)
        self._wake()
        self.reconcile.finished(work)

    def hosts(self) -> list[Host]:
        """The hosts of this cloud."""
        return self.engine.hosts()

    def status(self) -> CloudStatus:
        """What this daemon says of itself."""
        with self.database.read() as connection:
            revision = self.database.revision(connection)
            counts: dict[str, int] = dict(
                connection.execute(
                    select(instances.c.state, func.count())
                    .where(instances.c.state != State.DONE.value)
                    .group_by(instances.c.state)
                ).all()
            )
        how = self.engine.accelerator()
        return CloudStatus(
            id=self.id,
            pid=os.getpid(),
            socket=self.socket,
            version=__version__,
            engine=self.engine.capabilities.name,
            libvirt_uri=self.engine.uri,
            uptime_s=round(time.monotonic() - self._began, 3),
            home=str(self.home),
            accelerator=how.kind,
            accelerator_reason=how.reason,
            revision=revision,
            instances=counts,
        )


def _account_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
