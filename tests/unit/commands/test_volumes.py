"""The commands of volumes: what they print, what they ask, and which volume a word stands for."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from slshell.commands.environment import Question
from slshell.model.errors import Conflict, ExitCode, NotAllowed, UsageError
from slshell.model.volume import GIB, Visibility, VolumeRequest, VolumeState, VolumeUpdate
from tests.unit.client.served import ServedCloud, instance
from tests.unit.client.served_volumes import MOMENT, kept, volume
from tests.unit.commands.conftest import Run
from tests.unit.commands.test_actions import sent

FIRST, SECOND = volume(1).id, volume(2).id


def have(served: ServedCloud, number: int = 1, **changes: object) -> str:
    """Give the cloud a volume; answers its UUID."""
    one = volume(number, **changes)
    served.put(one)
    return one.id


def state_of(served: ServedCloud, number: int = 1) -> VolumeState:
    """How a volume of the cloud is."""
    return served.volumes.known[volume(number).id].state


def test_a_new_volume_is_told_as_the_tutorial_tells_it(run: Run, served: ServedCloud) -> None:
    result = run("create-volume --size=5 --tag=myprivate-disk")
    assert (result.exit_code, result.output) == (0, f"DISK {FIRST}\n")
    request = msgspec.json.decode(sent(served, "POST", "/v1/volumes")[0], type=VolumeRequest)
    assert (request.size_gib, request.tag, request.visibility) == (5, "myprivate-disk", "private")


def test_a_public_volume_is_asked_for_and_shown_as_data(run: Run, served: ServedCloud) -> None:
    made = json.loads(run("create-volume -s 2 --public -o json").output)
    assert (made["visibility"], made["size_bytes"], made["state"]) == ("public", 2 * GIB, "available")


def test_a_volume_that_cannot_be_made_says_why(run: Run, served: ServedCloud) -> None:
    served.volumes.ends["create"] = {"state": VolumeState.FAILED, "reason": "the disk is full"}
    result = run("create-volume --size 5")
    assert (result.exit_code, result.output) == (ExitCode.CONFLICT, "")
    assert "making the volume did not work: the disk is full" in result.notices


def test_nobody_waits_with_no_wait(run: Run, served: ServedCloud) -> None:
    served.volumes.ends["create"] = {}
    assert run("create-volume --size 5 --no-wait").output == f"DISK {FIRST}\n"
    assert state_of(served) is VolumeState.CREATING


def test_a_command_waits_until_the_volume_is_made(run: Run, served: ServedCloud) -> None:
    served.volumes.ends["create"] = {}

    def finish() -> None:
        while not any("/v1/changes" in target for _, target, _ in list(served.requests)):
            looked.wait(0.001)
        served.put(volume(1, tag="made"))

    looked = threading.Event()
    threading.Thread(target=finish, daemon=True).start()
    assert json.loads(run("create-volume --size 5 -o json").output)["tag"] == "made"


@pytest.mark.parametrize("line", ["create-volume", "create-volume --size five", "resize-volume disk-1"])
def test_a_size_is_needed(run: Run, served: ServedCloud, line: str) -> None:
    have(served)
    assert run(line).exit_code == ExitCode.USAGE
    assert sent(served, "POST", "/v1/volumes") == []


def test_a_refusal_of_the_cloud_comes_with_its_hint(run: Run, served: ServedCloud) -> None:
    served.failures["/v1/volumes"] = UsageError("0 GiB is not a size", hint="1 to 1024 GiB")
    result = run("create-volume --size 0")
    assert (result.exit_code, result.notices) == (2, "slshell: 0 GiB is not a size\n  1 to 1024 GiB\n")


def test_volumes_are_listed_with_what_they_take_and_who_has_them(run: Run, served: ServedCloud) -> None:
    served.put(instance(7))
    have(served, 1, tag="data", origin="a clone of x")
    have(served, 2, state=VolumeState.ATTACHED, instance_id=7, device="/dev/vdc")
    have(served, 3, state=VolumeState.DELETED)
    rows = [line.split("  ") for line in run("describe-volumes").output.splitlines()[1:]]
    cells = [[cell.strip() for cell in row if cell.strip()] for row in rows]
    assert [row[0] for row in cells] == [FIRST, SECOND]
    assert cells[0][1:5] == ["data", "5G", "3M", "available"]
    assert cells[1][1:7] == ["disk-2", "5G", "3M", "attached", "7", "/dev/vdc?"]
    assert run("volumes --instance vm-7 -q").output == f"{SECOND}\n"
    assert len(json.loads(run("volumes --all -o json").output)) == 3


def test_a_listing_is_filtered_by_any_field(run: Run, served: ServedCloud) -> None:
    have(served, 1, tag="web-data")
    have(served, 2, tag="db-data")
    assert run("volumes -f tag:^db -q").output == f"{SECOND}\n"
    assert run("volumes -f tag:data -f id:^00000001 -q").output == f"{FIRST}\n"
    assert run("volumes -f nonsense:x").exit_code == ExitCode.USAGE
    assert "not a regular expression" in run("volumes -f 'tag:('").notices


def test_a_listing_warns_of_a_disk_that_fills_up(run: Run, served: ServedCloud) -> None:
    served.volumes.storage = msgspec.structs.replace(served.volumes.storage, warning="the disk fills up: 2 %")
    result = run("volumes -o json")
    assert (result.output, result.notices) == ("[]\n", "warning: the disk fills up: 2 %\n")


@pytest.mark.parametrize("word", [FIRST, FIRST[:8], "disk-1"])
def test_a_uuid_its_beginning_or_a_tag_names_a_volume(run: Run, served: ServedCloud, word: str) -> None:
    have(served, 1)
    have(served, 2)
    assert run(f"update-volume {word} --tag new -q").output == f"{FIRST}\n"


def test_a_word_for_several_volumes_names_them_all_and_changes_none(run: Run, served: ServedCloud) -> None:
    have(served, 1, tag="same")
    have(served, 2, tag="same")
    result = run("update-volume same --tag new")
    assert result.exit_code == ExitCode.CONFLICT
    assert "“same” stands for 2 volumes" in result.notices
    assert FIRST in result.notices
    assert SECOND in result.notices
    assert run("update-volume 0000 --tag new").exit_code == ExitCode.CONFLICT


def test_a_tag_goes_before_the_beginning_of_a_uuid(run: Run, served: ServedCloud) -> None:
    have(served, 1)
    have(served, 2, tag="00000001")
    assert run("update-volume 00000001 --public -q").output == f"{SECOND}\n"


def test_an_unknown_volume_is_answered_with_the_nearest_tag(run: Run, served: ServedCloud) -> None:
    have(served, 1, tag="mydata")
    result = run("clone-volume mydat")
    assert result.exit_code == ExitCode.NOT_FOUND
    assert "mydata" in result.notices


def test_tag_and_visibility_are_sent_as_said(run: Run, served: ServedCloud) -> None:
    one = have(served)
    assert run("update-volume disk-1").exit_code == ExitCode.USAGE
    assert run("update-volume disk-1 --public").exit_code == 0
    [body] = sent(served, "PATCH", f"/v1/volumes/{one}")
    assert msgspec.json.decode(body, type=VolumeUpdate) == VolumeUpdate(visibility=Visibility.PUBLIC)


def test_deleting_asks_with_what_is_lost_and_how_long_it_is_kept(run: Run, served: ServedCloud) -> None:
    have(served, snapshots=(kept(1, "a"), kept(2, "b")))
    asked: list[Question] = []
    result = run("delete-volume disk-1", agrees=True, asked=asked)
    assert result.output == f"DELETED {FIRST}\n"
    assert asked[0].text == "Delete this volume; it can be brought back for 1 d 0 h?"
    assert asked[0].losses[0].startswith(f"{FIRST} disk-1 (5G, 3M of it used, 2 snapshots, made ")
    assert state_of(served) is VolumeState.DELETED


def test_deleting_where_nothing_is_kept_is_for_good(run: Run, served: ServedCloud) -> None:
    have(served, 1)
    have(served, 2)
    served.volumes.storage = msgspec.structs.replace(served.volumes.storage, quarantine_s=0)
    asked: list[Question] = []
    run(f"delete-volume {FIRST} {SECOND}", agrees=False, asked=asked)
    assert asked[0].text == "Delete these 2 volumes for good?"
    assert state_of(served) is VolumeState.AVAILABLE


def test_deleting_wants_yes_where_nobody_can_be_asked(run: Run, served: ServedCloud) -> None:
    have(served)
    refused = run("delete-volume disk-1")
    assert (refused.exit_code, state_of(served)) == (ExitCode.USAGE, VolumeState.AVAILABLE)
    assert "--yes" in refused.notices
    assert run("delete-volume disk-1 --yes").output == f"DELETED {FIRST}\n"


def test_one_refusal_does_not_stop_the_others(run: Run, served: ServedCloud) -> None:
    have(served, 1)
    have(served, 2)
    served.failures[f"/v1/volumes/{FIRST}"] = NotAllowed(f"Not enough rights to delete disk {FIRST}")
    result = run(f"delete-volume {FIRST} {SECOND} nowhere --yes")
    assert (result.exit_code, result.output) == (ExitCode.NOT_ALLOWED, f"DELETED {SECOND}\n")
    assert "Not enough rights" in result.notices
    assert "there is no volume “nowhere”" in result.notices


def test_quarantine_is_listed_with_its_space(run: Run, served: ServedCloud) -> None:
    assert "nothing is in quarantine" in (told := run("quarantine")).notices + told.output
    have(served, 1, state=VolumeState.DELETED, purge_at=MOMENT, origin="the root disk of instance 3")
    have(served, 2)
    result = run("quarantine")
    assert result.notices == "3M in quarantine, kept for 1 d 0 h\n"
    assert "kept until 2026-01-02 03:04; the root disk of instance 3" in result.output
    assert SECOND not in result.output


def test_a_deleted_volume_is_meant_where_a_living_one_has_its_tag(run: Run, served: ServedCloud) -> None:
    have(served, 1, tag="data", state=VolumeState.DELETED)
    have(served, 2, tag="data")
    assert run("undelete-volume data").output == f"RESTORED {FIRST} data\n"
    have(served, 1, tag="data", state=VolumeState.DELETED)
    assert run("quarantine purge data --yes").output == f"PURGED {FIRST}\n"
    assert state_of(served, 2) is VolumeState.AVAILABLE


def test_what_cannot_be_brought_back_says_why_and_stays(run: Run, served: ServedCloud) -> None:
    have(served, state=VolumeState.DELETED)
    served.volumes.ends["undelete"] = {"reason": "the image is gone"}
    result = run("undelete-volume disk-1")
    assert result.exit_code == ExitCode.CONFLICT
    assert "bringing disk-1 back did not work: the image is gone" in result.notices


def deleted(served: ServedCloud, number: int, minutes: int, **changes: Any) -> None:
    """Put a volume into quarantine these minutes ago."""
    moment = datetime.now(UTC) - timedelta(minutes=minutes)
    have(served, number, state=VolumeState.DELETED, deleted_at=moment, **changes)


def test_undo_brings_back_what_was_deleted_last(run: Run, served: ServedCloud) -> None:
    deleted(served, 1, 30)
    deleted(served, 2, 5)
    result = run("undo")
    assert result.output == f"RESTORED {SECOND} disk-2\n"
    assert "disk-2 was deleted 5 min ago" in result.notices
    assert (state_of(served, 1), state_of(served, 2)) == (VolumeState.DELETED, VolumeState.AVAILABLE)


def test_undo_of_several_takes_the_newest_first_and_says_when_there_are_fewer(
    run: Run, served: ServedCloud
) -> None:
    deleted(served, 1, 30)
    deleted(served, 2, 5)
    result = run("undo -n 3")
    assert result.output == f"RESTORED {SECOND} disk-2\nRESTORED {FIRST} disk-1\n"
    assert "the quarantine holds only 2" in result.notices


def test_undo_says_what_of_a_machine_cannot_come_back(run: Run, served: ServedCloud) -> None:
    deleted(served, 1, 5, tag="web", origin="the root disk of instance 3 (web)")
    result = run("undo")
    assert result.output == f"RESTORED {FIRST} web\n"
    words = " ".join(result.notices.split())
    assert "web is the root disk of instance 3 (web), which was killed 5 min ago" in words
    assert "its memory, its swap and volatile disks cannot be brought back" in words


def test_undo_with_an_empty_quarantine_says_why(run: Run, served: ServedCloud) -> None:
    have(served, 1)
    result = run("undo")
    assert result.exit_code == ExitCode.NOT_FOUND
    assert "there is nothing to undo" in result.notices
    assert "the quarantine is empty" in result.notices


def test_purging_asks_and_takes_only_what_is_deleted(run: Run, served: ServedCloud) -> None:
    have(served, 1, state=VolumeState.DELETED)
    have(served, 2)
    assert run("quarantine purge").exit_code == ExitCode.USAGE
    asked: list[Question] = []
    assert run("quarantine purge --all", agrees=False, asked=asked).exit_code == ExitCode.FAILED
    assert (asked[0].text, len(asked[0].losses)) == ("Purge this for good?", 1)
    assert state_of(served) is VolumeState.DELETED
    assert run("quarantine purge --all --yes").output == f"PURGED {FIRST}\n"
    assert state_of(served, 2) is VolumeState.AVAILABLE


def test_growing_tells_the_new_size(run: Run, served: ServedCloud) -> None:
    have(served)
    assert run("resize-volume disk-1 --size 8").output == f"RESIZED {FIRST} to 8 GiB\n"


def test_a_volume_that_did_not_grow_is_told(run: Run, served: ServedCloud) -> None:
    have(served)
    served.volumes.ends["resize"] = {"reason": "no space left"}
    result = run("resize-volume disk-1 --size 8")
    assert result.exit_code == ExitCode.CONFLICT
    assert "the volume did not grow: no space left" in result.notices


def test_a_clone_is_a_new_disk_of_a_volume_or_of_a_snapshot(run: Run, served: ServedCloud) -> None:
    have(served)
    assert run("clone-volume disk-1 --snapshot before --size 9 --tag copy").output == f"DISK {SECOND}\n"
    request = msgspec.json.decode(sent(served, "POST", "/v1/volumes")[0], type=VolumeRequest)
    assert (request.source, request.snapshot, request.size_gib, request.tag) == (FIRST, "before", 9, "copy")


def test_snapshots_are_taken_listed_gone_back_to_and_forgotten(run: Run, served: ServedCloud) -> None:
    have(served)
    assert run("create-snapshot disk-1 before").output == f"SNAPSHOT before of {FIRST}\n"
    assert run("snapshots -q").output == "before\n"
    [row] = json.loads(run("snapshots disk-1 -o json").output)
    assert (row["volume_id"], row["name"], row["size_bytes"]) == (FIRST, "before", 5 * GIB)
    back = run("revert-volume disk-1 before")
    assert back.output == f"REVERTED {FIRST}; what it held is kept as before-1\n"
    asked: list[Question] = []
    gone = run("delete-snapshot disk-1 before nosuch", agrees=True, asked=asked)
    assert asked[0].losses == ("snapshot before of disk-1", "snapshot nosuch of disk-1")
    assert gone.output == f"FORGOTTEN 1 of 2 snapshots of {FIRST}\n"
    assert (gone.exit_code, "no snapshot “nosuch”" in gone.notices) == (ExitCode.NOT_FOUND, True)
    assert run("snapshots -q").output == "before-1\n"


def test_a_snapshot_that_was_not_taken_says_why(run: Run, served: ServedCloud) -> None:
    have(served, snapshots=(kept(1, "older"),))
    served.volumes.ends["snapshot"] = {"reason": "the disk is full"}
    result = run("snapshot-volume disk-1")
    assert result.exit_code == ExitCode.CONFLICT
    assert "no snapshot was taken: the disk is full" in result.notices


def test_a_revert_that_did_not_work_says_why(run: Run, served: ServedCloud) -> None:
    have(served, snapshots=(kept(1, "older"),))
    served.volumes.ends["revert"] = {"reason": "a layer is missing"}
    result = run("revert-volume disk-1 older")
    assert result.exit_code == ExitCode.CONFLICT
    assert "the volume did not go back: a layer is missing" in result.notices
    assert "REVERTED" not in result.output


def test_a_holder_is_named_where_a_volume_is_in_use(run: Run, served: ServedCloud) -> None:
    have(served, state=VolumeState.ATTACHED, instance_id=7)
    served.failures[f"/v1/volumes/{FIRST}"] = Conflict(
        f"volume {FIRST} is held by instance 7", hint="detach it there first"
    )
    result = run("delete-volume disk-1 --yes")
    assert result.notices == f"slshell: volume {FIRST} is held by instance 7\n  detach it there first\n"
    assert result.exit_code == ExitCode.CONFLICT


def test_a_hostile_tag_cannot_steer_the_terminal(run: Run, served: ServedCloud) -> None:
    have(served, tag="\x1b[2Jgone\u202e")
    assert "\\x1b[2Jgone\\u202e" in run("volumes").output
    asked: list[Question] = []
    result = run(f"undelete-volume {FIRST}", agrees=True, asked=asked)
    assert "\x1b" not in result.output + result.notices
