"""The file in which the dashboard remembers how it was left."""

from __future__ import annotations

from pathlib import Path

import pytest

from slshell.client.profiles import state_folder
from slshell.dashboard.session import Session, SessionFile, TableSession


def test_a_session_comes_back_as_it_was(tmp_path: Path) -> None:
    left = Session(view="hosts", tables={"hosts": TableSession(sort_by="name", cursor=3)})
    assert SessionFile(tmp_path, "lab").write(left) == ""
    assert SessionFile(tmp_path, "lab").read() == (left, "")


def test_profiles_do_not_share_a_session_whatever_their_names(tmp_path: Path) -> None:
    SessionFile(tmp_path, "../../evil").write(Session(view="a"))
    SessionFile(tmp_path, "local").write(Session(view="b"))
    assert SessionFile(tmp_path, "../../evil").read()[0].view == "a"
    assert SessionFile(tmp_path, "local").read()[0].view == "b"
    assert {path.parent for path in tmp_path.rglob("*.json")} == {tmp_path / "dashboard"}


@pytest.mark.parametrize("content", [b"", b"{", b'{"view": 7}', b"\xff\xfe", b"[]"])
def test_a_broken_file_is_put_aside_and_told(tmp_path: Path, content: bytes) -> None:
    file = SessionFile(tmp_path, "local")
    file.path.parent.mkdir()
    file.path.write_bytes(content)
    session, told = file.read()
    assert session == Session()
    assert "local.broken" in told
    assert file.path.with_suffix(".broken").read_bytes() == content
    assert file.write(Session(view="hosts")) == ""


def test_what_a_newer_version_wrote_beside_is_no_fault(tmp_path: Path) -> None:
    file = SessionFile(tmp_path, "local")
    file.path.parent.mkdir()
    file.path.write_text('{"view": "hosts", "later": [1]}')
    assert file.read() == (Session(view="hosts"), "")


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "dashboard").write_text("a file is in the way")
    file = SessionFile(tmp_path, "local")
    assert "cannot be written" in file.write(Session(view="hosts"))


def test_nothing_is_written_when_nothing_changed(tmp_path: Path) -> None:
    file = SessionFile(tmp_path, "local")
    file.write(Session(view="hosts"))
    file.path.unlink()
    file.write(Session(view="hosts"))
    assert not file.path.exists()


def test_a_write_leaves_no_other_file(tmp_path: Path) -> None:
    file = SessionFile(tmp_path, "local")
    file.write(Session(view="hosts"))
    file.write(Session(view="instances"))
    assert list(file.path.parent.iterdir()) == [file.path]


def test_the_folder_follows_the_xdg_rules() -> None:
    assert state_folder({"HOME": "/h"}) == Path("/h/.local/state/slshell")
    assert state_folder({"HOME": "/h", "XDG_STATE_HOME": "/s"}) == Path("/s/slshell")
