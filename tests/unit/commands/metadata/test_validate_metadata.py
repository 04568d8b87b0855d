"""`slshell validate-metadata`: what each file is, and what a policy says of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from slshell.model.errors import ExitCode
from tests.unit.commands.conftest import Run
from tests.unit.commands.metadata.conftest import IDENTIFIER, NAME, SHA1, data
from tests.unit.metadata.samples import GOLDEN


def test_validate_says_of_each_file_what_it_is(run: Run, signed: Path) -> None:
    changed = signed.read_bytes().replace(b">debian<", b">debian!<")
    Path("changed.xml").write_bytes(changed)
    result = run(f"validate-metadata {signed} changed.xml nothing.xml")
    assert result.exit_code == ExitCode.FAILED
    assert [line.split("  ")[0] for line in result.output.splitlines()[1:]] == [
        NAME, "changed.xml", "nothing.xml",
    ]  # fmt: skip
    assert "the document was changed after it was signed" in result.output
    assert "nothing.xml cannot be read: No such file or directory" in result.output
    assert run(f"validate-metadata {signed}").exit_code == 0


def test_validate_quietly_in_the_words_of_the_original(run: Run, signed: Path, built: Path) -> None:
    Path("unsigned.xml").write_bytes((GOLDEN / "unsigned.xml").read_bytes())
    assert run(f"validate-metadata -q {signed} unsigned.xml").output == (
        f"Valid: {NAME}\nInvalid: unsigned.xml: no signature\n"
    )


def test_validate_as_data(run: Run, signed: Path) -> None:
    result = run(
        f"validate-metadata {signed} {GOLDEN / 'signed-legacy.xml'} {GOLDEN / 'unsigned.xml'} -o json"
    )
    good, old, bad = json.loads(result.output)
    assert result.exit_code == ExitCode.FAILED
    assert (good["valid"], good["signature"], good["allowed"]) == (True, "ecdsa-sha256", None)
    assert (old["valid"], old["signature"], old["status"]) == (True, "rsa-sha1", "expired")
    assert (bad["valid"], bad["reason"], bad["problems"]) == (False, "no signature", ["no signature"])
    assert bad["metadata"] is None
    assert yaml.safe_load(run(f"validate-metadata {signed} -o yaml").output)[0]["identifier"] == IDENTIFIER


def test_validate_tells_all_problems_as_data(run: Run, built: Path) -> None:
    text = built.read_text().replace("<slterms:kind>machine", "<slterms:kind>toaster").replace(SHA1, "0" * 40)
    built.write_text(text)
    (report,) = json.loads(run(f"validate-metadata --allow-unsigned {built} -o json").output)
    assert len(report["problems"]) == 2
    assert report["reason"] == report["problems"][0]


def test_validate_can_take_unsigned_files_and_refuse_sha1(run: Run, built: Path) -> None:
    assert run(f"validate-metadata {built}").exit_code == ExitCode.FAILED
    assert run(f"validate-metadata --allow-unsigned {built}").exit_code == 0
    broken = (GOLDEN / "signed-modern.xml").read_text().replace(">ttylinux<", ">x<")
    Path("broken.xml").write_text(broken)
    assert run("validate-metadata --allow-unsigned broken.xml").exit_code == ExitCode.FAILED
    old = GOLDEN / "signed-legacy.xml"
    assert run(f"validate-metadata {old}").exit_code == 0
    result = run(f"validate-metadata --no-sha1 {old}")
    assert (result.exit_code, "made with SHA-1" in result.output) == (ExitCode.FAILED, True)


def test_validate_asks_a_policy(run: Run, signed: Path) -> None:
    Path("policy.cfg").write_text("[endorsers]\nwhitelist = bob@example.org\n")
    result = run(f"validate-metadata --policy policy.cfg {signed}")
    assert result.exit_code == ExitCode.FAILED
    assert "refused" in result.output
    assert "its endorser (ann@example.org) is not on the white list" in result.output
    Path("policy.cfg").write_text("[endorsers]\nwhitelist = ann@example.org\n")
    (report,) = data(run, f"validate-metadata --policy policy.cfg {signed}")
    assert (report["valid"], report["allowed"], report["reason"]) == (True, True, "")
    old = json.loads(
        run(f"validate-metadata --policy policy.cfg {GOLDEN / 'signed-modern.xml'} -o json").output
    )
    assert (old[0]["allowed"], old[0]["reason"]) == (False, "it expired on 2013-10-26")


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"[people]", "no section [people]"), (b"\xff", "not in UTF-8"), (None, "cannot be read")],
)
def test_a_policy_that_cannot_be_used_is_refused(content: bytes | None, message: str, run: Run) -> None:
    if content is not None:
        Path("policy.cfg").write_bytes(content)
    result = run("validate-metadata --policy policy.cfg x.xml")
    assert (result.exit_code, message in result.notices) == (ExitCode.USAGE, True)


def test_a_hostile_file_steers_no_terminal(run: Run, signed: Path) -> None:
    text = (GOLDEN / "unsigned.xml").read_text().replace("<dcterms:type>", "<dcterms:type><a\u202e\u009b/>")
    Path("hostile.xml").write_text(text)
    output = run("validate-metadata hostile.xml").output
    assert "\u202e" not in output
    assert "\u009b" not in output


def test_validate_knows_the_image_that_is_described(run: Run, signed: Path) -> None:
    assert run(f"validate-metadata --image image.gz {signed}").exit_code == 0
    Path("other.img").write_bytes(b"an Image" * 1000)
    (report,) = json.loads(run(f"validate-metadata --image other.img {signed} -o json").output)
    assert not report["valid"]
    assert len(report["problems"]) == 4
    assert report["reason"].startswith("the MD5 of the image is ")
    missing = run(f"validate-metadata --image nothing.img {signed}")
    assert (missing.exit_code, "Image does not exist" in missing.notices) == (ExitCode.USAGE, True)
