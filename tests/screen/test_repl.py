"""The REPL in a real terminal, over a served cloud: what one types, what is drawn, what reaches the cloud."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path

import paramiko
import pytest

from slshell.model.instance import State
from slshell.ssh.keys import make_own_key
from tests.screen.served import ScreenCloud
from tests.support import tmux
from tests.support.shell import Shell
from tests.support.tmux import Terminal
from tests.unit.client.served import instance
from tests.unit.ssh.server import SshServer

Open = Callable[..., AbstractContextManager[Terminal]]


@pytest.fixture
def repl(cloud: ScreenCloud, own_settings: Path, short_folder: Path) -> Open:
    """`with repl() as terminal:` opens the REPL on five machines and waits until it follows the cloud."""
    for number in range(5501, 5506):
        cloud.put(instance(number, name=f"web-{number % 10}"))
    variables = {
        "HOME": str(own_settings),
        "SLSHELL_HOME": str(own_settings / "d"),
        "SLSHELL_CONFIG": str(own_settings / "c"),
    }

    sockets = (short_folder / f"tmux{number}" for number in count())

    @contextmanager
    def opened(*words: str) -> Iterator[Terminal]:
        command = [sys.executable, "-m", "slshell", *(words or ("repl",))]
        with tmux.terminal(next(sockets), command, variables) as made:
            made.shows("│  live")
            yield made

    return opened


def settle(folder: Path, text: str) -> None:
    (folder / "c").mkdir()
    (folder / "c" / "config.toml").write_text(text)


def prompt_line(frame: str) -> str:
    """The last line with a prompt."""
    return [line for line in frame.splitlines() if line.startswith("slshell>")][-1]


def test_a_live_id_is_completed_after_two_letters(repl: Open, cloud: ScreenCloud) -> None:
    with repl() as terminal:
        cloud.put(instance(5777, name="late", state=State.BOOT, reachable=False))
        terminal.shows("1 Boot, 5 Running")
        terminal.text("shutdown 55")
        frame = terminal.shows("web-3 Running ttylinux")
        assert "5503" in frame
        assert "5777" not in frame
        terminal.keys("Down", "Down")
        terminal.until(lambda frame: prompt_line(frame) == "slshell> shutdown 5502", "the second candidate")
        terminal.keys("Enter", "Enter")
        terminal.shows("Shutdown  ttylinux")
        assert cloud.instances[5502].state is State.SHUTDOWN


def test_verbs_and_options_are_offered_with_what_they_do(repl: Open) -> None:
    with repl() as terminal:
        terminal.text("shut")
        terminal.shows("Ask machines to power themselves off")
        terminal.text("down --dr")
        terminal.shows("Show what would be done, and do nothing.")


def test_the_line_says_what_is_missing_and_a_wrong_one_is_not_sent(repl: Open, cloud: ScreenCloud) -> None:
    with repl() as terminal:
        terminal.text("kill")
        terminal.until(lambda frame: prompt_line(frame) == "slshell> kill ID…", "the hint")
        terminal.text(" 5501 --yse")
        terminal.keys("Enter")
        terminal.shows("there is no option --yse; did you mean --yes?")
        terminal.keys("BSpace", "BSpace", "BSpace")
        terminal.text("yes")
        terminal.keys("Enter")
        terminal.shows("Epilog")
        assert cloud.instances[5501].state is State.EPILOG


def test_lines_are_remembered_searched_and_suggested(repl: Open, own_settings: Path) -> None:
    with repl() as terminal:
        for line in ("instances --state Unknown", "types -q", "export LAB_PASSWORD=hunter2"):
            terminal.text(line)
            terminal.keys("Enter")
        terminal.text("echo all done")
        terminal.keys("Enter")
        terminal.shows("\nall done")
        terminal.keys("C-d")
        terminal.shows("ended 0")
    stored = own_settings / "c" / "history" / "local.txt"
    assert stored.stat().st_mode & 0o777 == 0o600
    assert "hunter2" not in stored.read_text()
    with repl() as terminal:
        terminal.keys("Up", "Up")
        terminal.until(lambda frame: prompt_line(frame) == "slshell> types -q", "the line before the last")
        terminal.keys("C-c", "C-r")
        terminal.text("state")
        terminal.shows("slshell> instances --state Unknown")
        terminal.keys("Enter")
        terminal.shows("there are no machines")
        terminal.text("typ")
        terminal.until(lambda frame: prompt_line(frame) == "slshell> types -q", "the suggestion")
        terminal.keys("C-e", "Enter")
        terminal.shows("\nm1.small")


def test_ctrl_c_ends_the_command_and_not_the_shell(repl: Open, cloud: ScreenCloud) -> None:
    with repl() as terminal:
        terminal.text("wait 5501 --for gone; echo never")
        terminal.keys("Enter")
        terminal.shows("waiting for gone")
        terminal.keys("C-c")
        terminal.shows("interrupted")
        terminal.text("echo code $?; instances 5501 -q")
        terminal.keys("Enter")
        frame = terminal.shows("\n5501\n")
        assert "\ncode 130\n" in frame
        assert "\nnever" not in frame
        terminal.text("kill half")
        terminal.keys("C-c", "C-d")
        terminal.shows("ended 0")


def test_a_notice_stands_above_the_line_and_leaves_it_whole(repl: Open, cloud: ScreenCloud) -> None:
    cloud.put(instance(5510, name="new", state=State.BOOT, reachable=False))
    with repl() as terminal:
        terminal.text("shutdown web-")
        terminal.until(lambda frame: prompt_line(frame) == "slshell> shutdown web-", "the typed line")
        cloud.change(5510, state=State.RUNNING, reachable=True)
        told = "● new (5510) answers. connect 5510 opens a session."
        terminal.shows(f"{told}\nslshell> shutdown web-")
        cloud.change(5504, state=State.FAILED, reason="the disk is full\x1b[2J")
        terminal.shows("✗ web-4 (5504) failed. the disk is full\\x1b[2J")
        terminal.text("2 -q")
        terminal.keys("Enter")
        terminal.shows("\n5502\n")
        assert cloud.instances[5502].state is State.SHUTDOWN


def test_pipes_sequences_and_shell_lines_work(repl: Open, cloud: ScreenCloud) -> None:
    for number in (5501, 5503):
        cloud.change(number, state=State.UNKNOWN, reachable=False)
    with repl() as terminal:
        terminal.shows("3 Running, 2 Unknown")
        terminal.text("instances --state Unknown | start -q; !echo from-$((40+2))")
        terminal.keys("Enter")
        terminal.shows("\n5501\n5503\n")
        terminal.text("!echo from-$((40+2))")
        terminal.keys("Enter")
        terminal.shows("\nfrom-42\n")
        terminal.shows("2 Boot, 3 Running")


def test_a_line_goes_on_until_it_is_whole(repl: Open) -> None:
    with repl() as terminal:
        terminal.text("echo 'one")
        terminal.keys("Enter")
        terminal.shows("\n       >")
        terminal.text("two' \\")
        terminal.keys("Enter")
        terminal.text("three")
        terminal.keys("Enter")
        terminal.shows("one\\x0atwo three")


def test_a_question_names_the_losses_and_takes_the_answer(
    repl: Open, cloud: ScreenCloud, own_settings: Path
) -> None:
    settle(own_settings, "[profiles.local]\nconfirm = 'name'\n")
    with repl() as terminal:
        terminal.text("kill 5501")
        terminal.keys("Enter")
        frame = terminal.shows("Kill this machine? Type web-1 to go on:")
        assert "5501 web-1 (ttylinux, Running" in frame
        terminal.text("y")
        terminal.keys("Enter")
        terminal.shows("nothing was done")
        assert cloud.instances[5501].state is State.RUNNING
        terminal.text("kill 5501")
        terminal.keys("Enter")
        terminal.until(lambda frame: frame.count("Type web-1") == 2, "the second question")
        terminal.text("web-1")
        terminal.keys("Enter")
        terminal.shows("Epilog")


def test_vi_keys_are_a_setting(repl: Open, own_settings: Path) -> None:
    settle(own_settings, "[repl]\nkeys = 'vi'\n")
    with repl() as terminal:
        terminal.text("echo two")
        terminal.keys("Escape")
        terminal.text("bcw")
        terminal.text("one")
        terminal.keys("Enter")
        terminal.shows("\none\n")


def test_the_bar_says_when_the_cloud_is_gone(repl: Open, cloud: ScreenCloud) -> None:
    with repl() as terminal:
        terminal.shows("local  │  5 Running  │  promised: CPU 50 %, memory 25 %  │  live")
        cloud.__exit__()
        terminal.until(lambda frame: " old: " in frame, "the age of the data")


def test_what_was_typed_ahead_is_drawn_once(repl: Open) -> None:
    with repl() as terminal:
        terminal.text("wait 5501 --for gone")
        terminal.keys("Enter")
        terminal.shows("waiting for gone")
        terminal.text("echo ahead")
        terminal.keys("C-c")
        terminal.text("echo ahead")
        terminal.until(lambda frame: prompt_line(frame) == "slshell> echo ahead", "the line")


def test_connect_opens_the_session_in_place_and_comes_back(repl: Open, cloud: ScreenCloud) -> None:
    key = paramiko.Ed25519Key.from_private_key_file(str(make_own_key()))
    with SshServer(key) as server, repl() as terminal:
        cloud.put(server.instance(name="machine"))
        terminal.shows("6 Running")
        terminal.text("connect machine")
        terminal.keys("Enter")
        terminal.until(lambda frame: "\nmachine$" in frame, "the machine's prompt")
        terminal.text("echo inside-$((40+2)); exit 7")
        terminal.keys("Enter")
        terminal.until(lambda frame: "\ninside-42\nslshell>" in frame, "the way back")
        terminal.text("echo code $?")
        terminal.keys("Enter")
        terminal.shows("\ncode 7\n")


@pytest.mark.machine
def test_a_machine_is_started_entered_and_killed_from_the_line(shell: Shell, short_folder: Path) -> None:
    own = {name: value for name, value in shell.environment.items() if name.startswith("SLSHELL_")}
    variables = {"HOME": str(shell.home), **own}
    with tmux.terminal(short_folder / "tmux", [str(shell.program), "repl"], variables) as terminal:
        terminal.shows("│  live")
        terminal.text("run ttylinux --name web | wait")
        terminal.keys("Enter")
        terminal.until(lambda frame: "Running+" in frame, "the machine")
        terminal.text("connect $_")
        terminal.keys("Enter")
        terminal.shows("/root#")
        terminal.text("echo answer-$((6*7)); exit")
        terminal.keys("Enter")
        terminal.shows("answer-42")
        terminal.text("instances --name web | kill --yes --wait")
        terminal.keys("Enter")
        terminal.shows("no machines")
        terminal.keys("C-d")
        terminal.shows("ended 0")
