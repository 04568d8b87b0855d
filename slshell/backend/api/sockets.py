"""What all WebSockets share: the codes they end with, and refusing one as any other request is refused."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from slshell import __version__
from slshell.backend.api.errors import VERSION_HEADER
from slshell.model.errors import SlshellError

OVER = 1000
"""It came to its end; the reason says how."""
LOST = 4000
"""It broke off on the cloud's side; opening it again may help."""
LARGEST_MESSAGE = 1 << 16
PATIENCE_S = 300.0
"""How long a client may leave a ping unanswered: a pager that waits for its reader does so as well."""
_REASON_BYTES = 123
"""What the protocol has room for."""


async def denied(
    send: Callable[[Any], Awaitable[None]], error: SlshellError, status: int | None = None
) -> None:
    """Refuse a WebSocket that was not accepted yet, with the error as the answer's body."""
    headers = [
        (b"content-type", b"application/json"),
        (VERSION_HEADER.lower().encode(), __version__.encode()),
    ]
    await send(
        {"type": "websocket.http.response.start", "status": status or error.status, "headers": headers}
    )
    await send({"type": "websocket.http.response.body", "body": msgspec.json.encode(error.as_data())})


def reason(text: str) -> str:
    """`text` as short as the reason of a close must be."""
    return text.encode()[:_REASON_BYTES].decode("utf-8", "ignore")
