"""Fixtures of the unit tests that need a cloud to talk to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.client.served import ServedCloud


@pytest.fixture
def served(own_settings: Path) -> Iterator[ServedCloud]:
    """An in-process cloud in this test's data folder, as if a daemon served it."""
    with ServedCloud(own_settings / "d") as cloud:
        yield cloud
