"""Copying to and from a real SSH server, with SFTP and without: what arrives, resumes, and is refused."""

from __future__ import annotations

import errno
import os
import stat
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from slshell.model.errors import CloudUnreachable, Conflict, NoCapacity, NotFound, SlshellError, UsageError
from slshell.ssh import transfer
from slshell.ssh.connection import connected
from slshell.ssh.remote_sides import SftpSide, ShellSide, machine_side
from slshell.ssh.sides import Here, Side
from slshell.ssh.transfer import Copier, Done, Wishes
from tests.unit.ssh import server as ssh_server
from tests.unit.ssh import sftp
from tests.unit.ssh.server import SshServer

LARGE = os.urandom(1 << 20) * 3 + b"end"


@pytest.fixture(params=["sftp", "shell"])
def there(
    request: pytest.FixtureRequest, machine: SshServer, identity: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Side]:
    """The server as a side, with and without SFTP."""
    if request.param == "sftp":
        monkeypatch.setattr(ssh_server._Account, "check_channel_subsystem_request", sftp.serve, raising=False)
    with connected(machine.instance(), identities=[identity], allow_agent=False) as transport:
        side = machine_side(transport, "vm")
        assert isinstance(side, SftpSide if request.param == "sftp" else ShellSide)
        yield side


@pytest.fixture
def here() -> Side:
    return Here()


def copy(source: Side, what: Path | str, target: Side, where: Path | str, **wishes: bool) -> Done:
    return Copier(source, target, Wishes(**wishes), lambda path, done, total: None).copy(
        str(what), str(where)
    )


def wait_until(true: Callable[[], bool]) -> None:
    """The server writes in its own time."""
    deadline = time.monotonic() + 20.0
    while not true():
        assert time.monotonic() < deadline
        threading.Event().wait(0.01)


def tree(folder: Path) -> Path:
    """A folder with what folders hold."""
    (folder / "sub" / "empty").mkdir(parents=True)
    (folder / "large.bin").write_bytes(LARGE)
    (folder / "nothing").write_bytes(b"")
    (folder / "sub" / "-dash 'quote' über").write_bytes(b"odd name\n")
    (folder / "sub" / "run.sh").write_text("#!/bin/sh\n")
    (folder / "sub" / "run.sh").chmod(0o750)
    (folder / "sub" / "link").symlink_to("../large.bin")
    os.utime(folder / "nothing", (1_000_000_000, 1_000_000_000))
    (folder / "sub").chmod(0o555)
    return folder


def seen(folder: Path) -> dict[str, object]:
    """All of a folder that a copy keeps."""
    found: dict[str, object] = {}
    for path in sorted(folder.rglob("*")):
        about = path.lstat()
        what: object = path.readlink() if path.is_symlink() else path.is_dir() or path.read_bytes()
        times = 0 if path.is_symlink() else int(about.st_mtime)
        found[str(path.relative_to(folder))] = (what, stat.S_IMODE(about.st_mode), times)
    return found


@pytest.mark.parametrize("to_machine", [True, False])
def test_a_folder_arrives_whole(tmp_path: Path, here: Side, there: Side, to_machine: bool) -> None:
    source, target = (here, there) if to_machine else (there, here)
    original = tree(tmp_path / "original")
    (tmp_path / "into").mkdir()
    done = copy(source, original, target, tmp_path / "into")
    assert seen(tmp_path / "into" / "original") == seen(original)
    assert (done.files, done.left_out, done.checked) == (4, [], "sha256")
    again = copy(source, original, target, tmp_path / "into")
    assert (again.files, again.unchanged) == (0, 4)
    copy(source, original, target, tmp_path / "named")
    assert seen(tmp_path / "named") == seen(original)


