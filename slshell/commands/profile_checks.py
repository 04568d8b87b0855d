"""What works of each profile: whether its cloud answers, and whether it lets the account in."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from slshell.commands.environment import Environment
from slshell.commands.side_by_side import Asked, ask_clouds
from slshell.model.errors import ExitCode, NotAllowed, SlshellError
from slshell.output.listing import Column, Kind


class ProfileTest(msgspec.Struct, frozen=True, kw_only=True):
    """The result for one profile."""

    profile: str
    address: str
    """An address, or the data folder of the bundled cloud."""
    account: str
    answers: bool
    """Something answered there, be it to refuse."""
    allowed: bool
    version: str
    machines: int
    problem: str
    why: str
    remedy: str
    exit_code: int


PROFILE_TEST = Kind(
    columns=(
        Column(title="PROFILE", text=lambda each: each.profile),
        Column(title="ADDRESS", text=lambda each: each.address, flexible=True, keep=4),
        Column(title="ACCOUNT", text=lambda each: each.account, flexible=True, keep=3),
        Column(
            title="ANSWERS", text=lambda each: "yes" if each.answers else "no",
            style=lambda each: "green" if each.answers else "red",
        ),
        Column(
            title="ALLOWED", text=lambda each: _allowed(each),
            style=lambda each: "green" if each.allowed else "red",
        ),
        Column(title="VERSION", text=lambda each: each.version, keep=2),
        Column(title="PROBLEM", text=lambda each: each.problem, flexible=True),
        Column(title="REMEDY", text=lambda each: each.remedy, flexible=True),
    ),
    name=lambda each: each.profile,
    quiet=lambda each: each.profile,
    empty="there are no profiles",
    model=ProfileTest,
)  # fmt: skip


def try_profiles(environment: Environment, names: Sequence[str]) -> list[ProfileTest]:
    """Ask the cloud of each of these profiles for its status, all at the same time.

    Raises:
        UsageError: there is no such profile.
    """
    known = environment.clouds.names()
    for name in names:
        if name not in known:
            environment.clouds.pick(name)
    return [_result(each) for each in ask_clouds(environment, names, lambda cloud: cloud.status())]


def _result(asked: Asked) -> ProfileTest:
    profile, error, status = asked.profile, asked.error, asked.value
    refused = isinstance(error, NotAllowed)
    address = (profile.url or str(profile.home)) if profile else ""
    return ProfileTest(
        profile=asked.name,
        address=address,
        account=_account(asked),
        answers=status is not None or refused,
        allowed=status is not None,
        version=status.version if status else "",
        machines=sum(status.instances.values()) if status else 0,
        problem=error.message if error else "",
        why=error.why if error else "",
        remedy=_remedy(asked.name, error) if error else "",
        exit_code=error.exit_code if error else ExitCode.DONE,
    )


def _account(asked: Asked) -> str:
    profile = asked.profile
    if profile is None or profile.is_local:
        return ""
    if profile.token_file is not None:
        return "token"
    return profile.username or ("certificate" if profile.pem_certificate else "none")


def _remedy(name: str, error: SlshellError) -> str:
    if "config test" in error.hint:
        return f"check the address: slshell config get {name}.endpoint"
    return error.hint


def _allowed(each: ProfileTest) -> str:
    if each.allowed:
        return "yes"
    return "no" if each.answers else ""
