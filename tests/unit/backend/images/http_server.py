"""A real HTTP server on loopback that serves one image, and misbehaves when told to."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType


@dataclass
class Behaviour:
    """How the server serves `content`."""

    content: bytes
    tag: str = '"one"'
    ranges: bool = True
    drop_after: list[int] = field(default_factory=list)
    """For each of the next answers: after how many bytes of the body the connection is cut."""
    told_length: int | None = None
    """Content-Length to tell instead of the right one; -1 for none."""
    status: int = 200
    location: str = ""
    wrong_part: bool = False
    encoding: str = ""
    part_tag: str = ""
    """Another mark for parts: the version that they are of."""
    drip_s: float = 0.0
    """Send one byte at a time, with this pause between."""
    stall: bool = False
    """Send half of the body, then nothing until `ImageServer` is left."""
    endless: bool = False
    """Send blocks of zeros until the other side has enough."""


class ImageServer:
    """Serves on `url` while entered; `asked` are the Range headers of the requests so far."""

    def __init__(self, content: bytes) -> None:
        self.behaviour = Behaviour(content)
        self.asked: list[str] = []
        self._left = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer._answer(self)

            def log_message(self, *_: object) -> None:
                """The test's output is not the place for a log."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self.url = f"http://127.0.0.1:{self._server.server_port}/image.qcow2"

    def __enter__(self) -> ImageServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._left.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        how = self.behaviour
        asked = request.headers.get("Range", "")
        self.asked.append(asked)
        request.close_connection = True
        start = 0
        if how.status != 200:
            request.send_response(how.status)
        elif asked and how.ranges and request.headers.get("If-Range") == how.tag:
            start = int(asked.removeprefix("bytes=").rstrip("-"))
            request.send_response(206)
            first = start + 1 if how.wrong_part else start
            last = len(how.content) - 1
            request.send_header("Content-Range", f"bytes {first}-{last}/{len(how.content)}")
        else:
            request.send_response(200)
        body = how.content[start:] if how.status == 200 else b""
        length = len(body) if how.told_length is None else how.told_length
        if length >= 0:
            request.send_header("Content-Length", str(length))
        for name, value in (
            ("ETag", how.part_tag if start and how.part_tag else how.tag),
            ("Location", how.location),
            ("Content-Encoding", how.encoding),
        ):
            if value:
                request.send_header(name, value)
        request.send_header("Connection", "close")
        request.end_headers()
        kept = how.drop_after.pop(0) if how.drop_after else len(body)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._send(request, body[:kept])

    def _send(self, request: BaseHTTPRequestHandler, body: bytes) -> None:
        how = self.behaviour
        if how.stall:
            request.wfile.write(body[: len(body) // 2])
            self._left.wait(60)
        elif how.drip_s:
            for place in range(len(body)):
                request.wfile.write(body[place : place + 1])
                if self._left.wait(how.drip_s):
                    break
        elif how.endless:
            while not self._left.is_set():
                request.wfile.write(bytes(1 << 16))
        else:
            request.wfile.write(body)
