"""Who may call, and for how long: the token of the TCP port, and the time limit of a request."""

from __future__ import annotations

import asyncio
import re
import secrets
from typing import Any

from litestar import Request
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from slshell import __version__
from slshell.backend.api.errors import VERSION_HEADER, answer
from slshell.backend.api.sockets import denied
from slshell.model.errors import NotAllowed, TimedOut

REQUEST_TIMEOUT_S = 60.0
_PUBLIC = re.compile(r"/metadata(/.*)?|/tag/.*")
_UNLIMITED = re.compile(r"/v1/(uploads|volumes/[^/]+/content|exports/[^/]+/content)/?")


def guarded(app: ASGIApp, token: str, *, public: bool = False) -> ASGIApp:
    """The application behind the token (for TCP only), the time limit, and with the version header.

    The Unix socket needs no token: only its user can open it. An empty token refuses all of TCP.
    With `public` the entries of the catalogue can be read by everybody, as in any marketplace.
    """

    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in (ScopeType.HTTP, ScopeType.WEBSOCKET):
            await app(scope, receive, send)
            return
        open_to_all = public and scope.get("method") == "GET" and _PUBLIC.fullmatch(scope["path"]) is not None
        if not open_to_all and not _came_by_socket(scope) and not _bearer_is(scope, token):
            await _refuse(scope, receive, send)
            return
        if scope["type"] == ScopeType.WEBSOCKET:
            await app(scope, receive, send)
            return
        started = False

        async def send_with_version(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = [pair for pair in message["headers"] if pair[0].lower() != _VERSION[0]]
                message["headers"] = [*headers, _VERSION]
            await send(message)

        limit = None if _UNLIMITED.fullmatch(scope["path"]) else REQUEST_TIMEOUT_S
        try:
            async with asyncio.timeout(limit):
                await app(scope, receive, send_with_version)
        except TimeoutError:
            if started:
                raise
            error = TimedOut("the request took too long", hint="ask again, or for less at once")
            await answer(error).to_asgi_response(app=None, request=_request(scope))(scope, receive, send)

    return inner


_VERSION = (VERSION_HEADER.lower().encode(), __version__.encode())


def _came_by_socket(scope: Scope) -> bool:
    server = scope.get("server")
    return server is not None and server[1] is None


def _bearer_is(scope: Scope, token: str) -> bool:
    wanted = f"Bearer {token}".encode()
    given = next((value for name, value in scope["headers"] if name.lower() == b"authorization"), b"")
    return bool(token) and secrets.compare_digest(given, wanted)


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    error = NotAllowed("this port wants the cloud's token", hint="send it as `Authorization: Bearer …`")
    if scope["type"] == ScopeType.WEBSOCKET:
        await denied(send, error, 401)
        return
    await answer(error, 401).to_asgi_response(app=None, request=_request(scope))(scope, receive, send)


def _request(scope: Scope) -> Request[Any, Any, Any]:
    return Request(scope)
