"""One entry of the marketplace: what it says, and its RDF/XML in StratusLab's form."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import msgspec
from lxml import etree

from slshell.metadata.xml import (
    BASE,
    DCTERMS,
    DSIG,
    PREFIXES,
    RDF,
    SLREQ,
    SLTERMS,
    XML,
    InvalidMetadata,
    elements,
    parsed,
    serialised,
    spoken,
    tag,
    text_of,
)
from slshell.model.errors import UsageError


class Digest(StrEnum):
    """The checksums that an entry may give."""

    MD5 = "MD5"
    SHA1 = "SHA-1"
    SHA256 = "SHA-256"
    SHA512 = "SHA-512"


class Status(StrEnum):
    """What time and its endorser have made of an entry."""

    VALID = "valid"
    EXPIRED = "expired"
    DEPRECATED = "deprecated"


class Endorsement(msgspec.Struct, frozen=True, kw_only=True):
    """Who vouches for an image, and since when. Only a signature makes this more than a claim."""

    created: datetime
    email: str
    subject: str
    """Of the certificate, in the form of RFC 2253."""
    issuers: tuple[str, ...]


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """What an entry says of an image. Sizes and checksums are of its uncompressed content.

    A text that is empty was not given. Elements of other vocabularies are not part of this.
    """

    identifier: str
    size_bytes: int
    checksums: dict[Digest, str]
    """Lower-case hex; SHA-1 is always there."""
    endorsement: Endorsement | None = None
    type: str = "base"
    kind: str = ""
    """machine or disk."""
    os: str = ""
    os_version: str = ""
    arch: str = ""
    version: str = ""
    serial_number: int | None = None
    hypervisor: str = ""
    disks_bus: str = ""
    """ide, scsi or virtio."""
    inbound_ports: tuple[int, ...] = ()
    """Ports that are to be reached, 0 for all; as `outbound_ports` and `icmp` types a wish, not a rule."""
    outbound_ports: tuple[int, ...] = ()
    icmp: tuple[int, ...] = ()
    locations: tuple[str, ...] = ()
    format: str = ""
    """raw or qcow2."""
    compression: str = ""
    """How the file at the locations is packed: gz, bz2, xz or zst."""
    title: str = ""
    tags: tuple[str, ...] = ()
    description: str = ""
    creator: str = ""
    publisher: str = ""
    created: datetime | None = None
    valid: datetime | None = None
    """When it expires."""
    is_replaced_by: str = ""
    replaces: str = ""
    is_version_of: str = ""
    deprecated: str | None = None
    """Why it should no longer be used; None when it may be."""

    def status(self, now: datetime) -> Status:
        """Whether it may still be used at `now`."""
        if self.deprecated is not None:
            return Status.DEPRECATED
        return Status.EXPIRED if self.valid is not None and self.valid <= now else Status.VALID


class _Field(msgspec.Struct, frozen=True):
    """How one field is written: the element, and what its text is."""

    name: str
    namespace: str
    element: str
    many: bool = False
    always: bool = False
    """Written although empty, for StratusLab's client fails where the element is missing."""


_FIELDS = (
    _Field("type", DCTERMS, "type", always=True),
    _Field("kind", SLTERMS, "kind"),
    _Field("os", SLTERMS, "os", always=True),
    _Field("os_version", SLTERMS, "os-version", always=True),
    _Field("arch", SLTERMS, "os-arch", always=True),
    _Field("version", SLTERMS, "version", always=True),
    _Field("serial_number", SLTERMS, "serial-number"),
    _Field("hypervisor", SLTERMS, "hypervisor"),
    _Field("disks_bus", SLTERMS, "disks-bus"),
    _Field("inbound_ports", SLTERMS, "inbound-port", many=True),
    _Field("outbound_ports", SLTERMS, "outbound-port", many=True),
    _Field("icmp", SLTERMS, "icmp", many=True),
    _Field("locations", SLTERMS, "location", many=True),
    _Field("format", DCTERMS, "format"),
    _Field("compression", DCTERMS, "compression", always=True),
    _Field("title", DCTERMS, "title"),
    _Field("tags", DCTERMS, "alternative", many=True),
    _Field("description", DCTERMS, "description", always=True),
    _Field("creator", DCTERMS, "creator"),
    _Field("publisher", DCTERMS, "publisher"),
    _Field("created", DCTERMS, "created"),
    _Field("valid", DCTERMS, "valid"),
    _Field("is_replaced_by", DCTERMS, "isReplacedBy"),
    _Field("replaces", DCTERMS, "replaces"),
    _Field("is_version_of", DCTERMS, "isVersionOf"),
    _Field("deprecated", SLTERMS, "deprecated"),
)
_NUMBERS = frozenset({"serial_number", "inbound_ports", "outbound_ports", "icmp"})
_MOMENTS = frozenset({"created", "valid"})
_RESOURCE = {tag(RDF, "parseType"): "Resource"}
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,19}")


