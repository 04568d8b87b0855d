"""Random keys and clicks over a live cloud with sessions: nothing raises, and the screen still answers.

FUZZ_EVENTS=20000 makes it a long run, FUZZ_SEED another one.
"""

from __future__ import annotations

import os
import random
import threading
from typing import Any

import pytest
from textual import events
from textual.geometry import Size

from slshell.model.errors import Conflict
from slshell.model.instance import State
from slshell.sessions.wire import SessionPlan
from tests.screen.driver import Driver, dashboard
from tests.screen.served import ScreenCloud, recent
from tests.support.wires import Machine
from tests.unit.client.served import event

EVENTS = int(os.environ.get("FUZZ_EVENTS", "500"))
AT_ONCE = 25
MACHINES = 500
SEED = int(os.environ.get("FUZZ_SEED", "20260102"))
PATIENCE_S = 300 + EVENTS // 4
USUAL = (120, 36)
EDGES = "up down pageup pagedown home end enter escape tab shift+tab left right backspace delete"
OTHERS = "space ctrl+a shift+up shift+down ctrl+k ctrl+p ctrl+t f1 ctrl+y ctrl+s plus shift+left shift+right"
LEADER = "ctrl+backslash"
KEYS = [
    *EDGES.split(" "), *OTHERS.split(" "), *[LEADER] * 8, *["6"] * 4,
    *'12345rcsSBydoOCTfviu<>/:?jkgGabelntxz7!-=[]~"RXPVmwN,|',
]  # fmt: skip
MOST_SESSIONS = 6
SAID = (
    b"plain words\r\n", b"\x1b[31mred\x1b[0m\r\n", b"\x1b]0;[/red]title\x07", b"\x07", b"\xff\xfe\x1b[",
    b"\x1b[?1049h", b"\x1b[?1049l", b"\x1b[?1000h\x1b[?1006h", b"\x1b[?1000l", b"\x1b[?2004h",
    b"\x1b[2J\x1b[H", b"\x1b[5;200r", b"line\r\n" * 200, "日本語 \u202e zalgo\u0337".encode(),
    b"\x1b]52;c;aGVsbG8=\x07",
)  # fmt: skip
NAMES = {
    "<": "less_than_sign", ">": "greater_than_sign", "/": "slash", ":": "colon", "?": "question_mark",
    "!": "exclamation_mark", "-": "minus", "=": "equals_sign", "[": "left_square_bracket",
    "]": "right_square_bracket", "~": "tilde", '"': "quotation_mark", ",": "comma", "|": "vertical_line",
}  # fmt: skip


def churn(cloud: ScreenCloud, chance: random.Random, stop: threading.Event) -> None:
    """Machines come, change and go until told to stop."""
    number = 100
    while not stop.wait(0.005):
        number += 1
        victim = chance.choice(list(cloud.instances))
        what = chance.random()
        if what < 0.2:
            one = number % MACHINES
            cloud.put(recent(one, name=f"[/n]{one}", state=chance.choice(list(State)[:4])))
        elif what < 0.4 and len(cloud.instances) > 5:
            cloud.change(victim, state=State.DONE)
        elif what < 0.5:
            cloud.put(event(number, f"\x1b[3{number % 8}m happened", instance_id=victim))
        else:
            cloud.change(victim, state=chance.choice(list(State)[:-2]), reachable=chance.random() < 0.5)


