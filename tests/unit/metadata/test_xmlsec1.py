"""Another implementation of XML signatures agrees with ours, both ways, on whatever documents look like."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from msgspec.structs import replace

from slshell.metadata import certificates, signature
from slshell.metadata.certificates import Signer
from slshell.metadata.document import Endorsement, read, written
from slshell.metadata.xml import DSIG, InvalidMetadata
from tests.unit.metadata.samples import FULL, NOW, changed, golden

PROGRAM = shutil.which("xmlsec1")
MORE = "http://www.w3.org/2001/04/xmldsig-more#"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"

DOCUMENTS = {
    "as we write it": written(FULL),
    "as it was written by hand": golden("unsigned.xml"),
    "with other prefixes": golden("unsigned.xml").replace(b"slterms", b"a").replace(b"rdf:", b"z:").replace(
        b"xmlns:rdf", b"xmlns:z"
    ),
    "with a default namespace": golden("unsigned.xml").replace(b"xmlns:slterms", b"xmlns").replace(
        b"slterms:", b""
    ),
    "with attributes of XML": changed(
        golden("unsigned.xml"), "<rdf:RDF ", '<rdf:RDF xml:space="preserve" xml:lang="de" '
    ),
    "with comments and foreign elements": changed(
        changed(golden("unsigned.xml"), "<rdf:RDF", "<!-- before --><rdf:RDF"),
        "</rdf:Description>",
        '<!-- in --><x:a xmlns:x="urn:x" z="1" a="&lt;&#13;&#10;\t&quot;" x:b="2"><y xmlns="urn:y"/></x:a>'
        "<![CDATA[ ]]></rdf:Description><!-- behind -->",
    ),
    "with odd line ends": golden("unsigned.xml").replace(b"\n", b"\r\n").replace(b"Tester", b"Tes&#13;ter"),
}  # fmt: skip


def xmlsec1(*arguments: str) -> bool:
    """Whether xmlsec1 does it."""
    assert PROGRAM, "xmlsec1 is not installed; make test installs it"
    return subprocess.run([PROGRAM, *arguments], capture_output=True, check=False).returncode == 0


def validates(data: bytes, signer: Signer, folder: Path) -> bool:
    """Whether xmlsec1 finds the signature good."""
    file, trusted = folder / "signed.xml", folder / "trusted.pem"
    file.write_bytes(data)
    trusted.write_bytes(certificates.certificate_pem(signer))
    return xmlsec1("--verify", "--trusted-pem", str(trusted), str(file))


@pytest.mark.parametrize("document", DOCUMENTS)
@pytest.mark.parametrize("way", ["rsa", "legacy", "ec"])
def test_what_we_sign_validates_there(
    document: str, way: str, rsa_signer: Signer, ec_signer: Signer, tmp_path: Path
) -> None:
    signer = ec_signer if way == "ec" else rsa_signer
    data = signature.sign(DOCUMENTS[document], signer, now=NOW, legacy=way == "legacy")
    assert validates(data, signer, tmp_path)


def test_a_deprecation_validates_there(signed: bytes, ec_signer: Signer, tmp_path: Path) -> None:
    assert validates(signature.sign(signed, ec_signer, now=NOW, deprecate="alt"), ec_signer, tmp_path)


def test_what_was_changed_validates_neither_there_nor_here(
    signed: bytes, ec_signer: Signer, tmp_path: Path
) -> None:
    other = changed(signed, ">Title<", ">Tit1e<")
    assert not validates(other, ec_signer, tmp_path)
    with pytest.raises(InvalidMetadata):
        signature.verify(other)


@pytest.mark.parametrize("document", DOCUMENTS)
@pytest.mark.parametrize(
    ("kind", "algorithm", "digest"),
    [
        ("rsa", f"{DSIG}rsa-sha1", f"{DSIG}sha1"),
        ("rsa", f"{MORE}rsa-sha512", SHA256),
        ("ec", f"{MORE}ecdsa-sha256", SHA256),
    ],
)
def test_what_is_signed_there_validates_here(
    document: str,
    kind: str,
    algorithm: str,
    digest: str,
    rsa_signer: Signer,
    ec_signer: Signer,
    tmp_path: Path,
) -> None:
    signer = rsa_signer if kind == "rsa" else ec_signer
    template = endorsed(DOCUMENTS[document], signer, form(algorithm, digest))
    made = signed_there(template, signer, tmp_path)
    found = signature.verify(made)
    assert found.algorithm == algorithm.partition("#")[2]
    assert found.metadata == read(made)


def form(algorithm: str, digest: str) -> str:
    """A signature of the marketplace's form, to be filled in."""
    return (
        f'<Signature xmlns="{DSIG}"><SignedInfo><CanonicalizationMethod Algorithm="'
        'http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments"/>'
        f'<SignatureMethod Algorithm="{algorithm}"/>\n<Reference URI=""><Transforms>'
        f'<Transform Algorithm="{DSIG}enveloped-signature"/></Transforms>'
        f'<DigestMethod Algorithm="{digest}"/><DigestValue/></Reference></SignedInfo>'
        "<SignatureValue/><KeyInfo><X509Data><X509Certificate/></X509Data></KeyInfo></Signature>"
    )


def endorsed(data: bytes, signer: Signer, signature_form: str) -> bytes:
    """An unsigned document with the signer's endorsement and an empty signature, by text alone."""
    who = Endorsement(
        created=NOW,
        email=certificates.emails(signer.certificate)[0],
        subject=certificates.rfc2253(signer.certificate.subject),
        issuers=(certificates.rfc2253(signer.certificate.issuer),),
    )
    text = written(replace(FULL, endorsement=who)).decode()
    found = re.search("<dcterms:created>.*?</slreq:endorser>", text, re.DOTALL)
    assert found
    inner = found[0].replace("rdf:", "z:") if b"xmlns:z" in data else found[0]
    made, count = re.subn(
        r"(<slreq:endorsement [^>]*?)(/>|></slreq:endorsement>)",
        lambda match: f"{match[1]}>{inner}</slreq:endorsement>",
        data.decode(),
    )
    assert count == 1
    return re.sub(r"(</\w+:RDF>)", lambda match: signature_form + match[1], made).encode()


def signed_there(template: bytes, signer: Signer, folder: Path) -> bytes:
    """The template, signed by xmlsec1."""
    names = ("template.xml", "signed.xml", "key.pem", "certificate.pem")
    file, made, key, certificate = (folder / name for name in names)
    file.write_bytes(template)
    key.write_bytes(certificates.key_pem(signer, None))
    certificate.write_bytes(certificates.certificate_pem(signer))
    assert xmlsec1("--sign", "--privkey-pem", f"{key},{certificate}", "--output", str(made), str(file))
    return made.read_bytes()
