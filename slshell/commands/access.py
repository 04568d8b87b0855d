"""Getting into a machine: waiting until it answers, the keys to try, and the connection that is kept."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from slshell.commands.environment import Environment
from slshell.commands.waiting import REACHABLE, TIMEOUT_S, wait_for
from slshell.model.errors import CloudUnreachable, Conflict
from slshell.model.instance import Instance, State
from slshell.sessions.wire import SessionKind, SessionPlan, Wire

if TYPE_CHECKING:
    from slshell.ssh.connection import Connection

REMEDIES = {
    State.SHUTDOWN: "wait until it is off, then slshell start {id}",
    State.UNKNOWN: "slshell start {id} boots it",
    State.EPILOG: "it is being cleared away; slshell run starts a new one",
    State.DONE: "slshell run starts a new one",
    State.FAILED: "slshell events --instance {id} tells more; slshell kill {id} clears it away",
}
RETRY_S = 1.0
"""A machine that restarts refuses connections for seconds, and refusing is done at once."""


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


def ready(environment: Environment, instance: Instance, wait: bool, timeout_s: float) -> Instance:
    """The machine once SSH answers.

    Raises:
        Conflict: it is off, on its way out, or failed. TimedOut: it did not come up in time.
    """
    refuse_gone(instance)
    if not wait or (instance.state is State.RUNNING and instance.reachable):
        return instance
    environment.output.notice(f"machine {instance.id} is {instance.state}: waiting until SSH answers")
    seen, errors = wait_for(environment, [instance.id], REACHABLE, timeout_s)
    if errors:
        raise errors[0]
    return seen[0]


class Access:
    """The way into one machine, with one connection for all that goes on there; safe from any thread."""

    def __init__(
        self,
        environment: Environment,
        instance: Instance,
        *,
        identity: Path | None = None,
        wait: bool = True,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        from slshell.ssh.link import Link

        self.instance = instance
        self.link = Link(self._dial)
        self._environment = environment
        self._identity = identity
        self._wait = wait
        self._timeout_s = timeout_s
        self._was_in = False

    def plan(self, *, term: str) -> SessionPlan:
        """A shell in the machine, of the terminal kind `term`."""

        def open_shell(columns: int, rows: int) -> Wire:
            from slshell.ssh import shell

            return shell.open_shell(self.link, columns, rows, term=term)

        return SessionPlan(
            kind=SessionKind.SSH,
            title=self.instance.name,
            open=open_shell,
            instance_id=self.instance.id,
        )

    def _dial(self) -> Connection:
        """Connect; a machine that was entered before and may be restarting is tried until it answers."""
        from slshell.ssh.connection import dial
        from slshell.ssh.keys import private_keys

        environment = self._environment
        own = self._identity or environment.profile.private_key
        identities = ([own] if own else []) + private_keys(environment.environ)
        deadline = time.monotonic() + self._timeout_s
        while True:
            now = environment.cloud.instance(self.instance.id)
            machine = ready(environment, now, self._wait, self._timeout_s)
            try:
                made = dial(machine, identities=identities)
            except CloudUnreachable:
                if not (self._was_in and self._wait) or time.monotonic() > deadline:
                    raise
                time.sleep(RETRY_S)
            else:
                self._was_in = True
                return made
