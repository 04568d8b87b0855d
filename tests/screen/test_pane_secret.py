"""The dialog that asks for a key's passphrase: typed unseen, asked again when wrong, and kept nowhere."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from textual.widgets import Input

from slshell.dashboard.screens.secret import SecretScreen
from tests.screen.driver import Driver, dashboard
from tests.screen.served import ScreenCloud
from tests.unit.ssh.keys import Make, make, public
from tests.unit.ssh.server import SshServer

__all__ = ["make"]

PHRASE = "zebracrossing"


@pytest.fixture
def key(make: Make, own_settings: Path) -> Path:
    """The user's usual key, locked."""
    (own_settings / ".ssh").mkdir(mode=0o700)
    return make(".ssh/id_ed25519", PHRASE)


@pytest.fixture
def machine(cloud: ScreenCloud, key: Path) -> Iterator[SshServer]:
    """A machine that takes that key alone."""
    with SshServer(public(key)) as server:
        cloud.put(server.instance(name="machine"))
        yield server


async def give(screen: Driver, words: str) -> None:
    """Type a passphrase, which is never drawn, and Enter."""
    for count, letter in enumerate(words, 1):
        await screen.press(letter)
        await screen.until(lambda count=count: len(field(screen).value) == count)  # type: ignore[misc]
        assert words[:3] not in screen.frame
    await screen.shows("•" * len(words))
    await screen.press("enter")


def field(screen: Driver) -> Input:
    assert isinstance(screen.app.screen, SecretScreen)
    return screen.app.screen.query_one(Input)


async def test_a_locked_key_is_asked_for_until_it_is_right_and_its_passphrase_forgotten(
    machine: SshServer, key: Path, own_settings: Path
) -> None:
    async with dashboard() as screen:
        await screen.shows("machine")
        await screen.press("c")
        await screen.shows("A password is needed")
        await screen.shows(f"passphrase of {key}")
        await give(screen, "wrongwords")
        await screen.shows("wrong; passphrase of")
        await give(screen, PHRASE)
        await screen.shows("machine$")
        assert PHRASE not in screen.frame
        assert PHRASE not in screen.notices
        await screen.type("exit")
        await screen.press("enter")
        await screen.shows("the shell ended with 0")
        await screen.press("r")
        await screen.until(lambda: screen.frame.count("machine$") == 2, "the session again, unasked")
        assert not any(isinstance(each, SecretScreen) for each in screen.app.screen_stack)
        assert not typed_somewhere(screen)
        await screen.press("ctrl+d")
        await screen.shows("the shell ended with")
    assert not [path for path in own_settings.rglob("*") if PHRASE.encode() in content(path)]


async def test_escape_keeps_the_key_locked_and_the_machine_hears_nothing_of_it(
    machine: SshServer, key: Path
) -> None:
    async with dashboard() as screen:
        await screen.shows("machine")
        await screen.press("c")
        await screen.shows("A password is needed")
        await screen.press(*"half")
        await screen.press("escape")
        await screen.hides("A password is needed")
        await screen.shows("no password was given")
        assert public(key) not in machine.offered
        await screen.press("r")
        await screen.shows("A password is needed")
        assert field(screen).value == ""
        await screen.press("escape")
        await screen.shows("no password was given")
        await screen.press("x")
        await screen.shows("6 Sessions 0")


async def test_a_key_that_is_left_locked_is_named_with_what_to_do(machine: SshServer, key: Path) -> None:
    async with dashboard() as screen:
        await screen.shows("machine")
        await screen.press("c")
        await screen.shows("A password is needed")
        await screen.press("enter")
        await screen.hides("A password is needed")
        await screen.shows("accepts none of your keys for root")
        # The folder before it may be so long that the words are broken anywhere, also at a blank.
        wanted = "id_ed25519 is locked by its passphrase: ssh-add".replace(" ", "")
        await screen.until(lambda: wanted in "".join(screen.frame.split()), "what to do")


def typed_somewhere(screen: Driver) -> list[object]:
    """Fields that still hold the passphrase, of any screen that was not collected."""
    gc.collect()
    return [each for each in gc.get_objects() if isinstance(each, Input) and each.value == PHRASE]


def content(path: Path) -> bytes:
    with suppress(OSError):
        return path.read_bytes()
    return b""
