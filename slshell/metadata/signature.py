"""Signing entries and verifying them: XML signatures in the one form that the marketplace knows.

A signature is enveloped in its document, covers all of it but itself, and carries the signer's certificate.
Everything else that XML signatures could do is refused, so that nothing unsigned can look signed.
"""

from __future__ import annotations

import base64
import binascii
import copy
from datetime import UTC, datetime, timedelta
from typing import cast

import msgspec
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from slshell.metadata import algorithms, checks
from slshell.metadata.certificates import Signer, emails, fingerprint, rfc2253
from slshell.metadata.document import (
    Endorsement,
    Metadata,
    description_of,
    fill_endorsement,
    read,
    read_root,
)
from slshell.metadata.xml import (
    DSIG,
    RDF,
    SLREQ,
    SLTERMS,
    XML,
    InvalidMetadata,
    canonical,
    elements,
    parsed,
    serialised,
    spoken,
    tag,
)
from slshell.model.errors import NotAllowed, UsageError

_C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
_C14N_COMMENTS = f"{_C14N}#WithComments"
_ENVELOPED = f"{DSIG}enveloped-signature"
_LINE = 76


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """An entry whose signature was verified, and what is known of who made it."""

    metadata: Metadata
    """Read from the very bytes that the signature covers."""
    email: str
    subject: str
    issuer: str
    fingerprint: str
    """SHA-256 of the certificate, 64 lower-case hex digits."""
    algorithm: str
    """For example rsa-sha256."""
    digest: str
    """For example sha256."""
    weak: bool
    """Made with SHA-1."""


def has_signature(data: bytes) -> bool:
    """Whether there is a signature anywhere in a document, good or bad."""
    return next(parsed(data).iter(tag(DSIG, "Signature")), None) is not None


def examined(data: bytes) -> tuple[Metadata, Signed | None]:
    """What a document says, and who signed it; None for one without a signature.

    Raises:
        InvalidMetadata: its statements or the signature that it has do not hold.
    """
    if has_signature(data):
        signed = verify(data)
        return signed.metadata, signed
    metadata = read(data)
    checks.check(metadata)
    return metadata, None


def verify(data: bytes) -> Signed:
    """Check everything about a signed document: signature, form, constraints, and the endorser's names.

    The certificate's own issuer is not asked: most are self-signed, and trust is the policy's affair.

    Raises:
        InvalidMetadata: something does not hold; says what.
    """
    root = parsed(data)
    signature = _only_signature(root)
    parts = _Parts.of(signature)
    signed_info = _canonical_signed_info(parts.signed_info)
    certificate = parts.certificate
    _cut_out(signature)
    content = canonical(root)
    if algorithms.digest(parts.digest_algorithm, content) != parts.digest:
        raise InvalidMetadata("the document was changed after it was signed")
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise InvalidMetadata(f"the signer's certificate has no usable key: {error}") from error
    algorithms.verify(key, parts.algorithm, parts.value, signed_info)
    metadata = read_root(parsed(content))
    checks.check(metadata)
    return Signed(
        metadata=metadata,
        email=_check_endorser(metadata.endorsement, certificate).email,
        subject=rfc2253(certificate.subject),
        issuer=rfc2253(certificate.issuer),
        fingerprint=fingerprint(certificate),
        algorithm=algorithms.short_name(parts.algorithm),
        digest=algorithms.short_name(parts.digest_algorithm),
        weak=bool(algorithms.WEAK & {parts.algorithm, parts.digest_algorithm}),
    )


def sign(
    data: bytes,
    signer: Signer,
    *,
    now: datetime,
    email: str = "",
    legacy: bool = False,
    deprecate: str | None = None,
) -> bytes:
    """A document with the signer's endorsement and signature instead of those that it had.

    `email` counts only when the certificate names none. With `legacy` the signature is rsa-sha1 over SHA-1,
    which is what the original tools make and all that some of them read. With `deprecate` the entry says
    from now on that it should no longer be used, and why.

    Raises:
        InvalidMetadata: what would be signed does not hold. UsageError: the certificate or the key cannot
        sign it. NotAllowed: `deprecate` for an entry of another endorser.
    """
    root = parsed(data)
    description = description_of(root)
    _drop_further_endorsements(description)
    before = read_root(root).endorsement
    endorsement = _endorsement(signer, email, now, before)
    if deprecate is not None:
        if before is not None and before.email != endorsement.email:
            raise NotAllowed(
                f"the entry is endorsed by {before.email}, and the certificate is {endorsement.email}'s",
                hint="an entry is deprecated by who endorsed it",
            )
        _deprecate(description, deprecate)
    for old in list(root.iter(tag(DSIG, "Signature"))):
        _cut_out(old)
    _endorse(description, endorsement)
    checks.check(read_root(root))
    _append_signature(root, signer, legacy)
    signed = serialised(root)
    verify(signed)
    return signed


