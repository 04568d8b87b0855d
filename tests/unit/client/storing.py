"""The in-process cloud with volumes, where all that is asked for is done at once."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec

from slshell.model.appliance import Appliance, ApplianceState
from slshell.model.cloud import Changes, Page
from slshell.model.errors import NotFound
from slshell.model.volume import (
    GIB,
    QUARANTINED,
    Export,
    ExportFormat,
    ExportState,
    Snapshot,
    StorageStatus,
    Visibility,
    Volume,
    VolumeState,
)
from tests.unit.client.served import MOMENT, ServedCloud

CONTENT = b"a volume"


def volume(number: int, **changes: Any) -> Volume:
    """A volume of 5 GiB that nobody holds; its UUID begins with its number eight times."""
    values: dict[str, Any] = {
        "id": f"{str(number) * 8}-0000-4000-8000-000000000000", "tag": f"data-{number}",
        "state": VolumeState.AVAILABLE, "reason": "", "progress": "", "size_bytes": 5 * GIB,
        "allocated_bytes": 3 << 20, "visibility": Visibility.PRIVATE, "owner": "me", "origin": "",
        "created_at": MOMENT,
    }  # fmt: skip
    return Volume(**{**values, **changes})


def snapshot(name: str) -> Snapshot:
    """A snapshot of such a volume."""
    return Snapshot(id=f"s-{name}", name=name, size_bytes=5 * GIB, created_at=MOMENT)


class StoringCloud(ServedCloud):
    """A cloud whose images are ready at once as well."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.stored: dict[str, Volume] = {}

    def keep(self, changed: Volume, **values: Any) -> Volume:
        """Make or replace a volume."""
        self.revision += 1
        kept = msgspec.structs.replace(changed, **values, revision=self.revision)
        self.stored[kept.id] = kept
        return kept

    def _about_volumes(
        self, method: str, words: list[str], query: dict[str, str], body: bytes
    ) -> tuple[int, Any]:
        match (method, *words):
            case (_, "volumes", *rest):
                return 200, self._storage(method, rest, query, body)
            case ("GET", "storage"):
                return 200, StorageStatus(
                    pool="dir /data/v", total_bytes=100 * GIB, free_bytes=90 * GIB, promised_bytes=5 * GIB,
                    quarantined_bytes=3 << 20, quarantine_s=86400.0, max_volume_gib=1024,
                )  # fmt: skip
            case ("GET", "exports", _, "content"):
                return 200, CONTENT
            case (_, "exports", *_):
                return 200, self._export(next(iter(self.stored)))
        return super()._about_volumes(method, words, query, body)

    def _storage(self, method: str, rest: list[str], query: dict[str, str], body: bytes) -> Any:
        match (method, *rest):
            case ("GET",):
                return Page(items=self._shown(query))
            case ("POST",) | ("POST", "uploads"):
                wanted = json.loads(body)
                state = VolumeState.RECEIVING if rest else VolumeState.AVAILABLE
                size = wanted.get("size_bytes") or (wanted.get("size_gib") or 5) * GIB
                return self.keep(volume(9, tag=wanted.get("tag", ""), state=state, size_bytes=size))
            case ("PUT", name, "content"):
                return self._volume(name)
            case ("POST", name, "exports"):
                return self._export(name)
            case (_, name, *verb):
                return self._changed(self._volume(name), method, verb, json.loads(body or b"null") or {})
        raise NotFound(f"there is no {method} /volumes")

    def _changed(self, one: Volume, method: str, verb: list[str], asked: dict[str, Any]) -> Volume:
        match (method, *verb):
            case ("PATCH",):
                return self.keep(one, tag=asked["tag"] or one.tag)
            case ("DELETE",):
                return self.keep(one, state=VolumeState.DELETED, purge_at=MOMENT + timedelta(days=1))
            case (_, "undelete") | (_, "content", "end"):
                return self.keep(one, state=VolumeState.AVAILABLE, purge_at=None)
            case (_, "purge"):
                return self.keep(one, state=VolumeState.PURGING)
            case (_, "resize"):
                return self.keep(one, size_bytes=asked["size_gib"] * GIB)
            case (_, "snapshots"):
                return self.keep(one, snapshots=(*one.snapshots, snapshot(asked["name"] or "auto")))
            case ("DELETE", "snapshots", name):
                if name not in {each.name for each in one.snapshots}:
                    raise NotFound(f"there is no snapshot “{name}”", hint="slshell snapshots lists them")
                return self.keep(one, snapshots=tuple(each for each in one.snapshots if each.name != name))
            case (_, "snapshots", _, "revert"):
                return self.keep(one, snapshots=(*one.snapshots, snapshot("kept")))
            case (_, "attach"):
                number = asked["instance_id"]
                return self.keep(one, state=VolumeState.ATTACHED, instance_id=number, device="/dev/vdc")
            case (_, "detach"):
                self.keep(one, state=VolumeState.AVAILABLE, instance_id=None, device="")
                return msgspec.structs.replace(one, state=VolumeState.DETACHING)
        return one

    def _volume(self, name: str) -> Volume:
        if name not in self.stored:
            raise NotFound(f"there is no volume {name}", hint="slshell volumes lists them")
        return self.stored[name]

    def _shown(self, query: dict[str, str]) -> list[Volume]:
        states = query.get("state", "").split(",") if "state" in query else None
        return [
            each
            for each in self.stored.values()
            if (states is None and ("all" in query or each.state not in QUARANTINED))
            or (states is not None and each.state in states)
        ]

    def _export(self, name: str) -> Export:
        return Export(
            id="e1", volume_id=name, state=ExportState.READY, reason="", progress="",
            format=ExportFormat.QCOW2, size_bytes=len(CONTENT), sha256=hashlib.sha256(CONTENT).hexdigest(),
            created_at=MOMENT,
        )  # fmt: skip

    def _importing(self, name: str) -> Appliance:
        started = super()._importing(name)
        self.put(msgspec.structs.replace(started, state=ApplianceState.READY, progress=""))
        return started

    def _changes(self, since: int, wait: float) -> Changes:
        changes = super()._changes(since, wait)
        volumes = [each for each in self.stored.values() if each.revision > since]
        return msgspec.structs.replace(changes, volumes=volumes)
