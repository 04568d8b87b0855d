"""`python -m slshell.backend.appliances build ttylinux [--into FOLDER]`."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from types import FrameType

from slshell.backend import appliances
from slshell.backend.appliances import builder, recipe
from slshell.backend.appliances.keeper import ENDING
from slshell.model.errors import SlshellError


def main() -> int:
    """Build one appliance, telling each step on standard error and its folder on standard output."""
    parser = argparse.ArgumentParser(prog="python -m slshell.backend.appliances")
    actions = parser.add_subparsers(dest="action", required=True)
    build = actions.add_parser("build", help="build an appliance unless it is there")
    build.add_argument("name", choices=recipe.names())
    build.add_argument("--into", type=Path, default=appliances.folder(), metavar="FOLDER")
    chosen = parser.parse_args()
    for number in ENDING:
        signal.signal(number, _end)
    try:
        built = builder.build(chosen.name, chosen.into.absolute(), lambda line: print(line, file=sys.stderr))
    except SlshellError as error:
        print(f"error: {error.message}", file=sys.stderr)
        if error.hint:
            print(error.hint, file=sys.stderr)
        return int(error.exit_code)
    print(built.folder)
    return 0


def _end(number: int, _frame: FrameType | None) -> None:
    """Leave as after an error, so that what is half done is removed; the status is that of shells."""
    for other in ENDING:
        signal.signal(other, signal.SIG_IGN)
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
