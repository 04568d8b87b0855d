"""Getting into a machine: waiting until it answers, the keys to try, and the connection that is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from slshell.commands.console_plan import boot_console
from slshell.commands.environment import Environment
from slshell.commands.opening import terminal_kind
from slshell.commands.waiting import REACHABLE, TIMEOUT_S, wait_for
from slshell.model.errors import CloudUnreachable, Conflict, UsageError
from slshell.model.instance import Instance, State
from slshell.sessions.wire import SessionKind, SessionPlan, Wire

if TYPE_CHECKING:
    from slshell.ssh.connection import Connection
    from slshell.ssh.login import Login
    from slshell.ssh.target import Target
    from slshell.ssh.wishes import Wishes

SETTLE_S, SETTLE_PAUSE_S = 5.0, 0.5
"""A machine that the cloud has found to answer is given so long to do it again."""

REMEDIES = {
    State.SHUTDOWN: "wait until it is off, then slshell start {id}",
    State.UNKNOWN: "slshell start {id} boots it",
    State.EPILOG: "it is being cleared away; slshell run starts a new one",
    State.DONE: "slshell run starts a new one",
    State.FAILED: "slshell events --instance {id} tells more; slshell kill {id} clears it away",
}


def refuse_gone(instance: Instance) -> None:
    """Return when a machine answers or may come to answer.

    Raises:
        Conflict: it is off, on its way out, or failed.
    """
    if instance.state in REMEDIES:
        reason = f": {instance.reason}" if instance.reason else ""
        raise Conflict(
            f"machine {instance.id} is {instance.state}{reason}",
            hint=REMEDIES[instance.state].format(id=instance.id),
            details={"id": instance.id, "state": str(instance.state)},
        )


def answers(instance: Instance) -> bool:
    """Whether SSH answered when the cloud looked last."""
    return instance.state is State.RUNNING and instance.reachable


def ready(environment: Environment, instance: Instance, wait: bool, timeout_s: float) -> Instance:
    """The machine once SSH answers.

    Raises:
        Conflict: it is off, on its way out, or failed. TimedOut: it did not come up in time.
    """
    refuse_gone(instance)
    if not wait or answers(instance):
        return instance
    environment.output.notice(f"machine {instance.id} is {instance.state}: waiting until SSH answers")
    seen, errors = wait_for(environment, [instance.id], REACHABLE, timeout_s)
    if errors:
        raise errors[0]
    return seen[0]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """How a user wants to enter a machine."""

    user: str = ""
    """The account; empty: the one that the machine was made with."""
    identity: Path | None = None
    variables: tuple[tuple[str, str], ...] = ()
    forward_agent: bool = False
    wait: bool = True
    timeout_s: float = TIMEOUT_S


class Access:
    """The way into one machine, with one connection for all that goes on there; safe from any thread."""

    def __init__(
        self,
        environment: Environment,
        entry: Entry,
        title: str,
        instance_id: int | None = None,
        login: Login | None = None,
    ) -> None:
        """`login` is shared where several machines are entered at once, so that a key is asked for once."""
        from slshell.ssh.link import Link

        self.title = title
        self.link = Link(self._dial)
        self.wishes = _wishes(environment, entry)
        self.instance_id = instance_id
        self._environment = environment
        self._entry = entry
        self._login = login or login_of(environment, entry)

    def plan(self) -> SessionPlan:
        """A shell in it, for the kind of terminal that the user has."""
        term = terminal_kind(self._environment)

        def open_shell(columns: int, rows: int) -> Wire:
            from slshell.ssh import shell

            return shell.open_shell(self.link, columns, rows, term=term, wishes=self.wishes)

        return SessionPlan(
            kind=SessionKind.SSH,
            title=self.title,
            open=open_shell,
            instance_id=self.instance_id,
        )

    def run(self, line: str | None, *, stdin: int | None, sink: Callable[[bytes, bool], None]) -> int:
        """Run one command without a terminal; see `slshell.ssh.session.run_remote`."""
        from slshell.ssh.session import run_remote

        connection = self.link.take()
        try:
            return run_remote(
                connection.transport,
                line,
                stdin=stdin,
                sink=sink,
                wishes=self.wishes,
                tell=self._environment.output.warning,
            )
        finally:
            self.link.leave(connection)

    def _dial(self) -> Connection:
        return self._reach(self._target())

    def _reach(self, target: Target) -> Connection:
        from slshell.ssh.connection import dial

        return dial(target, self._login)

    def _target(self) -> Target:
        raise NotImplementedError


class MachineAccess(Access):
    """Into a machine of the cloud, which is waited for and checked by the key that the cloud gave it."""

    def __init__(
        self, environment: Environment, entry: Entry, instance: Instance, login: Login | None = None
    ) -> None:
        self._machine = instance.id
        self._boots = entry.wait and not answers(instance)
        super().__init__(environment, entry, instance.name, instance.id, login)

    def plan(self) -> SessionPlan:
        """A shell in it; a face that draws it shows the console of a machine that boots meanwhile."""
        plan = super().plan()
        if not self._boots or self._environment.open_session is None:
            return plan
        return replace(plan, until_open=boot_console(self._environment, self._machine))

    def _reach(self, target: Target) -> Connection:
        """A connection that breaks off while it is made is tried again, unless nothing is to be waited for.

        An SSH server that has just come up may close its first connections, or be started anew by its system.
        """
        import tenacity

        if not self._entry.wait:
            return super()._reach(target)
        attempts = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(CloudUnreachable),
            wait=tenacity.wait_fixed(SETTLE_PAUSE_S),
            stop=tenacity.stop_after_delay(SETTLE_S),
            reraise=True,
        )
        return attempts(super()._reach, target)

    def _target(self) -> Target:
        from slshell.ssh.target import instance_target

        now = self._environment.cloud.instance(self._machine)
        machine = ready(self._environment, now, self._entry.wait, self._entry.timeout_s)
        return instance_target(machine, user=self._entry.user)


def login_of(environment: Environment, entry: Entry, before: Sequence[Path] = ()) -> Login:
    """The user's keys, those that were named first, then those of `before` that are there."""
    from slshell.ssh.keys import private_keys
    from slshell.ssh.login import Login

    own = environment.profile.private_key
    named = [entry.identity] if entry.identity is not None else []
    usual = [*(path for path in before if path.is_file()), *private_keys(environment.environ)]
    if own is not None and own.is_file():
        named.append(own)
    elif own is not None:
        # It is told from the public key's name, and may be in the agent only.
        usual.insert(0, own)
    return Login(named=named, usual=usual, ask=environment.ask_secret)


def _wishes(environment: Environment, entry: Entry) -> Wishes:
    from slshell.ssh.wishes import Wishes

    agent = environment.environ.get("SSH_AUTH_SOCK", "") if entry.forward_agent else ""
    if entry.forward_agent and not agent:
        raise UsageError(
            "there is no agent that could be forwarded: SSH_AUTH_SOCK is not set",
            hint="start one with ssh-agent, or leave --forward-agent out",
        )
    return Wishes(variables=entry.variables, agent=agent)