class Talkers:
    """Machines that sessions lead into: they say things, end and refuse as they like."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._made: list[Machine] = []

    def fill(self, screen: Driver) -> None:
        """Whatever the dashboard wants opened is a session with one of them, while there are not too many."""
        app = screen.app

        def open_instead(_plan: SessionPlan) -> int:
            if len(app.sessions.book.sessions) >= MOST_SESSIONS:
                raise Conflict("enough sessions are open", hint="close one")
            return app.open_session(self.plan())

        app.environment.open_session = open_instead
        app.environment.repl_plan = lambda _: self.plan()

    def plan(self) -> SessionPlan:
        """A session with another machine."""
        name = self._chance.choice(("web", "[/red]", "\x1b[31mevil", "日本語の名前", "x" * 500))
        self._made = [*self._made[-MOST_SESSIONS:], Machine(name)]
        return self._made[-1].plan()

    def stir(self) -> None:
        """Something comes from one of them."""
        open_ones = [each.wires[-1] for each in self._made if each.wires and not each.wires[-1].closed]
        if open_ones:
            wire = self._chance.choice(open_ones)
            if self._chance.random() < 0.02:
                wire.end(lost=self._chance.random() < 0.5)
            else:
                wire.say(self._chance.choice(SAID))


def resize(screen: Driver, size: tuple[int, int]) -> None:
    """Give the terminal another size."""
    app = screen.app
    assert app._driver is not None
    app._driver._size = size
    app.post_message(events.Resize(Size(*size), Size(*size)))


async def to_the_tables(screen: Driver) -> None:
    """Leave dialogs by Esc and sessions by the leader key."""
    for _ in range(12):
        if screen.app.screen is screen.app.sessions.screen:
            await screen.press(LEADER, "escape", "escape", LEADER, "d")
        else:
            await screen.press("escape")


def post(screen: Driver, chance: random.Random) -> None:
    """One random key, click, wheel turn or resize."""
    app, width, height = screen.app, *screen.app.size
    kind = chance.random()
    if kind < 0.8:
        key = chance.choice(KEYS)
        letter = key if len(key) == 1 else None
        app.post_message(events.Key(NAMES.get(key, key), letter))
        return
    x, y = chance.randrange(width), chance.randrange(height)
    where: dict[str, Any] = {
        "x": x, "y": y, "delta_x": 0, "delta_y": 0, "button": 1, "shift": False, "meta": False,
        "ctrl": chance.random() < 0.2, "screen_x": x, "screen_y": y,
    }  # fmt: skip
    target = app.screen
    if kind < 0.9:
        target._forward_event(events.MouseDown(target, **where))
        if chance.random() < 0.3:
            x, y = chance.randrange(width), chance.randrange(height)
            where |= {"x": x, "y": y, "screen_x": x, "screen_y": y}
            target._forward_event(events.MouseMove(target, **where))
        target._forward_event(events.MouseUp(target, **where))
    elif kind < 0.98:
        wheel = chance.choice((events.MouseScrollDown, events.MouseScrollUp))
        target._forward_event(wheel(target, **{**where, "button": 0}))
    else:
        resize(screen, chance.choice((USUAL, (80, 24), (200, 60), (50, 16), (20, 6))))


@pytest.mark.timeout(PATIENCE_S)
async def test_random_keys_and_clicks_over_a_live_cloud_never_break_it(cloud: ScreenCloud) -> None:
    chance = random.Random(SEED)
    for number in range(1, 40):
        cloud.put(recent(number))
    stop, talkers = threading.Event(), Talkers(random.Random(SEED))
    changing = threading.Thread(target=churn, args=(cloud, random.Random(SEED), stop))
    async with dashboard() as screen:
        await screen.shows("vm-1")
        changing.start()
        # Also `:exit` is typed now and then, for Tab completes it.
        screen.app.leave = lambda code: None  # type: ignore[method-assign]
        talkers.fill(screen)
        screen.app.sessions.open(talkers.plan())
        try:
            for _ in range(EVENTS // AT_ONCE):
                for _ in range(AT_ONCE):
                    post(screen, chance)
                talkers.stir()
                await screen.pilot._wait_for_screen()
                await screen.until(lambda: not screen.app._typed, "the turn of the last key")
        finally:
            stop.set()
            changing.join()
        # Twenty columns and six rows are survived, but nobody can work there.
        resize(screen, USUAL)
        await to_the_tables(screen)
        cloud.put(recent(9999, name="the-last-one"))
        await screen.press("1", "slash")
        await screen.type("the-last-one")
        await screen.until(lambda: "the-last-one" in screen.rows)
