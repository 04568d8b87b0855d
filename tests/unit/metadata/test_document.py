"""Metadata documents: what is read is what was written, in the original's form and words."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from slshell.metadata.document import (
    Digest,
    Endorsement,
    Metadata,
    Status,
    moment,
    moment_text,
    read,
    written,
)
from slshell.metadata.xml import InvalidMetadata
from slshell.model.errors import UsageError
from slshell.model.ids import identifier_of
from tests.unit.metadata.samples import FULL, GOLDEN, SIGNED, changed, golden

ENDORSEMENT = Endorsement(
    created=datetime(2013, 5, 2, 8, 30, tzinfo=UTC),
    email="a@b.c",
    subject="CN=A",
    issuers=("CN=CA", "CN=Root"),
)
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")), max_size=40).map(
    str.strip
)
MOMENT = st.datetimes(timezones=st.just(UTC)).map(lambda when: when.replace(microsecond=0))
ENTRIES = st.builds(
    Metadata,
    identifier=st.binary(min_size=20, max_size=20).map(lambda sha1: identifier_of(sha1.hex())),
    size_bytes=st.integers(1, 1 << 60),
    checksums=st.fixed_dictionaries(
        {Digest.SHA1: st.just("a" * 40)}, optional={Digest.MD5: st.just("b" * 32)}
    ),
    endorsement=st.none() | st.just(ENDORSEMENT),
    type=TEXT, kind=TEXT, os=TEXT, os_version=TEXT, arch=TEXT, version=TEXT, hypervisor=TEXT,
    disks_bus=TEXT, format=TEXT, compression=TEXT, title=TEXT, description=TEXT, creator=TEXT, publisher=TEXT,
    serial_number=st.none() | st.integers(0, 1 << 60),
    inbound_ports=st.lists(st.integers(0, 65535), max_size=3).map(tuple),
    locations=st.lists(TEXT.filter(bool), max_size=3).map(tuple),
    tags=st.lists(TEXT.filter(bool), max_size=3).map(tuple),
    created=st.none() | MOMENT, valid=st.none() | MOMENT, deprecated=st.none() | TEXT,
)  # fmt: skip


def broken(old: str, new: str) -> str:
    """What is said of the unsigned golden file with `old` replaced."""
    with pytest.raises(InvalidMetadata) as failure:
        read(changed(golden("unsigned.xml"), old, new))
    return failure.value.message


def test_the_golden_file_is_read_whole() -> None:
    found = read(golden("unsigned.xml"))
    assert found == Metadata(
        identifier="BtSKdXa2SvHlSVTvgFgivIYDq--",
        size_bytes=100663296,
        checksums={
            Digest.MD5: "0cc175b9c0f1b6a831c399e269772661",
            Digest.SHA1: "1b5229d5dad92bc7952553be01608af2180eafbe",
            Digest.SHA256: "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb",
        },
        type="machine", kind="machine", os="ttylinux", os_version="14.0", arch="x86_64", version="1.3",
        serial_number=0, hypervisor="kvm", disks_bus="virtio", inbound_ports=(22, 443), outbound_ports=(0,),
        icmp=(8,),
        locations=(
            "http://appliances.example.org/images/ttylinux-14.0.img.gz",
            "pdisk:cloud.example.org:8445:5a0b9fbc-1d34-4dc3-9a63-6b0a3a8fa0f9",
        ),
        format="raw", compression="gz", title="ttylinux & tools", tags=("ttylinux-stable",),
        description="A tiny Linux – für Prüfungen <small>", creator="Jane Tester", publisher="StratusLab",
        created=datetime(2013, 5, 1, 12, tzinfo=UTC), valid=datetime(2013, 10, 26, 12, tzinfo=UTC),
    )  # fmt: skip


@pytest.mark.parametrize("name", SIGNED)
def test_a_signed_golden_file_says_the_same_and_who_endorses_it(name: str) -> None:
    found = read(golden(name))
    assert found.endorsement is not None
    assert found.endorsement.created == datetime(2013, 5, 2, 8, 30, tzinfo=UTC)
    assert replace(found, endorsement=None) == read(golden("unsigned.xml"))


def test_every_field_survives_writing_and_reading() -> None:
    entry = replace(FULL, endorsement=ENDORSEMENT, deprecated="too old")
    assert read(written(entry)) == entry


@given(ENTRIES)
def test_any_entry_survives_writing_and_reading(entry: Metadata) -> None:
    assert read(written(entry)) == entry


def test_what_the_old_client_cannot_do_without_is_written_although_empty() -> None:
    text = written(Metadata(identifier="A" * 27, size_bytes=1, checksums={Digest.SHA1: "0" * 40})).decode()
    for element in ("slterms:os", "slterms:os-version", "slterms:os-arch", "slterms:version",
                    "dcterms:compression", "dcterms:description"):  # fmt: skip
        assert f"<{element}/>" in text
    assert "slterms:kind" not in text


def test_a_document_begins_as_the_schema_wants_it() -> None:
    text = written(FULL).decode()
    order = [text.index(f"<{name}") for name in ("dcterms:identifier", "slreq:bytes", "slreq:checksum",
                                                "slreq:endorsement", "dcterms:type")]  # fmt: skip
    assert order == sorted(order)
    assert 'xml:base="http://mp.stratuslab.eu/"' in text


@pytest.mark.parametrize("text", ["a\x00b", "bell\x07", "\ud800"])
def test_text_that_xml_cannot_hold_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="XML has no place for"):
        written(replace(FULL, title=text))


@pytest.mark.parametrize(
    ("element", "count"),
    [
        ("dcterms:identifier", "exactly 1"), ("slreq:bytes", "exactly 1"), ("slreq:endorsement", "exactly 1"),
        ("dcterms:type", "exactly 1"), ("slterms:kind", "at most 1"), ("slterms:os", "at most 1"),
        ("slterms:os-version", "at most 1"), ("slterms:os-arch", "at most 1"),
        ("slterms:version", "at most 1"), ("slterms:serial-number", "at most 1"),
        ("slterms:hypervisor", "at most 1"), ("slterms:disks-bus", "at most 1"),
        ("dcterms:format", "at most 1"), ("dcterms:compression", "at most 1"), ("dcterms:title", "at most 1"),
        ("dcterms:description", "at most 1"), ("dcterms:creator", "at most 1"),
        ("dcterms:publisher", "at most 1"), ("dcterms:created", "at most 1"), ("dcterms:valid", "at most 1"),
    ],
)  # fmt: skip
def test_an_element_that_comes_twice_is_refused(element: str, count: str) -> None:
    text = golden("unsigned.xml").decode()
    start = text.index(f"<{element}")
    end = text.index(f"</{element}>") + len(f"</{element}>")
    with pytest.raises(InvalidMetadata) as failure:
        read((text[:end] + text[start:end] + text[end:]).encode())
    assert failure.value.message == f"description must have {count} {element} element"


@pytest.mark.parametrize(
    "element", ["dcterms:identifier", "slreq:bytes", "slreq:endorsement", "dcterms:type"]
)
def test_an_element_in_another_namespace_is_not_that_element(element: str) -> None:
    text = golden("unsigned.xml").decode()
    prefix, _, name = element.partition(":")
    text = text.replace(f"<{element}", f'<x:{name} xmlns:x="http://evil.example.org/{prefix}#"')
    text = text.replace(f"</{element}>", f"</x:{name}>")
    with pytest.raises(InvalidMetadata) as failure:
        read(text.encode())
    assert failure.value.message == f"description must have exactly 1 {element} element"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('xml:base="http://mp.stratuslab.eu/"', "",
         "root element must have xml:base attribute with value http://mp.stratuslab.eu/"),
        ('xml:base="http://mp.stratuslab.eu/"', 'xml:base="http://mp.example.org/"',
         "root element must have xml:base attribute with value http://mp.stratuslab.eu/"),
        ('rdf:about="#BtSK', 'rdf:about="#CtSK',
         "rdf:about attribute (#CtSKdXa2SvHlSVTvgFgivIYDq--) and dcterms:identifier "
         "(BtSKdXa2SvHlSVTvgFgivIYDq--) are not consistent"),
        ('rdf:about="', 'rdf:nodeID="n" rdf:about="',
         "rdf:Description cannot have attributes beside rdf:about"),
        ("<dcterms:type>machine</dcterms:type>", "<dcterms:type><a/></dcterms:type>",
         "dcterms:type cannot have child elements"),
        (">SHA-1<", ">SHA-3<", "slreq:algorithm value (SHA-3) is not one of MD5, SHA-1, SHA-256, SHA-512"),
        (">MD5<", ">SHA-1<",
         "description must have exactly 1 slterms:checksum element using SHA-1 algorithm"),
        (">SHA-1<", ">SHA-512<",
         "description must have exactly 1 slterms:checksum element using SHA-1 algorithm"),
        (">MD5<", ">SHA-256<", "description must have at most 1 slreq:checksum element using SHA-256"),
        ("2013-10-26T12:00:00Z", "tomorrow", "dcterms:valid value (tomorrow) is not a valid date"),
        ("2013-10-26T12:00:00Z", "2013-13-26T12:00:00Z",
         "dcterms:valid value (2013-13-26T12:00:00Z) is not a valid date"),
        ("2013-05-01T12:00:00Z", "2013-05-01T12:00:00+01:00",
         "dcterms:created value (2013-05-01T12:00:00+01:00) is not a valid date"),
        (">100663296<", ">-1<", "slreq:bytes value (-1) is not a number"),
        (">100663296<", ">1e9<", "slreq:bytes value (1e9) is not a number"),
        (">100663296<", ">" + "9" * 5000 + "<",
         "slreq:bytes value (" + "9" * 40 + ") is not a number"),
        ("<slterms:icmp>8", "<slterms:icmp>\u0668", "slterms:icmp value (\u0668) is not a number"),
        ('<slreq:checksum rdf:parseType="Resource">', "<slreq:checksum>",
         'slreq:checksum must have the attribute rdf:parseType="Resource"'),
        ("</rdf:Description>", "<slreq:more/></rdf:Description>",
         "description cannot have a slreq:more element"),
        ("</rdf:Description>", "</rdf:Description><other/>", "root element cannot have a other element"),
        ("<rdf:RDF ", "<rdf:Rdf ", "this is not XML: "),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_the_words_of_the_original(old: str, new: str, message: str) -> None:
    assert broken(old, new).startswith(message)


@pytest.mark.parametrize(("root", "said"), [("rdf:Rdf", "rdf:Rdf"), ("metadata", "metadata")])
def test_another_root_element_is_refused(root: str, said: str) -> None:
    text = golden("unsigned.xml").replace(b"rdf:RDF", root.encode())
    with pytest.raises(InvalidMetadata, match=f"the root element is {said}, not rdf:RDF"):
        read(text)


def test_there_is_one_description() -> None:
    text = golden("unsigned.xml").decode()
    entry = re.findall("<rdf:Description .*</rdf:Description>", text, re.DOTALL)[0]
    for other in ("", entry * 2):
        with pytest.raises(InvalidMetadata, match="must have exactly 1 rdf:Description element"):
            read(text.replace(entry, other).encode())


def test_the_first_four_elements_have_their_order() -> None:
    text = golden("unsigned.xml").decode()
    size = "<slreq:bytes>100663296</slreq:bytes>"
    moved = text.replace(size, "").replace("<dcterms:type>", size + "<dcterms:type>")
    with pytest.raises(InvalidMetadata, match="slreq:bytes must come earlier in the description"):
        read(moved.encode())


def test_elements_of_other_vocabularies_are_passed_over() -> None:
    more = '<bio:tool xmlns:bio="http://example.org/bio#"><bio:name>blast</bio:name></bio:tool></rdf:Description>'
    assert read(changed(golden("unsigned.xml"), "</rdf:Description>", more)) == read(golden("unsigned.xml"))


def test_a_comment_neither_ends_nor_changes_a_text() -> None:
    text = changed(golden("unsigned.xml"), ">ttylinux<", "><!-- no -->tty<!-- -->linux<!-- > --><")
    assert read(text) == read(golden("unsigned.xml"))


@pytest.mark.parametrize(
    "content",
    [
        "",
        " ",
        "<!-- later -->",
        '<dcterms:created/><slreq:endorser rdf:parseType="Resource"><slreq:email/></slreq:endorser>',
    ],
)
def test_an_endorsement_that_waits_for_its_signature_is_none(content: str) -> None:
    text = changed(golden("unsigned.xml"), "></slreq:endorsement>", f">{content}</slreq:endorsement>")
    assert read(text).endorsement is None


@pytest.mark.parametrize(
    ("old", "message"),
    [
        ("<dcterms:created>2013-05-02T08:30:00Z</dcterms:created>",
         "slreq:endorsement must have exactly 1 dcterms:created element"),
        ("<slreq:email>images@example.org</slreq:email>",
         "slreq:endorser must have exactly 1 slreq:email element"),
        ("<slreq:subject>CN=Images,DC=example,DC=org</slreq:subject>",
         "slreq:endorser must have exactly 1 slreq:subject element"),
        ("<slreq:issuer>CN=Images,DC=example,DC=org</slreq:issuer>",
         "slreq:endorser must have at least 1 slreq:issuer element"),
    ],
)  # fmt: skip
def test_an_endorsement_is_whole(old: str, message: str) -> None:
    with pytest.raises(InvalidMetadata) as failure:
        read(changed(golden("signed-modern.xml"), old, ""))
    assert failure.value.message == message


@pytest.mark.parametrize(
    ("deprecated", "days", "status"),
    [
        (None, 1, Status.VALID), (None, 0, Status.EXPIRED), (None, -1, Status.EXPIRED),
        ("old", 1, Status.DEPRECATED), ("", -1, Status.DEPRECATED),
    ],
)  # fmt: skip
def test_time_and_its_endorser_decide_what_becomes_of_an_entry(
    deprecated: str | None, days: int, status: Status
) -> None:
    valid = datetime(2020, 1, 10 + days, tzinfo=UTC)
    entry = replace(FULL, valid=valid, deprecated=deprecated)
    assert entry.status(datetime(2020, 1, 10, tzinfo=UTC)) is status
    assert replace(entry, deprecated=None, valid=None).status(valid) is Status.VALID


@given(MOMENT)
def test_any_time_survives(when: datetime) -> None:
    assert moment(moment_text(when), "x") == when


def test_the_golden_files_are_those_that_are_tested() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == {"unsigned.xml", *SIGNED}