def read(data: bytes) -> Metadata:
    """What a document says; a signature in it is passed over, see `slshell.metadata.signature.verify`.

    Raises:
        InvalidMetadata: it is not metadata; the message says where it is not.
    """
    return read_root(parsed(data))


def read_root(root: etree._Element) -> Metadata:
    """`read` for a parsed document."""
    description = description_of(root)
    about = description.get(tag(RDF, "about"), "")
    identifier = text_of(_one(description, DCTERMS, "identifier"))
    if about != f"#{identifier}":
        raise InvalidMetadata(
            f"rdf:about attribute ({about}) and dcterms:identifier ({identifier}) are not consistent"
        )
    metadata = Metadata(
        identifier=identifier,
        size_bytes=_number(_one(description, SLREQ, "bytes")),
        checksums=_checksums(description),
        endorsement=_endorsement(_one(description, SLREQ, "endorsement")),
        **{field.name: value for field in _FIELDS if (value := _field(description, field)) is not None},
    )
    _check_order(description)
    return metadata


def description_of(root: etree._Element) -> etree._Element:
    """The one `rdf:Description` of a document. Beside it there may be signatures, and nothing else."""
    if root.tag != tag(RDF, "RDF"):
        raise InvalidMetadata(f"the root element is {spoken(root)}, not rdf:RDF")
    if root.get(tag(XML, "base")) != BASE:
        raise InvalidMetadata(f"root element must have xml:base attribute with value {BASE}")
    found = [each for each in elements(root) if each.tag == tag(RDF, "Description")]
    if len(found) != 1:
        raise InvalidMetadata("root element must have exactly 1 rdf:Description element")
    for other in elements(root):
        if other is not found[0] and other.tag != tag(DSIG, "Signature"):
            raise InvalidMetadata(f"root element cannot have a {spoken(other)} element")
    if set(found[0].attrib) - {tag(RDF, "about")}:
        raise InvalidMetadata("rdf:Description cannot have attributes beside rdf:about")
    return found[0]


def written(metadata: Metadata) -> bytes:
    """The unsigned document of an entry.

    Raises:
        UsageError: a text has characters that XML has no place for.
    """
    root = etree.Element(tag(RDF, "RDF"), nsmap=PREFIXES)
    root.set(tag(XML, "base"), BASE)
    try:
        description = etree.SubElement(root, tag(RDF, "Description"))
        description.set(tag(RDF, "about"), f"#{metadata.identifier}")
        _add(description, DCTERMS, "identifier", metadata.identifier)
        _add(description, SLREQ, "bytes", metadata.size_bytes)
        for algorithm, value in metadata.checksums.items():
            checksum = etree.SubElement(description, tag(SLREQ, "checksum"), _RESOURCE)
            _add(checksum, SLREQ, "algorithm", algorithm)
            _add(checksum, SLREQ, "value", value)
        endorsement = etree.SubElement(description, tag(SLREQ, "endorsement"), _RESOURCE)
        if metadata.endorsement is not None:
            fill_endorsement(endorsement, metadata.endorsement)
        for field in _FIELDS:
            value = getattr(metadata, field.name)
            for each in value if field.many else (value,):
                if each not in ("", None) or field.always or (field.name == "deprecated" and each == ""):
                    _add(description, field.namespace, field.element, each)
    except ValueError as error:
        raise UsageError(
            "a text has characters that XML has no place for", hint="remove control characters from it"
        ) from error
    etree.indent(root)
    return serialised(root)


def fill_endorsement(element: etree._Element, endorsement: Endorsement) -> None:
    """Replace the content of an `slreq:endorsement`."""
    for child in list(element):
        element.remove(child)
    element.text = None
    _add(element, DCTERMS, "created", endorsement.created)
    endorser = etree.SubElement(element, tag(SLREQ, "endorser"), _RESOURCE)
    _add(endorser, SLREQ, "email", endorsement.email)
    _add(endorser, SLREQ, "subject", endorsement.subject)
    for issuer in endorsement.issuers:
        _add(endorser, SLREQ, "issuer", issuer)


def moment(text: str, what: str) -> datetime:
    """A time as documents write it: `2013-05-01T12:00:00Z`, always UTC.

    Raises:
        InvalidMetadata: it is none; `what` is the element's name.
    """
    if _DATE.fullmatch(text) is not None:
        try:
            return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        except ValueError as error:
            raise InvalidMetadata(f"{what} value ({text}) is not a valid date") from error
    raise InvalidMetadata(f"{what} value ({text}) is not a valid date", hint="write 2013-05-01T12:00:00Z")


