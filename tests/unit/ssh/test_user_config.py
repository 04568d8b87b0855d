"""`~/.ssh/config`: what it says of a host is followed, and never written."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import paramiko
import pytest

from slshell.commands.registry import Result, run_line
from slshell.model.errors import ExitCode, UsageError
from slshell.ssh.user_config import host_config
from tests.unit.ssh.keys import Make, public
from tests.unit.ssh.server import SshServer
from tests.unit.ssh.test_known_hosts import Face, key_of, line_of, ssh_folder

__all__ = ["ssh_folder"]

Write = Callable[[str], None]


@pytest.fixture
def write(ssh_folder: Path) -> Iterator[Write]:
    """Writes the file, which stays as it was written."""
    path = ssh_folder / "config"
    written: list[str] = []

    def put(text: str) -> None:
        path.write_text(text)
        written.append(text)

    before = os.umask(0o022)
    yield put
    os.umask(before)
    assert path.read_text() == written[-1]


def connect(server: SshServer, host: str, options: str = "", answer: bool | None = None) -> Result:
    return run_line(f"connect --host {host} {options} -- echo inside", Face(server, answer).environment)


def test_a_name_of_the_file_is_entered_as_the_file_says(
    make: Make, ssh_folder: Path, write: Write, identity: Path
) -> None:
    key = make("elsewhere")
    with SshServer(public(key), user="ann") as server:
        write(
            f"Host box\n  HostName 127.0.0.1\n  Port {server.port}\n  User ann\n  IdentityFile ~/elsewhere\n"
            f'  UserKnownHostsFile "{ssh_folder}/lab hosts"\nHost *\n  User nobody\n'
        )
        (ssh_folder / "lab hosts").write_text(line_of(server))
        assert connect(server, "box").output == "inside\n"
        assert server.offered[0] == public(key)


def test_what_the_line_says_comes_first(machine: SshServer, ssh_folder: Path, write: Write) -> None:
    (ssh_folder / "known_hosts").write_text(line_of(machine))
    write("Host box\n HostName 127.0.0.1\n Port 9\n User ann\n")
    assert connect(machine, f"root@box:{machine.port}").output == "inside\n"
    assert connect(machine, f"ann@box:{machine.port}", "--user root").output == "inside\n"
    assert connect(machine, f"box:{machine.port}").exit_code == ExitCode.NOT_ALLOWED


def test_the_lists_of_the_file_take_the_place_of_the_usual_ones(
    machine: SshServer, ssh_folder: Path, write: Write
) -> None:
    (ssh_folder / "known_hosts").write_text(line_of(machine))
    write(f"Host box\n HostName 127.0.0.1\n Port {machine.port}\n User root\n UserKnownHostsFile none\n")
    result = connect(machine, "box")
    assert result.exit_code == ExitCode.USAGE
    assert "is not known" in result.notices
    assert machine.offered == []


def test_a_host_is_known_by_the_alias_of_its_key(machine: SshServer, ssh_folder: Path, write: Write) -> None:
    (ssh_folder / "known_hosts").write_text(f"the-box {key_of(machine)}\n")
    write(f"Host box\n HostName 127.0.0.1\n Port {machine.port}\n User root\n HostKeyAlias The-Box\n")
    assert connect(machine, "box").output == "inside\n"


@pytest.fixture
def bastion(identity: Path) -> Iterator[SshServer]:
    """A host that leads on to others."""
    with SshServer(paramiko.Ed25519Key.from_private_key_file(str(identity)), user="gate") as server:
        yield server


def jumping(machine: SshServer, bastion: SshServer, *more: str) -> str:
    lines = (
        f"Host gate\n HostName 127.0.0.1\n Port {bastion.port}\n User gate",
        f"Host box\n HostName 127.0.0.1\n Port {machine.port}\n User root",
        *more,
    )
    return "\n".join(lines) + "\n"


def test_a_jump_goes_through_a_host_whose_key_is_checked_as_well(
    machine: SshServer, bastion: SshServer, ssh_folder: Path, write: Write
) -> None:
    write(jumping(machine, bastion, " ProxyJump gate"))
    (ssh_folder / "known_hosts").write_text(line_of(machine))
    refused = connect(machine, "box")
    assert refused.exit_code == ExitCode.USAGE
    assert f"[127.0.0.1]:{bastion.port} is not known" in refused.notices
    assert (bastion.offered, machine.sessions) == ([], [])
    (ssh_folder / "known_hosts").write_text(line_of(machine) + line_of(bastion))
    assert connect(machine, "box").output == "inside\n"
    assert len(machine.sessions) == 1
    for session in (*machine.sessions, *bastion.sessions):
        session.join(20)
        assert not session.is_alive()


def test_the_host_behind_a_jump_is_refused_with_a_wrong_key(
    machine: SshServer, bastion: SshServer, ssh_folder: Path, write: Write
) -> None:
    write(jumping(machine, bastion, " ProxyJump gate"))
    known = line_of(machine, paramiko.ECDSAKey.generate()) + line_of(bastion)
    (ssh_folder / "known_hosts").write_text(known)
    assert connect(machine, "box").exit_code == ExitCode.CONFLICT
    assert machine.offered == []


def test_several_jumps_are_made_in_their_order(
    machine: SshServer, bastion: SshServer, ssh_folder: Path, write: Write, identity: Path
) -> None:
    key = paramiko.Ed25519Key.from_private_key_file(str(identity))
    with SshServer(key, user="inner") as inner:
        write(jumping(machine, bastion, f" ProxyJump gate,inner@127.0.0.1:{inner.port}"))
        (ssh_folder / "known_hosts").write_text("".join(map(line_of, (machine, bastion, inner))))
        assert connect(machine, "box").output == "inside\n"
        assert [len(each.sessions) for each in (bastion, inner, machine)] == [1, 1, 1]


def test_a_jump_that_does_not_lead_on_is_named(
    machine: SshServer, ssh_folder: Path, write: Write, identity: Path
) -> None:
    key = paramiko.Ed25519Key.from_private_key_file(str(identity))
    with SshServer(key, user="gate", forwards=False) as bastion:
        write(jumping(machine, bastion, " ProxyJump gate"))
        (ssh_folder / "known_hosts").write_text(line_of(machine) + line_of(bastion))
        result = connect(machine, "box")
    assert result.exit_code == ExitCode.UNREACHABLE
    assert f"host gate does not reach 127.0.0.1 at port {machine.port}" in result.notices
    assert machine.sessions == []


def test_hosts_that_lead_to_each_other_are_told(machine: SshServer, write: Write) -> None:
    write("Host a\n ProxyJump b\nHost b\n ProxyJump a\n")
    result = connect(machine, "a")
    assert result.exit_code == ExitCode.USAGE
    assert "again and again" in result.notices


PROXY = """
import select, socket, sys
sock = socket.create_connection((sys.argv[1], int(sys.argv[2])))
while True:
    for ready in select.select([sock, 0], [], [])[0]:
        data = sock.recv(65536) if ready is sock else __import__("os").read(0, 65536)
        if not data:
            sys.exit()
        (sock.sendall if ready == 0 else lambda data: __import__("os").write(1, data))(data)
