"""Making, cloning and plugging volumes, against qemu-img and virsh on the same disk and machine.

Ours runs from the HTTP request until the cloud says that it is done. virsh's runs from the start of the
command to its end, so the start of a program is in it; a process that holds a connection has less to do.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TypeVar

from benchmarks import report
from benchmarks.domains import Domain
from benchmarks.world import APPLIANCE, World, world
from slshell.client.cloud import Cloud, new_request_id
from slshell.model.volume import GIB, DetachRequest, UploadRequest, Volume, VolumeRequest, VolumeState

Result = TypeVar("Result")
SMALL_GIB, LARGE_GIB = 1, 10
AIM_SIZE = 1.5
"""A larger quotient of large to small would say that the size matters."""
WRITTEN = 512 << 20
CALM_S = 2.0
"""A guest looks at a disk that was plugged in; to take it out meanwhile would measure that."""
PATIENCE_S = 120.0
_ENDS = frozenset({VolumeState.FAILED, VolumeState.AVAILABLE, VolumeState.ATTACHED})
"""With a reason these say that what was asked for did not happen."""
WAIT_S = 20.0


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--repetitions", type=int, default=7)
    repetitions = options.parse_args().repetitions
    report.heading("volumes: made, cloned, plugged in and out")
    with world(appliance=True) as own:
        own.slshell("cloud", "up")
        _empty(own, repetitions)
        _full(own, repetitions)
        _plugging(own, repetitions)
    report.say(f"load at the end {report.load()}")


def settled(client: Cloud, volume: Volume, state: VolumeState) -> Volume:
    """The volume once it is in a state and no work is done on it.

    Raises:
        RuntimeError: it will not get there. TimeoutError: it takes too long.
    """
    deadline = time.monotonic() + PATIENCE_S
    revision = volume.revision
    while volume.state is not state or volume.progress:
        if volume.reason and volume.state in _ENDS:
            raise RuntimeError(f"volume {volume.id} is {volume.state}: {volume.reason}")
        if time.monotonic() > deadline:
            raise TimeoutError(f"volume {volume.id} is still {volume.state}, not {state}")
        changes = client.changes(revision, WAIT_S)
        revision = changes.revision
        volume = next((one for one in changes.volumes if one.id == volume.id), volume)
    return volume


def timed(work: Callable[[], Result]) -> tuple[Result, float]:
    """What it answers, and the milliseconds that it takes."""
    began = time.perf_counter()
    answer = work()
    return answer, (time.perf_counter() - began) * 1000


def _made(client: Cloud, size_gib: int | None = None, source: Volume | None = None) -> Volume:
    asked = client.create_volume(
        VolumeRequest(
            request_id=new_request_id(), size_gib=size_gib, source=None if source is None else source.id
        )
    )
    return settled(client, asked, VolumeState.AVAILABLE)


def _empty(own: World, repetitions: int) -> None:
    """Empty volumes of two sizes, and clones of each."""
    client, times = own.cloud(), Times()
    for number in range(repetitions + 1):
        for size in (SMALL_GIB, LARGE_GIB)[:: 1 if number % 2 else -1]:
            first, create = timed(partial(_made, client, size))
            second, clone = timed(partial(_made, client, source=first))
            raw = own.folder / f"{size}.qcow2"
            _, by_hand = timed(partial(_qemu_img, "create", str(raw), str(size * GIB)))
            raw.unlink()
            if number:
                times.add({f"create {size}": create, f"clone {size}": clone, f"hand {size}": by_hand})
            for one in (first, second):
                client.delete_volume(one.id)
    for what in ("create", "clone"):
        for size in (SMALL_GIB, LARGE_GIB):
            report.line(f"{what} {size} GiB", times[f"{what} {size}"], "ms", 1)
        report.ratio(
            f"  {LARGE_GIB} GiB / {SMALL_GIB} GiB", times[f"{what} {LARGE_GIB}"],
            times[f"{what} {SMALL_GIB}"], f"≤ {AIM_SIZE:g}",
        )  # fmt: skip
    report.line(f"qemu-img create {LARGE_GIB} GiB (floor)", times[f"hand {LARGE_GIB}"], "ms", 1)
    report.say()


def _full(own: World, repetitions: int) -> None:
    """A clone of a volume that holds data, beside a full copy of the same file."""
    client, times = own.cloud(), Times()
    source = own.folder / "data.raw"
    with source.open("wb") as file:
        for _ in range(WRITTEN >> 20):
            file.write(os.urandom(1 << 20))
    volume = client.begin_upload(
        UploadRequest(request_id=new_request_id(), filename=source.name, size_bytes=WRITTEN)
    )
    volume = settled(client, client.send_file(volume.id, source), VolumeState.AVAILABLE)
    source.unlink()
    path, copy = file_of(client, volume), own.folder / "copy.qcow2"
    for _ in range(repetitions):
        made, clone = timed(partial(_made, client, source=volume))
        _, full = timed(partial(_convert, path, copy))
        times.add({"clone": clone, "copy": full})
        copy.unlink()
        client.delete_volume(made.id)
    report.line(f"clone with {WRITTEN >> 20} MiB of data in it", times["clone"], "ms", 1)
    report.line("qemu-img convert of the same", times["copy"], "ms", 1)
    report.ratio("  clone / copy", times["clone"], times["copy"], "far below 1")
    report.say()


def _plugging(own: World, repetitions: int) -> None:
    """One volume in and out of a machine whose guest has booted, by the cloud and by virsh in turns."""
    client, times = own.cloud(), Times()
    own.slshell("run", APPLIANCE, "--wait", "--for", "reachable")
    volume = _made(client, SMALL_GIB)
    domain = Domain(own, file_of(client, volume))
    ways: Mapping[str, tuple[Callable[[], object], Callable[[], object]]] = {
        "ours": (partial(_attach, client, volume), partial(_detach, client, volume)),
        "virsh -disk --live": (domain.attach_disk, domain.detach_disk),
        "virsh -device --live": (domain.attach_device, domain.detach_device),
        "virsh -device --live --config": (
            partial(domain.attach_device, "--config"),
            partial(domain.detach_device, "--config"),
        ),
    }
    for number in range(repetitions + 1):
        for name, (plug, unplug) in ways.items():
            _, into = timed(plug)
            time.sleep(CALM_S)
            _, out = timed(unplug)
            domain.refuse_left_over()
            time.sleep(CALM_S)
            if number:
                times.add({f"attach {name}": into, f"detach {name}": out})
        report.say(f"  {number}: load {report.load()}")
    for _ in range(repetitions):
        times.add({"virsh": timed(domain.nothing)[1]})
    for what in ("attach", "detach"):
        for name in ways:
            report.line(f"{what}, {name}", times[f"{what} {name}"], "ms")
        for name in ways:
            if name != "ours":
                report.ratio(f"  ours / {name}", times[f"{what} ours"], times[f"{what} {name}"])
    report.line("virsh that asks for the state only", times["virsh"], "ms")


def _attach(client: Cloud, volume: Volume) -> None:
    settled(client, client.attach_volume(volume.id, 1), VolumeState.ATTACHED)


def _detach(client: Cloud, volume: Volume) -> None:
    asked = client.detach_volume(volume.id, DetachRequest(instance_id=1, guest_does_not_use_it=True))
    settled(client, asked, VolumeState.AVAILABLE)


def file_of(client: Cloud, volume: Volume) -> Path:
    """The only layer of a volume that was never kept or cloned, in a cloud that keeps volumes in a folder."""
    folder = client.storage().pool.removeprefix("dir ")
    return Path(folder) / f"{volume.id}.qcow2"


def _convert(source: Path, copy: Path) -> None:
    _qemu_img("convert", "-O", "qcow2", str(source), str(copy))


class Times(dict[str, list[float]]):
    """Milliseconds of each thing that was timed, by its name."""

    def add(self, measured: Mapping[str, float]) -> None:
        """Note one round."""
        for name, value in measured.items():
            self.setdefault(name, []).append(value)


def _qemu_img(action: str, *words: str) -> None:
    form = ["-f", "qcow2"]
    subprocess.run(["qemu-img", action, *form, *words], check=True, capture_output=True)


if __name__ == "__main__":
    main()
