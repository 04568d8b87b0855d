"""Escape and what is typed right behind it, which a terminal sends as it sends Alt."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.drivers import linux_driver, web_driver

from slshell.dashboard.keyboard import KeyParser, read_every_key
from tests.screen.driver import dashboard
from tests.screen.paned import pane, panes
from tests.screen.served import ScreenCloud, recent
from tests.screen.test_session import configure
from tests.support.wires import Machine


@pytest.mark.parametrize(
    "typed", ["\x1b:", "\x1b.", "\x1b b", "\x1bé", "\x1bB", "\x1b\r", "\x1b:wq\r", "\x1b1"]
)
async def test_a_machine_gets_what_the_terminal_sent(cloud: ScreenCloud, typed: str) -> None:
    parser, machine = KeyParser(), Machine()
    # What follows nothing more is told when the parser hears that the terminal is silent.
    events = [*parser.feed(typed), *parser.feed("")]
    async with panes(machine) as screen:
        for event in events:
            screen.app.post_message(event)
        await screen.until(lambda: len(machine.wire.typed) >= len(typed.encode()), "all of the keys")
        assert machine.wire.typed == typed.encode()
        assert pane(screen).has_focus


async def test_elsewhere_escape_and_the_key_behind_it_are_two(cloud: ScreenCloud) -> None:
    cloud.put(recent(1))
    async with dashboard() as screen:
        await screen.shows("vm-1")
        for typed in ("\x1b\x1b2", "\x1b:"):
            parser = KeyParser()
            for event in (*parser.feed(typed), *parser.feed("")):
                screen.app.post_message(event)
        await screen.until(lambda: screen.app.main.command_line.display, "the command line")
        assert screen.app.main.view.id == "volumes"


async def test_a_key_of_ones_own_with_alt_works(cloud: ScreenCloud, own_settings: Path) -> None:
    configure(own_settings, '[dashboard.keys]\n"go.volumes" = "alt+v"\n')
    async with dashboard() as screen:
        await screen.shows("No instances yet.")
        await screen.press("alt+v")
        assert screen.app.main.view.id == "volumes"


def test_terminals_and_browsers_are_read_so() -> None:
    read_every_key()
    assert vars(linux_driver)["XTermParser"] is vars(web_driver)["XTermParser"] is KeyParser