def moment_text(when: datetime) -> str:
    """A time as documents write it, in whole seconds."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")


def _add(parent: etree._Element, namespace: str, name: str, value: Any) -> None:
    child = etree.SubElement(parent, tag(namespace, name))
    text = moment_text(value) if isinstance(value, datetime) else "" if value is None else str(value)
    child.text = text or None


def _all(parent: etree._Element, namespace: str, name: str) -> list[etree._Element]:
    return list(parent.iterchildren(tag(namespace, name)))


def _one(parent: etree._Element, namespace: str, name: str) -> etree._Element:
    found = _all(parent, namespace, name)
    if len(found) != 1:
        what = spoken(etree.Element(tag(namespace, name)))
        holder = "description" if parent.tag == tag(RDF, "Description") else spoken(parent)
        raise InvalidMetadata(f"{holder} must have exactly 1 {what} element")
    return found[0]


def _field(description: etree._Element, field: _Field) -> Any:
    found = _all(description, field.namespace, field.element)
    what = spoken(etree.Element(tag(field.namespace, field.element)))
    if field.many:
        return tuple(_value(each, field) for each in found)
    if field.name == "type" and len(found) != 1:
        raise InvalidMetadata(f"description must have exactly 1 {what} element")
    if len(found) > 1:
        raise InvalidMetadata(f"description must have at most 1 {what} element")
    return _value(found[0], field) if found else None


def _value(element: etree._Element, field: _Field) -> Any:
    if field.name in _NUMBERS:
        return _number(element)
    if field.name in _MOMENTS:
        return moment(text_of(element), spoken(element))
    return text_of(element)


def _number(element: etree._Element) -> int:
    text = text_of(element)
    if _NUMBER.fullmatch(text) is None:
        raise InvalidMetadata(f"{spoken(element)} value ({text[:40]}) is not a number")
    return int(text)


def _check_order(description: etree._Element) -> None:
    """Identifier, bytes, checksums and endorsement come first, in this order."""
    rank = {tag(DCTERMS, "identifier"): 0, tag(SLREQ, "bytes"): 1, tag(SLREQ, "checksum"): 2,
            tag(SLREQ, "endorsement"): 3}  # fmt: skip
    last = 0
    for each in elements(description):
        at = rank.get(str(each.tag), 4)
        if at < last:
            raise InvalidMetadata(f"{spoken(each)} must come earlier in the description")
        if at == 4 and etree.QName(each).namespace == SLREQ:
            raise InvalidMetadata(f"description cannot have a {spoken(each)} element")
        last = at


def _resource(element: etree._Element) -> etree._Element:
    if element.get(tag(RDF, "parseType")) != "Resource":
        raise InvalidMetadata(f'{spoken(element)} must have the attribute rdf:parseType="Resource"')
    return element


def _checksums(description: etree._Element) -> dict[Digest, str]:
    checksums: dict[Digest, str] = {}
    for each in _all(description, SLREQ, "checksum"):
        name = text_of(_one(_resource(each), SLREQ, "algorithm"))
        if name not in list(Digest):
            raise InvalidMetadata(f"slreq:algorithm value ({name[:40]}) is not one of {', '.join(Digest)}")
        if name in checksums and name != Digest.SHA1:
            raise InvalidMetadata(f"description must have at most 1 slreq:checksum element using {name}")
        if name in checksums:
            raise _sha1_wanted()
        checksums[Digest(name)] = text_of(_one(each, SLREQ, "value")).lower()
    if Digest.SHA1 not in checksums:
        raise _sha1_wanted()
    return checksums


def _sha1_wanted() -> InvalidMetadata:
    return InvalidMetadata("description must have exactly 1 slterms:checksum element using SHA-1 algorithm")


def _endorsement(element: etree._Element) -> Endorsement | None:
    """None for one that waits for a signature: without content, or with nothing but empty elements."""
    if not element.xpath("normalize-space(.)"):
        return None
    endorser = _resource(_one(_resource(element), SLREQ, "endorser"))
    issuers = _all(endorser, SLREQ, "issuer")
    if not issuers:
        raise InvalidMetadata("slreq:endorser must have at least 1 slreq:issuer element")
    return Endorsement(
        created=moment(text_of(_one(element, DCTERMS, "created")), "dcterms:created"),
        email=text_of(_one(endorser, SLREQ, "email")),
        subject=text_of(_one(endorser, SLREQ, "subject")),
        issuers=tuple(text_of(each) for each in issuers),
    )
