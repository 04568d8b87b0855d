"""`Cloud`: every call of docs/api.md as a typed method."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from threading import Lock
from typing import Any, Protocol, TypeVar
from urllib.parse import quote

import msgspec

from slshell.client import local
from slshell.client.catalogue import CatalogueCalls
from slshell.client.consoles import ConsoleCalls
from slshell.client.contexts import ContextCalls
from slshell.client.images import ImageCalls
from slshell.client.profiles import Profile
from slshell.client.secrets import password_of
from slshell.client.transport import READ_S, ConnectionBroke, NotConnected, Transport
from slshell.client.volumes import VolumeCalls
from slshell.model.appliance import Appliance, ApplianceKind, ImportRequest
from slshell.model.cloud import Changes, CloudStatus, Page, StopRequest
from slshell.model.errors import CloudUnreachable, NotAllowed, UsageError
from slshell.model.event import Event, Job
from slshell.model.host import Host
from slshell.model.instance import Instance, InstanceType, InstanceUpdate, Metrics, RunRequest
from slshell.model.track import Track

T = TypeVar("T")
PAGE = 10_000
CHUNK = 1 << 20
Progress = Callable[[int, int], None]
"""Called with the bytes sent and the bytes in all."""


class Link(Protocol):
    """How a cloud is reached; asked before every request."""

    def transport(self) -> Transport:
        """A transport to the cloud, which may mean to start it first."""

    def forget(self, transport: Transport) -> None:
        """That transport found nobody; find the cloud again next time."""

    def abort(self) -> None:
        """Break the connections there are."""

    def again(self) -> Link:
        """Another link to the same cloud, with connections of its own."""


class LocalLink:
    """The bundled cloud of a data folder, started when nobody answers (unless `start` is False).

    Once it was reached it is started again after a crash only: who stopped it on purpose meant it.
    """

    def __init__(self, home: Path, *, start: bool = True, notice: local.Notice | None = None) -> None:
        self._home = home
        self._start = start
        self._notice = notice
        self._lock = Lock()
        self._transport: Transport | None = None
        self._was_up = False

    def transport(self) -> Transport:
        """See `Link`."""
        with self._lock:
            if self._transport is None:
                self._transport = Transport.over_unix(Path(self._daemon().socket))
                self._was_up = True
            return self._transport

    def _daemon(self) -> local.Daemon:
        stopped = self._was_up and local.read(self._home) is None
        if self._start and not stopped:
            return local.ensure(self._home, self._notice)
        if (daemon := local.running(self._home)) is not None:
            return daemon
        what = "was stopped" if stopped else f"in {self._home} is down"
        raise CloudUnreachable(f"the cloud {what}", hint="slshell cloud up starts it")

    def forget(self, transport: Transport) -> None:
        """See `Link`."""
        with self._lock:
            if self._transport is transport:
                self._transport = None

    def abort(self) -> None:
        """See `Link`."""
        if self._transport is not None:
            self._transport.abort()

    def again(self) -> LocalLink:
        """See `Link`."""
        link = LocalLink(self._home, start=self._start, notice=self._notice)
        link._was_up = self._was_up
        return link


class RemoteLink:
    """A cloud at an address, with the token of its profile."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._lock = Lock()
        self._transport: Transport | None = None

    def transport(self) -> Transport:
        """See `Link`."""
        with self._lock:
            if self._transport is None:
                profile = self._profile
                account = (profile.username, password_of(profile)) if profile.username else None
                certificate = profile.pem_certificate
                self._transport = Transport.over_tcp(
                    profile.url or "",
                    token=_token(profile),
                    account=account,
                    cafile=profile.cafile,
                    certificate=(certificate, profile.pem_key or certificate) if certificate else None,
                )
            return self._transport

    def forget(self, transport: Transport) -> None:
        """See `Link`; the address stays, so there is nothing to find again."""

    def abort(self) -> None:
        """See `Link`."""
        if self._transport is not None:
            self._transport.abort()

    def again(self) -> RemoteLink:
        """See `Link`."""
        return RemoteLink(self._profile)


