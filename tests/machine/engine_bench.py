"""An engine on its private daemon, with the bundled appliance as image."""

from __future__ import annotations

import shutil
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from slshell.backend.appliances.builder import BuiltAppliance
from slshell.backend.engines.base import BootImage
from slshell.backend.engines.libvirt import LibvirtEngine
from tests.contract.engine_contract import Bench
from tests.contract.recorder import Recorder
from tests.support import processes

END_S = 15.0
BANNER_S = 120.0
"""A boot to SSH takes 6 s on an idle host; others may use it too."""


def image_in(folder: Path, appliances: Path) -> BootImage:
    """A copy of the appliance for an engine's image folder."""
    source = appliances / "ttylinux"
    built = msgspec.json.decode((source / "appliance.json").read_bytes(), type=BuiltAppliance)
    for name in ("disk.img", "vmlinuz", "initrd"):
        shutil.copy(source / name, folder / name)
    return BootImage(
        path=folder / "disk.img",
        format=built.format,
        disk_bytes=built.disk_bytes,
        kernel=folder / "vmlinuz",
        initrd=folder / "initrd",
        cmdline=built.cmdline,
    )


@contextmanager
def private_bench(folder: Path, appliances: Path) -> Iterator[Bench]:
    """An opened engine of its own; at the end nothing of it may run any more."""
    engine = LibvirtEngine(cloud_id=uuid.uuid4().hex, folder=folder / "e")
    recorder = Recorder()
    engine.open(recorder)
    real = engine.image_folder.parent
    try:
        bench = Bench(engine, recorder, image_in(engine.image_folder, appliances))
        yield bench
        bench.clean()
    finally:
        shutil.rmtree(engine.image_folder)
        engine.image_folder.mkdir()
        engine.stop_hypervisor()
        left = processes.wait_until_gone([folder, real], END_S)
        processes.kill(left)
    assert not left, f"the engine left processes behind: {left}"


def pid_of(bench: Bench, uuid: str) -> int:
    """The QEMU of a machine."""
    folder = bench.engine.image_folder.parent
    (found,) = [one.pid for one in processes.naming([folder]) if f"-uuid {uuid}" in one.command]
    return found


def banner(address: str, port: int) -> bytes:
    """The first line that the SSH server of a machine sends, as soon as it does.

    QEMU accepts at once and closes when the guest refuses, so each try ends by itself.
    """
    deadline = time.monotonic() + BANNER_S
    while time.monotonic() < deadline:
        with socket.create_connection((address, port), timeout=5) as stream:
            try:
                line = stream.recv(64)
            except (TimeoutError, ConnectionResetError):
                continue
            if line:
                return line
    raise AssertionError(f"no SSH server answered on {address}:{port} within {BANNER_S} s")
