"""Panes in light themes, with sixteen colours and without any: readable, in the colours of what is around."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from rich.color import Color
from rich.segment import Segment

from slshell.dashboard import themes
from slshell.terminal.palette import default as usual_color
from slshell.terminal.style import rgb
from tests.screen.driver import Driver
from tests.screen.paned import pane, panes
from tests.screen.served import ScreenCloud
from tests.screen.test_session import configure
from tests.support.wires import Machine

READABLE = 2.5
"""Least contrast of text, as WCAG 2 counts it; the darkest of the sixteen on a theme has 2.7."""
SAMPLE = b"".join(b"\x1b[%dmink%02d\x1b[0m\r\n" % (code, number) for number, code in enumerate(
    [*range(30, 38), *range(90, 98)]
))  # fmt: skip


def cells(screen: Driver, word: str) -> Segment:
    """The piece of the pane that holds a word."""
    view = pane(screen)
    for number in range(view.size.height):
        for segment in view.render_line(number):
            if word in segment.text:
                return segment
    raise AssertionError(word)


def light(color: Color) -> float:
    parts = [each / 255 for each in color.get_truecolor()]
    red, green, blue = (
        each / 12.92 if each <= 0.03928 else ((each + 0.055) / 1.055) ** 2.4 for each in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(segment: Segment) -> float:
    style = segment.style
    assert style is not None
    assert style.color is not None
    assert style.bgcolor is not None
    low, high = sorted((light(style.color), light(style.bgcolor)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["slshell-light", "slshell-dark", "nord"])
async def test_text_of_programs_is_readable_on_the_themes_own_background(
    cloud: ScreenCloud, own_settings: Path, theme: str
) -> None:
    configure(own_settings, f'[dashboard]\ntheme = "{theme}"\n')
    machine = Machine()
    async with panes(machine) as screen:
        machine.wire.say(
            b"plain\r\n"
            + SAMPLE
            + b"\x1b[30;47mbar\x1b[0m \x1b[97;44mbox\x1b[0m\r\n\x1b[7;37mturned\x1b[0m end"
        )
        await screen.shows("end")
        plain = cells(screen, "plain").style
        assert plain is not None
        worn = screen.app.current_theme
        assert plain.bgcolor is not None
        assert plain.color is not None
        assert plain.bgcolor.triplet.hex == worn.background.lower()  # type: ignore[union-attr]
        assert plain.color.triplet.hex == worn.foreground.lower()  # type: ignore[union-attr]
        words = ["plain", "bar", "box", "turned", *(f"ink{number:02d}" for number in range(16))]
        poor = {word: contrast(cells(screen, word)) for word in words}
        assert not {word: value for word, value in poor.items() if value < READABLE}


async def test_a_colour_that_a_program_set_itself_is_left_as_it_is(
    cloud: ScreenCloud, own_settings: Path
) -> None:
    configure(own_settings, '[dashboard]\ntheme = "slshell-light"\n')
    machine = Machine()
    async with panes(machine) as screen:
        machine.wire.say(b"\x1b]4;15;rgb:fe/fe/fe\x07\x1b[97mown\x1b[0m \x1b[38;5;231mmany\x1b[0m end")
        await screen.shows("end")
        assert cells(screen, "own").style.color.triplet.hex == "#fefefe"  # type: ignore[union-attr]
        assert cells(screen, "many").style.color.triplet == rgb(usual_color(231))  # type: ignore[union-attr]


async def test_with_sixteen_colours_a_pane_is_in_those_of_the_terminal(
    cloud: ScreenCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "linux")
    monkeypatch.delenv("COLORTERM", raising=False)
    machine = Machine()
    async with panes(machine) as screen:
        machine.wire.say(b"plain \x1b[31;44mred\x1b[0m \x1b[38;2;250;3;4mmany\x1b[0m end")
        await screen.shows("end")
        assert screen.app.theme == themes.SIXTEEN
        plain = cells(screen, "plain").style
        assert plain is not None
        assert plain.color is None or plain.color.is_default
        assert plain.bgcolor is None or plain.bgcolor.is_default
        sent = written(screen)
        assert not re.search(r"\x1b\[[0-9;]*[34]8;[25];", sent)
        assert re.search(r"\x1b\[31;44mred", sent)


async def test_without_colours_a_pane_keeps_attributes_only(
    cloud: ScreenCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    machine = Machine()
    async with panes(machine) as screen:
        machine.wire.say(b"plain \x1b[1;31mbold\x1b[0m \x1b[7;38;5;99mturned\x1b[0m end")
        await screen.shows("end")
        sent = written(screen)
        assert not re.search(r"\x1b\[[0-9;]*(?:3[0-7]|4[0-7]|9[0-7]|10[0-7]|[34]8;[25])[;m]", sent)
        assert re.search(r"\x1b\[1[;m][0-9;m]*bold", sent)
        assert re.search(r"\x1b\[7[;m][0-9;m]*turned", sent)


def written(screen: Driver) -> str:
    """What a terminal would be sent for the whole screen."""
    return "\n".join(
        strip.render(screen.app.console) for strip in screen.app.screen._compositor.render_strips()
    )
