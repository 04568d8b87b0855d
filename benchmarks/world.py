"""A cloud of its own for each benchmark: a short folder, the real program, and an end without traces."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from slshell.backend.appliances import builder
from slshell.client import local
from slshell.client.cloud import Cloud
from slshell.client.profiles import Profile

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = Path(sys.executable).with_name("slshell")
APPLIANCE = "ttylinux"
_FOREIGN = ("SLSHELL_", "STRATUSLAB_", "XDG_", "LIBVIRT_", "VIRSH_")
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class World:
    """A user's home and a cloud's data folder."""

    folder: Path

    @property
    def data(self) -> Path:
        """The cloud's data folder."""
        return self.folder / "d"

    @property
    def environment(self) -> dict[str, str]:
        """Our environment, led to this world."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
        return kept | {
            "HOME": str(self.folder / "h"),
            "SLSHELL_HOME": str(self.data),
            "SLSHELL_CONFIG": str(self.folder / "h/config"),
            "SLSHELL_APPLIANCES": str(ROOT / ".cache/appliances"),
        }

    def slshell(self, *words: str) -> str:
        """Run one command to its end; answers what it wrote."""
        return self.run(str(PROGRAM), *words)

    def run(self, *command: str) -> str:
        """Run any program in this world.

        Raises:
            RuntimeError: it failed; its words are in the text.
        """
        done = subprocess.run(
            command, capture_output=True, text=True, cwd="/", env=self.environment, check=False
        )
        if done.returncode != 0:
            raise RuntimeError(f"{command} ended with {done.returncode}: {done.stderr or done.stdout}")
        return done.stdout

    def cloud(self) -> Cloud:
        """A client of the running daemon."""
        return Cloud.of_profile(Profile(name="bench", home=self.data), start=False)

    def daemon(self) -> int:
        """The daemon's process.

        Raises:
            RuntimeError: it does not run.
        """
        found = local.running(self.data)
        if found is None:
            raise RuntimeError("the daemon does not run")
        return found.pid


@contextmanager
def world(*, appliance: bool = False) -> Iterator[World]:
    """A new world, taken down with its machines at the end; `appliance` builds the bundled one first."""
    if appliance:
        builder.build(APPLIANCE, ROOT / ".cache/appliances", lambda _text: None)
    folder = Path(tempfile.mkdtemp(prefix="slb", dir="/tmp"))
    folder.chmod(0o711)
    (folder / "h").mkdir()
    made = World(folder)
    try:
        yield made
    finally:
        if (made.data / "daemon.json").exists():
            made.slshell("cloud", "up")
            for one in made.cloud().instances(state="Running,Boot,Shutdown"):
                made.slshell("kill", str(one.id), "--yes", "--wait")
            made.slshell("cloud", "down", "--all", "--yes")
        shutil.rmtree(folder)


def cpu_s(pid: int) -> float:
    """Processor seconds that a process has used so far, its own and the kernel's for it."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS
