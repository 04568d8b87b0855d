"""Streams that try to fill the memory, and how much a screen takes while it eats one.

Run as a program of its own, for the memory of a process is what counts: `flood NAME BYTES` prints by how many
bytes the process has grown at most.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from itertools import count, repeat
from pathlib import Path

from slshell.terminal.cells import width
from slshell.terminal.parser import LINES
from slshell.terminal.screen import Allowed, Screen

PIECE = 1 << 16
COLUMNS, ROWS, HISTORY = 80, 24, 5000


def _random() -> Iterator[bytes]:
    chance = random.Random(1)
    while True:
        yield chance.randbytes(PIECE)


def _numbered(make: Callable[[int], str], at_once: int) -> Iterator[bytes]:
    for first in count(0, at_once):
        yield "".join(map(make, range(first, first + at_once))).encode()


def _color(number: int) -> str:
    return f"\x1b[38;2;{number >> 16 & 255};{number >> 8 & 255};{number & 255}mx"


def _look(number: int) -> str:
    """Colours of text, background and underline, and attributes: the largest style there is."""
    parts = number >> 16 & 255, number >> 8 & 255, number & 255
    color = ":".join(map(str, parts))
    return f"\x1b[1;4:3;38:2::{color};48:2::{color};58:2::{color}mx"


def _marked(number: int) -> str:
    marks = "".join(chr(0x300 + (number >> 4 * place & 15)) for place in range(8))
    return chr(0x4E00 + number % 20_000) + marks


def _opened(begin: bytes, rest: bytes) -> Iterator[bytes]:
    yield begin
    yield from repeat(rest * (PIECE // len(rest)))


def _in_pieces_of_one(begin: bytes) -> Iterator[bytes]:
    yield begin
    yield from repeat(b"z")


STREAMS: dict[str, Callable[[], Iterator[bytes]]] = {
    "random": _random,
    "colours": lambda: _numbered(_color, 2000),
    "looks": lambda: _numbered(_look, 1000),
    "links": lambda: _numbered(lambda number: f"\x1b]8;;http://{number}\x1b\\x", 2000),
    "named-links": lambda: _numbered(
        lambda number: f"\x1b]8;id={number:<1900};http://{number:01900}\x1b\\中", 20
    ),
    "marks": lambda: _numbered(_marked, 2000),
    "wide-lines": lambda: _opened(b"", "中é\u0301\r\n".encode() * 9),
    "command": lambda: _opened(b"\x1b]2;", b"title"),
    "command-in-bytes": lambda: _in_pieces_of_one(b"\x1b]52;c;"),
    "picture": lambda: _opened(b"\x1bPq#0;2;0;0;0", b"~-?!9@"),
    "message": lambda: _opened(b"\x1b_", b"G"),
    "sequence": lambda: _opened(b"\x1b[", b"1;2:"),
    "titles": lambda: _numbered(lambda number: f"\x1b]0;{number:5000}\x07\x1b[22t", 50),
    "saved": lambda: _numbered(
        lambda number: f"\x1b[?{number % 9999}s\x1b[{number % 256}m\x1b[#{{\x1b7", 900
    ),
    "palette": lambda: _numbered(lambda number: f"\x1b]4;{number % 999};#{number % 4096:03x}\x07", 900),
}


def _most() -> int:
    """The most bytes that this process has held; `getrusage` would count its parent's from before `exec`."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def grown(name: str, size: int) -> int:
    """Bytes by which this process grows at most while a screen eats so many bytes of a stream."""
    # What is loaded when first needed is not the stream's doing.
    assert width("é") == 1 and LINES.match("a\r\n" * 4)
    screen = Screen(COLUMNS, ROWS, HISTORY, lambda answer: None, Allowed(clipboard=True))
    before = _most()
    eaten = 0
    for piece in STREAMS[name]():
        screen.feed(piece)
        eaten += len(piece)
        if eaten >= size:
            break
    return _most() - before


if __name__ == "__main__":
    print(grown(sys.argv[1], int(sys.argv[2])))
