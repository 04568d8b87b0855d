"""Help, manual pages and the command reference, which all come from the commands themselves."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from slshell.cli import program
from slshell.commands.man import ANEW, REFERENCE
from slshell.commands.manual import MEANINGS, Page, markdown, pages, roff
from slshell.commands.registry import commands
from slshell.model.errors import ExitCode
from tests.support.shell import ROOT
from tests.unit.commands.conftest import Run

LINE = 110
PAGES = {page.name: page for page in pages(program())}


@pytest.fixture(params=sorted(PAGES))
def page(request: pytest.FixtureRequest) -> Page:
    return PAGES[request.param]


def test_there_is_a_page_for_every_command_and_group() -> None:
    names = {f"slshell {info.name}" for info in commands()}
    assert names | {"slshell", "slshell cloud", "slshell config", "slshell dashboard"} <= PAGES.keys()


def test_help_says_in_one_sentence_what_a_command_does(page: Page) -> None:
    first = page.text.split("\n\n")[0]
    assert re.match(r"[A-Z][^.]*", first)
    assert first.rstrip().endswith((".", "…"))
    assert len(page.summary) <= LINE


def test_every_option_says_what_it_does(page: Page) -> None:
    for records in page.sections.values():
        for names, told in records:
            assert re.match(r"\S.*\S", told), names


@pytest.mark.parametrize("info", commands(), ids=lambda info: info.name)
def test_no_option_is_without_help(info: object) -> None:
    for parameter in info.parameters:  # type: ignore[attr-defined]
        if parameter.flags:
            assert parameter.help.endswith("."), parameter.flags


def test_every_manual_page_satisfies_the_reader_of_manual_pages(page: Page, tmp_path: Path) -> None:
    if shutil.which("mandoc") is None:
        pytest.skip("mandoc is not installed")
    path = tmp_path / page.file
    path.write_text(roff(page, "2026-01-02"))
    told = subprocess.run(["mandoc", "-T", "lint", str(path)], capture_output=True, text=True, check=False)
    assert (told.returncode, told.stdout) == (0, "")


def test_nothing_of_a_help_text_is_taken_for_a_request_of_roff() -> None:
    bad = Page(
        name="slshell x", summary="'bold.", usage="[A\\B]", text=".so /etc/passwd\n\n\\fBx `-y`", danger=None,
        aliases=(), sections={"Options": [("--a", ".TH x")]},
    )  # fmt: skip
    lines = roff(bad, "2026-01-02").splitlines()
    assert not [line for line in lines if line.startswith((".so", "'", ".TH x"))]
    assert "\\efBx \\fB\\-y\\fR" in lines


def test_the_main_page_tells_every_exit_code() -> None:
    assert set(MEANINGS) == set(ExitCode)
    text = roff(PAGES["slshell"], "2026-01-02")
    assert all(f".TP\n\\fB{int(code)}\\fR\n" in text for code in ExitCode)


def test_the_command_reference_is_not_stale() -> None:
    written = (ROOT / "docs" / REFERENCE).read_text()
    assert written == markdown(list(PAGES.values()), ANEW), f"write it anew: {ANEW}"


def test_the_reference_and_the_pages_are_written_where_one_says(run: Run, tmp_path: Path) -> None:
    assert run(f"man --dir {tmp_path / 'man1'}").exit_code == 0
    assert "slshell-cloud-up.1" in {path.name for path in (tmp_path / "man1").iterdir()}
    assert run(f"man --format md --dir {tmp_path} -o json").output == f'[\n  "{tmp_path / REFERENCE}"\n]\n'


def test_the_page_of_one_command_is_found_by_its_words_or_its_alias(run: Run) -> None:
    assert run("man cloud up").output.startswith(".TH SLSHELL\\-CLOUD\\-UP 1")
    assert run("man describe-instance").output == run("man instances").output
    assert "did you mean run?" in run("man runn").notices


def test_a_folder_that_cannot_be_written_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = run(f"man --dir {tmp_path / 'file' / 'x'}")
    assert (result.exit_code, "cannot be written" in result.notices) == (2, True)


def test_help_of_a_command_is_the_same_either_way(run: Run) -> None:
    assert run("help cloud up").output == run("cloud up --help").output
    assert "did you mean up?" in run("help cloud upp").notices


def test_help_works_with_a_broken_configuration_where_the_cloud_does_not(
    run: Run, own_settings: Path
) -> None:
    (own_settings / "c").mkdir()
    (own_settings / "c" / "config.toml").write_text("outpt = 1\n")
    assert run("help instances").exit_code == run("instances --help").exit_code == 0
    assert run("instances").exit_code == ExitCode.USAGE
