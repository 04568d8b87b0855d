"""The bundled appliances: recipes that build small machines from the distribution's own packages."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def folder() -> Path:
    """Where built appliances are kept: `SLSHELL_APPLIANCES`, else a cache folder of the user or of the host.

    One folder serves all clouds of a user, for building costs more than registering.
    """
    chosen = os.environ.get("SLSHELL_APPLIANCES")
    if chosen:
        return Path(chosen).absolute()
    if os.geteuid() == 0:
        return Path("/var/cache/slshell/appliances")
    return platformdirs.user_cache_path("slshell") / "appliances"
