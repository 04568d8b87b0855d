"""The in-process cloud at a TCP address, as a cloud elsewhere is reached."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from typing import Any

from slshell.model.errors import NotAllowed
from tests.unit.client.served import ServedCloud, _Handler


class _TcpServer(ThreadingHTTPServer):
    daemon_threads = True
    cloud: ServedCloud
    wanted: str | None
    seen: list[str]


class _TcpHandler(_Handler):
    server: _TcpServer  # type: ignore[assignment]

    def handle_one(self) -> None:
        given = self.headers.get("Authorization", "")
        self.server.seen.append(given)
        if self.server.wanted in (None, given):
            super().handle_one()
            return
        data = NotAllowed("this cloud does not know you", hint="check the password").as_data()
        self.answer(401, data)

    def answer(self, status: int, data: dict[str, Any]) -> None:
        import msgspec

        body = msgspec.json.encode(data)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = handle_one  # noqa: N815 - names of the standard library


@contextmanager
def on_tcp(cloud: ServedCloud, wanted: str | None = None) -> Iterator[tuple[str, list[str]]]:
    """Serve a cloud on a port of the loopback; answers its address and the credentials it is shown.

    With `wanted`, any other Authorization header is refused.
    """
    server = _TcpServer(("127.0.0.1", 0), _TcpHandler)
    server.cloud, server.wanted, server.seen = cloud, wanted, []
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", server.seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
