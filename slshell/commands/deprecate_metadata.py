"""`slshell deprecate-metadata`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from slshell.commands.environment import Environment
from slshell.commands.metadata_files import check_free, read_file, write_file
from slshell.commands.registry import Danger, command
from slshell.commands.sign_metadata import signed_listing
from slshell.commands.signing import SignerOptions, signer_of, signing_options
from slshell.commands.upload_metadata import published
from slshell.model.errors import NotFound, UsageError
from slshell.model.ids import is_identifier
from slshell.output.listing import Listing

REASON = "This image has been deprecated"


@command(danger=Danger.CHANGE)
@click.argument("subject", type=click.Path(), metavar="FILE|ID")
@click.option("--reason", default=REASON, show_default=True, metavar="TEXT", help="Why.")
@click.option("--upload", is_flag=True, help="Publish what was made of a file at once.")
@click.option(
    "--created", default="", metavar="DATE", help="Which entry of an image; without it, the newest."
)
@click.option("--marketplace", metavar="URL", help="The marketplace to speak to instead of the cloud's own.")
@signing_options
def deprecate_metadata_command(
    environment: Environment,
    subject: str,
    reason: str,
    upload: bool,
    created: str,
    marketplace: str | None,
    target: Path | None,
    force: bool,
    **options: Any,
) -> Listing:
    """Say that an image should no longer be used, and sign that.

    With a file, the file is changed, and its former content kept as FILE.orig unless --output says otherwise;
    --upload publishes it as well. With an image's identifier, the entry is fetched from the catalogue and its
    deprecation published. Only who endorsed an entry can deprecate it.
    """
    from slshell.metadata import signature
    from slshell.metadata.xml import LARGEST_BYTES

    signer_options = SignerOptions(**options)
    file = Path(subject)
    if not file.exists() and is_identifier(subject):
        if target is not None:
            check_free(target, force=force)
        signer = signer_of(environment, signer_options)
        email = options["email"] or _email_of(signer)
        before = _entry(environment, subject, email, created, marketplace)
        made = signature.sign(
            before, signer, now=datetime.now(UTC), email=email, legacy=options["legacy"], deprecate=reason
        )
        if target is not None:
            write_file(target, made, force=force)
        return published(environment, made, marketplace)
    data = read_file(file, LARGEST_BYTES)
    if signature.has_signature(data):
        signature.verify(data)
    report = signed_listing(environment, file, target, force, signer_options, reason)
    return published(environment, (target or file).read_bytes(), marketplace) if upload else report


def _email_of(signer: Any) -> str:
    from slshell.metadata.certificates import emails

    found = emails(signer.certificate)
    if not found:
        raise UsageError("the certificate names no e-mail address", hint="say whose entry it is with --email")
    return found[0]


def _entry(
    environment: Environment, identifier: str, email: str, created: str, marketplace: str | None
) -> bytes:
    if marketplace is not None:
        from slshell.client import marketplace as other

        return other.download(marketplace, identifier, email, created)
    for entry in environment.cloud.facts(identifier).entries:
        if entry.endorser == email and created in ("", f"{entry.endorsed_at:%Y-%m-%dT%H:%M:%SZ}"):
            return environment.cloud.document(entry)
    raise NotFound(
        f"there is no entry of {email} for this image", hint=f"slshell appliance {identifier} shows them"
    )
