"""The HTTP rules of docs/api.md, as a stranger's client meets them."""

from __future__ import annotations

import contextlib
import json
import socket
import stat
import threading
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

import pytest

from slshell import __version__
from slshell.backend.api import access
from slshell.backend.services.cloud import Cloud
from slshell.client.cloud import new_request_id
from tests.service.conftest import Running
from tests.service.test_instances import ask


@pytest.fixture
def http(running: Running) -> HttpOverSocket:
    return HttpOverSocket(running.home / "api.sock")


class HttpOverSocket:
    """Plain HTTP over the socket, seeing status and headers."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket

    def __call__(self, method: str, path: str, body: bytes | None = None) -> tuple[int, dict[str, str], Any]:
        with socket.socket(socket.AF_UNIX) as wire:
            wire.connect(str(self._socket))
            head = [f"{method} {path} HTTP/1.1", "Host: localhost", "Connection: close"]
            if body is not None:
                head += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
            # A server that refuses a body before it has read all closes; its answer is there all the same.
            with contextlib.suppress(BrokenPipeError):
                wire.sendall("\r\n".join([*head, "", ""]).encode() + (body or b""))
            answer = HTTPResponse(wire)
            answer.begin()
            content = answer.read()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        is_json = "json" in headers.get("content-type", "")
        return answer.status, headers, json.loads(content) if is_json else content


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/v1/nothing", None, 404, "not_found"),
        ("DELETE", "/v1/cloud", None, 405, "usage"),
        ("GET", "/v1/instances/1", None, 404, "not_found"),
        ("GET", "/v1/instances?limit=0", None, 400, "usage"),
        ("GET", "/v1/instances?limit=many", None, 400, "usage"),
        ("GET", "/v1/instances?cursor=%21%21", None, 400, "usage"),
        ("GET", "/v1/instances?state=Dreaming", None, 400, "usage"),
        ("GET", "/v1/appliances/none-such", None, 404, "not_found"),
        ("GET", "/v1/changes?since=-1", None, 400, "usage"),
        ("GET", "/v1/changes?wait=3600", None, 400, "usage"),
        ("GET", "/v1/metrics?ids=one", None, 400, "usage"),
        ("POST", "/v1/instances", b"{", 400, "usage"),
        ("POST", "/v1/instances", b"[]", 400, "usage"),
        ("POST", "/v1/instances", b'{"request_id":"a","appliance":"ttylinux","cpus":1}', 400, "usage"),
        ("POST", "/v1/instances", b'{"request_id":"a"}', 400, "usage"),
        ("POST", "/v1/instances", b" " * (1024 * 1024 + 1), 413, "too_large"),
        ("POST", "/v1/appliances", b'{"request_id":"a","url":"file:///etc/passwd"}', 400, "usage"),
    ],
)
def test_every_error_has_its_status_and_the_four_keys(
    http: HttpOverSocket, method: str, path: str, body: bytes | None, status: int, code: str
) -> None:
    got, headers, data = http(method, path, body)
    assert (got, data["code"]) == (status, code)
    assert set(data) == {"code", "message", "hint", "details"}
    assert data["message"]
    assert headers["x-slshell-version"] == __version__


def test_an_unknown_key_is_named(http: HttpOverSocket) -> None:
    _, _, data = http("POST", "/v1/instances", b'{"request_id":"a","appliance":"ttylinux","cpus":1}')
    assert "cpus" in data["message"]


def test_lists_come_in_parts_that_together_are_the_whole(running: Running, http: HttpOverSocket) -> None:
    running.client.run_instance(ask(count=5))
    seen, cursor = [], ""
    while True:
        _, _, page = http("GET", f"/v1/instances?limit=2{cursor}")
        seen += [one["id"] for one in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert seen == [1, 2, 3, 4, 5]


def test_only_the_chosen_fields_are_answered(running: Running, http: HttpOverSocket) -> None:
    running.client.run_instance(ask())
    _, _, page = http("GET", "/v1/instances?fields=id,name")
    assert page["items"] == [{"id": 1, "name": "one-1"}]
    status, _, data = http("GET", "/v1/instances?fields=id,nome")
    assert (status, data["code"]) == (400, "usage")
    assert "name" in data["hint"]


def test_lists_are_filtered_by_state_name_and_appliance(running: Running, http: HttpOverSocket) -> None:
    running.client.run_instance(ask(name="web", count=2))
    running.client.run_instance(ask(name="db"))

    def found(query: str) -> list[str]:
        return [one["name"] for one in http("GET", f"/v1/instances?{query}")[2]["items"]]

    assert found("name=web-*") == ["web-1", "web-2"]
    assert found("name=%25") == []
    assert found("appliance=ttylinux&name=db") == ["db"]
    assert found("state=Done") == []


def test_an_instance_has_the_documented_keys(running: Running, http: HttpOverSocket) -> None:
    running.client.run_instance(ask())
    _, _, data = http("GET", "/v1/instances/1")
    wanted = {
        "id", "name", "state", "reachable", "reason", "appliance", "type", "vcpu", "ram_mib", "swap_mib",
        "address", "ssh_port", "cpu_percent", "memory_kib", "created_at", "phases",
    }  # fmt: skip
    assert wanted <= set(data)
    assert data["created_at"].endswith("Z")


def test_a_held_request_for_changes_answers_as_soon_as_something_happens(running: Running) -> None:
    start = running.client.changes(0, 0)
    other = running.client.again()
    running.client.run_instance(ask())
    news = other.changes(start.revision, 20)
    assert news.revision > start.revision
    assert [one.id for one in news.instances] == [1]


def test_a_cloud_that_ends_holds_no_request_any_longer(running: Running) -> None:
    start = running.client.changes(0, 0)
    watcher = threading.Thread(target=running.client.again().changes, args=(start.revision, 20))
    watcher.start()
    running.cloud.ask_to_end()
    watcher.join(4)
    assert not watcher.is_alive()


def test_a_revision_from_another_database_says_to_begin_again(running: Running) -> None:
    changes = running.client.changes(10**9, 0)
    assert changes.reset
    assert changes.revision < 10**9


def test_only_the_user_can_open_the_socket(running: Running) -> None:
    path = running.home / "api.sock"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((running.home / "daemon.json").stat().st_mode) == 0o600


def test_nobody_else_can_read_the_database(running: Running) -> None:
    files = list(running.home.glob("cloud.db*"))
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)


def test_the_openapi_document_names_every_call(http: HttpOverSocket) -> None:
    _, _, document = http("GET", "/schema/openapi.json")
    assert {"/v1/instances", "/v1/changes", "/v1/hosts", "/v1/jobs", "/v1/events"} <= set(document["paths"])


def test_an_upload_becomes_an_appliance_once(running: Running, short_folder: Path) -> None:
    image = short_folder / "tiny.img"
    image.write_bytes(b"\0" * 510 + b"\x55\xaa" + b"\0" * 65024)
    request_id = new_request_id()
    for _ in range(2):
        running.client.upload_image(image, request_id=request_id)
    ready = running.watch.appliance("tiny", lambda one: one.state == "ready")
    assert ready.size_bytes == 65536
    assert [one.name for one in running.client.appliances()].count("tiny") == 1


def test_a_request_that_takes_too_long_is_told_so(
    running: Running, http: HttpOverSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = threading.Event()
    monkeypatch.setattr(access, "REQUEST_TIMEOUT_S", 0.1)
    monkeypatch.setattr(Cloud, "status", lambda _self: blocked.wait(30))
    status, headers, data = http("GET", "/v1/cloud")
    blocked.set()
    assert (status, data["code"]) == (504, "timed_out")
    assert headers["x-slshell-version"] == __version__
