"""Who is let in: keys of files and of a real agent, passphrases and passwords asked for."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from slshell.model.errors import NotAllowed, UsageError
from slshell.ssh.connection import Connection, dial
from slshell.ssh.login import Login
from slshell.ssh.target import Target, instance_target
from tests.unit.ssh.keys import PHRASE, Asked, Make, public
from tests.unit.ssh.server import SshServer


def enter(server: SshServer, login: Login, **changes: object) -> Connection:
    target = instance_target(server.instance())
    values = {**target.__dict__, **changes}
    connection = dial(Target(**values), login)
    connection.close()
    return connection


def test_a_key_of_the_agent_lets_in(make: Make, agent: Callable[[Path], None]) -> None:
    key = make("mine")
    agent(key)
    with SshServer(public(key)) as server:
        enter(server, Login())
        with pytest.raises(NotAllowed):
            enter(server, Login(allow_agent=False))


def test_named_keys_come_first_then_usual_ones_then_the_agents(
    make: Make, agent: Callable[[Path], None]
) -> None:
    named, usual, agents, locked = make("named"), make("usual"), make("agents"), make("locked", PHRASE)
    agent(agents)
    ask = Asked(PHRASE)
    with SshServer(public(locked)) as server:
        enter(server, Login(named=[named], usual=[locked, usual], ask=ask))
        assert server.offered == [public(named), public(usual), public(agents), public(locked)]
    assert ask.prompts == [f"passphrase of {locked}: "]


def test_a_locked_key_is_not_asked_for_when_the_agent_has_it(
    make: Make, agent: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    key = make("mine")
    agent(key)
    subprocess.run(
        ["ssh-keygen", "-q", "-p", "-f", str(key), "-P", "", "-N", PHRASE], check=True, capture_output=True
    )
    with SshServer(public(key)) as server:
        enter(server, Login(named=[key], ask=Asked()))
        assert server.offered == [public(key)]


@pytest.mark.parametrize(
    ("kind", "options"),
    [("ed25519", ()), ("ecdsa", ()), ("rsa", ()), ("rsa", ("-m", "PEM")), ("rsa", ("-m", "PKCS8"))],
)
def test_a_passphrase_is_asked_for_once_and_not_again_on_reconnecting(
    make: Make, kind: str, options: tuple[str, ...]
) -> None:
    key = make("mine", PHRASE, kind, *options)
    ask = Asked("wrong", PHRASE)
    login = Login(named=[key], ask=ask)
    with SshServer(public(key)) as server:
        enter(server, login)
        enter(server, login)
        assert len(server.sessions) == 2
    assert ask.prompts == [f"passphrase of {key}: ", f"wrong; passphrase of {key}: "]


def test_after_three_wrong_passphrases_the_next_key_is_tried(make: Make) -> None:
    locked, other = make("locked", PHRASE), make("other")
    ask = Asked("a", "b", "c")
    with SshServer(public(other)) as server:
        enter(server, Login(named=[locked], usual=[other], ask=ask))
        assert server.offered == [public(other)]
    assert len(ask.prompts) == 3


def test_an_empty_answer_leaves_the_key_out_at_once(make: Make) -> None:
    ask = Asked("")
    key = make("mine", PHRASE)
    with SshServer(public(key)) as server, pytest.raises(NotAllowed) as caught:
        enter(server, Login(usual=[key], ask=ask))
    assert len(ask.prompts) == 1
    assert f"{key} is locked by its passphrase: ssh-add it" in caught.value.hint


def test_where_nobody_can_be_asked_the_locked_key_is_named(make: Make) -> None:
    key = make("mine", PHRASE)
    with SshServer(public(key)) as server, pytest.raises(NotAllowed, match="none of your keys") as caught:
        enter(server, Login(named=[key]))
    assert str(key) in caught.value.hint


def test_a_named_key_that_is_none_is_an_error_and_a_usual_one_is_passed_over(
    make: Make, own_settings: Path
) -> None:
    key, broken = make("mine"), own_settings / "broken"
    broken.write_text("nonsense")
    with SshServer(public(key)) as server:
        enter(server, Login(usual=[broken, key]))
        with pytest.raises(UsageError, match="cannot be used: it is not a private key"):
            enter(server, Login(named=[broken], usual=[key]))


@pytest.mark.parametrize("by_question", [False, True])
def test_a_host_may_let_in_by_password(by_question: bool) -> None:
    ask = Asked("wrong", "open sesame")
    with SshServer(password="open sesame", by_question=by_question, user="ann") as server:
        enter(server, Login(ask=ask), passwords=True, user="ann")
    assert ask.prompts[0].startswith("password of ann at 127.0.0.1:")
    assert ask.prompts[1].startswith("wrong; password of ann")


def test_a_machine_of_the_cloud_is_never_given_a_password() -> None:
    ask = Asked()
    with SshServer(password="open sesame") as server, pytest.raises(NotAllowed):
        enter(server, Login(ask=ask))
    assert ask.prompts == []
