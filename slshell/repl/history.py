"""Lines of earlier sessions, one file a profile, readable by its owner only, without secrets."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from prompt_toolkit.history import FileHistory, History, InMemoryHistory

from slshell.client.profiles import config_folder

LARGEST = 1 << 20
"""Bytes; a longer file loses its older half when it is opened."""
_SECRET = re.compile(r"(pass(word|wd|phrase)|secret|token|credential)[\w-]*[\"']?[=:\s]\s*\S", re.IGNORECASE)


def is_private(line: str) -> bool:
    """Whether a line is not to be recorded: it begins with a blank, or sets something like a password."""
    return line[:1].isspace() or _SECRET.search(line) is not None


class ProfileHistory(FileHistory):
    """A history that leaves out private lines and repetitions."""

    def append_string(self, string: str) -> None:
        """Record a line."""
        if not is_private(string) and self.get_strings()[-1:] != [string]:
            super().append_string(string)


def of_profile(name: str, environ: Mapping[str, str]) -> History:
    """The history of a profile; one in memory when its file cannot be written."""
    path = config_folder(environ) / "history" / f"{quote(name, safe='')}.txt"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
        path.chmod(0o600)
        _shorten(path)
    except OSError:
        return InMemoryHistory()
    return ProfileHistory(str(path))


def _shorten(path: Path) -> None:
    if path.stat().st_size <= LARGEST:
        return
    kept = path.read_bytes()[-LARGEST // 2 :]
    path.write_bytes(kept[kept.find(b"\n# ") + 1 :])
