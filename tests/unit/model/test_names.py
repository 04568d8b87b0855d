"""Names are safe as host names, file names and domain names."""

from __future__ import annotations

import pytest

from slshell.model.errors import UsageError
from slshell.model.names import checked_name


@pytest.mark.parametrize("name", ["a", "web-1", "one-5507", "My.Machine_2", "x" * 63])
def test_ordinary_names_pass(name: str) -> None:
    assert checked_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "", " ", "-a", "a-", "a b", "5509", "x" * 64, "../etc", "a/b", '"><evil/>', "[/red]", "a\n", "ü",
        "\x1b[31m", "a;b", "$(id)", "\u202eabc", "☃",
    ],
)  # fmt: skip
def test_hostile_and_ambiguous_names_are_refused_with_a_hint(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        checked_name(name, "instance name")
    assert "instance name" in caught.value.message
    assert caught.value.hint
