"""The dashboard in a browser: textual-serve on loopback, behind a token that nothing answers without."""

from __future__ import annotations

import asyncio
import secrets
import shlex
import signal
import socket
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import aiohttp_jinja2
from aiohttp import WSCloseCode, web
from textual_serve.server import Server

from slshell.dashboard.browser.process import DashboardProcess
from slshell.model.errors import Conflict

LOOPBACK = "127.0.0.1"
GRACE_S = 10.0
"""How long open pages may take to end."""
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_ENTER = '<!DOCTYPE html><meta charset="utf-8"><title>slshell</title>'

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Guard:
    """Lets in who knows the token, and only under a name of this computer's own."""

    def __init__(self, token: str, port: int) -> None:
        self._token = token
        self._hosts = {f"{name}:{port}" for name in (LOOPBACK, "localhost")}
        self.cookie = f"slshell-{port}"
        """Browsers share cookies between the ports of a host, so its name tells the port."""

    def knows(self, word: str | None) -> bool:
        """Whether it is the token, told in the same time whatever it is."""
        return secrets.compare_digest((word or "").encode(), self._token.encode())

    @web.middleware
    async def check(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse a foreign name or origin, and everything without the token; take it in once as a cookie."""
        origin = request.headers.get("Origin")
        foreign = origin is not None and origin != f"http://{request.host}"
        if request.host not in self._hosts or foreign:
            raise web.HTTPMisdirectedRequest(text="not here\n")
        if self.knows(request.query.get("token")) and request.path == "/":
            return self._enter()
        if not self.knows(request.cookies.get(self.cookie)):
            raise web.HTTPForbidden(text="open the address that slshell web has printed\n")
        return await handler(request)

    def _enter(self) -> web.Response:
        """Set the cookie and go to the address without the token.

        A redirection would not do: a page reached from elsewhere would go on without its strict cookie.
        """
        response = web.Response(text=_ENTER, content_type="text/html", headers={"Refresh": "0; url=/"})
        response.set_cookie(self.cookie, self._token, httponly=True, samesite="Strict", path="/")
        return response


class DashboardServer(Server):
    """Serves one dashboard to each page that is open."""

    def __init__(self, dashboard: Sequence[str], listening: socket.socket) -> None:
        """`dashboard` is the command of a page's dashboard.

        `listening` is bound to a port of the loopback; it is closed with the server.
        """
        port = listening.getsockname()[1]
        # With exec the dashboard is our own child, which lets it notice our end.
        command = "exec " + shlex.join(dashboard)
        templates = Path(__file__).parent / "templates"
        super().__init__(command, host=LOOPBACK, port=port, title="slshell", templates_path=templates)
        self._listening = listening
        self._token = secrets.token_urlsafe(32)
        self._guard = Guard(self._token, port)
        self._pages: set[web.WebSocketResponse] = set()

    @property
    def address(self) -> str:
        """What to open in a browser, token included."""
        return f"http://{LOOPBACK}:{self.port}/?token={self._token}"

    async def on_startup(self, app: web.Application) -> None:
        """Say nothing; the command tells the address."""

    async def on_shutdown(self, app: web.Application) -> None:
        """Close all pages, which ends their dashboards."""
        for page in list(self._pages):
            await page.close(code=WSCloseCode.GOING_AWAY)

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """A dashboard of its own for the page that asks."""
        page = web.WebSocketResponse(heartbeat=15)
        await page.prepare(request)

        async def close() -> None:
            await page.close()

        dashboard = DashboardProcess(
            self.command,
            write_bytes=page.send_bytes,
            write_str=page.send_str,
            close=close,
            download_manager=self.download_manager,
        )
        self._pages.add(page)
        try:
            await dashboard.start(_cells(request, "width", 80), _cells(request, "height", 24))
            await self._process_messages(page, dashboard)
        finally:
            self._pages.discard(page)
            await dashboard.stop()
        return page

    @aiohttp_jinja2.template("app_index.html")
    async def handle_index(self, request: web.Request) -> dict[str, Any]:
        """The page, which asks for all else under the name that it was opened with."""
        return {
            "font_size": 16,
            "app_websocket_url": f"ws://{request.host}/ws",
            "config": {"static": {"url": "/static/"}},
            "application": {"name": self.title},
        }

    async def run(self, ready: Callable[[], object]) -> None:
        """Serve until the process is told to end; `ready` is called when pages can be opened."""
        app = await self._make_app()
        app.router.add_static("/page", Path(__file__).parent / "page")
        app.middlewares.append(self._guard.check)
        app.on_response_prepare.append(_add_headers)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=GRACE_S)
        await runner.setup()
        over = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, over.set)
        try:
            await web.SockSite(runner, self._listening).start()
            ready()
            await over.wait()
        finally:
            await runner.cleanup()


def listen(port: int) -> socket.socket:
    """A socket on a port of the loopback, 0 for any that is free.

    Raises:
        Conflict: the port is taken or may not be used.
    """
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((LOOPBACK, port))
    except OSError as error:
        listening.close()
        raise Conflict(
            f"port {port} cannot be used: {error.strerror}", hint="leave --port away, or name another"
        ) from error
    return listening


def _cells(request: web.Request, name: str, usual: int) -> int:
    """A size that the page tells, within what a screen can have."""
    word = request.query.get(name, "")
    return min(1000, max(1, int(word))) if word.isascii() and word.isdigit() else usual


async def _add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(_HEADERS)
