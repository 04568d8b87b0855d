"""What a machine wrote to its serial console."""

from __future__ import annotations

import os
from pathlib import Path

from slshell.model.errors import EngineFailed


def tail(path: Path, size: int) -> bytes:
    """The last `size` bytes at most of a console's log; empty when nothing was written yet.

    Space given back at the log's start reads as zero bytes; those are left out.
    """
    try:
        with path.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(max(0, end - max(0, size)))
            return file.read().lstrip(b"\0")
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise EngineFailed(f"cannot read the console: {error}") from error
