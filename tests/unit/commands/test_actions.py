"""Commands that change machines: what reaches the cloud, what is asked, what is waited for."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import msgspec
import pytest

from slshell.commands.environment import Question
from slshell.model.appliance import ApplianceState
from slshell.model.errors import Conflict, ExitCode
from slshell.model.instance import RunRequest, State
from slshell.ssh.keys import is_public_key
from tests.unit.client.served import TTYLINUX, ServedCloud, appliance, instance
from tests.unit.commands.conftest import Run


def sent(served: ServedCloud, method: str, path: str) -> list[bytes]:
    return [body for verb, target, body in served.requests if verb == method and target.split("?")[0] == path]


def when_asked_for_changes(served: ServedCloud, number: int, **values: object) -> None:
    """Change a machine as soon as somebody waits for changes."""

    def look() -> None:
        while not any("/v1/changes" in target for _, target, _ in list(served.requests)):
            done.wait(0.001)
        served.change(number, **values)

    done = threading.Event()
    threading.Thread(target=look, daemon=True).start()


def test_run_sends_what_the_options_say(run: Run, served: ServedCloud) -> None:
    line = "run ttylinux -n 2 --name web -t c1.xlarge --cpu 3 --ram 6000 --swap 2000"
    result = run(f"{line} --context A=1 --context B=x=y")
    request = msgspec.json.decode(sent(served, "POST", "/v1/instances")[0], type=RunRequest)
    assert result.exit_code == 0
    assert (request.appliance, request.count, request.name, request.type) == (
        "ttylinux",
        2,
        "web",
        "c1.xlarge",
    )
    assert (request.vcpu, request.ram_mib, request.swap_mib) == (3, 6000, 2000)
    assert request.context == {"A": "1", "B": "x=y"}
    assert len(request.request_id) == 32


def test_run_quiet_prints_id_and_address_as_the_tutorial_does(run: Run, served: ServedCloud) -> None:
    served.put(instance(5508))
    result = run("run --quiet --type=m1.xlarge ttylinux -n 2")
    assert result.output == "5509, 127.86.3.133\n5510, 127.86.3.134\n"
    assert result.notices == ""


def test_without_a_key_of_the_user_slshell_makes_its_own_once_and_says_so(
    run: Run, served: ServedCloud, own_settings: Path
) -> None:
    first, second = run("run ttylinux"), run("run ttylinux")
    private = own_settings / "c" / "id_ed25519"
    keys = {msgspec.json.decode(body, type=RunRequest).keys for body in sent(served, "POST", "/v1/instances")}
    assert str(private) in first.notices
    assert second.notices == ""
    assert private.stat().st_mode & 0o777 == 0o600
    assert len(keys) == 1
    assert is_public_key(keys.pop()[0])


def test_run_lists_types_like_the_tutorials_option(run: Run) -> None:
    assert run("run --list-types").output == run("types").output


def test_a_bad_name_is_refused_before_anything_is_sent(run: Run, served: ServedCloud) -> None:
    result = run("""run ttylinux --name '"><evil/>'""")
    assert result.exit_code == ExitCode.USAGE
    assert not served.requests


def test_run_waits_until_ssh_answers(run: Run, served: ServedCloud) -> None:
    when_asked_for_changes(served, 1, state=State.RUNNING, reachable=True)
    result = run("run ttylinux --wait -o json --timeout 20")
    assert (result.exit_code, json.loads(result.output)[0]["reachable"]) == (0, True)


def test_a_machine_that_fails_ends_the_wait_with_its_reason(run: Run, served: ServedCloud) -> None:
    when_asked_for_changes(served, 1, state=State.FAILED, reason="no space left for the disk")
    result = run("run ttylinux --wait --timeout 20")
    assert result.exit_code == ExitCode.CONFLICT
    assert "no space left for the disk" in result.notices
    assert "slshell kill 1" in result.notices


def test_a_wait_that_takes_too_long_says_where_the_machine_is(run: Run, served: ServedCloud) -> None:
    served.put(instance(1, state=State.BOOT, reachable=False))
    result = run("wait 1 --timeout 0.05")
    assert result.exit_code == ExitCode.TIMED_OUT
    assert "machine 1 is Boot, not reachable, after 0.05 s" in result.notices


@pytest.mark.parametrize("goal", ["gone", "Done"])
def test_a_machine_that_ended_is_gone(run: Run, served: ServedCloud, goal: str) -> None:
    served.put(instance(1, state=State.DONE))
    assert run(f"wait 1 --for {goal} --timeout 5").exit_code == 0


def test_a_machine_that_never_was_counts_as_gone_but_not_as_running(run: Run) -> None:
    assert run("wait 9 --for gone").exit_code == 0
    assert run("wait 9 --for running").exit_code == ExitCode.NOT_FOUND


def test_kill_asks_with_what_will_be_lost(run: Run, served: ServedCloud) -> None:
    served.put(instance(1, name="web"))
    asked: list[Question] = []
    result = run("kill web", agrees=True, asked=asked)
    assert result.exit_code == 0
    assert asked[0].text == "Kill this machine?"
    assert asked[0].losses[0].startswith("1 web (ttylinux, Running, 127.86.3.1, made ")
    assert served.instances[1].state is State.EPILOG


def test_kill_does_nothing_when_the_answer_is_no(run: Run, served: ServedCloud) -> None:
    served.put(instance(1))
    result = run("kill 1", agrees=False)
    assert result.exit_code == ExitCode.FAILED
    assert served.instances[1].state is State.RUNNING


def test_kill_wants_yes_where_nobody_can_be_asked(run: Run, served: ServedCloud) -> None:
    served.put(instance(1))
    result = run("kill 1")
    assert (result.exit_code, served.instances[1].state) == (ExitCode.USAGE, State.RUNNING)
    assert "--yes" in result.notices
    assert run("kill 1 --yes").exit_code == 0
    assert served.instances[1].state is State.EPILOG


def test_one_failure_does_not_stop_the_rest_and_the_worst_decides(run: Run, served: ServedCloud) -> None:
    for number in (1, 2, 3):
        served.put(instance(number))
    served.failures["/v1/instances/2/shutdown"] = Conflict("machine 2 is not Running")
    result = run("shutdown 1 2 77 3 -o json")
    assert [each["id"] for each in json.loads(result.output)] == [1, 3]
    assert result.exit_code == ExitCode.CONFLICT
    assert "machine 2 is not Running" in result.notices
    assert "there is no instance 77" in result.notices


def test_start_waits_though_the_machine_is_still_unknown_at_first(run: Run, served: ServedCloud) -> None:
    served.put(instance(1, state=State.UNKNOWN, reachable=False))
    when_asked_for_changes(served, 1, state=State.RUNNING, reachable=True)
    assert run("start 1 --wait --timeout 20").exit_code == 0


def test_an_import_is_followed_to_its_end(run: Run, served: ServedCloud, tmp_path: Path) -> None:
    image = tmp_path / "debian.qcow2"
    image.write_bytes(b"QFI\xfb" + bytes(1000))
    finish_import(served, "debian", ApplianceState.READY)
    result = run(f"import-image {image} --name debian --user debian -o json")
    assert result.exit_code == 0, result.notices
    assert json.loads(result.output)["id"] == TTYLINUX
    assert sent(served, "POST", "/v1/uploads") == [image.read_bytes()]


def test_a_refused_image_says_why(run: Run, served: ServedCloud) -> None:
    finish_import(served, "evil", ApplianceState.FAILED, reason="the image has a backing file")
    result = run("import-image https://example.org/evil.qcow2 --name evil")
    assert result.exit_code == ExitCode.CONFLICT
    assert "the image has a backing file" in result.notices


def finish_import(served: ServedCloud, name: str, state: ApplianceState, reason: str = "") -> None:
    """End the import of this name once somebody waits for it."""

    def look() -> None:
        while not any("/v1/changes" in target for _, target, _ in list(served.requests)):
            done.wait(0.001)
        served.put(appliance(name, state=state, reason=reason))

    done = threading.Event()
    threading.Thread(target=look, daemon=True).start()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("import-image /none.qcow2", "there is no image file /none.qcow2"),
        ("import-image /none --sha256 12", "--sha256 is not 64 hex digits"),
        ("run", "no appliance is named"),
        ("run ttylinux --key /none.pub", "cannot be read"),
        ("run ttylinux --context novalue", "is not NAME=VALUE"),
        ("run ''", "the appliance is empty"),
    ],
)
def test_what_cannot_work_is_refused_in_words(run: Run, line: str, told: str) -> None:
    result = run(line)
    assert (result.exit_code, told in result.notices) == (ExitCode.USAGE, True), result.notices


def test_connect_to_a_machine_that_is_off_says_what_to_do(run: Run, served: ServedCloud) -> None:
    served.put(instance(1, state=State.UNKNOWN, reachable=False, reason="the guest powered itself off"))
    result = run("connect 1 -- true")
    assert result.exit_code == ExitCode.CONFLICT
    assert result.notices == (
        "slshell: machine 1 is Unknown: the guest powered itself off\n  slshell start 1 boots it\n"
    )


def test_cloud_status_is_one_object(run: Run) -> None:
    status = json.loads(run("cloud status -o json").output)
    assert {"pid", "socket", "version", "engine", "libvirt_uri", "uptime_s"} <= status.keys()


def test_config_tells_values_and_their_source(run: Run, own_settings: Path) -> None:
    (own_settings / "c").mkdir()
    (own_settings / "c" / "config.toml").write_text("[output]\ncolour = 'never'\n")
    lines = run("config").output.splitlines()
    assert 'output.colour = "never"                  # config.toml' in lines
    assert 'profile = "local"                        # default' in lines
    assert run("config get output.colour").output == "never\n"
    assert str(own_settings / "d" / "known_hosts") in run("config path").output
