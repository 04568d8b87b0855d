"""Programs timed again and again, in turns, so that a busy moment of the host meets all of them."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path


def in_turns(
    commands: Mapping[str, Sequence[str]], environment: Mapping[str, str], repetitions: int, cwd: Path
) -> dict[str, list[float]]:
    """Milliseconds of wall time of each run of each command, after one run of each that is not counted.

    Raises:
        CalledProcessError: a command failed.
    """
    times: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(repetitions + 1):
        for name, words in commands.items():
            began = time.perf_counter()
            subprocess.run(words, check=True, capture_output=True, env=dict(environment), cwd=cwd)
            if number:
                times[name].append((time.perf_counter() - began) * 1000)
    return times


def imports(python: Path, module: str, environment: Mapping[str, str]) -> list[tuple[float, float, str]]:
    """`(own ms, ms with all below, name)` of each module that importing `module` loads, slowest first."""
    done = subprocess.run(
        [str(python), "-X", "importtime", "-c", f"import {module}"],
        check=True, capture_output=True, text=True, env=dict(environment),
    )  # fmt: skip
    found = []
    for text in done.stderr.splitlines()[1:]:
        own, total, name = text.removeprefix("import time:").split("|")
        found.append((int(own) / 1000, int(total) / 1000, name.strip()))
    return sorted(found, reverse=True)
