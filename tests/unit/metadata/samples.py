"""Entries and files to test with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from slshell.metadata import signature, xml
from slshell.metadata.certificates import Signer
from slshell.metadata.document import Digest, Metadata

GOLDEN = Path(__file__).with_name("golden")
"""Written by hand after the reference; the signatures in them are xmlsec1's, in the form of Java's tools."""
SIGNED = ("signed-legacy.xml", "signed-modern.xml", "signed-ecdsa.xml")

NOW = datetime.now(UTC).replace(microsecond=0)
"""The tests' own certificates are checked by xmlsec1, which goes by the clock."""
SHA1 = "c319bbd5afc0a22ba3eaed0507c39383ec28eeff"
IDENTIFIER = "MMZu9WvwKIro-rtBQfDk4PsKO7_"

FULL = Metadata(
    identifier=IDENTIFIER,
    size_bytes=5 << 30,
    checksums={
        Digest.MD5: "0" * 32,
        Digest.SHA1: SHA1,
        Digest.SHA256: "ab" * 32,
        Digest.SHA512: "cd" * 64,
    },
    type="grid",
    kind="disk",
    os="Debian <&> \"'",
    os_version="13",
    arch="x86_64",
    version="1.0",
    serial_number=7,
    hypervisor="kvm",
    disks_bus="virtio",
    inbound_ports=(22, 80),
    outbound_ports=(0,),
    icmp=(0, 8, 255),
    locations=("https://example.org/a?b=c&d=e", "pdisk:example.org:8445:0"),
    format="qcow2",
    compression="xz",
    title="Title",
    tags=("stable", "lab"),
    description="Two\n  lines, ünïcode \U0001f600 ]]>",
    creator="Ann",
    publisher="Lab",
    created=NOW - timedelta(days=1),
    valid=NOW + timedelta(days=100),
    is_replaced_by="A" * 27,
    replaces="P" + "_" * 26,
    is_version_of=IDENTIFIER,
)
"""Every field but the endorsement and the deprecation."""


def golden(name: str) -> bytes:
    """A golden file."""
    return (GOLDEN / name).read_bytes()


def changed(data: bytes, old: str, new: str) -> bytes:
    """`data` with the first `old` replaced; it must be there."""
    assert old.encode() in data, old
    return data.replace(old.encode(), new.encode(), 1)


def bare_signer(name: str, *, bits: int = 0, extension: x509.ExtensionType | None = None) -> Signer:
    """A signer whose self-signed certificate has this name (RFC 4514) and at most one extension; with
    `bits` RSA."""
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey = ec.generate_private_key(ec.SECP521R1())
    if bits:
        key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    subject = x509.Name.from_rfc4514_string(name)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=1))
    )
    if extension is not None:
        builder = builder.add_extension(extension, critical=False)
    return Signer(key, builder.sign(key, hashes.SHA256()))


def resigned(data: bytes, signer: Signer) -> bytes:
    """A document signed as it is, without the checks and the endorsement that `sign` sees to."""
    root = xml.parsed(data)
    for old in list(root.iter(xml.tag(xml.DSIG, "Signature"))):
        signature._cut_out(old)
    signature._append_signature(root, signer, False)
    return xml.serialised(root)
