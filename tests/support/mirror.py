"""A publisher's mirror on loopback: files by path, with ranges, that can break off and be waited for."""

from __future__ import annotations

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit


class Mirror:
    """Serves `files` on `url` while entered; `asked` are path and Range of each request so far."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.asked: list[tuple[str, str]] = []
        self.cut: dict[str, int] = {}
        """How much of a file is sent before the connection breaks, by path."""
        self.go_on = threading.Event()
        """While it is not set, images stop after their first half."""
        self.go_on.set()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer._answer(self)

            def log_message(self, *_: object) -> None:
                """The test's output is not the place for a log."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    @classmethod
    def of_image(cls, image: Path, path: str, sums: str) -> Mirror:
        """A mirror with one image at `path`, and its SHA-512 in the list at `sums`."""
        content = image.read_bytes()
        digest = hashlib.sha512(content).hexdigest()
        return cls({path: content, sums: f"{digest}  {path.rpartition('/')[2]}\n".encode()})

    def __enter__(self) -> Mirror:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.go_on.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def times(self, path: str) -> int:
        """How often a file was asked for."""
        return sum(1 for each, _ in self.asked if each == path)

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        path, wanted = urlsplit(request.path).path.lstrip("/"), request.headers.get("Range", "")
        self.asked.append((path, wanted))
        request.close_connection = True
        content = self.files.get(path)
        if content is None:
            request.send_response(404)
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        tag = f'"{hashlib.sha1(content, usedforsecurity=False).hexdigest()}"'
        start = 0
        if wanted and request.headers.get("If-Range") == tag:
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            request.send_response(206)
            request.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        else:
            request.send_response(200)
        request.send_header("Content-Length", str(len(content) - start))
        request.send_header("ETag", tag)
        request.end_headers()
        end = max(start, self.cut.get(path, len(content)))
        middle = min(end, (start + end) // 2)
        request.wfile.write(content[start:middle])
        request.wfile.flush()
        if len(content) > 1 << 16:
            self.go_on.wait(60)
        request.wfile.write(content[middle:end])
