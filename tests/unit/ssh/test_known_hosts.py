"""Hosts outside the cloud: what lists of known hosts say, and what the user is asked."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Callable
from pathlib import Path

import paramiko
import pytest

from slshell.commands.environment import Environment, Question
from slshell.commands.host_name import HostName, host_name
from slshell.commands.registry import Result, run_line
from slshell.model.errors import ExitCode, UsageError
from slshell.output.writer import Output
from slshell.ssh.known_hosts import Marker, keys_of, known_name
from tests.unit.ssh.server import SshServer

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBfRkHKjJyD4SjGRhO4QFVhSVJl1RnOjYrvLJb0b1aQv"


@pytest.mark.parametrize(
    ("patterns", "name", "about"),
    [
        ("example.org", "example.org", True),
        ("Example.ORG", "example.org", True),
        ("a.example,b.example", "b.example", True),
        ("*.example.org", "x.example.org", True),
        ("*.example.org", "example.org", False),
        ("h?st", "host", True),
        ("*.example.org,!bad.example.org", "bad.example.org", False),
        ("[example.org]:2222", "[example.org]:2222", True),
        ("example.org", "[example.org]:2222", False),
        ("[example.org]:2222", "example.org", False),
        ("[ab]", "a", False),
        ("*", "[anything]:9", True),
    ],
)
def test_a_line_is_about_the_hosts_that_its_patterns_mean(
    tmp_path: Path, patterns: str, name: str, about: bool
) -> None:
    path = tmp_path / "known"
    path.write_text(f"# a remark\n\n{patterns} {KEY} someone\n")
    found = keys_of(name, [tmp_path / "missing", path])
    assert [(each.line, each.kind, each.marker) for each in found] == (
        [(3, "ssh-ed25519", Marker.NONE)] if about else []
    )


@pytest.mark.parametrize("port", [22, 2222])
def test_names_that_openssh_has_hashed_are_found(tmp_path: Path, port: int) -> None:
    path = tmp_path / "known"
    name = known_name("Example.org", port)
    path.write_text(f"{name} {KEY}\nother.example {KEY}\n")
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", str(path)], check=True, capture_output=True)
    assert path.read_text().startswith("|1|")
    assert [each.line for each in keys_of(name, [path])] == [1]
    assert not keys_of(known_name("example.com", port), [path])


@pytest.mark.parametrize(
    "line",
    ["", "x", "|1|a", "|1||| x y", f"@strange example.org {KEY}", "example.org ssh-rsa !!", "\0\xff a b"],
)
def test_lines_that_say_nothing_are_passed_over(tmp_path: Path, line: str) -> None:
    path = tmp_path / "known"
    path.write_bytes(line.encode() + f"\nexample.org {KEY}\n".encode())
    assert [each.line for each in keys_of("example.org", [path])] == [2]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("example.org", ("", "example.org", None)),
        ("ann@example.org:2222", ("ann", "example.org", 2222)),
        ("[::1]:2222", ("", "::1", 2222)),
        ("ann@fe80::1", ("ann", "fe80::1", None)),
    ],
)
def test_hosts_are_named_as_ssh_names_them(text: str, parts: tuple[str, str, int | None]) -> None:
    assert host_name(text) == HostName(user=parts[0], host=parts[1], port=parts[2])


@pytest.mark.parametrize(
    "text", ["", "a b", "-oProxyCommand=x", "h:0", "h:99999", "h:x", "a@", "h/x", "h:\n1"]
)
def test_other_words_are_no_hosts(text: str) -> None:
    with pytest.raises(UsageError, match=r"is not \[USER@\]HOST\[:PORT\]"):
        host_name(text)


class Face:
    """A face with somebody who answers; `connect` runs a command on the server as a host."""

    def __init__(self, server: SshServer, answer: bool | None) -> None:
        self.server = server
        self.questions: list[Question] = []
        self.environment = Environment(
            output=Output(stdout=io.StringIO(), stderr=io.StringIO()), stdin=io.StringIO()
        )

        def confirm(question: Question) -> bool:
            self.questions.append(question)
            assert answer is not None
            return answer

        self.environment.confirm = None if answer is None else confirm

    def connect(self, options: str = "") -> Result:
        line = f"connect --host root@127.0.0.1:{self.server.port} {options} -- echo inside"
        return run_line(line, self.environment)


@pytest.fixture
def ssh_folder(own_settings: Path) -> Path:
    """The user's `~/.ssh`."""
    folder = own_settings / ".ssh"
    folder.mkdir(mode=0o700)
    return folder


def line_of(server: SshServer, key: paramiko.PKey | None = None) -> str:
    key = key or server.host_key
    return f"[127.0.0.1]:{server.port} {key.get_name()} {key.get_base64()}\n"


