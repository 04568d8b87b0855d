"""Packets through a machine's network card.

libvirt counts the traffic of host interfaces only, and QEMU's user network has none. What QEMU keeps is the
index of each virtio queue: it goes up by one a packet and turns over at 65536.
"""

from __future__ import annotations

import json
from typing import Any

import libvirt
import libvirt_qemu

Packets = tuple[int, int]
"""The indices of the queues in and out, below TURN."""
Rates = tuple[float | None, float | None]
"""Packets a second, in and out; None where it cannot be known."""
TURN = 1 << 16
LONGEST_S = 6.0
"""Between counts further apart than this, less than 10,900 packets a second would turn the index over."""
_CARD = "/machine/peripheral/net0/virtio-backend"
_IN, _OUT = 0, 1


def count(domain: Any) -> Packets | None:
    """Where the queues of a running machine's first card are; None when QEMU does not say."""
    try:
        return _index(domain, _IN), _index(domain, _OUT)
    except (libvirt.libvirtError, KeyError, TypeError, ValueError):
        # The command is for debugging, in QEMU since 7.2: without it there is no graph, and that is all.
        return None


def rates(before: Packets | None, now: Packets | None, seconds: float) -> Rates:
    """Packets a second between two counts."""
    if before is None or now is None or seconds > LONGEST_S:
        return None, None
    came, went = (round((new - old) % TURN / seconds, 1) for old, new in zip(before, now, strict=True))
    return came, went


def _index(domain: Any, queue: int) -> int:
    asked = {"execute": "x-query-virtio-queue-status", "arguments": {"path": _CARD, "queue": queue}}
    answer = json.loads(libvirt_qemu.qemuMonitorCommand(domain, json.dumps(asked), 0))
    return int(answer["return"]["used-idx"])
