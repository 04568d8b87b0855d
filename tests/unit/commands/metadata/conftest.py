"""A folder with an image in it, and metadata files made from that by the commands themselves."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from slshell.model.ids import identifier_of
from tests.unit.commands.conftest import Run

CONTENT = b"an image" * 1000
SHA1 = hashlib.sha1(CONTENT, usedforsecurity=False).hexdigest()
IDENTIFIER = identifier_of(SHA1)
NAME = "debian-13-x86_64-base-1.0.xml"
BUILD = "build-metadata image.gz --os debian --os-version 13 --os-arch x86_64 --image-version 1.0"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with an image in it."""
    (tmp_path / "image.gz").write_bytes(gzip.compress(CONTENT))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def built(run: Run) -> Path:
    """An unsigned file."""
    assert run(BUILD).exit_code == 0
    return Path(NAME)


@pytest.fixture
def signed(run: Run, built: Path, own_settings: Path) -> Path:
    """A file signed with the user's own certificate; nothing else was left."""
    assert run("certificate --email ann@example.org --key-type ec").exit_code == 0
    assert run(f"sign-metadata {built}").exit_code == 0
    Path(f"{built}.orig").unlink()
    return built


def data(run: Run, line: str) -> Any:
    """What a line that works answers as JSON."""
    result = run(f"{line} -o json")
    assert result.exit_code == 0, result.notices
    return json.loads(result.output)
