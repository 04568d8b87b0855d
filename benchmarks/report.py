"""What all benchmarks print: where they ran, and medians of repeated measurements."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

_PACKAGES = (
    "slshell",
    "libvirt-python",
    "litestar",
    "uvicorn",
    "sqlalchemy",
    "msgspec",
    "textual",
    "prompt-toolkit",
    "click",
)


def say(text: str = "") -> None:
    """One line of the report."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def load() -> str:
    """The host's load average over 1, 5 and 15 minutes."""
    return " ".join(f"{value:.2f}" for value in os.getloadavg())


def heading(title: str) -> None:
    """The benchmark's title with the class of the machine, the versions and the load."""
    say(f"# {title}")
    say(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, load {load()}")
    say(f"{os.cpu_count()} CPUs ({_processor()}), {_memory_gib():.0f} GiB, Linux {platform.release()}")
    say(f"Python {platform.python_version()}, {_first_line('qemu-system-x86_64', '--version')}")
    say(", ".join(f"{name} {metadata.version(name)}" for name in _PACKAGES))


def median(values: Iterable[float]) -> float:
    """The middle of the values."""
    return statistics.median(values)


def spread(values: Sequence[float], unit: str, digits: int = 0) -> str:
    """`MEDIAN unit (LEAST to MOST, n=COUNT)`."""
    low, high = min(values), max(values)
    middle = f"{median(values):.{digits}f} {unit}"
    return f"{middle} ({low:.{digits}f} to {high:.{digits}f}, n={len(values)})"


def line(what: str, values: Sequence[float], unit: str, digits: int = 0) -> None:
    """One measurement."""
    say(f"{what:44} {spread(values, unit, digits)}")


def ratio(what: str, ours: Sequence[float], peer: Sequence[float], aim: str = "") -> float:
    """Print and answer the quotient of two medians."""
    value = median(ours) / median(peer)
    say(f"{what:44} {value:.3f}{f'   (aim {aim})' if aim else ''}")
    return value


def _processor() -> str:
    for text in Path("/proc/cpuinfo").read_text().splitlines():
        if text.startswith("model name"):
            return text.partition(":")[2].strip()
    return platform.machine()


def _memory_gib() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)


def _first_line(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0]
