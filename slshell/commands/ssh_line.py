"""The exact `ssh` command for a machine, for copying."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

from slshell.model.instance import Instance
from slshell.ssh.keys import own_key, private_keys


def ssh_line(instance: Instance, home: Path, environ: Mapping[str, str] | None = None) -> str:
    """`ssh -p PORT … USER@ADDRESS`, checking the host key strictly against the cloud's `known_hosts`.

    `home` is the cloud's data folder. `-i` names slshell's own key when it is the only one there is.
    """
    words = ["ssh", "-p", str(instance.ssh_port)]
    own = own_key(environ)
    if private_keys(environ) == [own]:
        words += ["-i", str(own)]
    words += ["-o", f"UserKnownHostsFile={_option(home / 'known_hosts')}", "-o", "StrictHostKeyChecking=yes"]
    words.append(f"{instance.user or 'root'}@{instance.address}")
    return shlex.join(words)


def _option(path: Path) -> str:
    """A path as OpenSSH reads it in an option, where a blank would begin a second path."""
    text = str(path).replace("%", "%%")
    return f'"{text}"' if " " in text else text
