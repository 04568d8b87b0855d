"""The commands on metadata files, as users call them: their tables, their data, and what they refuse."""

from __future__ import annotations

import gzip
import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from slshell.commands.environment import Environment
from slshell.metadata import certificates, signature
from slshell.metadata.document import Status, read
from slshell.model.errors import ExitCode
from slshell.model.ids import identifier_of
from tests.unit.commands.conftest import Run
from tests.unit.metadata.samples import GOLDEN

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
    result = run(f"{line} -o json")
    assert result.exit_code == 0, result.notices
    return json.loads(result.output)


def test_build_names_the_file_as_the_original_and_says_what_is_in_it(run: Run) -> None:
    result = run(f"{BUILD} --location https://example.org/image.gz")
    assert result.exit_code == 0
    assert result.notices == ""
    assert result.output == (
        "FILE                           RESULT    STATUS  IDENTIFIER                   ENDORSER  SIGNATURE"
        "  REMARK\n"
        f"{NAME}  unsigned  valid   {IDENTIFIER}\n"
    )
    entry = read(Path(NAME).read_bytes())
    assert (entry.identifier, entry.size_bytes, entry.compression) == (IDENTIFIER, len(CONTENT), "gz")
    assert (entry.type, entry.kind, entry.hypervisor, entry.disks_bus) == ("base", "machine", "kvm", "ide")
    assert entry.created and entry.valid and entry.valid - entry.created == timedelta(days=178)


def test_build_as_data(run: Run) -> None:
    found = data(run, f"{BUILD} --no-md5 --no-sha256 --no-sha512")
    assert (found["file"], found["valid"], found["endorser"]) == (NAME, True, "")
    assert found["metadata"]["checksums"] == {"SHA-1": SHA1}


def test_build_takes_all_that_can_be_said(run: Run) -> None:
    line = (
        "build-metadata image.gz --author Ann --publisher Lab --type grid --kind disk --title 'A & B' "
        "--tag one --tag two --comment '<b>' --serial-number 3 --format raw --compression xz "
        "--hypervisor xen --disks-bus virtio --location http://a/1 --location pdisk:b:2:c --inbound-port 22 "
        f"--inbound-port 80 --outbound-port 0 --icmp 8 --valid-days 2 --sha1 {SHA1.upper()} --output x.xml"
    )
    said = data(run, line)["metadata"]
    wanted = {
        "creator": "Ann", "publisher": "Lab", "type": "grid", "kind": "disk", "title": "A & B",
        "tags": ["one", "two"], "description": "<b>", "serial_number": 3, "format": "raw",
        "compression": "xz", "hypervisor": "xen", "disks_bus": "virtio",
        "locations": ["http://a/1", "pdisk:b:2:c"], "inbound_ports": [22, 80], "outbound_ports": [0],
        "icmp": [8],
    }  # fmt: skip
    assert {name: said[name] for name in wanted} == wanted
    assert read(Path("x.xml").read_bytes()).title == "A & B"


def test_a_name_never_leaves_the_folder(run: Run) -> None:
    assert run("build-metadata image.gz --os ../../etc/cron.d/x --type 'ä b'").exit_code == 0
    assert [path.name for path in Path().glob("*.xml")] == [".._.._etc_cron.d_x---__b-.xml"]
    run("build-metadata image.gz")
    assert Path("---base-.xml").is_file()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("build-metadata nothing.img", "Image does not exist: nothing.img"),
        ("build-metadata", "Missing argument"),
        (f"build-metadata image.gz --sha1 {'0' * 40}", f"the SHA-1 of the image is {SHA1}, not {'0' * 40}"),
        ("build-metadata image.gz --format qcow2", "the image is raw, not qcow2"),
        ("build-metadata image.gz --disks-bus usb", "usb"),
        ("build-metadata image.gz --title 'bell \x07'", "characters that XML has no place for"),
        ("build-metadata image.gz --location file:///etc/passwd", "slterms:location value"),
        ("build-metadata image.gz --inbound-port 65536", "not in 0 to 65535"),
        ("build-metadata image.gz --hypervisor 'k v m'", "is not one word"),
        ("build-metadata plain.gz", "plain.gz is packed with nothing, not with gz"),
        ("build-metadata empty.img", "the image is empty"),
    ],
)
def test_build_refuses_what_cannot_be(line: str, message: str, run: Run) -> None:
    Path("plain.gz").write_bytes(b"<html>404</html>")
    Path("empty.img").touch()
    result = run(f"{line} -o json")
    assert result.exit_code == ExitCode.USAGE
    assert message in json.loads(result.notices)["message"]
    assert list(Path().glob("*.xml")) == []


