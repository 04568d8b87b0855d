"""`python -m benchmarks.probe FILE`: the dashboard, which notes in a file when it has its first picture.

The moment is that of `time.monotonic`, which is one clock for all processes of a computer.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from slshell.client.mirror import Snapshot
from slshell.commands.environment import of_process
from slshell.dashboard.app import SlshellApp
from slshell.dashboard.collecting import calm_collector


def main() -> None:
    """Run it."""
    file = Path(sys.argv[1])
    app = SlshellApp(of_process())

    def note(old: Snapshot, _new: Snapshot) -> None:
        if old.fresh_at is None:
            file.write_text(str(time.monotonic()))

    app.feed.mirror.subscribe(note)
    calm_collector()
    app.run()


if __name__ == "__main__":
    main()
