"""`python -m benchmarks.churning FOLDER`: the real back end, which changes one in a hundred rows each second.

What it changes it writes as its own services do, so that everybody who waits for changes hears of it. A file
`churn` in the folder lets it begin and end.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
import threading
from pathlib import Path

from sqlalchemy import func, select, update

from slshell.backend.engines.libvirt import LibvirtEngine
from slshell.backend.server import serve_cloud
from slshell.backend.services.cloud import Cloud
from slshell.backend.services.settings import Settings
from slshell.backend.store.database import Database
from slshell.backend.store.tables.instances import instances

STEPS = 4
"""Writes a second; one in four hundred rows at each."""
NODE = """<node><cpu><mhz>3000</mhz><model>pentium4</model><active>8</active><nodes>1</nodes>
<sockets>1</sockets><cores>8</cores><threads>1</threads></cpu><memory>16777216</memory></node>"""


def main() -> None:
    """Serve until told to end."""
    home = Path(sys.argv[1])
    node = home / "node.xml"
    node.write_text(NODE)
    database = Database(f"sqlite:///{home / 'cloud.db'}")
    cloud_id = database.prepare()
    engine = LibvirtEngine(cloud_id=cloud_id, folder=home / "e", uri=f"test://{node}")
    settings = Settings.of({}, "the benchmark")
    cloud = Cloud(home=home, cloud_id=cloud_id, database=database, engine=engine, settings=settings)
    ending = threading.Event()
    changing = threading.Thread(target=_change, args=(database, home / "churn", ending))
    try:
        asyncio.run(serve_cloud(cloud, home, None, changing.start))
    finally:
        ending.set()
        changing.join()


def _change(database: Database, wanted: Path, ending: threading.Event) -> None:
    with database.read() as connection:
        last = connection.execute(select(func.max(instances.c.id))).scalar_one()
    for number in itertools.count():
        if ending.wait(1 / STEPS):
            return
        if wanted.exists():
            with database.write() as write:
                write.connection.execute(
                    update(instances)
                    .where(instances.c.id % (100 * STEPS) == number % (100 * STEPS), instances.c.id <= last)
                    .values(reason=f"change {number}", revision=write.revision)
                )


if __name__ == "__main__":
    main()
