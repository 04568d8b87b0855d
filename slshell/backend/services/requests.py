"""Requests that were served, so that a repeated one makes nothing twice."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from sqlalchemy import Connection, insert, select

from slshell.backend.services import records
from slshell.backend.store.database import Write
from slshell.backend.store.tables.base import utc_now
from slshell.backend.store.tables.cloud import requests
from slshell.model.errors import Conflict, UsageError

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def checked(request_id: str) -> str:
    """The id if it is one.

    Raises:
        UsageError: it is empty, too long or has other characters.
    """
    if _REQUEST_ID.fullmatch(request_id) is None:
        raise UsageError(
            "the request id is not usable",
            hint="send 1 to 64 letters, digits, dots, dashes or underscores, for example a UUID",
            details={"field": "request_id"},
        )
    return request_id


def fingerprint(kind: str, content: Any) -> str:
    """A digest of what is asked, to tell a repetition from another request under the same id."""
    return hashlib.sha256(f"{kind}\n".encode() + records.as_text(content).encode()).hexdigest()


def served(connection: Connection, request_id: str, print_: str) -> list[str] | None:
    """What the request made when it came first; None when it is new.

    Raises:
        Conflict: the id was used for something else.
    """
    row = connection.execute(select(requests).where(requests.c.request_id == request_id)).one_or_none()
    if row is None:
        return None
    if row.fingerprint != print_:
        raise Conflict(
            f"request id {request_id} was used for another request",
            hint="use a new request id for a new request",
            details={"field": "request_id"},
        )
    return [str(item) for item in json.loads(row.resource_ids)]


def remember(write: Write, request_id: str, print_: str, resource_ids: list[str]) -> None:
    """Keep what the request made, in the transaction that made it."""
    write.connection.execute(
        insert(requests).values(
            request_id=request_id,
            fingerprint=print_,
            resource_ids=records.as_text(resource_ids),
            created_at=utc_now(),
        )
    )
