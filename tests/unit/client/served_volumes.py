"""The volumes of the in-process cloud: what is asked comes about at once, unless a test says otherwise."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from slshell.model.cloud import Page
from slshell.model.errors import CloudUnreachable, Conflict, NotFound
from slshell.model.volume import (
    GIB,
    QUARANTINED,
    AttachRequest,
    DetachRequest,
    DeviceReport,
    Export,
    ExportRequest,
    ExportState,
    ResizeRequest,
    Snapshot,
    SnapshotRequest,
    StorageStatus,
    UploadRequest,
    Visibility,
    Volume,
    VolumeRequest,
    VolumeState,
    by_id_of,
    serial_of,
)

MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def volume(number: int, **changes: Any) -> Volume:
    """An empty volume that nobody uses, whose UUID begins with the number."""
    values: dict[str, Any] = {
        "id": f"{number:08x}-0000-4000-8000-000000000000", "tag": f"disk-{number}",
        "state": VolumeState.AVAILABLE, "reason": "", "progress": "", "size_bytes": 5 * GIB,
        "allocated_bytes": 3 << 20, "visibility": Visibility.PRIVATE, "owner": "me", "origin": "",
        "created_at": MOMENT,
    }  # fmt: skip
    return Volume(**{**values, **changes})


def kept(number: int, name: str) -> Snapshot:
    """A snapshot."""
    return Snapshot(
        id=f"{number:08x}-1111-4000-8000-000000000000", name=name, size_bytes=5 * GIB, created_at=MOMENT
    )


class ServedVolumes:
    """`ends` says how each request ends: the values that a volume gets after it was answered."""

    def __init__(self, put: Callable[[Volume], None]) -> None:
        self._put = put
        self.known: dict[str, Volume] = {}
        self.storage = StorageStatus(
            pool="dir /data/v", total_bytes=100 * GIB, free_bytes=60 * GIB, promised_bytes=5 * GIB,
            quarantined_bytes=3 << 20, quarantine_s=24 * 3600.0, max_volume_gib=1024,
        )  # fmt: skip
        self.ends: dict[str, dict[str, Any]] = {}
        self.content = b""
        """What an export holds."""
        self.fail_after: int | None = None
        """How many parts of an export are sent before the cloud cannot be reached."""
        self.exports: dict[str, Export] = {}
        self.received: dict[str, bytearray] = {}

    def answer(self, method: str, words: list[str], query: dict[str, str], body: bytes) -> tuple[int, Any]:
        """Status and content for one request below `/v1`."""
        match (method, *words):
            case ("GET", "storage"):
                return 200, self.storage
            case ("GET", "volumes"):
                return 200, Page(items=self._listed(query))
            case ("POST", "volumes"):
                return 202, self._create(msgspec.json.decode(body, type=VolumeRequest))
            case ("POST", "volumes", "uploads"):
                return 202, self._begin_upload(msgspec.json.decode(body, type=UploadRequest))
            case (_, "exports", number, *rest):
                return self._of_export(method, number, rest, query)
            case ("GET", "volumes", number):
                return 200, self.one(number)
            case ("PATCH", "volumes", number):
                return 200, self._change(number, **msgspec.json.decode(body))
            case ("DELETE", "volumes", number):
                return 202, self._change(number, state=VolumeState.DELETED)
            case (_, "volumes", number, *rest):
                return 202, self._work(self.one(number), method, rest, query, body)
        raise NotFound(f"there is no {method} /{'/'.join(words)}")

    def one(self, number: str) -> Volume:
        """A volume by its UUID."""
        if number not in self.known:
            raise NotFound(f"there is no volume {number}", hint="slshell volumes lists them")
        return self.known[number]

    def _change(self, number: str, **values: Any) -> Volume:
        values = {name: value for name, value in values.items() if value is not None}
        self._put(msgspec.structs.replace(self.one(number), **values))
        return self.known[number]

    def _listed(self, query: dict[str, str]) -> list[Volume]:
        found = [one for _, one in sorted(self.known.items())]
        if "state" in query:
            return [one for one in found if one.state in query["state"].split(",")]
        if "instance" in query:
            found = [one for one in found if one.instance_id == int(query["instance"])]
        return found if "all" in query else [one for one in found if one.state not in QUARANTINED]

    def _new(self, **values: Any) -> Volume:
        one = volume(len(self.known) + 1, **values)
        self._put(one)
        return one

    def _create(self, request: VolumeRequest) -> Volume:
        size = request.size_gib * GIB if request.size_gib else self.one(str(request.source)).size_bytes
        made = self._new(
            tag=request.tag, size_bytes=size, visibility=request.visibility, state=VolumeState.CREATING
        )
        return self._ended(made, "create", state=VolumeState.AVAILABLE)

    def _ended(self, one: Volume, verb: str, **usual: Any) -> Volume:
        """Let the work on a volume end as the test wishes; answers it as it was before."""
        self._change(one.id, **self.ends.get(verb, usual))
        return one

    def _work(
        self, one: Volume, method: str, rest: list[str], query: dict[str, str], body: bytes
    ) -> Volume | Export:
        match (method, *rest):
            case ("POST", "undelete"):
                return self._ended(one, "undelete", state=VolumeState.AVAILABLE)
            case ("POST", "purge"):
                return self._change(one.id, state=VolumeState.PURGING)
            case ("POST", "resize"):
                size = msgspec.json.decode(body, type=ResizeRequest).size_gib * GIB
                return self._ended(one, "resize", size_bytes=size)
            case ("POST", "snapshots"):
                name = msgspec.json.decode(body, type=SnapshotRequest).name or "snapshot-1"
                new = (*one.snapshots, kept(len(one.snapshots), name))
                return self._ended(one, "snapshot", snapshots=new)
            case ("POST", "snapshots", _, "revert"):
                return self._ended(one, "revert", snapshots=(*one.snapshots, kept(9, "before-1")))
            case ("DELETE", "snapshots", name):
                left = tuple(each for each in one.snapshots if each.name != name)
                if left == one.snapshots:
                    raise NotFound(f"the volume has no snapshot “{name}”", hint="it has none")
                return self._change(one.id, snapshots=left)
            case ("POST", "exports"):
                return self._begin_export(one, msgspec.json.decode(body, type=ExportRequest))
            case (_, "content", *_):
                return self._take(one, method, query, body)
            case _:
                return self._plug(one, rest[0], body)

    def _plug(self, one: Volume, verb: str, body: bytes) -> Volume:
        if verb == "attach":
            holder = msgspec.json.decode(body, type=AttachRequest).instance_id
            there = {"instance_id": holder, "by_id": by_id_of(serial_of(one.id)), "device": "/dev/vdc"}
            claimed = self._change(one.id, state=VolumeState.ATTACHING, **there)
            return self._ended(claimed, "attach", state=VolumeState.ATTACHED)
        if verb == "detach":
            request = msgspec.json.decode(body, type=DetachRequest)
            if not (request.force or request.guest_does_not_use_it):
                raise Conflict("nobody has made sure that the guest does not use the volume")
            asked = self._change(one.id, state=VolumeState.DETACHING)
            free = msgspec.structs.replace(
                asked, state=VolumeState.AVAILABLE, instance_id=None, device="", by_id=""
            )
            self._put(msgspec.structs.replace(free if "detach" not in self.ends else asked))
            return self._ended(asked, "detach")
        report = msgspec.json.decode(body, type=DeviceReport)
        return self._change(one.id, device=report.device, device_known=True)

    def _begin_upload(self, request: UploadRequest) -> Volume:
        made = self._new(
            tag=request.tag, size_bytes=request.size_bytes, visibility=request.visibility,
            state=VolumeState.RECEIVING,
        )  # fmt: skip
        self.received[made.id] = bytearray()
        return made

    def _take(self, one: Volume, method: str, query: dict[str, str], body: bytes) -> Volume:
        got = self.received[one.id]
        if method == "PUT":
            if int(query["offset"]) != len(got):
                raise Conflict(f"{len(got)} bytes have arrived", details={"received": len(got)})
            got.extend(body)
            return self._change(one.id, received_bytes=len(got))
        if msgspec.json.decode(body)["sha256"] != hashlib.sha256(got).hexdigest():
            raise Conflict("the sum differs")
        checking = self._change(one.id, state=VolumeState.CREATING)
        return self._ended(checking, "upload", state=VolumeState.AVAILABLE)

    def _begin_export(self, one: Volume, request: ExportRequest) -> Export:
        made = Export(
            id=str(uuid.uuid4()), volume_id=one.id, state=ExportState.WRITING, reason="", progress="",
            format=request.format, size_bytes=len(self.content),
            sha256=hashlib.sha256(self.content).hexdigest(), created_at=MOMENT,
        )  # fmt: skip
        values = {"state": ExportState.READY} | self.ends.get("export", {})
        self.exports[made.id] = msgspec.structs.replace(made, **values)
        self._change(one.id)
        return made

    def _of_export(self, method: str, number: str, rest: list[str], query: dict[str, str]) -> tuple[int, Any]:
        if number not in self.exports:
            raise NotFound("there is no such export", hint="begin it again")
        if method == "DELETE":
            del self.exports[number]
            return 200, {}
        if rest:
            if self.fail_after is not None:
                self.fail_after -= 1
                if self.fail_after < 0:
                    raise CloudUnreachable("the cloud went away")
            start = int(query["offset"])
            return 200, self.content[start : start + int(query["length"])]
        return 200, self.exports[number]
