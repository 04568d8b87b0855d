"""Machines that lie about their files: nothing may land outside the folder that was named, or without end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pytest

from slshell.model.errors import Conflict, NoCapacity, SlshellError, UsageError
from slshell.ssh import sides, transfer
from slshell.ssh.sides import Entry, Here, Settled, Side, What
from slshell.ssh.transfer import Copier, Done, Wishes

FILE = Entry(what=What.FILE, size=4)
FOLDER = Entry(what=What.FOLDER, mode=0o755)
LINK = Entry(what=What.LINK)


class Liar(Side):
    """A machine that lists what it was told to; every file says "evil"."""

    name = "vm"

    def __init__(self, folders: dict[str, list[tuple[str, Entry]]], links: dict[str, str]) -> None:
        self._folders = folders
        self._links = links
        self.content: Iterable[bytes] = (b"evil",)

    def look(self, path: str, *, follow: bool = True) -> Entry | None:
        return FOLDER if path in self._folders else FILE

    def entries(self, folder: str) -> Iterator[tuple[str, Entry]]:
        yield from self._folders.get(folder, [])

    def link_text(self, path: str) -> str:
        return self._links[path]

    def read(self, path: str, offset: int) -> Iterator[bytes]:
        yield from self.content

    def sums(self) -> tuple[str, ...]:
        return ()

    def digests(self, kind: str, paths: Sequence[str]) -> list[str]:
        raise AssertionError

    def write(self, path: str, offset: int, blocks: Iterable[bytes]) -> None:
        raise AssertionError

    def make_folder(self, path: str) -> None:
        raise AssertionError

    def make_link(self, text: str, path: str) -> None:
        raise AssertionError

    def settle(self, parts: Sequence[Settled]) -> None:
        raise AssertionError

    def finish_folder(self, path: str, mode: int | None, mtime: int | None) -> None:
        raise AssertionError

    def remove(self, path: str) -> None:
        raise AssertionError

    def refuse_full(self, folder: str, size: int) -> None:
        raise AssertionError


def fetch(liar: Liar, into: Path, *, force: bool = False) -> Done:
    return Copier(liar, Here(), Wishes(force=force), lambda path, done, total: None).copy("/top", str(into))


@pytest.mark.parametrize(
    "name", ["..", ".", "", "../out", "/etc/passwd", "a/b", "a\0b", "a\x1b[2Jb", "a\nb", "\x9b1m", "\udcff"]
)
def test_a_name_that_is_none_is_left_out_and_told(tmp_path: Path, name: str) -> None:
    for entry in (FILE, FOLDER, LINK):
        folder = tmp_path / str(entry.what)
        folder.mkdir()
        liar = Liar({"/top": [(name, entry), ("fine", FILE)]}, {f"/top/{name}": "fine"})
        done = fetch(liar, folder / "got")
        assert [path.name for path in folder.rglob("*")] == ["got", "fine"]
        assert len(done.left_out) == 1


def test_a_link_and_a_folder_of_one_name_do_not_lead_out(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    for order in (1, -1):
        listing = [("a", LINK), ("a", FOLDER)][::order]
        liar = Liar({"/top": listing, "/top/a": [("planted", FILE)]}, {"/top/a": str(outside)})
        fetch(liar, tmp_path / f"got{order}", force=True)
        assert list(outside.iterdir()) == []


def test_a_link_that_is_there_already_is_not_written_through(tmp_path: Path) -> None:
    outside, got = tmp_path / "outside", tmp_path / "got"
    for folder in (outside, got):
        folder.mkdir()
    (got / "top").mkdir()
    (got / "top" / "a").symlink_to(outside)
    (outside / "kept").write_bytes(b"mine")
    (got / "top" / "b").symlink_to(outside / "kept")
    liar = Liar({"/top": [("a", FOLDER)], "/top/a": [("planted", FILE)]}, {})
    with pytest.raises(Conflict, match="no folder"):
        fetch(liar, got, force=True)
    fetch(Liar({"/top": [("b", FILE)]}, {}), got, force=True)
    assert (outside / "kept").read_bytes() == b"mine"
    assert (got / "top" / "b").read_bytes() == b"evil"
    assert [path.name for path in outside.iterdir()] == ["kept"]


@pytest.mark.parametrize(
    ("text", "depth", "out"),
    [
        ("fine", 0, False),
        ("../fine", 1, False),
        ("../../fine", 2, False),
        ("./sub//deep", 0, False),
        ("", 0, True),
        ("/etc/passwd", 3, True),
        ("..", 0, True),
        ("../../x", 1, True),
        ("sub/../../x", 5, True),
        ("loop/..", 5, True),
        ("a\x1bb", 0, True),
    ],
)
def test_links_that_could_lead_above_the_top_are_known(text: str, depth: int, out: bool) -> None:
    assert transfer._leads_out(text, depth) is out


def test_a_chain_of_links_does_not_lead_out(tmp_path: Path) -> None:
    """`here` is harmless, and so is `x/../x`; `here/..` of both would be the folder above."""
    listing = [("x", FOLDER)]
    inner = [("here", LINK), ("out", LINK)]
    links = {"/top/x/here": ".", "/top/x/out": "here/../.."}
    fetch(Liar({"/top": listing, "/top/x": inner}, links), tmp_path / "got")
    for path in (tmp_path / "got").rglob("*"):
        assert path.resolve().is_relative_to(tmp_path / "got")


def test_a_file_that_never_ends_is_cut_at_the_size_that_was_told(tmp_path: Path) -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b"evil" * 1000

    liar = Liar({"/top": [("a", FILE)]}, {})
    liar.content = endless()
    fetch(liar, tmp_path / "got")
    assert (tmp_path / "got" / "a").read_bytes() == b"evil"


def test_a_file_that_ends_early_is_not_put_in_place(tmp_path: Path) -> None:
    liar = Liar({"/top": [("a", FILE)]}, {})
    liar.content = (b"ev",)
    with pytest.raises(SlshellError, match="shorter"):
        fetch(liar, tmp_path / "got")
    assert not (tmp_path / "got" / "a").exists()


def test_more_than_fits_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    liar = Liar({"/top": [("a", Entry(what=What.FILE, size=1 << 60))]}, {})
    with pytest.raises(NoCapacity):
        fetch(liar, tmp_path / "got")
    assert list(tmp_path.iterdir()) == []


def test_folders_in_folders_without_end_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "MOST_NAMES", 500)

    class Endless(Liar):
        def look(self, path: str, *, follow: bool = True) -> Entry | None:
            return FOLDER

        def entries(self, folder: str) -> Iterator[tuple[str, Entry]]:
            yield "d", FOLDER

    with pytest.raises((UsageError, SlshellError)):
        fetch(Endless({}, {}), tmp_path / "got")
    assert list(tmp_path.iterdir()) == []


def test_rights_of_others_are_not_copied(tmp_path: Path) -> None:
    assert Entry.of_mode(0o104755, 1, 1).mode == 0o755
    assert Entry.of_mode(0o060660, 1, 1).what is What.OTHER
    assert Entry.of_mode(0o100644, -5, -5) == Entry(what=What.FILE, mode=0o644)
    assert sides.PERMISSIONS == 0o777
