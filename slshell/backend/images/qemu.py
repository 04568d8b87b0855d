"""qemu-img on an image of strangers: asked about it, or told to convert it, always confined."""

from __future__ import annotations

import json
import os
import pwd
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from slshell.backend.images import confinement
from slshell.backend.images.confinement import Limits, Outcome
from slshell.backend.images.formats import Format
from slshell.backend.images.progress import Say
from slshell.model.errors import EngineFailed, NoCapacity, TooLarge, UsageError

_MEMORY_BYTES = 1 << 30
"""Measured: `qemu-img check` of an empty 16 TiB image and of a full 50 GiB one passes with 200 MiB."""
_LOOK = Limits(memory_bytes=_MEMORY_BYTES, cpu_s=60, wall_s=120)
_SLOWEST_BYTES_S = 10 << 20
"""Given up when slower than this over the whole disk; measured for a compressed VMDK: 300 MiB/s."""
_SHORTEST_S = 60
_PERCENT = re.compile(rb"\((\d+)\.\d+/100%\)")
_TOO_LARGE_SIGNAL = 153
"""What a shell makes of SIGXFSZ; prlimit and setpriv pass the signal itself on as -25."""


def asked(action: str, path: Path, image_format: str) -> dict[str, Any]:
    """What `qemu-img ACTION` (info or check) says of a file as `image_format`.

    Raises:
        UsageError: the image is damaged or takes too long. EngineFailed: qemu-img is missing.
    """
    with path.open("rb") as stream:
        handle = stream.fileno()
        outcome = confinement.run(
            "qemu-img",
            [action, "-U", "--output=json", *_source(image_format, handle)],
            handles=[handle],
            limits=_LOOK,
        )
    if outcome.timed_out:
        raise damaged("looking into it takes too long")
    try:
        answer = json.loads(outcome.output)
    except ValueError:
        raise damaged(_said(outcome)) from None
    if not isinstance(answer, dict):
        raise damaged("qemu-img gives no sense of it")
    return answer


def check(path: Path, image_format: str) -> dict[str, Any]:
    """What `qemu-img check` says of an image without errors; leaks of space are none.

    Raises:
        UsageError: it has errors. EngineFailed: qemu-img is missing.
    """
    health = asked("check", path, image_format)
    if health.get("corruptions") or health.get("check-errors"):
        raise damaged("qemu-img check finds errors in it")
    return health


def convert(
    source: Path,
    source_format: Format,
    target: Path,
    *,
    disk_bytes: int,
    max_bytes: int,
    progress: Say | None,
) -> None:
    """Write `source` to `target`, an empty file, as qcow2 of at most `max_bytes`.

    Raises:
        UsageError: the image is damaged or takes too long. TooLarge: it needs more than `max_bytes`.
        NoCapacity: the disk is full. EngineFailed: qemu-img is missing.
    """
    seconds = _SHORTEST_S + disk_bytes // _SLOWEST_BYTES_S
    limits = Limits(memory_bytes=_MEMORY_BYTES, cpu_s=seconds, wall_s=seconds, file_bytes=max_bytes)
    with source.open("rb") as reading, target.open("r+b") as writing:
        _lend(writing.fileno())
        try:
            outcome = confinement.run(
                "qemu-img",
                [
                    "convert", "-p", *_source(source_format, reading.fileno()),
                    "-O", "qcow2", f"/proc/self/fd/{writing.fileno()}",
                ],
                handles=[reading.fileno(), writing.fileno()],
                limits=limits,
                hear=_hearer(progress),
            )  # fmt: skip
        finally:
            _take_back(writing.fileno())
    _check_converted(outcome, max_bytes)


def damaged(why: str) -> UsageError:
    """The error for an image that qemu-img cannot make sense of."""
    return UsageError(f"the image is damaged: {why}", hint="fetch it again, or look with qemu-img check")


def _source(image_format: str, handle: int) -> Sequence[str]:
    """The arguments that name the input; what it says of a backing file is never followed."""
    if image_format in (Format.QCOW2, Format.VMDK):
        file = {"driver": "file", "filename": f"/proc/self/fd/{handle}"}
        return ["json:" + json.dumps({"driver": str(image_format), "backing": None, "file": file})]
    return ["-f", str(image_format), f"/proc/self/fd/{handle}"]


def _hearer(progress: Say | None) -> Any:
    told = b""

    def hear(chunk: bytes) -> None:
        nonlocal told
        found = _PERCENT.findall(chunk)
        if progress is not None and found and found[-1] != told:
            told = found[-1]
            progress(f"converted {told.decode()} %")

    return hear


def _lend(handle: int) -> None:
    """Let the confined account write the file; it has no other way to it than the open descriptor."""
    if os.geteuid() == 0:
        os.fchown(handle, pwd.getpwnam(confinement.ACCOUNT).pw_uid, -1)


def _take_back(handle: int) -> None:
    if os.geteuid() == 0:
        os.fchown(handle, 0, -1)


def _check_converted(outcome: Outcome, max_bytes: int) -> None:
    if outcome.code == 0:
        return
    if outcome.timed_out:
        raise damaged("converting it takes too long")
    if outcome.code in (-25, _TOO_LARGE_SIGNAL) or "File too large" in outcome.complaint:
        raise TooLarge(
            f"the converted image is larger than the limit of {max_bytes >> 20} MiB",
            hint="raise [cloud] max_image_gib in config.toml if you trust it",
        )
    if "No space left" in outcome.complaint:
        raise NoCapacity("the disk is full", hint="free some space, then import it again")
    if "Permission denied" in outcome.complaint:
        raise EngineFailed(f"the image cannot be converted: {_said(outcome)}")
    raise damaged(_said(outcome))


def _said(outcome: Outcome) -> str:
    lines = outcome.complaint.splitlines()
    if not lines:
        return f"qemu-img ended with {outcome.code}"
    return re.sub(r".*(?:/proc/self/fd/\d+|json:\{.*\})['\": ]*", "", lines[-1])
