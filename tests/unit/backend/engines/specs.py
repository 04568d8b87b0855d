"""Machines to describe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from slshell.backend.engines.base import BootImage, ContextDisc, MachineSpec

UUID = "5f0c3a7e-2d7b-4a43-9a3e-0b6a7f3c1d22"
CLOUD = "0123456789abcdef0123456789abcdef"


def image(**changes: Any) -> BootImage:
    """A raw disk with a kernel beside it."""
    values: dict[str, Any] = {
        "path": Path("/images/disk.img"),
        "format": "raw",
        "disk_bytes": 1 << 24,
        "kernel": Path("/images/vmlinuz"),
        "initrd": Path("/images/initrd"),
        "cmdline": "console=ttyS0 quiet",
    }
    return BootImage(**(values | changes))


def spec(**changes: Any) -> MachineSpec:
    """A machine with swap and one disc."""
    values: dict[str, Any] = {
        "instance_id": 7,
        "name": "web-1",
        "vcpu": 2,
        "ram_mib": 256,
        "swap_mib": 64,
        "image": image(),
        "discs": (
            ContextDisc(label="_STRATUSLAB", files={"context.sh": b"A=1\n", "init.sh": b"#!/bin/sh\n"}),
        ),
        "uuid": UUID,
    }
    return MachineSpec(**(values | changes))
