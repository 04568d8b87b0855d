"""Every command against its transcript: table, JSON and errors, exactly."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path

import click
import pytest
import time_machine

from slshell import __version__
from slshell.cli import program
from slshell.client import local
from slshell.commands import doctor
from slshell.commands.checks import Check, CheckState
from slshell.commands.context_files import template_folder
from slshell.commands.manual import pages
from slshell.dashboard import browser
from slshell.metadata import certificates
from slshell.model.event import Job, JobState, Severity
from slshell.model.instance import State
from slshell.model.volume import VolumeState
from slshell.ssh import guest_disks
from tests.unit.client.served import MOMENT, appliance, event, instance
from tests.unit.client.served_things import cached_images
from tests.unit.client.storing import StoringCloud, snapshot, volume
from tests.unit.commands.test_listings import HOSTS
from tests.unit.commands.transcripts import Answer, complaints, lines_of, played, starter

FOLDER = Path(__file__).parent / "golden"
METADATA = Path(__file__).parents[1] / "metadata" / "golden"
MADE = ("*.pem", "*.xml", "*.orig*")
"""Files that commands write beside those that are given."""
WRITE = bool(os.environ.get("WRITE_GOLDEN"))
HOW = "WRITE_GOLDEN=1 .venv/bin/python -m pytest tests/unit/commands/test_golden.py -q -n 0"
COMMANDS = sorted(page.name.removeprefix("slshell ") for page in pages(program()) if page.danger is not None)


@pytest.fixture(autouse=True)
def stopped_clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """It is an hour after the machines were made, everywhere and for ever."""
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(MOMENT.timestamp())))
    with time_machine.travel(MOMENT + timedelta(hours=1), tick=False):
        yield


@pytest.fixture
def served(own_settings: Path) -> Iterator[StoringCloud]:
    """A cloud that has volumes too, and does at once what it is asked."""
    with StoringCloud(own_settings / "d") as cloud:
        yield cloud


@pytest.fixture(autouse=True)
def quiet_world(monkeypatch: pytest.MonkeyPatch) -> None:
    """What depends on this computer is given: what `doctor` finds, and a daemon that ends at once."""
    checks = [
        Check(name="kvm", state=CheckState.MISSING, needed=False, found="no /dev/kvm", remedy="see the BIOS"),
        Check(name="qemu", state=CheckState.PRESENT, needed=True, found="8.2", remedy=""),
    ]
    monkeypatch.setattr(doctor, "all_checks", lambda home, environ: checks)
    monkeypatch.setattr(browser, "listen", lambda port: None)
    monkeypatch.setattr(browser, "DashboardServer", EndedServer)
    monkeypatch.setattr(guest_disks, "ask", lambda machine, keys: {})
    monkeypatch.setattr(local, "wait_stopped", lambda home, daemon, timeout_s=0.0: None)


class EndedServer:
    """Serves the dashboard to a browser for no time at all."""

    address = "http://127.0.0.1:4000/"

    def __init__(self, name: str, listener: None) -> None:
        pass

    async def run(self, ready: Callable[[], None]) -> None:
        ready()


def fill(served: StoringCloud, home: Path) -> None:
    """The same cloud before every line."""
    served.revision = 1
    served.instances.clear()
    served.events.clear()
    served.jobs.clear()
    served.appliances = [appliance()]
    served.appliances.append(appliance("mine", id="C" * 27, origin="mine.vmdk"))
    served.images = cached_images()
    served.hosts = HOSTS
    served.put(instance(1, name="web"))
    served.put(instance(2, name="db", state=State.PROLOG, reachable=False, progress="image 40 %"))
    served.put(
        instance(3, name="cache", state=State.UNKNOWN, reachable=False, reason="it powered itself off")
    )
    served.put(instance(4, name="old", state=State.DONE, reachable=False, reason="killed"))
    served.put(event(1, "machine 1 is Running"))
    served.put(event(2, "machine 3 is off", severity=Severity.WARNING, instance_id=3))
    served.put(
        Job(
            id=7, kind="run", state=JobState.FAILED, step="image", attempts=2, error="no space",
            created_at=MOMENT, updated_at=MOMENT, instance_id=2,
        )
    )  # fmt: skip
    served.stored.clear()
    served.keep(volume(1, snapshots=(snapshot("before"),)))
    served.keep(volume(2, state=VolumeState.ATTACHED, instance_id=1, device="/dev/vdc", tag="scratch"))
    served.keep(volume(3, state=VolumeState.DELETED, purge_at=MOMENT + timedelta(days=1), tag="gone"))
    served.keep(volume(4, state=VolumeState.RECEIVING, tag="half"))
    (served.home / "daemon.log").write_text("listening\nready\n")
    (home / "image.raw").write_bytes(b"\0" * 1024)
    for made in ("out.qcow2", *(path.name for pattern in MADE for path in home.glob(pattern))):
        (home / made).unlink(missing_ok=True)
    for name in ("signed-modern", "unsigned"):
        shutil.copy(METADATA / f"{name}.xml", home / f"{name}.xml")
    (home / "me.pem").write_bytes(_signer())
    (home / "lines.sl").write_text(
        "instances --state Unknown -q\nexport X=web; instances $X --columns id,name\n"
    )
    (home / "web.yaml").write_text("#cloud-config\npackages: [git]\n")
    shutil.rmtree(template_folder(os.environ), ignore_errors=True)
    template_folder(os.environ).mkdir(parents=True)
    (template_folder(os.environ) / "web").write_text("#cloud-config\npackages: [git]\n")
    (home / "files").mkdir(exist_ok=True)
    (home / "files" / "a.txt").write_text("a\n")
    (home / ".ssh").mkdir(exist_ok=True)
    (home / ".ssh" / "id_ed25519.pub").write_text(
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBfRkHKjJyD4SjGRhO4QFVhSVJl1RnOjYrvLJb0b1aQv me\n"
    )


def answers(lines: list[str], served: StoringCloud, home: Path) -> list[Answer]:
    found = []
    for line in lines:
        fill(served, home)
        found.append(played(line, served, lambda text: _steady(text, home)))
    return found


@cache
def _signer() -> bytes:
    """A certificate with its key."""
    signer = certificates.make(email="images@example.org", name="me", kind="ec", days=365, now=MOMENT)
    return certificates.certificate_pem(signer) + certificates.key_pem(signer, None)


def _steady(text: str, home: Path) -> str:
    """Without what differs between runs and versions."""
    return text.replace(str(home), "HOME").replace(f"slshell {__version__}", "slshell VERSION")


def test_every_transcript_is_of_a_command() -> None:
    assert {path.stem.replace("_", " ") for path in FOLDER.glob("*.txt")} <= {*COMMANDS}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_answers_as_its_transcript_says(
    command: str, served: StoringCloud, own_settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = FOLDER / f"{command.replace(' ', '_')}.txt"
    monkeypatch.chdir(own_settings)
    if not path.exists() and not WRITE:
        pytest.fail(f"{command} has no transcript {path.name}. This makes one:\n  {HOW}")
    lines = lines_of(path) if path.exists() else starter(command)
    found = answers(lines, served, own_settings)
    text = "\n".join(answer.text() for answer in found)
    if WRITE:
        FOLDER.mkdir(exist_ok=True)
        path.write_text(text)
    missing = complaints(command, found)
    assert not missing, f"{path.name} lacks {'; '.join(missing)}. Edit its lines, then:\n  {HOW}"
    assert text == path.read_text(), f"if that is meant, write it anew and look at the difference:\n  {HOW}"


def test_a_transcript_that_shows_too_little_is_told() -> None:
    works, fails = Answer("x", "", "", 0), Answer("x -z", "", "", 2)
    assert complaints("x", [works, Answer("x -o json", "[]", "", 0), fails]) == []
    assert len(complaints("x", [])) == 3
    assert complaints("x", [fails, Answer("x -o json", "", "", 0)])[0].startswith("a line of x that works")


def test_groups_have_no_transcript_of_their_own() -> None:
    root = program()
    context = click.Context(root, info_name="slshell")
    assert isinstance(root.get_command(context, "cloud"), click.Group)
    assert "cloud" not in COMMANDS
