"""Who is to be reached over SSH, and by what it is known to be the right one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import paramiko

from slshell.model.instance import Instance
from slshell.ssh.hostkeys import CloudTrust


class Trust(Protocol):
    """Decides whether a host key is the right one."""

    def kinds(self) -> Sequence[str]:
        """The kinds of key to ask for before others, such as `ssh-ed25519`.

        Raises:
            Conflict: nothing could be trusted, so that nobody should be called.
        """

    def check(self, offered: paramiko.PKey) -> None:
        """Return when the key is right; may ask the user.

        Raises:
            Conflict: it is not. SlshellError: nobody could be asked, or the user said no.
        """


@dataclass(frozen=True)
class Way:
    """An open way to a host that is not reached by itself."""

    sock: Any
    """A socket, or what is as one to the library, to speak SSH over."""
    close: Callable[[], None]
    """Takes it down again; may be called more than once."""
    words: Callable[[], str] = str
    """What the way itself has said of why it leads nowhere, empty for nothing; untrusted text."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """An account at an address. `label` names it in errors, for example “machine 3”; untrusted text."""

    label: str
    address: str
    port: int
    user: str
    trust: Trust
    remedy: str
    """What to do when it does not answer."""
    passwords: bool = False
    """It may let in by password; machines of the cloud take keys only."""
    way: Callable[[], Way] | None = None
    """Opens the way there, where a plain connection does not do; raises SlshellError."""

    @property
    def place(self) -> str:
        """`ADDRESS:PORT`."""
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


def instance_target(instance: Instance, *, user: str = "") -> Target:
    """A machine of the cloud, checked by the host key that the cloud gave it.

    `user` is the account, empty for the one that the machine was made with.
    """
    place = f"{instance.address}:{instance.ssh_port}"
    return Target(
        label=f"machine {instance.id}",
        address=instance.address,
        port=instance.ssh_port,
        user=user or instance.user or "root",
        trust=CloudTrust(instance.host_key, f"machine {instance.id}", place),
        remedy=f"slshell wait {instance.id} waits until it does; slshell events --instance {instance.id}",
    )
