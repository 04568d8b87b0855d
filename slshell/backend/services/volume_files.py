"""Volumes from files and to files: what is sent in parts, and what waits to be fetched."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import delete, insert, select

from slshell.backend.engines.base import Engine
from slshell.backend.services import attachments, records, requests, rights
from slshell.backend.services import volume_records as rows
from slshell.backend.services import volume_rules as rules
from slshell.backend.services.settings import Settings
from slshell.backend.services.space import SpaceService
from slshell.backend.store.database import Database
from slshell.backend.store.tables.base import utc_now
from slshell.backend.store.tables.volumes import exports, volumes
from slshell.model.errors import Conflict, NotFound, TooLarge, UsageError
from slshell.model.volume import (
    GIB,
    Export,
    ExportFormat,
    ExportRequest,
    ExportState,
    UploadEnd,
    UploadRequest,
    Volume,
    VolumeState,
)


@dataclass(frozen=True, kw_only=True)
class VolumeFiles:
    """The service of uploads and exports; `incoming` is where parts of files gather."""

    database: Database
    engine: Engine
    settings: Settings
    space: SpaceService
    incoming: Path
    wake: Callable[[], None]

    def part(self, volume_id: str) -> Path:
        """Where the parts of a volume's file gather."""
        return self.incoming / rules.checked_id(volume_id)

    def taken(self, volume_id: str) -> Path:
        """The folder of the unpacked content while it is taken in."""
        part = self.part(volume_id)
        return part.with_name(f"{part.name}.taken")

    def drop_parts(self, volume_id: str) -> None:
        """Remove what was sent for a volume; nothing when that is gone."""
        rules.remove_path(self.taken(volume_id))
        rules.remove_path(self.part(volume_id))

    def begin_upload(self, request: UploadRequest, owner: str) -> Volume:
        """Accept a volume whose content will be sent in parts.

        Raises:
            UsageError, TooLarge, NoCapacity: it cannot be taken; nothing was made.
        """
        requests.checked(request.request_id)
        most = self.settings.cloud.max_volume_gib * GIB
        if request.size_bytes < 1:
            raise UsageError("the file is empty", hint="send a disk image")
        if request.size_bytes > most:
            raise TooLarge(f"the file is larger than {most // GIB} GiB", hint="raise [cloud] max_volume_gib")
        self.space.check(request.size_bytes, "the volume")
        print_ = requests.fingerprint("upload", request)
        values = rules.new_row(
            owner, rules.checked_tag(request.tag), request.visibility, request.size_bytes
        ) | {
            "state": VolumeState.RECEIVING.value,
            "origin": f"the file {Path(request.filename).name[:200]}",
            "upload_bytes": request.size_bytes,
        }
        with self.database.write() as write:
            _ = write.revision
            earlier = requests.served(write.connection, request.request_id, print_)
            if earlier is None:
                rules.insert_volume(write, values)
                requests.remember(write, request.request_id, print_, [values["id"]])
        return self._volume(earlier[0] if earlier else values["id"])

    def receiving(self, volume_id: str, offset: int, caller: str) -> int:
        """Return how many bytes are still to come when a part may begin at `offset`.

        Raises:
            Conflict: parts came before, up to `details.received`; go on there.
        """
        with self.database.read() as connection:
            row = rows.volume_row(connection, rules.checked_id(volume_id))
            rights.may_change(row, caller, "write to")
        rules.refuse_unless(row, frozenset({VolumeState.RECEIVING}), "send parts of")
        path = self.part(volume_id)
        received = path.stat().st_size if path.exists() else 0
        if offset != received:
            raise Conflict(
                f"{received} bytes have arrived, so the next part begins there, not at {offset}",
                hint="go on at that byte",
                details={"received": received},
            )
        return int(row.upload_bytes) - received

    def received(self, volume_id: str) -> None:
        """Note how much has arrived."""
        path = self.part(volume_id)
        size = path.stat().st_size if path.exists() else 0
        with self.database.write() as write:
            row = rows.volume_row(write.connection, volume_id)
            if row.state == VolumeState.RECEIVING.value:
                share = 100 * size // max(1, row.upload_bytes)
                rows.change_volume(write, volume_id, received_bytes=size, progress=f"received {share} %")

    def end_upload(self, volume_id: str, end: UploadEnd, caller: str) -> Volume:
        """All parts are here: a job checks the file and makes the volume.

        Raises:
            Conflict: parts are missing.
        """
        if len(end.sha256) != 64 or set(end.sha256) - set("0123456789abcdef"):
            raise UsageError("the SHA-256 is not 64 hex digits in lower case")
        path = self.part(volume_id)
        with self.database.write() as write:
            row = rows.volume_row(write.connection, volume_id)
            rights.may_change(row, caller, "write to")
            rules.refuse_unless(row, frozenset({VolumeState.RECEIVING}), "finish")
            size = path.stat().st_size if path.exists() else 0
            if size != row.upload_bytes:
                raise Conflict(
                    f"{size} of {row.upload_bytes} bytes have arrived",
                    hint="send the rest first",
                    details={"received": size},
                )
            rows.change_volume(write, row.id, state=VolumeState.CREATING.value, progress="checking")
            records.add_job(write, "volume-import", "check", volume_id=row.id, payload={"sha256": end.sha256})
        self.wake()
        return self._volume(volume_id)

    def begin_export(self, volume_id: str, request: ExportRequest, caller: str) -> Export:
        """Have a volume, or a snapshot of it, written to a file that can be fetched.

        Raises:
            UsageError: the store writes no files, or raw is to be compressed. Conflict: a machine has it.
        """
        requests.checked(request.request_id)
        if not self.engine.volumes.features.files:
            raise UsageError(f"volumes in {self.engine.volumes.place} cannot be written to files")
        if request.compress and request.format is ExportFormat.RAW:
            raise UsageError("a raw file cannot be compressed", hint="use qcow2, or compress it yourself")
        print_ = requests.fingerprint("export", (volume_id, request))
        with self.database.read() as connection:
            known = requests.served(connection, request.request_id, print_)
            size = rows.volume_row(connection, rules.checked_id(volume_id)).allocated_bytes
        if known is None:
            self.space.check(size, "the file")
        with self.database.write() as write:
            _ = write.revision
            earlier = requests.served(write.connection, request.request_id, print_)
            if earlier is not None:
                return self.export(earlier[0], caller)
            row = rows.volume_row(write.connection, rules.checked_id(volume_id))
            rights.may_see(row, caller)
            handle = row.handle
            if request.snapshot is not None:
                handle = rows.snapshot_row(write.connection, row.id, request.snapshot).handle
            elif row.instance_id is not None:
                refusal = attachments.held_by(row)
                refusal.hint += "; or take a snapshot and download that: --snapshot NAME"
                raise refusal
            else:
                rules.refuse_unless(row, frozenset({VolumeState.AVAILABLE}), "export")
            number = str(uuid.uuid4())
            write.connection.execute(
                insert(exports).values(
                    id=number, volume_id=row.id, state=ExportState.WRITING.value, reason="",
                    progress="waiting", format=request.format.value, compress=request.compress,
                    handle=handle, size_bytes=0, sha256="", created_at=utc_now(),
                )
            )  # fmt: skip
            records.add_job(write, "volume-export", "write", volume_id=row.id, payload={"export": number})
            requests.remember(write, request.request_id, print_, [number])
        self.wake()
        return self.export(number, caller)

    def export(self, export_id: str, caller: str) -> Export:
        """One export.

        Raises:
            NotFound: there is none, or its volume is not the caller's to see.
        """
        with self.database.read() as connection:
            row = connection.execute(select(exports).where(exports.c.id == export_id)).one_or_none()
            if row is None:
                raise NotFound("there is no such export", hint="begin it again")
            rights.may_see(rows.volume_row(connection, row.volume_id), caller)
            return rows.export_of(row)

    def drop_export(self, export_id: str, caller: str) -> None:
        """Remove an export and its file.

        Raises:
            NotFound: there is none. Conflict: it is being written.
        """
        found = self.export(export_id, caller)
        if found.state is ExportState.WRITING:
            raise Conflict("the export is being written", hint="wait until it is ready")
        self.engine.volumes.drop_file(f"{found.id}.{found.format}")
        with self.database.write() as write:
            write.connection.execute(delete(exports).where(exports.c.id == export_id))

    def drop_strays(self) -> None:
        """Remove parts of files whose volume does not wait for them, and written files nobody knows."""
        waiting = [VolumeState.RECEIVING.value, VolumeState.CREATING.value]
        with self.database.read() as connection:
            wanted = set(
                connection.execute(select(volumes.c.id).where(volumes.c.state.in_(waiting))).scalars()
            )
            known = {f"{row.id}.{row.format}" for row in connection.execute(select(exports))}
        for path in self.incoming.iterdir():
            if path.name.removesuffix(".taken") not in wanted:
                rules.remove_path(path)
        for name in set(self.engine.volumes.files()) - known:
            self.engine.volumes.drop_file(name)

    def drop_part(self, volume_id: str) -> None:
        """Remove what was sent of the file of a volume that is deleted; nothing when nothing was."""
        rules.remove_path(self.part(volume_id))

    def _volume(self, volume_id: str) -> Volume:
        with self.database.read() as connection:
            return rows.read_volumes(connection, volumes.c.id == volume_id)[0]
