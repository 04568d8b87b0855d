"""The constraints of an entry, each with an entry that breaks it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from slshell.metadata.checks import check, is_email, problems
from slshell.metadata.document import Digest, Endorsement
from slshell.metadata.xml import InvalidMetadata
from tests.unit.metadata.samples import FULL, IDENTIFIER, SHA1

VECTORS = [
    (SHA1, IDENTIFIER),
    ("1104f3e30c030f8b93f220b04131032dddf51f21", "BEE8-MMAw-Lk_IgsEExAy3d9R8h"),
    ("da39a3ee5e6b4b0d3255bfef95601890afd80709", "No5o-5ea0sNMlW_75VgGJCv2AcJ"),
    ("0" * 40, "A" * 27),
    ("f" * 40, "P" + "_" * 26),
    ("1b5229d5dad92bc7952553be01608af2180eafbe", "BtSKdXa2SvHlSVTvgFgivIYDq--"),
    ("63c0510164a233f974c40935d278a83ffada60a8", "GPAUQFkojP5dMQJNdJ4qD_62mCo"),
]


def with_sha1(identifier: str, sha1: str) -> list[str]:
    return problems(replace(FULL, identifier=identifier, checksums={Digest.SHA1: sha1}))


@pytest.mark.parametrize(("sha1", "identifier"), VECTORS)
def test_an_identifier_and_its_own_sha1_agree(sha1: str, identifier: str) -> None:
    assert with_sha1(identifier, sha1) == []


@pytest.mark.parametrize(("sha1", "identifier"), VECTORS)
def test_an_identifier_and_another_sha1_do_not(sha1: str, identifier: str) -> None:
    other = f"{int(sha1, 16) ^ 1:040x}"
    assert with_sha1(identifier, other) == [
        f"checksum from identifier ({sha1}) and SHA-1 checksum ({other}) are not consistent"
    ]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"identifier": "Q" + "A" * 26},
         f"dcterms:identifier value (Q{'A' * 26}) is not an image identifier"),
        ({"identifier": ""}, "dcterms:identifier value () is not an image identifier"),
        ({"size_bytes": 0}, "slreq:bytes value (0) is not the size of an image"),
        ({"size_bytes": 1 << 63}, f"slreq:bytes value ({1 << 63}) is not the size of an image"),
        ({"checksums": {Digest.SHA1: SHA1, Digest.MD5: ""}}, "the MD5 checksum () is not 32 hex digits"),
        ({"checksums": {Digest.SHA1: SHA1, Digest.SHA256: "g" * 64}},
         f"the SHA-256 checksum ({'g' * 64}) is not 64 hex digits"),
        ({"checksums": {Digest.SHA1: SHA1, Digest.SHA512: "0" * 127}},
         f"the SHA-512 checksum ({'0' * 127}) is not 128 hex digits"),
        ({"kind": "toaster"}, "slterms:kind value (toaster) is not one of machine, disk"),
        ({"disks_bus": "usb"}, "slterms:disks-bus value (usb) is not one of ide, scsi, virtio"),
        ({"format": "raw,file=/etc/shadow"}, "dcterms:format value (raw,file=/etc/shadow) is not one word"),
        ({"compression": "../gz"}, "dcterms:compression value (../gz) is not one word"),
        ({"hypervisor": "k v m"}, "slterms:hypervisor value (k v m) is not one word"),
        ({"replaces": "x"}, "dcterms:replaces value (x) is not an image identifier"),
        ({"inbound_ports": (65536,)}, "slterms:inbound-port value (65536) is not in 0 to 65535"),
        ({"outbound_ports": (22, 99999)}, "slterms:outbound-port value (99999) is not in 0 to 65535"),
        ({"icmp": (256,)}, "slterms:icmp value (256) is not in 0 to 255"),
        ({"serial_number": -1}, "slterms:serial-number value (-1) is negative"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_named(change: dict[str, Any], problem: str) -> None:
    assert problems(replace(FULL, **change)) == [problem]


@pytest.mark.parametrize(
    "address",
    ["file:///etc/passwd", "/etc/passwd", "http:", "http://a b/", "javascript:alert(1)", "http://a/\nHost: b",
     "http://[::1", ""],
)  # fmt: skip
def test_a_location_is_an_address_that_can_be_fetched(address: str) -> None:
    assert problems(replace(FULL, locations=(address,))) == [
        f"slterms:location value ({address}) is not an address with one of the schemes "
        "http, https, ftp, pdisk"
    ]


@pytest.mark.parametrize(
    ("email", "subject", "problem"),
    [
        ("nobody", "CN=A", "slreq:email value (nobody) is not an e-mail address"),
        ("a@b.c\n", "CN=A", "slreq:email value (a@b.c\n) is not an e-mail address"),
        ("a@b.c", "", "slreq:subject is empty"),
    ],
)
def test_an_endorser_is_somebody(email: str, subject: str, problem: str) -> None:
    who = Endorsement(
        created=datetime(2020, 1, 1, tzinfo=UTC), email=email, subject=subject, issuers=("CN=A",)
    )
    assert problems(replace(FULL, endorsement=who)) == [problem]


def test_an_entry_that_holds_has_no_problems() -> None:
    assert problems(FULL) == []
    check(FULL)


def test_all_problems_are_told_and_the_first_is_the_message() -> None:
    with pytest.raises(InvalidMetadata) as failure:
        check(replace(FULL, kind="x", size_bytes=0))
    assert failure.value.message == "slreq:bytes value (0) is not the size of an image"
    assert len(failure.value.details["problems"]) == 2


@pytest.mark.parametrize(
    ("text", "good"),
    [("a@b", True), ("a.b+c_d%e-f@x-y.example.org", True), ("@b", False), ("a@", False), ("a@b@c", False),
     ("ä@b.c", False), ("a b@c", False)],
)  # fmt: skip
def test_addresses_are_those_that_the_marketplace_takes(text: str, good: bool) -> None:
    assert is_email(text) is good