"""


def test_a_program_may_be_the_way(machine: SshServer, ssh_folder: Path, write: Write, tmp_path: Path) -> None:
    program = tmp_path / "proxy.py"
    program.write_text(PROXY)
    write(
        f"Host box\n HostName 127.0.0.1\n Port {machine.port}\n User root\n"
        f" ProxyCommand {sys.executable} '{program}' %h %p\n"
    )
    (ssh_folder / "known_hosts").write_text(line_of(machine))
    assert connect(machine, "box").output == "inside\n"
    program.write_text("raise SystemExit('the lab is\\nclosed today')")
    refused = connect(machine, "box")
    assert refused.exit_code == ExitCode.UNREACHABLE
    assert "the lab is closed today" in refused.notices


def test_other_files_are_included_and_what_comes_behind_them_is_for_all(
    ssh_folder: Path, write: Write, own_settings: Path
) -> None:
    (ssh_folder / "lab.d").mkdir()
    (ssh_folder / "lab.d" / "one").write_text("Host box\n User ann\n")
    write("Include lab.d/* missing\nPort 2222\nHost box\n User bob\n Include more\n")
    (ssh_folder / "more").write_text("HostName evil.example\n")
    found = host_config("box", environ={"HOME": str(own_settings)})
    assert (found.host, found.user, found.port) == ("box", "ann", 2222)
    assert found.remarks == (
        f"{ssh_folder / 'config'}, line 5: Include below a Host or Match is not followed",
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Host box\n Port many\n", "the port “many”, which is none"),
        ("what is this\nHost\n", "cannot be followed for box"),
        ("Include config\n", "files include each other"),
        ("Match nothing\n", "cannot be followed for box"),
    ],
)
def test_what_cannot_be_read_is_told_with_the_file(
    write: Write, own_settings: Path, text: str, told: str
) -> None:
    write(text)
    with pytest.raises(UsageError, match=told) as caught:
        host_config("box", environ={"HOME": str(own_settings)})
    assert str(own_settings / ".ssh" / "config") in caught.value.message


def test_what_changes_whom_one_talks_to_and_is_not_followed_is_told(
    machine: SshServer, ssh_folder: Path, write: Write
) -> None:
    write(f"Host box\n HostName 127.0.0.1\n Port {machine.port}\n User root\n RevokedHostKeys /etc/none\n")
    (ssh_folder / "known_hosts").write_text(line_of(machine))
    result = connect(machine, "box")
    assert result.output == "inside\n"
    assert "RevokedHostKeys is not followed for box" in result.notices


@pytest.mark.parametrize(
    "setting", ["Host *\n ProxyCommand touch ran.%h.%r", 'Match exec "touch ran.%h.%r"\n Port 7']
)
@pytest.mark.parametrize(("host", "user"), [("box;touch${IFS}ran", ""), ("$(>ran)", ""), ("box", "a;>ran")])
def test_names_with_signs_of_a_shell_reach_no_command(
    ssh_folder: Path, write: Write, monkeypatch: pytest.MonkeyPatch, setting: str, host: str, user: str
) -> None:
    monkeypatch.chdir(ssh_folder)
    write(f"{setting}\n")
    with pytest.raises(UsageError, match="signs that a shell would read"):
        host_config(host, user=user)
    assert [each.name for each in ssh_folder.iterdir()] == ["config"]


def test_an_account_is_no_line_of_the_file(ssh_folder: Path, write: Write) -> None:
    write("Host box\n HostName 192.0.2.1\n")
    assert not host_config("box", user="ann\nProxyCommand evil").command


def test_where_the_file_says_so_nobody_is_asked_about_an_unknown_host(
    machine: SshServer, write: Write
) -> None:
    write(f"Host box\n HostName 127.0.0.1\n Port {machine.port}\n User root\n StrictHostKeyChecking yes\n")
    result = connect(machine, "box", answer=True)
    assert result.exit_code == ExitCode.NOT_ALLOWED
    assert "says not to ask" in result.notices
    assert machine.offered == []


@pytest.mark.parametrize("included", [False, True])
def test_a_file_that_others_may_write_is_not_followed(ssh_folder: Path, write: Write, included: bool) -> None:
    write("Include more\n" if included else "Host box\n HostName 127.0.0.1\n")
    more = ssh_folder / "more"
    more.write_text("Host box\n HostName 127.0.0.1\n")
    file = more if included else ssh_folder / "config"
    file.chmod(0o664)
    with pytest.raises(UsageError, match="others may write it") as caught:
        host_config("box")
    assert str(file) in caught.value.message
    file.chmod(0o644)
    assert host_config("box").host == "127.0.0.1"
