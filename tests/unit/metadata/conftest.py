"""Keys, made once, and documents signed with them."""

from __future__ import annotations

import pytest

from slshell.metadata import certificates, document, signature
from slshell.metadata.certificates import Signer
from tests.unit.metadata.samples import FULL, NOW, bare_signer


@pytest.fixture(scope="session")
def rsa_signer() -> Signer:
    """An RSA key with a certificate for ann@example.org."""
    return certificates.make(email="ann@example.org", name="Ann, née <B> & C", kind="rsa", days=30, now=NOW)


@pytest.fixture(scope="session")
def ec_signer() -> Signer:
    """An elliptic key with a certificate for bob@example.org."""
    return certificates.make(email="bob@example.org", name="", kind="ec", days=30, now=NOW)


@pytest.fixture(scope="session")
def signed(ec_signer: Signer) -> bytes:
    """The full entry, signed by bob."""
    return signature.sign(document.written(FULL), ec_signer, now=NOW)


@pytest.fixture(scope="session")
def nameless_signer() -> Signer:
    """A key with a certificate that names no e-mail address."""
    return bare_signer("CN=Somebody")
