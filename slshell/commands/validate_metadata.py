"""`slshell validate-metadata`."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace as with_changes
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from slshell.commands.environment import Environment
from slshell.commands.metadata_files import METADATA, Report, measured, read_file, report_of, result
from slshell.commands.registry import Danger, command
from slshell.commands.signing import file_option
from slshell.model.errors import ExitCode, UsageError
from slshell.output.listing import Listing

if TYPE_CHECKING:
    from slshell.metadata.images import Measured
    from slshell.metadata.policy import Policy

LARGEST_POLICY = 1 << 22

VALIDATED = with_changes(
    METADATA,
    quiet=lambda each: f"Valid: {each.file}" if _good(each) else f"Invalid: {each.file}: {each.reason}",
)


@command(danger=Danger.READ)
@click.argument("files", type=click.Path(path_type=Path), nargs=-1, required=True, metavar="FILE…")
@click.option("--allow-unsigned", is_flag=True, help="Check files that are not signed yet.")
@click.option("--no-sha1", is_flag=True, help="Count signatures made with SHA-1 as invalid.")
@file_option("--image", about="Also say whether this is the image that each describes.")
@file_option("--policy", "policy_file", about="Also say whether this trust policy lets each run.")
def validate_metadata_command(
    environment: Environment,
    files: tuple[Path, ...],
    allow_unsigned: bool,
    no_sha1: bool,
    image: Path | None,
    policy_file: Path | None,
) -> Listing:
    """Check metadata files: form, statements, signature, and that the signer is who it says.

    The exit code is 1 when a file is invalid, describes another image, or the policy refuses it.
    """
    wanted = _Wanted(
        unsigned=allow_unsigned,
        sha1=not no_sha1,
        image=None if image is None else measured(environment, image),
        policy=None if policy_file is None else _policy(policy_file),
        now=datetime.now(UTC),
    )
    reports = [_report(file, wanted) for file in files]
    bad = not all(_good(each) for each in reports)
    return Listing(kind=VALIDATED, items=reports, exit_code=ExitCode.FAILED if bad else ExitCode.DONE)


@dataclass(frozen=True, kw_only=True)
class _Wanted:
    """What a file must be to count as valid."""

    unsigned: bool
    sha1: bool
    image: Measured | None
    policy: Policy | None
    now: datetime


def _good(report: Report) -> bool:
    return result(report) in ("valid", "unsigned")


def _policy(file: Path) -> Policy:
    from slshell.metadata.policy import read_policy

    try:
        return read_policy(read_file(file, LARGEST_POLICY).decode())
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not in UTF-8") from error


def _report(file: Path, wanted: _Wanted) -> Report:
    from slshell.metadata.images import differences
    from slshell.metadata.policy import Entry, decide
    from slshell.metadata.signature import examined
    from slshell.metadata.xml import LARGEST_BYTES, InvalidMetadata

    try:
        metadata, signed = examined(read_file(file, LARGEST_BYTES))
        if signed is None and not wanted.unsigned:
            raise InvalidMetadata("no signature")
        if signed is not None and signed.weak and not wanted.sha1:
            raise InvalidMetadata("the signature is made with SHA-1")
        if wanted.image is not None and (found := differences(metadata, wanted.image)):
            raise InvalidMetadata(found[0], details={"problems": found})
    except UsageError as error:
        problems = error.details.get("problems", [error.message])
        return Report(file=str(file), valid=False, reason=error.message, problems=problems)
    report = report_of(file, metadata, signed, metadata.status(wanted.now))
    if wanted.policy is None:
        return report
    verdict = decide(wanted.policy, Entry.of(metadata, signed), wanted.now)
    return replace(report, allowed=verdict.allowed, reason=verdict.reason)
