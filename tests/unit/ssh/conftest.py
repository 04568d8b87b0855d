"""A user's key, and an SSH server that knows it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import paramiko
import pytest

from slshell.ssh.keys import make_own_key
from tests.unit.ssh.keys import agent, make
from tests.unit.ssh.server import SshServer

__all__ = ["agent", "make"]


@pytest.fixture
def identity(own_settings: Path) -> Path:
    """The private key of this test's user."""
    return make_own_key()


@pytest.fixture
def machine(identity: Path) -> Iterator[SshServer]:
    """An SSH server that lets the user in."""
    with SshServer(paramiko.Ed25519Key.from_private_key_file(str(identity))) as server:
        yield server
