"""Forwards from host addresses into machines: QEMU's user network, told through its monitor."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import libvirt_qemu

from slshell.backend.engines.base import Forward
from slshell.backend.engines.libvirt.account import Account
from slshell.backend.engines.libvirt.errors import plain
from slshell.backend.engines.libvirt.holders import holder_of
from slshell.model.errors import Conflict, EngineFailed, UsageError

NETDEV = "hostnet0"
_LINE = re.compile(r"\s*TCP\[HOST_FORWARD\]\s+\d+\s+(\S+)\s+(\d+)\s+\S+\s+(\d+)\s")
_ADDRESS = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){3}")
_MAX_PORT = 65535


def parse_usernet(text: str) -> set[Forward]:
    """The TCP forwards in the answer to `info usernet`."""
    found = set()
    inside = False
    for line in text.splitlines():
        if line.startswith("Hub"):
            inside = f"({NETDEV})" in line
        match = _LINE.match(line)
        if inside and match is not None:
            address = "0.0.0.0" if match[1] == "*" else match[1]  # noqa: S104 - what QEMU says, not a bind
            found.add(Forward(address=address, port=int(match[2]), guest_port=int(match[3])))
    return found


def forwards_of(domain: Any) -> set[Forward]:
    """What QEMU really forwards into a running domain."""
    return parse_usernet(_monitor(domain, "info usernet"))


def reconcile(domain: Any, wanted: Iterable[Forward]) -> None:
    """Make exactly `wanted` lead into the domain; what is right already is not touched.

    Raises:
        Conflict: an address and port is taken, with who holds it. EngineFailed: QEMU refuses it.
    """
    goal = set(wanted)
    for forward in goal:
        _check(forward)
    present = forwards_of(domain)
    for forward in present - goal:
        answer = _monitor(domain, f"hostfwd_remove {NETDEV} tcp:{forward.address}:{forward.port}")
        if "removed" not in answer and "not found" not in answer:
            raise EngineFailed(f"QEMU does not remove a forward: {plain(answer)}")
    for forward in sorted(goal - present, key=lambda one: (one.address, one.port)):
        rule = f"tcp:{forward.address}:{forward.port}-:{forward.guest_port}"
        answer = _monitor(domain, f"hostfwd_add {NETDEV} {rule}").strip()
        if answer:
            raise _refused(forward, answer)


def address_is_free(forward: Forward, account: Account) -> bool:
    """Whether the account's QEMU could listen there now."""
    if account.other and forward.port < _first_unprivileged_port():
        return False
    _check(forward)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As QEMU does: an old connection that lingers in TIME_WAIT is no hindrance.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((forward.address, forward.port))
            probe.listen(1)
        except OSError:
            return False
    return True


def _refused(forward: Forward, answer: str) -> Conflict | EngineFailed:
    place = f"{forward.address}:{forward.port}"
    if "Could not set up host forwarding" not in answer:
        return EngineFailed(f"QEMU refuses to forward {place}: {plain(answer)}")
    holder = holder_of(forward.address, forward.port)
    who = f" by {holder}" if holder else ""
    if not holder and forward.port < _first_unprivileged_port():
        return Conflict(
            f"port {forward.port} of {forward.address} is for the host's administrator only",
            hint=f"use a port from {_first_unprivileged_port()} upwards",
        )
    return Conflict(
        f"{place} is taken{who or ' by another program'}",
        hint="end that program, or let the machine have another address or port",
        details={"address": forward.address, "port": forward.port},
    )


def _check(forward: Forward) -> None:
    """Refuse what is not an IPv4 address and ports, for it becomes part of a monitor command."""
    octets = forward.address.split(".")
    if _ADDRESS.fullmatch(forward.address) is None or any(int(octet) > 255 for octet in octets):
        raise UsageError(f"“{forward.address[:64]}” is not an IPv4 address")
    for port in (forward.port, forward.guest_port):
        if not 0 < port <= _MAX_PORT:
            raise UsageError(f"{port} is not a port")


def _monitor(domain: Any, command: str) -> str:
    """QEMU's answer to a command for people; failures are text too, not exceptions."""
    return str(
        libvirt_qemu.qemuMonitorCommand(domain, command, libvirt_qemu.VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP)
    )


def _first_unprivileged_port() -> int:
    try:
        return int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text())
    except (OSError, ValueError):
        return 1024