def test_build_replaces_a_file_only_when_told_to(run: Run, built: Path) -> None:
    before = built.read_bytes()
    assert run(BUILD).exit_code == ExitCode.CONFLICT
    assert built.read_bytes() == before
    assert run(f"{BUILD} --title new --force").exit_code == 0
    assert read(built.read_bytes()).title == "new"


def test_build_says_that_nobody_can_fetch_it(run: Run) -> None:
    assert "no --location is given" in run(BUILD).notices
    assert run(f"{BUILD} --force --quiet").notices == ""


def test_sign_replaces_the_file_and_keeps_the_original(run: Run, built: Path) -> None:
    before = built.read_bytes()
    run("certificate --email ann@example.org --key-type ec")
    result = run(f"sign-metadata {built}")
    assert (result.exit_code, result.notices) == (0, "")
    assert result.output.splitlines()[1] == (
        f"{NAME}  valid   valid   {IDENTIFIER}  ann@example.org  ecdsa-sha256"
    )
    assert Path(f"{NAME}.orig").read_bytes() == before
    assert signature.verify(built.read_bytes()).email == "ann@example.org"


def test_sign_as_data_and_elsewhere(run: Run, built: Path) -> None:
    before = built.read_bytes()
    run("certificate --email ann@example.org --key-type rsa")
    found = data(run, f"sign-metadata {built} --legacy --output signed.xml")
    assert (found["file"], found["original"]) == ("signed.xml", "")
    assert (found["endorser"], found["signature"]) == ("ann@example.org", "rsa-sha1")
    assert found["fingerprint"] == signature.verify(Path("signed.xml").read_bytes()).fingerprint
    assert built.read_bytes() == before
    assert not Path(f"{NAME}.orig").exists()


@pytest.mark.parametrize("target", ["", f" --output {NAME}", f" --output ./{NAME}"])
def test_signing_in_place_never_loses_what_was_there(target: str, run: Run, signed: Path) -> None:
    kept = Path(f"{NAME}.orig")
    kept.write_text("precious")
    before = signed.read_bytes()
    result = run(f"sign-metadata {signed}{target}")
    assert result.exit_code == ExitCode.CONFLICT
    assert (kept.read_text(), signed.read_bytes()) == ("precious", before)
    found = data(run, f"sign-metadata {signed}{target} --force")
    assert found["original"] == f"{NAME}.orig"
    assert kept.read_bytes() == before


def test_sign_writes_over_another_file_only_when_told_to(run: Run, signed: Path) -> None:
    Path("other.xml").write_text("precious")
    assert run(f"sign-metadata {signed} --output other.xml").exit_code == ExitCode.CONFLICT
    assert Path("other.xml").read_text() == "precious"
    assert run(f"sign-metadata {signed} --output other.xml --force").exit_code == 0


def test_a_file_called_as_a_format_is_a_file(run: Run, signed: Path) -> None:
    result = run(f"sign-metadata {signed} --output json")
    assert result.output.startswith("FILE")
    assert Path("json").is_file()
    assert run(f"sign-metadata {signed} --output=json").notices.startswith("slshell: json exists already")


def test_sign_says_when_an_address_is_passed_over(run: Run, signed: Path) -> None:
    told = run(f"sign-metadata {signed} --email eve@example.org").notices
    assert told == "--email is passed over, for the certificate is ann@example.org's\n"


