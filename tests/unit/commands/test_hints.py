"""What a line looks like before it is sent: colours, missing arguments, and mistakes."""

from __future__ import annotations

import pytest

from slshell.commands import hints
from slshell.commands.environment import Environment
from slshell.commands.registry import make_root
from slshell.commands.variables import Variables

ROOT = make_root()
VARIABLES = Variables({"HOME": "/home/me", "WEB": "5"})


def looks(line: str) -> list[tuple[str, str]]:
    return [(line[each.start : each.end], str(each.look)) for each in hints.looks(line, ROOT)]


def complaint(line: str, environment: Environment) -> str:
    found = hints.complaint(line, ROOT, VARIABLES, environment)
    return "" if found is None else f"{found.message}; {found.hint}"


def test_parts_of_a_line_are_told_apart() -> None:
    assert looks("A=1; kill 'a b'$A --yes | nonsense # why") == [
        ("A=1", "variable"), (";", "sign"), ("kill", "verb"), ("'a b'", "text"), ("$A", "variable"),
        ("--yes", "option"), ("|", "sign"), ("nonsense", "unknown"), ("# why", "comment"),
    ]  # fmt: skip


def test_verbs_of_groups_and_of_the_session_are_known() -> None:
    assert looks("cloud up") == [("cloud", "verb"), ("up", "verb")]
    assert looks("export X=1")[0] == ("export", "verb")
    assert looks("!ls | wc") == [("!ls | wc", "shell")]


def test_an_open_quotation_is_coloured_as_far_as_it_goes() -> None:
    assert looks("kill 'we b")[1] == ("'we b", "text")


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("kill", "ID…"), ("kill ", "ID…"), ("kill 5", ""), ("kill --yes ", "ID…"), ("run", "[APPLIANCE]"),
        ("run x --type ", "TYPE"), ("run x --type", "TYPE"), ("run x --type m1", ""), ("config get", "KEY"),
        ("cloud", "COMMAND"), ("instances | kill", ""), ("instances | connect", "[-- COMMAND…]"),
        ("export", "[NAME[=VALUE]…]"), ("kil", ""), ("kill 'we", ""), ("!ls", ""), ("a; kill", "ID…"),
        ("", ""), ("kill # x", ""), ("kill $WEB", ""), ("import-image ", "FILE|URL"),
    ],
)  # fmt: skip
def test_what_is_still_to_be_typed_is_named(line: str, hint: str) -> None:
    assert hints.hint(line, ROOT, VARIABLES) == hint


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("kil 5", "there is no command “kil”; did you mean kill?"),
        ("kill", "ID is missing"),
        ("kill 5 --yse", "there is no option --yse; did you mean --yes?"),
        ("instances --state Runing", "“Runing” is not a value of --state"),
        ("run x -n 0", "wants a whole number of at least 1, not “0”"),
        ("run x --context nothing", "“nothing” is not NAME=VALUE"),
        ("cloud upp", "“cloud” has no command “upp”; did you mean up?"),
        ("instances | types", "“types” takes no resources"),
        ("instances | export X", "“export” has no place in a pipe"),
        ("kill $WEBB", "there is no variable “WEBB”; did you mean WEB?"),
        ("kill 5 && x", "“&&” means nothing here"),
        ("echo fine; kil 5", "there is no command “kil”"),
    ],
)
def test_a_mistake_is_told_before_anything_is_sent(environment: Environment, line: str, told: str) -> None:
    assert told in complaint(line, environment)


@pytest.mark.parametrize(
    "line",
    [
        "kill 5", "kill $WEB", "instances | kill --yes", "X=5; kill $X", "run ttylinux; kill $_", "cloud",
        "config", "help kill", "help set", "kill --help", "-o json instances", "!anything && at all", "",
        "# only words", "slshell instances", "connect 5 -- ls -l", "instances | connect -- uptime",
    ],
)  # fmt: skip
def test_a_line_that_can_run_is_not_complained_about(environment: Environment, line: str) -> None:
    assert complaint(line, environment) == ""


def test_checking_a_line_asks_nobody_and_writes_nothing(environment: Environment) -> None:
    def never(*_: object) -> object:
        raise AssertionError("the cloud was opened")

    environment.make_cloud = never  # type: ignore[assignment]
    assert complaint("kill 5 --yes -o json", environment) == ""
    assert not environment.assume_yes
    assert environment.output.format == "table"
