"""A served cloud for each test of the screen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.screen.served import ScreenCloud


@pytest.fixture
def cloud(own_settings: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ScreenCloud]:
    """An in-process cloud in this test's data folder, as if a daemon served it; the terminal has colours."""
    monkeypatch.setenv("TERM", "xterm-256color")
    with ScreenCloud(own_settings / "d") as served:
        yield served
