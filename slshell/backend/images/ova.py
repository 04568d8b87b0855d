"""The one disk of an OVA: a tar archive with an OVF description first, and often a manifest of checksums.

The archive's headers are walked here, for a header may promise anything and is not to cost memory.
"""

from __future__ import annotations

import hashlib
import re
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from lxml import etree

from slshell.backend.images import unpacking
from slshell.backend.images.formats import SECTOR
from slshell.model.errors import TooLarge, UsageError

_MOST_MEMBERS = 64
_TEXT_BYTES = 1 << 20
"""Descriptions are 10 to 30 KiB."""
_PLAIN_TYPES = (tarfile.REGTYPE, tarfile.AREGTYPE)
_MANIFEST_LINE = re.compile(r"(SHA1|SHA256|SHA512)\s*\((.+)\)\s*=\s*([0-9a-fA-F]+)\s*")
_ALGORITHMS = {"SHA1": "sha1", "SHA256": "sha256", "SHA512": "sha512"}
_POWER = re.compile(r"byte\s*\*\s*2\^(\d{1,2})")


@dataclass(frozen=True)
class _Member:
    name: str
    offset: int
    size: int


@dataclass(frozen=True)
class _Disk:
    """What the description says of the disk."""

    name: str
    packed: bool
    capacity_bytes: int | None


def is_ova(path: Path) -> bool:
    """Whether a tar archive begins with an OVF description, as an OVA must."""
    with path.open("rb") as stream:
        first = next(_members(stream), None)
    return first is not None and first.name.lower().endswith(".ovf")


def extract(
    path: Path, target: BinaryIO, write: Callable[[BinaryIO, bytes], None], max_bytes: int
) -> int | None:
    """Write the disk of the archive to `target` with `write`, and answer the capacity it is said to have.

    Raises:
        UsageError: the archive is damaged, has no disk or several, or differs from its manifest.
        TooLarge: the disk's file is over `max_bytes`.
    """
    with path.open("rb") as stream:
        members = {member.name: member for member in _members(stream)}
        description = _only(members, ".ovf")
        disk = _disk_of(_text(stream, description))
        member = members.get(disk.name)
        if member is None:
            raise _wrong(f"it has no file {_shown(disk.name)}, which its description names")
        expected = _manifest(stream, members)
        _check(expected, description.name, stream, description)
        _check(expected, member.name, stream, member)
        size = 0
        for block in _content(stream, member, disk.packed):
            size += len(block)
            if size > max_bytes:
                raise TooLarge(
                    f"the disk in the archive is larger than the limit of {max_bytes >> 20} MiB",
                    hint="raise [cloud] max_image_gib in config.toml if you trust it",
                )
            write(target, block)
    return disk.capacity_bytes


