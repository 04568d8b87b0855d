"""`python -m slshell.dashboard [PROFILE]`: the dashboard whatever its streams are, as a browser needs it."""

from __future__ import annotations

import sys

from slshell.commands.environment import of_process
from slshell.dashboard.app import run


def main() -> None:
    """Open the dashboard on a profile and end with its exit code."""
    environment = of_process()
    if len(sys.argv) > 1:
        environment.choose_profile(sys.argv[1])
    raise SystemExit(run(environment))


if __name__ == "__main__":
    main()
