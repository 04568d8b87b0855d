"""Damaged streams: nothing raises, grows or gets out, and how they are cut makes no difference."""

from __future__ import annotations

import os

import pytest

from tests.unit.terminal.fuzz import fuzz

SECONDS = float(os.environ.get("FUZZ_SECONDS", "3"))
SEED = int(os.environ.get("FUZZ_SEED", "0"))


@pytest.mark.timeout(SECONDS * 20 + 300)
def test_damaged_streams_break_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    tally = fuzz(SEED, SECONDS)
    assert capfd.readouterr() == ("", "")
    assert tally.streams
    with capfd.disabled():
        if SECONDS > 60:
            print(f"\n{tally}")
