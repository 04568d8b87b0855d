"""Asking for new appliances: of a machine, or by a recipe."""

from __future__ import annotations

import msgspec


class SaveRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /v1/instances/{id}/save`."""

    request_id: str
    name: str
    """Of the new appliance."""
    title: str = ""
    author: str = ""
    comment: str = ""
    cleaned: bool = False
    """Host keys, machine id, logs, keys and history were removed in the machine before."""
