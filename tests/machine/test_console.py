"""The serial console of a machine through the whole cloud, with the program as a user runs it."""

from __future__ import annotations

import threading
import time

import pexpect
import pytest

from slshell.backend.engines.libvirt.supervisor import CONSOLE_CHECK_S
from slshell.client.cloud import Cloud
from slshell.client.consoles import ConsoleWire
from slshell.client.profiles import Profile
from slshell.model.errors import Conflict
from tests.support.shell import Shell

pytestmark = [pytest.mark.machine, pytest.mark.timeout(900)]

BOOT_S = 240.0
KEPT_KIB = 64


def heard(wire: ConsoleWire, words: bytes) -> bytes:
    """What comes until these words have."""
    watch = threading.Timer(BOOT_S, wire.close)
    watch.start()
    text = b""
    while words not in text:
        data = wire.read()
        assert data, (text[-500:], wire.ending())
        text += data
    watch.cancel()
    return text


def rest(wire: ConsoleWire) -> None:
    """All that still comes."""
    while wire.read():
        pass


def test_typing_taking_over_rebooting_and_switching_off(shell: Shell) -> None:
    shell("run", "ttylinux", "--name", "first", "--quiet")
    client = Cloud.of_profile(Profile(name="test", home=shell.data), start=False)
    watching = client.follow_console(1)
    heard(watching, b"login:")
    wire = client.open_console(1, who="me here")
    wire.write(b"root\n")
    heard(wire, b"# ")
    wire.write(b"ip link set eth0 down; echo net$((40+2))\n")
    heard(wire, b"net42")
    heard(watching, b"net42")

    with pytest.raises(Conflict, match="me here") as refused:
        client.open_console(1, who="you there")
    assert "--force" in refused.value.hint
    other = client.open_console(1, who="you there", force=True)
    rest(wire)
    assert wire.ending().text == "you there took the console over"
    other.write(b"\nreboot\n")
    heard(other, b"login:")

    other.write(b"root\n")
    heard(other, b"# ")
    other.write(b"poweroff\n")
    rest(other)
    assert (other.ending().text, other.ending().lost) == ("machine 1 is off", False)
    with pytest.raises(Conflict, match="nobody answers"):
        client.open_console(1)
    assert "login:" in shell("console", "1", "--log").stdout
    shell("kill", "1", "--yes", "--wait")
    rest(watching)
    client.close()


def test_the_program_in_a_terminal_and_a_log_that_stays_short(shell: Shell) -> None:
    settings = shell.home / "config" / "config.toml"
    settings.parent.mkdir(exist_ok=True)
    settings.write_text(f"[cloud]\nconsole_kib = {KEPT_KIB}\n")
    shell("run", "ttylinux", "--name", "first", "--quiet")
    child = pexpect.spawn(
        str(shell.program), ["console", "1"], env=shell.environment, timeout=BOOT_S, dimensions=(24, 80)
    )
    shell("wait", "1", "--for", "Running", "--timeout", "100")
    if child.expect(["Ctrl-]", pexpect.EOF]):
        child = pexpect.spawn(str(shell.program), ["console", "1"], env=shell.environment, timeout=BOOT_S)
        child.expect_exact("Ctrl-]")
    child.expect_exact("login:")
    child.send("root\r")
    child.expect_exact("# ")
    child.send("echo $((2000+26))\r")
    child.expect_exact("2026")
    child.send("i=0; while [ $i -lt 20000 ]; do echo line $i of a flood; i=$((i+1)); done; echo E$((1+1))\r")
    child.expect_exact("E2")
    held = shell("console", "1", expect=2)
    assert "a console needs a terminal" in held.stderr
    child.send("\x1d")
    child.expect_exact("you left the console")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    lines = shell("console", "1", "--log", "--tail", "1").stdout
    assert "#" in lines
    [log] = shell.data.glob("e/**/console.log")
    deadline = time.monotonic() + 3 * CONSOLE_CHECK_S
    while log.stat().st_blocks * 512 > 2 * KEPT_KIB * 1024:
        assert time.monotonic() < deadline
        threading.Event().wait(0.5)
    assert "line 19999 of a flood" in shell("console", "1", "--log").stdout
