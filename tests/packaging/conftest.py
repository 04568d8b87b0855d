"""The distributions, built once for all tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import environments
from tests.support.folders import SessionFolder


@pytest.fixture(scope="session")
def wheel(session_folder: SessionFolder) -> Path:
    """The wheel, built from the checkout."""
    return environments.built("wheel", session_folder.new())


@pytest.fixture(scope="session")
def sdist(session_folder: SessionFolder) -> Path:
    """The source distribution, built from the checkout."""
    return environments.built("sdist", session_folder.new())


@pytest.fixture(scope="session")
def client_only(session_folder: SessionFolder, wheel: Path) -> Path:
    """The `bin` folder of an environment with the wheel and no extras."""
    python = environments.empty_environment(session_folder.new() / "e")
    environments.install(python, *environments.requirements(), str(wheel))
    return python.parent


@pytest.fixture(scope="session")
def with_cloud(session_folder: SessionFolder, wheel: Path) -> Path:
    """The `bin` folder of an environment with the wheel and the extra `cloud`."""
    python = environments.empty_environment(session_folder.new() / "e")
    environments.install(python, *environments.requirements("cloud"), str(wheel))
    return python.parent
