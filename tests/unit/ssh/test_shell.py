"""A shell as a wire: what panes and terminals draw from and type into."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from slshell.model.errors import CloudUnreachable
from slshell.sessions.wire import Wire
from slshell.ssh import shell
from slshell.ssh.connection import Connection, dial
from slshell.ssh.link import Link
from slshell.ssh.login import Login
from slshell.ssh.shell import open_shell
from slshell.ssh.target import instance_target
from tests.unit.ssh.server import SshServer

MOST_READS = 10_000
PATIENCE_S = 20.0


@pytest.fixture
def link(machine: SshServer, identity: Path) -> Link:
    """The way into the machine."""
    return Link(lambda: dial(instance_target(machine.instance()), Login(usual=[identity], allow_agent=False)))


@pytest.fixture
def wire(link: Link) -> Iterator[Wire]:
    """A shell at its prompt."""
    made = open_shell(link, 90, 20, term="xterm-256color")
    read_to(made, b"machine$ ")
    yield made
    made.close()


def read_to(wire: Wire, text: bytes) -> bytes:
    """All that comes until `text` has."""
    heard = b""
    for _ in range(MOST_READS):
        if text in heard:
            return heard
        data = wire.read()
        assert data, f"{text!r} did not come: {heard[-500:]!r}"
        heard += data
    raise AssertionError(f"{text!r} did not come")


def read_out(wire: Wire) -> bytes:
    return b"".join(iter(wire.read, b""))


def test_a_shell_has_the_size_and_ends_with_its_status(wire: Wire, machine: SshServer) -> None:
    wire.write(b"stty size; exit 7\r")
    assert b"20 90" in read_out(wire)
    ending = wire.ending()
    assert (ending.status, ending.lost, ending.text) == (7, False, "the shell ended with 7")
    assert wire.ending() == ending
    assert machine.sizes == [(90, 20)]


def test_a_new_size_reaches_the_machine_and_none_does_when_it_is_over(wire: Wire, machine: SshServer) -> None:
    wire.resize(132, 43)
    assert machine.resized.wait(PATIENCE_S)
    wire.write(b"exit\r")
    read_out(wire)
    wire.resize(10, 10)
    wire.ending()
    wire.resize(10, 10)
    wire.write(b"x")
    assert machine.sizes == [(90, 20), (132, 43)]


def test_a_session_that_is_closed_here_ends_the_reading(wire: Wire) -> None:
    wire.close()
    wire.close()
    read_out(wire)
    assert wire.ending().text == "the session was closed here"
    assert not wire.ending().lost


def test_a_machine_that_goes_away_is_a_lost_session(wire: Wire, machine: SshServer) -> None:
    for session in machine.sessions:
        session.close()
    read_out(wire)
    assert wire.ending().lost
    assert wire.ending().text == "the machine stopped answering"


def test_a_sender_is_held_back_by_whoever_does_not_read(wire: Wire, tmp_path: Path) -> None:
    count = tmp_path / "count"
    wire.write(
        f"for i in $(seq 400); do head -c 10000 /dev/zero | tr '\\0' x; echo $i > {count}; done;"
        " exit\r".encode()
    )
    read_to(wire, b"xxxx")
    seen = _still(count)
    assert 0 < seen < 400, "all was taken though nobody read it"
    assert read_out(wire).count(b"x") >= 3_900_000


def _still(count: Path) -> int:
    """The number in the file once it grows no more."""
    last, deadline = -1, time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        now = int(count.read_text() or 0) if count.exists() else -1
        if now == last and now > 0:
            return now
        last = now
        time.sleep(0.5)
    return last


def test_writing_does_not_wait_for_a_machine_that_takes_nothing(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shell, "MOST_UNSENT", 1 << 20)
    wire.write(b"stty raw -echo; echo go; sleep 60\r")
    read_to(wire, b"\ngo")
    began = time.monotonic()
    for _ in range(200):
        wire.write(b"z" * 65536)
    assert time.monotonic() - began < 2.0
    assert wire._waiting <= (1 << 20) + 65536  # type: ignore[attr-defined]


def test_keys_arrive_whole_and_in_order(wire: Wire) -> None:
    wire.write(b"stty raw -echo; echo go; head -c 300000 | md5sum; exit 0\r")
    read_to(wire, b"\ngo")
    for number in range(3000):
        wire.write(f"{number:0100d}".encode())
    wanted = hashlib.md5(b"".join(f"{n:0100d}".encode() for n in range(3000))).hexdigest()  # noqa: S324
    assert wanted.encode() in read_out(wire)


def test_two_shells_share_a_connection_that_ends_with_the_last(link: Link, machine: SshServer) -> None:
    first = open_shell(link, 80, 24, term="xterm")
    second = open_shell(link, 80, 24, term="xterm")
    assert len(machine.sessions) == 1
    first.close()
    second.write(b"echo al''ive\r")
    read_to(second, b"alive")
    second.close()
    machine.sessions[0].join(PATIENCE_S)
    assert not machine.sessions[0].is_active()


def test_opening_again_makes_a_fresh_connection_when_the_old_one_is_dead(
    link: Link, machine: SshServer
) -> None:
    first = open_shell(link, 80, 24, term="xterm")
    machine.sessions[0].close()
    read_out(first)
    second = open_shell(link, 80, 24, term="xterm")
    second.write(b"echo ba''ck\r")
    read_to(second, b"back")
    assert len(machine.sessions) == 2
    first.close()
    second.write(b"exit 4\r")
    read_out(second)
    assert second.ending().status == 4


def test_a_machine_that_is_not_there_leaves_no_connection_behind(machine: SshServer, identity: Path) -> None:
    made: list[Connection] = []

    def attempt() -> Connection:
        made.append(dial(instance_target(machine.instance()), Login(usual=[identity], allow_agent=False)))
        return made[-1]

    link = Link(attempt)
    machine.stop_listening()
    with pytest.raises(CloudUnreachable):
        open_shell(link, 80, 24, term="xterm")
    assert made == []
