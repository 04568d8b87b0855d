"""An address of its own for each instance, out of 127.86.0.0/16, and the SSH port on it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator

from slshell.model.errors import NoCapacity

# Ports below 1024 are refused to the unprivileged account that machines run under.
SSH_PORT = 2222
_NETWORK = "127.86"
_BLOCKS = 256
_PER_BLOCK = 254


def candidates(cloud_id: str) -> Iterator[str]:
    """All addresses, starting with a block that depends on the cloud, so that clouds seldom meet."""
    first = hashlib.sha256(cloud_id.encode()).digest()[0]
    for offset in range(_BLOCKS):
        block = (first + offset) % _BLOCKS
        for number in range(1, _PER_BLOCK + 1):
            yield f"{_NETWORK}.{block}.{number}"


def pick(cloud_id: str, count: int, taken: Collection[str], is_free: Callable[[str], bool]) -> list[str]:
    """`count` addresses that no living instance has and where nothing else listens.

    Raises:
        NoCapacity: all are taken.
    """
    picked: list[str] = []
    for address in candidates(cloud_id):
        if address not in taken and is_free(address):
            picked.append(address)
            if len(picked) == count:
                return picked
    raise NoCapacity(
        f"all {_BLOCKS * _PER_BLOCK} addresses of {_NETWORK}.0.0/16 are taken", hint="kill what is not needed"
    )
