"""`python -m slshell.backend`: run the bundled cloud's daemon in the foreground."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path

from slshell.backend.server import AlreadyServed, parse_address, serve, tell
from slshell.model.errors import SlshellError


def main() -> int:
    """Parse the options and serve; answers the exit code."""
    parser = argparse.ArgumentParser(prog="python -m slshell.backend", description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="the cloud's data folder")
    parser.add_argument("--config", type=Path, default=_config_file(), help="default: %(default)s")
    parser.add_argument(
        "--listen", default="", metavar="HOST:PORT", help="answer on TCP as well, with a token"
    )
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        listen = parse_address(options.listen) if options.listen else None
        serve(options.home.absolute(), options.config, listen)
    except AlreadyServed:
        logging.info("another daemon serves %s", options.home)
    except SlshellError as error:
        tell(error)
        return int(error.exit_code)
    return 0


def _config_file() -> Path:
    """Where the client side looks as well: SLSHELL_CONFIG, else the XDG folder."""
    folder = os.environ.get("SLSHELL_CONFIG")
    if folder:
        return Path(folder) / "config.toml"
    xdg = os.environ.get("XDG_CONFIG_HOME")
    return (Path(xdg) if xdg else Path.home() / ".config") / "slshell" / "config.toml"


if __name__ == "__main__":
    sys.exit(main())
