"""What comes from the cloud is on screen at once, under a cursor that stays with its row."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from slshell.model.event import Event, Severity
from slshell.model.instance import Phase, State
from tests.screen.driver import Driver, dashboard
from tests.screen.served import ScreenCloud, recent
from tests.unit.client.served import appliance, event


async def test_an_empty_table_says_what_to_do_next(cloud: ScreenCloud) -> None:
    async with dashboard() as screen:
        await screen.shows(":run ttylinux")
        assert "No instances yet." in screen.frame


async def test_a_new_machine_appears_and_its_state_follows(cloud: ScreenCloud) -> None:
    async with dashboard() as screen:
        await screen.shows("No instances yet.")
        cloud.put(recent(1, name="web", state=State.PENDING, reachable=False))
        await screen.shows("Pending")
        cloud.change(1, state=State.BOOT)
        await screen.shows("◑ Boot")
        cloud.change(1, state=State.RUNNING, reachable=True)
        await screen.until(lambda: "● Running" in screen.line_of("web  "))


async def test_a_machine_that_ended_goes(cloud: ScreenCloud) -> None:
    cloud.put(recent(1, name="web"))
    cloud.put(recent(2, name="db"))
    async with dashboard() as screen:
        await screen.shows("web")
        cloud.drop_instance(1)
        await screen.hides("web")
        row = screen.table.cursor_row
        assert row is not None
        assert row.name == "db"


async def test_the_cursor_stays_with_its_machine_when_others_come_and_go(cloud: ScreenCloud) -> None:
    for number in range(10, 20):
        cloud.put(recent(number))
    async with dashboard() as screen:
        await screen.shows("vm-19")
        await screen.press("down", "down", "down")
        assert screen.table.cursor_key == 13
        cloud.put(recent(1, name="early"))
        await screen.shows("early")
        cloud.drop_instance(10)
        await screen.hides("vm-10 ")
        assert screen.table.cursor_key == 13
        await screen.press("O")
        assert screen.table.cursor_key == 13


async def test_a_changed_cell_is_emphasised_for_a_moment(cloud: ScreenCloud) -> None:
    cloud.put(recent(1, name="web"))
    cloud.put(recent(2, name="other"))
    async with dashboard() as screen:
        await screen.shows("web")
        calm = ground_of(screen, "Running", line=2)
        cloud.change(2, state=State.SHUTDOWN)
        await screen.until(lambda: ground_of(screen, "Shutdown", line=2) not in ("", calm), "the emphasis")
        assert ground_of(screen, "other", line=2) == calm
        await screen.until(lambda: ground_of(screen, "Shutdown", line=2) == calm, "the end of it")


def ground_of(screen: Driver, words: str, line: int) -> str:
    """The background that words of a line of the table are drawn on; empty while they are not there."""
    strip = screen.table.render_line(line)
    found = (part.style.bgcolor for part in strip if words in part.text and part.style is not None)
    return str(next(found, ""))


async def test_the_timeline_tells_phases_with_their_durations(cloud: ScreenCloud) -> None:
    began = datetime.now(UTC) - timedelta(minutes=10)
    names = (("Pending", 0, 2), ("Prolog", 2, 34), ("Boot", 34, 124), ("Running", 124, None))
    phases = tuple(
        Phase(
            name=name,
            started_at=began + timedelta(seconds=start),
            ended_at=None if end is None else began + timedelta(seconds=end),
        )
        for name, start, end in names
    )
    cloud.put(recent(1, phases=phases))
    async with dashboard((200, 60)) as screen:
        await screen.shows("Timeline")
        for name, took in (
            ("Pending", "2.0 s"),
            ("Prolog", "32 s"),
            ("Boot", "1 min 30"),
            ("Running", "since"),
        ):
            assert re.search(rf"│ *{name} .*{took}", screen.frame), name


async def test_the_cursor_goes_to_a_neighbour_when_its_machine_goes(cloud: ScreenCloud) -> None:
    for number in (1, 2, 3):
        cloud.put(recent(number))
    async with dashboard() as screen:
        await screen.shows("vm-3")
        await screen.press("down")
        cloud.drop_instance(2)
        await screen.until(lambda: screen.table.cursor_key == 3)


async def test_a_machine_that_becomes_reachable_is_told(cloud: ScreenCloud) -> None:
    cloud.put(recent(1, name="web", reachable=False))
    async with dashboard() as screen:
        await screen.shows("waiting for SSH")
        cloud.change(1, reachable=True)
        await screen.until(lambda: "web (1) answers" in screen.notices)


async def test_a_machine_that_fails_is_told_with_its_reason(cloud: ScreenCloud) -> None:
    cloud.put(recent(1, name="web", state=State.BOOT, reachable=False))
    async with dashboard() as screen:
        await screen.shows("Boot")
        cloud.change(1, state=State.FAILED, reason="not enough memory: 4096 MiB asked for")
        await screen.until(lambda: "not enough memory" in screen.notices)
        await screen.shows("cannot be repaired")


async def test_machines_that_were_there_before_are_not_told_as_news(cloud: ScreenCloud) -> None:
    cloud.put(recent(1, name="old", state=State.FAILED, reason="long ago", reachable=False))
    async with dashboard() as screen:
        await screen.shows("old")
        assert screen.notices == ""


async def test_when_the_cloud_goes_away_the_picture_stays_marked_stale_and_recovers(
    cloud: ScreenCloud,
) -> None:
    cloud.put(recent(1, name="web"))
    async with dashboard() as screen:
        await screen.shows("● live")
        cloud.__exit__()
        await screen.shows("No answer:")
        assert "✗ stale" in screen.frame
        assert "web" in screen.frame
        cloud.__enter__()
        await screen.hides("No answer:")
        await screen.shows("● live")
        cloud.put(recent(2, name="later"))
        await screen.shows("later")


async def test_the_strip_counts_states_and_tells_emulation(cloud: ScreenCloud) -> None:
    cloud.put(recent(1))
    cloud.put(recent(2))
    cloud.put(recent(3, state=State.FAILED, reachable=False))
    async with dashboard((200, 60)) as screen:
        await screen.shows("1.9 of 8 used, 4 promised")
        assert "● 2 running" in screen.frame
        assert "✗ 1 failed" in screen.frame
        assert "emulation" in screen.frame


async def test_measurements_of_machines_on_screen_are_drawn(cloud: ScreenCloud) -> None:
    cloud.put(recent(1, cpu_percent=0.0))
    async with dashboard((200, 60)) as screen:
        await screen.until(lambda: "42 %" in screen.line_of("vm-1"))


async def test_the_pane_tells_facts_ssh_line_events_and_console(cloud: ScreenCloud) -> None:
    cloud.put(recent(1, name="web"))
    cloud.put(event(1, "the machine was started"))
    async with dashboard((200, 60)) as screen:
        await screen.shows("Starting sshd: OK")
        assert "root@127.86.3.1" in screen.frame
        assert "the machine was started" in screen.frame
        assert "\x1b" not in screen.frame


async def test_every_view_has_its_rows_and_its_key(cloud: ScreenCloud) -> None:
    cloud.put(appliance("debian", id="B" * 27, title="A larger Linux"))
    cloud.put(event(1, "a strange thing", severity=Severity.WARNING))
    async with dashboard() as screen:
        await screen.shows("● live")
        await screen.press("3")
        await screen.shows("A larger Linux")
        await screen.press("4")
        await screen.shows("no vmx flag")
        await screen.press("5")
        await screen.shows("a strange thing")
        await screen.press("1")
        await screen.shows("No instances yet.")


async def test_the_newest_activity_comes_first_and_the_cursor_stays_on_top(cloud: ScreenCloud) -> None:
    cloud.put(event(1, "first thing"))
    async with dashboard() as screen:
        await screen.shows("● live")
        await screen.press("5")
        await screen.shows("first thing")
        later: Event = event(2, "second thing")
        cloud.put(later)
        await screen.shows("second thing")
        assert screen.table.cursor_key == "e2"
