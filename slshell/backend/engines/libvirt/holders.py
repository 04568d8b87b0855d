"""Which program listens on a port of this host."""

from __future__ import annotations

import socket
import struct
from pathlib import Path

_LISTEN = "0A"


def holder_of(address: str, port: int) -> str:
    """`name (pid)` of the program that listens there, or empty when it cannot be seen."""
    inodes = _listening(address, port)
    if not inodes:
        return ""
    wanted = {f"socket:[{inode}]" for inode in inodes}
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and _holds(process, wanted):
            return f"{_name(process)} (process {process.name})"
    return ""


def _listening(address: str, port: int) -> set[str]:
    """Inodes of the sockets that listen on `address` or on all addresses."""
    try:
        lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    except OSError:
        return set()
    places = {f"{_hex(address)}:{port:04X}", f"{_hex('0.0.0.0')}:{port:04X}"}  # noqa: S104 - compared, not bound
    found = set()
    for line in lines:
        fields = line.split()
        if fields[1] in places and fields[3] == _LISTEN:
            found.add(fields[9])
    return found


def _hex(address: str) -> str:
    """An address as /proc/net/tcp writes it, in the host's byte order."""
    (number,) = struct.unpack("=I", socket.inet_aton(address))
    return f"{number:08X}"


def _holds(process: Path, sockets: set[str]) -> bool:
    try:
        return any(str(entry.readlink()) in sockets for entry in (process / "fd").iterdir())
    except OSError:
        return False


def _name(process: Path) -> str:
    try:
        return (process / "comm").read_text(errors="replace").strip()
    except OSError:
        return "a program"
