"""`slshell deprecate-metadata`: the reason, signed by who endorsed the entry."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from slshell.metadata import signature
from slshell.metadata.document import Status
from slshell.model.errors import ExitCode
from tests.unit.commands.conftest import Run
from tests.unit.commands.metadata.conftest import NAME, data
from tests.unit.metadata.samples import GOLDEN


def test_deprecate_says_why_and_signs_that(run: Run, signed: Path) -> None:
    before = signed.read_bytes()
    result = run(f"deprecate-metadata {signed} --reason 'has a <hole>'")
    assert (result.exit_code, result.notices) == (0, "")
    assert "deprecated" in result.output
    found = signature.verify(signed.read_bytes()).metadata
    assert (found.deprecated, found.status(datetime.now(UTC))) == ("has a <hole>", Status.DEPRECATED)
    assert Path(f"{NAME}.orig").read_bytes() == before


def test_deprecate_as_data_with_the_reason_of_the_original(run: Run, signed: Path) -> None:
    found = data(run, f"deprecate-metadata {signed} --output gone.xml")
    assert (found["file"], found["status"]) == ("gone.xml", "deprecated")
    assert found["metadata"]["deprecated"] == "This image has been deprecated"


def test_deprecate_refuses_what_others_endorsed_and_what_was_changed(run: Run, signed: Path) -> None:
    old = GOLDEN / "signed-modern.xml"
    result = run(f"deprecate-metadata {old} --output x.xml -o json")
    assert result.exit_code == ExitCode.NOT_ALLOWED
    assert "endorsed by images@example.org" in json.loads(result.notices)["message"]
    signed.write_bytes(signed.read_bytes().replace(b">debian<", b">debiam<"))
    result = run(f"deprecate-metadata {signed}")
    assert (result.exit_code, "changed after it was signed" in result.notices) == (ExitCode.USAGE, True)
    assert not Path("x.xml").exists()