def test_an_unknown_host_is_asked_about_once_and_remembered_in_our_own_list(
    machine: SshServer, own_settings: Path, ssh_folder: Path
) -> None:
    (ssh_folder / "known_hosts").write_text("# mine\n")
    face = Face(machine, True)
    assert face.connect().output == "inside\n"
    assert face.connect().output == "inside\n"
    (question,) = face.questions
    assert question.demand == "yes"
    assert f"[127.0.0.1]:{machine.port}" in question.text
    assert machine.host_key.fingerprint in question.losses[0]
    assert (own_settings / "c" / "known_hosts").read_text() == line_of(machine)
    assert (own_settings / "c" / "known_hosts").stat().st_mode & 0o777 == 0o600
    assert (ssh_folder / "known_hosts").read_text() == "# mine\n"


def test_a_host_that_the_user_does_not_know_gets_no_key(machine: SshServer, own_settings: Path) -> None:
    result = Face(machine, False).connect()
    assert result.exit_code == ExitCode.FAILED
    assert "nothing was sent" in result.notices
    assert machine.offered == []
    assert not (own_settings / "c" / "known_hosts").exists()


def test_where_nobody_can_be_asked_the_fingerprint_may_be_given(machine: SshServer) -> None:
    face = Face(machine, None)
    result = face.connect()
    assert result.exit_code == ExitCode.USAGE
    assert f"--fingerprint {machine.host_key.fingerprint}" in result.notices
    assert face.connect(f"--fingerprint {machine.host_key.fingerprint}").output == "inside\n"
    other = paramiko.ECDSAKey.generate().fingerprint
    assert face.connect(f"--fingerprint {other}").exit_code == ExitCode.CONFLICT


@pytest.mark.parametrize("hashed", [False, True])
def test_a_host_of_the_users_own_list_is_entered_unasked(
    machine: SshServer, ssh_folder: Path, hashed: bool
) -> None:
    path = ssh_folder / "known_hosts"
    path.write_text(line_of(machine))
    if hashed:
        subprocess.run(["ssh-keygen", "-q", "-H", "-f", str(path)], check=True, capture_output=True)
    before = path.read_text()
    assert Face(machine, None).connect().output == "inside\n"
    assert path.read_text() == before


def test_a_changed_key_is_refused_and_the_line_named(machine: SshServer, ssh_folder: Path) -> None:
    other = paramiko.ECDSAKey.generate()
    (ssh_folder / "known_hosts").write_text(f"# one\n{line_of(machine, other)}")
    result = Face(machine, True).connect()
    assert result.exit_code == ExitCode.CONFLICT
    assert f"{ssh_folder / 'known_hosts'}, line 2" in result.notices
    assert other.fingerprint in result.notices
    assert machine.host_key.fingerprint in result.notices
    assert machine.offered == []


def key_of(server: SshServer) -> str:
    return f"{server.host_key.get_name()} {server.host_key.get_base64()}"


Lines = Callable[[SshServer], str]


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (
            lambda server: f"@revoked * {server.host_key.get_name()} {server.host_key.get_base64()}\n",
            "revoked",
        ),
        (lambda server: f"@cert-authority * {KEY}\n", "certificate, which slshell cannot check"),
    ],
)
def test_what_the_list_forbids_or_slshell_cannot_check_is_refused(
    machine: SshServer, ssh_folder: Path, lines: Lines, told: str
) -> None:
    (ssh_folder / "known_hosts").write_text(lines(machine))
    result = Face(machine, True).connect()
    assert result.exit_code == ExitCode.CONFLICT
    assert told in result.notices
    assert f"{ssh_folder / 'known_hosts'}, line 1" in result.notices
    assert machine.offered == []


def test_a_revoked_key_is_refused_even_when_it_is_named(machine: SshServer, ssh_folder: Path) -> None:
    key = machine.host_key
    (ssh_folder / "known_hosts").write_text(
        f"{line_of(machine)}@revoked * {key.get_name()} {key.get_base64()}\n"
    )
    assert Face(machine, True).connect(f"--fingerprint {key.fingerprint}").exit_code == ExitCode.CONFLICT


def test_the_known_kind_of_key_is_asked_for_and_another_kind_is_told_of(
    machine: SshServer, ssh_folder: Path
) -> None:
    (ssh_folder / "known_hosts").write_text(f"[127.0.0.1]:{machine.port} {KEY}\n")
    face = Face(machine, True)
    assert face.connect().output == "inside\n"
    assert "has a key of another kind for it, ssh-ed25519" in face.questions[0].losses[1]


def test_the_account_is_the_users_own_unless_one_is_named(
    identity: Path, machine: SshServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "ann")
    with SshServer(*machine.accepted, user="ann") as server:
        face = Face(server, True)
        line = f"connect --host 127.0.0.1:{server.port}"
        assert run_line(f"{line} -- true", face.environment).exit_code == 0
        assert run_line(f"{line} --user bob -- true", face.environment).exit_code == ExitCode.NOT_ALLOWED
