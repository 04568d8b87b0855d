"""Forms make command lines; what they ask for comes from the command's own declaration."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slshell.commands.registry import make_root
from slshell.dashboard.forms import RUN, command_line, completion_line, missing
from slshell.model.errors import UsageError

FIELDS = RUN.fields()
BY_LABEL = {each.label: each for each in FIELDS}


def test_labels_and_words_come_from_the_command() -> None:
    assert BY_LABEL["appliance"].needed
    assert not BY_LABEL["name"].needed
    assert BY_LABEL["type"].about == "Machine size, see -l."
    assert BY_LABEL["count"].kind == "number"
    assert "parted by blanks" in BY_LABEL["context"].about


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"appliance": "ttylinux"}, "run ttylinux"),
        ({"appliance": " ttylinux ", "name": ""}, "run ttylinux"),
        (
            {"appliance": "a b", "type_name": "m1.small", "number": "2"},
            "run 'a b' --type m1.small --number 2",
        ),
        (
            {"appliance": "x", "context": 'A=1 B="two words"'},
            "run x --context A=1 --context 'B=two words'",
        ),
        ({"appliance": "x;reboot", "name": "$(id)"}, "run 'x;reboot' --name '$(id)'"),
    ],
)
def test_the_line_is_what_one_would_type(values: dict[str, str], line: str) -> None:
    assert command_line("run", FIELDS, values) == line


def test_what_is_missing_is_told() -> None:
    assert missing(FIELDS, {"name": "web"}) == [BY_LABEL["appliance"]]
    assert missing(FIELDS, {"appliance": "ttylinux"}) == []


def test_an_open_quote_and_a_value_like_an_option_are_refused() -> None:
    with pytest.raises(UsageError, match="context: a quote is not closed"):
        command_line("run", FIELDS, {"appliance": "x", "context": 'A="b'})
    with pytest.raises(UsageError, match="appliance begins with a dash"):
        command_line("run", FIELDS, {"appliance": "--list-types"})


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
def test_whatever_is_typed_as_a_name_arrives_as_it_is(name: str) -> None:
    line = command_line("run", FIELDS, {"appliance": "ttylinux", "name": name})
    words = shlex.split(line)
    if name.strip():
        command = make_root().get_command(None, "run")
        assert command is not None
        context = command.make_context("run", words[1:], resilient_parsing=True)
        assert context.params["name"] == name.strip()
    else:
        assert words == ["run", "ttylinux"]


def test_offers_are_asked_for_with_the_same_words_as_on_the_command_line() -> None:
    values = {each.name: "" for each in FIELDS}
    assert completion_line("run", FIELDS, values, BY_LABEL["type"], "m1") == "run --type m1"
    assert completion_line("run", FIELDS, values, BY_LABEL["appliance"], "") == "run "
    assert completion_line("run", FIELDS, values, BY_LABEL["key"], "a.pub b") == "run --key b"
