"""Published cloud images in the catalogue: listed before they are here, fetched when somebody wants one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, insert, select, update

from slshell.backend.images import fetch, sums
from slshell.backend.images.cloud_images import CloudImage, known
from slshell.backend.images.sums import Checksum
from slshell.backend.services import records
from slshell.backend.store.database import Write
from slshell.backend.store.tables.appliances import appliances
from slshell.backend.store.tables.base import utc_now
from slshell.backend.store.tables.cloud import tombstones
from slshell.model.appliance import ApplianceKind, ApplianceState, ContextMethod
from slshell.model.errors import Conflict, SlshellError

_PREFIX = "published-"
_GIB = 1 << 30


def identifier(name: str) -> str:
    """What a published image is called as long as it is not here."""
    return f"{_PREFIX}{name}"


def name_of(appliance_id: str) -> str:
    """The name of the published image that such an identifier stands for; empty when it is none."""
    name = appliance_id.removeprefix(_PREFIX) if appliance_id.startswith(_PREFIX) else ""
    return name if name in known().images else ""


def facts(image: CloudImage) -> dict[str, Any]:
    """What the catalogue says of a published image, whether it is here or not."""
    return {
        "title": image.title, "os": image.os, "os_version": image.os_version, "arch": "x86_64",
        "user": image.user, "context": ContextMethod.CLOUD_INIT.value, "min_ram_mib": image.min_ram_mib,
        "disk_bytes": image.disk_gib * _GIB,
    }  # fmt: skip


def offer_all(write: Write, mirrors: Mapping[str, str]) -> None:
    """List every published image whose name is free, and none that is not on the list any more."""
    usable = select(appliances.c.name).where(appliances.c.state != ApplianceState.FAILED.value)
    taken = set(write.connection.execute(usable).scalars())
    for name in known().images:
        if name not in taken:
            offer(write, name, mirrors)
    offered = select(appliances.c.id).where(appliances.c.state == ApplianceState.AVAILABLE.value)
    for old in write.connection.execute(offered).scalars().all():
        if not name_of(old):
            withdraw(write, old)


def withdraw_all(write: Write) -> None:
    """List none that is not here."""
    offered = select(appliances.c.id).where(appliances.c.state == ApplianceState.AVAILABLE.value)
    for old in write.connection.execute(offered).scalars().all():
        withdraw(write, old)


def offer(write: Write, name: str, mirrors: Mapping[str, str]) -> None:
    """List a published image as one that can be fetched."""
    image = known().images[name]
    values = facts(image) | {
        "id": identifier(name), "name": name, "state": ApplianceState.AVAILABLE.value, "reason": "",
        "progress": not_fetched(image), "format": "", "size_bytes": image.size_mib << 20, "sha1": "",
        "sha256": "", "cmdline": "", "origin": fetch.public(image.addresses(mirrors)[0]),
        "kind": ApplianceKind.MACHINE.value, "created_at": utc_now(), "revision": write.revision,
    }  # fmt: skip
    gone = (tombstones.c.kind == "appliance") & (tombstones.c.id == identifier(name))
    write.connection.execute(delete(tombstones).where(gone))
    write.connection.execute(delete(appliances).where(appliances.c.id == identifier(name)))
    write.connection.execute(insert(appliances).values(**values))


def withdraw(write: Write, appliance_id: str) -> None:
    """Take one that is not here out of the list."""
    write.connection.execute(delete(appliances).where(appliances.c.id == appliance_id))
    records.bury(write, "appliance", appliance_id)


def withdraw_name(write: Write, name: str) -> None:
    """Make room for an image of the user's under the name of a published one that is not here."""
    offered = (appliances.c.name == name) & (appliances.c.state == ApplianceState.AVAILABLE.value)
    old = write.connection.execute(select(appliances.c.id).where(offered)).scalar_one_or_none()
    if old is not None:
        withdraw(write, old)


def want(write: Write, name: str, mirrors: Mapping[str, str]) -> bool:
    """Have the image of this name fetched, if it is a published one that nobody wanted before."""
    offered = (appliances.c.name == name) & (appliances.c.state == ApplianceState.AVAILABLE.value)
    row = write.connection.execute(select(appliances).where(offered)).one_or_none()
    if row is None or not name_of(row.id):
        return False
    image = known().images[name]
    write.connection.execute(
        update(appliances)
        .where(appliances.c.id == row.id)
        .values(state=ApplianceState.IMPORTING.value, reason="", progress="waiting", revision=write.revision)
    )
    payload = {
        "source": image.addresses(mirrors)[0], "is_url": True, "sha256": None, "user": image.user,
        "kind": ApplianceKind.MACHINE.value, "disk_gib": image.disk_gib, "published": name,
    }  # fmt: skip
    records.add_job(write, "import", "fetch", appliance_id=row.id, payload=payload)
    return True


def give_up(write: Write, appliance_id: str, reason: str) -> None:
    """List an image again that could not be fetched, with why."""
    write.connection.execute(
        update(appliances)
        .where(appliances.c.id == appliance_id)
        .values(
            state=ApplianceState.AVAILABLE.value, reason=reason, progress="", created_at=utc_now(),
            revision=write.revision,
        )
    )  # fmt: skip


def checksum(name: str, mirrors: Mapping[str, str]) -> Checksum:
    """The publisher's checksum of an image, fetched now.

    Raises:
        CloudUnreachable, NotFound, UsageError: it cannot be had; the message says what was needed.
    """
    image = known().images[name]
    address = image.addresses(mirrors)[1]
    try:
        return sums.checksum_for(fetch.read_text(address, sums.LARGEST_BYTES), image.file_name)
    except SlshellError as error:
        raise unobtainable(name, address, error) from error


def unobtainable(name: str, address: str, error: SlshellError) -> SlshellError:
    """The error of a fetch that failed, with what was needed and how else it can be had."""
    image = known().images[name]
    return type(error)(
        f"{name} is not here yet, and cannot be fetched: {error.message} ({fetch.public(address)})",
        hint=f"get {image.file_name} elsewhere and `slshell import-image {image.file_name} --name {name}`, "
        f"or set another mirror for {image.publisher} in [cloud.image_mirrors] of config.toml",
        details=error.details,
    )


def only_listed(name: str, publisher: str) -> Conflict:
    """Nothing of it can be removed."""
    return Conflict(
        f"{name} is not here; it is only listed, for it is published by {publisher}",
        hint="cloud_images = false in [cloud] of config.toml leaves out the whole list",
    )


def not_fetched(image: CloudImage) -> str:
    """What is said of an image that is listed only."""
    return f"not fetched yet, about {image.size_mib} MiB" if image.size_mib else "not fetched yet"
