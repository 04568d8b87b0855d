"""First and cached launch of a large image, against `cp` of it and against QEMU's bare start.

The first launch begins with a file in the user's hands: it is sent to the cloud, verified, taken into the
cache, and a machine is started from it until the cloud says Running. `cp` copies the same file. The cached
launch is another machine of the same image. QEMU's bare start is an overlay made by `qemu-img`, and QEMU
until its monitor says that the machine runs. The image is full of noise, so that no hole makes it smaller.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

from benchmarks import report
from benchmarks.world import World, world

_BLOCK = 1 << 20
_PATIENCE_S = 60.0
_RAM_MIB = 128


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--repetitions", type=int, default=3)
    options.add_argument("--gib", type=float, default=2.0)
    given = options.parse_args()
    report.heading(f"launch: the first and the next machine of an image of {given.gib:g} GiB")
    first, copied, cached, bare = [], [], [], []
    with world(appliance=True) as own:
        own.slshell("run", "ttylinux", "--name", "warm", "--for", "running")
        for number in range(given.repetitions):
            image = _noise(own.folder / "image.raw", int(given.gib * 1024))
            copied.append(_copy(image))
            first.append(_launch(own, image, f"first-{number}"))
            cached.append(_again(own, f"next-{number}"))
            bare.append(_bare(image))
            _clear(own)
            report.say(
                f"  {number + 1}: first {first[-1]:.0f} ms, cp {copied[-1]:.0f} ms, "
                f"cached {cached[-1]:.0f} ms, bare {bare[-1]:.0f} ms, load {report.load()}"
            )
    report.line("first launch, from the file to Running", first, "ms")
    report.line("cp of the same file", copied, "ms")
    report.ratio("first launch / cp", first, copied)
    report.line("cached launch, `run` to Running", cached, "ms")
    report.line("qemu-img create and QEMU until it runs", bare, "ms")
    report.ratio("cached launch / bare start", cached, bare)


def _noise(path: Path, mib: int) -> Path:
    """A new image each time, for the cloud takes none twice."""
    with path.open("wb") as file:
        file.write(b"\0" * 510 + b"\x55\xaa" + os.urandom(_BLOCK - 512))
        for _ in range(mib - 1):
            file.write(os.urandom(_BLOCK))
        file.flush()
        os.fsync(file.fileno())
    return path


def _copy(image: Path) -> float:
    target = image.with_name("copy.raw")
    began = time.monotonic()
    subprocess.run(["cp", "--reflink=never", "--sparse=never", image, target], check=True)
    spent = (time.monotonic() - began) * 1000
    target.unlink()
    return spent


def _launch(own: World, image: Path, name: str) -> float:
    began = time.monotonic()
    own.slshell("import-image", str(image), "--name", "large")
    own.slshell("run", "large", "--name", name, "--for", "running")
    return (time.monotonic() - began) * 1000


def _again(own: World, name: str) -> float:
    began = time.monotonic()
    own.slshell("run", "large", "--name", name, "--for", "running")
    return (time.monotonic() - began) * 1000


def _bare(image: Path) -> float:
    overlay, monitor = image.with_name("bare.qcow2"), image.with_name("bare.sock")
    began = time.monotonic()
    create = ["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", str(image), str(overlay)]
    subprocess.run(create, check=True)
    program = shutil.which("qemu-system-x86_64")
    assert program is not None, "qemu-system-x86_64 is missing"
    accelerator = "kvm" if os.access("/dev/kvm", os.W_OK) else "tcg"
    command = [
        program, "-machine", "q35", "-accel", accelerator, "-m", str(_RAM_MIB), "-display", "none",
        "-nodefaults", "-drive", f"file={overlay},if=virtio", "-qmp", f"unix:{monitor},server=on,wait=off",
    ]  # fmt: skip
    process = subprocess.Popen(command)
    try:
        _wait_until_running(monitor)
        return (time.monotonic() - began) * 1000
    finally:
        process.kill()
        process.wait()
        for path in (overlay, monitor):
            path.unlink(missing_ok=True)


def _wait_until_running(monitor: Path) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            with socket.socket(socket.AF_UNIX) as link:
                link.connect(str(monitor))
                stream = link.makefile("rw")
                stream.readline()
                for word in ("qmp_capabilities", "query-status"):
                    stream.write(json.dumps({"execute": word}) + "\n")
                    stream.flush()
                    answer = json.loads(stream.readline())
                if answer["return"]["running"]:
                    return
        except (FileNotFoundError, ConnectionRefusedError):
            pass
        if time.monotonic() > deadline:
            raise TimeoutError("QEMU does not start")
        time.sleep(0.005)


def _clear(own: World) -> None:
    """Give everything back, so that each turn begins alike."""
    client = own.cloud()
    for one in client.instances():
        if one.appliance == "large":
            own.slshell("kill", str(one.id), "--yes", "--wait")
    own.slshell("quarantine", "purge", "--all", "--yes")
    deadline = time.monotonic() + _PATIENCE_S
    while client.volumes(all=True):
        if time.monotonic() > deadline:
            raise TimeoutError("the quarantine is not emptied")
        time.sleep(0.1)
    own.slshell("remove-appliance", "large", "--yes")


if __name__ == "__main__":
    main()