def test_a_file_goes_into_a_folder_or_takes_a_name(tmp_path: Path, here: Side, there: Side) -> None:
    (tmp_path / "a").write_bytes(b"one")
    (tmp_path / "in").mkdir()
    assert copy(here, tmp_path / "a", there, tmp_path / "in").target == f"vm:{tmp_path}/in/a"
    copy(there, tmp_path / "in" / "a", here, tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == b"one"
    with pytest.raises(NotFound, match="no folder"):
        copy(here, tmp_path / "a", there, f"{tmp_path}/none/")
    with pytest.raises(NotFound, match="no folder"):
        copy(here, tmp_path / "a", there, tmp_path / "none" / "name")
    with pytest.raises(NotFound, match="there is no"):
        copy(there, tmp_path / "missing", here, tmp_path)


def test_what_differs_is_replaced_by_force_only(tmp_path: Path, here: Side, there: Side) -> None:
    (tmp_path / "new").write_bytes(b"new")
    (tmp_path / "old").write_bytes(b"old content")
    with pytest.raises(Conflict, match="different"):
        copy(here, tmp_path / "new", there, tmp_path / "old")
    assert (tmp_path / "old").read_bytes() == b"old content"
    copy(here, tmp_path / "new", there, tmp_path / "old", force=True)
    assert (tmp_path / "old").read_bytes() == b"new"
    (tmp_path / "same").write_bytes(b"new")
    os.utime(tmp_path / "same", (1, 1))
    assert copy(here, tmp_path / "new", there, tmp_path / "same").unchanged == 1


@pytest.mark.parametrize("to_machine", [True, False])
def test_a_copy_that_broke_off_goes_on_and_was_never_seen_half(
    tmp_path: Path, here: Side, there: Side, to_machine: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = (here, there) if to_machine else (there, here)
    original, goal = tmp_path / "large", tmp_path / "in"
    original.write_bytes(LARGE)
    goal.mkdir()

    def stop(path: str, done: int, total: int) -> None:
        if done > total // 2:
            wait_until(lambda: sum(path.stat().st_size for path in goal.iterdir()) > total // 3)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Copier(source, target, Wishes(), stop).copy(str(original), str(goal))
    [part] = goal.iterdir()
    assert part.name != "large"
    sent: list[int] = []
    done = Copier(source, target, Wishes(), lambda path, done, total: sent.append(done)).copy(
        str(original), str(goal)
    )
    assert sent[0] > len(LARGE) // 3
    assert [path.name for path in goal.iterdir()] == ["large"]
    assert (goal / "large").read_bytes() == LARGE
    assert done.checked == "sha256"


@pytest.mark.parametrize("to_machine", [True, False])
def test_a_damaged_part_is_found_and_not_put_in_place(
    tmp_path: Path, here: Side, there: Side, to_machine: bool
) -> None:
    source, target = (here, there) if to_machine else (there, here)
    original, goal = tmp_path / "large", tmp_path / "in"
    original.write_bytes(LARGE)
    goal.mkdir()
    entry = here.look(str(original))
    assert entry is not None
    Path(transfer._part_of(str(goal / "large"), entry)).write_bytes(b"x" * 1000)
    with pytest.raises(SlshellError, match="came out different"):
        copy(source, original, target, goal)
    assert list(goal.iterdir()) == []
    copy(source, original, target, goal)
    assert (goal / "large").read_bytes() == LARGE


def test_a_machine_that_goes_away_is_told_with_what_to_do(
    tmp_path: Path, here: Side, there: Side, machine: SshServer
) -> None:
    (tmp_path / "large").write_bytes(LARGE)
    (tmp_path / "in").mkdir()

    def cut(path: str, done: int, total: int) -> None:
        for session in machine.sessions:
            session.close()

    with pytest.raises(CloudUnreachable) as told:
        Copier(there, here, Wishes(), cut).copy(str(tmp_path / "large"), str(tmp_path / "in"))
    assert "same command" in told.value.hint
    assert "large" not in [path.name for path in (tmp_path / "in").iterdir()]


def test_without_checksums_sizes_are_compared_and_it_is_said(
    tmp_path: Path, here: Side, there: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_bytes(b"one")
    monkeypatch.setattr(there, "sums", lambda: ())
    done = copy(here, tmp_path / "a", there, tmp_path / "b")
    assert (done.files, done.checked) == (1, "")
    assert (tmp_path / "b").read_bytes() == b"one"


def test_a_full_disk_here_is_told_and_what_came_stays(
    tmp_path: Path, here: Side, there: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "large").write_bytes(LARGE)
    (tmp_path / "in").mkdir()
    real, written = os.write, [0]

    def full(descriptor: int, data: bytes) -> int:
        if Path(f"/proc/self/fd/{descriptor}").readlink().name.endswith(".part"):
            written[0] += 1
            if written[0] > 3:
                raise OSError(errno.ENOSPC, "No space left on device")
        return real(descriptor, data)

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(NoCapacity, match="the disk is full"):
        copy(there, tmp_path / "large", here, tmp_path / "in")
    [part] = (tmp_path / "in").iterdir()
    assert 0 < part.stat().st_size < len(LARGE)
    monkeypatch.setattr(os, "write", real)
    copy(there, tmp_path / "large", here, tmp_path / "in")
    assert (tmp_path / "in" / "large").read_bytes() == LARGE


def test_a_full_disk_there_is_told_in_the_machines_words(there: Side) -> None:
    if isinstance(there, ShellSide):
        with pytest.raises(SlshellError, match="No space left on device"):
            there.write("/dev/full", 1, [LARGE] * 10)


def test_devices_and_links_out_are_left_out(tmp_path: Path, here: Side, there: Side) -> None:
    source = tmp_path / "source"
    source.mkdir()
    os.mkfifo(source / "pipe")
    (source / "out").symlink_to("/etc/passwd")
    (source / "up").symlink_to("../secret")
    (source / "fine").write_bytes(b"fine")
    (source / "in").symlink_to("fine")
    done = copy(there, source, here, tmp_path / "target")
    assert {path.name for path in (tmp_path / "target").iterdir()} == {"fine", "in"}
    assert len(done.left_out) == 3
    with pytest.raises(UsageError, match="device"):
        copy(there, source / "pipe", here, tmp_path)


def test_modes_and_times_are_left_to_the_target_when_asked(tmp_path: Path, here: Side, there: Side) -> None:
    (tmp_path / "a").write_bytes(b"one")
    (tmp_path / "a").chmod(0o600)
    os.utime(tmp_path / "a", (1000, 1000))
    copy(here, tmp_path / "a", there, tmp_path / "b", preserve=False)
    about = (tmp_path / "b").stat()
    assert stat.S_IMODE(about.st_mode) & 0o444 == 0o444
    assert about.st_mtime > 10_000
