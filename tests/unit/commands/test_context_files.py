"""Pairs, files and templates for machines, as the command line names them."""

from __future__ import annotations

from pathlib import Path

import pytest

from slshell.commands.context_files import context_of, parts_of, template_folder
from slshell.model.errors import NotFound, UsageError


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"SLSHELL_CONFIG": str(tmp_path / "config"), "HOME": str(tmp_path)}


def test_a_file_of_pairs_keeps_quotes_hashes_and_further_equal_signs(tmp_path: Path) -> None:
    file = tmp_path / "pairs"
    file.write_text('A=it\'s "x" # y\n\nB=c=d\r\nA=#last\n')
    assert context_of([("note", "one\ntwo"), ("b", "")], [file]) == {
        "A": "#last",
        "note": "one\ntwo",
        "b": "",
    }


def test_a_line_that_is_no_pair_is_told_with_its_number(tmp_path: Path) -> None:
    file = tmp_path / "pairs"
    file.write_text("A=1\n# no remark\n")
    with pytest.raises(UsageError, match="line 2"):
        context_of([], [file])


def test_documents_are_read_as_the_tutorials_pairs_say(tmp_path: Path, environ: dict[str, str]) -> None:
    for name in ("a.sh", "b,c.yaml", "key.pub"):
        (tmp_path / name).write_text(f"content of {name}")
    joined = f"x-shellscript,{tmp_path}/a.sh#text/cloud-config,{tmp_path}/b,c.yaml#ssh,{tmp_path}/key.pub"
    parts, keys = parts_of([joined, f"{tmp_path}/b,c.yaml"], environ)
    assert [(part.type, part.name) for part in parts] == [
        ("x-shellscript", "a.sh"), ("cloud-config", "b,c.yaml"), ("", "b,c.yaml")
    ]  # fmt: skip
    assert parts[0].content == "content of a.sh"
    assert keys == [tmp_path / "key.pub"]


def test_a_template_is_found_by_its_name(environ: dict[str, str]) -> None:
    folder = template_folder(environ)
    folder.mkdir(parents=True)
    (folder / "web").write_text("#cloud-config\n")
    parts, _ = parts_of(["web", "cloud-config,web"], environ)
    assert [part.type for part in parts] == ["", "cloud-config"]
    with pytest.raises(NotFound) as missing:
        parts_of(["wep"], environ)
    assert "web" in missing.value.hint


def test_no_words_make_no_documents(environ: dict[str, str]) -> None:
    assert parts_of([""], environ) == ((), [])


def test_what_is_not_text_is_told_with_its_line(tmp_path: Path, environ: dict[str, str]) -> None:
    (tmp_path / "x").write_bytes(b"#!/bin/sh\n\xff\n")
    with pytest.raises(UsageError, match="line 2"):
        parts_of([str(tmp_path / "x")], environ)


@pytest.mark.parametrize("value", ["a b,x", ",x", "x-shellscript,"])
def test_a_pair_that_is_none_is_refused(value: str, environ: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="TYPE,FILE"):
        parts_of([value], environ)
