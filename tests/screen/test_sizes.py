"""From a narrow strip to a wide wall: what tells machines apart and what to press is always there."""

from __future__ import annotations

import asyncio

import pytest
from textual import events
from textual.geometry import Size
from textual.widgets import Static
from textual.widgets._footer import FooterKey

from slshell.dashboard.columns.states import glyph
from slshell.dashboard.widgets.key_footer import KeyFooter
from slshell.model.instance import State
from tests.screen.driver import Driver, dashboard
from tests.screen.served import ScreenCloud, recent

SIZES = [(40, 16), (60, 24), (80, 24), (120, 36), (200, 60)]


@pytest.mark.parametrize("size", SIZES)
async def test_profile_view_machine_state_and_keys_are_drawn(
    cloud: ScreenCloud, size: tuple[int, int]
) -> None:
    cloud.put(recent(1, name="web"))
    cloud.put(recent(2, name="db", state=State.FAILED, reachable=False, reason="no disk"))
    async with dashboard(size) as screen:
        await screen.shows("r Run")
        for words in ("local", "1 Instances 2", "web", "● Running", "✗ Failed", "● live"):
            assert words in screen.frame
        assert max(map(len, screen.frame.splitlines())) <= size[0]


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 36)])
@pytest.mark.parametrize("view", "123456")
async def test_the_footer_shows_whole_keys_and_those_that_lead_on(
    cloud: ScreenCloud, size: tuple[int, int], view: str
) -> None:
    cloud.put(recent(1, name="web"))
    async with dashboard(size) as screen:
        await screen.shows("web")
        await screen.press(view)
        await screen.shows("q Quit")
        await footer_is_whole(screen, size[0])
        assert "? Help" in screen.frame.splitlines()[-1]
        await screen.pilot.resize_terminal(50, 20)
        await screen.until(lambda: screen.app.main.query_one(KeyFooter).size.width == 50)
        await footer_is_whole(screen, 50)


async def footer_is_whole(screen: Driver, width: int) -> None:
    """Wait until what the footer shows is drawn as it is called, and nothing else."""
    footer = screen.app.main.query_one(KeyFooter)

    def whole() -> bool:
        words = " ".join(
            f"{each.key_display} {each.description}" for each in footer.query(FooterKey) if each.display
        )
        return screen.frame.splitlines()[-1].strip() == words and len(words) <= width

    await screen.until(whole, "a footer of whole keys")


@pytest.mark.parametrize("width", [44, 60, 80, 120])
async def test_failed_machines_are_counted_at_any_width(cloud: ScreenCloud, width: int) -> None:
    states = [each for each in State if each is not State.DONE]
    for number, state in enumerate(states, 1):
        cloud.put(recent(number, name=f"m-{number}", state=state, reachable=False))
    async with dashboard((width, 24)) as screen:
        await screen.shows("✗ 1")
        strip = screen.frame.splitlines()[1]
        assert [each for each in states if f"{glyph(each)} 1" not in strip] == []
        assert ("✗ 1 failed" in strip) == (width >= 80)


async def test_the_footer_names_no_key_that_one_would_type(cloud: ScreenCloud) -> None:
    async with dashboard((80, 24)) as screen:
        await screen.shows("/ Filter")
        for key in ("colon", "slash"):
            await screen.press(key)
            await screen.shows("esc Leave")
            assert "/ Filter" not in screen.frame
            assert "? Help" not in screen.frame
            await screen.press("escape")
            await screen.shows("/ Filter")


async def test_volumes_offer_no_keys_of_machines(cloud: ScreenCloud) -> None:
    async with dashboard((80, 24)) as screen:
        await screen.shows("● live")
        await screen.press("2")
        await screen.shows("n New volume")
        assert "s Start" not in screen.frame


async def test_a_narrow_screen_names_only_the_view_that_is_open(cloud: ScreenCloud) -> None:
    async with dashboard((60, 24)) as screen:
        await screen.shows("1 Instances")
        assert "Hosts" not in screen.frame
        await screen.press("4")
        await screen.shows("4 Hosts")
        assert "Instances" not in screen.frame


async def test_details_of_a_narrow_screen_are_opened_over_the_table(cloud: ScreenCloud) -> None:
    cloud.put(recent(1, name="web"))
    async with dashboard((60, 24)) as screen:
        await screen.shows("web")
        await screen.press("enter")
        await screen.shows("root@127.86.3.1")
        await screen.press("escape")
        await screen.hides("root@127.86.3.1")


async def test_sizes_that_come_close_upon_each_other_end_in_the_last_one(cloud: ScreenCloud) -> None:
    cloud.put(recent(1, name="web"))
    async with dashboard((120, 36)) as screen:
        await screen.shows("web")
        app, taken, take = screen.app, list[Size](), screen.app.main._screen_resized

        def take_some(size: Size) -> None:
            taken.append(size)
            if len(taken) < 50:
                take(size)

        app.main._screen_resized = take_some  # type: ignore[method-assign]
        with app.batch_update():
            for size in (Size(100, 30), Size(90, 28), Size(100, 30), Size(90, 28)):
                app._size = size
                app.main.post_message(events.Resize(size, size))
                app.main.call_later(app.main.refresh)
            await screen.until(lambda: not app.main.message_queue_size, "all that waits")
        await screen.until(lambda: app.main.size == Size(90, 28), "the last size")
        assert len(taken) < 50, "sizes took turns"


async def test_a_button_pressed_on_what_is_being_removed_does_nothing(cloud: ScreenCloud) -> None:
    async with dashboard() as screen:
        await screen.shows("No instances yet.")
        await screen.press("question_mark")
        help_screen = screen.app.screen
        words = help_screen.query(Static).first()
        place = words.region.offset
        removal = words.remove()
        while words.is_attached:
            await asyncio.sleep(0)
        assert help_screen._compositor.get_widget_at(*place)[0] is words
        help_screen._forward_event(events.MouseDown(words, *place, 0, 0, 1, False, False, False, *place))
        await removal
        await screen.press("escape", "2")
        assert screen.app.main.view.id == "volumes"
