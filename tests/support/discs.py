"""Small discs that a BIOS can start from."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pycdlib

GREETING = b"started from the disc\r\n"
_CODE = bytes.fromhex("fce800005e0e1f83c614baf803ac84c07403eeebf8f4ebfd")
"""Writes the text behind it to the first serial port, then halts."""


def disc(path: Path, *, bootable: bool = True) -> Path:
    """An ISO image; a bootable one greets on the serial console, and that is all it does."""
    image = pycdlib.PyCdlib()
    image.new(interchange_level=3)
    content = (_CODE + GREETING + b"\0").ljust(2048, b"\0")
    image.add_fp(BytesIO(content), len(content), "/BOOT.;1")
    if bootable:
        image.add_eltorito("/BOOT.;1", bootcatfile="/BOOT.CAT;1")
    image.write(str(path))
    image.close()
    return path
