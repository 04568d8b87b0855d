"""Completion in real shells: live names, what fits the command, and no waiting for a cloud."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pexpect
import pytest

from slshell.cli import COMPLETION_S
from slshell.commands.environment import Environment
from slshell.commands.shells import SHELLS
from slshell.model.instance import State
from tests.support.shell import PROGRAM
from tests.unit.client.served import ServedCloud, appliance, instance
from tests.unit.commands.conftest import Run

ATTEMPTS = 5
ASK_BASH = """
source <("$SLSHELL" completion bash)
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
_slshell_completion slshell
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(autouse=True)
def machines(served: ServedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    served.put(instance(5, name="webserver"))
    served.put(instance(6, name="webcache", state=State.UNKNOWN))
    monkeypatch.setenv("PATH", f"{PROGRAM.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("SLSHELL", str(PROGRAM))


def needs(shell: str) -> str:
    found = shutil.which(shell)
    if found is None:
        pytest.skip(f"{shell} is not installed")
    return found


def bash(*words: str) -> list[str]:
    """What bash offers for the last word; split as readline splits.

    On a busy computer a cloud may miss the limit of an attempt, so that nothing is offered.
    """
    return next(filter(None, (_bash(*words) for _ in range(ATTEMPTS))), [])


def _bash(*words: str) -> list[str]:
    done = subprocess.run(
        [needs("bash"), "--norc", "-c", ASK_BASH, "bash", *words], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return done.stdout.split()


def fish(line: str) -> dict[str, str]:
    """What fish offers for the end of a line, with the descriptions; see `bash` for the attempts."""
    return next(filter(None, (_fish(line) for _ in range(ATTEMPTS))), {})


def _fish(line: str) -> dict[str, str]:
    program = "slshell completion fish | source; complete -C $argv[1]"
    done = subprocess.run(
        [needs("fish"), "--no-config", "-c", program, line], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    pairs = (each.partition("\t") for each in done.stdout.splitlines())
    return {word: text for word, _, text in pairs}


def test_bash_completes_commands_options_values_and_live_names() -> None:
    assert bash("slshell", "inst") == ["instances"]
    assert bash("slshell", "instances", "--no") == ["--no-header"]
    assert bash("slshell", "instances", "--state", "=", "Unk") == ["Unknown"]
    assert bash("slshell", "instances", "--state", "=") == [str(state) for state in State]
    assert bash("slshell", "-o", "js") == ["json"]
    assert bash("slshell", "kill", "web") == ["webserver", "webcache"]
    assert bash("slshell", "run", "tty") == ["ttylinux"]
    assert bash("slshell", "run", "ttylinux", "-t", "m1") == ["m1.small"]
    assert bash("slshell", "instances", "--sort", "id,-na") == ["id,-name"]


def test_only_machines_in_the_right_state_are_offered() -> None:
    assert bash("slshell", "start", "") == ["6", "webcache"]
    assert bash("slshell", "shutdown", "web") == ["webserver"]


def test_a_machine_on_the_line_is_not_offered_again_by_either_word() -> None:
    assert bash("slshell", "kill", "webserver", "") == ["6", "webcache"]
    assert bash("slshell", "kill", "5", "") == ["6", "webcache"]
    assert bash("slshell", "kill", "5", "--yes", "web") == ["webcache"]


def test_a_name_that_the_shell_would_not_take_literally_is_not_offered(served: ServedCloud) -> None:
    served.put(appliance("tty$(reboot)", id="x;y"))
    assert bash("slshell", "run", "tty") == ["ttylinux"]


def test_fish_shows_a_description_beside_each_name() -> None:
    assert fish("slshell kill web") == {
        "webserver": "5 Running ttylinux 127.86.3.5",
        "webcache": "6 Unknown ttylinux 127.86.3.6",
    }
    assert fish("slshell instances --wat")["--watch"].startswith("Show it again")
    assert fish("slshell conf")["config"].startswith("Show where")


def test_a_description_cannot_steer_the_terminal(served: ServedCloud) -> None:
    served.put(appliance("other", id="x-y", title="evil\x1b]0;title\x07\nline"))
    assert fish("slshell run oth") == {"other": "evil\\x1b]0;title\\x07\\x0aline"}


@contextmanager
def interactive(shell: str, *arguments: str) -> Iterator[pexpect.spawn[str]]:
    environment = {**os.environ, "TERM": "dumb", "PS1": "ready> ", "ZDOTDIR": "/nonexistent"}
    child = pexpect.spawn(
        needs(shell), list(arguments), env=environment, encoding="utf-8", timeout=60, dimensions=(30, 120)
    )
    try:
        yield child
    finally:
        child.close(force=True)


def press_tab(child: pexpect.spawn[str], line: str, offered: str) -> None:
    """Type a line anew and press the tab key twice, until the shell shows what is offered."""
    for _ in range(ATTEMPTS):
        child.send(f"\x15{line}\t\t")
        if child.expect([offered, pexpect.TIMEOUT], timeout=10) == 0:
            return
    pytest.fail(f"“{offered}” was not offered: {child.before!r}")


def test_in_zsh_the_tab_key_completes_and_lists_with_descriptions() -> None:
    with interactive("zsh", "-f", "-i") as child:
        child.sendline("PROMPT='ready> '; autoload -U compinit; compinit -D; unsetopt zle_bracketed_paste")
        child.sendline('source <(slshell completion zsh); print lo""aded')
        child.expect("loaded")
        child.expect("ready> ")
        press_tab(child, "slshell shutdown web", "slshell shutdown webserver")
        press_tab(child, "slshell kill web", r"webcache +-- 6 Unknown ttylinux 127\.86\.3\.6")


def test_in_bash_the_tab_key_completes() -> None:
    with interactive("bash", "--norc", "--noprofile", "-i") as child:
        child.sendline('source <(slshell completion bash); echo lo""aded')
        child.expect("loaded")
        press_tab(child, "slshell shutdown web", "slshell shutdown webserver")
        press_tab(child, "slshell instances --state=Unk", "--state=Unknown")


def test_nothing_is_offered_and_nothing_started_when_the_cloud_is_down(
    served: ServedCloud, own_settings: Path
) -> None:
    served.__exit__(None, None, None)
    (served.home / "daemon.json").unlink()
    assert bash("slshell", "kill", "") == []
    assert sorted(path.name for path in (own_settings / "d").iterdir()) == []


@contextmanager
def silent_cloud(served: ServedCloud) -> Iterator[list[socket.socket]]:
    """A cloud that takes connections and says nothing; answers those it took."""
    served.__exit__(None, None, None)
    taken: list[socket.socket] = []
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(served.socket))
        listener.listen(16)

        def accept() -> None:
            try:
                while True:
                    taken.append(listener.accept()[0])
            except OSError:
                return

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield taken
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
        for each in taken:
            each.close()


def test_a_cloud_that_does_not_answer_is_not_waited_for(served: ServedCloud) -> None:
    with silent_cloud(served) as taken:
        assert bash("slshell", "kill", "web") == []
        assert taken


def test_completion_gives_up_at_its_limit(
    served: ServedCloud, environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    from click.shell_completion import ShellComplete

    from slshell.commands.registry import make_root

    waited: list[float | None] = []
    wait = threading.Event.wait

    def recorded(event: threading.Event, timeout: float | None = None) -> bool:
        waited.append(timeout)
        return wait(event, timeout)

    monkeypatch.setattr(threading.Event, "wait", recorded)
    environment.patience_s = COMPLETION_S
    with silent_cloud(served):
        shell = ShellComplete(make_root(), {"obj": environment}, "slshell", "X")
        assert shell.get_completions(["kill"], "web") == []
    assert 0.3 in waited


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_is_printed_without_a_cloud(run: Run, served: ServedCloud, shell: str) -> None:
    result = run(f"completion {shell}")
    assert "_SLSHELL_COMPLETE" in result.output
    assert served.requests == []


def test_another_shell_is_told_which_there_are(run: Run) -> None:
    assert "did you mean bash" in run("completion bsh").notices
