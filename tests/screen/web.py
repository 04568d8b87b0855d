"""`slshell web` as a process of its own, its answers, and a real browser that looks at it."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.support.wait import WebDriverWait

CHROMIUM, CHROMEDRIVER = "/usr/bin/chromium", "/usr/bin/chromedriver"
PATIENCE_S = 60.0
QUIET = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1200,800",
    "--disable-background-networking", "--disable-component-update", "--disable-default-apps",
    "--disable-domain-reliability", "--disable-sync", "--disable-breakpad", "--metrics-recording-only",
    "--no-first-run", "--no-default-browser-check", "--no-pings", "--disable-extensions",
    "--disable-features=OptimizationHints,MediaRouter,Translate,DialMediaRouteProvider",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)  # fmt: skip


@dataclass(frozen=True)
class Page:
    """What the server says to one request."""

    status: int
    text: str
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Web:
    """A running `slshell web`."""

    address: str
    process: subprocess.Popen[str]

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return urlsplit(self.address).port or 0

    @property
    def token(self) -> str:
        """The token of its address."""
        return parse_qs(urlsplit(self.address).query)["token"][0]

    def get(self, path: str, **headers: str) -> Page:
        """Ask for a path; `_` in a header's name stands for a dash."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request("GET", path, headers=named)
            answer = connection.getresponse()
            return Page(answer.status, answer.read().decode("utf-8", "replace"), dict(answer.getheaders()))
        finally:
            connection.close()

    @contextmanager
    def page(self, cookie: str) -> Iterator[socket.socket]:
        """The connection of an open page; what is received from it comes from its dashboard."""
        lines = (
            "GET /ws HTTP/1.1", f"Host: 127.0.0.1:{self.port}", "Connection: Upgrade", "Upgrade: websocket",
            "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", f"Cookie: {cookie}",
        )  # fmt: skip
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE_S) as connection:
            connection.sendall("".join(f"{line}\r\n" for line in (*lines, "")).encode())
            answer = b""
            while not answer.endswith(b"\r\n\r\n"):
                answer += connection.recv(1)
            assert answer.startswith(b"HTTP/1.1 101 ")
            yield connection


@contextmanager
def served(environment: Mapping[str, str], *options: str) -> Iterator[Web]:
    """`slshell web` until the block ends; then it has to end as well, with its pages."""
    command = [sys.executable, "-m", "slshell", "web", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(environment)) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().strip()
            assert address.startswith("http://127.0.0.1:"), f"it ended with {process.wait(PATIENCE_S)}"
            yield Web(address, process)
        finally:
            process.terminate()
            assert process.wait(PATIENCE_S) in (0, -signal.SIGKILL)


class Browser:
    """A headless Chromium of the test's own."""

    def __init__(self, folder: Path) -> None:
        """`folder` takes its profile."""
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        for flag in (*QUIET, f"--user-data-dir={folder}"):
            options.add_argument(flag)
        service = Service(CHROMEDRIVER, env={**os.environ, "HOME": str(folder)})
        self.driver = webdriver.Chrome(options=options, service=service)

    def open(self, address: str) -> None:
        """Go to an address."""
        self.driver.get(address)

    def press(self, keys: str) -> None:
        """Type keys into the page."""
        ActionChains(self.driver).send_keys(keys).perform()

    @property
    def text(self) -> str:
        """The words on the page outside of the terminal."""
        return str(self.driver.execute_script("return document.body ? document.body.innerText : ''"))

    @property
    def colours(self) -> int:
        """How many different colours a picture of the page has; a blank one has a single one."""
        return len(set(_pixels(self.driver.get_screenshot_as_png())))

    def until(self, holds: Callable[[], bool], what: str) -> None:
        """Wait until something holds."""
        WebDriverWait(self.driver, PATIENCE_S, 0.2).until(lambda _: holds(), what)

    def close(self) -> None:
        """End the browser."""
        self.driver.quit()


def _pixels(png: bytes) -> Iterator[bytes]:
    """Red, green and blue of every tenth pixel of every tenth line, at eight bits a channel."""
    data, place, width, channels = b"", 8, 0, 3
    while place < len(png):
        size, kind = int.from_bytes(png[place : place + 4], "big"), png[place + 4 : place + 8]
        body = png[place + 8 : place + 8 + size]
        if kind == b"IHDR":
            width, channels = int.from_bytes(body[:4], "big"), {2: 3, 6: 4}[body[9]]
        elif kind == b"IDAT":
            data += body
        place += size + 12
    raw, stride = zlib.decompress(data), width * channels
    before = bytearray(stride)
    for number, start in enumerate(range(0, len(raw), stride + 1)):
        line = _unfiltered(raw[start], bytearray(raw[start + 1 : start + 1 + stride]), before, channels)
        before = line
        if number % 10 == 0:
            yield from (bytes(line[x : x + 3]) for x in range(0, stride, channels * 10))


def _unfiltered(kind: int, line: bytearray, above: bytearray, step: int) -> bytearray:
    """A line of a PNG as it was before it was filtered."""
    for x in range(len(line)):
        left, up = (line[x - step] if x >= step else 0), above[x]
        corner = above[x - step] if x >= step else 0
        nearest = min((left, up, corner), key=lambda each: abs(left + up - corner - each))
        line[x] = (line[x] + (0, left, up, (left + up) // 2, nearest)[kind]) & 0xFF
    return line
