"""What the command line offers comes from the commands and the picture, and asks nobody."""

from __future__ import annotations

from slshell.client.mirror import Snapshot
from slshell.commands.completion import candidates, completed
from slshell.commands.environment import of_process
from slshell.model.instance import InstanceType, State
from tests.unit.client.served import appliance, instance

PICTURE = Snapshot(
    instances={
        1: instance(1, name="web"),
        2: instance(2, name="off", state=State.UNKNOWN, reachable=False),
        3: instance(3, name="two words; rm -rf /"),
    },
    appliances={"a": appliance("debian", title="[/red]\x1b[31mtitle")},
)
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
