"""Certificates and keys of endorsers: making, loading, and naming them as metadata does."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509.oid import NameOID

from slshell.metadata.algorithms import PrivateKey
from slshell.metadata.checks import is_email
from slshell.model.errors import UsageError

RSA_BITS = 3072
DAYS = 365
_KEYWORDS = {
    "2.5.4.3": "CN", "2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.6": "C",
    "2.5.4.9": "STREET", "0.9.2342.19200300.100.1.25": "DC", "0.9.2342.19200300.100.1.1": "UID",
}  # fmt: skip
"""The attributes that RFC 2253 has words for; all others are written as numbers."""


class WrongPassword(UsageError):
    """The key is protected by another password, or by one where none was given."""


@dataclass(frozen=True)
class Signer:
    """A key and the certificate of its public half."""

    key: PrivateKey
    certificate: x509.Certificate


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of a certificate, 64 lower-case hex digits."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def emails(certificate: x509.Certificate) -> list[str]:
    """The e-mail addresses (rfc822Name) that a certificate is for."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    except ValueError as error:
        raise UsageError(f"the certificate has an extension that cannot be read: {error}") from error
    return names.get_values_for_type(x509.RFC822Name)


def rfc2253(name: x509.Name) -> str:
    """A distinguished name as Java writes it by RFC 2253: last part first, unknown attributes in hex."""
    parts = []
    for relative in reversed(list(name.rdns)):
        parts.append("+".join(_attribute(each) for each in relative))
    return ",".join(parts)


def load_pem(certificate: bytes, key: bytes, password: bytes | None) -> Signer:
    """A signer from PEM files.

    Raises:
        WrongPassword: the key needs one, or another one. UsageError: the files are none, or no pair.
    """
    try:
        found = x509.load_pem_x509_certificate(certificate)
    except ValueError as error:
        raise UsageError(
            "the certificate is not in PEM form", hint="it begins with BEGIN CERTIFICATE"
        ) from error
    try:
        private = load_pem_private_key(key, password)
    except TypeError as error:
        if password is not None:
            return load_pem(certificate, key, None)
        raise WrongPassword("the key is protected by a password") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        if password is not None and b"ENCRYPTED" in key:
            raise WrongPassword("the password of the key is wrong") from error
        raise UsageError("the key is not in PEM form", hint="it begins with BEGIN PRIVATE KEY") from error
    return _pair(private, found)


def load_p12(data: bytes, password: bytes | None) -> Signer:
    """A signer from a PKCS#12 file.

    Raises:
        WrongPassword: it needs one, or another one. UsageError: it is none, or holds no pair.
    """
    try:
        private, certificate, _ = pkcs12.load_key_and_certificates(data, password)
    except UnsupportedAlgorithm as error:
        raise UsageError(
            f"the PKCS#12 file is protected in a way that is no longer read: {error}",
            hint="openssl pkcs12 -legacy -in OLD -nodes -out NEW.pem makes PEM of it",
        ) from error
    except ValueError as error:
        if data[:1] == b"\x30":
            raise WrongPassword(
                "the password of the PKCS#12 file is wrong, or the file is damaged"
            ) from error
        raise UsageError("this is not a PKCS#12 file") from error
    if private is None or certificate is None:
        raise UsageError("the PKCS#12 file holds no pair of a key and a certificate")
    return _pair(private, certificate)


def make(*, email: str, name: str, kind: str, days: int, now: datetime) -> Signer:
    """A new key (`kind` rsa or ec) and a self-signed certificate for an e-mail address.

    Raises:
        UsageError: the address, the name or the number of days cannot be in a certificate.
    """
    if not is_email(email):
        raise UsageError(f"“{email}” is not an e-mail address")
    if not 1 <= days <= 36500:
        raise UsageError("a certificate is valid for 1 to 36500 days")
    key: PrivateKey
    if kind == "rsa":
        key = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    else:
        key = ec.generate_private_key(ec.SECP256R1())
    start = now.replace(microsecond=0)
    try:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name or email)])
    except ValueError as error:
        raise UsageError("the name has 1 to 64 characters", hint="give a shorter one with --name") from error
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=True, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(secrets.randbits(159))
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.RFC822Name(email)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Signer(key, certificate)


def certificate_pem(signer: Signer) -> bytes:
    """The certificate as PEM."""
    return signer.certificate.public_bytes(Encoding.PEM)


def key_pem(signer: Signer, password: bytes | None) -> bytes:
    """The key as PEM, protected when a password is given."""
    return signer.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, _encryption(password))


def p12(signer: Signer, password: bytes | None) -> bytes:
    """Key and certificate as PKCS#12."""
    label = rfc2253(signer.certificate.subject).encode()
    return pkcs12.serialize_key_and_certificates(
        label, signer.key, signer.certificate, None, _encryption(password)
    )


def _encryption(password: bytes | None) -> KeySerializationEncryption:
    return BestAvailableEncryption(password) if password else NoEncryption()


def _pair(private: object, certificate: x509.Certificate) -> Signer:
    if not isinstance(private, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise UsageError("the key is neither RSA nor elliptic", hint="slshell certificate makes a pair")
    public = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    try:
        same = certificate.public_key().public_bytes(*public) == private.public_key().public_bytes(*public)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UsageError(f"the certificate has a key that cannot be used: {error}") from error
    if not same:
        raise UsageError(
            "the key is not the one of this certificate", hint="name the two that were made together"
        )
    return Signer(private, certificate)


def _attribute(attribute: x509.NameAttribute[str | bytes]) -> str:
    keyword = _KEYWORDS.get(attribute.oid.dotted_string)
    if keyword is not None:
        return attribute.rfc4514_string({attribute.oid: keyword})
    return f"{attribute.oid.dotted_string}=#{_encoded(attribute).hex()}"


def _encoded(attribute: x509.NameAttribute[str | bytes]) -> bytes:
    """The DER of an attribute's value: what stands behind the OID in a name of this attribute alone."""
    inner = x509.Name([attribute]).public_bytes()
    for _ in range(3):
        inner = _content(inner)
    length = inner[1]
    return inner[2 + length :]


def _content(der: bytes) -> bytes:
    """What is inside the first element of DER."""
    head = 2 + (der[1] & 0x7F if der[1] & 0x80 else 0)
    return der[head:]
