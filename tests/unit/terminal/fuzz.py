"""Streams made by damaging recorded and generated ones, and what must hold of a screen that is fed them.

`FUZZ_SECONDS` says for how long (CPU time), `FUZZ_SEED` where to begin: the same seed makes
the same streams. A stream that breaks something is made as short as can be and shown.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from slshell.terminal.cells import width
from slshell.terminal.parser import SEQUENCE_LIMIT, STRING_LIMIT
from slshell.terminal.selection import Place
from slshell.terminal.window import STACK_LIMIT, TITLE_LIMIT
from tests.unit.terminal.drive import Driven, check_sound, snapshot

Event = bytes | tuple[int, int]
"""Bytes to be fed, or a size to be taken."""

LONGEST_ANSWER = 16 << 10
SHORTEST_QUESTION = 3
COST = 2e-6
"""CPU seconds that a byte may take for each cell of the screen, for five bytes may ask for all of them."""

_FINALS = [chr(code) for code in range(0x40, 0x7F)]
_ENDS = [*_FINALS, *(f"{mark}{end}" for mark in "$*'\"# !" for end in "pqrstuvwxyz{|}~@ABP")]
_WORDS = [
    b"\x1b", b"\x1b[", b"\x1b]", b"\x1bP", b"\x1b_", b"\x1b\\", b"\x07", b"\x9b", b"\x9d", b"\x90", b"\x9c",
    b"\xc2\x9b", b"\xc2\x9c", b"\xe4\xb8\xad", b"\xcc\x81", b"\xe2\x80\x8d", b"\xef\xb8\x8f", b"\xf0\x9f",
    b"\xf0\x9f\x99\x82", b"\xff", b"\xef\xbf\xbf", b"\xf4\x8f\xbf\xbf", b"\xed\xa0\x80", b"\x18", b"\x1a",
    b"\x1b%@", b"\x1b%G", b"\x1b(0", b"\x0e", b"\x1bN", b"\x1b[?69h", b"\x1b[?6h", b"\x1b[4h", b"\x1b[?7l",
    b"\x1b[?45h", b"\x1b[?1049h", b"\x1b[?1049l", b"\x1b[?40h\x1b[?3h", b'\x1b[1"q', b"\x1bV", b"\x1bc",
    b"\x1b[!p", b"\x1b7", b"\x1b8", b"\x1b#6", b"\x1b[5;9s", b"\x1b[2;4r", b"\r\n", b"\n", b"\t",
    b"\x1b]52;c;?\x07", b"\x1b]52;c;aGVsbG8=\x07", b"\x1b[21t", b"\x1b[>2t", b"\x1b[2$w",
    b"\x1b[4;9999;9999t",
    b"0" * 300, b";" * 100, b":" * 70, b"99999999999", b"x" * 2000, b"\xcc\x81" * 40, b"\xe4\xb8\xad" * 200,
]  # fmt: skip


@dataclass
class Tally:
    """What was done."""

    streams: int = 0
    events: int = 0
    fed: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    """The most CPU time that a byte took, in seconds for each cell of the screen."""


def corpus() -> list[bytes]:
    """What streams are made from: recordings of programs, each in pieces."""
    made = []
    for path in sorted((Path(__file__).parent / "recordings").glob("*.bin")):
        data = path.read_bytes()
        made += [data[start : start + 2000] for start in range(0, len(data), 2000)]
    return made


def sequence(chance: random.Random) -> bytes:
    """A control sequence, sensible or not."""
    numbers = ";".join(
        chance.choice(["", "0", "1", "2", "3", "5", "8", "24", "80", "9999", "1049", "4:3", "38;5;9"])
        for _ in range(chance.randrange(5))
    )
    return f"\x1b[{chance.choice(['', '', '', '?', '>', '='])}{numbers}{chance.choice(_ENDS)}".encode()


def damaged(chance: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """A stream with a few things changed, put in, taken out, doubled or exchanged."""
    made = bytearray(data)
    for _ in range(chance.randrange(1, 12)):
        place = chance.randrange(len(made) + 1)
        length = chance.randrange(1, 30)
        kind = chance.randrange(7)
        if kind == 0 and place < len(made):
            made[place] ^= 1 << chance.randrange(8)
        elif kind == 1:
            del made[place : place + length]
        elif kind == 2:
            made[place:place] = chance.choice(_WORDS)
        elif kind == 3:
            made[place:place] = b"".join(sequence(chance) for _ in range(chance.randrange(1, 20)))
        elif kind == 4:
            made[place:place] = made[place : place + length] * chance.randrange(1, 20)
        elif kind == 5:
            other = chance.choice(others)
            start = chance.randrange(len(other) + 1)
            made[place:place] = other[start : start + chance.randrange(200)]
        else:
            made[place:place] = chance.randbytes(length)
    return bytes(made[:20_000])


def events(chance: random.Random, others: Sequence[bytes]) -> list[Event]:
    """Streams and sizes in turn."""
    made: list[Event] = []
    for _ in range(chance.randrange(1, 5)):
        start = chance.choice([b"", *others]) if chance.random() < 0.7 else b""
        made.append(damaged(chance, start, others))
        if chance.random() < 0.4:
            made.append((chance.randrange(1, 90), chance.randrange(1, 30)))
    return made


class Trial:
    """One screen, its size and permissions drawn by chance, and a second one that is fed in other pieces."""

    def __init__(self, seed: int) -> None:
        chance = random.Random(seed)
        self.size = (chance.choice([1, 2, 3, 10, 20, 80, 132]), chance.choice([1, 2, 5, 24, 50]))
        self.history = chance.choice([0, 1, 20, 200])
        self.clipboard = chance.random() < 0.5
        self.seed = seed

    def _screen(self) -> Driven:
        return Driven(*self.size, history=self.history, clipboard=self.clipboard)

    def run(self, given: Sequence[Event], tally: Tally | None = None) -> None:
        """Feed both screens and check them; raises when something does not hold."""
        chance = random.Random(self.seed)
        whole, cut = self._screen(), self._screen()
        for event in given:
            if isinstance(event, tuple):
                whole.resize(*event)
                cut.resize(*event)
            else:
                before = sum(map(len, whole.answers))
                cells = max(whole.columns * whole.rows, 2000)
                began = time.process_time()
                whole.feed(event)
                cost = (time.process_time() - began - 0.02) / (len(event) + 200) / cells
                answered = sum(map(len, whole.answers)) - before
                assert answered <= (len(event) // SHORTEST_QUESTION + 1) * LONGEST_ANSWER, "too long answers"
                assert cost < COST, f"{cost:.2e} CPU seconds a byte and cell"
                _feed_in_pieces(cut, event, chance)
                if tally is not None:
                    tally.fed += len(event)
                    tally.slowest = max(tally.slowest, cost)
            check_sound(whole)
            check_bounds(whole, self.history)
            if tally is not None:
                tally.events += 1
        assert snapshot(whole) == snapshot(cut), "where the stream was cut makes a difference"
        _use(whole, chance)

    def breaks(self, given: Sequence[Event]) -> bool:
        """Whether something does not hold."""
        try:
            self.run(given)
        except Exception:  # noqa: BLE001 - whatever is raised is what is looked for
            return True
        return False


def _feed_in_pieces(screen: Driven, data: bytes, chance: random.Random) -> None:
    longest = chance.choice([1, 3, 50, 4096])
    start = 0
    while start < len(data):
        end = start + chance.randint(1, longest)
        screen.feed(data[start:end])
        start = end


def check_bounds(screen: Driven, history: int) -> None:
    """Nothing that a program can fill has no end."""
    assert len(screen.history) <= history
    assert sum(map(len, screen.parser._parts)) <= STRING_LIMIT
    assert len(screen.parser._collected) <= SEQUENCE_LIMIT + 1
    assert max(len(screen.window.title), len(screen.window.icon)) <= TITLE_LIMIT
    assert len(screen.window._stack) <= STACK_LIMIT
    assert len(screen.pen_stack) <= 10
    assert len(screen.modes.saved) <= 256
    assert len(screen.palette.colors) <= 264
    assert len(screen.palette.dynamic) <= 10
    assert len(screen.settings) <= 8
    assert len(screen.clipboard or b"") <= STRING_LIMIT


def _use(screen: Driven, chance: random.Random) -> None:
    """What the drawing side asks for."""
    lines = screen.lines()
    assert len(lines) == screen.rows
    for row in screen.view(chance.randrange(30)):
        screen.runs(row)
    words = [word for line in lines for word in line.split() if width(word[0]) > 0]
    for word in chance.sample(words, min(len(words), 3)):
        assert screen.find(word, ignore_case=False), f"{word!r} is not found"
    screen.text_between(Place(screen.oldest, 0), Place(screen.newest, screen.columns))
    screen.changed()
    assert screen.changed() == []


def shortened(fails: Callable[[Sequence[Event]], bool], given: Sequence[Event]) -> list[Event]:
    """A shorter list of events that still fails: whole events left out first, then bytes."""
    made = list(given)
    for place in range(len(made) - 1, -1, -1):
        without = made[:place] + made[place + 1 :]
        made = without if fails(without) else made
    for place, event in enumerate(made):
        if isinstance(event, tuple):
            continue
        size = max(len(event) // 2, 1)
        while size:
            start = 0
            while start < len(event):
                shorter = event[:start] + event[start + size :]
                if fails([*made[:place], shorter, *made[place + 1 :]]):
                    event = shorter
                    made[place] = shorter
                else:
                    start += size
            size //= 2
    return made


def fuzz(seed: int, seconds: float) -> Tally:
    """Try streams for some CPU seconds; raises with a short stream when something does not hold."""
    tally, others = Tally(), corpus()
    began = time.process_time()
    while tally.seconds < seconds:
        trial = Trial(seed + tally.streams)
        given = events(random.Random(trial.seed), others)
        try:
            trial.run(given, tally)
        except Exception as error:
            made = shortened(trial.breaks, given)
            raise AssertionError(
                f"seed {trial.seed}: size {trial.size}, history {trial.history}, "
                f"clipboard {trial.clipboard}, events {made!r}"
            ) from error
        tally.streams += 1
        tally.seconds = time.process_time() - began
    return tally
