"""What the cloud of tests says of machines' context and of images on disk."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from slshell.model.appliance import ContextMethod
from slshell.model.context import InstanceContext, UserDataPart
from slshell.model.image_cache import CachedImage, Return
from slshell.model.instance import Instance

MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
TTYLINUX = "BtSKdXa2SvHlSVTvgFgivIYDq--"


def told(machine: Instance, secrets: bool) -> InstanceContext:
    """What a machine was told, with all that there can be."""
    return InstanceContext(
        id=machine.id, name=machine.name, method=ContextMethod.BOTH, labels=("_STRATUSLAB", "cidata"),
        user=machine.user, keys=("ssh-ed25519 AAAA me",),
        variables={"GREETING": "it's \x1b[31mred\nand blue", "TOKEN": "hunter2" if secrets else "********"},
        parts=(
            UserDataPart(type="cloud-config", name="web.yaml", content="#cloud-config\npackages: [git]\n"),
        ),
        masked=not secrets, status="cloud-init has finished, 41 s after the start",
        console=("Booting", "vm login:"),
    )  # fmt: skip


def cached_images() -> list[CachedImage]:
    """One image of each kind: bundled and in use, published, brought along, and a part of one."""
    common: dict[str, Any] = {
        "partial": False, "size_bytes": 40 << 20, "allocated_bytes": 30 << 20, "disk_bytes": 10 << 30,
        "created_at": MOMENT, "used_at": None, "instances": (), "volumes": (),
    }  # fmt: skip
    made: list[dict[str, Any]] = [
        {"id": TTYLINUX, "name": "ttylinux", "returns": Return.BUILT, "origin": "bundled", "used_at": MOMENT,
         "instances": (1,)},
        {"id": "B" * 27, "name": "debian-13", "returns": Return.FETCHED, "used_at": MOMENT,
         "origin": "https://mirror.example/debian-13.qcow2"},
        {"id": "C" * 27, "name": "mine", "returns": Return.NEVER, "origin": "mine.vmdk"},
        {"id": "published-arch", "name": "arch", "returns": Return.FETCHED, "partial": True,
         "origin": "https://mirror.example/arch.qcow2"},
    ]  # fmt: skip
    return [CachedImage(**(common | each)) for each in made]
