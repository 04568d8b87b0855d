"""Signing and verifying: what holds, and every way in which it must not."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from slshell.metadata import certificates, signature
from slshell.metadata.certificates import Signer
from slshell.metadata.document import Status, read, written
from slshell.metadata.xml import InvalidMetadata
from slshell.model.errors import NotAllowed, UsageError
from tests.unit.metadata.samples import FULL, NOW, SIGNED, changed, golden, resigned

JANE = (
    "1.2.840.113549.1.9.1=#16176a616e652e746573746572406578616d706c652e6f7267,"
    "CN=Jane Tester,OU=Tests,O=StratusLab\\, Project,C=FR"
)


def refused(data: bytes) -> str:
    """Why a document does not verify."""
    with pytest.raises(InvalidMetadata) as failure:
        signature.verify(data)
    return failure.value.message


@pytest.mark.parametrize(
    ("name", "email", "subject", "algorithm", "digest", "weak"),
    [
        ("signed-legacy.xml", "jane.tester@example.org", JANE, "rsa-sha1", "sha1", True),
        ("signed-modern.xml", "images@example.org", "CN=Images,DC=example,DC=org", "rsa-sha256", "sha256",
         False),
        ("signed-ecdsa.xml", "ec@example.org", "CN=EC Signer", "ecdsa-sha384", "sha512", False),
    ],
)  # fmt: skip
def test_what_others_signed_validates_here(
    name: str, email: str, subject: str, algorithm: str, digest: str, weak: bool
) -> None:
    found = signature.verify(golden(name))
    assert (found.email, found.subject, found.issuer) == (email, subject, subject)
    assert (found.algorithm, found.digest, found.weak) == (algorithm, digest, weak)
    assert re.fullmatch("[0-9a-f]{64}", found.fingerprint)
    assert found.metadata == read(golden(name))


FIELDS = re.findall(r"<((?:dcterms|slreq|slterms):[a-z-]+)>([^<]+)</", golden("signed-modern.xml").decode())


@pytest.mark.parametrize("name", SIGNED)
@pytest.mark.parametrize(
    "at", range(len(FIELDS)), ids=[f"{field}-{n}" for n, (field, _) in enumerate(FIELDS)]
)
def test_a_change_of_any_field_breaks_the_signature(at: int, name: str) -> None:
    text = golden(name).decode()
    found = list(re.finditer(r"<(?:dcterms|slreq|slterms):[a-z-]+>([^<]+)</", text))[at]
    first = found.start(1)
    other = "1" if text[first] != "1" else "2"
    assert refused((text[:first] + other + text[first + 1 :]).encode()) == (
        "the document was changed after it was signed"
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("</rdf:Description>", "<slterms:deprecated>no</slterms:deprecated></rdf:Description>"),
        ("<slterms:kind>machine</slterms:kind>", ""),
        ("\n    <rdf:Description", "\n     <rdf:Description"),
        ("<dcterms:title>", '<dcterms:title xml:lang="en">'),
        ("<rdf:RDF ", '<rdf:RDF xmlns:more="urn:more" '),
        ("</rdf:RDF>", " </rdf:RDF>"),
    ],
)  # fmt: skip
def test_whatever_is_added_or_taken_away_breaks_the_signature(old: str, new: str) -> None:
    assert refused(changed(golden("signed-modern.xml"), old, new)) == (
        "the document was changed after it was signed"
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<rdf:RDF", "<!-- a comment --><rdf:RDF"),
        (">ttylinux<", ">tty<!-- a comment -->linux<"),
        ('<?xml version="1.0" encoding="UTF-8"?>\n', ""),
        ("<slterms:kind>machine</slterms:kind>", "<slterms:kind  >&#109;achine</slterms:kind>"),
    ],
)
def test_what_the_canonical_form_leaves_out_may_differ(old: str, new: str) -> None:
    data = changed(golden("signed-modern.xml").replace(b' standalone="no"', b""), old, new)
    assert signature.verify(data).metadata == read(golden("signed-modern.xml"))


def swapped(data: bytes, element: str, by: str) -> bytes:
    """`data` with the content of one element replaced."""
    made, count = re.subn(f"(<{element}>)[^<]*(</{element}>)", rf"\g<1>{by}\g<2>", data.decode())
    assert count == 1
    return made.encode()


def content(name: str, element: str) -> str:
    found = re.search(f"<{element}>([^<]*)</{element}>", golden(name).decode())
    assert found
    return found[1]


def test_a_changed_signature_value_is_refused() -> None:
    assert refused(swapped(golden("signed-modern.xml"), "SignatureValue", "AAAA")) == (
        "the signature value is not of this document and key"
    )
    assert refused(swapped(golden("signed-ecdsa.xml"), "SignatureValue", "AAAA" * 32)) == (
        "the signature value is not of this document and key"
    )


def test_a_changed_digest_is_refused() -> None:
    digest = content("signed-legacy.xml", "DigestValue")
    assert refused(swapped(golden("signed-modern.xml"), "DigestValue", digest)) == (
        "the document was changed after it was signed"
    )


def test_a_digest_that_fits_a_changed_document_does_not_help() -> None:
    """The digest itself is signed."""
    import base64

    from slshell.metadata import algorithms, xml

    changed_text = changed(golden("signed-modern.xml"), ">ttylinux<", ">evil<")
    root = xml.parsed(re.sub(rb"<Signature .*</Signature>", b"", changed_text, flags=re.DOTALL))
    digest = base64.b64encode(algorithms.digest(algorithms.SHA256, xml.canonical(root))).decode()
    assert refused(swapped(changed_text, "DigestValue", digest)) == (
        "the signature value is not of this document and key"
    )


def test_the_certificate_of_another_is_refused() -> None:
    certificate = content("signed-legacy.xml", "X509Certificate")
    assert refused(swapped(golden("signed-modern.xml"), "X509Certificate", certificate)) == (
        "the signature value is not of this document and key"
    )
    certificate = content("signed-ecdsa.xml", "X509Certificate")
    assert refused(swapped(golden("signed-modern.xml"), "X509Certificate", certificate)) == (
        "the signer's key does not fit rsa-sha256"
    )


@pytest.mark.parametrize("element", ["X509Certificate", "SignatureValue", "DigestValue"])
def test_what_is_not_base_64_is_refused(element: str) -> None:
    assert refused(swapped(golden("signed-modern.xml"), element, "***")) == f"ds:{element} is not base 64"


@pytest.mark.parametrize("text", ["", "AAAA"])
def test_what_is_no_certificate_is_refused(text: str) -> None:
    assert refused(swapped(golden("signed-modern.xml"), "X509Certificate", text)) == (
        "ds:X509Certificate is not a certificate"
    )


ENVELOPED = '<Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>'
REFERENCE = re.findall("<Reference .*</Reference>", golden("signed-modern.xml").decode())[0]
FORMS = {
    "another transform": (ENVELOPED, '<Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"/>'),
    "a second transform": (ENVELOPED, ENVELOPED * 2),
    "no transform": (ENVELOPED, ""),
    "an XPath in the transform": (
        ENVELOPED, ENVELOPED.replace("/>", "><XPath>//*[false()]</XPath></Transform>")
    ),
    "a reference to a part": ('URI=""', 'URI="#x"'),
    "a reference to elsewhere": ('URI=""', 'URI="http://127.0.0.1:9/x.xml"'),
    "a reference without address": (' URI=""', ""),
    "a reference of a type": ('URI=""', 'URI="" Type="urn:x"'),
    "two references": (REFERENCE, REFERENCE * 2),
    "no reference": (REFERENCE, ""),
    "a reference to a part beside it": (REFERENCE, REFERENCE.replace('""', '"#x"', 1) + REFERENCE),
    "exclusive canonical form": ("TR/2001/REC-xml-c14n-20010315#WithComments", "2001/10/xml-exc-c14n#"),
    "a shared secret": ("2001/04/xmldsig-more#rsa-sha256", "2000/09/xmldsig#hmac-sha1"),
    "MD5": ("2001/04/xmldsig-more#rsa-sha256", "2001/04/xmldsig-more#rsa-md5"),
    "an unknown digest": ("2001/04/xmlenc#sha256", "2001/04/xmldsig-more#md5"),
    "a cut signature": ("<DigestMethod", "<HMACOutputLength>1</HMACOutputLength><DigestMethod"),
    "an object": ("</Signature>", "<Object>x</Object></Signature>"),
    "a bare key": ("<KeyInfo>", "<KeyInfo><KeyValue/>"),
    "no certificate": ("X509Certificate>", "X509CRL>"),
    "an address of keys": ("<X509Data>", '<RetrievalMethod URI="http://127.0.0.1:9/"/><X509Data>'),
    "a comment in what is signed": ("<SignedInfo>", "<SignedInfo><!-- -->"),
    "text in what is signed": ("<SignedInfo>", "<SignedInfo>x"),
    "an attribute of what is signed": ("<SignedInfo>", '<SignedInfo Id="x">'),
    "a comment in the digest": ("<DigestValue>", "<DigestValue><!-- -->"),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_a_signature_has_one_form(form: str) -> None:
    data = golden("signed-modern.xml")
    old, new = FORMS[form]
    made = data.replace(old.encode(), new.encode())
    assert made != data
    assert re.search("must have|must cover|cannot", refused(made))


def test_a_document_without_a_signature_says_so() -> None:
    assert refused(golden("unsigned.xml")) == "no signature"
    assert not signature.has_signature(golden("unsigned.xml"))
    assert signature.has_signature(golden("signed-modern.xml"))


SIGNATURE = re.findall("<Signature .*</Signature>", golden("signed-modern.xml").decode(), re.DOTALL)[0]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (SIGNATURE, SIGNATURE * 2),
        ("<dcterms:type>", SIGNATURE + "<dcterms:type>"),
        ("<SignedInfo>", SIGNATURE + "<SignedInfo>"),
        ("<rdf:Description ", SIGNATURE + "<rdf:Description "),
    ],
)
def test_two_signatures_are_refused(old: str, new: str) -> None:
    assert refused(changed(golden("signed-modern.xml"), old, new)) == (
        "there must be one signature, as the last child of rdf:RDF"
    )


def test_a_signature_elsewhere_is_refused() -> None:
    bare = changed(golden("signed-modern.xml"), SIGNATURE, "")
    for place in ("    <rdf:Description ", "</rdf:Description>"):
        assert refused(changed(bare, place, SIGNATURE + place)) == (
            "there must be one signature, as the last child of rdf:RDF"
        )
    assert refused(SIGNATURE.encode()) == "there must be one signature, as the last child of rdf:RDF"


@pytest.mark.parametrize("legacy", [False, True])
def test_what_we_sign_validates_and_keeps_all_it_said(legacy: bool, rsa_signer: Signer) -> None:
    data = signature.sign(written(FULL), rsa_signer, now=NOW, legacy=legacy)
    found = signature.verify(data)
    assert replace(found.metadata, endorsement=None) == FULL
    assert found.metadata.endorsement and found.metadata.endorsement.created == NOW
    assert (found.email, found.subject) == ("ann@example.org", "CN=Ann\\, née \\<B\\> & C")
    assert (found.algorithm, found.digest) == (("rsa-sha1", "sha1") if legacy else ("rsa-sha256", "sha256"))
    assert found.weak is legacy
    assert found.fingerprint == certificates.fingerprint(rsa_signer.certificate)


def test_the_original_algorithms_need_an_rsa_key(ec_signer: Signer) -> None:
    with pytest.raises(UsageError, match="need an RSA key"):
        signature.sign(written(FULL), ec_signer, now=NOW, legacy=True)


def test_signing_replaces_the_endorsement_and_signature_of_another(signed: bytes, rsa_signer: Signer) -> None:
    again = signature.verify(signature.sign(signed, rsa_signer, now=NOW))
    assert again.email == "ann@example.org"
    assert again.metadata.endorsement and again.metadata.endorsement.email == "ann@example.org"
    assert again.metadata == replace(read(signed), endorsement=again.metadata.endorsement)


def test_signing_again_within_a_second_is_still_a_newer_entry(signed: bytes, ec_signer: Signer) -> None:
    endorsement = signature.verify(signature.sign(signed, ec_signer, now=NOW)).metadata.endorsement
    assert endorsement and endorsement.created == NOW + timedelta(seconds=1)


def test_signing_keeps_what_it_does_not_know(ec_signer: Signer) -> None:
    more = '<!-- kept --><x:a xmlns:x="urn:x" b="&quot;&#9;c">\n  <x:d/>é</x:a></rdf:Description>'
    data = signature.sign(changed(golden("unsigned.xml"), "</rdf:Description>", more), ec_signer, now=NOW)
    signature.verify(data)
    assert "<!-- kept -->" in data.decode()
    assert '<x:a xmlns:x="urn:x" b="&quot;&#9;c">\n  <x:d/>é</x:a>' in data.decode()


def test_further_endorsements_are_dropped(ec_signer: Signer) -> None:
    second = '<slreq:endorsement rdf:parseType="Resource"/><dcterms:type>'
    data = signature.sign(changed(golden("unsigned.xml"), "<dcterms:type>", second), ec_signer, now=NOW)
    assert data.decode().count("<slreq:endorsement") == 1


def test_what_does_not_hold_is_not_signed(ec_signer: Signer) -> None:
    with pytest.raises(InvalidMetadata, match="are not consistent"):
        signature.sign(changed(golden("unsigned.xml"), ">1b52", ">2b52"), ec_signer, now=NOW)


def test_an_expired_certificate_does_not_sign(ec_signer: Signer) -> None:
    for when in (NOW + timedelta(days=31), NOW - timedelta(days=1)):
        with pytest.raises(UsageError, match="the certificate is valid from"):
            signature.sign(written(FULL), ec_signer, now=when)


def test_the_address_may_be_given_when_the_certificate_has_none(nameless_signer: Signer) -> None:
    with pytest.raises(UsageError, match="email address not in cert or not provided"):
        signature.sign(written(FULL), nameless_signer, now=NOW)
    data = signature.sign(written(FULL), nameless_signer, now=NOW, email="given@example.org")
    assert signature.verify(data).email == "given@example.org"
    with pytest.raises(InvalidMetadata, match="is not an e-mail address"):
        signature.sign(written(FULL), nameless_signer, now=NOW, email="<b>")


def test_the_address_of_the_certificate_wins(ec_signer: Signer) -> None:
    data = signature.sign(written(FULL), ec_signer, now=NOW, email="given@example.org")
    assert signature.verify(data).email == "bob@example.org"


@pytest.mark.parametrize(
    ("what", "old", "new"),
    [
        ("email", "bob@example.org</slreq:email>", "eve@example.org</slreq:email>"),
        ("subject", "<slreq:subject>CN=bob", "<slreq:subject>CN=eve"),
        ("issuer", "<slreq:issuer>CN=bob", "<slreq:issuer>CN=eve"),
    ],
)
def test_a_signer_cannot_speak_for_another(
    what: str, old: str, new: str, signed: bytes, ec_signer: Signer
) -> None:
    forged = resigned(changed(signed, old, new), ec_signer)
    stated, proved = ("eve@example.org", "bob@example.org")
    prefix = "" if what == "email" else "CN="
    assert refused(forged) == f"endorser inconsistency ({what}): {prefix}{stated} != {prefix}{proved}"


def test_a_signed_document_without_an_endorsement_is_refused(ec_signer: Signer) -> None:
    assert refused(resigned(written(FULL), ec_signer)) == "slreq:endorsement is empty in a signed document"


def test_a_signature_does_not_make_a_lie_true(signed: bytes, ec_signer: Signer) -> None:
    other = changed(signed, f"<slreq:value>{FULL.checksums['SHA-1']}", "<slreq:value>" + "0" * 40)  # type: ignore[index]
    assert "are not consistent" in refused(resigned(other, ec_signer))


@pytest.mark.parametrize("reason", ["too old", "", "<b>&\"'", "zwei\nZeilen – ü"])
def test_an_endorser_deprecates_an_entry(reason: str, signed: bytes, ec_signer: Signer) -> None:
    found = signature.verify(signature.sign(signed, ec_signer, now=NOW, deprecate=reason)).metadata
    assert found.deprecated == reason
    assert found.status(NOW) is Status.DEPRECATED
    before = read(signed)
    assert found.endorsement and before.endorsement
    assert found.endorsement.created > before.endorsement.created
    assert replace(found, endorsement=None, deprecated=None) == FULL


def test_a_new_reason_replaces_the_old_one(signed: bytes, ec_signer: Signer) -> None:
    once = signature.sign(signed, ec_signer, now=NOW, deprecate="once")
    assert read(signature.sign(once, ec_signer, now=NOW, deprecate="twice")).deprecated == "twice"
    assert read(signature.sign(once, ec_signer, now=NOW)).deprecated == "once"


def test_the_entry_of_another_is_not_deprecated(signed: bytes, rsa_signer: Signer) -> None:
    with pytest.raises(
        NotAllowed, match=r"endorsed by bob@example\.org, and the certificate is ann@example\.org's"
    ):
        signature.sign(signed, rsa_signer, now=NOW, deprecate="mine now")


def test_a_reason_that_xml_cannot_hold_is_refused(signed: bytes, ec_signer: Signer) -> None:
    with pytest.raises(UsageError, match="XML has no place for"):
        signature.sign(signed, ec_signer, now=NOW, deprecate="\x07")


def test_times_of_other_zones_become_utc(ec_signer: Signer) -> None:
    from datetime import timezone

    there = NOW.astimezone(timezone(timedelta(hours=5)))
    found = signature.verify(signature.sign(written(FULL), ec_signer, now=there)).metadata.endorsement
    assert found and found.created == NOW and found.created.tzinfo is UTC
    assert isinstance(found.created, datetime)
