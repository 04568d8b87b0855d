"""Getting into a host that the cloud does not know, as the user's `~/.ssh/config` has it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from slshell.commands.access import Access, Entry, login_of
from slshell.commands.environment import Declined, Environment, Question
from slshell.commands.host_name import SSH_PORT, HostName, host_name
from slshell.model.errors import NotAllowed, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from slshell.ssh.connection import Connection
    from slshell.ssh.host_trust import UnknownHost
    from slshell.ssh.target import Target, Way
    from slshell.ssh.user_config import HostConfig

MOST_HOSTS = 10
"""On one way; more are hosts that lead to each other."""


class HostAccess(Access):
    """Into a host, trusted by lists of known hosts or the user's word, directly or by other hosts."""

    def __init__(
        self,
        environment: Environment,
        entry: Entry,
        host: HostName,
        fingerprint: str,
        *,
        jumps: Sequence[str] | None = None,
        behind: int = 0,
    ) -> None:
        """`jumps` are the hosts on the way instead of those of the file; so many hosts are `behind` it."""
        self._host = host
        self._fingerprint = fingerprint
        self._behind = behind
        self._config = self._configured(environment, entry, host)
        if jumps is not None:
            self._config = replace(self._config, jumps=tuple(jumps), command="")
        login = login_of(environment, entry, self._config.identities)
        super().__init__(environment, entry, host.host, login=login)
        for words in self._config.remarks:
            environment.output.warning(words)

    def _configured(self, environment: Environment, entry: Entry, host: HostName) -> HostConfig:
        from slshell.ssh.user_config import host_config

        user = entry.user or host.user
        return host_config(host.host, user=user, port=host.port, environ=environment.environ)

    def _target(self) -> Target:
        import getpass

        from slshell.ssh import known_hosts
        from slshell.ssh.host_trust import HostTrust, host_target

        environ, config = self._environment.environ, self._config
        port = self._host.port or config.port or SSH_PORT
        trust = HostTrust(
            config.host,
            port,
            files=known_hosts.lists(environ, instead=config.own_lists),
            own=known_hosts.own_list(environ),
            ask=self._ask,
            pinned=self._fingerprint,
            known_as=config.known_as,
        )
        user = self._entry.user or self._host.user or config.user or getpass.getuser()
        way = self._way(config.host, port)
        return host_target(self._host.host, port, user, trust, address=config.host, way=way)

    def _way(self, address: str, port: int) -> Callable[[], Way] | None:
        from slshell.ssh import ways

        if self._config.jumps:
            return partial(ways.through, self._before, address, port)
        return partial(ways.by_program, self._config.command) if self._config.command else None

    def _before(self) -> Connection:
        """A connection to the last host on the way, which is entered as any other.

        Raises:
            UsageError: the file leads in a ring. SlshellError: as `connect` to that host.
        """
        *others, last = self._config.jumps
        if self._behind >= MOST_HOSTS:
            raise UsageError(
                f"the way to {self._host.host} has no end: ProxyJump leads over {last} again and again",
                hint="look at ProxyJump in ~/.ssh/config",
            )
        entry = replace(self._entry, user="", variables=(), forward_agent=False)
        name = host_name(last.removeprefix("ssh://"))
        jumps = others or None
        access = HostAccess(self._environment, entry, name, "", jumps=jumps, behind=self._behind + 1)
        return access._dial()

    def _ask(self, unknown: UnknownHost) -> None:
        told = (f"its {unknown.kind} key is {unknown.fingerprint}", *unknown.remarks)
        hint = f"when its owner tells you the same, say --fingerprint {unknown.fingerprint}"
        if self._config.strict:
            raise NotAllowed(
                f"the host {unknown.name} is not known, and ~/.ssh/config says not to ask: {told[0]}",
                hint=hint,
            )
        confirm = self._environment.confirm
        if confirm is None:
            raise UsageError(
                f"the host {unknown.name} is not known, and nobody can be asked here: {told[0]}",
                hint=hint,
            )
        question = Question(
            text=f"The host {unknown.name} is not known. Connect, and know it from now on?",
            losses=told,
            action="Connect",
            demand="yes",
        )
        if not confirm(question):
            raise Declined("nothing was sent")
