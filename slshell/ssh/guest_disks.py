"""Asking a guest over SSH what it calls its disks and which of them it uses."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from slshell.model.errors import CloudUnreachable
from slshell.model.instance import Instance
from slshell.ssh.connection import connected
from slshell.ssh.session import run_remote

_MOST_BYTES = 4 << 20
_END = "end"
_FIELD = re.compile(r"[^ \t\r]+")
_SCRIPT = r"""
for b in /sys/block/vd* /sys/block/sd*; do
  [ -e "$b" ] || continue
  echo "disk ${b##*/} $(cat "$b/dev") $(cat "$b/serial" 2>/dev/null)"
  for p in "$b" "$b"/"${b##*/}"*; do
    [ -e "$p/dev" ] || continue
    echo "part ${b##*/} ${p##*/} $(cat "$p/dev")"
    for h in "$p"/holders/*; do [ -e "$h" ] && echo "held ${b##*/} ${h##*/}"; done
  done
done
for f in /sys/fs/ext4/* /sys/fs/xfs/* /sys/fs/f2fs/* /sys/fs/btrfs/*/devices/*; do
  [ -e "$f" ] && echo "open ${f##*/} ${f#/sys/fs/}"
done
sed -n 's/^/swap /p' /proc/swaps
cat /proc/self/mountinfo /proc/[0-9]*/mountinfo 2>/dev/null | sort -u | sed 's/^/mount /'
echo end
"""


@dataclass(frozen=True, kw_only=True)
class GuestDisk:
    """A disk as its guest sees it; `uses` says in words what it does with it, nothing when it does not."""

    device: str
    uses: tuple[str, ...]


def ask(instance: Instance, identities: Sequence[Path]) -> dict[str, GuestDisk]:
    """The disks of a running machine by their serial.

    Raises:
        CloudUnreachable, NotAllowed, Conflict, UsageError: the guest cannot be asked, and why.
    """
    heard = bytearray()
    left = _MOST_BYTES

    def listen(data: bytes, to_stderr: bool) -> None:
        nonlocal left
        left -= len(data)
        if not to_stderr:
            heard.extend(data)
        if left < 0:
            raise CloudUnreachable("the guest tells without end", hint="look at it: slshell connect")

    with connected(instance, identities=identities) as transport:
        run_remote(transport, _SCRIPT, stdin=None, sink=listen)
    return understood(heard.decode("utf-8", "replace"))


def understood(text: str) -> dict[str, GuestDisk]:
    """What the guest has told, by serial; disks without one are left out.

    Raises:
        CloudUnreachable: it did not tell all.
    """
    # Names of places may hold whatever Unicode takes for the end of a line or for a blank.
    lines = [_FIELD.findall(line) for line in text.split("\n")]
    lines = [fields for fields in lines if fields]
    if not lines or lines[-1] != [_END]:
        raise CloudUnreachable("the guest did not answer to the end", hint="try again")
    serials: dict[str, str] = {}
    owner: dict[str, str] = {}
    uses: dict[str, list[str]] = defaultdict(list)
    opened: dict[str, list[str]] = defaultdict(list)
    for kind, *rest in lines:
        if kind == "disk" and len(rest) == 3:
            serials[rest[0]] = rest[2]
        elif kind == "part" and len(rest) == 3:
            owner[rest[1]] = owner[rest[2]] = rest[0]
    for kind, *rest in lines:
        if kind == "held" and len(rest) == 2:
            uses[rest[0]].append(f"{rest[1]} stands on it")
        elif kind == "open" and len(rest) == 2 and (disk := owner.get(rest[0])):
            opened[disk].append(f"a file system on it is in use ({rest[1].partition('/')[0]})")
        elif kind == "swap" and rest and (disk := owner.get(rest[0].removeprefix("/dev/"))):
            uses[disk].append("it is swapped on")
        elif kind == "mount":
            disk = _mounted(rest, owner)
            if disk is not None:
                uses[disk].append(f"it is mounted at {_place(rest)}")
    return {
        serial: GuestDisk(device=f"/dev/{name}", uses=tuple(dict.fromkeys(uses[name] or opened[name])))
        for name, serial in serials.items()
    }


def _mounted(fields: list[str], owner: dict[str, str]) -> str | None:
    """The disk behind a line of mountinfo, by its device number or by the device's name."""
    if len(fields) < 5:
        return None
    if fields[2] in owner:
        return owner[fields[2]]
    if "-" not in fields:
        return None
    source = fields[fields.index("-") + 2 :][:1]
    return owner.get(source[0].rpartition("/")[2]) if source else None


def _place(fields: list[str]) -> str:
    return fields[4].replace("\\040", " ")
