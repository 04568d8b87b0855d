"""The error tree: each class knows its stable code, its HTTP status and its exit code."""

from __future__ import annotations

from enum import IntEnum, unique
from typing import Any, ClassVar


@unique
class ExitCode(IntEnum):
    """What a slshell process answers to its shell; documented in docs/exit-codes.md."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    UNREACHABLE = 3
    TIMED_OUT = 4
    NOT_FOUND = 5
    CONFLICT = 6
    NOT_ALLOWED = 7
    INTERRUPTED = 130
    PIPE = 141


class SlshellError(Exception):
    """Something went wrong that a person can be told about.

    `message` says what was wrong and where, `why` what caused it where that is known, `hint` what to do
    next; `details` carries data for programs, `why` among it.
    """

    code: ClassVar[str] = "failed"
    status: ClassVar[int] = 500
    exit_code: ClassVar[ExitCode] = ExitCode.FAILED

    def __init__(
        self, message: str, *, why: str = "", hint: str = "", details: dict[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details = dict(details or {}) | ({"why": why} if why else {})

    @property
    def why(self) -> str:
        """What caused it; empty when the message says all there is."""
        return str(self.details.get("why", ""))

    def as_data(self) -> dict[str, Any]:
        """The error as `{code, message, hint, details}`, its shape on the wire and under `-o json`."""
        return {"code": self.code, "message": self.message, "hint": self.hint, "details": self.details}


class EngineFailed(SlshellError):
    """The hypervisor or a tool that works for it refused or broke; carries its own message."""

    code = "engine_failed"
    status = 502


class UsageError(SlshellError):
    """The request itself is wrong: a bad name, a bad option, a broken configuration file."""

    code = "usage"
    status = 400
    exit_code = ExitCode.USAGE


class CloudUnreachable(SlshellError):
    """Nothing answers, or not yet; trying again may help."""

    code = "unreachable"
    status = 503
    exit_code = ExitCode.UNREACHABLE


class TimedOut(SlshellError):
    """What was awaited did not come in time."""

    code = "timed_out"
    status = 504
    exit_code = ExitCode.TIMED_OUT


class NotFound(SlshellError):
    """No such thing."""

    code = "not_found"
    status = 404
    exit_code = ExitCode.NOT_FOUND


class Conflict(SlshellError):
    """The thing is in a state that does not allow this, or is held by another."""

    code = "conflict"
    status = 409
    exit_code = ExitCode.CONFLICT


class NoCapacity(Conflict):
    """The host has not the memory, the processors or the disk space for it."""

    code = "no_capacity"
    status = 409


class NotAllowed(SlshellError):
    """The caller may not do this."""

    code = "not_allowed"
    status = 403
    exit_code = ExitCode.NOT_ALLOWED


class TooLarge(SlshellError):
    """The request is larger than the cloud accepts."""

    code = "too_large"
    status = 413
    exit_code = ExitCode.USAGE


class Interrupted(SlshellError):
    """The user pressed Ctrl-C."""

    code = "interrupted"
    status = 499
    exit_code = ExitCode.INTERRUPTED


ERRORS: dict[str, type[SlshellError]] = {
    cls.code: cls
    for cls in (
        SlshellError, EngineFailed, UsageError, CloudUnreachable, TimedOut,
        NotFound, Conflict, NoCapacity, NotAllowed, TooLarge,
    )
}  # fmt: skip


def from_data(data: dict[str, Any]) -> SlshellError:
    """The typed error for an answer of the shape that `SlshellError.as_data` gives."""
    cls = ERRORS.get(str(data.get("code", "")), SlshellError)
    details = data.get("details")
    return cls(
        str(data.get("message", "the cloud gave no reason")),
        hint=str(data.get("hint", "")),
        details=details if isinstance(details, dict) else {},
    )
