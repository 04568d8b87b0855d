"""A small cloud in this process, on a real Unix socket, which speaks what docs/api.md says and no more."""

from __future__ import annotations

import json
import os
import socketserver
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import msgspec

from slshell import __version__
from slshell.backend.services.entry_records import entry_of
from slshell.metadata.signature import verify
from slshell.model.appliance import Appliance, ApplianceState, ContextMethod
from slshell.model.cloud import Changes, CloudStatus, Page
from slshell.model.entry import ApplianceFacts, CatalogueEntry
from slshell.model.errors import Conflict, NotFound, SlshellError, UsageError
from slshell.model.event import Event, Job, Severity
from slshell.model.host import Host
from slshell.model.image_cache import CachedImage
from slshell.model.instance import Instance, InstanceType, InstanceUpdate, RunRequest, State
from slshell.model.volume import Volume
from tests.unit.client import served_things
from tests.unit.client.served_things import told
from tests.unit.client.served_volumes import ServedVolumes

CONSOLE = b"\x1b[1mbooting\x1b[0m\r\nvm login: "
MOMENT = served_things.MOMENT
HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBfRkHKjJyD4SjGRhO4QFVhSVJl1RnOjYrvLJb0b1aQv"
MAX_COUNT = 256
"""What the real cloud starts at once."""
TTYLINUX = served_things.TTYLINUX


def instance(number: int, **changes: Any) -> Instance:
    """A machine that runs and answers, with whatever is to be different."""
    values: dict[str, Any] = {
        "id": number, "name": f"vm-{number}", "state": State.RUNNING, "reachable": True, "reason": "",
        "appliance": "ttylinux", "appliance_id": TTYLINUX, "type": "m1.small", "vcpu": 1, "ram_mib": 128,
        "swap_mib": 1024, "address": f"127.86.3.{number % 256}", "ssh_port": 2222, "user": "root",
        "host_key": HOST_KEY, "cpu_percent": 4.2, "memory_kib": 131072, "created_at": MOMENT,
    }  # fmt: skip
    return Instance(**{**values, **changes})


def appliance(name: str = "ttylinux", **changes: Any) -> Appliance:
    """An appliance that is ready."""
    values: dict[str, Any] = {
        "id": TTYLINUX, "name": name, "title": "A minimal Linux", "state": ApplianceState.READY, "reason": "",
        "progress": "", "format": "raw", "size_bytes": 40 << 20, "disk_bytes": 40 << 20, "sha1": "0" * 40,
        "sha256": "0" * 64, "os": "ttylinux", "os_version": "1", "arch": "x86_64", "user": "root",
        "context": ContextMethod.STRATUSLAB, "min_ram_mib": 64, "origin": "bundled", "created_at": MOMENT,
    }  # fmt: skip
    return Appliance(**{**values, **changes})


