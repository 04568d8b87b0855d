"""The daemon: puts a cloud together from its data folder and serves it."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import secrets
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import uvicorn

from slshell import __version__
from slshell.backend.api.app import application
from slshell.backend.api.sockets import LARGEST_MESSAGE, PATIENCE_S
from slshell.backend.appliances import folder as appliances_folder
from slshell.backend.engines.base import Engine
from slshell.backend.engines.libvirt import LibvirtEngine
from slshell.backend.services.catalogue import BUNDLED
from slshell.backend.services.cloud import Cloud
from slshell.backend.services.settings import Settings
from slshell.backend.store.database import Database
from slshell.model.errors import SlshellError, UsageError

LOG = logging.getLogger(__name__)

# The kernel's limit on the path of a Unix socket, less its final NUL.
_LONGEST_SOCKET_PATH = 107
_CLOSING_S = 5


class AlreadyServed(Exception):
    """Another daemon serves this folder."""


def serve(home: Path, settings_file: Path, listen: tuple[str, int] | None = None) -> None:
    """Serve the cloud in `home` until told to end.

    Raises:
        AlreadyServed: another daemon does. SlshellError: it cannot be done, in words.
    """
    _make_home(home)
    lock = _lock(home / "daemon.lock")
    try:
        settings = Settings.read(settings_file)
        database = Database(settings.cloud.database or f"sqlite:///{home / 'cloud.db'}")
        cloud_id = database.prepare()
        cloud = Cloud(
            home=home,
            cloud_id=cloud_id,
            database=database,
            engine=_engine(home, cloud_id, settings),
            settings=settings,
        )
        asyncio.run(serve_cloud(cloud, home, listen or _configured(settings)))
    finally:
        os.close(lock)


def _configured(settings: Settings) -> tuple[str, int] | None:
    text = settings.cloud.listen
    return parse_address(text) if text else None


def parse_address(text: str) -> tuple[str, int]:
    """`HOST:PORT` in its parts.

    Raises:
        UsageError: it is not of that form.
    """
    host, _, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise UsageError(f"“{text}” is not HOST:PORT", hint="for example 127.0.0.1:8580")
    return host.strip("[]"), int(port)


def _engine(home: Path, cloud_id: str, settings: Settings) -> Engine:
    section = settings.cloud
    return LibvirtEngine(
        cloud_id=cloud_id,
        folder=home / "e",
        uri=section.engine_uri or None,
        account=section.engine_account,
        accelerator=section.accelerator,
        proof_kernel=appliances_folder() / BUNDLED / "vmlinuz",
        volume_pool=section.volume_pool,
        console_bytes=section.console_kib * 1024,
    )


async def serve_cloud(
    cloud: Cloud,
    home: Path,
    listen: tuple[str, int] | None = None,
    on_ready: Callable[[], None] = lambda: None,
) -> None:
    """Start a cloud, answer on its sockets until told to end, and stop it; `on_ready` when it answers."""

    def ready() -> None:
        _announce(home, path, address)
        on_ready()

    token = _token(home / "token") if listen else ""
    unix, path = _unix_socket(home, cloud.id)
    sockets = [unix]
    address = ""
    if listen:
        sockets.append(_tcp_socket(*listen))
        address = "{}:{}".format(*sockets[1].getsockname()[:2])
    cloud.socket = str(path)
    config = uvicorn.Config(
        application(cloud, token),
        lifespan="off",
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=_CLOSING_S,
        server_header=False,
        ws="websockets-sansio",
        ws_max_size=LARGEST_MESSAGE,
        ws_ping_timeout=PATIENCE_S,
        ws_per_message_deflate=False,
    )
    server = _Server(config, on_ready=ready, on_end=cloud.bell.close)
    cloud.ask_to_end = server.end
    try:
        await cloud.start()
        await server.serve(sockets)
    finally:
        (home / "daemon.json").unlink(missing_ok=True)
        path.unlink(missing_ok=True)
        await cloud.stop()


class _Server(uvicorn.Server):
    """A server that says when it answers, and lets held requests go when it ends."""

    def __init__(
        self, config: uvicorn.Config, *, on_ready: Callable[[], None], on_end: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._on_ready = on_ready
        self._on_end = on_end

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then tell."""
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End on SIGTERM and SIGINT; the base class would kill the process before the cloud has stopped."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.end)
        yield

    def end(self) -> None:
        """Finish the requests at hand and end."""
        self.should_exit = True
        self._on_end()


def _make_home(home: Path) -> None:
    """The data folder, closed to others; root's lets the machines' account pass, not look."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        if home.stat().st_uid == os.getuid():
            home.chmod(0o711 if os.getuid() == 0 else 0o700)
    except OSError as error:
        raise UsageError(
            f"the data folder {home} cannot be used: {error.strerror}",
            hint="set SLSHELL_HOME to a folder of yours",
        ) from error


def _lock(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise AlreadyServed(str(path.parent)) from error
    return descriptor


def _unix_socket(home: Path, cloud_id: str) -> tuple[socket.socket, Path]:
    path = home / "api.sock"
    if len(os.fsencode(path)) > _LONGEST_SOCKET_PATH:
        folder = Path(tempfile.gettempdir()) / f"slshell-{os.getuid()}-{cloud_id[:8]}"
        folder.mkdir(mode=0o700, exist_ok=True)
        about = folder.lstat()
        if about.st_uid != os.getuid() or about.st_mode & 0o077:
            raise UsageError(
                f"{folder} belongs to somebody else", hint="set SLSHELL_HOME to a folder with a shorter path"
            )
        path = folder / "api.sock"
    path.unlink(missing_ok=True)
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        server.bind(str(path))
    finally:
        os.umask(before)
    return server, path


def _tcp_socket(host: str, port: int) -> socket.socket:
    server = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        server.bind((host, port))
    except OSError as error:
        server.close()
        raise UsageError(
            f"nothing can listen on {host}:{port}: {error.strerror}", hint="choose another port with --listen"
        ) from error
    return server


def _token(path: Path) -> str:
    if not path.exists():
        _write_private(path, secrets.token_urlsafe(32).encode())
    return path.read_text(encoding="ascii").strip()


def _announce(home: Path, path: Path, address: str) -> None:
    data = {
        "pid": os.getpid(),
        "socket": str(path),
        "version": __version__,
        "started_at": datetime.now(UTC),
        "tcp": address,
    }
    _write_private(home / "daemon.json", msgspec.json.encode(data))
    LOG.info("serving %s on %s %s", home, path, address)


def _write_private(path: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    Path(name).replace(path)


def tell(error: SlshellError) -> None:
    """Say an error on the daemon's standard error, which is its log."""
    sys.stderr.write(f"slshell: {error.message}\n")
    if error.hint:
        sys.stderr.write(f"slshell: {error.hint}\n")
