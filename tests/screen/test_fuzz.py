"""Random keys and clicks over a live cloud: nothing raises, and the screen still answers.

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

from slshell.model.instance import State
from tests.screen.driver import Driver, dashboard
from tests.screen.served import ScreenCloud, recent
from tests.unit.client.served import event

EVENTS = int(os.environ.get("FUZZ_EVENTS", "500"))
AT_ONCE = 25
SEED = int(os.environ.get("FUZZ_SEED", "20260102"))
PATIENCE_S = 300 + EVENTS // 4
USUAL = (120, 36)
EDGES = "up down pageup pagedown home end enter escape tab shift+tab left right backspace delete"
OTHERS = "space ctrl+a shift+up shift+down ctrl+k ctrl+p ctrl+t f1 ctrl+y ctrl+s plus"
KEYS = [*EDGES.split(" "), *OTHERS.split(" "), *'12345rcsSBydoOCTfviu<>/:?jkgGabelntxz7!-=[]~"']
NAMES = {
    "<": "less_than_sign", ">": "greater_than_sign", "/": "slash", ":": "colon", "?": "question_mark",
    "!": "exclamation_mark", "-": "minus", "=": "equals_sign", "[": "left_square_bracket",
    "]": "right_square_bracket", "~": "tilde", '"': "quotation_mark",
}  # fmt: skip


def churn(cloud: ScreenCloud, chance: random.Random, stop: threading.Event) -> None:
    """Machines come, change and go until told to stop."""
    number = 100
    while not stop.wait(0.005):
        number += 1
        victim = chance.choice(list(cloud.instances))
        what = chance.random()
        if what < 0.2:
            cloud.put(recent(number, name=f"[/n]{number}", state=chance.choice(list(State)[:4])))
        elif what < 0.4 and len(cloud.instances) > 5:
            cloud.change(victim, state=State.DONE)
        elif what < 0.5:
            cloud.put(event(number, f"\x1b[3{number % 8}m happened", instance_id=victim))
        else:
            cloud.change(victim, state=chance.choice(list(State)[:-2]), reachable=chance.random() < 0.5)


def resize(screen: Driver, size: tuple[int, int]) -> None:
    """Give the terminal another size."""
    app = screen.app
    assert app._driver is not None
    app._driver._size = size
    app.post_message(events.Resize(Size(*size), Size(*size)))


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
    stop = threading.Event()
    changing = threading.Thread(target=churn, args=(cloud, random.Random(SEED), stop))
    async with dashboard() as screen:
        await screen.shows("vm-1")
        changing.start()
        screen.app.action_quit_dashboard = lambda: None  # type: ignore[method-assign]
        try:
            for _ in range(EVENTS // AT_ONCE):
                for _ in range(AT_ONCE):
                    post(screen, chance)
                # A key that does nothing comes back when all before it have been dealt with.
                await screen.press("f12")
        finally:
            stop.set()
            changing.join()
        # Twenty columns and six rows are survived, but nobody can work there.
        resize(screen, USUAL)
        await screen.press(*["escape"] * 12)
        cloud.put(recent(9999, name="the-last-one"))
        await screen.press("1", "slash")
        await screen.type("the-last-one")
        await screen.until(lambda: "the-last-one" in screen.rows)
