"""Metadata as XML: its names, and a reader that trusts no byte of what it is given."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from lxml import etree

from slshell.model.errors import UsageError

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
DCTERMS = "http://purl.org/dc/terms/"
SLREQ = "http://mp.stratuslab.eu/slreq#"
SLTERMS = "http://mp.stratuslab.eu/slterms#"
DSIG = "http://www.w3.org/2000/09/xmldsig#"
XML = "http://www.w3.org/XML/1998/namespace"

BASE = "http://mp.stratuslab.eu/"
"""What `xml:base` of every document must be."""
PREFIXES = {"rdf": RDF, "dcterms": DCTERMS, "slreq": SLREQ, "slterms": SLTERMS}

LARGEST_BYTES = 1 << 20
"""Real documents have about 8 KiB; this leaves room for embedded extras."""
_TAGS, _DECLARATIONS, _ATTRIBUTES = 20_000, 64, 64
"""Tags and namespace declarations of a document, attributes of an element. The time that canonical form takes
grows with tags times namespaces in scope, and with the square of an element's attributes."""
_PREFIX_OF = {namespace: prefix for prefix, namespace in PREFIXES.items()} | {DSIG: "ds"}


class InvalidMetadata(UsageError):
    """A document that is no metadata, or whose statements or signature do not hold."""


def tag(namespace: str, name: str) -> str:
    """The name of an element as lxml writes it."""
    return f"{{{namespace}}}{name}"


def spoken(element: etree._Element) -> str:
    """The name of an element as messages write it: `dcterms:type`."""
    name = etree.QName(element)
    prefix = _PREFIX_OF.get(name.namespace or "")
    return f"{prefix}:{name.localname}" if prefix else name.localname


def parsed(data: bytes) -> etree._Element:
    """The root element of a document; comments are kept.

    No document type, entity, processing instruction or other file is ever looked at: a document that has
    one is refused before it is parsed, or when it is met.

    Raises:
        InvalidMetadata: it is too large, not UTF-8, not XML, or uses what metadata never does.
    """
    if len(data) > LARGEST_BYTES:
        raise InvalidMetadata(
            f"the metadata is larger than {LARGEST_BYTES >> 10} KiB", hint="is this the right file?"
        )
    _check_bytes(data)
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise InvalidMetadata(f"this is not XML: {error}", hint="is this the right file?") from error
    if any(len(each.attrib) > _ATTRIBUTES for each in root.iter(etree.Element)):
        raise InvalidMetadata(f"an element of the metadata has more than {_ATTRIBUTES} attributes")
    outside = (root.itersiblings(etree.PI), root.itersiblings(etree.PI, preceding=True))
    for node in chain(root.iter(etree.PI, etree.Entity), *outside):
        raise InvalidMetadata(f"line {node.sourceline}: metadata has no processing instructions or entities")
    return root


def elements(parent: etree._Element) -> Iterator[etree._Element]:
    """The child elements, without comments."""
    return (child for child in parent if isinstance(child.tag, str))


def text_of(element: etree._Element) -> str:
    """The text of an element that has only text, without surrounding white space.

    A comment does not end the text: readers and signatures see what stands before and behind it as one.

    Raises:
        InvalidMetadata: it has child elements.
    """
    for _ in elements(element):
        raise InvalidMetadata(f"{spoken(element)} cannot have child elements")
    return "".join([element.text or "", *(child.tail or "" for child in element)]).strip()


def canonical(root: etree._Element) -> bytes:
    """The inclusive canonical form (C14N 1.0, without comments) of a whole document.

    Raises:
        InvalidMetadata: it has none, as where the name of a namespace is a relative address.
    """
    try:
        return bytes(etree.tostring(root.getroottree(), method="c14n", with_comments=False))
    except etree.C14NError as error:
        raise InvalidMetadata(
            "the metadata has no canonical form", hint="the names of its namespaces must be whole addresses"
        ) from error


def serialised(root: etree._Element) -> bytes:
    """A document as it is written to a file."""
    text = etree.tostring(root.getroottree(), xml_declaration=True, encoding="UTF-8")
    return bytes(text) + b"\n"


def _check_bytes(data: bytes) -> None:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidMetadata("the metadata is not in UTF-8", hint="is this the right file?") from error
    # Without a document type there can be no entity, and in UTF-8 it is written in one way only.
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise InvalidMetadata("metadata has no document type and no entities", hint="remove the <!DOCTYPE …>")
    if data.count(b"<") > _TAGS:
        raise InvalidMetadata(f"the metadata has more than {_TAGS} tags")
    if data.count(b"xmlns") > _DECLARATIONS:
        raise InvalidMetadata(f"the metadata declares more than {_DECLARATIONS} namespaces")
