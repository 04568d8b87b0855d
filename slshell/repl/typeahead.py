"""What is typed while no prompt stands: the terminal echoes it, and the next prompt will draw it again."""

from __future__ import annotations

import fcntl
import struct
import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

ERASE = "\r\x1b[K"
"""To the start of the line, and all behind it away."""
_LOCAL_MODES = 3


@contextmanager
def drawn_once(terminal: int, write: Callable[[str], object]) -> Iterator[None]:
    """Keep the terminal with this descriptor from echoing, and erase what it has echoed of waiting keys.

    A prompt that is asked inside takes the keys over; the modes of before come back at the end.
    """
    modes = termios.tcgetattr(terminal)
    silent = list(modes)
    silent[_LOCAL_MODES] &= ~termios.ECHO
    termios.tcsetattr(terminal, termios.TCSANOW, silent)
    try:
        if _is_waiting(terminal, silent):
            write(ERASE)
        yield
    finally:
        # The terminal may have been closed meanwhile.
        with suppress(termios.error):
            termios.tcsetattr(terminal, termios.TCSANOW, modes)


def _is_waiting(terminal: int, modes: list[Any]) -> bool:
    """Whether keys wait to be read, a half-typed line too."""
    # Only outside of the line mode does the terminal count what no Enter has ended yet.
    raw = [*modes]
    raw[_LOCAL_MODES] &= ~termios.ICANON
    termios.tcsetattr(terminal, termios.TCSANOW, raw)
    try:
        count = fcntl.ioctl(terminal, termios.FIONREAD, struct.pack("i", 0))
    finally:
        termios.tcsetattr(terminal, termios.TCSANOW, modes)
    return bool(struct.unpack("i", count)[0])