class _Parts(msgspec.Struct, frozen=True, kw_only=True):
    """What a signature element holds."""

    signed_info: etree._Element
    algorithm: str
    digest_algorithm: str
    digest: bytes
    value: bytes
    certificate: x509.Certificate

    @classmethod
    def of(cls, signature: etree._Element) -> _Parts:
        """Take a signature apart; anything that the form does not have is refused."""
        info, value, key_info = _exactly(signature, "SignedInfo", "SignatureValue", "KeyInfo")
        method, signature_method, reference = _exactly(
            info, "CanonicalizationMethod", "SignatureMethod", "Reference"
        )
        transforms, digest_method, digest_value = _exactly(
            reference, "Transforms", "DigestMethod", "DigestValue"
        )
        if set(reference.attrib) != {"URI"} or reference.get("URI") != "":
            raise InvalidMetadata('the signature must cover the whole document: Reference URI=""')
        (transform,) = _exactly(transforms, "Transform")
        _algorithm(transform, frozenset({_ENVELOPED}))
        _algorithm(method, frozenset({_C14N, _C14N_COMMENTS}))
        (data,) = _exactly(key_info, "X509Data")
        (certificate,) = _exactly(data, "X509Certificate")
        return cls(
            signed_info=info,
            algorithm=_algorithm(signature_method, algorithms.SIGNATURES),
            digest_algorithm=_algorithm(digest_method, frozenset(algorithms.DIGESTS)),
            digest=_bytes(digest_value),
            value=_bytes(value),
            certificate=_certificate(_bytes(certificate)),
        )


def _only_signature(root: etree._Element) -> etree._Element:
    found = list(root.iter(tag(DSIG, "Signature")))
    if not found:
        raise InvalidMetadata("no signature", hint="slshell sign-metadata signs it")
    children = list(elements(root))
    if len(found) > 1 or not children or children[-1] is not found[0]:
        raise InvalidMetadata("there must be one signature, as the last child of rdf:RDF")
    return found[0]


def _exactly(parent: etree._Element, *names: str) -> list[etree._Element]:
    """The children of an element of a signature, which must be these, in this order, and nothing else."""
    if (
        parent.tag in (tag(DSIG, "SignedInfo"), tag(DSIG, "Transforms"), tag(DSIG, "X509Data"))
        and parent.attrib
    ):
        raise InvalidMetadata(f"{spoken(parent)} cannot have attributes")
    if [child.tag for child in parent] != [tag(DSIG, name) for name in names]:
        wanted = ", ".join(f"ds:{name}" for name in names)
        raise InvalidMetadata(f"{spoken(parent)} must have exactly these elements: {wanted}")
    if "".join([parent.text or "", *(child.tail or "" for child in parent)]).strip():
        raise InvalidMetadata(f"{spoken(parent)} cannot have text")
    return list(parent)


def _algorithm(element: etree._Element, allowed: frozenset[str]) -> str:
    name = element.get("Algorithm", "")
    if len(element) or set(element.attrib) != {"Algorithm"} or name not in allowed:
        raise InvalidMetadata(f"{spoken(element)} cannot be “{name[:120]}” in metadata")
    return name


