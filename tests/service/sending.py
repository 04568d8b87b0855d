"""Sending files to a served cloud, and reading volumes back."""

from __future__ import annotations

from pathlib import Path

from slshell.client.cloud import new_request_id
from slshell.model.volume import Export, ExportFormat, ExportRequest, ExportState, UploadRequest, Volume
from tests.service.conftest import Running

MIB = 1 << 20


def begun(running: Running, size: int, name: str = "file") -> Volume:
    """A volume that waits for a file of that size."""
    return running.client.begin_upload(
        UploadRequest(request_id=new_request_id(), filename=name, size_bytes=size)
    )


def sent(running: Running, path: Path) -> Volume:
    """The volume of a file, once the cloud has taken or refused it."""
    one = begun(running, path.stat().st_size, path.name)
    running.client.send_file(one.id, path)
    return decided(running, one.id)


def decided(running: Running, volume_id: str) -> Volume:
    """The volume once it is available or failed, and all of its job is done."""
    one = running.watch.volume(volume_id, lambda now: now.state in ("available", "failed"))
    running.watch.volume(volume_id, lambda _now: not any(_open(running, volume_id)))
    return one


def _open(running: Running, volume_id: str) -> list[bool]:
    jobs = running.client.jobs()
    return [job.state in ("queued", "running") for job in jobs if job.volume_id == volume_id]


def exported(running: Running, volume_id: str, **wanted: object) -> Export:
    """A written file of a volume."""
    values = {"format": ExportFormat.RAW} | wanted
    request = ExportRequest(request_id=new_request_id(), **values)  # type: ignore[arg-type]
    made = running.client.begin_export(volume_id, request)
    running.watch.volume(
        volume_id, lambda _now: running.client.export(made.id).state is not ExportState.WRITING
    )
    return running.client.export(made.id)


def fetched(running: Running, export: Export) -> bytes:
    """All of a written file."""
    got = b""
    while len(got) < export.size_bytes:
        got += running.client.fetch_part(export.id, len(got))
    return got


def content(running: Running, volume_id: str, **wanted: object) -> bytes:
    """What a volume holds."""
    export = exported(running, volume_id, **wanted)
    got = fetched(running, export)
    running.client.drop_export(export.id)
    return got


def pool(running: Running) -> list[str]:
    """Names of the files of all volumes."""
    folder = Path(running.client.storage().pool.removeprefix("dir "))
    return sorted(path.name for path in folder.iterdir())


def incoming(running: Running) -> list[str]:
    """Names of what was sent and is not taken in yet."""
    return sorted(path.name for path in (running.home / "incoming").iterdir())
