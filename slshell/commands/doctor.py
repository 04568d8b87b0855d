"""`slshell doctor`."""

from __future__ import annotations

from slshell.client.profiles import data_folder
from slshell.commands.checks import Check, CheckState, all_checks
from slshell.commands.environment import Environment
from slshell.commands.registry import Danger, command
from slshell.model.errors import ExitCode
from slshell.output.listing import Column, Kind, Listing


def _word(check: Check) -> str:
    if check.state is CheckState.PRESENT:
        return "present"
    return "missing" if check.needed else "missing (not needed)"


def _colour(check: Check) -> str:
    if check.state is CheckState.PRESENT:
        return "green"
    return "red" if check.needed else "yellow"


CHECK = Kind(
    columns=(
        Column(title="WHAT", text=lambda check: check.name),
        Column(title="STATE", text=_word, style=_colour),
        Column(title="FOUND", text=lambda check: check.found),
        Column(title="REMEDY", text=lambda check: check.remedy),
    ),
    name=lambda check: check.name,
    quiet=lambda check: f"{check.name}: {check.remedy}" if check.remedy else check.name,
    empty="nothing was checked",
)


@command(danger=Danger.READ, needs_settings=False)
def doctor_command(environment: Environment) -> Listing:
    """Check what the bundled cloud needs of this computer, with a remedy for what is missing.

    The exit code is 1 when something that is needed is missing. Nothing is started or changed.
    """
    checks = all_checks(data_folder(environment.environ), environment.environ)
    broken = any(check.needed and check.state is CheckState.MISSING for check in checks)
    return Listing(kind=CHECK, items=checks, exit_code=ExitCode.FAILED if broken else ExitCode.DONE)
