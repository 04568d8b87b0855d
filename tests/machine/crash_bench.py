"""Daemons that die at a chosen moment of a job, and a data folder that they come and go on."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import libvirt
import pytest

from slshell.backend.services.arrivals import Arrivals
from slshell.backend.services.catalogue_jobs import CatalogueJobs
from slshell.backend.services.chain_jobs import ChainJobs
from slshell.backend.services.jobs import JobKind
from slshell.backend.services.machine_jobs import MachineJobs
from slshell.backend.services.save_jobs import SaveJobs
from slshell.backend.services.volume_file_jobs import VolumeFileJobs
from slshell.backend.services.volume_jobs import VolumeJobs
from slshell.client.cloud import Cloud, new_request_id
from slshell.client.profiles import Profile
from slshell.model.instance import RunRequest, State
from tests.machine.crash_daemon import Daemon, Starter, starter
from tests.support import processes
from tests.support.crashing_daemon import DEADLY
from tests.support.folders import SessionFolder
from tests.support.waiting import Watch

NOWHERE = Path("/nonexistent")


def _kinds() -> list[JobKind]:
    nothing = cast("Any", SimpleNamespace())
    machines = MachineJobs(
        database=nothing,
        engine=nothing,
        catalogue=nothing,
        trust=nothing,
        settings=nothing,
        consoles=nothing,
    )
    images = CatalogueJobs(
        catalogue=nothing, settings=nothing, uploads=Path("/nonexistent"), arrivals=Arrivals()
    )
    volumes = VolumeJobs(database=nothing, engine=nothing, catalogue=nothing, quarantine_hours=24)
    chains = ChainJobs(volumes=volumes, files=nothing)
    files = VolumeFileJobs(files=nothing, volumes=volumes)
    saves = SaveJobs(
        catalogue=nothing, settings=nothing, uploads=Path("/nonexistent"), arrivals=Arrivals(), engine=nothing
    )
    return [kind for jobs in (machines, images, volumes, chains, files, saves) for kind in jobs.kinds()]


MOMENTS = [
    (kind.name, step.name, when) for kind in _kinds() for step in kind.steps for when in ("before", "after")
]


@dataclass
class Home:
    """One data folder that daemons come and go on."""

    path: Path
    client: Cloud
    watch: Watch
    starter: Starter
    daemons: list[Daemon] = field(default_factory=list)

    def served(self) -> Daemon:
        """The daemon that serves, a new one when none does; it goes on from test to test."""
        if not self.daemons:
            daemon = self.starter.start(self.path)
            self.daemons.append(daemon)
            daemon.answers()
        return self.daemons[0]

    def doomed(self, moment: tuple[str, str, str]) -> Daemon:
        """The daemon, which will kill itself at that moment of what is asked for from here on."""
        daemon = self.served()
        self.watch.no_job()
        self.arm(moment)
        return daemon

    def arm(self, moment: tuple[str, str, str]) -> None:
        """Let the daemon kill itself at that moment, the one that serves or the next that starts."""
        whole = self.path / f"{DEADLY}.new"
        whole.write_text(" ".join(moment))
        whole.rename(self.path / DEADLY)

    def bury(self, daemon: Daemon) -> None:
        """Wait until it has killed itself; the next one is not doomed."""
        daemon.dies()
        (self.path / DEADLY).unlink()
        self.daemons.remove(daemon)

    def forget_daemons(self) -> None:
        """End those that a failed test has left, and doom none that comes."""
        for daemon in self.daemons:
            daemon.make_sure_it_is_gone()
        self.daemons.clear()
        (self.path / DEADLY).unlink(missing_ok=True)

    def run(self) -> int:
        """Ask for an instance; answers its number."""
        request = RunRequest(request_id=new_request_id(), appliance="ttylinux", keys=())
        return self.client.run_instance(request)[0].id

    def settled(self, instance_id: int, *states: State) -> State:
        """The state, once it is one of these and no job is under way."""
        one = self.watch.instance(
            instance_id, lambda one: one.state in states and not self._busy(instance_id)
        )
        return one.state

    def _busy(self, instance_id: int) -> bool:
        return any(job.state in {"queued", "running"} for job in self.client.jobs(instance=instance_id))

    def domains(self) -> list[libvirt.virDomain]:
        """What libvirt has."""
        connection = libvirt.open(self.client.status().libvirt_uri)
        return cast("list[libvirt.virDomain]", connection.listAllDomains())

    def machines_on_disk(self) -> int:
        """Folders of machines."""
        return len(list((self.path / "e" / "m").iterdir()))

    def hypervisors(self) -> int:
        """QEMU processes of this home."""
        return sum("qemu-system" in process.command for process in processes.naming([self.path]))


@pytest.fixture(scope="module")
def daemon_starter() -> Iterator[Starter]:
    with starter() as one:
        yield one


@pytest.fixture(scope="module")
def shared_home(
    session_folder: SessionFolder, appliances_folder: Path, daemon_starter: Starter
) -> Iterator[Home]:
    with made_home(session_folder, daemon_starter) as home:
        yield home


@pytest.fixture
def home(shared_home: Home, request: pytest.FixtureRequest) -> Iterator[Home]:
    """The shared data folder, with no machine left by a test that failed."""
    yield shared_home
    failed = bool(request.session.testsfailed)
    if failed or (shared_home.path / DEADLY).exists():
        shared_home.forget_daemons()
    if shared_home.hypervisors():
        shared_home.served()
        for one in shared_home.client.instances():
            shared_home.client.kill(one.id)
            shared_home.settled(one.id, State.DONE)


@contextlib.contextmanager
def made_home(session_folder: SessionFolder, starter: Starter) -> Iterator[Home]:
    """A new data folder whose guests get no time to shut down."""
    path = session_folder.new()
    (path / "config.toml").write_text("[cloud]\nshutdown_timeout_s = 0\n")
    client = Cloud.of_profile(Profile(name="test", home=path), start=False)
    made = Home(path, client, Watch(client), starter)
    try:
        yield made
        for daemon in made.daemons:
            daemon.end()
    finally:
        made.forget_daemons()
        client.close()
        processes.kill(processes.naming([path]))
        shutil.rmtree(path)


def moments(*kinds: str) -> pytest.MarkDecorator:
    """One test for each moment of these kinds of jobs."""
    return pytest.mark.parametrize("moment", [one for one in MOMENTS if one[0] in kinds], ids="-".join)
