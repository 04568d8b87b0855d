"""Whether machines run on KVM or by emulation: KVM only when a guest has really booted on it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import libvirt
from lxml import etree

from slshell.backend.engines.base import Accelerator
from slshell.backend.engines.libvirt.account import Account, groups_for_kvm
from slshell.model.errors import UsageError

SETTINGS = ("auto", "kvm", "tcg")
PROOF_S = 20
"""A kernel boots to its panic in under 2 s on KVM and in about 3 s under emulation; a hang never ends."""
EMULATOR = "qemu-system-x86_64"
_DEVICE = Path("/dev/kvm")


@dataclass(frozen=True, kw_only=True)
class Prover:
    """Finds the accelerator; `kernel` is a small Linux kernel for the proof, if there is one."""

    setting: str
    folder: Path
    account: Account
    kernel: Path | None

    def answer(self, connection: Any) -> Accelerator:
        """The accelerator and why, proved or remembered."""
        if self.setting not in SETTINGS:
            raise UsageError(f"“{self.setting[:20]}” is no accelerator", hint="auto, kvm or tcg")
        if self.setting != "auto":
            return Accelerator(kind=self.setting, reason="set in the configuration")
        reason = self._obstacle(connection)
        if reason is not None:
            return Accelerator(kind="tcg", reason=f"emulation, because {reason}")
        remembered = self._remembered()
        if remembered is not None:
            return remembered
        if self.kernel is None:
            return Accelerator(kind="tcg", reason="emulation, because no kernel is at hand to prove KVM with")
        words = boots(self.kernel, "kvm", self.account)
        if words is None:
            found = Accelerator(kind="kvm", reason="a guest booted on KVM")
        else:
            found = Accelerator(kind="tcg", reason=f"emulation, because a guest on KVM {words}")
        self._remember(found)
        return found

    def _obstacle(self, connection: Any) -> str | None:
        """Why KVM cannot work, without trying; None when it may."""
        if re.search(r"^flags\s*:.*\b(vmx|svm)\b", Path("/proc/cpuinfo").read_text(), re.MULTILINE) is None:
            return "the processor offers no virtualisation here (no vmx or svm flag)"
        if not _DEVICE.exists():
            return "there is no /dev/kvm"
        if not self._opens():
            return f"the account “{self.account.name}” may not open /dev/kvm: add it to the group kvm"
        if not _offers_kvm(connection):
            return "libvirt offers no kvm machines"
        return None

    def _opens(self) -> bool:
        if not self.account.other:
            return os.access(_DEVICE, os.R_OK | os.W_OK)
        groups = groups_for_kvm(self.account)
        return bool(groups) or (self.account.can("-r", _DEVICE) and self.account.can("-w", _DEVICE))

    @property
    def _record(self) -> Path:
        return self.folder / "accelerator.json"

    def _key(self) -> list[str]:
        """Changes when a proof may turn out otherwise: another boot, kernel or QEMU."""
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        program = shutil.which(EMULATOR)
        return [boot, os.uname().release, str(Path(program).stat().st_mtime_ns) if program else ""]

    def _remembered(self) -> Accelerator | None:
        try:
            record = json.loads(self._record.read_text())
            if record["key"] != self._key():
                return None
            return Accelerator(kind=str(record["kind"]), reason=str(record["reason"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _remember(self, found: Accelerator) -> None:
        draft = self._record.with_suffix(".new")
        draft.write_text(json.dumps({"key": self._key(), "kind": found.kind, "reason": found.reason}))
        draft.replace(self._record)


def boots(kernel: Path, kind: str, account: Account, limit_s: float = PROOF_S) -> str | None:
    """None when a kernel boots on accelerator `kind` until it misses its root disk; else what went wrong.

    The kernel restarts on that panic, which ends QEMU, so that a guest which hangs cannot look well.
    """
    command = [EMULATOR, "-accel", kind, "-M", "q35", "-cpu", "max", "-m", "256", "-nodefaults"]
    command += ["-display", "none", "-serial", "stdio", "-no-reboot", "-kernel", str(kernel)]
    command += ["-append", "console=ttyS0 panic=-1"]
    under: dict[str, Any] = {}
    if account.other:
        under = {"user": account.uid, "group": account.gid, "extra_groups": groups_for_kvm(account)}
    try:
        done = subprocess.run(
            command,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=limit_s,
            cwd="/",
            **under,
        )
    except FileNotFoundError:
        return f"could not be tried: {EMULATOR} is missing"
    except subprocess.TimeoutExpired as error:
        heard = f"after {len(error.stdout)} bytes of its console" if error.stdout else "in silence"
        return f"hung for {limit_s:.0f} s {heard}"
    if done.returncode != 0 or b"Kernel panic" not in done.stdout:
        last = done.stdout.decode(errors="replace").strip().splitlines()[-1:]
        return f"did not boot: {' '.join(last)[:200]}"
    return None


def _offers_kvm(connection: Any) -> bool:
    try:
        root = etree.fromstring(connection.getCapabilities().encode())
    except libvirt.libvirtError:
        return False
    return bool(root.xpath("//guest/arch[@name='x86_64']/domain[@type='kvm']"))
