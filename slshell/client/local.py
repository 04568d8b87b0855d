"""Find the bundled cloud's daemon, or start it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec

from slshell import __version__
from slshell.model.errors import CloudUnreachable, SlshellError, TimedOut, UsageError

START_S = 60.0
"""Limit for a daemon's start; the first one makes a database and may prove the accelerator."""
STOP_S = 20.0
RESPAWN_S = 1.0
LOG_BYTES = 1 << 20
"""A log longer than this is put aside when a daemon starts."""
LOG_LINES = 8
EXTRA_MODULES = ("libvirt", "litestar", "lxml", "sqlalchemy", "uvicorn")

Notice = Callable[[str], None]
_children: list[subprocess.Popen[bytes]] = []


class Daemon(msgspec.Struct, frozen=True, kw_only=True):
    """What a daemon wrote into `daemon.json`."""

    pid: int
    socket: str
    version: str
    started_at: str = ""
    tcp: str | None = None


def read(home: Path) -> Daemon | None:
    """The content of `daemon.json`, None when there is none or it is half-written."""
    try:
        return msgspec.json.decode((home / "daemon.json").read_bytes(), type=Daemon)
    except (OSError, msgspec.DecodeError):
        return None


def running(home: Path) -> Daemon | None:
    """The daemon of this data folder, if it lives and accepts connections.

    A socket that accepts is not enough: a new daemon listens on the path that a killed one left in
    `daemon.json` a moment before it writes its own.
    """
    daemon = read(home)
    return daemon if daemon is not None and _alive(daemon.pid) and _accepts(daemon.socket) else None


def missing_modules() -> list[str]:
    """The Python modules of the `cloud` extra that are not installed."""
    from importlib.util import find_spec

    return [name for name in EXTRA_MODULES if find_spec(name) is None]


def ensure(home: Path, notice: Notice | None = None) -> Daemon:
    """The running daemon of this data folder, started or replaced where needed.

    A daemon older than this client is asked to stop first. `notice` is told in words what takes time.

    Raises:
        UsageError: the `cloud` extra is not installed. CloudUnreachable: the daemon died; its last log
        lines are in the hint. TimedOut: it did not answer within START_S.
    """
    daemon = running(home)
    if daemon is not None and not _is_older(daemon.version):
        return daemon
    if missing := missing_modules():
        raise UsageError(
            f"the bundled cloud is not installed: no Python module {', '.join(missing)}",
            hint="pipx install 'slshell[cloud]', or name a cloud elsewhere in a profile",
        )
    if daemon is not None:
        if notice:
            notice(f"replacing the cloud's daemon {daemon.version} by {__version__}")
        stop(daemon, shut_machines_down=False)
        wait_stopped(home, daemon)
    elif notice:
        notice("starting the cloud")
    return _start(home)


def stop(daemon: Daemon, *, shut_machines_down: bool, timeout_s: float = 60.0) -> None:
    """Ask a daemon to end; with `shut_machines_down` the answer may take up to `timeout_s`."""
    from slshell.client.transport import Transport
    from slshell.model.cloud import StopRequest

    transport = Transport.over_unix(Path(daemon.socket))
    body = msgspec.json.encode(StopRequest(shut_machines_down=shut_machines_down, timeout_s=timeout_s))
    try:
        transport.request(
            "POST",
            "/v1/cloud/stop",
            body=body,
            headers={"Content-Type": "application/json"},
            read_s=timeout_s + STOP_S,
        )
    finally:
        transport.abort()


def wait_stopped(home: Path, daemon: Daemon, timeout_s: float = STOP_S) -> None:
    """Return once that daemon has ended.

    Raises:
        TimedOut: its process is still there after `timeout_s`.
    """
    deadline = time.monotonic() + timeout_s
    while _alive(daemon.pid) and _is_same(home, daemon):
        if time.monotonic() > deadline:
            raise TimedOut(
                f"the cloud's daemon (pid {daemon.pid}) did not stop within {timeout_s:.0f} s",
                hint=f"see {home / 'daemon.log'}",
            )
        time.sleep(0.05)


