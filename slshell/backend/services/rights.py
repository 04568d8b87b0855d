"""Who may do what with a volume: its owner everything, others see and attach what is public."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Row

from slshell.backend.store.tables.volumes import volumes
from slshell.model.errors import NotAllowed, NotFound
from slshell.model.volume import Visibility


def may_see(row: Row[Any], caller: str) -> None:
    """Return when the caller may see and attach the volume.

    Raises:
        NotFound: as if there were none, so that UUIDs of others cannot be probed.
    """
    if row.owner != caller and row.visibility != Visibility.PUBLIC.value:
        raise NotFound(f"there is no volume {row.id}", hint="slshell volumes lists them")


def may_change(row: Row[Any], caller: str, what: str) -> None:
    """Return when the caller may change the volume.

    Raises:
        NotFound: it is not to be seen. NotAllowed: it is somebody else's.
    """
    may_see(row, caller)
    if row.owner != caller:
        raise NotAllowed(
            f"Not enough rights to {what} disk {row.id}: it belongs to {row.owner}",
            hint="only the owner can; clone it and work with the clone",
        )


def visible_to(caller: str) -> ColumnElement[bool]:
    """The condition that selects what a caller may see."""
    return (volumes.c.owner == caller) | (volumes.c.visibility == Visibility.PUBLIC.value)
