"""What keeps a cloud from being changed by mistake: plans, questions, and profiles that forbid."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from slshell.commands.environment import Environment, Question, environment_asker
from slshell.commands.registry import Danger, commands, run_line
from slshell.model.errors import ExitCode
from slshell.model.instance import Phase, State
from slshell.model.volume import Disk, DiskKind
from tests.unit.client.served import TTYLINUX, ServedCloud, instance
from tests.unit.commands.conftest import Run


def changed(served: ServedCloud) -> list[str]:
    return [target for method, target, _ in served.requests if method == "POST"]


def settle(folder: Path, text: str) -> None:
    (folder / "c").mkdir()
    (folder / "c" / "config.toml").write_text(text)


def test_every_command_that_changes_something_can_show_its_plan() -> None:
    for info in commands():
        flags = {flag for parameter in info.parameters for flag in parameter.flags}
        assert ("--dry-run" in flags) is (info.danger is not Danger.READ), info.name


def test_a_plan_has_a_row_for_each_resource_and_nothing_is_done(run: Run, served: ServedCloud) -> None:
    served.put(instance(1, name="web"))
    served.put(instance(2, name="off", state=State.UNKNOWN))
    result = run("kill web 2 web --dry-run -o json")
    assert json.loads(result.output) == [
        {"action": "kill", "kind": "instance", "id": "1", "name": "web", "state": "Running", "settings": ""},
        {"action": "kill", "kind": "instance", "id": "2", "name": "off", "state": "Unknown", "settings": ""},
    ]
    assert (result.exit_code, changed(served)) == (0, [])


def test_a_plan_tells_what_would_fail_and_shows_the_rest(run: Run, served: ServedCloud) -> None:
    served.put(instance(1))
    result = run("shutdown 1 77 --dry-run -q")
    assert (result.output, result.exit_code) == ("1\n", ExitCode.NOT_FOUND)
    assert "there is no instance 77" in result.notices


def test_a_plan_shows_the_settings_that_were_said(run: Run, served: ServedCloud) -> None:
    plan = run("run ttylinux -n 3 --context A=1 --wait --dry-run -o json")
    assert json.loads(plan.output) == [
        {
            "action": "run", "kind": "appliance", "id": TTYLINUX, "name": "ttylinux", "state": "ready",
            "settings": "number=3 context=A=1",
        }
    ]  # fmt: skip
    assert "source=x.img name=a" in run("import-image x.img --name a --dry-run").output
    assert changed(served) == []


def test_a_plan_can_be_made_behind_a_pipe(run: Run, served: ServedCloud) -> None:
    served.put(instance(1, state=State.UNKNOWN))
    assert run("instances --state Unknown | start --dry-run -q").output == "1\n"
    assert changed(served) == []


def test_a_plan_cannot_be_piped_on(run: Run, served: ServedCloud) -> None:
    served.put(instance(1))
    result = run("kill 1 --dry-run | wait")
    assert "gives nothing that can be passed on, and “wait” takes instances" in result.notices


@pytest.mark.parametrize("line", ["kill 1 --yes", "shutdown 1", "run ttylinux", "connect 1", "cloud up"])
def test_a_read_only_profile_refuses_every_change(
    run: Run, served: ServedCloud, own_settings: Path, line: str
) -> None:
    settle(own_settings, "[profiles.local]\nread_only = true\n")
    served.put(instance(1))
    result = run(line)
    assert (result.exit_code, changed(served)) == (ExitCode.NOT_ALLOWED, [])
    assert "profile “local” is read-only" in result.notices
    assert "profiles.local.read_only" in result.notices
    assert run("instances -q").output == "1\n"
    assert run(f"{line} --dry-run").exit_code == 0


def test_a_read_only_profile_stands_beside_others(run: Run, served: ServedCloud, own_settings: Path) -> None:
    settle(own_settings, "[profiles.lab]\nurl = 'https://lab'\nread_only = true\n")
    served.put(instance(1))
    assert run("shutdown 1 --profile lab").exit_code == ExitCode.NOT_ALLOWED
    assert run("shutdown 1").exit_code == 0


def test_a_cautious_profile_wants_the_name_of_the_thing(
    run: Run, served: ServedCloud, own_settings: Path
) -> None:
    settle(own_settings, "[profiles.local]\nconfirm = 'name'\n")
    for number, name in ((1, "web"), (2, "db")):
        served.put(instance(number, name=name))
    asked: list[Question] = []
    run("kill web", agrees=False, asked=asked)
    run("kill 1 2", agrees=False, asked=asked)
    assert [each.demand for each in asked] == ["web", "2"]
    assert asked[0].accepts(" web\n")
    assert not asked[0].accepts("y")
    assert not asked[1].accepts("yes")
    assert run("kill 1 --yes").exit_code == 0


def test_the_terminal_asks_for_what_must_be_typed(environment: Environment, served: ServedCloud) -> None:
    told = environment.output.stderr
    assert isinstance(told, io.StringIO)
    environment.stdin = io.StringIO("y\nweb\n")
    ask = environment_asker(environment)
    question = Question(text="Kill this machine?", losses=("1 web",), demand="web")
    assert not ask(question)
    assert ask(question)
    assert told.getvalue() == "  1 web\nKill this machine? Type web to go on: " * 2
    environment.stdin = io.StringIO("y\n")
    assert ask(replace(question, demand=""))


def test_a_setting_that_is_neither_is_refused(run: Run, served: ServedCloud, own_settings: Path) -> None:
    settle(own_settings, "[profiles.local]\nconfirm = 'twice'\n")
    result = run("instances")
    assert result.exit_code == ExitCode.USAGE
    assert "profiles.local.confirm is “twice”" in result.notices


def test_what_will_be_lost_names_sizes_and_how_long_it_has_run(run: Run, served: ServedCloud) -> None:
    booted = datetime.now(UTC) - timedelta(hours=3, minutes=5)
    phases = (
        Phase(name="Running", started_at=booted - timedelta(days=1), ended_at=booted),
        Phase(name="Running", started_at=booted),
    )
    disks = (
        Disk(kind=DiskKind.ROOT, size_bytes=40 << 20, serial="1", device="/dev/vda"),
        Disk(kind=DiskKind.SWAP, size_bytes=1 << 30, serial="2", device="/dev/vdb"),
        Disk(kind=DiskKind.PERSISTENT, size_bytes=5 << 30, serial="3", device="/dev/vdc", name="data"),
    )
    served.put(instance(1, name="web", phases=phases, disks=disks))
    served.put(instance(2, name="old"))
    asked: list[Question] = []
    run("kill 1 2", agrees=False, asked=asked)
    first, second = asked[0].losses
    assert first.startswith("1 web (ttylinux, Running, 127.86.3.1, made ")
    assert first.endswith(
        "ago, up for 3 h 05 min, 1 CPU, 128M RAM) and its disks (40M root, 1G swap); volumes stay: data"
    )
    assert second.endswith("1 CPU, 128M RAM) and its disks")


def test_the_cloud_itself_is_not_put_down_by_a_plan(environment: Environment, served: ServedCloud) -> None:
    assert run_line("cloud down --all --dry-run", environment).exit_code == 0
    assert not served.stopped.is_set()
