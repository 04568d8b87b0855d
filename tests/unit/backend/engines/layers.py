"""Chains of layers in a folder, written to and read back with QEMU's own tools."""

from __future__ import annotations

import subprocess
import uuid
from pathlib import Path

from slshell.backend.engines.libvirt.account import account_for
from slshell.backend.engines.libvirt.layers import Layers, chain
from slshell.backend.engines.libvirt.qemu_img import QemuImg

MIB = 1 << 20
BLOCK = 64 << 10
"""A cluster of qcow2."""
SIZE = 4 * MIB


def layers_in(folder: Path) -> Layers:
    """Chains of this folder."""
    return Layers(folder=folder, tool=QemuImg(account=account_for(None)))


def layer() -> str:
    """The name of a new one."""
    return str(uuid.uuid4())


def quietly(_text: str) -> None:
    """For steps whose progress nobody follows."""


def write(layers: Layers, handle: str, *blocks: tuple[int, int]) -> None:
    """Fill blocks of a volume: pairs of block number and byte, as a machine would."""
    argv = ["qemu-io", "-f", "qcow2"]
    for number, byte in blocks:
        argv += ["-c", f"write -q -P {byte} {number * BLOCK} {BLOCK}"]
    subprocess.run([*argv, str(layers.top(handle))], check=True, capture_output=True)


def read(layers: Layers, handle: str) -> bytes:
    """The byte that each block of a volume is filled with."""
    raw = layers.folder / f"{layer()}.raw"
    argv = ["qemu-img", "convert", "-f", "qcow2", "-O", "raw", str(layers.top(handle)), str(raw)]
    subprocess.run(argv, check=True, capture_output=True)
    content = raw.read_bytes()
    raw.unlink()
    found = content[::BLOCK]
    assert content == b"".join(bytes([byte]) * BLOCK for byte in found), "a block is torn"
    return found


def files(layers: Layers) -> set[str]:
    """Names of all layers that lie there."""
    assert all(path.suffix == ".qcow2" for path in layers.folder.iterdir())
    return {path.stem for path in layers.folder.iterdir()}


def named(*handles: str) -> set[str]:
    """Names of all layers of these chains."""
    return {one for handle in handles for one in chain(handle)}
