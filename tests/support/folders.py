"""Short temporary folders: a hypervisor's socket paths must stay below 108 characters."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from itertools import count
from pathlib import Path

PREFIX = "/tmp/sls"


class SessionFolder:
    """One folder for everything that a test session writes; it and what tests made beside it must go."""

    def __init__(self) -> None:
        self._made: list[Path] = []
        sys.addaudithook(self._note)
        self.root = Path(tempfile.mkdtemp(prefix="sls", dir="/tmp"))
        self.root.chmod(0o755)
        self.temporary = self.root / "t"
        """What programs take for `/tmp`."""
        self.temporary.mkdir()
        self.temporary.chmod(0o1777)
        self._numbers = count(1)

    def _note(self, event: str, arguments: tuple[object, ...]) -> None:
        if event == "tempfile.mkdtemp" and str(arguments[0]).startswith(PREFIX):
            self._made.append(Path(str(arguments[0])))

    @property
    def made(self) -> list[Path]:
        """Every folder below `/tmp/sls…` that this session made, this one too."""
        return list(self._made)

    def strays(self) -> list[Path]:
        """Temporary files that somebody made and did not remove."""
        outside = [
            folder for folder in self._made if folder.exists() and self.root not in (folder, *folder.parents)
        ]
        return outside + list(self.temporary.iterdir())

    def new(self, owner: int | None = None) -> Path:
        """A new empty folder, about 20 characters long, which other accounts may pass through.

        `owner` is the account that it is given to (root only); None leaves it ours.
        """
        folder = self.root / str(next(self._numbers))
        folder.mkdir(mode=0o711)
        folder.chmod(0o711)
        if owner is not None and owner != os.geteuid():
            os.chown(folder, owner, -1)
        return folder

    def remove(self) -> None:
        """Remove the session's folder with all in it, also what a test has closed to its own account."""
        for folder, names, _ in os.walk(self.root):
            for path in (Path(folder, name) for name in names):
                if path.lstat().st_uid == os.geteuid() and not path.is_symlink():
                    path.chmod(0o700)
        shutil.rmtree(self.root)
