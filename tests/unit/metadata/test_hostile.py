"""Documents made to harm: each is refused at once, in words, and nothing of it is fetched or expanded."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from slshell.metadata import signature
from slshell.metadata.document import read
from slshell.metadata.xml import LARGEST_BYTES, InvalidMetadata
from tests.unit.metadata.samples import changed, golden

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 30))
DOCUMENT_TYPES = {
    "billion laughs": f'<!DOCTYPE a [<!ENTITY l0 "lol">{LAUGHS}]>',
    "an external entity": '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    "a parameter entity": '<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1:9/evil.dtd"> %x;]>',
    "an external subset": '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/evil.dtd">',
    "a default attribute": "<!DOCTYPE a [<!ATTLIST a b CDATA 'c'>]>",
}
READERS: tuple[Callable[[bytes], object], ...] = (read, signature.verify, signature.has_signature)


@pytest.mark.parametrize("kind", DOCUMENT_TYPES)
@pytest.mark.parametrize("reader", READERS)
def test_a_document_type_is_refused(kind: str, reader: Callable[[bytes], object]) -> None:
    text = changed(golden("signed-modern.xml"), "<rdf:RDF", DOCUMENT_TYPES[kind] + "<rdf:RDF")
    text = changed(text, ">ttylinux<", ">&x;<")
    with pytest.raises(InvalidMetadata, match="no document type and no entities"):
        reader(text)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-7", "cp037"])
def test_another_encoding_cannot_hide_a_document_type(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'
    with pytest.raises(InvalidMetadata):
        read(text.encode(encoding))


def test_the_declared_encoding_is_not_believed() -> None:
    text = changed(golden("unsigned.xml"), 'encoding="UTF-8"', 'encoding="ISO-8859-1"')
    assert read(text).description == "A tiny Linux – für Prüfungen <small>"


def test_bytes_that_are_not_utf_8_are_refused() -> None:
    with pytest.raises(InvalidMetadata, match="not in UTF-8"):
        read(golden("unsigned.xml").replace("ü".encode(), b"\xfc"))


def test_a_huge_document_is_refused_unread() -> None:
    with pytest.raises(InvalidMetadata, match="larger than 1024 KiB"):
        read(b"<a>" + b"x" * LARGEST_BYTES)


def test_a_deep_document_is_refused() -> None:
    with pytest.raises(InvalidMetadata, match="this is not XML"):
        read(b"<a>" * 5000 + b"</a>" * 5000)


SPACES = " ".join(f'xmlns:n{number}="u:{number}"' for number in range(65))
ATTRIBUTES = " ".join(f'a{number}=""' for number in range(65))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("<rdf:RDF ", f"<rdf:RDF {SPACES} ", "more than 64 namespaces"),
        ("</rdf:Description>", "<a/>" * 20_000 + "</rdf:Description>", "more than 20000 tags"),
        ("</rdf:Description>", f"<a {ATTRIBUTES}/></rdf:Description>", "more than 64 attributes"),
    ],
)
def test_what_would_make_the_canonical_form_take_for_ever_is_refused(
    old: str, new: str, message: str
) -> None:
    with pytest.raises(InvalidMetadata, match=message):
        signature.verify(changed(golden("signed-modern.xml"), old, new))


def test_a_document_without_a_canonical_form_is_refused() -> None:
    text = changed(golden("signed-modern.xml"), "<rdf:RDF ", '<rdf:RDF xmlns:x="relative" ')
    with pytest.raises(InvalidMetadata, match="no canonical form"):
        signature.verify(text)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<rdf:RDF", '<?xml-stylesheet href="http://127.0.0.1:9/x.xsl"?><rdf:RDF'),
        (">ttylinux<", "><?php evil() ?>ttylinux<"),
        (">ttylinux<", ">&undefined;<"),
    ],
)
def test_instructions_and_references_are_refused(old: str, new: str) -> None:
    with pytest.raises(InvalidMetadata):
        read(changed(golden("unsigned.xml"), old, new))


def test_an_inclusion_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    include = f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" parse="text" href="{secret}"/>'
    with pytest.raises(InvalidMetadata, match="slterms:os cannot have child elements"):
        read(changed(golden("unsigned.xml"), ">ttylinux<", f">{include}<"))


@pytest.mark.parametrize(
    "data",
    [b"", b"\0", b"\xef\xbb\xbf", b"not XML", b"<a/>", b"{}", b"<rdf:RDF/>", b"<!-- -->", b"\xff\xfe<\0a\0"],
)
def test_what_is_no_metadata_at_all_is_refused(data: bytes) -> None:
    for reader in (read, signature.verify):
        with pytest.raises(InvalidMetadata):
            reader(data)


def entry_of(name: str) -> tuple[str, str, str]:
    """A signed golden file as what is before, in and behind its description."""
    found = re.fullmatch("(.*)(<rdf:Description .*</rdf:Description>)(.*)", golden(name).decode(), re.DOTALL)
    assert found
    return found[1], found[2], found[3]


def evil(description: str) -> str:
    return description.replace("ttylinux &amp; tools", "evil")


WRAPPINGS: dict[str, Callable[[str, str, str], str]] = {
    "a second description before": lambda before, entry, rest: before + evil(entry) + entry + rest,
    "a second description behind": lambda before, entry, rest: before + entry + evil(entry) + rest,
    "the original in a wrapper": lambda before, entry, rest: (
        before + evil(entry) + f"<wrap>{entry}</wrap>" + rest
    ),
    "the original in the description": lambda before, entry, rest: (
        before + evil(entry).replace("</rdf:Description>", f"<w>{entry}</w></rdf:Description>") + rest
    ),
    "the original in the signature": lambda before, entry, rest: (
        before + evil(entry) + rest.replace("</Signature>", f"<Object>{entry}</Object></Signature>")
    ),
    "the whole document in another": lambda before, entry, rest: (
        before + evil(entry) + before.partition("?>")[2] + entry + rest + "</rdf:RDF>"
    ),
    "the signed document in an object": lambda before, entry, rest: (
        before
        + evil(entry)
        + rest.replace(
            "</Signature>",
            f"<Object>{before.partition('?>')[2]}{entry}</rdf:RDF></Object></Signature>",
        )
    ),
    "a description behind the signature": lambda before, entry, rest: (
        before + entry + rest.replace("</rdf:RDF>", evil(entry) + "</rdf:RDF>")
    ),
}


@pytest.mark.parametrize("name", ["signed-legacy.xml", "signed-modern.xml"])
@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_a_wrapped_signature_is_refused(wrapping: str, name: str) -> None:
    text = WRAPPINGS[wrapping](*entry_of(name))
    assert "<dcterms:title>evil<" in text
    with pytest.raises(InvalidMetadata):
        signature.verify(text.encode())
