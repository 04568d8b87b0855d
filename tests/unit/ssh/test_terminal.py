"""`slshell connect` in a real terminal: another process, a pseudo-terminal, a real SSH server."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from slshell.model.instance import State
from tests.unit.client.served import ServedCloud
from tests.unit.ssh.keys import PHRASE, Make, public
from tests.unit.ssh.server import SshServer

PATIENCE_S = 30.0


class Session:
    """A program in a terminal of 100 by 30."""

    def __init__(self, *words: str) -> None:
        self._master, self.terminal = pty.openpty()
        self.resize(100, 30)
        self.before = termios.tcgetattr(self.terminal)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "slshell", *words],
            stdin=self.terminal, stdout=self.terminal, stderr=self.terminal, start_new_session=True,
            env={**os.environ, "TERM": "xterm"}, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )  # fmt: skip
        self.heard = b""

    def resize(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def expect(self, text: str) -> None:
        """Read until `text` has come."""
        deadline = time.monotonic() + PATIENCE_S
        while text.encode() not in self.heard:
            ready, _, _ = select.select([self._master], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, f"“{text}” did not come: {self.heard!r}"
            self.heard += os.read(self._master, 65536)

    def end(self) -> int:
        """The exit status; what is still written is read meanwhile."""
        deadline = time.monotonic() + PATIENCE_S
        while self.process.poll() is None and time.monotonic() < deadline:
            ready, _, _ = select.select([self._master], [], [], 0.05)
            if ready:
                self.heard += os.read(self._master, 65536)
        while select.select([self._master], [], [], 0)[0]:
            self.heard += os.read(self._master, 65536)
        return self.process.wait(timeout=0)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._master)
        os.close(self.terminal)


@pytest.fixture
def session(served: ServedCloud, machine: SshServer) -> Iterator[Session]:
    """`slshell connect 1` at the machine's prompt."""
    served.put(machine.instance())
    made = Session("connect", "1")
    made.expect("machine$ ")
    yield made
    made.close()


def test_keys_go_to_the_machine_unchanged_and_its_status_comes_back(session: Session) -> None:
    assert not termios.tcgetattr(session.terminal)[3] & termios.ICANON
    session.type("cat -v\r")
    session.type("\x1b[Aq\r")
    session.expect("^[[Aq")
    session.heard = b""
    session.type("\x03")
    session.expect("machine$ ")
    session.type("exit 9\r")
    assert session.end() == 9
    assert termios.tcgetattr(session.terminal) == session.before


def test_the_machine_follows_the_size_of_the_window(session: Session, machine: SshServer) -> None:
    assert machine.sizes == [(100, 30)]
    session.resize(132, 43)
    session.process.send_signal(signal.SIGWINCH)
    assert machine.resized.wait(PATIENCE_S)
    session.type("stty size\r")
    session.expect("43 132")
    session.type("exit\r")
    assert session.end() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_the_terminal_is_given_back_when_the_program_is_told_to_end(session: Session, number: int) -> None:
    session.process.send_signal(number)
    assert session.end() == 128 + number
    assert termios.tcgetattr(session.terminal) == session.before


def test_the_terminal_is_given_back_when_the_machine_goes_away(session: Session, machine: SshServer) -> None:
    for transport in machine.sessions:
        transport.close()
    assert session.end() == 3
    assert b"the machine stopped answering" in session.heard
    assert termios.tcgetattr(session.terminal) == session.before


def test_a_machine_that_boots_is_waited_for_with_a_word(
    served: ServedCloud, machine: SshServer, own_settings: Path
) -> None:
    served.put(machine.instance(state=State.BOOT, reachable=False))
    made = Session("connect", "1", "--", "echo hello from; exit 5")
    try:
        made.expect("machine 1 is Boot: waiting until SSH answers")
        served.change(1, state=State.RUNNING, reachable=True)
        assert made.end() == 5
        assert b"hello from" in made.heard
    finally:
        made.close()


def test_a_passphrase_is_asked_for_on_the_terminal(
    served: ServedCloud, make: Make, own_settings: Path
) -> None:
    (own_settings / ".ssh").mkdir()
    key = make(".ssh/id_ed25519", PHRASE)
    with SshServer(public(key)) as machine:
        served.put(machine.instance())
        made = Session("connect", "1")
        try:
            for answer in ("wrong", PHRASE):
                made.expect(f"passphrase of {key}: ")
                made.heard = b""
                made.type(f"{answer}\r")
            made.expect("machine$ ")
            made.type("exit 6\r")
            assert made.end() == 6
            assert PHRASE.encode() not in made.heard
        finally:
            made.close()


def test_ctrl_c_ends_a_remote_command_with_130(served: ServedCloud, machine: SshServer) -> None:
    served.put(machine.instance())
    made = Session("connect", "1", "--", "echo begun; sleep 60")
    try:
        made.expect("begun")
        made.type("\x03")
        assert made.end() == 130
    finally:
        made.close()
