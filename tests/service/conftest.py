"""A whole cloud in this process: real database, real HTTP on a socket, libvirt's test driver as engine."""

from __future__ import annotations

import asyncio
import os
import shutil
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from slshell.backend.appliances import static
from slshell.backend.engines.libvirt import LibvirtEngine
from slshell.backend.server import serve_cloud
from slshell.backend.services.cloud import Cloud
from slshell.backend.services.settings import Settings
from slshell.backend.store.database import Database
from slshell.client.cloud import Cloud as Client
from slshell.client.profiles import Profile
from slshell.model.instance import Instance
from tests.support.folders import SessionFolder
from tests.support.postgres import server
from tests.support.waiting import Watch

NODE = """<node>
  <cpu><mhz>3000</mhz><model>pentium4</model><active>8</active>
    <nodes>1</nodes><sockets>1</sockets><cores>8</cores><threads>1</threads></cpu>
  <memory>16777216</memory>
</node>"""


@dataclass
class Running:
    """A served cloud, seen from both sides."""

    cloud: Cloud
    client: Client
    watch: Watch
    home: Path

    def wait(self, instance_id: int, state: str) -> Instance:
        """The instance once it is in that state."""
        return self.watch.instance(instance_id, lambda one: one.state == state)


def serve(
    home: Path,
    database_url: str = "",
    listen: tuple[str, int] | None = None,
    **cloud_settings: object,
) -> Iterator[Running]:
    """A cloud in `home` until the generator ends."""
    node = home / "node.xml"
    node.write_text(NODE)
    home.chmod(0o711)
    settings = Settings.of({"cloud": cloud_settings}, "the test")
    database = Database(database_url or f"sqlite:///{home / 'cloud.db'}")
    cloud_id = database.prepare()
    engine = LibvirtEngine(cloud_id=cloud_id, folder=home / "e", uri=f"test://{node}")
    cloud = Cloud(home=home, cloud_id=cloud_id, database=database, engine=engine, settings=settings)
    ready = threading.Event()
    failures: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(serve_cloud(cloud, home, listen, ready.set))
        except BaseException as error:
            failures.append(error)
            raise
        finally:
            ready.set()

    thread = threading.Thread(target=run, name="served-cloud")
    thread.start()
    assert ready.wait(60)
    assert not failures, failures
    client = Client.of_profile(Profile(name="test", home=home), start=False)
    watch = Watch(client)
    try:
        watch.appliance("ttylinux", lambda one: one.state == "ready")
        yield Running(cloud, client, watch, home)
    finally:
        client.close()
        cloud.ask_to_end()
        thread.join(60)
    assert not thread.is_alive()
    assert os.listdir(home / "uploads") == []  # noqa: PTH208 - names are what is compared


@pytest.fixture(scope="package", autouse=True)
def disc_made_once(session_folder: SessionFolder) -> Iterator[None]:
    """The bundled disc has the same bytes each time, and making it takes each new cloud a process."""
    made = static.build(session_folder.new())

    def copied(folder: Path) -> Path:
        return Path(shutil.copy(made, folder / made.name))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(static, "build", copied)
        yield


@pytest.fixture(scope="session")
def postgres(session_folder: SessionFolder) -> Iterator[str]:
    """The URL of a real PostgreSQL server."""
    folder = session_folder.new()
    with server(folder) as url:
        yield url
    shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, short_folder: Path) -> Iterator[str]:
    """An empty database: SQLite in a file, and one of its own on a PostgreSQL server."""
    if request.param == "sqlite":
        yield f"sqlite:///{short_folder / 'cloud.db'}"
        return
    maintenance = create_engine(request.getfixturevalue("postgres"), isolation_level="AUTOCOMMIT")
    name = f"t{uuid.uuid4().hex}"
    with maintenance.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
        yield str(maintenance.url.set(database=name).render_as_string(hide_password=False))
        connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    maintenance.dispose()


@pytest.fixture
def running(short_folder: Path, database_url: str, appliances_folder: Path) -> Iterator[Running]:
    """A served cloud with the bundled appliance ready."""
    yield from serve(short_folder, database_url)
