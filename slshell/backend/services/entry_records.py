"""Entries of the catalogue as rows and as what they say."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, select

from slshell.backend.store.tables.base import utc_now
from slshell.backend.store.tables.entries import entries, entry_contents
from slshell.metadata.document import Metadata
from slshell.metadata.signature import Signed
from slshell.model.appliance import Appliance, ApplianceKind, ApplianceState, ContextMethod
from slshell.model.entry import CatalogueEntry, Standing

_FACTS = msgspec.json.Decoder(CatalogueEntry)
_SAME = (
    "identifier", "size_bytes", "title", "description", "kind", "type", "os", "os_version", "arch", "version",
    "tags", "format", "compression", "locations", "creator", "publisher", "created", "valid", "deprecated",
)  # fmt: skip
"""What an entry says in the same words as its document."""


def entry_of(signed: Signed) -> CatalogueEntry:
    """What a verified document says, as the catalogue tells it."""
    metadata: Metadata = signed.metadata
    endorsement = metadata.endorsement
    return CatalogueEntry(
        endorser=signed.email,
        endorsed_at=endorsement.created if endorsement is not None else utc_now(),
        checksums={str(name): value for name, value in metadata.checksums.items()},
        subject=signed.subject,
        fingerprint=signed.fingerprint,
        algorithm=signed.algorithm,
        weak=signed.weak,
        **{name: getattr(metadata, name) for name in _SAME},
    )


def facts() -> Select[Any]:
    """Number, facts, source and `latest` of entries, for `shown`."""
    columns = (entries.c.id, entry_contents.c.facts, entries.c.source, entries.c.latest)
    return select(*columns).join(entry_contents, entry_contents.c.id == entries.c.id)


def shown(row: Any, now: datetime) -> CatalogueEntry:
    """The entry of a row with `facts`, `source` and `latest`, as it stands at this moment."""
    entry = _FACTS.decode(row.facts)
    return msgspec.structs.replace(
        entry, source=row.source, latest=row.latest, status=standing(entry, now).value
    )


def standing(entry: CatalogueEntry, now: datetime) -> Standing:
    """What time and its endorser have made of an entry."""
    if entry.deprecated is not None:
        return Standing.DEPRECATED
    return Standing.EXPIRED if entry.valid is not None and entry.valid <= now else Standing.VALID


def as_appliance(entry: CatalogueEntry) -> Appliance:
    """The appliance that an entry offers, which is not held here."""
    sums = entry.checksums
    return Appliance(
        id=entry.identifier, name=entry.name, title=entry.title, state=ApplianceState.AVAILABLE, reason="",
        progress="", format=entry.format, size_bytes=entry.size_bytes, disk_bytes=0,
        sha1=sums.get("SHA-1", ""), sha256=sums.get("SHA-256", ""), os=entry.os, os_version=entry.os_version,
        arch=entry.arch, user="root", context=ContextMethod.BOTH, min_ram_mib=0,
        origin=entry.locations[0] if entry.locations else "", created_at=entry.created or entry.endorsed_at,
        kind=ApplianceKind.DISK if entry.kind == "disk" else ApplianceKind.MACHINE, version=entry.version,
        tags=entry.tags, endorser=entry.endorser, endorsed_at=entry.endorsed_at, status=entry.status,
        source=entry.source,
    )  # fmt: skip


def endorsed(appliance: Appliance, entry: CatalogueEntry | None) -> Appliance:
    """A held appliance with what its newest entry says of it; its own facts come first."""
    if entry is None:
        return appliance
    return msgspec.structs.replace(
        appliance,
        os=appliance.os or entry.os,
        os_version=appliance.os_version or entry.os_version,
        arch=appliance.arch or entry.arch,
        version=entry.version,
        tags=entry.tags,
        endorser=entry.endorser,
        endorsed_at=entry.endorsed_at,
        status=entry.status,
        source=entry.source,
    )


def newest(connection: Connection, identifiers: Collection[str]) -> dict[str, CatalogueEntry]:
    """The newest entry of each of these images that has any; a valid one comes before others."""
    if not identifiers:
        return {}
    now = utc_now()
    statement = facts().where(entries.c.identifier.in_(identifiers), entries.c.latest).order_by(entries.c.id)
    found: dict[str, CatalogueEntry] = {}
    for row in connection.execute(statement):
        entry = shown(row, now)
        before = found.get(entry.identifier)
        if before is None or before.status != Standing.VALID or entry.status == Standing.VALID:
            found[entry.identifier] = entry
    return found


def with_endorsers(connection: Connection, held: Iterable[tuple[str, Appliance]]) -> list[Appliance]:
    """Held appliances, given with the identifier that entries know them by, with what the newest says."""
    pairs = list(held)
    by_id = newest(connection, [identifier for identifier, _ in pairs])
    return [endorsed(one, by_id.get(identifier)) for identifier, one in pairs]


def seconds(when: datetime) -> int:
    """Whole seconds since 1970, in UTC."""
    return int(when.astimezone(UTC).timestamp())
