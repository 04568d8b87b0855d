"""Keys are rebound by id; what cannot be is told, with both ids where two would share a key."""

from __future__ import annotations

from itertools import combinations

import pytest

from slshell.dashboard import keymap
from slshell.dashboard.app import SlshellApp
from slshell.dashboard.places import places

PLACES = places(SlshellApp)


def test_every_key_of_ours_has_an_id_and_none_clashes_as_it_comes() -> None:
    for place in PLACES:
        keys = {each.id: set(each.key.split(",")) for each in keymap.bindings_of(place)}
        assert len(keys) == len(list(keymap.bindings_of(place)))
        for first, second in combinations(keys, 2):
            assert not keys[first] & keys[second], (first, second)


def test_what_is_free_can_be_taken() -> None:
    assert keymap.checked({"do.kill": "ctrl+x, f8"}, PLACES) == ({"do.kill": "ctrl+x,f8"}, [])


def test_two_ids_may_change_places() -> None:
    wanted = {"do.start": "r", "do.run": "s"}
    assert keymap.checked(wanted, PLACES) == (wanted, [])


def test_a_clash_is_told_with_both_ids_and_changes_nothing() -> None:
    used, troubles = keymap.checked({"do.kill": "r"}, PLACES)
    assert used == {}
    assert troubles == ["do.run and do.kill would both be on r; do.kill stays on ctrl+k,delete."]


def test_of_two_that_clash_with_each_other_the_first_is_kept() -> None:
    used, troubles = keymap.checked({"do.kill": "f8", "table.down": "f8"}, PLACES)
    assert used == {"do.kill": "f8"}
    assert len(troubles) == 1


def test_a_character_and_its_name_are_the_same_key() -> None:
    _, troubles = keymap.checked({"do.kill": "?"}, PLACES)
    assert "go.help" in troubles[0]


def test_the_same_key_in_another_place_is_no_clash() -> None:
    assert keymap.checked({"detail.down": "space"}, PLACES)[1] == []


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({"do.kil": "x"}, "did you mean do.kill"),
        ({"do.kill": "hyperdrive"}, "“hyperdrive” is no key"),
        ({"do.kill": "strg+x"}, "“strg+x” is no key"),
        ({"do.kill": ""}, "is no key"),
    ],
)
def test_a_wrong_id_or_key_is_told(wanted: dict[str, str], told: str) -> None:
    used, troubles = keymap.checked(wanted, PLACES)
    assert used == {}
    assert told in troubles[0]


@pytest.mark.parametrize("key", ["x", "X", "?", "question_mark", "+", "ctrl+plus", "f12", "shift+up", "ä"])
def test_what_a_terminal_knows_is_a_key(key: str) -> None:
    assert keymap.is_key(key)
