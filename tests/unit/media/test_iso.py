"""Discs of folders: the same for the same folder, with all names, or refused in words."""

from __future__ import annotations

import io
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pycdlib
import pytest

from slshell.media import iso
from slshell.model.errors import UsageError

UNICODE = [
    "größe.txt",
    "犬.txt",
    "собака",
    "naïve café.txt",
    "a b.txt",
    "no extension",
    "UPPER.TXT",
    ".hidden",
]
DAY = 86_400
WHEN = 1_700_000_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Animals."""
    made = tmp_path / "fauna"
    (made / "animals" / "wild").mkdir(parents=True)
    (made / "animals" / "dog.txt").write_text("woof\n")
    (made / "animals" / "wild" / "lynx.txt").write_text("…\n")
    (made / "run.sh").write_text("#!/bin/sh\n")
    (made / "run.sh").chmod(0o755)
    (made / "empty").mkdir()
    (made / "nothing").touch()
    return made


def settled(folder: Path) -> None:
    """Let everything below have been changed at the same moment."""
    for path in folder.rglob("*"):
        os.utime(path, (WHEN, WHEN))


def disc(folder: Path, label: str = "STATIC") -> Path:
    """The image of a folder."""
    image = folder.with_name(f"{label}-{folder.name}.iso")
    iso.make(folder, image, label)
    return image


def listed(image: Path, kind: str) -> dict[str, bytes | None]:
    """Everything on a disc by one kind of names (`rr_path` or `joliet_path`): content, None for folders."""
    found: dict[str, bytes | None] = {}
    opened = pycdlib.PyCdlib()
    opened.open(str(image))
    for place, folders, files in opened.walk(**{kind: "/"}):
        base = place.rstrip("/")
        found |= {f"{base}/{name}": None for name in folders}
        for name in files:
            content = io.BytesIO()
            opened.get_file_from_iso_fp(content, **{kind: f"{base}/{name}"})
            found[f"{base}/{name}"] = content.getvalue()
    opened.close()
    return found


def held(folder: Path) -> dict[str, bytes | None]:
    """The same of a folder."""
    return {
        f"/{path.relative_to(folder)}": None if path.is_dir() else path.read_bytes()
        for path in folder.rglob("*")
    }


def refused(folder: Path, match: str, label: str = "STATIC") -> UsageError:
    """The refusal of a folder, of which no image stays."""
    image = folder.with_name("refused.iso")
    with pytest.raises(UsageError, match=match) as caught:
        iso.make(folder, image, label)
    assert not image.exists()
    return caught.value


@pytest.mark.parametrize("kind", ["rr_path", "joliet_path"])
def test_a_disc_holds_what_the_folder_holds(folder: Path, kind: str) -> None:
    assert listed(disc(folder), kind) == held(folder)


@pytest.mark.parametrize("kind", ["rr_path", "joliet_path"])
def test_names_of_all_languages_are_kept(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "names"
    folder.mkdir()
    for name in UNICODE:
        (folder / name).write_text(name)
    assert listed(disc(folder), kind) == held(folder)


@pytest.mark.parametrize("kind", ["rr_path", "joliet_path"])
def test_a_deep_tree_is_kept(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "deep"
    (folder / "/".join(f"level-{number}" for number in range(12))).mkdir(parents=True)
    for number, path in enumerate(sorted(folder.rglob("*"))):
        (path / "file").write_text(str(number))
    assert listed(disc(folder), kind) == held(folder)


@pytest.mark.parametrize("kind", ["rr_path", "joliet_path"])
def test_many_files_and_large_ones_are_kept(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(300):
        (folder / f"file-{number}.txt").write_text(str(number))
    (folder / "large").write_bytes(os.urandom(3 << 20))
    assert listed(disc(folder), kind) == held(folder)


def test_the_same_folder_gives_the_same_disc_wherever_and_in_whatever_order_it_was_filled(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "elsewhere" / "fauna"
    other.mkdir(parents=True)
    for path in sorted(folder.rglob("*"), reverse=True):
        copy = other / path.relative_to(folder)
        if path.is_dir():
            copy.mkdir(parents=True, exist_ok=True)
        else:
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
            copy.chmod(path.stat().st_mode)
    settled(folder)
    settled(other)
    first = disc(folder).read_bytes()
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    assert disc(other).read_bytes() == first


def test_other_content_gives_another_disc(folder: Path) -> None:
    settled(folder)
    first = disc(folder).read_bytes()
    (folder / "animals" / "dog.txt").write_text("meow\n")
    settled(folder)
    assert disc(folder).read_bytes() != first


def test_the_owner_and_the_rights_of_others_do_not_matter(folder: Path) -> None:
    settled(folder)
    first = disc(folder).read_bytes()
    (folder / "animals" / "dog.txt").chmod(0o640)
    assert disc(folder).read_bytes() == first


def test_everybody_reads_a_disc_and_what_runs_stays_runnable(folder: Path) -> None:
    opened = pycdlib.PyCdlib()
    opened.open(str(disc(folder)))
    records: dict[str, Any] = {
        name: opened.get_record(rr_path=name) for name in ("/run.sh", "/nothing", "/animals")
    }
    modes = {name: record.rock_ridge.get_file_mode() for name, record in records.items()}
    opened.close()
    assert modes == {"/run.sh": 0o100555, "/nothing": 0o100444, "/animals": 0o040555}


@pytest.mark.parametrize("label", ["A", "animals_2026-01", "X" * 16])
def test_the_label_is_on_the_disc(folder: Path, label: str) -> None:
    image = disc(folder, label).read_bytes()
    assert image[32808:32840] == label.encode().ljust(32)


@pytest.mark.parametrize("label", ["", "X" * 17, "a b", "x/y", "ü", "a\n", "$(x)"])
def test_a_label_that_cannot_be_is_refused(folder: Path, label: str) -> None:
    assert "letters, digits" in refused(folder, "cannot label a disc", label).hint


def test_a_folder_that_is_missing_empty_or_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    refused(tmp_path / "empty", "is empty")
    refused(tmp_path / "missing", "there is no folder")
    refused(tmp_path / "file", "there is no folder")


def _socket(at: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(os.path.relpath(at))


ODD: dict[str, Callable[[Path], Any]] = {
    "a symlink to a file": lambda at: at.symlink_to("/etc/passwd"),
    "a symlink to a folder": lambda at: at.symlink_to("/etc"),
    "a dangling symlink": lambda at: at.symlink_to("nowhere"),
    "a pipe": os.mkfifo,
    "a socket": _socket,
}


@pytest.mark.parametrize("what", ODD)
def test_what_is_neither_file_nor_folder_is_refused_and_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.chdir(folder)
    ODD[what](folder / "animals" / "odd")
    assert "odd" in refused(folder, "neither a file nor a folder").message


def test_a_name_that_is_too_long_is_refused_and_one_that_just_fits_is_not(folder: Path) -> None:
    (folder / ("x" * 64)).write_text("fits")
    assert listed(disc(folder), "joliet_path") == held(folder)
    for name in ("y" * 65, "🦊" * 17):
        (folder / name).touch()
        refused(folder, "too long")
        (folder / name).unlink()
    (folder / ("🦊" * 16)).write_text("fits")
    assert listed(disc(folder), "joliet_path") == held(folder)


def test_a_file_that_cannot_be_read_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = folder / "nothing"
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != closed and access(path, mode))
    refused(folder, "nothing cannot be read")


def test_a_name_that_is_no_text_is_refused(folder: Path) -> None:
    (folder / "bad\udcffname").touch()
    assert "bad\\udcffname" in refused(folder, "is no text").message


@pytest.mark.parametrize("name", ["new\nline", "tab\tname", "semi;1", "back\\slash", "a:b*c?"])
def test_an_odd_name_is_kept(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    (folder / name).write_text("x")
    assert listed(disc(folder), "rr_path") == held(folder)
