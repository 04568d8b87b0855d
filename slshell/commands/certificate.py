"""`slshell certificate`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from slshell.commands.environment import Environment
from slshell.commands.metadata_files import PRIVATE, check_free, write_file
from slshell.commands.registry import Danger, command
from slshell.commands.signing import default_paths, file_option, new_password
from slshell.model.errors import SlshellError
from slshell.output.listing import Column, Kind, Listing


class NewCertificate(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate that was made, and where it is."""

    file: str
    key: str
    p12: str
    email: str
    subject: str
    valid_until: datetime
    key_type: str
    fingerprint: str
    """SHA-256, 64 lower-case hex digits."""


CERTIFICATE = Kind(
    columns=(
        Column(title="FILE", text=lambda each: each.file, flexible=True),
        Column(title="KEY", text=lambda each: each.key, flexible=True),
        Column(title="E-MAIL", text=lambda each: each.email),
        Column(title="VALID UNTIL", text=lambda each: f"{each.valid_until:%Y-%m-%d}"),
        Column(title="FINGERPRINT", text=lambda each: each.fingerprint),
    ),
    name=lambda each: each.file,
    quiet=lambda each: each.file,
    empty="no certificate was made",
)


@command(danger=Danger.CHANGE)
@click.option("--email", required=True, metavar="ADDR", help="Whose certificate it is.")
@click.option("--name", default="", metavar="TEXT", help="Name in it; without one, the address.")
@click.option(
    "--key-type",
    type=click.Choice(["rsa", "ec"]),
    default="rsa",
    show_default=True,
    help="rsa has 3072 bits, ec the curve P-256, which the original tools may not know.",
)
@click.option("--days", type=int, default=365, show_default=True, help="How long it is valid.")
@file_option("--output", "target", about="The certificate; without it, endorser.pem beside config.toml.")
@file_option("--key-output", about="The key; without it, NAME-key.pem beside the certificate.")
@file_option("--p12", about="Also write both into this PKCS#12 file, with a password.")
@click.option("--encrypt", is_flag=True, help="Protect the key with a password.")
@file_option("--password-file", about="File whose first line is that password; without it you are asked.")
@click.option("--force", is_flag=True, help="Replace files that exist.")
def certificate_command(
    environment: Environment,
    email: str,
    name: str,
    key_type: str,
    days: int,
    force: bool,
    **files: Any,
) -> Listing:
    """Make a key and a self-signed certificate to sign metadata with."""
    from slshell.metadata import certificates

    target = files["target"] or default_paths(environment)[0]
    key_file = files["key_output"] or target.with_name(f"{target.stem}-key.pem")
    p12_file: Path | None = files["p12"]
    for path in filter(None, (target, key_file, p12_file)):
        check_free(path, force=force)
    password = None
    if files["encrypt"] or p12_file is not None or files["password_file"] is not None:
        password = new_password(environment, files["password_file"])
    made = certificates.make(email=email, name=name, kind=key_type, days=days, now=datetime.now(UTC))
    if files["target"] is None:
        _make_folder(target.parent)
    write_file(key_file, certificates.key_pem(made, password), force=force, mode=PRIVATE)
    if p12_file is not None:
        write_file(p12_file, certificates.p12(made, password), force=force, mode=PRIVATE)
    write_file(target, certificates.certificate_pem(made), force=force)
    item = NewCertificate(
        file=str(target),
        key=str(key_file),
        p12=str(p12_file or ""),
        email=email,
        subject=certificates.rfc2253(made.certificate.subject),
        valid_until=made.certificate.not_valid_after_utc,
        key_type=key_type,
        fingerprint=certificates.fingerprint(made.certificate),
    )
    return Listing(kind=CERTIFICATE, items=[item], single=True)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SlshellError(
            f"{folder} cannot be made: {error.strerror}", hint="choose another place with --output"
        ) from error
