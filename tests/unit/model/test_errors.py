"""Errors keep their type over the wire."""

from __future__ import annotations

import pytest

from slshell.model import errors
from slshell.model.errors import ExitCode, SlshellError


@pytest.mark.parametrize("code", sorted(errors.ERRORS))
def test_every_error_comes_back_as_itself(code: str) -> None:
    sent = errors.ERRORS[code]("what", hint="do this", details={"n": 1})
    got = errors.from_data(sent.as_data())
    assert type(got) is type(sent)
    assert (got.message, got.hint, got.details) == ("what", "do this", {"n": 1})


def test_an_unknown_code_still_becomes_an_error_with_its_text() -> None:
    got = errors.from_data({"code": "from the future", "message": "new trouble"})
    assert type(got) is SlshellError
    assert got.message == "new trouble"


def test_each_class_has_the_promised_exit_code() -> None:
    promised = {
        "failed": ExitCode.FAILED, "engine_failed": ExitCode.FAILED, "usage": ExitCode.USAGE,
        "too_large": ExitCode.USAGE, "unreachable": ExitCode.UNREACHABLE, "timed_out": ExitCode.TIMED_OUT,
        "not_found": ExitCode.NOT_FOUND, "conflict": ExitCode.CONFLICT, "no_capacity": ExitCode.CONFLICT,
        "not_allowed": ExitCode.NOT_ALLOWED,
    }  # fmt: skip
    assert {code: cls.exit_code for code, cls in errors.ERRORS.items()} == promised
