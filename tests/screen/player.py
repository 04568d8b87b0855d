"""Plays streams into the tmux pane that it runs in and writes down what tmux made of each.

Usage: player.py SOCKET FOLDER. Of each `NAME.bin` in the folder it makes a `NAME.txt`: the cursor's answer in
the first line, the pane below it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tty
from pathlib import Path

_QUESTION = b"\x1b[6n"
_PLACE = re.compile(rb"\x1b\[(\d+;\d+)R")


def main() -> None:
    """Play all streams, then say so on the tmux channel `played`."""
    socket, folder = sys.argv[1], Path(sys.argv[2])
    tty.setraw(0)
    for path in sorted(folder.glob("*.bin")):
        data = path.read_bytes() + _QUESTION
        _write(data)
        place = _last_answer(data.count(_QUESTION))
        pane = _tmux(socket, "capture-pane", "-p", "-t", os.environ["TMUX_PANE"])
        path.with_suffix(".txt").write_bytes(place + b"\n" + pane)
        _write(b"\x1b[?1049l\x1bc")
    _tmux(socket, "wait-for", "-S", "played")


def _write(data: bytes) -> None:
    while data:
        data = data[os.write(1, data) :]


def _last_answer(count: int) -> bytes:
    """Where tmux says that the cursor is, once it has eaten all questions."""
    told = b""
    found: list[bytes] = []
    while len(found) < count:
        told += os.read(0, 4096)
        found = _PLACE.findall(told)
    return found[-1]


def _tmux(socket: str, *words: str) -> bytes:
    return subprocess.run(["tmux", "-S", socket, *words], check=True, capture_output=True).stdout


if __name__ == "__main__":
    main()
