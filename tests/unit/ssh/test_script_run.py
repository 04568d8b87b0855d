"""How a script is run in a machine that an image is made of."""

from __future__ import annotations

import subprocess
from pathlib import Path

from slshell.ssh.building import RUN


def test_what_a_script_writes_can_be_read_by_all_as_if_it_were_run_by_hand(tmp_path: Path) -> None:
    made = tmp_path / "made"
    subprocess.run(
        ["sh", "-c", f"umask 022\n{RUN}", "sh", str(made)],
        input=b'#!/bin/sh\nstat -c %a "$0" >"$1"\n', check=True, timeout=20,
    )  # fmt: skip
    assert made.stat().st_mode & 0o777 == 0o644
    assert made.read_text() == "700\n"
