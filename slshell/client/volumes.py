"""The calls about volumes: a part of `Cloud`."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from slshell.model.cloud import Page
from slshell.model.errors import CloudUnreachable, Conflict, UsageError
from slshell.model.volume import (
    AttachRequest,
    DetachRequest,
    DeviceReport,
    Export,
    ExportRequest,
    ResizeRequest,
    SnapshotRequest,
    StorageStatus,
    UploadEnd,
    UploadRequest,
    Volume,
    VolumeRequest,
    VolumeUpdate,
)

T = TypeVar("T")
PART = 8 << 20
"""Bytes sent or fetched in one request; what broke off is repeated from the last whole part."""
ATTEMPTS = 6
LONGEST_PAUSE_S = 10.0
Progress = Callable[[int, int], None]
"""Called with the bytes done and the bytes in all."""


class VolumeCalls(ABC):
    """Volumes, snapshots, uploads and downloads."""

    @abstractmethod
    def _get(self, path: str, kind: type[T]) -> T: ...

    @abstractmethod
    def _list(self, path: str, kind: type[Page[T]], query: Mapping[str, Any] | None = None) -> list[T]: ...

    @abstractmethod
    def _request(self, method: str, path: str, *, repeat: bool = False, **options: Any) -> bytes: ...

    @abstractmethod
    def _ask(
        self, method: str, path: str, content: msgspec.Struct | None, kind: type[T], *, repeat: bool = False
    ) -> T: ...

    def volumes(
        self,
        *,
        state: str | None = None,
        tag: str | None = None,
        instance: int | None = None,
        all: bool = False,  # noqa: A002 - the word of the interface
    ) -> list[Volume]:
        """Volumes that match; deleted ones only with `all` or by state; `tag` may hold `*`."""
        query = {"state": state, "tag": tag, "instance": instance, "all": all or None}
        return self._list("/v1/volumes", Page[Volume], query)

    def volume(self, volume_id: str) -> Volume:
        """One volume, deleted ones too."""
        return self._get(_path(volume_id), Volume)

    def storage(self) -> StorageStatus:
        """The space that there is."""
        return self._get("/v1/storage", StorageStatus)

    def create_volume(self, request: VolumeRequest) -> Volume:
        """Make a volume; sending the same request again makes no second one."""
        return self._ask("POST", "/v1/volumes", request, Volume, repeat=True)

    def update_volume(self, volume_id: str, change: VolumeUpdate) -> Volume:
        """Change its tag or visibility."""
        return self._ask("PATCH", _path(volume_id), change, Volume, repeat=True)

    def delete_volume(self, volume_id: str) -> Volume:
        """Put it into quarantine."""
        return self._ask("DELETE", _path(volume_id), None, Volume)

    def undelete_volume(self, volume_id: str) -> Volume:
        """Bring it back."""
        return self._ask("POST", _path(volume_id, "undelete"), None, Volume)

    def purge_volume(self, volume_id: str) -> Volume:
        """Remove it for good."""
        return self._ask("POST", _path(volume_id, "purge"), None, Volume)

    def resize_volume(self, volume_id: str, size_gib: int) -> Volume:
        """Make it larger."""
        return self._ask(
            "POST", _path(volume_id, "resize"), ResizeRequest(size_gib=size_gib), Volume, repeat=True
        )

    def snapshot_volume(self, volume_id: str, request: SnapshotRequest) -> Volume:
        """Keep it as it is now."""
        return self._ask("POST", _path(volume_id, "snapshots"), request, Volume, repeat=True)

    def revert_volume(self, volume_id: str, snapshot: str) -> Volume:
        """Take it back to a snapshot."""
        return self._ask("POST", _path(volume_id, "snapshots", snapshot, "revert"), None, Volume)

    def delete_snapshot(self, volume_id: str, snapshot: str) -> Volume:
        """Forget a snapshot."""
        return self._ask("DELETE", _path(volume_id, "snapshots", snapshot), None, Volume)

    def attach_volume(self, volume_id: str, instance_id: int) -> Volume:
        """Plug it into a running machine; the answer is in state `attaching`."""
        return self._ask("POST", _path(volume_id, "attach"), AttachRequest(instance_id=instance_id), Volume)

    def detach_volume(self, volume_id: str, request: DetachRequest) -> Volume:
        """Take it out of its machine; the answer is in state `detaching`."""
        return self._ask("POST", _path(volume_id, "detach"), request, Volume)

    def name_device(self, volume_id: str, report: DeviceReport) -> Volume:
        """Tell the cloud what the guest calls it."""
        return self._ask("PUT", _path(volume_id, "device"), report, Volume, repeat=True)

    def begin_upload(self, request: UploadRequest) -> Volume:
        """Make a volume that waits for a file."""
        return self._ask("POST", "/v1/volumes/uploads", request, Volume, repeat=True)

    def send_file(self, volume_id: str, path: Path, progress: Progress | None = None) -> Volume:
        """Send the file of a waiting volume, from where an earlier try broke off; answers as it is checked.

        Raises:
            UsageError: the file cannot be read. CloudUnreachable: it broke off again and again.
        """
        try:
            size, file = path.stat().st_size, path.open("rb")
        except OSError as error:
            raise UsageError(f"{path} cannot be read: {error.strerror}", hint="name a disk image") from error
        with file:
            offset, digest = 0, hashlib.sha256()
            while offset < size:
                part = file.read(min(PART, size - offset))
                if not part:
                    raise UsageError(f"{path} became shorter while it was sent", hint="send it again")
                self._send_part(volume_id, offset, part)
                digest.update(part)
                offset += len(part)
                if progress:
                    progress(offset, size)
        end = UploadEnd(sha256=digest.hexdigest())
        return self._ask("POST", _path(volume_id, "content", "end"), end, Volume)

    def begin_export(self, volume_id: str, request: ExportRequest) -> Export:
        """Have it written to a file."""
        return self._ask("POST", _path(volume_id, "exports"), request, Export, repeat=True)

    def export(self, export_id: str) -> Export:
        """How far that is."""
        return self._get(f"/v1/exports/{quote(export_id, safe='')}", Export)

    def drop_export(self, export_id: str) -> None:
        """Remove the file."""
        self._request("DELETE", f"/v1/exports/{quote(export_id, safe='')}")

    def fetch_part(self, export_id: str, offset: int) -> bytes:
        """The next part of a written file; tried again when the connection breaks."""
        path = f"/v1/exports/{quote(export_id, safe='')}/content"
        query = {"offset": offset, "length": PART}
        part: bytes = _patiently()(self._request, "GET", path, query=query, repeat=True, read_s=None)
        return part

    def _send_part(self, volume_id: str, offset: int, part: bytes) -> None:
        """Send one part, or what of it has not arrived yet."""
        for attempt in _patiently():
            with attempt:
                try:
                    self._put_part(volume_id, offset, part)
                except Conflict as refusal:
                    received = refusal.details.get("received")
                    if not isinstance(received, int) or received < offset:
                        raise
                    rest = part[received - offset :]
                    if rest:
                        self._put_part(volume_id, received, rest)

    def _put_part(self, volume_id: str, offset: int, part: bytes) -> None:
        self._request(
            "PUT",
            _path(volume_id, "content"),
            query={"offset": offset},
            body=part,
            headers={"Content-Type": "application/octet-stream"},
            read_s=None,
        )


def _path(volume_id: str, *further: str) -> str:
    return "/".join(["/v1/volumes", *(quote(one, safe="") for one in (volume_id, *further))])


def _patiently() -> Retrying:
    """Tries that go on after a broken connection, with growing pauses."""
    return Retrying(
        retry=retry_if_exception_type(CloudUnreachable),
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_exponential(multiplier=0.2, max=LONGEST_PAUSE_S),
        reraise=True,
    )
