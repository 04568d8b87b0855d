"""What the command line offers comes from the commands and the picture, and asks nobody."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slshell.client.cloud import Cloud
from slshell.client.mirror import Snapshot
from slshell.commands import hints
from slshell.commands.completer import MOST, Completer, Offer, candidates, completed
from slshell.commands.environment import Environment, of_process
from slshell.commands.registry import make_root
from slshell.commands.variables import Variables
from slshell.model.instance import InstanceType, State
from slshell.model.volume import Visibility, Volume, VolumeState
from tests.unit.client.served import MOMENT, appliance, instance


def volume(number: str, tag: str, state: VolumeState) -> Volume:
    return Volume(
        id=number, tag=tag, state=state, reason="", progress="", size_bytes=5 << 30, allocated_bytes=0,
        visibility=Visibility.PRIVATE, owner="me", origin="", created_at=MOMENT,
    )  # fmt: skip


PICTURE = Snapshot(
    instances={
        1: instance(1, name="web"),
        2: instance(2, name="off", state=State.UNKNOWN, reachable=False),
        3: instance(3, name="two words; rm -rf /"),
    },
    volumes={
        each.id: each
        for each in (
            volume("11111111-0000", "data", VolumeState.AVAILABLE),
            volume("22222222-0000", "logs", VolumeState.ATTACHED),
            volume("33333333-0000", "gone", VolumeState.DELETED),
        )
    },
    appliances={"a": appliance("debian", title="[/red]\x1b[31mtitle")},
)
ROOT = make_root()
TYPES = (InstanceType(name="m1.small", vcpu=1, ram_mib=128, swap_mib=0),)


def words(line: str) -> list[str]:
    return [each.word for each in candidates(line, of_process(), PICTURE, TYPES)]


def test_commands_are_offered_first() -> None:
    assert "run" in words("")
    assert words("instanc") == ["instances"]


def test_ids_fit_the_state_that_the_command_needs() -> None:
    assert words("start ") == ["2", "off"]
    assert "off" not in words("connect ")


def test_a_word_that_stands_already_is_not_offered_again() -> None:
    assert "1" not in words("kill 1 ")


def test_appliances_types_and_options_are_offered() -> None:
    assert "debian" in words("run ")
    assert words("run debian --type ") == ["m1.small"]
    assert "--name" in words("run --")


def test_nonsense_is_offered_nothing() -> None:
    assert words("no-such-command ") == []
    assert words("run 'unclosed") == []


def test_help_of_strangers_is_clean() -> None:
    (offer,) = [each for each in candidates("run deb", of_process(), PICTURE) if each.word == "debian"]
    assert "\x1b" not in offer.help


def test_a_candidate_replaces_the_half_typed_word_and_is_quoted() -> None:
    assert completed("kill we", "web") == "kill web"
    assert completed("kill ", "two words; rm -rf /") == "kill 'two words; rm -rf /'"
    assert completed("run --na", "--name") == "run --name"


PIECES = st.sampled_from(
    [
        "kill", "run", "cloud", "up", "help", "export", "set", "connect", "instances", "import-image",
        "slshell", " ", " ", " ", "|", ";", "$", "${", "$WEB", "'", '"', "\\", "#", "!", "--", "--type=",
        "-o", "-", "web", "1", "~/", "/", "=", "A=1", "\n", "\x1b", "é", "--profile", "&",
    ]
)  # fmt: skip


@given(st.lists(PIECES, max_size=10).map("".join))
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_half_typed_line_breaks_what_is_drawn_beside_it(own_settings: Path, line: str) -> None:
    environment, variables = of_process(), Variables({"HOME": "/home/me", "WEB": "5"})
    offer = offered(line, variables=variables, environment=environment)
    assert 0 <= offer.start <= len(line)
    for each in offer.candidates[:3]:
        completed(line, each.word, offer.start)
    ends = [stretch.end for stretch in hints.looks(line, ROOT)]
    assert ends == sorted(ends)
    hints.hint(line, ROOT, variables)
    found = hints.complaint(line, ROOT, variables, environment)
    assert found is None or (found.message and 0 <= found.position <= len(line))


class Nobody:
    """Fails when somebody is asked."""

    def __call__(self, *_: object) -> Cloud:
        raise AssertionError("completion asked a cloud")


def offered(
    line: str, *, variables: Variables | None = None, environment: Environment | None = None
) -> Offer:
    environment = environment or of_process()
    environment.make_cloud = Nobody()
    completer = Completer(
        environment=environment,
        root=make_root(),
        variables=variables or Variables({"HOME": "/home/me", "WEB": "5", "API_TOKEN": "s3cret"}),
    )
    return completer.offer(line, PICTURE, TYPES)


def names(line: str) -> list[str]:
    return [each.word for each in offered(line).candidates]


def test_behind_a_pipe_only_commands_that_take_something_are_offered() -> None:
    assert {"kill", "wait", "connect"} <= set(names("instances | "))
    assert not {"types", "hosts", "export"} & set(names("instances | "))


def test_behind_a_semicolon_a_new_command_begins() -> None:
    assert names("kill 1; instanc") == ["instances"]
    assert "export" in names("kill 1; ")


def test_variables_are_offered_with_what_they_hold_but_no_secret() -> None:
    found = {each.word: each.help for each in offered('kill "$').candidates}
    assert found["$WEB"] == "5"
    assert found["$API_TOKEN"] == "…"
    assert names("kill ${WE") == ["${WEB}"]
    assert offered('kill "$WE').start == len('kill "')


def test_a_dollar_in_single_quotes_is_no_variable() -> None:
    assert names("kill '$WE") == []


def test_words_before_are_known_by_their_variables() -> None:
    assert "1" not in [
        each.word for each in offered("kill $ONE ", variables=Variables({"ONE": "1"})).candidates
    ]


def test_words_of_the_session_complete_theirs() -> None:
    assert names("unset WE") == ["WEB"]
    assert names("set ") == ["-e", "+e"]
    assert names("help kil") == ["kill"]
    assert names("help cloud u") == ["up"]


def test_the_value_of_a_long_option_is_replaced_alone() -> None:
    offer = offered("run x --type=m1")
    assert ([each.word for each in offer.candidates], offer.start) == (["m1.small"], len("run x --type="))
    assert completed("run x --type=m1", "m1.small") == "run x --type=m1.small"


def test_files_are_offered_with_their_sizes(tmp_path: Path) -> None:
    (tmp_path / "disk one.qcow2").write_bytes(b"x" * 2048)
    (tmp_path / "disks").mkdir()
    (tmp_path / ".hidden").touch()
    found = {each.word: each.help for each in offered(f"import-image {tmp_path}/d").candidates}
    assert found == {f"{tmp_path}/disk one.qcow2": "2K", f"{tmp_path}/disks/": "folder"}
    line = completed(f"import-image {tmp_path}/d", f"{tmp_path}/disk one.qcow2")
    assert line == f"import-image '{tmp_path}/disk one.qcow2'"
    home = Variables({"HOME": str(tmp_path)})
    assert [each.word for each in offered("run x --key ~/disks", variables=home).candidates] == ["~/disks/"]
    assert completed("run x --key ~/d", "~/disk one.qcow2") == "run x --key ~/'disk one.qcow2'"


def test_places_of_a_copy_are_running_machines_and_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "web.conf").write_text("")
    assert words("copy we") == ["web:", "web.conf"]
    assert "2:" not in words("copy ")


def test_a_quoted_half_word_is_completed_whole() -> None:
    offer = offered("kill 'two w")
    assert ([each.word for each in offer.candidates], offer.start) == (["two words; rm -rf /"], len("kill "))


def test_another_profile_than_the_pictures_offers_no_names_of_it(own_settings: Path) -> None:
    (own_settings / "c").mkdir()
    (own_settings / "c" / "config.toml").write_text("[profiles.lab]\nurl = 'https://lab'\n")
    assert names("kill --profile local we") == ["web"]
    assert names("kill --profile lab we") == []


def test_volumes_are_offered_by_tag_in_the_states_that_a_command_needs() -> None:
    found = {each.word: each.help for each in offered("attach-volume ").candidates}
    assert found["data"] == "11111111 5 GiB, available"
    assert "logs" not in found
    assert names("detach-volume l") == ["logs"]
    assert names("undelete-volume ") == ["33333333-0000", "gone"]
    assert "gone" not in names("volumes ")


def test_many_machines_are_cut_to_what_somebody_may_read() -> None:
    many = Snapshot(instances={number: instance(number) for number in range(1, 10_001)})
    environment = of_process()
    found = candidates("kill ", environment, many)
    assert len(found) == MOST
    assert [each.word for each in candidates("kill 99", environment, many)][:2] == ["99", "990"]


def test_comments_and_shell_lines_are_left_alone() -> None:
    assert names("kill # we") == []
    assert names("!we") == []
