"""What a stream costs grows with its length and no faster, whatever is in it: counted in calls, not time."""

from __future__ import annotations

import sys
from itertools import count
from types import FrameType

import pytest

from slshell.terminal import sequences
from tests.unit.terminal.drive import CSI, Driven

COLUMNS, ROWS = 10, 6
FEW, MANY = 20, 80
SLACK = 1.25
"""How many times the calls may grow beyond the stream: caches and first times cost a little."""

PARAMETERS = ("", "9999", "1;1;9999;9999")
CONTEXTS = {
    "plain": "",
    "margins and inserting": f"{CSI}?69h{CSI}2;9s{CSI}2;5r{CSI}?6h{CSI}4h",
    "wide and protected": f'{CSI}1"q' + "中é" * 30,
}
ODD = (
    "\x1b]0;a title\x07", "\x1b]8;;http://a\x07x", "\x1b]4;1;#123456\x07", "\x1b]4;1;?\x07", "\x1bP$qm\x1b\\",
    "\x1bP+q436f\x1b\\", "\x1bP2$t9/17\x1b\\", "\x1bPq", "\x1b]52;c;aGk=", f"{CSI}1;", "e\u0301",
    "\u0301", "中", f"{CSI}?1049h{CSI}?1049l", f"{CSI}8;8;20t{CSI}8;6;10t", f"{CSI}?40h{CSI}?3h{CSI}?3l",
    f"x{CSI}9999b", f"{CSI}22t", f"{CSI}#{{", f"{CSI}38;2;1;2;3m", "\x1b7\x1b8", "\x1b%@\xff\x1b%G",
    "y\r\n", "y\n",
)  # fmt: skip


def units() -> list[str]:
    """Everything that does something, the sequences with several parameters."""
    made = [*ODD, *sequences.CONTROLS, *(f"\x1b{name}" for name in sequences.ESCAPES)]
    for name in sequences.CONTROL_SEQUENCES:
        prefix = name[0] if name[0] in "<=>?" else ""
        made += [f"{CSI}{prefix}{numbers}{name[len(prefix) :]}" for numbers in PARAMETERS]
    return made


def calls(context: str, unit: str, times: int) -> int:
    """How many calls it takes to eat so many repetitions."""
    screen = Driven(COLUMNS, ROWS, history=50, clipboard=True).tell(context, unit * (COLUMNS + 2))
    counter = count()

    def note(_frame: FrameType, event: str, _argument: object) -> None:
        if event in ("call", "c_call"):
            next(counter)

    sys.setprofile(note)
    try:
        screen.feed((unit * times).encode())
    finally:
        sys.setprofile(None)
    return next(counter)


@pytest.mark.parametrize("context", CONTEXTS)
def test_a_longer_stream_costs_in_proportion(context: str) -> None:
    dear = {}
    for unit in units():
        few, many = (calls(CONTEXTS[context], unit, times) for times in (FEW, MANY))
        if many > SLACK * few * MANY / FEW:
            dear[unit] = few, many
    assert dear == {}
