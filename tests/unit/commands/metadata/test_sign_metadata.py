"""`slshell sign-metadata`: who signs, where it goes, and that nothing is lost."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from slshell.commands.environment import Environment
from slshell.metadata import certificates, signature
from slshell.model.errors import ExitCode
from tests.unit.commands.conftest import Run
from tests.unit.commands.metadata.conftest import IDENTIFIER, NAME, data


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
