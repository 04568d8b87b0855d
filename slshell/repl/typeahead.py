"""What was typed while a command ran: the terminal has echoed it, and the next prompt will draw it again."""

from __future__ import annotations

import fcntl
import struct
import termios

ERASE = "\r\x1b[K"
"""To the start of the line, and all behind it away."""
_LOCAL_MODES = 3


def is_waiting(terminal: int) -> bool:
    """Whether keys wait to be read from the terminal with this descriptor, a half-typed line too."""
    try:
        modes = termios.tcgetattr(terminal)
        raw = list(modes)
        raw[_LOCAL_MODES] &= ~(termios.ICANON | termios.ECHO)
        # Only outside of the line mode does the terminal count what no Enter has ended yet.
        termios.tcsetattr(terminal, termios.TCSANOW, raw)
        try:
            count = fcntl.ioctl(terminal, termios.FIONREAD, struct.pack("i", 0))
        finally:
            termios.tcsetattr(terminal, termios.TCSANOW, modes)
    except (OSError, termios.error):
        return False
    return bool(struct.unpack("i", count)[0])
