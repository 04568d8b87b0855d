"""What a screen takes of the memory has a bound, whatever it is fed."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.unit.terminal.flood import STREAMS

BOUND = 64 << 20
"""Bytes for a screen of 80 columns, 24 rows and 5000 rows of history, as docs/terminal.md says."""

MEGABYTES = float(os.environ.get("FLOOD_MEGABYTES", "0"))
"""How much of each stream is eaten; by default a little more than fills what there is to fill."""

_ENOUGH = {
    "random": 1.0, "marks": 1.3, "colours": 4.0, "looks": 4.0, "links": 2.5, "named-links": 20.0,
    "command-in-bytes": 0.4, "sequence": 1.0, "wide-lines": 1.0, "saved": 0.3, "palette": 0.3,
}  # fmt: skip
_USUALLY = 5.0


@pytest.mark.timeout(600 + MEGABYTES * 20)
@pytest.mark.parametrize("name", STREAMS)
def test_no_stream_fills_the_memory(name: str) -> None:
    size = int((MEGABYTES or _ENOUGH.get(name, _USUALLY)) * 1e6)
    done = subprocess.run(
        [sys.executable, "-m", "tests.unit.terminal.flood", name, str(size)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout) < BOUND