def _members(stream: BinaryIO) -> Iterator[_Member]:
    size = stream.seek(0, 2)
    offset = 0
    for _ in range(_MOST_MEMBERS + 1):
        stream.seek(offset)
        block = stream.read(SECTOR)
        if len(block) < SECTOR or not block.strip(b"\0"):
            return
        try:
            header = tarfile.TarInfo.frombuf(block, "utf-8", "replace")
        except tarfile.HeaderError as error:
            raise _wrong(f"its archive is broken: {error}") from error
        start = offset + SECTOR
        if header.size < 0 or start + header.size > size:
            raise _wrong(f"its file {_shown(header.name)} ends beyond the archive")
        if header.type not in _PLAIN_TYPES:
            raise _wrong(f"it holds more than plain files: {_shown(header.name)}")
        yield _Member(header.name.removeprefix("./"), start, header.size)
        offset = start + -(-header.size // SECTOR) * SECTOR
    raise _wrong(f"it holds more than {_MOST_MEMBERS} files")


def _only(members: dict[str, _Member], ending: str) -> _Member:
    found = [member for name, member in members.items() if name.lower().endswith(ending)]
    if len(found) != 1:
        raise _wrong(f"it has {len(found)} files *{ending}, and one is wanted")
    return found[0]


def _text(stream: BinaryIO, member: _Member) -> bytes:
    if member.size > _TEXT_BYTES:
        raise _wrong(f"its file {_shown(member.name)} is larger than {_TEXT_BYTES >> 20} MiB")
    stream.seek(member.offset)
    return stream.read(member.size)


def _disk_of(description: bytes) -> _Disk:
    root = _parsed(description)
    files = {_attribute(one, "id"): one for one in _every(root, "File")}
    disks = [one for one in _every(root, "Disk") if _attribute(one, "fileRef")]
    if len(disks) != 1:
        names = ", ".join(_shown(_attribute(one, "diskId")) for one in disks[:8])
        raise UsageError(
            f"the archive has {len(disks)} disks" + (f" ({names})" if disks else ""),
            hint="one can be: unpack it with tar, then import-image one disk and upload-volume the others"
            if disks
            else "export the machine with its disk",
        )
    file = files.get(_attribute(disks[0], "fileRef"))
    if file is None or not _attribute(file, "href"):
        raise _wrong("its description names no file for the disk")
    if _attribute(file, "chunkSize"):
        raise UsageError("the disk in the archive is cut into pieces", hint="export the machine in one piece")
    packing = _attribute(file, "compression")
    if packing not in ("", "identity", "gzip"):
        raise _wrong(f"its disk is packed with {_shown(packing)}")
    return _Disk(_attribute(file, "href"), packing == "gzip", _capacity(disks[0]))


def _parsed(description: bytes) -> etree._Element:
    # A declaration of types is where entities come from, and no description has one.
    if b"<!DOCTYPE" in description or b"<!ENTITY" in description:
        raise _wrong("its description declares document types")
    try:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        return etree.fromstring(description, parser)
    except etree.XMLSyntaxError as error:
        raise _wrong(f"its description is not XML: {error.msg}") from error


def _every(root: etree._Element, name: str) -> list[etree._Element]:
    return [one for one in root.iter("{*}" + name) if isinstance(one.tag, str)]


def _attribute(element: etree._Element, name: str) -> str:
    """An attribute in whatever version of OVF's namespace."""
    for key, value in element.attrib.items():
        if etree.QName(str(key)).localname == name:
            return str(value)
    return ""


def _capacity(disk: etree._Element) -> int | None:
    text, units = _attribute(disk, "capacity"), _attribute(disk, "capacityAllocationUnits")
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        return None
    power = _POWER.fullmatch(units.strip()) if units.strip() not in ("", "byte") else None
    return int(text) << (int(power[1]) if power else 0)


def _manifest(stream: BinaryIO, members: dict[str, _Member]) -> dict[str, tuple[str, str]]:
    """Algorithm and digest by file name; empty without a manifest."""
    found = [member for name, member in members.items() if name.lower().endswith(".mf")]
    lines = _text(stream, found[0]).decode("utf-8", "replace").splitlines() if found else []
    matches = (_MANIFEST_LINE.fullmatch(line.strip()) for line in lines)
    return {one[2].removeprefix("./"): (_ALGORITHMS[one[1]], one[3].lower()) for one in matches if one}


def _check(expected: dict[str, tuple[str, str]], name: str, stream: BinaryIO, member: _Member) -> None:
    if name not in expected:
        return
    algorithm, digest = expected[name]
    sum_ = hashlib.new(algorithm, usedforsecurity=False)
    for block in _content(stream, member, packed=False):
        sum_.update(block)
    if sum_.hexdigest() != digest:
        raise _wrong(f"its file {_shown(name)} differs from what its manifest says")


def _content(stream: BinaryIO, member: _Member, packed: bool) -> Iterator[bytes]:
    stream.seek(member.offset)
    left = member.size

    def read(size: int) -> bytes:
        nonlocal left
        block = stream.read(min(size, left))
        left -= len(block)
        return block

    yield from unpacking.unpacked(read, unpacking.Packing.GZIP if packed else unpacking.Packing.PLAIN)


def _shown(name: str) -> str:
    return f"“{name[:60]}”" if name.isprintable() else repr(name[:60])


def _wrong(why: str) -> UsageError:
    return UsageError(f"the OVA cannot be taken: {why}", hint="export the machine again, or fetch it again")