class ServedCloud:
    """The state of the cloud, and a server for it; use as a context manager."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.socket = home / "api.sock"
        self.instances: dict[int, Instance] = {}
        self.appliances: list[Appliance] = [appliance()]
        self.offered: list[Appliance] = []
        """What entries of the catalogue offer."""
        self.entries: list[CatalogueEntry] = []
        """What endorsers have said of images."""
        self.events: list[Event] = []
        self.jobs: list[Job] = []
        self.hosts: list[Host] = []
        self.images: list[CachedImage] = []
        self.volumes = ServedVolumes(self.put)
        self.types = [
            InstanceType(name="m1.small", vcpu=1, ram_mib=128, swap_mib=1024, default=True),
            InstanceType(name="c1.xlarge", vcpu=4, ram_mib=2048, swap_mib=2048, fits=False),
        ]
        self.revision = 1
        self.page_size = 10_000
        self.requests: list[tuple[str, str, bytes]] = []
        self.failures: dict[str, SlshellError] = {}
        self.on_run: Callable[[RunRequest], None] = lambda request: None
        self.stopped = threading.Event()
        self._news = threading.Condition()
        self._served: dict[str, list[Instance]] = {}
        self._server: _Server | None = None

    def __enter__(self) -> Self:
        self.home.mkdir(exist_ok=True)
        self.socket.unlink(missing_ok=True)
        self._server = _Server(str(self.socket), self)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        about = {
            "pid": os.getpid(),
            "socket": str(self.socket),
            "version": __version__,
            "started_at": "",
            "tcp": "",
        }
        (self.home / "daemon.json").write_text(json.dumps(about))
        return self

    def __exit__(self, *problem: object) -> None:
        if self._server is not None:
            with self._news:
                self._news.notify_all()
            self._server.shutdown()
            self._server.server_close()
            self._server.drop()
            self._server = None
            self.socket.unlink(missing_ok=True)

    def put(self, changed: Instance | Appliance | Event | Job | Volume) -> None:
        """Make or replace a resource; those who wait for changes are told."""
        with self._news:
            self.revision += 1
            changed = msgspec.structs.replace(changed, revision=self.revision)
            match changed:
                case Instance():
                    self.instances[changed.id] = changed
                case Appliance():
                    self.appliances = [each for each in self.appliances if each.name != changed.name] + [
                        changed
                    ]
                case Volume():
                    self.volumes.known[changed.id] = changed
                case Event():
                    self.events.append(changed)
                case Job():
                    self.jobs = [changed] + [each for each in self.jobs if each.id != changed.id]
            self._news.notify_all()

    def change(self, number: int, **values: Any) -> Instance:
        """Change fields of a machine."""
        self.put(msgspec.structs.replace(self.instances[number], **values))
        return self.instances[number]

    def answer(self, method: str, target: str, body: bytes) -> tuple[int, Any]:
        """Status and content for one request."""
        parts = urlsplit(target)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        self.requests.append((method, target, body))
        if (failure := self.failures.get(parts.path)) is not None:
            raise failure
        words = parts.path.strip("/").split("/")[1:]
        match (method, *words):
            case ("GET", "cloud"):
                return 200, self._status()
            case ("POST", "cloud", "stop"):
                return 202, {}
            case ("GET", "instances"):
                return 200, self._page(self._filtered(query), query)
            case ("POST", "instances"):
                return 202, Page(items=self._run(msgspec.json.decode(body, type=RunRequest)))
            case ("GET", "instances", number):
                return 200, self._one(number)
            case ("PATCH", "instances", number):
                change = msgspec.json.decode(body, type=InstanceUpdate)
                kept = [each for each in self._one(number).tags if each not in change.remove_tags]
                return 200, self.change(int(number), tags=(*kept, *change.add_tags))
            case ("GET", "instances", number, "console"):
                return 200, CONSOLE if self._one(number) else b""
            case ("GET", "instances", number, "context"):
                return 200, told(self._one(number), "secrets" in query)
            case ("POST", "instances", number, "save"):
                self._one(number)
                return 202, appliance(json.loads(body)["name"], id="P" + "A" * 26, origin="machine")
            case ("POST", "instances", number, verb):
                return 202, self._act(self._one(number), verb)
            case ("GET", "changes"):
                return 200, self._changes(int(query["since"]), float(query["wait"]))
            case (_, "volumes" | "storage" | "exports", *_):
                return self._about_volumes(method, words, query, body)
            case _:
                return self._catalogue(method, words, query, body)

    def _about_volumes(
        self, method: str, words: list[str], query: dict[str, str], body: bytes
    ) -> tuple[int, Any]:
        return self.volumes.answer(method, words, query, body)

    def _catalogue(
        self, method: str, words: list[str], query: dict[str, str], body: bytes
    ) -> tuple[int, Any]:
        match (method, *words):
            case ("GET", "types"):
                return 200, Page(items=self.types)
            case ("GET", "appliances"):
                return 200, Page(items=self.appliances)
            case ("GET", "catalogue"):
                words = query.get("words", "").casefold().split()
                known = [(each, f"{each.title} {each.os}".casefold().split()) for each in self.offered]
                found = [
                    each for each, its in known if all(any(one.startswith(w) for one in its) for w in words)
                ]
                return 200, Page(items=found[: int(query["limit"])])
            case ("GET", "catalogue", name):
                found = [each for each in (*self.appliances, *self.offered) if name in (each.name, each.id)]
                if not found:
                    raise NotFound(f"there is no appliance “{name}”", hint="did you mean ttylinux?")
                about = [each for each in self.entries if each.identifier == found[0].id]
                return 200, ApplianceFacts(appliance=found[0], entries=about)
            case ("POST", "catalogue"):
                return 201, entry_of(verify(body))
            case ("GET", "marketplaces"):
                return 200, Page(items=[])
            case ("GET", "appliances", name):
                return 200, self._appliance(name)
            case ("DELETE", "appliances", name):
                return 200, self._appliance(self._removed(name).id)
            case ("GET", "image-cache"):
                return 200, Page(items=self.images)
            case ("POST", "image-cache", name, "purge"):
                return 200, self._removed(name)
            case ("POST", "appliances"):
                return 202, self._importing(json.loads(body)["name"] or "image")
            case ("POST", "recipes", "debian", "build"):
                return 202, appliance("debian", context=ContextMethod.CLOUD_INIT, user="debian")
            case ("POST", "recipes", name, "build"):
                raise NotFound(f"no recipe is named “{name}”", hint="there are: debian, ttylinux")
            case ("POST", "uploads"):
                return 202, self._importing(query.get("name") or query["filename"])
            case ("GET", "hosts"):
                return 200, Page(items=self.hosts)
            case ("GET", "events"):
                return 200, Page(items=[each for each in self.events if each.id > int(query.get("after", 0))])
            case ("GET", "jobs"):
                return 200, Page(items=self.jobs)
        raise NotFound(f"there is no {method} /{'/'.join(words)}")

    def _appliance(self, name: str) -> Appliance:
        found = [each for each in self.appliances if name in (each.name, each.id)]
        if not found:
            raise NotFound(f"there is no appliance “{name}”", hint="did you mean ttylinux?")
        return found[0]

    def _removed(self, name: str) -> CachedImage:
        image = next(each for each in self.images if name in (each.name, each.id))
        if image.used:
            raise Conflict(f"{image.name} is in use by machine 1", hint="kill the machines first")
        self.images.remove(image)
        return image

    def _status(self) -> CloudStatus:
        counts: dict[str, int] = {}
        for each in self.instances.values():
            if each.state is not State.DONE:
                counts[each.state] = counts.get(each.state, 0) + 1
        return CloudStatus(
            id="c0ffee", pid=4711, socket="/run/api.sock", version="0.1.0", engine="libvirt",
            libvirt_uri="qemu+unix:///session", uptime_s=65.0, home="/data", accelerator="tcg",
            accelerator_reason="no vmx flag", revision=self.revision, instances=counts,
        )  # fmt: skip

    def _filtered(self, query: dict[str, str]) -> list[Instance]:
        found = [each for _, each in sorted(self.instances.items())]
        if "state" in query:
            return [each for each in found if each.state == query["state"]]
        return found if "all" in query else [each for each in found if each.state is not State.DONE]

    def _page(self, items: list[Instance], query: dict[str, str]) -> Page[Instance]:
        start, size = int(query.get("cursor", 0)), min(int(query.get("limit", 1000)), self.page_size)
        following = str(start + size) if start + size < len(items) else None
        return Page(items=items[start : start + size], next=following, revision=self.revision)

    def _one(self, number: str) -> Instance:
        if int(number) not in self.instances:
            raise NotFound(f"there is no instance {number}", hint="slshell instances lists them")
        return self.instances[int(number)]

    def _run(self, request: RunRequest) -> list[Instance]:
        self.on_run(request)
        if request.count > MAX_COUNT:
            raise UsageError(
                f"{request.count} instances cannot be started at once", hint=f"1 to {MAX_COUNT} can"
            )
        if request.request_id not in self._served:
            first = max(self.instances, default=0) + 1
            for number in range(first, first + request.count):
                self.put(
                    instance(
                        number,
                        state=State.PENDING,
                        reachable=False,
                        appliance=request.appliance,
                        tags=request.tags,
                    )
                )
            self._served[request.request_id] = [self.instances[first + at] for at in range(request.count)]
        return self._served[request.request_id]

    def _act(self, found: Instance, verb: str) -> Instance:
        states = {"kill": State.EPILOG, "shutdown": State.SHUTDOWN, "start": State.BOOT, "reboot": State.BOOT}
        return self.change(found.id, state=states[verb], reachable=False)

    def _importing(self, name: str) -> Appliance:
        self.put(appliance(name, id="import-1", state=ApplianceState.IMPORTING, progress="checking"))
        return self.appliances[-1]

    def _changes(self, since: int, wait: float) -> Changes:
        with self._news:
            unknown = since > self.revision
            since = 0 if unknown else since
            self._news.wait_for(lambda: self.revision > since or self._server is None, min(wait, 30.0))
            living = since == 0
            return Changes(
                revision=self.revision,
                reset=unknown,
                instances=[
                    each
                    for each in self.instances.values()
                    if each.revision > since and not (living and each.state is State.DONE)
                ],
                appliances=[each for each in self.appliances if each.revision > since or living],
                volumes=[each for each in self.volumes.known.values() if each.revision > since],
                events=[each for each in self.events if each.revision > since],
                jobs=[each for each in self.jobs if each.revision > since],
            )


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, path: str, cloud: ServedCloud) -> None:
        super().__init__(path, _Handler)
        self.cloud = cloud
        self._open: set[Any] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def drop(self) -> None:
        """End the connections that are kept alive, as a daemon's end does."""
        for request in self._open:
            self.shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no fault."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def handle_one(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            status, content = self.server.cloud.answer(self.command, self.path, body)
        except SlshellError as error:
            status, content = error.status, error.as_data()
        data = content if isinstance(content, bytes) else msgspec.json.encode(content)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        if (self.command, self.path) == ("POST", "/v1/cloud/stop"):
            # Only now, for a daemon that has been asked to stop answers before it does.
            self.server.cloud.stopped.set()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_one  # noqa: N815 - names of the library

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - name of the standard library
        """Say nothing."""

    def address_string(self) -> str:
        return "unix"


def event(number: int, text: str, **changes: Any) -> Event:
    """Something that happened."""
    values: dict[str, Any] = {
        "id": number, "time": MOMENT, "kind": "state", "severity": Severity.INFO, "text": text,
        "instance_id": 1,
    }  # fmt: skip
    return Event(**{**values, **changes})
