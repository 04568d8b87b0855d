"""Every failure as `{code, message, hint, details}` with the status of its class."""

from __future__ import annotations

import logging
from typing import Any

from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException

from slshell import __version__
from slshell.model.errors import (
    Conflict,
    NotAllowed,
    NotFound,
    SlshellError,
    TimedOut,
    TooLarge,
    UsageError,
)

LOG = logging.getLogger(__name__)
VERSION_HEADER = "X-Slshell-Version"

_BY_STATUS: dict[int, type[SlshellError]] = {
    400: UsageError,
    401: NotAllowed,
    403: NotAllowed,
    404: NotFound,
    405: UsageError,
    409: Conflict,
    413: TooLarge,
    504: TimedOut,
}


def answer(error: SlshellError, status: int | None = None) -> Response[dict[str, Any]]:
    """The response for an error."""
    return Response(
        error.as_data(),
        status_code=status or error.status,
        media_type=MediaType.JSON,
        headers={VERSION_HEADER: __version__},
    )


def ours(_request: Request[Any, Any, Any], error: SlshellError) -> Response[dict[str, Any]]:
    """An error of our tree."""
    return answer(error)


def litestars(_request: Request[Any, Any, Any], error: HTTPException) -> Response[dict[str, Any]]:
    """What the framework found: a body that is no JSON, a parameter of the wrong type, an unknown path."""
    cls = _BY_STATUS.get(error.status_code, UsageError if error.status_code < 500 else SlshellError)
    extra = getattr(error, "extra", None)
    details = {"problems": extra} if isinstance(extra, list) else {}
    text = "; ".join(_problem(one) for one in extra) if isinstance(extra, list) else ""
    hint = "the shapes are described at /schema/openapi.json" if error.status_code < 500 else ""
    return answer(
        cls(f"{error.detail}: {text}" if text else error.detail, hint=hint, details=details),
        error.status_code,
    )


def unexpected(_request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, Any]]:
    """A defect of ours: the trace goes to the log, never to the client."""
    LOG.error("a request broke", exc_info=error)
    return answer(SlshellError("the cloud broke on this request", hint="`slshell cloud logs` has the trace"))


def _problem(one: Any) -> str:
    if not isinstance(one, dict):
        return str(one)
    where = one.get("key", "")
    return f"{where}: {one.get('message', '')}" if where else str(one.get("message", ""))
