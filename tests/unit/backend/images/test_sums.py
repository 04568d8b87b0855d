"""A publisher's list of checksums says what a file must be, in whichever way it is written."""

from __future__ import annotations

import hashlib

import pytest

from slshell.backend.images.sums import Checksum, checksum_for, sha256_of
from slshell.model.errors import NotFound, UsageError

NAME = "debian-13-genericcloud-amd64.qcow2"


def digest(algorithm: str, text: str = "image") -> str:
    return hashlib.new(algorithm, text.encode()).hexdigest()


SHA256, SHA512 = digest("sha256"), digest("sha512")
OTHER = digest("sha256", "another")
SIGNED = f"""-----BEGIN PGP SIGNED MESSAGE-----
Hash: SHA256

# {NAME}: 12345 bytes
SHA256 ({NAME}) = {SHA256}
SHA256 (other.qcow2) = {OTHER}
-----BEGIN PGP SIGNATURE-----

iQIzBAEBCAAdFiEE
-----END PGP SIGNATURE-----
"""
LISTS = {
    "coreutils": (f"{OTHER}  other.qcow2\n{SHA256}  {NAME}\n", "sha256"),
    "coreutils, binary": (f"{OTHER} *other.qcow2\n{SHA256} *{NAME}\n", "sha256"),
    "coreutils, with a folder": (f"{SHA256}  ./{NAME}\r\n", "sha256"),
    "SHA-512": (f"{SHA512}  {NAME}\n{digest('sha512', 'another')}  other.qcow2\n", "sha512"),
    "BSD": (f"SHA512 ({NAME}) = {SHA512}\nSHA512 (other.qcow2) = {digest('sha512', 'o')}\n", "sha512"),
    "OpenSSL": (f"SHA256({NAME})= {SHA256}\n", "sha256"),
    "clear-signed": (SIGNED, "sha256"),
    "several kinds": (f"SHA256 ({NAME}) = {SHA256}\nSHA512 ({NAME}) = {SHA512}\n", "sha512"),
    "a digest alone": (f"{SHA512}\n", "sha512"),
    "a digest alone, in capitals": (f"# made today\n{SHA256.upper()}\n", "sha256"),
    "the same twice": (f"{SHA256}  {NAME}\nSHA256 ({NAME}) = {SHA256}\n", "sha256"),
}


@pytest.mark.parametrize("style", LISTS)
def test_the_checksum_of_a_file_is_found(style: str) -> None:
    text, algorithm = LISTS[style]
    assert checksum_for(text, NAME) == Checksum(algorithm, digest(algorithm))


WITHOUT = {
    "nothing": "",
    "other files": f"{OTHER}  other.qcow2\n",
    "a longer name": f"{SHA256}  {NAME}.sig\n{SHA256}  x{NAME}\n",
    "weak ones": f"{digest('md5')}  {NAME}\n{digest('sha1')}  {NAME}\n",
    "a digest that is cut off": f"{SHA256[:-1]}  {NAME}\n",
    "a digest of the wrong length": f"SHA512 ({NAME}) = {SHA256}\n",
    "a web page": f"<html><body>{NAME} is not here</body></html>",
    "two digests alone": f"{SHA256}\n{OTHER}\n",
}


@pytest.mark.parametrize("what", WITHOUT)
def test_a_list_that_has_none_for_the_file_is_told(what: str) -> None:
    with pytest.raises(NotFound, match="none for debian-13"):
        checksum_for(WITHOUT[what], NAME)


def test_a_list_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(UsageError, match="several"):
        checksum_for(f"{SHA256}  {NAME}\n{OTHER}  {NAME}\n", NAME)


def test_a_checksum_that_was_typed_is_checked() -> None:
    assert sha256_of(f" {SHA256.upper()}\n") == Checksum("sha256", SHA256)
    with pytest.raises(UsageError, match="not a SHA-256"):
        sha256_of(SHA512)
