"""What programs send to terminals, made up anew the same way each time: lists, logs, pictures."""

from __future__ import annotations

import random
from collections.abc import Iterator

COLUMNS, ROWS = 80, 24
_COLORS = ("0", "01;34", "01;32", "01;36", "01;31", "00")
_WORDS = (
    "cloud", "instance", "volume", "network", "started", "attached", "probe", "lease", "timeout", "unit",
    "kernel", "session", "mount",
)  # fmt: skip


def listing(size: int) -> bytes:
    """About so many bytes of a coloured, recursive `ls -l`."""
    return _filled(size, _listing(random.Random(1)))


def log(size: int) -> bytes:
    """About so many bytes of a plain log."""
    return _filled(size, _log(random.Random(2)))


def redraw(size: int) -> bytes:
    """About so many bytes of an editor that draws whole pictures in 256 colours, and scrolls between."""
    return _filled(size, _redraw(random.Random(3)))


def gauges(size: int) -> bytes:
    """About so many bytes of a monitor that gives every cell its own colour of 24 bits."""
    return _filled(size, _gauges(random.Random(4)))


STREAMS = {"ls -lR in colour": listing, "plain log": log, "editor redraw": redraw, "monitor, 24-bit": gauges}


def _filled(size: int, pieces: Iterator[str]) -> bytes:
    made: list[bytes] = []
    total = 0
    while total < size:
        made.append(next(pieces).encode())
        total += len(made[-1])
    return b"".join(made)


def _word(chance: random.Random) -> str:
    return chance.choice(_WORDS)


def _listing(chance: random.Random) -> Iterator[str]:
    while True:
        yield f"\r\n./{_word(chance)}/{_word(chance)}:\r\ntotal {chance.randrange(900)}\r\n"
        for _ in range(chance.randrange(3, 40)):
            name = f"{_word(chance)}-{_word(chance)}.{chance.randrange(99)}"
            day = f"Nov {chance.randrange(1, 31):2} {chance.randrange(24):02}:{chance.randrange(60):02}"
            color = chance.choice(_COLORS)
            shown = f"\x1b[0m\x1b[{color}m{name}\x1b[0m" if color not in ("0", "00") else name
            yield f"-rw-r--r--  1 root root {chance.randrange(1 << 20):8} {day} {shown}\r\n"


def _log(chance: random.Random) -> Iterator[str]:
    while True:
        words = " ".join(_word(chance) for _ in range(chance.randrange(4, 14)))
        at = f"{chance.randrange(24):02}:{chance.randrange(60):02}:{chance.randrange(60):02}"
        yield f"Nov 24 {at} host slshell[{chance.randrange(9999)}]: {words}\r\n"


def _redraw(chance: random.Random) -> Iterator[str]:
    while True:
        picture = ["\x1b[?25l\x1b[1;23r\x1b[H"]
        for row in range(1, ROWS - 1):
            words = [f"\x1b[38;5;{chance.randrange(16, 255)}m{_word(chance)}\x1b[m" for _ in range(6)]
            picture.append(f"\x1b[{row};1H\x1b[38;5;130m{row:4} \x1b[m{' '.join(words)}\x1b[K")
        picture.append(
            f"\x1b[24;1H\x1b[7m{_word(chance):40}\x1b[27m\x1b[{chance.randrange(1, 23)};7H\x1b[?25h"
        )
        if chance.random() < 0.5:
            picture.append("\x1b[23;1H\r\n" * 3 + "\x1b[1;1H\x1bM")
        yield "".join(picture)


def _gauges(chance: random.Random) -> Iterator[str]:
    while True:
        row, column = chance.randrange(1, ROWS + 1), chance.randrange(1, 30)
        cells = "".join(
            f"\x1b[38;2;{place * 5};{255 - place * 5};{row * 8}m{chance.choice('⣀⣤⣶⣿▁▂▃▄')}"
            for place in range(50)
        )
        yield f"\x1b[{row};{column}H{cells}\x1b[39m\x1b[0m{_word(chance)}"
