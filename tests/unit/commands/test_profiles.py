"""Several clouds at once: `config test`, `--all-profiles`, accounts, types and keys of a profile."""

from __future__ import annotations

import base64
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import keyring
import keyring.backend
import pytest

from slshell.client.cloud import Cloud
from slshell.commands.environment import Environment
from slshell.model.errors import ExitCode
from slshell.model.instance import RunRequest
from tests.unit.client.served import ServedCloud, instance
from tests.unit.client.tcp import on_tcp
from tests.unit.commands.conftest import Run

BASIC = "Basic " + base64.b64encode(b"jane:s3cret").decode()


class Memory(keyring.backend.KeyringBackend):
    """A keyring that lasts for a test."""

    priority = 1.0

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password


@pytest.fixture
def memory() -> Iterator[Memory]:
    """The keyring of this test."""
    before = keyring.get_keyring()
    made = Memory()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


@pytest.fixture
def lab(own_settings: Path) -> Iterator[ServedCloud]:
    """A second cloud."""
    with ServedCloud(own_settings / "l") as cloud:
        yield cloud


@pytest.fixture(autouse=True)
def real_clouds(environment: Environment) -> None:
    environment.make_cloud = lambda profile, start, notice: Cloud.of_profile(
        profile, start=False, notice=notice
    )


def write(own_settings: Path, text: str, mode: int = 0o600) -> Path:
    path = own_settings / ".stratuslab" / "stratuslab-user.cfg"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_all_profiles_are_listed_together_and_one_that_is_down_is_a_row(
    run: Run, served: ServedCloud, lab: ServedCloud, own_settings: Path
) -> None:
    served.put(instance(1, name="mine"))
    lab.put(instance(7, name="theirs"))
    with on_tcp(lab) as (url, _):
        down = f"http://127.0.0.1:{free_port()}"
        write(own_settings, f"[lab]\nendpoint = {url}\n[away]\nendpoint = {down}\n")
        result = run("instances --all-profiles --columns profile,id,name,remark")
        data = json.loads(run("instances --all-profiles -o json").output)
        quiet = run("instances --all-profiles -q")
    assert result.exit_code == ExitCode.DONE
    assert result.output == (
        "PROFILE  ID  NAME    REMARK\n"
        "local     1  mine\n"
        "lab       7  theirs\n"
        f"away                 no cloud answers at {down}\n"
    )
    assert [(each["profile"], each.get("name")) for each in data] == [
        ("local", "mine"), ("lab", "theirs"), ("away", None),
    ]  # fmt: skip
    assert data[2]["error"]["code"] == "unreachable"
    assert quiet.output == "local 1\nlab 7\n"
    assert quiet.notices == f"away: no cloud answers at {down}\n"


def test_when_no_cloud_answers_the_exit_code_says_so(
    run: Run, served: ServedCloud, own_settings: Path
) -> None:
    (served.home / "daemon.json").unlink()
    write(own_settings, f"[away]\nendpoint = http://127.0.0.1:{free_port()}\n")
    result = run("instances --all-profiles")
    assert result.exit_code == ExitCode.UNREACHABLE
    assert result.output.count("\n") == 2


def test_a_cloud_that_says_nothing_is_not_waited_for(
    run: Run, served: ServedCloud, own_settings: Path
) -> None:
    served.put(instance(1, name="mine"))
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        write(own_settings, f"[slow]\nendpoint = {url}\nendpoint_timeout = 0.3\n")
        output = run("instances --all-profiles --columns profile,name,remark --sort profile").output
    assert "local    mine\n" in output
    assert "slow           no answer within 0.3 s\n" in output


def test_ids_do_not_go_with_all_profiles(run: Run, served: ServedCloud) -> None:
    assert run("instances 1 --all-profiles").exit_code == ExitCode.USAGE


def test_config_test_says_per_profile_what_works(
    run: Run, served: ServedCloud, lab: ServedCloud, own_settings: Path
) -> None:
    down = f"http://127.0.0.1:{free_port()}"
    with on_tcp(lab, wanted=BASIC) as (url, _):
        write(
            own_settings,
            f"[default]\nusername = jane\n[good]\nendpoint = {url}\npassword = s3cret\n"
            f"[bad]\nendpoint = {url}\npassword = wrong\n[away]\nendpoint = {down}\n[half]\npassword = x\n",
        )
        result = run("config test -o json")
        one = run("config test good -o template='{profile} {answers} {allowed}'")
    found = {each["profile"]: each for each in json.loads(result.output)}
    assert [(name, each["answers"], each["allowed"]) for name, each in found.items()] == [
        ("local", True, True), ("good", True, True), ("bad", True, False), ("away", False, False),
        ("half", False, False),
    ]  # fmt: skip
    assert found["bad"]["problem"] == "this cloud does not know you"
    assert found["away"]["why"] == "Connection refused"
    assert "half.endpoint" in found["half"]["remedy"]
    assert result.exit_code == ExitCode.NOT_ALLOWED
    assert (one.exit_code, one.output) == (ExitCode.DONE, "good true true\n")


