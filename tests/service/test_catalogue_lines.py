"""The life of an endorsed image in command lines: made, signed, published, found, deprecated, refused."""

from __future__ import annotations

import io
import shlex
from pathlib import Path

import pytest

from slshell.cli import program
from slshell.commands.environment import Environment
from slshell.commands.registry import execute
from slshell.output.writer import Output
from tests.service.conftest import Running, serve
from tests.service.marketplaces import marketplace
from tests.support.mirror import Mirror
from tests.unit.backend.images.test_inspection import bootable


class Shell:
    """Runs lines against a cloud."""

    def __init__(self, running: Running) -> None:
        self._running = running

    def __call__(self, line: str, code: int = 0) -> tuple[str, str]:
        """What a line wrote to stdout and stderr; it must end with this code."""
        stdout, stderr = io.StringIO(), io.StringIO()
        environment = Environment(output=Output(stdout=stdout, stderr=stderr), stdin=io.StringIO())
        environment.make_cloud = lambda profile, start, notice: self._running.client.again()
        ended, _ = execute(program(), shlex.split(line), environment)
        assert ended == code, (line, stdout.getvalue(), stderr.getvalue())
        return stdout.getvalue(), stderr.getvalue()


@pytest.fixture
def shell(running: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Lines in an empty folder, with a certificate for ann@example.org."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SLSHELL_CONFIG", str(tmp_path / "config"))
    made = Shell(running)
    made("certificate --email ann@example.org")
    return made


def test_an_image_is_endorsed_found_run_and_deprecated(
    running: Running, shell: Shell, tmp_path: Path
) -> None:
    bootable(tmp_path / "own.img")
    shell("build-metadata own.img --os debian --os-version 13 --os-arch x86_64 --title 'Own web server' "
          "--tag stable --output own.xml")  # fmt: skip
    _, why = shell("upload-metadata own.xml", 2)
    assert "no signature" in why
    shell("sign-metadata own.xml")
    identifier = shell("upload-metadata own.xml -q")[0].partition("/")[0]
    assert shell("upload-metadata own.xml -q")[0].startswith(f"{identifier}/ann@example.org/")

    for line in (
        "appliances web -q", "appliances own --os DEBIAN --arch x86_64 -q",
        "appliances --endorser ann@example.org -q",
        "appliances --tag stable --version 13 --size ..2M -q", "appliances own serv --kind machine -q",
        "appliances own --state available -q",
    ):  # fmt: skip
        assert shell(line)[0].split() == [identifier], line
    assert identifier not in shell("appliances --size 2M.. -q")[0]
    assert identifier not in shell("appliances --state ready -q")[0]
    assert {identifier, "ttylinux"} <= set(shell("appliances -o template='{id} {name}'")[0].split())
    told = shell(f"appliance {identifier}")[0]
    assert "endorsed by  ann@example.org, " in told
    assert "may run      yes" in told

    shell("import-image own.img --name own")
    _, notice = shell("run own -n 2")
    assert "own is endorsed by ann@example.org" in notice
    assert '"endorser": "ann@example.org"' in shell("instances -o json")[0]

    shell(f"deprecate-metadata {identifier} --reason 'a hole in it' --output gone.xml")
    assert b"a hole in it" in (tmp_path / "gone.xml").read_bytes()
    _, why = shell("run own", 7)
    assert "own may not run: it is deprecated: a hole in it (endorsed by ann@example.org)" in why
    told = shell(f"appliance {identifier}")[0]
    assert "may run      no: it is deprecated: a hole in it" in told
    assert ", superseded" in told
    assert shell("appliances web --status deprecated -q")[0].split() == [identifier]
    assert len(running.client.instances()) == 2


def test_what_may_run_although_it_is_deprecated_says_so(
    short_folder: Path, appliances_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = tmp_path / "policy.cfg"
    policy.write_text("[statuses]\ndeprecated = yes\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SLSHELL_CONFIG", str(tmp_path / "config"))
    bootable(tmp_path / "own.img")
    for running in serve(short_folder, policy=str(policy)):
        shell = Shell(running)
        shell("certificate --email ann@example.org")
        shell("build-metadata own.img --os debian --output own.xml")
        shell("deprecate-metadata own.xml --reason 'a hole in it' --output gone.xml --upload")
        shell("import-image own.img --name own")
        _, notice = shell("run own")
        assert "own is endorsed by ann@example.org, and is deprecated: a hole in it" in notice


def test_what_was_fetched_because_of_an_entry_can_be_purged_as_what_comes_back(
    running: Running, shell: Shell, tmp_path: Path
) -> None:
    bootable(tmp_path / "own.img")
    with Mirror({"own.img": (tmp_path / "own.img").read_bytes()}) as mirror:
        shell(
            "build-metadata own.img --os debian --title Served --output own.xml "
            f"--location {mirror.url}/own.img"
        )
        shell("sign-metadata own.xml")
        identifier = shell("upload-metadata own.xml -q")[0].partition("/")[0]
        number = int(shell(f"run {identifier} -q")[0].partition(",")[0])
        running.wait(number, "Running")
        shell(f"kill {number} --yes --wait")
        shell("quarantine purge --all --yes")
        running.watch.no_job()
        assert "fetched again when wanted" in shell("image-cache list")[0]
        assert "PURGED Served" in shell("image-cache purge --unused --yes")[0]
        assert shell("appliances --state available --title Served -q")[0].split() == [identifier]
        again = int(shell(f"run {identifier} -q")[0].partition(",")[0])
        running.wait(again, "Running")
        assert mirror.times("own.img") == 2


def test_a_search_that_finds_nothing_does_not_call_the_catalogue_empty(shell: Shell) -> None:
    for line in ("appliances --tag nothing-such", "appliances --state failed", "appliances --size 900T.."):
        assert "no appliance is like that" in "".join(shell(line)), line


def test_only_the_endorsers_entry_is_deprecated(shell: Shell, tmp_path: Path) -> None:
    bootable(tmp_path / "own.img")
    shell("build-metadata own.img --os debian --output own.xml")
    shell("sign-metadata own.xml")
    identifier = shell("upload-metadata own.xml -q")[0].partition("/")[0]
    shell("certificate --email eve@example.org --force")
    _, why = shell(f"deprecate-metadata {identifier}", 5)
    assert "there is no entry of eve@example.org for this image" in why
    _, why = shell(f"deprecate-metadata {identifier} --email ann@example.org", 7)
    assert "ann@example.org" in why
    assert "status       valid" in shell(f"appliance {identifier}")[0]


def test_a_marketplace_elsewhere_is_spoken_to_by_its_address(shell: Shell, tmp_path: Path) -> None:
    bootable(tmp_path / "own.img")
    shell("build-metadata own.img --os debian --output own.xml")
    shell("sign-metadata own.xml")
    with marketplace() as far:
        _, why = shell(f"upload-metadata own.xml --marketplace {far.url}", 2)
        assert "the marketplace refused the entry" in why
    _, why = shell(f"upload-metadata own.xml --marketplace {far.url}", 3)
    assert "does not answer" in why
