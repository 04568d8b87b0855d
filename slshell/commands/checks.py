"""What the bundled cloud needs of this computer, looked at without starting anything."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path

import msgspec

from slshell.client import local
from slshell.output.text import human_size
from slshell.ssh.keys import private_keys

SEARCH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin", "/usr/local/sbin"])
"""The system folders count though an ordinary user's PATH lacks them."""

APPLIANCE_TOOLS = {
    "apt-get": "apt",
    "dpkg-deb": "dpkg",
    "mcopy": "mtools",
    "mkfs.fat": "dosfstools",
    "syslinux": "syslinux",
    "lz4": "lz4",
}
"""Program → package: what the bundled appliance is built with."""

MACHINE_MEMORY = 250 << 20
"""Host memory that one small machine was measured to take, in bytes."""
DISK_NEEDED = 1 << 30
"""Room for the bundled appliance, its overlays and swap disks of a few machines, in bytes."""
PROGRAM_S = 10.0
PROBE_ADDRESS = "127.86.255.254"
"""Of the range from which machines get their addresses; the last one, which is handed out last."""


class CheckState(StrEnum):
    """Whether a thing is there."""

    PRESENT = "present"
    MISSING = "missing"


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One thing looked at. What is missing but not `needed` costs speed or comfort only."""

    name: str
    state: CheckState
    needed: bool
    found: str
    remedy: str = ""


def all_checks(home: Path, environ: Mapping[str, str]) -> list[Check]:
    """Every check for a cloud in the data folder `home`."""
    return [
        _extra(),
        _libvirt(),
        *_emulator(),
        _program("qemu-img", "qemu-utils", "makes the disks of machines"),
        _acceleration(home),
        _tools(),
        _memory(),
        _disk(home),
        *_folder(home),
        _addresses(),
        _daemon(home),
        _program("ssh", "openssh-client", "for the ssh line; slshell connect does without", needed=False),
        _key(environ),
    ]


def _check(name: str, good: bool, found: str, remedy: str = "", *, needed: bool = True) -> Check:
    state = CheckState.PRESENT if good else CheckState.MISSING
    return Check(name=name, state=state, needed=needed, found=found, remedy="" if good else remedy)


def _extra() -> Check:
    missing = local.missing_modules()
    version = f"Python {sys.version.split()[0]}"
    found = f"{version}, without {', '.join(missing)}" if missing else f"{version} with slshell[cloud]"
    return _check("python extra", not missing, found, "pipx install 'slshell[cloud]'")


def _libvirt() -> Check:
    path = next((path for name in ("libvirtd", "virtqemud") if (path := _find(name))), None)
    if path is None:
        remedy = _apt("libvirt-daemon", "libvirt-daemon-driver-qemu")
        return _check("libvirt", False, "no libvirtd or virtqemud", remedy)
    return _check("libvirt", True, f"{_version(path)} ({path})")


def _emulator() -> Iterator[Check]:
    path = _find("qemu-system-x86_64")
    if path is None:
        yield _check("qemu", False, "no qemu-system-x86_64", _apt("qemu-system-x86"))
        return
    yield _check("qemu", True, f"{_version(path)} ({path})")
    kinds = _said(path, "-netdev", "help").split()
    yield _check(
        "networking",
        "user" in kinds,
        "QEMU's user networking, no root needed" if "user" in kinds else "this QEMU has no user networking",
        "install your distribution's QEMU: " + _apt("qemu-system-x86"),
    )


def _acceleration(home: Path) -> Check:
    """KVM or emulation: what was proved, else what can be seen."""
    proved = _proved(home)
    if proved is not None:
        kind, reason = proved
        return _check("kvm", kind == "kvm", f"{kind}: {reason}", _kvm_remedy(), needed=False)
    device = Path("/dev/kvm")
    if not _has_virtualisation():
        found = "emulation: the processor offers no virtualisation here (no vmx or svm flag)"
    elif not device.exists():
        found = "emulation: there is no /dev/kvm"
    elif not os.access(device, os.R_OK | os.W_OK):
        found = "emulation: you may not open /dev/kvm"
    else:
        return _check(
            "kvm", True, "/dev/kvm opens; proved by booting when the cloud first needs it", needed=False
        )
    return _check("kvm", False, found, _kvm_remedy(), needed=False)


def _kvm_remedy() -> str:
    if not _has_virtualisation():
        return (
            "switch virtualisation on in the firmware, or nested virtualisation on the host of this machine"
        )
    if not Path("/dev/kvm").exists():
        return "sudo modprobe kvm-intel || sudo modprobe kvm-amd"
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "sudo usermod -aG kvm $USER, then log in again"
    return "machines run by emulation, slower; [cloud] accelerator in config.toml can force one"


def _proved(home: Path) -> tuple[str, str] | None:
    try:
        record = json.loads((home / "e" / "accelerator.json").read_text(encoding="utf-8"))
        return str(record["kind"]), str(record["reason"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _has_virtualisation() -> bool:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return re.search(r"^flags\s*:.*\b(vmx|svm)\b", text, re.MULTILINE) is not None


def _tools() -> Check:
    packages = sorted({package for tool, package in APPLIANCE_TOOLS.items() if _find(tool) is None})
    found = f"missing: {', '.join(packages)}" if packages else ", ".join(APPLIANCE_TOOLS)
    return _check("appliance tools", not packages, found, _apt(*packages))


def _memory() -> Check:
    text = Path("/proc/meminfo").read_text(encoding="ascii") if Path("/proc/meminfo").exists() else ""
    match = re.search(r"^MemAvailable:\s+(\d+) kB", text, re.MULTILINE)
    free = int(match[1]) * 1024 if match else 0
    found = f"{human_size(free)} free"
    return _check(
        "memory", free >= MACHINE_MEMORY, found, f"free {human_size(MACHINE_MEMORY)} for one small machine"
    )


def _disk(home: Path) -> Check:
    free = shutil.disk_usage(_existing(home)).free
    found = f"{human_size(free)} free at {home}"
    remedy = f"free {human_size(DISK_NEEDED)}, or set SLSHELL_HOME to a larger disk"
    return _check("disk", free >= DISK_NEEDED, found, remedy)


def _folder(home: Path) -> Iterator[Check]:
    place = _existing(home)
    if place != home:
        good = os.access(place, os.W_OK | os.X_OK)
        found = f"{home} is made at the first start" if good else f"{place} may not be written"
        yield _check("data folder", good, found, "set SLSHELL_HOME to a folder that you may write to")
        return
    about = home.stat()
    shut = not about.st_mode & (stat.S_IRWXG | stat.S_IROTH | stat.S_IWOTH) & ~stat.S_IXGRP
    own = about.st_uid == os.geteuid()
    found = f"{home}, mode {stat.S_IMODE(about.st_mode):04o}" + ("" if own else ", owned by somebody else")
    yield _check("data folder", own and shut, found, f"sudo chown $USER {home} && chmod go-rw {home}")
    daemon = local.read(home)
    if daemon is not None and (path := Path(daemon.socket)).exists():
        mode = stat.S_IMODE(path.stat().st_mode)
        yield _check("socket", not mode & 0o077, f"{path}, mode {mode:04o}", f"chmod 600 {path}")


def _addresses() -> Check:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        try:
            probe.bind((PROBE_ADDRESS, 0))
        except OSError as error:
            remedy = "allow 127.0.0.0/8 on the loopback device: sudo ip address add 127.0.0.1/8 dev lo"
            return _check("addresses", False, f"127.86.x.y cannot be used: {error.strerror}", remedy)
    return _check("addresses", True, "machines can answer on 127.86.x.y")


def _daemon(home: Path) -> Check:
    daemon = local.running(home)
    if daemon is None:
        return _check("daemon", False, "down", "slshell cloud up", needed=False)
    return _check("daemon", True, f"version {daemon.version}, pid {daemon.pid}", needed=False)


def _key(environ: Mapping[str, str]) -> Check:
    keys = private_keys(environ)
    found = str(keys[0]) if keys else "none in ~/.ssh; slshell makes its own with the first machine"
    return _check("ssh key", bool(keys), found, "ssh-keygen -t ed25519", needed=False)


def _program(name: str, package: str, purpose: str, *, needed: bool = True) -> Check:
    path = _find(name)
    found = f"{path}, {purpose}" if path else f"no {name}: {purpose}"
    return _check(name, path is not None, found, _apt(package), needed=needed)


def _find(name: str) -> str | None:
    return shutil.which(name, path=SEARCH)


def _apt(*packages: str) -> str:
    return f"sudo apt-get install {' '.join(packages)}"


def _version(path: str) -> str:
    match = re.search(r"\d+\.\d+(\.\d+)?", _said(path, "--version"))
    return f"version {match[0]}" if match else "version unknown"


def _said(path: str, *options: str) -> str:
    """What a program writes; nothing when it cannot be run."""
    try:
        done = subprocess.run(
            [path, *options], capture_output=True, text=True, errors="replace", timeout=PROGRAM_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout + done.stderr


def _existing(path: Path) -> Path:
    """The path itself, or the nearest folder above it that exists."""
    while not path.exists() and path != path.parent:
        path = path.parent
    return path
