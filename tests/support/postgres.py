"""A real PostgreSQL server of the test session's own, on a Unix socket."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote


def _programs() -> Path:
    """The newest PostgreSQL that the distribution has installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if found:
        return found[-1]
    anywhere = shutil.which("initdb")
    assert anywhere is not None, "PostgreSQL's server is missing; `make test` installs it"
    return Path(anywhere).parent


def _account() -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam("nobody")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Run a server whose data lies in `folder`; yields the SQLAlchemy URL of its maintenance database."""
    programs, account = _programs(), _account()
    data = folder / "pg"
    data.mkdir(mode=0o700)
    if account:
        os.chown(data, account["user"], account["group"])
        os.chown(folder, account["user"], account["group"])
    arguments: dict[str, Any] = {"check": True, "cwd": "/", "stdout": subprocess.DEVNULL, **account}
    init: list[str | Path] = [
        programs / "initdb",
        "-D",
        data,
        "-U",
        "slshell",
        "-A",
        "trust",
        "-N",
        "-E",
        "UTF8",
        "--locale=C",
    ]
    subprocess.run(init, **arguments)
    options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
    control: list[str | Path] = [programs / "pg_ctl", "-D", data, "-w", "-l", data / "log"]
    subprocess.run([*control, "-o", options, "start"], **arguments)
    try:
        yield f"postgresql+psycopg://slshell@/postgres?host={quote(str(folder))}"
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], **arguments)
        shutil.rmtree(data)
