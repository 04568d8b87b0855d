"""The catalogue: which appliances are here, and how new ones come in."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from slshell.backend.engines.base import BootImage
from slshell.backend.images import fetch
from slshell.backend.images.cloud_images import known
from slshell.backend.images.inspection import MAX_DISK_BYTES
from slshell.backend.services import nearest, published, records, requests, waiting_runs
from slshell.backend.store.database import Database, Write
from slshell.backend.store.tables.appliances import appliances
from slshell.backend.store.tables.base import utc_now
from slshell.model.appliance import Appliance, ApplianceKind, ApplianceState, ContextMethod
from slshell.model.entry import CatalogueEntry
from slshell.model.errors import Conflict, NotFound, UsageError
from slshell.model.names import MAX_LENGTH, checked_name

_ACCOUNT = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_ENDINGS = (
    ".gz", ".xz", ".bz2", ".zst", ".qcow2", ".img", ".raw", ".iso", ".vmdk", ".vdi", ".vhdx", ".vhd", ".ova",
)  # fmt: skip
BUNDLED = "ttylinux"
"""The appliance that every cloud makes when it starts without it."""
MAX_DISK_GIB = MAX_DISK_BYTES >> 30
TUTORIAL = {"BtSKdXa2SvHlSVTvgFgivIYDq--": "ttylinux", "GPAUQFkojP5dMQJNdJ4qD_62mCo": "flora-and-fauna"}
"""The identifiers that the StratusLab tutorial prints lead to what takes the place of those images today."""


@dataclass(frozen=True, kw_only=True)
class Incoming:
    """An image on its way in; `source` is a URL, or the path of a finished upload."""

    source: str
    is_url: bool
    label: str
    """What to call its origin."""
    name: str | None
    sha256: str | None
    user: str | None
    request_id: str
    kind: ApplianceKind = ApplianceKind.MACHINE
    disk_gib: int | None = None
    """The least root disk of its machines."""
    entry: CatalogueEntry | None = None
    """The endorsement that the image must be the subject of; its locations are tried in turn."""


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """The appliance service. `wake` tells the runner of imports that there is work."""

    database: Database
    folder: Path
    """Where images lie, readable for the engine's machines."""
    wake: Callable[[], None]
    mirrors: Mapping[str, str] = field(default_factory=dict)
    """Where published images are fetched instead of from their publisher, by publisher."""
    _verified: dict[str, tuple[int, int, int]] = field(default_factory=dict)

    def all(self) -> list[Appliance]:
        """Every appliance, also those that are coming in or have failed to."""
        with self.database.read() as connection:
            return records.read_appliances(connection)

    def by_entry(self) -> dict[str, Appliance]:
        """The usable appliances by the identifiers that entries know them by: a converted one has two."""
        with self.database.read() as connection:
            known = {one.id: one for one in records.read_appliances(connection)}
            usable = appliances.c.state != ApplianceState.FAILED.value
            rows = connection.execute(
                select(appliances.c.id, appliances.c.entry).where(appliances.c.entry != "", usable)
            )
            return known | {row.entry: known[row.id] for row in rows if row.id in known}

    def resolve(self, text: str) -> Appliance:
        """The appliance with this identifier or name; one that failed to come in if there is no other.

        Raises:
            NotFound: there is none; the hint names the nearest.
        """
        known = self.all()
        text = TUTORIAL.get(text, text)
        meant = [one for one in known if text in (one.id, one.name)]
        if meant:
            return min(meant, key=lambda one: (one.id != text, one.state is ApplianceState.FAILED))
        names = [one.name for one in known] + [one.id for one in known]
        raise NotFound(
            f"there is no appliance “{text[:80]}”",
            hint=nearest.hint(text, names, "slshell appliances"),
            details={"field": "appliance"},
        )

    def boot_image(self, appliance_id: str) -> tuple[Appliance, BootImage]:
        """A ready appliance and its files.

        Raises:
            NotFound: it is not in the catalogue. Conflict: its file is missing.
        """
        with self.database.read() as connection:
            row = connection.execute(select(appliances).where(appliances.c.id == appliance_id)).one_or_none()
        if row is None:
            raise NotFound(f"appliance {appliance_id} is not in the catalogue any more")
        disk, kernel, initrd = self.files(appliance_id)
        if not disk.exists():
            raise Conflict(f"the image file of {row.name} is missing: {disk}", hint="import it again")
        direct = kernel.exists() and initrd.exists()
        image = BootImage(
            path=disk,
            format=row.format,
            disk_bytes=row.disk_bytes,
            kernel=kernel if direct else None,
            initrd=initrd if direct else None,
            cmdline=row.cmdline,
        )
        return records.appliance_of(row), image

    def verify(self, appliance_id: str) -> None:
        """Make sure that the image on disk is the one that was taken in; an unchanged file is read once.

        Raises:
            NotFound: it is not in the catalogue. Conflict: its file is missing or has changed.
        """
        appliance, image = self.boot_image(appliance_id)
        about = image.path.stat()
        seen = (about.st_ino, about.st_size, about.st_mtime_ns)
        if self._verified.get(appliance_id) == seen:
            return
        with image.path.open("rb") as file:
            found = hashlib.file_digest(file, "sha1").hexdigest()
        if found != appliance.sha1:
            raise Conflict(
                f"the image of {appliance.name} has changed on disk: its checksum differs "
                f"(SHA-1 {found[:12]}…, {appliance.sha1[:12]}… expected)",
                hint=f"remove {image.path} and import the image again",
            )
        self._verified[appliance_id] = seen

    def files(self, appliance_id: str) -> tuple[Path, Path, Path]:
        """Where disk, kernel and initrd of an appliance lie, or would."""
        base = self.folder / appliance_id
        return base.with_suffix(".img"), base.with_suffix(".vmlinuz"), base.with_suffix(".initrd")

    def take_in(self, incoming: Incoming) -> Appliance:
        """Accept an image: the appliance exists, importing; a job makes it ready.

        Raises:
            UsageError: a value cannot be. Conflict: the name is taken.
        """
        requests.checked(incoming.request_id)
        content = (
            incoming.label, incoming.name, incoming.sha256, incoming.user, incoming.kind, incoming.disk_gib,
        )  # fmt: skip
        print_ = requests.fingerprint("import", content)
        _check(incoming)
        name = incoming.name or name_from(incoming.label)
        provisional = f"import-{uuid.uuid4().hex[:12]}"
        with self.database.write() as write:
            _ = write.revision
            earlier = requests.served(write.connection, incoming.request_id, print_)
            if earlier is None:
                self._insert(write, provisional, name, incoming)
                requests.remember(write, incoming.request_id, print_, [provisional])
        if earlier is not None:
            if not incoming.is_url:
                Path(incoming.source).unlink(missing_ok=True)
            return self._made_by(earlier[0], name)
        self.wake()
        return self.resolve(provisional)

    def ensure_bundled(self, recipe: str, kind: ApplianceKind) -> None:
        """Have the bundled appliance or static disk of this name made, unless it is here or on its way."""
        with self.database.write() as write:
            self._forget_failed(write, appliances.c.state == ApplianceState.FAILED.value)
            row = write.connection.execute(
                select(appliances).where(appliances.c.name == recipe)
            ).one_or_none()
            if row is not None and (
                row.state != ApplianceState.READY.value or self.files(row.id)[0].exists()
            ):
                return
            if row is not None:
                self.forget(write, row.id)
            provisional = f"import-{recipe}"
            write.connection.execute(
                insert(appliances).values(
                    revision=write.revision, **_blank(provisional, recipe, "bundled", "root", kind),
                )
            )  # fmt: skip
            records.add_job(
                write, "build", "build", appliance_id=provisional, payload={"recipe": recipe, "kind": kind}
            )
        self.wake()

    def expect(self, write: Write, provisional: str, name: str, origin: str, user: str) -> None:
        """Make the entry of an appliance that a job of the caller's brings in.

        Raises:
            Conflict: the name is taken.
        """
        self._forget_failed(write, appliances.c.name == name)
        self._make(write, _blank(provisional, name, origin, user, ApplianceKind.MACHINE))

    def made_by(self, provisional: str, name: str) -> Appliance:
        """What a request made that had this provisional identifier.

        Raises:
            NotFound: it is gone.
        """
        return self._made_by(provisional, name)

    def want(self, write: Write, name: str) -> bool:
        """Have a published image fetched, unless it is here or on its way; true when `wake` is due."""
        return published.want(write, name, self.mirrors)

    def offer_published(self, wanted: bool) -> None:
        """List the published images that are not here, or none of them."""
        with self.database.write() as write:
            if wanted:
                published.offer_all(write, self.mirrors)
            else:
                published.withdraw_all(write)

    def progress(self, appliance_id: str, text: str, *, told_to_machines: bool) -> None:
        """Say how far an import is, to those who wait for it as well."""
        with self.database.write() as write:
            write.connection.execute(
                update(appliances)
                .where(appliances.c.id == appliance_id)
                .values(progress=text, revision=write.revision)
            )
            if told_to_machines:
                waiting_runs.tell(write, appliance_id, text)

    def forget(self, write: Write, appliance_id: str) -> None:
        """Drop an entry, leaving its files."""
        write.connection.execute(delete(appliances).where(appliances.c.id == appliance_id))
        records.bury(write, "appliance", appliance_id)

    def _forget_failed(self, write: Write, *conditions: ColumnElement[bool]) -> None:
        failed = select(appliances.c.id).where(appliances.c.state == ApplianceState.FAILED.value, *conditions)
        for appliance_id in write.connection.execute(failed).scalars().all():
            self.forget(write, appliance_id)

    def _insert(self, write: Write, provisional: str, name: str, incoming: Incoming) -> None:
        self._forget_failed(write, appliances.c.name == name)
        published.withdraw_name(write, name)
        origin = fetch.public(incoming.label) if incoming.is_url else incoming.label
        values = _blank(provisional, name, origin, incoming.user or "root", incoming.kind)
        if incoming.entry is not None:
            values["entry"] = incoming.entry.identifier
        self._make(write, values)
        payload = {
            "source": incoming.source,
            "is_url": incoming.is_url,
            "sha256": incoming.sha256,
            "user": incoming.user,
            "kind": incoming.kind,
            "disk_gib": incoming.disk_gib,
            "entry": incoming.entry,
            "like": name if name in known().images and incoming.kind is ApplianceKind.MACHINE else None,
        }
        records.add_job(write, "import", "fetch", appliance_id=provisional, payload=payload)

    def _make(self, write: Write, values: dict[str, Any]) -> None:
        try:
            write.connection.execute(insert(appliances).values(revision=write.revision, **values))
        except IntegrityError as error:
            raise Conflict(
                f"the name “{values['name']}” is taken by another appliance",
                hint="choose one with --name",
                details={"field": "name"},
            ) from error

    def _made_by(self, provisional: str, name: str) -> Appliance:
        known = self.all()
        same = [one for one in known if one.id == provisional] or [one for one in known if one.name == name]
        if not same:
            raise NotFound(f"the appliance that this request made (“{name}”) is gone", hint="import it again")
        return same[0]