def test_an_unknown_profile_is_told_with_the_nearest(
    run: Run, served: ServedCloud, own_settings: Path
) -> None:
    write(own_settings, "[production]\nendpoint = https://p\n")
    for line in ("config test producton", "instances -S producton", "config use producton"):
        assert "did you mean production?" in run(line).notices


def test_a_password_may_live_in_the_keyring(
    run: Run, environment: Environment, lab: ServedCloud, own_settings: Path, memory: Memory
) -> None:
    lab.put(instance(7, name="theirs"))
    environment.ask_secret = lambda prompt: "s3cret"
    with on_tcp(lab, wanted=BASIC) as (url, seen):
        path = write(own_settings, f"[lab]\nendpoint = {url}\nusername = jane\npassword = old\n")
        told = run("config set lab.password --keyring")
        assert run("instances -S lab -q").output == "7\n"
    assert told.notices == "the password of jane for lab is in the keyring\n"
    assert memory.kept == {("slshell", "jane@lab"): "s3cret"}
    assert path.read_text() == f"[lab]\nendpoint = {url}\nusername = jane\npassword_from = keyring\n"
    assert seen == [BASIC]


def test_a_keyring_without_the_password_says_how_it_gets_there(
    run: Run, own_settings: Path, memory: Memory
) -> None:
    write(own_settings, "[lab]\nendpoint = http://127.0.0.1:9\nusername = jane\npassword_from = keyring\n")
    result = run("instances -S lab")
    assert result.exit_code == ExitCode.NOT_FOUND
    assert "slshell config set lab.password --keyring" in result.notices


def test_without_the_library_the_keyring_is_told_to_be_missing(
    run: Run, own_settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "keyring", None)
    write(own_settings, "[lab]\nendpoint = http://127.0.0.1:9\nusername = jane\npassword_from = keyring\n")
    result = run("instances -S lab")
    assert result.exit_code == ExitCode.USAGE
    assert "pip install 'slshell[keyring]'" in result.notices


def test_a_locked_keyring_is_an_error_and_no_trace(
    run: Run, own_settings: Path, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    import keyring.errors

    def locked(service: str, username: str) -> str:
        raise keyring.errors.KeyringLocked("locked")

    monkeypatch.setattr(memory, "get_password", locked)
    write(own_settings, "[lab]\nendpoint = http://127.0.0.1:9\nusername = jane\npassword_from = keyring\n")
    assert run("instances -S lab").notices.splitlines()[:2] == [
        "slshell: the keyring cannot be used",
        "  locked",
    ]


def test_an_account_without_a_password_is_asked_for_it(
    run: Run, environment: Environment, lab: ServedCloud, own_settings: Path
) -> None:
    asked: list[str] = []
    environment.ask_secret = lambda prompt: asked.append(prompt) or "s3cret"  # type: ignore[func-returns-value]
    with on_tcp(lab, wanted=BASIC) as (url, _):
        write(own_settings, f"[lab]\nendpoint = {url}\nusername = jane\n")
        assert run("instances -S lab").exit_code == ExitCode.DONE
    assert asked == [f"password of jane at {url}: "]


def test_the_users_own_types_and_default_are_what_run_asks_for(
    run: Run, environment: Environment, served: ServedCloud, own_settings: Path
) -> None:
    write(
        own_settings,
        "[default]\ndefault_instance_type = Big.One\n[instance_types]\nBig.One = 4, 4096, 1024\n",
    )
    requests: list[RunRequest] = []
    served.on_run = requests.append
    for words in ("", "--ram 512", "-t c1.xlarge"):
        assert run(f"run ttylinux {words}").exit_code == ExitCode.DONE
    sizes = [(each.type, each.vcpu, each.ram_mib, each.swap_mib) for each in requests]
    assert sizes == [(None, 4, 4096, 1024), (None, 4, 512, 1024), ("c1.xlarge", None, None, None)]
    rows = run("types --columns default,name,vcpu --no-header").output
    assert "true   Big.One" in rows or "true     Big.One" in rows
    assert rows.count("true") == 1


def test_the_key_of_the_section_is_what_machines_get(
    run: Run, served: ServedCloud, own_settings: Path
) -> None:
    key = own_settings / "my key.pub"
    key.write_text("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBfRkHKjJyD4SjGRhO4QFVhSVJl1RnOjYrvLJb0b1aQv me\n")
    write(own_settings, f"[default]\nuser_public_key_file = {key}\n")
    requests: list[RunRequest] = []
    served.on_run = requests.append
    run("run ttylinux")
    assert requests[0].keys == (key.read_text().strip(),)
