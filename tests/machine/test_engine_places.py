"""Where an engine may live: long paths, closed folders, another account."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from slshell.backend.engines.base import EngineEventKind, Power
from slshell.backend.engines.libvirt import short_paths
from tests.machine.engine_bench import private_bench
from tests.support import processes
from tests.support.folders import SessionFolder
from tests.support.shell import Account

pytestmark = pytest.mark.machine

ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs machines under another account")

SCENARIO = """
import json, sys, uuid
from pathlib import Path
from slshell.backend.engines.base import *
from slshell.backend.engines.libvirt import LibvirtEngine
folder, appliances = Path(sys.argv[1]), Path(sys.argv[2])
engine = LibvirtEngine(cloud_id=uuid.uuid4().hex, folder=folder / "e")
engine.open(lambda event: None)
one = str(uuid.uuid4())
image = BootImage(path=appliances / "ttylinux" / "disk.img", format="raw", disk_bytes=1 << 30,
                  kernel=appliances / "ttylinux" / "vmlinuz", initrd=appliances / "ttylinux" / "initrd")
spec = MachineSpec(instance_id=1, name="one", vcpu=1, ram_mib=128, swap_mib=16, image=image, uuid=one,
                   discs=(ContextDisc(label="_STRATUSLAB", files={"context.sh": b""}),))
engine.prepare_disks(spec)
known = engine.define(spec)
engine.start(known)
forward = Forward(address="127.86.252.1", port=2222)
engine.expose(known, [forward])
seen = [engine.get(known).power, engine.address_is_free(forward)]
engine.stop(known)
seen += [engine.get(known).power, engine.address_is_free(forward)]
engine.delete(1, one)
seen += [engine.get(known).power, list(engine.leftovers())]
engine.stop_hypervisor()
print(json.dumps(seen))
"""


def test_an_ordinary_account_runs_machines(
    session_folder: SessionFolder, appliances_folder: Path, reachable_program: Path
) -> None:
    account = Account.ordinary()
    folder = session_folder.new(account.uid)
    done = subprocess.run(
        [str(reachable_program.with_name("python")), "-", str(folder), str(appliances_folder)],
        input=SCENARIO,
        text=True,
        capture_output=True,
        check=False,
        cwd="/",
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        **account.process_arguments(),
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == ["running", False, "stopped", True, "gone", []]
    assert not processes.wait_until_gone([folder], 15)


def test_a_long_folder_works_under_a_short_name_even_when_that_was_cleaned_away(
    session_folder: SessionFolder, appliances_folder: Path
) -> None:
    folder = session_folder.new() / ("long" * 15)
    folder.mkdir()
    with private_bench(folder, appliances_folder) as bench:
        _, engine_id = bench.started()
        alias = Path((folder / "e" / "alias").read_text().strip())
        assert len(str(alias)) <= short_paths.MAX_BASE
        assert alias.resolve() == folder / "e"

        alias.unlink()
        os.kill(int((folder / "e" / "r" / "libvirtd.pid").read_text()), signal.SIGKILL)
        bench.recorder.kind(EngineEventKind.RESTORED)
        assert alias.resolve() == folder / "e"
        assert bench.engine.get(engine_id).power is Power.RUNNING
        bench.engine.stop(engine_id)
    assert not alias.is_symlink()


@ROOT_ONLY
def test_a_folder_closed_to_the_account_is_kept_elsewhere(
    session_folder: SessionFolder, appliances_folder: Path
) -> None:
    folder = session_folder.new()
    folder.chmod(0o700)
    with private_bench(folder, appliances_folder) as bench:
        bench.started()
        real = bench.engine.image_folder.parent
        assert real.parent == short_paths.ENGINES_OF_ROOT
        assert (folder / "e").resolve() == real
    assert not real.exists()
    assert not (folder / "e").is_symlink()


@ROOT_ONLY
def test_a_symlink_that_the_account_lays_does_not_lead_root_astray(
    session_folder: SessionFolder, appliances_folder: Path
) -> None:
    folder = session_folder.new()
    precious = folder / "precious"
    precious.write_text("root's own")
    precious.chmod(0o600)
    with private_bench(folder, appliances_folder) as bench:
        configuration = bench.engine.image_folder.parent / "c/libvirt/qemu.conf"
        bench.engine.stop_hypervisor()
        configuration.parent.mkdir(exist_ok=True)
        configuration.unlink(missing_ok=True)
        configuration.symlink_to(precious)
        bench.engine.open(bench.recorder)
        assert precious.read_text() == "root's own"
        assert precious.stat().st_mode & 0o777 == 0o600
        assert not configuration.is_symlink()
