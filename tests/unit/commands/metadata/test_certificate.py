"""`slshell certificate`: what it writes, for whose eyes, and what it never overwrites."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from slshell.commands.environment import Environment
from slshell.metadata import certificates
from slshell.model.errors import ExitCode
from tests.unit.commands.conftest import Run


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_it_goes_beside_the_configuration(run: Run, own_settings: Path) -> None:
    result = run("certificate --email ann@example.org --name Ann --key-type ec")
    assert (result.exit_code, result.notices) == (0, "")
    file, key = own_settings / "c" / "endorser.pem", own_settings / "c" / "endorser-key.pem"
    made = certificates.load_pem(file.read_bytes(), key.read_bytes(), None)
    until = datetime.now(UTC) + timedelta(days=365)
    header, row = result.output.splitlines()
    assert header.split() == ["FILE", "KEY", "E-MAIL", "VALID", "UNTIL", "FINGERPRINT"]
    assert row.split() == [
        str(file), str(key), "ann@example.org", f"{until:%Y-%m-%d}",
        certificates.fingerprint(made.certificate),
    ]  # fmt: skip
    assert certificates.rfc2253(made.certificate.subject) == "CN=Ann"


def test_only_the_user_may_read_the_key(run: Run, own_settings: Path, environment: Environment) -> None:
    environment.ask_secret = lambda prompt: "secret"
    before = os.umask(0)
    try:
        run("certificate --email ann@example.org --key-type ec --p12 both.p12")
    finally:
        os.umask(before)
    assert mode(own_settings / "c" / "endorser-key.pem") == 0o600
    assert mode(Path("both.p12")) == 0o600
    assert mode(own_settings / "c" / "endorser.pem") == 0o666


def test_it_as_data(run: Run) -> None:
    result = run("certificate --email ann@example.org --days 10 --output my.pem -o json")
    found = json.loads(result.output)
    assert (found["file"], found["key"], found["p12"]) == ("my.pem", "my-key.pem", "")
    assert (found["subject"], found["key_type"]) == ("CN=ann@example.org", "rsa")
    made = certificates.load_pem(Path("my.pem").read_bytes(), Path("my-key.pem").read_bytes(), None)
    assert found["fingerprint"] == certificates.fingerprint(made.certificate)
    assert datetime.fromisoformat(found["valid_until"]) == made.certificate.not_valid_after_utc


@pytest.mark.parametrize("existing", ["my.pem", "my-key.pem", "my.p12"])
def test_nothing_is_overwritten_and_nothing_half_done(
    existing: str, run: Run, environment: Environment
) -> None:
    environment.ask_secret = lambda prompt: "secret"
    Path(existing).write_text("precious")
    line = "certificate --email ann@example.org --key-type ec --output my.pem --p12 my.p12"
    result = run(f"{line} -o json")
    assert result.exit_code == ExitCode.CONFLICT
    assert json.loads(result.notices)["message"] == f"{existing} exists already"
    assert [path.name for path in Path().iterdir()] == [existing]
    assert Path(existing).read_text() == "precious"
    Path(existing).chmod(0o644)
    assert run(f"{line} --force").exit_code == 0
    assert mode(Path("my-key.pem")) == 0o600
    assert sorted(path.name for path in Path().iterdir()) == ["my-key.pem", "my.p12", "my.pem"]


def test_a_dangling_link_counts_as_a_file(run: Run, folder: Path) -> None:
    (folder / "my.pem").symlink_to(folder / "elsewhere")
    assert run("certificate --email a@b.c --key-type ec --output my.pem").exit_code == ExitCode.CONFLICT
    assert not (folder / "elsewhere").exists()


@pytest.mark.parametrize("asking", [True, False])
def test_a_password_protects_the_key_everywhere(asking: bool, run: Run, environment: Environment) -> None:
    Path("password").write_text("geheim\n")
    Path("password").chmod(0o600)
    asked: list[str] = []

    def answer(prompt: str) -> str:
        asked.append(prompt)
        return "geheim"

    environment.ask_secret = answer
    line = "certificate --email ann@example.org --key-type ec --output my.pem --p12 my.p12"
    assert run(line if asking else f"{line} --password-file password").exit_code == 0
    assert asked == (["New password of the key: ", "Once more: "] if asking else [])
    certificates.load_p12(Path("my.p12").read_bytes(), b"geheim")
    certificates.load_pem(Path("my.pem").read_bytes(), Path("my-key.pem").read_bytes(), b"geheim")
    assert b"ENCRYPTED" in Path("my-key.pem").read_bytes()


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        (["a", "b"], "the two passwords differ"),
        (["", ""], "the password is empty"),
        (None, "nobody can be asked"),
    ],
)
def test_a_password_that_cannot_be_had_stops_it(
    answers: list[str] | None, message: str, run: Run, environment: Environment
) -> None:
    environment.ask_secret = None if answers is None else lambda prompt: answers.pop(0)
    result = run("certificate --email ann@example.org --key-type ec --output my.pem --encrypt")
    assert (result.exit_code, message in result.notices) == (ExitCode.USAGE, True)
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("certificate", "--email"),
        ("certificate --email nobody", "“nobody” is not an e-mail address"),
        ("certificate --email a@b.c --days 0", "valid for 1 to 36500 days"),
        (f"certificate --email a@b.c --name {'x' * 65}", "the name has 1 to 64 characters"),
        ("certificate --email a@b.c --password-file nothing", "nothing cannot be read"),
    ],
)
def test_what_cannot_be_is_refused(line: str, message: str, run: Run) -> None:
    result = run(line)
    assert (result.exit_code, message in result.notices) == (ExitCode.USAGE, True)
    assert list(Path().iterdir()) == []


def test_a_place_that_cannot_be_written_is_told(run: Run) -> None:
    result = run("certificate --email a@b.c --key-type ec --output nowhere/my.pem")
    assert (result.exit_code, "cannot be written" in result.notices) == (ExitCode.FAILED, True)


def test_a_folder_that_cannot_be_made_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLSHELL_CONFIG", "/proc/nowhere")
    result = run("certificate --email a@b.c --key-type ec")
    assert result.exit_code == ExitCode.FAILED
    assert result.notices.startswith("slshell: /proc/nowhere cannot be made: ")


def test_a_password_is_asked_on_the_terminal_and_not_shown(run: Run, own_settings: Path) -> None:
    master, slave = pty.openpty()
    words = ["certificate", "--email", "a@b.c", "--key-type", "ec", "--output", "my.pem", "--encrypt"]
    process = subprocess.Popen(
        [sys.executable, "-m", "slshell", *words],
        stdin=slave,
        stdout=subprocess.PIPE,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    shown = b""
    for prompt in (b"New password of the key: ", b"Once more: "):
        while not shown.endswith(prompt):
            shown += os.read(master, 1024)
        os.write(master, b"geheim\n")
    process.communicate(timeout=60)
    os.close(master)
    assert process.returncode == 0
    assert b"geheim" not in shown
    certificates.load_pem(Path("my.pem").read_bytes(), Path("my-key.pem").read_bytes(), b"geheim")
