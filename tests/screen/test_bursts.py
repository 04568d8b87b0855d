"""Keys that come at once do what they do when they come slowly, whatever they open on their way."""

from __future__ import annotations

import pytest
from textual.events import Key, Paste
from textual.message_pump import MessagePump

from slshell.dashboard.screens.columns import ColumnsScreen
from tests.screen.driver import dashboard
from tests.screen.served import ScreenCloud, recent
from tests.screen.test_doing import posted, typed

STEPS = (0, 1, 3)
"""Between two keys of a terminal any number of the app's tasks may run; a key passes five on its way up."""


@pytest.mark.parametrize("steps", STEPS)
async def test_letters_behind_a_colon_are_the_line(cloud: ScreenCloud, steps: int) -> None:
    cloud.put(recent(1))
    async with dashboard() as screen:
        await screen.shows("● live")
        await screen.burst("colon", *"run uxqrnjdz", steps=steps)
        await screen.until(lambda: typed(screen) == "run uxqrnjdz", "the line")
        assert screen.app.screen is screen.app.main


@pytest.mark.parametrize("steps", STEPS)
async def test_a_filter_with_enter_and_the_keys_behind_it(cloud: ScreenCloud, steps: int) -> None:
    for number, name in enumerate(("web", "db", "web-2"), 1):
        cloud.put(recent(number, name=name))
    async with dashboard() as screen:
        await screen.shows("web-2")
        await screen.burst("slash", *"web", "enter", *"OGv", "slash", *"-2", "escape", "O", steps=steps)
        await screen.until(lambda: not screen.table.rows.descending and bool(screen.table.rows.marks))
        assert screen.table.rows.filter.line == ""


@pytest.mark.parametrize("steps", STEPS)
async def test_a_form_takes_what_is_typed_behind_its_key(cloud: ScreenCloud, steps: int) -> None:
    sent: list[object] = []
    cloud.on_run = sent.append
    async with dashboard() as screen:
        await screen.shows("● live")
        await screen.until(lambda: bool(screen.app.picture.types))
        await screen.burst("r", "tab", *"m1.small", "tab", *"qx", "enter", steps=steps)
        await screen.until(lambda: posted(cloud) == ["/v1/instances"], "the request")
        assert '"qx"' in str(sent).replace("'", '"')


@pytest.mark.parametrize("steps", STEPS)
async def test_the_palette_takes_what_is_typed_behind_its_key(cloud: ScreenCloud, steps: int) -> None:
    async with dashboard() as screen:
        await screen.shows("● live")
        await screen.burst("ctrl+p", *"Volumes", "enter", *"C", steps=steps)
        await screen.until(lambda: isinstance(screen.app.screen, ColumnsScreen), "the dialog for columns")
        assert screen.app.main.view.id == "volumes"


async def test_keys_pressed_before_the_first_frame_wait_for_it(cloud: ScreenCloud) -> None:
    async with dashboard() as screen:
        await screen.burst("colon", *"nuxq", steps=0)
        await screen.until(lambda: typed(screen) == "nuxq", "the line")


async def test_a_text_pasted_behind_a_colon_is_the_line(cloud: ScreenCloud) -> None:
    async with dashboard() as screen:
        await screen.shows("● live")
        screen.app.post_message(Key("colon", ":"))
        screen.app.post_message(Paste("run ttylinux"))
        await screen.until(lambda: typed(screen) == "run ttylinux", "the line")


async def test_keys_go_on_after_a_dialog_that_they_closed(cloud: ScreenCloud) -> None:
    async with dashboard() as screen:
        await screen.shows("● live")
        opening = ("r", "C", "question_mark", "ctrl+p")
        for _ in range(5):
            await screen.burst(*(key for each in opening for key in (each, "escape")), steps=0)
        await screen.burst("2", "colon", "x", steps=0)
        await screen.until(lambda: typed(screen) == "x", "the line")
        assert screen.app.main.view.id == "volumes"


async def test_keys_that_nothing_takes_any_more_are_dropped(
    cloud: ScreenCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with dashboard() as screen:
        await screen.shows("● live")
        with monkeypatch.context() as leaving:
            # All are closing, as when the dashboard ends while a key is held.
            leaving.setattr(MessagePump, "call_later", lambda *_: False)
            screen.app._typed.extend(Key("j", "j") for _ in range(1000))
            await screen.app.on_event(Key("j", "j"))
            assert not screen.app._typed
        await screen.press("2")
        assert screen.app.main.view.id == "volumes"
