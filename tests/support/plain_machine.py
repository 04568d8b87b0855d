"""A machine started by hand with plain QEMU and the system's own ssh, without the product in between."""

from __future__ import annotations

import io
import json
import os
import select
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pycdlib

from slshell.backend.engines.base import ContextDisc

BOOT_S = 180.0
"""Longest wait for a machine under emulation on a busy host; a boot takes 3 to 30 s."""


@dataclass(frozen=True)
class Keys:
    """An SSH key pair in files, made by ssh-keygen."""

    private: Path

    @property
    def private_text(self) -> str:
        """The private key in OpenSSH's form."""
        return self.private.read_text()

    @property
    def public_text(self) -> str:
        """The public key as one line."""
        return Path(f"{self.private}.pub").read_text().strip()


def make_keys(path: Path) -> Keys:
    """A fresh ed25519 pair at `path` and `path`.pub."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", str(path)], check=True)
    return Keys(path)


def write_disc(disc: ContextDisc, path: Path) -> Path:
    """Write a context disc as the ISO image that a machine reads."""
    image = pycdlib.PyCdlib()
    image.new(interchange_level=3, vol_ident=disc.label, joliet=3, rock_ridge="1.09")
    for number, (name, content) in enumerate(disc.files.items()):
        stream = io.BytesIO(content)
        image.add_fp(stream, len(content), f"/F{number}.;1", rr_name=name, joliet_path=f"/{name}")
    image.write(str(path))
    image.close()
    return path


@dataclass
class PlainMachine:
    """A running QEMU whose SSH answers at `address`:2222."""

    process: subprocess.Popen[bytes]
    folder: Path
    address: str
    user: str
    keys: Keys
    host_key: Keys
    console: str = field(default="", init=False)
    _serial: socket.socket = field(init=False)

    def __post_init__(self) -> None:
        self._serial = _connected(self.folder / "serial", self.process)

    def wait_for_console(self, text: str, timeout_s: float = BOOT_S) -> None:
        """Wait until `text` is on the serial console after what was awaited before."""
        deadline = time.monotonic() + timeout_s
        start = len(self.console)
        while text not in self.console[start:]:
            left = deadline - time.monotonic()
            ready, _, _ = select.select([self._serial], [], [], max(0.0, left))
            assert ready, f"“{text}” did not appear within {timeout_s} s:\n{self.console[-2000:]}"
            block = self._serial.recv(4096)
            assert block, f"the machine ended before “{text}”:\n{self.console[-2000:]}"
            self.console += block.decode(errors="replace")

    def wait_for_ssh(self, timeout_s: float = BOOT_S) -> None:
        """Wait until the machine sends its SSH banner."""
        deadline = time.monotonic() + timeout_s
        while True:
            assert self.process.poll() is None, "the machine ended before SSH answered"
            assert time.monotonic() < deadline, f"no SSH within {timeout_s} s:\n{self.console[-2000:]}"
            with socket.socket() as probe, suppress(ConnectionError, TimeoutError):
                probe.settimeout(1.0)
                probe.connect((self.address, 2222))
                if probe.recv(4) == b"SSH-":
                    return
            self._hear(0.05)

    def _hear(self, timeout_s: float) -> None:
        """Take what the console says, so that it never stalls the machine."""
        ready, _, _ = select.select([self._serial], [], [], timeout_s)
        if ready:
            self.console += self._serial.recv(4096).decode(errors="replace")

    def type(self, text: str) -> None:
        """Type on the serial console."""
        self._serial.sendall(text.encode())

    def ssh(self, command: str, *, timeout_s: float = 60) -> subprocess.CompletedProcess[str]:
        """Run a command over ssh, which knows the host key beforehand and nothing else."""
        return subprocess.run(
            ["ssh", *self._options(), "-p", "2222", f"{self.user}@{self.address}", command],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout_s, check=False,
        )  # fmt: skip

    def _options(self) -> list[str]:
        known = self.folder / "known_hosts"
        known.write_text(f"[{self.address}]:2222 {self.host_key.public_text}\n")
        options = {
            "StrictHostKeyChecking": "yes", "UserKnownHostsFile": known, "GlobalKnownHostsFile": "/dev/null",
            "IdentitiesOnly": "yes", "BatchMode": "yes", "ConnectTimeout": 30,
            "ServerAliveInterval": 5, "ServerAliveCountMax": 6,
        }  # fmt: skip
        words = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
        return ["-F", "/dev/null", *words, "-i", str(self.keys.private)]

    def answer_to(self, command: str) -> str:
        """What a command prints; it must succeed."""
        done = self.ssh(command)
        assert done.returncode == 0, f"{command}: {done.returncode} {done.stdout} {done.stderr}"
        return done.stdout

    def fetch(self, remote: str, local: Path) -> None:
        """Copy a file out of the machine with the system's sftp."""
        subprocess.run(
            ["sftp", *self._options(), "-P", "2222", f"{self.user}@{self.address}:{remote}", str(local)],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=True,
        )  # fmt: skip

    def qmp(self, command: str, **arguments: object) -> object:
        """Give QEMU a command of its own control protocol."""
        with _connected(self.folder / "qmp", self.process) as link, link.makefile("rw") as stream:
            stream.readline()
            for name, values in (("qmp_capabilities", {}), (command, arguments)):
                stream.write(json.dumps({"execute": name, "arguments": values}) + "\n")
                stream.flush()
                answer = json.loads(stream.readline())
                while "event" in answer:
                    answer = json.loads(stream.readline())
                assert "error" not in answer, answer
            return answer["return"]

    def wait_until_off(self, timeout_s: float = 60) -> None:
        """Wait until the machine has powered itself off."""
        self.process.wait(timeout_s)

    def processor_seconds(self) -> float:
        """Processor time that QEMU has used; nearly the same on a busy and on an idle host."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        """Cut the power."""
        self._serial.close()
        self.process.kill()
        self.process.wait()


@contextmanager
def started(
    folder: Path,
    *,
    disk: Path,
    disk_format: str,
    disc: ContextDisc,
    user: str,
    keys: Keys,
    host_key: Keys,
    ram_mib: int,
    more: tuple[str, ...] = (),
) -> Iterator[PlainMachine]:
    """A machine from an overlay of `disk` and the context disc; its power is cut at the end.

    `more` are further QEMU options, such as a kernel or another disk.
    """
    overlay, context = folder / "root.qcow2", write_disc(disc, folder / "context.iso")
    subprocess.run(
        ["qemu-img", "create", "-q", "-f", "qcow2", "-b", str(disk), "-F", disk_format, str(overlay)],
        check=True,
    )
    address = _free_address()
    program = shutil.which("qemu-system-x86_64")
    assert program is not None
    process = subprocess.Popen(
        [
            program, "-accel", "tcg", "-M", "q35", "-cpu", "max", "-m", str(ram_mib), "-nodefaults",
            "-display", "none", "-device", "pcie-root-port,id=spare",
            "-drive", f"file={overlay},if=virtio,format=qcow2",
            "-drive", f"file={context},if=virtio,format=raw,readonly=on",
            "-netdev", f"user,id=n0,hostfwd=tcp:{address}:2222-:22",
            "-device", "virtio-net-pci,netdev=n0,romfile=",
            "-object", "rng-random,id=r0,filename=/dev/urandom", "-device", "virtio-rng-pci,rng=r0",
            "-chardev", f"socket,id=c0,path={folder}/serial,server=on,wait=on", "-serial", "chardev:c0",
            "-qmp", f"unix:{folder}/qmp,server=on,wait=off", *more,
        ],
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        machine = PlainMachine(process, folder, address, user, keys, host_key)
    except BaseException:
        process.kill()
        process.wait()
        raise
    try:
        yield machine
    finally:
        machine.close()


def _free_address() -> str:
    """An address of 127.86.0.0/16 whose port 2222 nobody listens on."""
    for number in range(os.getpid() % 200, 255):
        address = f"127.86.250.{number}"
        with socket.socket() as probe:
            try:
                probe.bind((address, 2222))
            except OSError:
                continue
            return address
    raise AssertionError("no free address in 127.86.250.0/24")


def _connected(path: Path, process: subprocess.Popen[bytes]) -> socket.socket:
    """A connection to a socket that QEMU makes when it starts."""
    deadline = time.monotonic() + 30
    while True:
        link = socket.socket(socket.AF_UNIX)
        try:
            link.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            link.close()
            assert process.poll() is None, "QEMU ended at once"
            assert time.monotonic() < deadline, f"QEMU did not open {path}"
            time.sleep(0.02)
            continue
        return link
