"""A daemon of an earlier version: `python -m tests.support.old_daemon HOME`."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import slshell

slshell.__version__ = "0.0.1"

from slshell.backend.server import serve  # noqa: E402 - the version has to be changed before it is read

if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    serve(Path(sys.argv[1]), Path(sys.argv[1]) / "no-config.toml")