def name_from(label: str) -> str:
    """A usable name out of a file name or URL."""
    stem = Path(urlsplit(label).path).name
    while any(stem.lower().endswith(ending) for ending in _ENDINGS):
        stem = stem.rpartition(".")[0]
    clean = re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip("-._")[:MAX_LENGTH].rstrip("-._")
    if not clean or clean.isdigit():
        raise UsageError(f"no name can be made from “{label[:80]}”", hint="give one with --name")
    return clean


def _check(incoming: Incoming) -> None:
    if incoming.name is not None:
        checked_name(incoming.name, "appliance name")
    if incoming.sha256 is not None and _SHA256.fullmatch(incoming.sha256) is None:
        raise UsageError("the SHA-256 is not 64 hex digits", hint="copy it from the image's checksum file")
    if incoming.user is not None and _ACCOUNT.fullmatch(incoming.user) is None:
        raise UsageError(
            f"“{incoming.user[:32]}” cannot be an account's name", hint="for example --user debian"
        )
    if incoming.disk_gib is not None and not 1 <= incoming.disk_gib <= MAX_DISK_GIB:
        raise UsageError(
            f"{incoming.disk_gib} GiB is not a size of a root disk", hint=f"1 to {MAX_DISK_GIB} GiB"
        )
    if incoming.is_url and urlsplit(incoming.source).scheme not in {"http", "https"}:
        raise UsageError("only http and https addresses can be fetched", hint="or give a local file")


def _blank(provisional: str, name: str, origin: str, user: str, kind: ApplianceKind) -> dict[str, Any]:
    return {
        "id": provisional, "name": name, "title": name, "state": ApplianceState.IMPORTING.value,
        "reason": "", "progress": "waiting", "format": "", "size_bytes": 0, "disk_bytes": 0, "sha1": "",
        "sha256": "", "os": "", "os_version": "", "arch": "", "user": user,
        "context": ContextMethod.BOTH.value, "min_ram_mib": 0, "cmdline": "", "origin": origin,
        "created_at": utc_now(), "kind": kind.value,
    }  # fmt: skip
