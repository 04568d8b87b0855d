"""Making a CD-ROM image (ISO 9660 with Rock Ridge and Joliet names) of a folder.

`python -m slshell.media.iso FOLDER IMAGE LABEL SECONDS` is how it is done: in a process of its own, in which
the clock stands still, for the library writes the present time into images and the same folder is to give
the same image, and so the same identifier.
"""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from slshell.model.errors import EngineFailed, UsageError

_LABEL = re.compile(r"[A-Za-z0-9_-]{1,16}")
_LONGEST_NAME = 64
"""Bytes in UTF-8: Joliet would take as many characters, but the library counts so."""
_MODES = {True: 0o100555, False: 0o100444}


def make(folder: Path, image: Path, label: str) -> None:
    """Write the content of `folder` to the new file `image`; nothing half-made stays.

    Raises:
        UsageError: the label or a file in the folder cannot be. EngineFailed: it cannot be written.
    """
    if _LABEL.fullmatch(label) is None:
        raise UsageError(f"“{label[:32]}” cannot label a disc", hint="1 to 16 letters, digits, _ or -")
    newest = max((int(path.lstat().st_mtime) for path, _ in entries(folder)), default=0)
    command = [sys.executable, "-m", __name__, str(folder), str(image), label, str(newest)]
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL, errors="replace"
    )
    if done.returncode != 0:
        image.unlink(missing_ok=True)
        words = done.stderr.strip().splitlines()
        raise EngineFailed(
            f"the disc cannot be made: {words[-1] if words else done.returncode}", hint="look at the folder"
        )


def entries(folder: Path) -> Iterator[tuple[Path, bool]]:
    """Everything below a folder in a fixed order, folders before what is in them; true for folders.

    Raises:
        UsageError: there is no such folder, nothing is in it, or something is neither file nor folder.
    """
    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder}", hint="name one whose content is to be the disc's")
    if not any(folder.iterdir()):
        raise UsageError(f"{folder} is empty", hint="put the files of the disc into it")
    yield from _below(folder)


def _below(folder: Path) -> Iterator[tuple[Path, bool]]:
    for path in sorted(folder.iterdir()):
        kind = path.lstat().st_mode
        _check_name(path)
        if stat.S_ISDIR(kind):
            yield path, True
            yield from _below(path)
        elif stat.S_ISREG(kind):
            if not os.access(path, os.R_OK):
                raise UsageError(f"{path} cannot be read", hint="let yourself read it, or leave it out")
            yield path, False
        else:
            raise UsageError(
                f"{path} is neither a file nor a folder",
                hint="a disc holds nothing else; copy what it leads to",
            )


def _check_name(path: Path) -> None:
    try:
        length = len(path.name.encode())
    except UnicodeEncodeError as error:
        shown = path.name.encode("utf-8", "backslashreplace").decode()
        raise UsageError(
            f"the name {shown} is no text", hint="rename it; a disc keeps UTF-8 names"
        ) from error
    if length > _LONGEST_NAME:
        raise UsageError(
            f"the name of {path} is too long for a disc",
            hint=f"{_LONGEST_NAME} bytes fit, which is as many plain letters",
        )


def _write(folder: Path, image: Path, label: str) -> None:
    import pycdlib

    disc = pycdlib.PyCdlib()
    disc.new(interchange_level=4, vol_ident=label, joliet=3, rock_ridge="1.09")
    places = {folder: ("", "")}
    for number, (path, is_folder) in enumerate(entries(folder)):
        above, joliet_above = places[path.parent]
        joliet = f"{joliet_above}/{path.name}"
        if is_folder:
            plain = f"{above}/D{number}"
            disc.add_directory(plain, rr_name=path.name, joliet_path=joliet, file_mode=0o040555)
            places[path] = plain, joliet
        else:
            plain = f"{above}/F{number}.;1"
            mode = _MODES[bool(path.stat().st_mode & stat.S_IXUSR)]
            disc.add_file(str(path), plain, rr_name=path.name, joliet_path=joliet, file_mode=mode)
    disc.write(str(image))
    disc.close()


def main(folder: str, image: str, label: str, seconds: str) -> None:
    """Make the image with the clock at `seconds`."""
    moment = float(seconds)
    time.time = lambda: moment
    os.environ["TZ"] = "UTC"
    time.tzset()
    _write(Path(folder), Path(image), label)


if __name__ == "__main__":
    main(*sys.argv[1:])
