"""What differs when the output is a terminal: width, colour, progress."""

from __future__ import annotations

import pytest

from slshell.model.instance import State
from tests.unit.client.served import ServedCloud, instance
from tests.unit.output.streams import Terminal

LONG = "an-image-with-a-name-that-goes-on-and-on-for-quite-a-while"


def test_a_table_fits_the_terminal_and_says_where_it_was_cut(served: ServedCloud) -> None:
    served.put(instance(1, state=State.UNKNOWN, appliance=LONG, name=LONG, reason=LONG))
    terminal = Terminal(environ={"NO_COLOR": "1"})
    terminal.run("instances", served)
    rows = terminal.stdout.getvalue().splitlines()
    assert rows[1].count("…") == 3
    assert len(rows[1]) == 90


def test_states_are_coloured_on_a_terminal_and_still_spelled(served: ServedCloud) -> None:
    served.put(instance(1))
    terminal = Terminal()
    terminal.run("instances", served)
    assert "\x1b[32mRunning+\x1b[0m" in terminal.stdout.getvalue()


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_colour_where_it_is_not_wanted(served: ServedCloud, environ: dict[str, str]) -> None:
    served.put(instance(1))
    terminal = Terminal(environ=environ)
    terminal.run("instances", served)
    assert "\x1b" not in terminal.stdout.getvalue()


def test_a_wait_shows_where_the_machine_is_and_clears_its_line(served: ServedCloud) -> None:
    served.put(instance(1, state=State.PROLOG, reachable=False, progress="image 40 %"))
    terminal = Terminal()
    assert terminal.run("wait 1 --timeout 0.1", served) == 4
    assert "machine 1: Prolog image 40 %" in terminal.stderr.getvalue()
    assert "\r\x1b[Kslshell: machine 1 is Prolog" in terminal.stderr.getvalue()


def test_a_quiet_wait_draws_nothing(served: ServedCloud) -> None:
    served.put(instance(1, state=State.PROLOG, reachable=False))
    terminal = Terminal()
    terminal.run("wait 1 --timeout 0.1 --quiet", served)
    assert "\x1b" not in terminal.stderr.getvalue()


def test_yes_on_the_terminal_kills(served: ServedCloud) -> None:
    served.put(instance(1))
    assert Terminal(answer="yes\n").run("kill 1", served) == 0
    assert served.instances[1].state is State.EPILOG
    served.put(instance(2))
    assert Terminal(answer="\n").run("kill 2", served) == 1
    assert served.instances[2].state is State.RUNNING
