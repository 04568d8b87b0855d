"""Generated streams beside a real xterm.

Each line of the recording is a group, a stream, where xterm 379 (as a VT520 of 24x8) said that the cursor was
after it, and the rows as its checksums of single cells gave them. Where this emulator means to differ, as
docs/terminal.md says, nothing was recorded.
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from tests.unit.terminal.drive import CSI, Driven

COLUMNS, ROWS = 24, 8


def _recorded() -> dict[str, list[Any]]:
    groups = defaultdict(list)
    path = Path(__file__).parent / "recordings" / "xterm.jsonl"
    for line in path.read_text().splitlines():
        group, *rest = json.loads(line)
        groups[group].append(rest)
    return groups


RECORDED = _recorded()


@pytest.mark.parametrize("group", RECORDED)
def test_a_generated_stream_ends_as_in_xterm(group: str) -> None:
    different = []
    for stream, place, rows in RECORDED[group]:
        screen = Driven(COLUMNS, ROWS).tell(stream)
        told = screen.asked(f"{CSI}6n")
        shown = screen.shown()
        if told != f"{CSI}{place[0]};{place[1]}R" or shown != rows + [""] * (ROWS - len(rows)):
            different.append((stream, told, shown))
    assert different == []
