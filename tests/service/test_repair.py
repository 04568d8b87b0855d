"""What a cloud finds at its start, and slow imports: neither may stand in anybody's way."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from slshell.backend.images import fetch
from slshell.backend.services import records
from slshell.client.cloud import new_request_id
from slshell.model.appliance import ImportRequest
from slshell.model.instance import State
from tests.service.conftest import Running, serve
from tests.service.test_instances import ask


def test_a_leftover_that_cannot_be_removed_is_told_and_does_not_stop_the_repair(running: Running) -> None:
    running.client.run_instance(ask())
    running.wait(1, State.RUNNING)
    running.client.kill(1)
    running.wait(1, State.DONE)
    with running.cloud.database.read() as connection:
        uuid = records.instance_row(connection, 1).uuid
    # A symlink is what the removal of a folder refuses.
    stray = running.home / "e" / "m" / f"1-{uuid}"
    stray.symlink_to(running.home)
    running.cloud.reconcile.everything()
    told = [one.text for one in running.client.events() if one.kind == "engine"]
    assert any("what is left of instance 1 cannot be removed" in text for text in told)
    stray.unlink()


def test_what_interrupted_imports_left_is_removed_at_the_next_start(
    short_folder: Path, appliances_folder: Path
) -> None:
    images = short_folder / "e" / "images"
    for folder in (short_folder / "uploads", images):
        folder.mkdir(parents=True)
    strays = [short_folder / "uploads" / "upload-abc", images / ".taking-abc"]
    for stray in strays:
        stray.write_text("half an image")
    for _running in serve(short_folder):
        assert [stray for stray in strays if stray.exists()] == []


@contextmanager
def silent_server() -> Iterator[str]:
    """An address that takes requests and lets them wait until the end."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        accepted: list[socket.socket] = []

        def serve_them() -> None:
            while True:
                try:
                    accepted.append(server.accept()[0])
                except OSError:
                    return

        thread = threading.Thread(target=serve_them)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/image.qcow2"
        finally:
            server.shutdown(socket.SHUT_RDWR)
            for one in accepted:
                one.close()
            thread.join()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_slow_import_that_many_wait_for_keeps_nobody_from_killing(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "READ_S", 12.0)
    running.client.run_instance(ask())
    running.wait(1, State.RUNNING)
    with silent_server() as url:
        running.client.import_image(ImportRequest(request_id=new_request_id(), url=url, name="slow"))
        running.client.run_instance(ask(appliance="slow", count=running.cloud.settings.cloud.workers))
        for number in range(2, 2 + running.cloud.settings.cloud.workers):
            running.wait(number, State.PROLOG)
        running.client.kill(1)
        running.watch.instance(1, lambda one: one.state == State.DONE, patience_s=6)
    running.wait(2, State.FAILED)