class Cloud(VolumeCalls, ConsoleCalls, CatalogueCalls, ContextCalls, ImageCalls):
    """One cloud. Methods raise `slshell.model.errors`; they may be called from several threads."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self.closed = False

    @classmethod
    def of_profile(cls, profile: Profile, *, start: bool = True, notice: local.Notice | None = None) -> Cloud:
        """The cloud of a profile; the bundled one is started on its first call unless `start` is False."""
        if profile.is_local:
            return cls(LocalLink(profile.home, start=start, notice=notice))
        return cls(RemoteLink(profile))

    def again(self) -> Cloud:
        """The same cloud over connections of its own, so that `close` breaks only these."""
        return Cloud(self._link.again())

    def close(self) -> None:
        """Break all connections of this object for good; calls that wait in other threads fail."""
        self.closed = True
        self._link.abort()

    def status(self) -> CloudStatus:
        """What the daemon says of itself."""
        return self._get("/v1/cloud", CloudStatus)

    def stop_cloud(self, *, shut_machines_down: bool = False, timeout_s: float = 60.0) -> None:
        """End the daemon; machines go on unless `shut_machines_down`."""
        request = StopRequest(shut_machines_down=shut_machines_down, timeout_s=timeout_s)
        self._send("POST", "/v1/cloud/stop", request, read_s=timeout_s + READ_S)

    def instances(
        self,
        *,
        state: str | None = None,
        name: str | None = None,
        appliance: str | None = None,
        type: str | None = None,  # noqa: A002 - the word of the interface
        all: bool = False,  # noqa: A002 - the word of the interface
    ) -> list[Instance]:
        """Instances that match; ended ones only with `all` or `state="Done"`; `name` may hold `*`."""
        query = {"state": state, "name": name, "appliance": appliance, "type": type, "all": all or None}
        return self._list("/v1/instances", Page[Instance], query)

    def instance(self, instance_id: int) -> Instance:
        """One instance, ended ones too."""
        return self._get(f"/v1/instances/{instance_id}", Instance)

    def run_instance(self, request: RunRequest) -> list[Instance]:
        """Start machines; sending the same request again never starts more."""
        body = self._send("POST", "/v1/instances", request, repeat=True)
        return _decode(body, Page[Instance]).items

    def update_instance(self, instance_id: int, change: InstanceUpdate) -> Instance:
        """Change a machine's tags."""
        return self._ask("PATCH", f"/v1/instances/{instance_id}", change, Instance, repeat=True)

    def kill(self, instance_id: int) -> Instance:
        """End an instance for good, with its disks."""
        return self._act(instance_id, "kill", repeat=True)

    def shutdown(self, instance_id: int) -> Instance:
        """Ask the guest to power itself off."""
        return self._act(instance_id, "shutdown", repeat=True)

    def start(self, instance_id: int) -> Instance:
        """Boot an instance that is off."""
        return self._act(instance_id, "start", repeat=True)

    def reboot(self, instance_id: int) -> Instance:
        """Press the reset button."""
        return self._act(instance_id, "reboot", repeat=False)

    def metrics(self, ids: Iterable[int]) -> list[Metrics]:
        """Measurements of these machines now."""
        query = {"ids": ",".join(str(number) for number in ids)}
        return _decode(self._request("GET", "/v1/metrics", query=query), list[Metrics])

    def track(self, instance_id: int) -> Track:
        """What was measured of a machine over its life."""
        return self._get(f"/v1/instances/{instance_id}/metrics", Track)

    def types(self) -> list[InstanceType]:
        """The machine sizes, in the cloud's order."""
        return self._list("/v1/types", Page[InstanceType])

    def appliances(
        self, *, name: str | None = None, state: str | None = None, kind: str | None = None
    ) -> list[Appliance]:
        """The catalogue."""
        return self._list("/v1/appliances", Page[Appliance], {"name": name, "state": state, "kind": kind})

    def appliance(self, id_or_name: str) -> Appliance:
        """One appliance by identifier or name."""
        return self._get(f"/v1/appliances/{quote(id_or_name, safe='')}", Appliance)

    def import_image(self, request: ImportRequest) -> Appliance:
        """Let the cloud fetch an image by URL; answers at once, in state `importing`."""
        return _decode(self._send("POST", "/v1/appliances", request, repeat=True), Appliance)

    def upload_image(
        self,
        path: Path,
        *,
        request_id: str | None = None,
        name: str | None = None,
        sha256: str | None = None,
        user: str | None = None,
        kind: ApplianceKind = ApplianceKind.MACHINE,
        disk_gib: int | None = None,
        progress: Progress | None = None,
    ) -> Appliance:
        """Stream an image file to the cloud; answers in state `importing`.

        Raises:
            UsageError: the file cannot be read.
        """
        query = {
            "request_id": request_id or new_request_id(),
            "filename": path.name,
            "name": name,
            "sha256": sha256,
            "user": user,
            "kind": str(kind),
            "disk_gib": disk_gib,
        }
        try:
            size = path.stat().st_size
            file = path.open("rb")
        except OSError as error:
            raise UsageError(
                f"{path} cannot be read", why=str(error.strerror), hint="name an image file"
            ) from error
        with file:
            body = self._request(
                "POST",
                "/v1/uploads",
                query=query,
                body=_chunks(file, size, progress),
                headers={"Content-Type": "application/octet-stream", "Content-Length": str(size)},
                read_s=None,
            )
        return _decode(body, Appliance)

    def hosts(self) -> list[Host]:
        """The physical machines."""
        return self._list("/v1/hosts", Page[Host])

    def events(
        self, *, instance: int | None = None, after: int | None = None, severity: str | None = None
    ) -> list[Event]:
        """Events, oldest first; `after` is an event id."""
        query = {"instance": instance, "after": after, "severity": severity}
        return self._list("/v1/events", Page[Event], query)

    def jobs(self, *, state: str | None = None, instance: int | None = None) -> list[Job]:
        """Jobs, newest first."""
        return self._list("/v1/jobs", Page[Job], {"state": state, "instance": instance})

    def changes(self, since: int, wait: float = 20.0) -> Changes:
        """What changed after revision `since`; waits up to `wait` seconds (at most 30) for something."""
        body = self._request("GET", "/v1/changes", query={"since": since, "wait": wait}, repeat=True)
        return _decode(body, Changes)

    def _act(self, instance_id: int, verb: str, *, repeat: bool) -> Instance:
        return _decode(
            self._send("POST", f"/v1/instances/{instance_id}/{verb}", None, repeat=repeat), Instance
        )

    def _ask(
        self, method: str, path: str, content: msgspec.Struct | None, kind: type[T], *, repeat: bool = False
    ) -> T:
        return _decode(self._send(method, path, content, repeat=repeat), kind)

    def _get(self, path: str, kind: type[T]) -> T:
        return _decode(self._request("GET", path, repeat=True), kind)

    def _list(self, path: str, kind: type[Page[T]], query: Mapping[str, Any] | None = None) -> list[T]:
        items: list[T] = []
        cursor: str | None = None
        while True:
            wanted = {**(query or {}), "limit": PAGE, "cursor": cursor}
            page = _decode(self._request("GET", path, query=wanted, repeat=True), kind)
            items.extend(page.items)
            cursor = page.next
            if cursor is None:
                return items

    def _send(
        self,
        method: str,
        path: str,
        content: msgspec.Struct | None,
        *,
        repeat: bool = False,
        read_s: float = READ_S,
    ) -> bytes:
        body = msgspec.json.encode(content) if content is not None else b""
        headers = {"Content-Type": "application/json"} if content is not None else {}
        return self._request(method, path, body=body, headers=headers, repeat=repeat, read_s=read_s)

    def _request(self, method: str, path: str, *, repeat: bool = False, **options: Any) -> bytes:
        """One request; once more when nobody listened, or when it broke and may be repeated."""
        transport = self._transport()
        try:
            return transport.request(method, path, **options)
        except NotConnected:
            self._link.forget(transport)
        except ConnectionBroke:
            if not repeat or self.closed:
                raise
            self._link.forget(transport)
        return self._link.transport().request(method, path, **options)

    def _transport(self) -> Transport:
        if self.closed:
            raise CloudUnreachable("this connection to the cloud is closed")
        return self._link.transport()


def new_request_id() -> str:
    """A fresh id for a call that creates something."""
    return os.urandom(16).hex()


def _decode(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        raise CloudUnreachable(
            "the answer of the cloud does not fit",
            why=str(error),
            hint="client and cloud may be of different versions; slshell cloud status shows the cloud's",
        ) from error


def _chunks(file: Any, size: int, progress: Progress | None) -> Iterator[bytes]:
    sent = 0
    while chunk := file.read(min(CHUNK, size - sent)):
        sent += len(chunk)
        yield chunk
        if progress:
            progress(sent, size)


def _token(profile: Profile) -> str:
    if profile.token_file is None:
        return ""
    try:
        if profile.token_file.stat().st_mode & 0o077:
            raise NotAllowed(
                f"{profile.token_file} is readable by others", hint=f"chmod 600 {profile.token_file}"
            )
        return profile.token_file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"profiles.{profile.name}.token_file: {profile.token_file} cannot be read",
            why=str(error),
            hint="put the cloud's token into that file",
        ) from error