def test_without_a_certificate_sign_says_how_to_get_one(run: Run, built: Path) -> None:
    result = run(f"sign-metadata {built} -o json")
    error = json.loads(result.notices)
    assert (result.exit_code, error["message"]) == (2, "there is no certificate to sign with")
    assert "slshell certificate" in error["hint"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("sign-metadata nothing.xml", "nothing.xml cannot be read"),
        ("sign-metadata image.gz", "not in UTF-8"),
        (f"sign-metadata {NAME} --p12-cert a --pem-cert b", "are both given"),
        (f"sign-metadata {NAME} --pem-key b", "without --pem-cert"),
        (f"sign-metadata {NAME} --pem-cert nothing.pem", "nothing.pem cannot be read"),
        (f"sign-metadata {NAME} --p12-cert {NAME}", "not a PKCS#12 file"),
        (f"sign-metadata {NAME} --output nowhere/x.xml", "nowhere/x.xml cannot be written"),
    ],
)
def test_sign_refuses_what_it_cannot_sign(line: str, message: str, run: Run, signed: Path) -> None:
    before = signed.read_bytes()
    result = run(line)
    assert result.exit_code in (ExitCode.USAGE, ExitCode.FAILED)
    assert message in result.notices
    assert signed.read_bytes() == before
    assert sorted(path.name for path in Path().iterdir()) == sorted([NAME, "image.gz"])


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


def test_the_certificates_of_grid_users_are_found(run: Run, built: Path, own_settings: Path) -> None:
    globus = own_settings / ".globus"
    globus.mkdir()
    made = certificates.make(email="grid@example.org", name="", kind="ec", days=1, now=datetime.now(UTC))
    (globus / "usercert.pem").write_bytes(certificates.certificate_pem(made))
    (globus / "userkey.pem").write_bytes(certificates.key_pem(made, None))
    assert data(run, f"sign-metadata {built} --output a.xml")["endorser"] == "grid@example.org"
    other = certificates.make(email="p12@example.org", name="", kind="ec", days=1, now=datetime.now(UTC))
    (globus / "usercert.p12").write_bytes(certificates.p12(other, None))
    assert data(run, f"sign-metadata {built} --output b.xml")["endorser"] == "p12@example.org"
    run("certificate --email own@example.org --key-type ec")
    assert data(run, f"sign-metadata {built} --output c.xml")["endorser"] == "own@example.org"


@pytest.mark.parametrize("form", ["p12", "pem"])
def test_a_password_comes_from_the_user_or_a_file(
    form: str, run: Run, built: Path, environment: Environment
) -> None:
    made = certificates.make(email="ann@example.org", name="", kind="ec", days=1, now=datetime.now(UTC))
    Path("a.p12").write_bytes(certificates.p12(made, b"secret"))
    Path("a.pem").write_bytes(certificates.certificate_pem(made) + certificates.key_pem(made, b"secret"))
    line = f"sign-metadata {built} --output out.xml --force --{form}-cert a.{form}"
    refused = run(line)
    assert (refused.exit_code, "--password-file" in refused.notices) == (ExitCode.USAGE, True)
    asked: list[str] = []

    def answer(prompt: str) -> str:
        asked.append(prompt)
        return "secret"

    environment.ask_secret = answer
    assert run(line).exit_code == 0
    what = "PKCS12 (P12) cert 'a.p12'" if form == "p12" else "Key 'a.pem'"
    assert asked == [f"{what} password: "]
    environment.ask_secret = lambda prompt: "wrong"
    assert "the password of the" in run(line).notices
    environment.ask_secret = None
    Path("password").write_text("secret\nmore\n")
    Path("password").chmod(0o644)
    assert "other users may read password" in run(f"{line} --password-file password").notices
    Path("password").chmod(0o600)
    assert run(f"{line} --password-file password").exit_code == 0
