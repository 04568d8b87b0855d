"""Colours without regard to a device: as an xterm showed them, measured there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slshell.terminal.palette import parse
from slshell.terminal.style import rgb
from tests.unit.terminal.drive import CALM, Driven


@pytest.mark.parametrize(
    ("written", "measured"),
    [
        ("rgbi:0.25/0.75/0.05", 0x93DF4D), ("CIEXYZ:0.3/0.3/0.3", 0xB49382), ("CIExyY:0.3/0.3/0.3", 0xAB9495),
        ("TekHVC:30/50/20", 0xA37469), ("CIELuv:50/10/10", 0xBB6E0E), ("CIEXYZ:0.067/0.402/0.918", 0x09BCB9),
        ("CIEuvY:0.496/0.157/0.943", 0xFFF5FC), ("CIExyY:0.444/0.139/0.324", 0xFF61B6),
        ("TekHVC:317.634/84.804/50.837", 0xFFBFE7), ("CIELab:89.902/-19.957/-19.868", 0xCDE2FF),
        ("CIELuv:6.772/94.758/97.564", 0x34220E), ("CIELab:0.7/0.7/0.7", 0x5E5A5A),
        ("CIEXYZ:2/2/2", 0xFFFFFF), ("CIEXYZ:0/0/0", 0x000000), ("TekHVC:0/0/0", 0x000000),
    ],
)  # fmt: skip
def test_a_colour_is_shown_as_at_an_xterm(written: str, measured: int) -> None:
    for spelled in (written, written.lower()):
        color = parse(spelled)
        assert color is not None
        assert max(abs(ours - theirs) for ours, theirs in zip(rgb(color), rgb(measured), strict=True)) <= 1


NUMBERS = st.floats(-1e9, 1e9, allow_nan=False) | st.sampled_from([0.0, 0.5, 1.0, 1e-9])
SPACES = st.sampled_from(["rgbi", "CIEXYZ", "CIEuvY", "CIExyY", "CIELab", "CIELuv", "TekHVC"])


@CALM
@given(SPACES, st.tuples(NUMBERS, NUMBERS, NUMBERS))
def test_every_three_numbers_are_some_colour(space: str, numbers: tuple[float, float, float]) -> None:
    color = parse(f"{space}:" + "/".join(f"{number:.9f}"[:11] for number in numbers))
    assert color is not None
    assert 0 <= color < 1 << 24


@pytest.mark.parametrize(
    "written", ["CIEXYZ:1/1", "CIEXYZ:1/1/1/1", "CIEXYZ:./1/1", "CIEXYZ:1//1", "CIEABC:1/1/1", "rgbi:1-2/1/1"]
)
def test_what_is_no_such_colour_changes_nothing(written: str) -> None:
    assert Driven().tell(f"\x1b]4;1;{written}\x07").palette.colors == {}
