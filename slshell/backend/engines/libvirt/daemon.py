"""The private libvirt daemon of one cloud: its folders, its configuration, its start and its end."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import subprocess
import sys
import threading
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

import libvirt

from slshell.backend.engines.libvirt import supervisor
from slshell.backend.engines.libvirt.account import Account, groups_for_kvm
from slshell.backend.engines.libvirt.errors import plain
from slshell.backend.engines.libvirt.short_paths import Places
from slshell.model.errors import EngineFailed

IDLE_S = 120
"""How long a daemon without a client and without a machine stays."""
START_S = 20.0
"""A start takes 0.06 s here; on a cold, busy host the probing of QEMU has taken seconds."""
STOP_S = 20.0
_LOG_BYTES = 1 << 20
_FOLDERS = ("c", "k", "d", "r")
_QEMU_CONF = 'stdio_handler = "file"\n'
_FASTER_START = 'capability_filters = [ "cpu-unavailable-features" ]\n'
"""With that capability libvirt asks 400 questions about the processor before each start: 0.25 s."""
_FASTER_START_VERSIONS = range(9_000_000, 10_000_000)
"""A libvirt that does not know the filter's name would not start at all; tried with these."""


@dataclass(frozen=True, kw_only=True)
class PrivateDaemon:
    """Starts and ends the daemon; holds no connection."""

    places: Places
    cloud_id: str
    account: Account
    console_bytes: int = supervisor.CONSOLE_BYTES
    """What its supervisor keeps of each console."""

    @property
    def program(self) -> Path:
        """The daemon: libvirtd, or virtqemud where only the modular daemons exist.

        Raises:
            EngineFailed: neither is installed.
        """
        search = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
        for name in ("libvirtd", "virtqemud"):
            found = shutil.which(name, path=search)
            if found is not None:
                return Path(found)
        raise EngineFailed(
            "there is no libvirt daemon on this host",
            hint="install it: apt install libvirt-daemon qemu-system-x86 qemu-utils",
        )

    @property
    def uri(self) -> str:
        """The address of the daemon's socket."""
        name = "libvirt-sock" if self.program.name == "libvirtd" else "virtqemud-sock"
        return f"qemu+unix:///session?socket={self.places.base}/r/libvirt/{name}"

    @property
    def log(self) -> Path:
        """The daemon's log."""
        return self.places.real / "libvirtd.log"

    def machine_log(self, name: str) -> Path:
        """Where libvirt keeps what a domain's QEMU said."""
        return self.places.real / "k/libvirt/qemu/log" / f"{name}.log"

    def definitions(self) -> list[Path]:
        """The files of defined domains, for when the daemon does not run."""
        return list((self.places.real / "c/libvirt/qemu").glob("*.xml"))

    def connect(self) -> libvirt.virConnect:
        """A connection, starting the daemon when nothing answers.

        Raises:
            EngineFailed: it does not start, with the end of its log.
        """
        try:
            return libvirt.open(self.uri)
        except libvirt.libvirtError:
            return self._start()

    def running(self) -> int | None:
        """The daemon's process, None when it does not run."""
        try:
            pid = int((self.places.real / "r/libvirtd.pid").read_text())
            command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            return None
        return pid if os.fsencode(self._config) in command else None

    def stop(self) -> None:
        """End the daemon and wait until it and its supervisor are gone; machines would go on."""
        pid = self.running()
        if pid is None:
            return
        parent = _parent_of(pid)
        descriptors = [os.pidfd_open(pid)]
        with contextlib.suppress(ProcessLookupError):
            if parent is not None:
                descriptors.append(os.pidfd_open(parent))
        try:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(descriptors[0], signal.SIGTERM)
            _await_ends(descriptors)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def clear(self) -> None:
        """Remove the daemon's own files; only for when it has ended and no machine is defined."""
        for name in _FOLDERS:
            shutil.rmtree(self.places.real / name, ignore_errors=True)
        for name in ("libvirtd.conf", "libvirtd.log", "libvirtd.log.1"):
            (self.places.real / name).unlink(missing_ok=True)

    @property
    def _config(self) -> Path:
        return self.places.base / "libvirtd.conf"

    def _start(self) -> libvirt.virConnect:
        self._write_files()
        process = self._spawn()
        deadline = time.monotonic() + START_S
        while True:
            try:
                return libvirt.open(self.uri)
            except libvirt.libvirtError as error:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise EngineFailed(
                        f"the libvirt daemon did not start: {self._last_words() or plain(str(error))}",
                        hint=f"look at {self.log}",
                    ) from error
            time.sleep(0.01)

    def _spawn(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-I", "-S", supervisor.__file__, "--consoles", str(self.places.machines)]
        command += ["--keep", str(self.console_bytes)]
        if self.account.other:
            groups = ",".join(str(gid) for gid in groups_for_kvm(self.account))
            command += ["--uid", str(self.account.uid), "--gid", str(self.account.gid), "--groups", groups]
        base = self.places.base
        command += ["--", str(self.program), "-f", str(self._config), "-p", str(base / "r/libvirtd.pid")]
        command += [f"--timeout={IDLE_S}"]
        if self.log.exists() and self.log.stat().st_size > _LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as log:
            self.account.owns(self.log)
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=self._environment(),
                start_new_session=True,
            )
        threading.Thread(target=process.wait, name="libvirt-supervisor", daemon=True).start()
        return process

    def _environment(self) -> dict[str, str]:
        base = str(self.places.base)
        return {
            "HOME": base,
            "LANG": "C.UTF-8",
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "XDG_CONFIG_HOME": f"{base}/c",
            "XDG_CACHE_HOME": f"{base}/k",
            "XDG_DATA_HOME": f"{base}/d",
            "XDG_RUNTIME_DIR": f"{base}/r",
        }

    def _write_files(self) -> None:
        real = self.places.real
        for name in _FOLDERS:
            (real / name).mkdir(mode=0o700, exist_ok=True)
            self.account.owns(real / name)
        host = uuid.uuid5(uuid.NAMESPACE_URL, f"slshell:{self.cloud_id}")
        (real / "libvirtd.conf").write_text(
            f'host_uuid = "{host}"\nmax_client_requests = 32\nmax_workers = 32\n'
            f'log_outputs = "3:file:{self.places.base}/libvirtd.log"\n'
        )
        self.account.share(real / "libvirtd.conf", 0o640)
        self.account.write(real / "c/libvirt/qemu.conf", _qemu_conf())

    def _last_words(self) -> str:
        try:
            lines = self.log.read_text(errors="replace").splitlines()
        except OSError:
            return ""
        return plain(lines[-1]) if lines else ""


def _qemu_conf() -> str:
    return _QEMU_CONF + (_FASTER_START if libvirt.getVersion() in _FASTER_START_VERSIONS else "")


def _parent_of(pid: int) -> int | None:
    """The supervisor that started the daemon; None when another process has inherited it."""
    status = Path(f"/proc/{pid}/stat").read_text()
    parent = int(status.rpartition(")")[2].split()[1])
    command = Path(f"/proc/{parent}/cmdline").read_bytes().split(b"\0")
    return parent if os.fsencode(supervisor.__file__) in command else None


def _await_ends(descriptors: list[int]) -> None:
    deadline = time.monotonic() + STOP_S
    for descriptor in descriptors:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
            raise EngineFailed(
                f"the libvirt daemon did not end within {STOP_S:.0f} s", hint="look at the cloud's log"
            )
