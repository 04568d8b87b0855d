"""The signature and digest algorithms of XML signatures that metadata may use, on RSA and elliptic keys."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from slshell.metadata.xml import DSIG, InvalidMetadata
from slshell.model.errors import UsageError

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

_MORE = "http://www.w3.org/2001/04/xmldsig-more#"
_ENC = "http://www.w3.org/2001/04/xmlenc#"
SHA1 = f"{DSIG}sha1"
SHA256 = f"{_ENC}sha256"
RSA_SHA1 = f"{DSIG}rsa-sha1"
RSA_SHA256 = f"{_MORE}rsa-sha256"
ECDSA_SHA256 = f"{_MORE}ecdsa-sha256"

DIGESTS: dict[str, hashes.HashAlgorithm] = {
    SHA1: hashes.SHA1(),  # noqa: S303 - what the original tools sign with
    SHA256: hashes.SHA256(),
    f"{_MORE}sha384": hashes.SHA384(),
    f"{_ENC}sha512": hashes.SHA512(),
}
_RSA: dict[str, hashes.HashAlgorithm] = {
    RSA_SHA1: hashes.SHA1(),  # noqa: S303 - what the original tools sign with
    RSA_SHA256: hashes.SHA256(),
    f"{_MORE}rsa-sha384": hashes.SHA384(),
    f"{_MORE}rsa-sha512": hashes.SHA512(),
}
_ECDSA: dict[str, hashes.HashAlgorithm] = {
    ECDSA_SHA256: hashes.SHA256(),
    f"{_MORE}ecdsa-sha384": hashes.SHA384(),
    f"{_MORE}ecdsa-sha512": hashes.SHA512(),
}
SIGNATURES = frozenset({*_RSA, *_ECDSA})
WEAK = frozenset({SHA1, RSA_SHA1})

SMALLEST_RSA_SIGNING = 2048
SMALLEST_RSA = 1024
"""Bits; keys of the original's time had 1024."""


def short_name(algorithm: str) -> str:
    """`rsa-sha256` for the address that names it in a document."""
    return algorithm.partition("#")[2]


def digest(algorithm: str, data: bytes) -> bytes:
    """The digest of data; `algorithm` is one of DIGESTS."""
    made = hashes.Hash(DIGESTS[algorithm])
    made.update(data)
    return made.finalize()


def algorithms_for(key: PrivateKey, *, legacy: bool) -> tuple[str, str]:
    """The signature and the digest algorithm to sign with.

    Raises:
        UsageError: the key is too short, or not one that the original tools know.
    """
    if isinstance(key, rsa.RSAPrivateKey):
        if key.key_size < SMALLEST_RSA_SIGNING and not legacy:
            raise UsageError(
                f"the RSA key has only {key.key_size} bits",
                hint="make a new one with slshell certificate, or sign with --legacy",
            )
        return (RSA_SHA1, SHA1) if legacy else (RSA_SHA256, SHA256)
    if legacy:
        raise UsageError(
            "the original algorithms need an RSA key", hint="slshell certificate --key-type rsa makes one"
        )
    return ECDSA_SHA256, SHA256


def sign(key: PrivateKey, algorithm: str, data: bytes) -> bytes:
    """The signature of data as XML signatures hold it."""
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PKCS1v15(), _RSA[algorithm])
    first, second = decode_dss_signature(key.sign(data, ec.ECDSA(_ECDSA[algorithm])))
    size = _coordinate(key.curve)
    return first.to_bytes(size, "big") + second.to_bytes(size, "big")


def verify(key: object, algorithm: str, signature: bytes, data: bytes) -> None:
    """Do nothing when the signature is of this data by this public key.

    Raises:
        InvalidMetadata: it is not, or key and algorithm do not fit together.
    """
    try:
        if isinstance(key, rsa.RSAPublicKey) and algorithm in _RSA:
            if key.key_size < SMALLEST_RSA:
                raise InvalidMetadata(f"the signer's RSA key has only {key.key_size} bits")
            key.verify(signature, data, padding.PKCS1v15(), _RSA[algorithm])
        elif isinstance(key, ec.EllipticCurvePublicKey) and algorithm in _ECDSA:
            size = _coordinate(key.curve)
            if len(signature) != 2 * size:
                raise InvalidSignature
            both = (int.from_bytes(part, "big") for part in (signature[:size], signature[size:]))
            key.verify(encode_dss_signature(*both), data, ec.ECDSA(_ECDSA[algorithm]))
        else:
            raise InvalidMetadata(f"the signer's key does not fit {short_name(algorithm)}")
    except InvalidSignature as error:
        raise InvalidMetadata("the signature value is not of this document and key") from error
    except UnsupportedAlgorithm as error:
        raise InvalidMetadata(f"the signature cannot be checked: {error}") from error


def _coordinate(curve: ec.EllipticCurve) -> int:
    """Bytes of each half of an elliptic signature."""
    return (curve.key_size + 7) // 8
