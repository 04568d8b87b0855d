"""`python -m slshell.served [PROFILE]`: the dashboard whatever its streams are, as a browser needs it."""

from __future__ import annotations

import ctypes
import signal
import sys

from slshell.commands.environment import of_process
from slshell.dashboard.app import run
from slshell.repl.pane import repl_plan

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Open the dashboard on a profile and end with its exit code."""
    # Whoever serves it may be killed, and nobody could ever see it again.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    environment = of_process()
    if len(sys.argv) > 1:
        environment.choose_profile(sys.argv[1])
    environment.repl_plan = repl_plan
    raise SystemExit(run(environment))


if __name__ == "__main__":
    main()
