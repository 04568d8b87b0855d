"""Other clouds' clients, installed for one benchmark into a folder that is thrown away."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

OPENSTACK = "python-openstackclient"
INSTALL_S = 600


def openstack(folder: Path, say: Callable[[str], None]) -> Path | None:
    """The program `openstack`, newly installed below `folder`; None, and a word why, if it cannot be had."""
    python = folder / "bin" / "python"
    steps = (
        [sys.executable, "-m", "venv", str(folder)],
        [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", OPENSTACK],
    )
    for step in steps:
        try:
            done = subprocess.run(step, capture_output=True, text=True, timeout=INSTALL_S, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            say(f"openstack is left out: {error}")
            return None
        if done.returncode != 0:
            last = (done.stderr or done.stdout).strip().splitlines()[-1:]
            say(f"openstack is left out: {' '.join(last) or 'it cannot be installed'}")
            return None
    return folder / "bin" / "openstack"
