"""Proving who the user is: keys of files and of the agent, passphrases and passwords asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import paramiko

from slshell.model.errors import CloudUnreachable, NotAllowed, UsageError
from slshell.ssh.private_file import PrivateFile, Unusable, WrongPassphrase
from slshell.ssh.target import Target

TRIES = 3
"""How often a passphrase or a password may be mistyped."""

Ask = Callable[[str], str]
"""Asks for what must not be shown; empty when the user has none to give."""


class Login:
    """The keys of one session, or of several at once. Those that were unlocked stay so, for when it is opened
    again, and those that the user left locked are not asked for again. Safe from any thread.
    """

    def __init__(
        self,
        *,
        named: Sequence[Path] = (),
        usual: Sequence[Path] = (),
        allow_agent: bool = True,
        ask: Ask | None = None,
    ) -> None:
        """`named` keys come first and must be usable; `usual` ones are tried when they can be.

        `ask` may be called from whatever thread connects; None when nobody can be asked.
        """
        self._named = [PrivateFile(path) for path in named]
        self._usual = [PrivateFile(path) for path in usual if path not in named]
        self._allow_agent = allow_agent
        self._ask = ask
        self._asking = threading.Lock()
        self._given_up: set[Path] = set()

    def prove(self, transport: paramiko.Transport, target: Target) -> None:
        """Get `target.user` in.

        Raises:
            NotAllowed: nothing was accepted. UsageError: a named key is unusable.
            CloudUnreachable: the other side hung up.
        """
        allowed = _allowed(transport, target)
        if transport.is_authenticated():
            return
        with _agent(self._allow_agent) as agent:
            for key in self._keys(list(agent)) if "publickey" in allowed else ():
                more = _try_key(transport, target, key)
                if more is not None and not more:
                    return
                if more:
                    allowed = more
                    break
        if target.passwords and self._by_password(transport, target, allowed):
            return
        raise self._refused(target)

    def _keys(self, agent: list[paramiko.AgentKey]) -> Iterator[paramiko.PKey]:
        """Keys in the order to try: named, usual and unlocked, the agent's, and last what must be asked for.

        Servers hang up after some six, so none is tried twice.
        """
        by_public = {key.asbytes(): key for key in agent}
        for file in self._named:
            twin = by_public.pop(file.public(), None)
            key = twin if twin is not None else self._unlocked(file, must=True)
            if key is not None:
                yield key
        locked = []
        for file in self._usual:
            if (twin := by_public.pop(file.public(), None)) is not None:
                yield twin
                continue
            try:
                if not file.load():
                    locked.append(file)
            except Unusable:
                continue
            if file.key is not None:
                by_public.pop(file.key.asbytes(), None)
                yield file.key
        yield from by_public.values()
        for file in locked:
            key = self._unlocked(file, must=False)
            if key is not None:
                yield key

    def _unlocked(self, file: PrivateFile, *, must: bool) -> paramiko.PKey | None:
        """The key of a file, its passphrase asked for up to three times; None when it stays locked."""
        with self._asking:
            try:
                if file.load():
                    return file.key
            except Unusable as error:
                if not must:
                    return None
                raise UsageError(
                    f"the private key {file.path} cannot be used: {error}", hint="name another --identity"
                ) from error
            if self._ask is not None and file.path not in self._given_up:
                return self._asked_for(file, self._ask)
            self._given_up.add(file.path)
            return None

    def _asked_for(self, file: PrivateFile, ask: Ask) -> paramiko.PKey | None:
        for attempt in range(TRIES):
            wrong = "wrong; " if attempt else ""
            phrase = ask(f"{wrong}passphrase of {file.path}: ")
            if not phrase:
                break
            try:
                file.load(phrase)
                return file.key
            except WrongPassphrase:
                continue
            except Unusable:
                break
        self._given_up.add(file.path)
        return None

    def _by_password(self, transport: paramiko.Transport, target: Target, allowed: Sequence[str]) -> bool:
        if self._ask is None or not {"password", "keyboard-interactive"} & set(allowed):
            return False
        for attempt in range(TRIES):
            wrong = "wrong; " if attempt else ""
            password = self._ask(f"{wrong}password of {target.user} at {target.place}: ")
            if not password:
                return False
            try:
                # Where only keyboard-interactive is taken, the library answers its one question with it.
                if not transport.auth_password(target.user, password):
                    return True
            except paramiko.AuthenticationException:
                if not transport.is_active():
                    return False
        return False

    def _refused(self, target: Target) -> NotAllowed:
        hint = "name the private key with --identity; a machine keeps the keys it was started with"
        if target.passwords:
            hint = "name the private key with --identity, and the account with --user"
        if self._given_up:
            names = ", ".join(str(path) for path in sorted(self._given_up))
            hint = f"{names} is locked by its passphrase: ssh-add it to your agent, or {hint}"
        return NotAllowed(f"{target.label} accepts none of your keys for {target.user}", hint=hint)


def _allowed(transport: paramiko.Transport, target: Target) -> list[str]:
    """The ways in that the other side names; machines of the cloud have one only."""
    if not target.passwords:
        return ["publickey"]
    try:
        transport.auth_none(target.user)
    except paramiko.BadAuthenticationType as error:
        return list(error.allowed_types)
    except paramiko.AuthenticationException:
        return ["publickey"]
    return []


def _try_key(transport: paramiko.Transport, target: Target, key: paramiko.PKey) -> list[str] | None:
    """What is still asked for after that key: nothing when it was enough; None when it was refused."""
    try:
        return list(transport.auth_publickey(target.user, key))
    except paramiko.AuthenticationException as error:
        if not transport.is_active():
            raise NotAllowed(
                f"{target.label} hung up after the keys that were tried for {target.user}",
                hint="name the right one with --identity",
            ) from error
        return None
    except (paramiko.SSHException, EOFError) as error:
        if not transport.is_active():
            raise CloudUnreachable(
                f"{target.label} hung up while your keys were tried: {error}", hint=target.remedy
            ) from error
        return None


@contextmanager
def _agent(allowed: bool) -> Iterator[Sequence[paramiko.AgentKey]]:
    """The agent's keys; none when there is no agent, or it does not speak as one."""
    if not allowed:
        yield ()
        return
    try:
        agent = paramiko.Agent()
    except (paramiko.SSHException, OSError):
        yield ()
        return
    try:
        yield agent.get_keys()
    finally:
        agent.close()
