"""A marketplace on loopback that does what a test wants of it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from slshell.metadata.document import moment_text, read

DRIP_S = 0.05


class Marketplace:
    """Its documents by path, and how it misbehaves."""

    def __init__(self) -> None:
        self.documents: dict[str, bytes] = {}
        self.listed: list[list[str]] = []
        self.asked: list[str] = []
        self.etag = '"1"'
        self.fault = ""
        self.url = ""
        self.ending = threading.Event()

    def add(self, document: bytes, **lies: str) -> None:
        """Offer a document; `lies` are columns of the table that say something else."""
        metadata = read(document)
        assert metadata.endorsement is not None
        email, date = metadata.endorsement.email, moment_text(metadata.endorsement.created)
        identifier = metadata.identifier
        row = {"os": metadata.os, "email": email, "created": date, "identifier": identifier} | lies
        self.listed.append(
            ["", row["os"], "", "", row["email"], "machine", row["created"], row["identifier"], "", "", "T"]
        )
        self.documents[f"/metadata/{row['identifier']}/{row['email']}/{row['created']}"] = document
        self.etag = f'"{len(self.listed)}"'


@contextmanager
def marketplace() -> Iterator[Marketplace]:
    """Serve one until the block ends."""
    market = Marketplace()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            market.asked.append(self.path)
            _answer(self, market)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    market.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield market
    finally:
        market.ending.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _answer(handler: BaseHTTPRequestHandler, market: Marketplace) -> None:
    parts = urlsplit(handler.path)
    if market.fault == "circle":
        _send(handler, 302, b"", {"Location": f"{market.url}{handler.path}"})
    elif market.fault == "error":
        _send(handler, 500, b"")
    elif market.fault == "stall":
        market.ending.wait(30)
        handler.close_connection = True
    elif market.fault == "drop":
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"{")
        handler.close_connection = True
    elif market.fault == "drip":
        handler.send_response(200)
        handler.end_headers()
        handler.close_connection = True
        while not market.ending.wait(DRIP_S):
            handler.wfile.write(b" ")
            handler.wfile.flush()
    elif market.fault == "huge":
        handler.send_response(200)
        handler.end_headers()
        handler.close_connection = True
        try:
            for _ in range(20):
                handler.wfile.write(b" " * (1 << 20))
        except ConnectionError:
            return
    elif market.fault == "html":
        _send(handler, 200, b"<html>a shop</html>")
    elif parts.path == "/metadata":
        _table(handler, market, {name: values[0] for name, values in parse_qs(parts.query).items()})
    elif (document := market.documents.get(unquote(parts.path))) is not None:
        _send(handler, 200, document)
    else:
        _send(handler, 404, b"<error>metadata entry not found.</error>")


def _table(handler: BaseHTTPRequestHandler, market: Marketplace, query: dict[str, Any]) -> None:
    if handler.headers.get("If-None-Match") == market.etag:
        _send(handler, 304, b"")
        return
    start, length = int(query["iDisplayStart"]), int(query["iDisplayLength"])
    table = {
        "sEcho": 1, "iTotalRecords": len(market.listed), "iTotalDisplayRecords": len(market.listed),
        "rMsg": "", "aaData": market.listed[start : start + length],
    }  # fmt: skip
    _send(handler, 200, json.dumps(table).encode(), {"ETag": market.etag})


def _send(
    handler: BaseHTTPRequestHandler, status: int, body: bytes, headers: dict[str, str] | None = None
) -> None:
    handler.send_response(status)
    for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)
