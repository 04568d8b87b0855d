"""Activity: events and jobs, how far jobs are, and what is in flight; and commands that are stopped."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from slshell.model.event import Job, JobState, Severity
from slshell.model.instance import RunRequest, State
from tests.screen.driver import dashboard
from tests.screen.served import ScreenCloud, recent
from tests.unit.client.served import event
from tests.unit.client.served_volumes import volume


def job(number: int, **changes: object) -> Job:
    """A job that works since a minute."""
    moment = datetime.now(UTC)
    values: dict[str, object] = {
        "id": number, "kind": "run", "state": JobState.RUNNING, "step": "image", "attempts": 1, "error": "",
        "created_at": moment - timedelta(seconds=64), "updated_at": moment, "instance_id": 1,
    }  # fmt: skip
    return Job(**{**values, **changes})  # type: ignore[arg-type]


async def test_a_job_shows_how_far_it_is_in_its_row_its_pane_and_the_strip(cloud: ScreenCloud) -> None:
    cloud.put(recent(1, name="[/red]web", state=State.PROLOG, progress="image 40 %", reachable=False))
    cloud.put(job(1))
    async with dashboard((200, 60)) as screen:
        await screen.shows("◔ run [/red]web: image 40 %")
        await screen.press("5")
        await screen.until(lambda: "40 %" in screen.line_of("running at image"))
        assert "[/red]web" in screen.line_of("running at image")
        assert "works for  1 min" in screen.frame
        cloud.change(1, progress="image 80 %")
        await screen.until(lambda: "80 %" in screen.line_of("running at image"))
        cloud.put(job(1, state=JobState.FAILED, error="the image is gone", attempts=3))
        await screen.until(lambda: "the image is gone" in screen.line_of("failed at image"))
        assert "◔ run" not in screen.frame
        assert "attempts   3" in screen.frame


async def test_lines_are_filtered_by_kind_machine_and_trouble(cloud: ScreenCloud) -> None:
    cloud.put(recent(1, name="web"))
    cloud.put(recent(2, name="db"))
    cloud.put(event(1, "web came up", instance_id=1))
    cloud.put(event(2, "db fell over", instance_id=2, severity=Severity.ERROR))
    cloud.put(job(1, kind="kill", instance_id=2, state=JobState.DONE))
    async with dashboard() as screen:
        await screen.shows("web")
        await screen.press("5")
        await screen.shows("db fell over")
        for words, shown, hidden in (
            ("is:job", "kill", "fell over"),
            ("instance:web", "came up", "fell over"),
            ("trouble:yes", "fell over", "came up"),
            ("!is:job instance:2", "fell over", "kill"),
        ):
            screen.table.narrow(words)
            await screen.until(lambda shown=shown: shown in screen.rows)  # type: ignore[misc]
            assert hidden not in screen.rows


async def test_a_line_leads_to_what_it_is_about_and_tells_what_else_happened(cloud: ScreenCloud) -> None:
    cloud.put(recent(7, name="web"))
    cloud.put(volume(1, tag="data"))
    cloud.put(event(1, "it was made", instance_id=7))
    cloud.put(event(2, "it came up", instance_id=7))
    async with dashboard((200, 60)) as screen:
        await screen.shows("web")
        await screen.press("5")
        await screen.until(lambda: screen.table.cursor_key == "e2")
        await screen.shows("What else happened to it")
        assert screen.frame.count("it was made") == 2
        await screen.press("f")
        await screen.until(lambda: screen.app.main.view.id == "instances")
        assert screen.line_of("web")
        known = next(iter(cloud.volumes.known))
        cloud.put(event(3, "it was plugged in", instance_id=None, volume_id=known))
        await screen.press("5")
        await screen.until(lambda: screen.table.cursor_key == "e3")
        await screen.press("f")
        await screen.until(lambda: screen.app.main.view.id == "volumes")
        assert screen.table.cursor_key == known


async def test_jobs_are_ordered_by_how_long_they_took(cloud: ScreenCloud) -> None:
    moment = datetime.now(UTC)
    cloud.put(recent(1))
    for number, seconds in ((1, 5), (2, 500), (3, 50)):
        began = moment - timedelta(seconds=seconds)
        cloud.put(job(number, state=JobState.DONE, created_at=began, updated_at=moment))
    async with dashboard((200, 60)) as screen:
        await screen.shows("vm-1")
        await screen.press("5")
        await screen.until(lambda: len(screen.table.rows) == 3)
        screen.table.choose_columns(["kind", "about", "took"])
        screen.table.order_by("took", True)
        await screen.shows("8 min 20")
        assert list(screen.table.rows.shown) == ["j2", "j3", "j1"]


async def test_ctrl_c_stops_a_command_that_waits_and_keys_work_meanwhile(cloud: ScreenCloud) -> None:
    cloud.put(recent(1, name="web", state=State.BOOT, reachable=False))
    async with dashboard((200, 60)) as screen:
        await screen.shows("web")
        await screen.press("colon")
        await screen.type("wait 1 --for reachable")
        await screen.press("enter")
        await screen.shows(":wait 1 --for reachable, Ctrl-C stops it")
        await screen.press("escape", "escape", "3")
        await screen.shows("ttylinux")
        await screen.press("ctrl+c")
        await screen.until(lambda: "stopped" in screen.notices)
        assert "What the cloud had accepted by then goes on" in screen.notices
        assert not screen.app.at_work.running
        await screen.hides("Ctrl-C stops it")
        await screen.press("ctrl+c")
        await screen.until(lambda: "No command is running" in screen.notices)


async def test_of_several_commands_the_chosen_one_is_stopped(cloud: ScreenCloud) -> None:
    cloud.put(recent(1, name="web", state=State.BOOT, reachable=False))
    async with dashboard() as screen:
        await screen.shows("web")
        screen.app.run_command("wait 1 --for reachable")
        screen.app.run_command("wait 1 --for gone")
        await screen.press("ctrl+c")
        await screen.shows("Stop which?")
        await screen.press("2")
        await screen.until(
            lambda: [each.line for each in screen.app.at_work.running] == ["wait 1 --for reachable"]
        )


async def test_a_stopped_form_keeps_what_was_typed(cloud: ScreenCloud) -> None:
    held = threading.Event()

    def hold(_request: RunRequest) -> None:
        held.wait(20)

    cloud.on_run = hold
    async with dashboard() as screen:
        await screen.shows("No instances yet.")
        await screen.press("r")
        await screen.shows("Start")
        await screen.press("ctrl+s")
        await screen.shows("Ctrl-C stops it")
        await screen.press("ctrl+c")
        await screen.shows("✗ stopped")
        assert "slshell run ttylinux" in screen.frame
        held.set()


async def test_a_picture_that_nobody_confirms_tells_its_age(cloud: ScreenCloud) -> None:
    cloud.put(recent(1))
    async with dashboard() as screen:
        await screen.shows("● live")
        mirror = screen.app.feed.mirror
        mirror._snapshot = replace(mirror.snapshot, fresh_at=datetime.now(UTC) - timedelta(seconds=41))
        await screen.shows("◔ 40 s old")
