"""Volumes on the screen: the table, what its keys do from either side, the details and the warning."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from textual.widgets import Input

from slshell.dashboard.screens.choose import ChooseScreen
from slshell.dashboard.screens.confirm import ConfirmScreen
from slshell.dashboard.screens.form import FormScreen
from slshell.model.instance import State
from slshell.model.volume import Disk, DiskKind, VolumeState, serial_of
from tests.screen.driver import Driver, dashboard
from tests.screen.served import ScreenCloud, recent
from tests.unit.client.served import instance
from tests.unit.client.served_volumes import kept, volume

FIRST, SECOND = volume(1).id, volume(2).id


def held(number: int, holder: int, **changes: Any) -> Any:
    """A volume that is plugged into a machine."""
    values = {"state": VolumeState.ATTACHED, "instance_id": holder, "device": "/dev/vdc"}
    return volume(number, **{**values, **changes})


async def opened(screen: Driver, words: str) -> None:
    """Go to the volumes and wait for words in their table."""
    await screen.shows("● live")
    await screen.press("2")
    await screen.until(lambda: words in screen.rows, words)


async def chosen(screen: Driver, letter: str) -> None:
    """Take an offer of the dialog."""
    await screen.until(lambda: isinstance(screen.app.screen, ChooseScreen), "the choice")
    await screen.press(letter)


async def test_the_table_shows_what_there_is_and_follows_it(cloud: ScreenCloud) -> None:
    cloud.put(volume(1, tag="data"))
    cloud.put(held(2, 7, tag="logs", device_known=False, snapshots=(kept(0, "before"),)))
    cloud.put(volume(3, tag="copy", state=VolumeState.CREATING, progress="cloning 42 %"))
    async with dashboard((140, 30)) as screen:
        await opened(screen, "cloning 42 %")
        assert "2 Volumes 3" in screen.frame
        logs = screen.line_of("logs")
        for words in ("attached", "5 GiB", " 7"):
            assert words in logs
        cloud.put(volume(3, tag="copy"))
        await screen.until(lambda: "available" in screen.line_of("copy"), "the end of the copy")


async def test_an_empty_table_says_how_to_make_one(cloud: ScreenCloud) -> None:
    async with dashboard() as screen:
        await screen.shows("● live")
        await screen.press("2")
        await screen.shows("Press n to make one")


async def test_a_deleted_volume_says_when_it_goes_and_comes_back(cloud: ScreenCloud) -> None:
    purged = datetime.now(UTC) + timedelta(hours=23, minutes=30)
    cloud.put(volume(1, tag="data", state=VolumeState.DELETED, purge_at=purged))
    async with dashboard() as screen:
        await opened(screen, "purged in 23 h")
        await screen.press("U")
        await screen.until(lambda: cloud.volumes.known[FIRST].state is VolumeState.AVAILABLE, "it")
        await screen.until(lambda: "available" in screen.line_of("data"), "its line")


async def test_the_key_that_destroys_deletes_volumes_after_a_question(cloud: ScreenCloud) -> None:
    cloud.put(volume(1, tag="data"))
    async with dashboard() as screen:
        await opened(screen, "data")
        await screen.press("ctrl+k")
        await screen.until(lambda: isinstance(screen.app.screen, ConfirmScreen), "the question")
        await screen.press("escape")
        await screen.until(lambda: screen.app.screen is screen.app.main)
        assert cloud.volumes.known[FIRST].state is VolumeState.AVAILABLE
        await screen.press("ctrl+k")
        await screen.until(lambda: isinstance(screen.app.screen, ConfirmScreen), "the question")
        await screen.press("tab", "enter")
        await screen.until(lambda: cloud.volumes.known[FIRST].state is VolumeState.DELETED, "it")
        await screen.until(lambda: "z brings it back" in screen.notices)
        await screen.press("z")
        await screen.until(lambda: cloud.volumes.known[FIRST].state is VolumeState.AVAILABLE, "it back")


async def test_a_form_makes_a_volume(cloud: ScreenCloud) -> None:
    async with dashboard() as screen:
        await screen.shows("● live")
        await screen.press("2")
        await screen.shows("Press n to make one")
        await screen.press("n")
        await screen.until(lambda: isinstance(screen.app.screen, FormScreen), "the form")
        await screen.type("7")
        await screen.press("tab")
        await screen.type("results")
        await screen.shows("$ slshell create-volume --size 7 --tag results")
        await screen.press("enter")
        await screen.until(lambda: "results" in screen.rows, "the volume")
        assert "7 GiB" in screen.line_of("results")


async def test_a_form_makes_a_volume_larger(cloud: ScreenCloud) -> None:
    cloud.put(volume(1, tag="data"))
    async with dashboard() as screen:
        await opened(screen, "data")
        await screen.press("e")
        await screen.until(lambda: isinstance(screen.app.screen, FormScreen), "the form")
        assert screen.app.screen.query(Input).first().value == FIRST
        await screen.type("9")
        await screen.shows("--size 9")
        await screen.press("enter")
        await screen.until(lambda: "9 GiB" in screen.line_of("data"), "the new size")


async def test_attach_from_the_volume_offers_the_running_machines(cloud: ScreenCloud) -> None:
    cloud.put(recent(4, name="web", ssh_port=9))
    cloud.put(recent(5, name="asleep", state=State.UNKNOWN))
    cloud.put(recent(6, name="another"))
    cloud.put(volume(1, tag="data"))
    async with dashboard() as screen:
        await opened(screen, "data")
        await screen.press("a")
        await screen.shows("slshell attach-volume 00000001")
        await screen.shows("web")
        assert "asleep" not in screen.frame
        await screen.press("down")
        await screen.shows("--instance 4")
        await screen.press("ctrl+y", "enter")
        assert screen.app.clipboard == f"slshell attach-volume {FIRST} --instance 4"
        await screen.until(lambda: cloud.volumes.known[FIRST].instance_id == 4, "it")
        await screen.until(lambda: "attached" in screen.line_of("data"), "its line")


async def test_attach_from_the_machine_offers_the_free_volumes(cloud: ScreenCloud) -> None:
    cloud.put(recent(4, name="web", ssh_port=9))
    cloud.put(volume(1, tag="data"))
    cloud.put(held(2, 9, tag="taken"))
    async with dashboard() as screen:
        await screen.shows("web")
        await screen.until(lambda: len(screen.app.picture.snapshot.volumes) == 2, "the volumes")
        await screen.press("a")
        await screen.shows("--instance 4")
        await screen.press("enter")
        await screen.until(lambda: cloud.volumes.known[FIRST].instance_id == 4, "it")


async def test_attach_says_when_there_is_nothing_to_choose(cloud: ScreenCloud) -> None:
    cloud.put(volume(1, tag="data"))
    async with dashboard() as screen:
        await opened(screen, "data")
        await screen.press("a")
        await screen.until(lambda: "No machine runs." in screen.notices, "the notice")


async def test_detach_is_refused_when_the_guest_cannot_be_asked(cloud: ScreenCloud) -> None:
    cloud.put(recent(4, name="web", ssh_port=9))
    cloud.put(held(1, 4, tag="data"))
    async with dashboard() as screen:
        await opened(screen, "data")
        await screen.press("x")
        await screen.until(lambda: "cannot be asked" in screen.notices, "the refusal")
        assert cloud.volumes.known[FIRST].state is VolumeState.ATTACHED


async def test_detach_of_a_machine_with_several_volumes_offers_them(cloud: ScreenCloud) -> None:
    cloud.put(recent(4, name="web", ssh_port=9))
    cloud.put(held(1, 4, tag="data"))
    cloud.put(held(2, 4, tag="logs", device="/dev/vdd"))
    cloud.put(held(3, 4, tag="root", at_launch=True))
    async with dashboard() as screen:
        await screen.shows("web")
        await screen.until(lambda: len(screen.app.picture.snapshot.volumes) == 3, "the volumes")
        await screen.press("x")
        await screen.shows("Detach which volume?")
        assert "logs" in screen.frame
        await chosen(screen, "2")
        await screen.until(lambda: "cannot be asked" in screen.notices, "the refusal")
        assert f":detach-volume {SECOND}" in screen.notices


async def test_keys_that_make_no_sense_do_nothing(cloud: ScreenCloud) -> None:
    cloud.put(held(1, 4, tag="data"))
    async with dashboard() as screen:
        await opened(screen, "data")
        await screen.press("a", "U", "c", "B", "s")
        await screen.pilot.pause()
        assert screen.app.screen is screen.app.main
        assert [each for each in cloud.requests if each[0] != "GET"] == []


async def test_details_of_a_volume_lead_to_its_machine_and_back(cloud: ScreenCloud) -> None:
    disks = (
        Disk(
            kind=DiskKind.PERSISTENT, device="/dev/vdc", size_bytes=5 << 30, serial=serial_of(FIRST),
            name="data", source=FIRST,
        ),
    )  # fmt: skip
    cloud.put(recent(4, name="web", disks=disks))
    cloud.put(held(1, 4, tag="data", snapshots=(kept(0, "before"),), origin="clone of raw"))
    async with dashboard((140, 40)) as screen:
        await opened(screen, "data")
        for words in (FIRST[:30], "Snapshots", "before", "clone of raw", "x detaches it"):
            await screen.shows(words)
        await screen.press("f")
        await screen.until(lambda: screen.app.main.view.id == "instances", "the machine")
        await screen.shows("Disks")
        assert "/dev/vdc" in screen.frame
        await screen.press("backspace")
        await screen.until(lambda: screen.app.main.view.id == "volumes", "the volume")


async def test_a_disk_that_fills_up_is_told_instead_of_the_load(cloud: ScreenCloud) -> None:
    words = "the disk fills up: 3 GiB of 100 GiB are free"
    cloud.volumes.storage = msgspec.structs.replace(cloud.volumes.storage, warning=words)
    async with dashboard() as screen:
        await screen.shows(f"▲ {words}")


async def test_tags_are_text_and_never_markup(cloud: ScreenCloud) -> None:
    cloud.put(volume(1, tag="[red]a[/]", reason="[b]boo\x1b[2J", state=VolumeState.FAILED))
    cloud.put(recent(4, name="web", ssh_port=9))
    cloud.put(volume(2, tag="[@click=app.quit]b[/]"))
    cloud.put(volume(3, tag="plain"))
    async with dashboard((140, 30)) as screen:
        await opened(screen, "[red]a[/]")
        assert "[b]boo" in screen.frame
        assert "\x1b" not in screen.rows
        await screen.press("1", "a")
        await screen.shows("[@click=app.quit]b[/]")


async def test_one_volume_can_be_found_by_what_it_holds(cloud: ScreenCloud) -> None:
    cloud.put(volume(1, tag="data"))
    cloud.put(held(2, 7, tag="logs"))
    cloud.put(instance(7))
    async with dashboard() as screen:
        await opened(screen, "logs")
        await screen.press("slash")
        await screen.type("in=7")
        await screen.press("enter")
        await screen.until(lambda: "data" not in screen.rows, "the filter")
        assert "logs" in screen.rows
