"""Certificates: made as endorsers need them, loaded from every usual form, named as Java names them."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12

from slshell.metadata import algorithms, certificates, signature
from slshell.metadata.certificates import Signer, WrongPassword
from slshell.metadata.document import written
from slshell.metadata.xml import InvalidMetadata
from slshell.model.errors import UsageError
from tests.unit.metadata.samples import FULL, NOW, bare_signer, golden, resigned

SECRET = "päss wörd".encode()


def same(one: Signer, other: Signer) -> bool:
    return (
        certificates.fingerprint(one.certificate) == certificates.fingerprint(other.certificate)
        and one.key.private_numbers() == other.key.private_numbers()
    )


def test_a_certificate_is_for_signing_by_one_address(rsa_signer: Signer) -> None:
    made = rsa_signer.certificate
    assert certificates.emails(made) == ["ann@example.org"]
    assert made.subject == made.issuer
    assert (made.not_valid_before_utc, made.not_valid_after_utc) == (NOW, NOW + timedelta(days=30))
    assert made.extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature
    assert not made.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    made.verify_directly_issued_by(made)


@pytest.mark.parametrize(
    ("email", "name", "days", "message"),
    [
        ("nobody", "", 1, "“nobody” is not an e-mail address"),
        ("a@b.c", "x" * 65, 1, "the name has 1 to 64 characters"),
        ("a@b.c", "", 0, "valid for 1 to 36500 days"),
        ("a@b.c", "", 36501, "valid for 1 to 36500 days"),
    ],
)
def test_what_no_certificate_can_say_is_refused(email: str, name: str, days: int, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        certificates.make(email=email, name=name, kind="ec", days=days, now=NOW)


@pytest.mark.parametrize("password", [None, SECRET])
def test_a_pair_survives_being_written_and_loaded(password: bytes | None, ec_signer: Signer) -> None:
    pem = certificates.certificate_pem(ec_signer)
    key = certificates.key_pem(ec_signer, password)
    assert (b"ENCRYPTED" in key) is (password is not None)
    assert same(certificates.load_pem(pem, key, password), ec_signer)
    assert same(certificates.load_p12(certificates.p12(ec_signer, password), password), ec_signer)


def test_a_password_that_is_not_needed_does_no_harm(ec_signer: Signer) -> None:
    pem, key = certificates.certificate_pem(ec_signer), certificates.key_pem(ec_signer, None)
    assert same(certificates.load_pem(pem, key, SECRET), ec_signer)


@pytest.mark.parametrize("password", [None, b"other", b""])
def test_a_wrong_password_is_told_from_a_broken_file(password: bytes | None, ec_signer: Signer) -> None:
    pem, key = certificates.certificate_pem(ec_signer), certificates.key_pem(ec_signer, SECRET)
    with pytest.raises(WrongPassword):
        certificates.load_pem(pem, key, password)
    with pytest.raises(WrongPassword):
        certificates.load_p12(certificates.p12(ec_signer, SECRET), password)


def test_what_is_no_pair_is_refused(ec_signer: Signer, rsa_signer: Signer) -> None:
    pem, key = certificates.certificate_pem(ec_signer), certificates.key_pem(ec_signer, None)
    other = certificates.key_pem(rsa_signer, None)
    for certificate, private, message in (
        (key, key, "the certificate is not in PEM form"),
        (pem, pem, "the key is not in PEM form"),
        (pem, other, "not the one of this certificate"),
        (pem, edwards(), "neither RSA nor elliptic"),
    ):
        with pytest.raises(UsageError, match=message):
            certificates.load_pem(certificate, private, None)
    with pytest.raises(UsageError, match="not a PKCS#12 file"):
        certificates.load_p12(pem, None)


def edwards() -> bytes:
    key = ed25519.Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("CN=A,O=B,C=FR", "CN=A,O=B,C=FR"),
        ("CN=A+OU=B,DC=org", "CN=A+OU=B,DC=org"),
        (r"CN=\ a\, \"b\"\+\<c\>\;\\\ ,UID=7", r"CN=\ a\, \"b\"\+\<c\>\;\\\ ,UID=7"),
        (r"CN=\#1", r"CN=\#1"),
        ("CN=née", "CN=née"),
        ("2.5.4.12=Dr", "2.5.4.12=#0c024472"),
        (f"2.5.4.12={'x' * 200}", "2.5.4.12=#0c81c8" + "78" * 200),
    ],
)
def test_names_are_written_by_rfc_2253(name: str, text: str) -> None:
    assert certificates.rfc2253(x509.Name.from_rfc4514_string(name)) == text


def test_a_short_rsa_key_signs_only_when_the_old_form_is_asked_for() -> None:
    signer = bare_signer("CN=Old", bits=1024)
    with pytest.raises(UsageError, match="only 1024 bits"):
        signature.sign(written(FULL), signer, now=NOW, email="a@b.c")
    data = signature.sign(written(FULL), signer, now=NOW, email="a@b.c", legacy=True)
    assert signature.verify(data).weak


def test_a_signature_of_the_wrong_length_is_refused(ec_signer: Signer) -> None:
    good = algorithms.sign(ec_signer.key, algorithms.ECDSA_SHA256, b"data")
    public = ec_signer.certificate.public_key()
    algorithms.verify(public, algorithms.ECDSA_SHA256, good, b"data")
    longer = good[:32] + b"\0" + good[32:]
    for bad in (good[:-1], good + b"\0", longer, b"", good[::-1]):
        with pytest.raises(InvalidMetadata):
            algorithms.verify(public, algorithms.ECDSA_SHA256, bad, b"data")


def test_a_signer_with_a_tiny_rsa_key_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(algorithms, "SMALLEST_RSA", 4096)
    with pytest.raises(InvalidMetadata, match="the signer's RSA key has only 2048 bits"):
        signature.verify(golden("signed-modern.xml"))


def test_what_this_system_cannot_compute_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(algorithms._RSA, algorithms.RSA_SHA256, hashes.BLAKE2b(64))
    with pytest.raises(InvalidMetadata, match="the signature cannot be checked: "):
        signature.verify(golden("signed-modern.xml"))


def test_a_p12_file_without_a_key_is_refused(ec_signer: Signer) -> None:
    data = pkcs12.serialize_key_and_certificates(b"a", None, ec_signer.certificate, None, NoEncryption())
    with pytest.raises(UsageError, match="holds no pair"):
        certificates.load_p12(data, None)


def test_a_p12_file_in_a_form_that_is_gone_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object) -> None:
        raise UnsupportedAlgorithm("DES")

    monkeypatch.setattr(pkcs12, "load_key_and_certificates", gone)
    with pytest.raises(UsageError, match="no longer read: DES"):
        certificates.load_p12(b"", None)


def test_addresses_that_cannot_be_read_are_refused() -> None:
    broken = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.17"), b"rubbish")
    signer = bare_signer("CN=A", extension=broken)
    with pytest.raises(UsageError, match="has an extension that cannot be read"):
        certificates.emails(signer.certificate)
    with pytest.raises(UsageError, match="has an extension that cannot be read"):
        signature.sign(written(FULL), signer, now=NOW, email="a@b.c")
    with pytest.raises(InvalidMetadata, match="has an extension that cannot be read"):
        signature.verify(resigned(golden("signed-modern.xml"), signer))


def test_a_key_that_cannot_be_used_is_told(rsa_signer: Signer) -> None:
    """A certificate whose public key is of a kind that nobody knows: its OID is changed."""
    der = rsa_signer.certificate.public_bytes(Encoding.DER)
    rsa_oid = bytes.fromhex("06092a864886f70d010101")
    assert rsa_oid in der
    strange = x509.load_der_x509_certificate(der.replace(rsa_oid, rsa_oid[:-1] + b"\x63"))
    pem = strange.public_bytes(Encoding.PEM)
    with pytest.raises(UsageError, match="has a key that cannot be used"):
        certificates.load_pem(pem, certificates.key_pem(rsa_signer, None), None)
    text = golden("signed-modern.xml").decode()
    begin, end = "<X509Certificate>", "</X509Certificate>"
    old = text.partition(begin)[2].partition(end)[0]
    new = base64.b64encode(strange.public_bytes(Encoding.DER)).decode()
    with pytest.raises(InvalidMetadata, match="certificate has no usable key"):
        signature.verify(text.replace(old, new).encode())