def log_tail(home: Path, lines: int = LOG_LINES, since: int = 0) -> list[str]:
    """The last lines of `daemon.log`, of what follows byte `since`."""
    try:
        with (home / "daemon.log").open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(since if since <= size else 0, size - 65536))
            return file.read().decode("utf-8", "replace").splitlines()[-lines:]
    except OSError:
        return []


def _start(home: Path) -> Daemon:
    """Spawn until a daemon of this folder answers; whoever loses its lock ends quietly."""
    from tenacity import RetryError, Retrying, retry_if_result, stop_after_delay, wait_fixed

    launch = _Launch(home)
    waiting = Retrying(
        stop=stop_after_delay(START_S),
        wait=wait_fixed(0.05),
        retry=retry_if_result(lambda daemon: daemon is None),
    )
    try:
        daemon = waiting(launch.look)
    except RetryError as error:
        raise TimedOut(
            f"the cloud did not answer within {START_S:.0f} s of its start",
            hint="\n".join([f"see {home / 'daemon.log'}:", *launch.log()]),
        ) from error
    if daemon is None:
        raise CloudUnreachable("the cloud did not start", hint=f"see {home / 'daemon.log'}")
    return daemon


class _Launch:
    """One attempt to get a daemon running, whoever's child it then is."""

    def __init__(self, home: Path) -> None:
        self._home = home
        try:
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
            log = home / "daemon.log"
            self._log_start = log.stat().st_size if log.exists() else 0
        except OSError as error:
            raise UsageError(
                f"the data folder {home} cannot be used",
                why=str(error),
                hint="set SLSHELL_HOME to a folder that you may write to",
            ) from error
        self._spawned_at = time.monotonic()
        self._child = self._spawn()

    def look(self) -> Daemon | None:
        """The daemon once it answers; raises when our child died of an error."""
        if (daemon := running(self._home)) is not None:
            self._call_off(daemon)
            return daemon
        code = self._child.poll()
        if code is None:
            return None
        if code != 0:
            raise CloudUnreachable(
                f"the cloud's daemon ended at its start (exit code {code})",
                hint="\n".join([f"see {self._home / 'daemon.log'}:", *self.log()]),
            )
        if time.monotonic() - self._spawned_at > RESPAWN_S:
            self._spawned_at = time.monotonic()
            self._child = self._spawn()
        return None

    def _call_off(self, daemon: Daemon) -> None:
        """A child that lost, but is slow, would take the lock of a daemon that is stopped before it looks."""
        if self._child.pid != daemon.pid and self._child.poll() is None:
            self._child.terminate()

    def log(self) -> list[str]:
        """What daemons wrote to the log since this attempt began."""
        return log_tail(self._home, since=self._log_start)

    def _spawn(self) -> subprocess.Popen[bytes]:
        _children[:] = [child for child in _children if child.poll() is None]
        log = self._home / "daemon.log"
        if log.exists() and log.stat().st_size > LOG_BYTES:
            log.replace(log.with_suffix(".log.1"))
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            child = subprocess.Popen(
                [sys.executable, "-P", "-m", "slshell.backend", "--home", str(self._home)],
                stdin=subprocess.DEVNULL,
                stdout=descriptor,
                stderr=descriptor,
                cwd="/",
                start_new_session=True,
                close_fds=True,
            )
        finally:
            os.close(descriptor)
        _children.append(child)
        return child


def _accepts(path: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(2.0)
        try:
            connection.connect(path)
        except OSError:
            return False
    return True


def _alive(pid: int) -> bool:
    for child in _children:
        if child.pid == pid and child.poll() is not None:
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _is_same(home: Path, daemon: Daemon) -> bool:
    now = read(home)
    return now is None or now == daemon


def _is_older(version: str) -> bool:
    if version == __version__:
        return False
    from packaging.version import InvalidVersion, Version

    with suppress(InvalidVersion):
        return Version(version) < Version(__version__)
    return False


def explain(error: SlshellError) -> str:
    """An error as one line with its hint behind it, for notices."""
    return f"{error.message}: {error.hint}" if error.hint else error.message