def _bytes(element: etree._Element) -> bytes:
    if len(element) or element.attrib:
        raise InvalidMetadata(f"{spoken(element)} must have text only")
    try:
        return base64.b64decode("".join((element.text or "").split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidMetadata(f"{spoken(element)} is not base 64") from error


def _certificate(der: bytes) -> x509.Certificate:
    try:
        return x509.load_der_x509_certificate(der)
    except ValueError as error:
        raise InvalidMetadata("ds:X509Certificate is not a certificate") from error


def _canonical_signed_info(signed_info: etree._Element) -> bytes:
    """SignedInfo in canonical form, as the part of its document that it is.

    By C14N 1.0 its start tag shows all namespaces in scope and the `xml:` attributes of its ancestors. lxml
    leaves the latter out of a part, so the part is rebuilt as a document of its own that has both.
    """
    alone = etree.Element(signed_info.tag, nsmap=cast("dict[str, str]", signed_info.nsmap))
    for ancestor in reversed(list(signed_info.iterancestors())):
        for name, value in ancestor.attrib.items():
            if etree.QName(name).namespace == XML:
                alone.set(name, value)
    alone.text = signed_info.text
    alone.extend(copy.deepcopy(child) for child in signed_info)
    return canonical(alone)


def _cut_out(element: etree._Element) -> None:
    """Remove an element and nothing else: the text behind it stays, for it is part of what is signed."""
    parent, before = next(element.iterancestors()), element.getprevious()
    tail = element.tail or ""
    parent.remove(element)
    if before is not None:
        before.tail = (before.tail or "") + tail
    else:
        parent.text = (parent.text or "") + tail


def _check_endorser(endorsement: Endorsement | None, certificate: x509.Certificate) -> Endorsement:
    if endorsement is None:
        raise InvalidMetadata("slreq:endorsement is empty in a signed document")
    try:
        addresses = emails(certificate)
    except UsageError as error:
        raise InvalidMetadata(error.message) from error
    if addresses and endorsement.email not in addresses:
        raise InvalidMetadata(f"endorser inconsistency (email): {endorsement.email} != {addresses[0]}")
    for what, stated, proved in (
        ("subject", endorsement.subject, certificate.subject),
        ("issuer", endorsement.issuers[0], certificate.issuer),
    ):
        if stated not in (rfc2253(proved), proved.rfc4514_string()):
            raise InvalidMetadata(f"endorser inconsistency ({what}): {stated} != {rfc2253(proved)}")
    return endorsement


def _endorsement(signer: Signer, email: str, now: datetime, before: Endorsement | None) -> Endorsement:
    """Who signs, and when: later than the same endorser did before, for that tells the newest entry."""
    certificate = signer.certificate
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise UsageError(
            f"the certificate is valid from {certificate.not_valid_before_utc:%Y-%m-%d} to "
            f"{certificate.not_valid_after_utc:%Y-%m-%d} only",
            hint="slshell certificate makes a new one",
        )
    address = next(iter(emails(certificate)), email)
    if not address:
        raise UsageError(
            "cannot generate slreq:endorsement; email address not in cert or not provided",
            hint="say it with --email",
        )
    created = now.astimezone(UTC).replace(microsecond=0)
    if before is not None and before.email == address and before.created >= created:
        created = before.created + timedelta(seconds=1)
    return Endorsement(
        created=created,
        email=address,
        subject=rfc2253(certificate.subject),
        issuers=(rfc2253(certificate.issuer),),
    )


def _drop_further_endorsements(description: etree._Element) -> None:
    for each in list(description.iterchildren(tag(SLREQ, "endorsement")))[1:]:
        _cut_out(each)


def _endorse(description: etree._Element, endorsement: Endorsement) -> None:
    element = next(description.iterchildren(tag(SLREQ, "endorsement")))
    element.set(tag(RDF, "parseType"), "Resource")
    fill_endorsement(element, endorsement)


def _deprecate(description: etree._Element, reason: str) -> None:
    name = tag(SLTERMS, "deprecated")
    for each in list(description.iterchildren(name)):
        _cut_out(each)
    last = description[-1]
    element = etree.SubElement(description, name)
    element.tail, last.tail = last.tail, description.text
    try:
        element.text = reason
    except ValueError as error:
        raise UsageError("the reason has characters that XML has no place for") from error


def _append_signature(root: etree._Element, signer: Signer, legacy: bool) -> None:
    algorithm, digest_algorithm = algorithms.algorithms_for(signer.key, legacy=legacy)
    digest = algorithms.digest(digest_algorithm, canonical(root))
    signature = etree.SubElement(root, tag(DSIG, "Signature"), nsmap=cast("dict[str, str]", {None: DSIG}))
    info = _add(signature, "SignedInfo")
    _add(info, "CanonicalizationMethod", Algorithm=_C14N_COMMENTS)
    _add(info, "SignatureMethod", Algorithm=algorithm)
    reference = _add(info, "Reference", URI="")
    _add(_add(reference, "Transforms"), "Transform", Algorithm=_ENVELOPED)
    _add(reference, "DigestMethod", Algorithm=digest_algorithm)
    _add(reference, "DigestValue").text = base64.b64encode(digest).decode()
    value = algorithms.sign(signer.key, algorithm, _canonical_signed_info(info))
    _add(signature, "SignatureValue").text = _lines(value)
    certificate = signer.certificate.public_bytes(Encoding.DER)
    _add(_add(_add(signature, "KeyInfo"), "X509Data"), "X509Certificate").text = _lines(certificate)


def _add(parent: etree._Element, name: str, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, tag(DSIG, name), attributes)


def _lines(data: bytes) -> str:
    text = base64.b64encode(data).decode()
    return "\n".join(text[at : at + _LINE] for at in range(0, len(text), _LINE))
