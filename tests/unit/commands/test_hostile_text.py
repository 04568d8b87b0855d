"""Text that came from a guest, an image or another user never steers the terminal."""

from __future__ import annotations

import json

import pytest

from slshell.model.errors import Conflict
from slshell.model.instance import State
from tests.unit.client.served import ServedCloud, appliance, event, instance
from tests.unit.commands.conftest import Run

HOSTILE = "a\x1b]0;pwned\x07\x1b[2J\x9b31m\r\nb\u202egnp.exe\u200b[red]"
FORBIDDEN = set("\x1b\x07\x9b\r\u202e\u200b\x00")
LINES = (
    "instances",
    "instances -o csv",
    "instances -o name",
    "instances -o json",
    "instances -o yaml",
    "instances -o template='{name} {reason}'",
    "instances --wide --columns name,reason,remark",
    "instances --columns name -o csv",
    "appliances",
    "events",
    "connect 1 -- true",
)


@pytest.fixture(autouse=True)
def content(served: ServedCloud) -> None:
    served.put(instance(1, name=HOSTILE, state=State.UNKNOWN, reason=HOSTILE, reachable=False))
    served.put(appliance(HOSTILE, title=HOSTILE, os=HOSTILE))
    served.put(event(1, HOSTILE))


@pytest.mark.parametrize("line", LINES)
def test_no_control_character_reaches_the_terminal(run: Run, line: str) -> None:
    result = run(line)
    assert result.output or result.notices
    assert not FORBIDDEN & set(result.output + result.notices)


def test_a_hostile_name_stays_on_its_row(run: Run) -> None:
    lines = run("instances").output.splitlines()
    assert len(lines) == 2
    assert r"a\x1b]0;pwned\x07\x1b[2J\x9b31m\x0d\x0ab\u202egnp.exe\u200b[red]" in lines[1]


def test_data_formats_keep_the_text_exact(run: Run) -> None:
    assert json.loads(run("instances -o json").output)[0]["name"] == HOSTILE


def test_an_error_text_is_cleaned_as_well(run: Run, served: ServedCloud) -> None:
    served.failures["/v1/instances"] = Conflict(HOSTILE, hint=HOSTILE, why=HOSTILE)
    assert not FORBIDDEN & set(run("instances").notices)
    assert not FORBIDDEN & set(run("instances --debug").notices)
    assert json.loads(run("instances -o json").notices)["message"] == HOSTILE


def test_the_question_before_a_kill_is_cleaned(run: Run, served: ServedCloud) -> None:
    from tests.unit.output.streams import Terminal

    terminal = Terminal(answer="n\n")
    terminal.run("kill 1", served)
    assert "Kill this machine? [y/N]" in terminal.stderr.getvalue()
    assert not FORBIDDEN & set(terminal.stderr.getvalue())
