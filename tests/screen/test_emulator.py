"""The emulator beside a real tmux, on recorded and on generated streams: the same text, the same cursor."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

from slshell.terminal.screen import Screen
from tests.screen import player
from tests.support import tmux

COLUMNS, ROWS = 80, 24
RECORDINGS = Path(__file__).parents[1] / "unit" / "terminal" / "recordings"
PARTS = 5
STREAMS = 80
"""Each a few pieces long, so that all pairs of neighbours come up."""


def recorded() -> dict[str, bytes]:
    """Recordings up to several places, each before a sequence."""
    made = {}
    for path in sorted(RECORDINGS.glob("*.bin")):
        data = path.read_bytes()
        for part in range(1, PARTS + 1):
            end = len(data) if part == PARTS else data.rfind(b"\x1b", 0, len(data) * part // PARTS)
            made[f"{path.stem}-{part}"] = data[: max(end, 0)]
    return made


def generated() -> dict[str, bytes]:
    """Streams of what all terminals do alike; to cut a wide character in two is not among that."""
    chance = random.Random(1)
    return {f"made-{number:02}": _stream(chance).encode() for number in range(STREAMS)}


def _stream(chance: random.Random) -> str:
    made = []
    is_wide = chance.random() < 0.5
    characters = "abc XYZé中文한│" if is_wide else "abc XYZé│"
    for _ in range(chance.randrange(3, 30)):
        at = f"\x1b[{chance.randrange(1, ROWS + 1)};{chance.randrange(1, 60)}H"
        at += "\x1b[2K" if is_wide else ""
        number = chance.randrange(1, 6)
        text = "".join(chance.choice(characters) for _ in range(chance.randrange(1, 9)))
        kind = chance.randrange(9)
        if kind < 3:
            made.append(f"{at}{text}")
        elif kind == 3:
            made.append("".join(f"{text * chance.randrange(1, 12)}\r\n" for _ in range(number)))
        elif kind == 4 and not is_wide:
            made.append(f"\x1b[r{at}\x1b[{number}{chance.choice('@PXLM')}{at}")
        elif kind == 5 and not is_wide:
            made.append(f"{at}\x1b[{chance.randrange(3)}{chance.choice('JK')}")
        elif kind == 6:
            made.append(f"\x1b[{number};{number + chance.randrange(2, 15)}r{chance.choice(['', at])}")
        elif kind == 7:
            made.append(chance.choice(["\x1b[31;1m", "\x1b[m", "\x1b[38;5;9m", "\x1b7", "\x1b8", "\x1b[?6l"]))
        else:
            made.append(f"{at}{text}" + chance.choice(["\n", "\x1bM", "\x1bD", "\x1bE", "\b", "\t"]) * number)
    return "".join(made)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[bytes, str]]:
    """Each stream, and what tmux says: the cursor in the first line, the rows below."""
    folder = tmp_path_factory.mktemp("played")
    streams = {**recorded(), **generated()}
    for name, data in streams.items():
        (folder / f"{name}.bin").write_bytes(data)
    socket = folder / "tmux"
    command = [sys.executable, player.__file__, str(socket), str(folder)]
    variables = {"LC_ALL": "C.UTF-8"}
    with tmux.terminal(socket, command, variables, COLUMNS, ROWS) as made:
        made.tmux("wait-for", "played")
    return {name: (data, (folder / f"{name}.txt").read_text()) for name, data in streams.items()}


def ours(data: bytes) -> str:
    """What we say, in the same form."""
    answers: list[bytes] = []
    screen = Screen(COLUMNS, ROWS, reply=answers.append)
    screen.feed(data + b"\x1b[6n")
    place = answers[-1].decode().removeprefix("\x1b[").removesuffix("R")
    return "\n".join([place, *(line.rstrip() for line in screen.lines())])


def theirs(told: str) -> str:
    """What tmux says; where it counts one column too many, the cursor waits to wrap."""
    place, *lines = told.split("\n")[: ROWS + 1]
    row, column = map(int, place.split(";"))
    return "\n".join([f"{row};{min(column, COLUMNS)}", *(line.rstrip() for line in lines)])


@pytest.mark.parametrize("name", recorded())
def test_a_recorded_program_looks_as_in_tmux(played: dict[str, tuple[bytes, str]], name: str) -> None:
    data, told = played[name]
    assert ours(data) == theirs(told)


@pytest.mark.parametrize("name", generated())
def test_a_generated_stream_reads_as_in_tmux(played: dict[str, tuple[bytes, str]], name: str) -> None:
    data, told = played[name]
    assert ours(data) == theirs(told)
