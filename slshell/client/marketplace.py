"""Another marketplace at its own address, spoken to as StratusLab's client does: no account, XML."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

import urllib3

from slshell import __version__
from slshell.model.errors import CloudUnreachable, NotAllowed, NotFound, SlshellError, TooLarge, UsageError

CONNECT_S, READ_S = 10.0, 60.0
LARGEST_BYTES = 1 << 20
"""Of an entry; a marketplace that sends more is not believed."""
_UNKNOWN_HERE = (401, 403)
_ERROR = re.compile(r"<(?:error|message)>(.*?)</(?:error|message)>", re.DOTALL)


def upload(url: str, document: bytes) -> int:
    """Send a signed entry; answers the status: 201 it is in, 202 its endorser must confirm it by mail.

    Raises:
        UsageError: the address is none, or the marketplace refuses the entry. NotAllowed: it takes entries of
        those only whom it knows. CloudUnreachable: no answer.
    """
    status, body = _asked("POST", _address(url), document)
    if status in (200, 201, 202):
        return status
    if status in _UNKNOWN_HERE:
        raise _not_known(url, status)
    raise UsageError(
        f"the marketplace refused the entry: {_told(body) or f'HTTP {status}'}",
        hint="slshell validate-metadata FILE shows what may be wrong with it",
    )


def download(url: str, identifier: str, email: str, created: str = "") -> bytes:
    """The document of an entry: of this date, else the newest that the endorser has.

    Raises:
        NotFound: there is none. NotAllowed: it answers those only whom it knows. CloudUnreachable: no answer.
        TooLarge: it is no entry.
    """
    parts = [each for each in (identifier, email, created) if each]
    status, body = _asked("GET", "/".join([_address(url), *(quote(each, safe="@") for each in parts)]), None)
    if status == 200:
        return body
    if status == 404:
        raise NotFound(f"the marketplace has no entry of {email} for this image", hint="check --email")
    if status in _UNKNOWN_HERE:
        raise _not_known(url, status)
    raise SlshellError(f"the marketplace answered {status}: {_told(body) or 'nothing more'}")


def _not_known(url: str, status: int) -> NotAllowed:
    return NotAllowed(
        f"the marketplace at {urlsplit(_address(url)).hostname} wants to know who you are (HTTP {status})",
        hint="if it is a cloud of slshell, make it a profile with its token, and say -S NAME instead",
    )


def _address(url: str) -> str:
    text = url if "://" in url else f"https://{url}"
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"“{url}” is not the address of a marketplace", hint="write https://host/path")
    whole = text.rstrip("/")
    return whole if whole.endswith("/metadata") else f"{whole}/metadata"


def _asked(method: str, address: str, body: bytes | None) -> tuple[int, bytes]:
    headers = {"Accept": "application/xml", "User-Agent": f"slshell/{__version__}"}
    if body is not None:
        headers["Content-Type"] = "application/xml"
    timeout = urllib3.Timeout(connect=CONNECT_S, read=READ_S)
    with urllib3.PoolManager(timeout=timeout, retries=False) as pool:
        try:
            answer = pool.request(method, address, body=body, headers=headers, preload_content=False)
            data = answer.read(LARGEST_BYTES + 1)
            answer.release_conn()
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise CloudUnreachable(
                f"the marketplace at {urlsplit(address).hostname} does not answer",
                why=str(error).rpartition(": ")[2],
                hint="check its address and the network",
            ) from error
    if len(data) > LARGEST_BYTES:
        raise TooLarge("the marketplace sends more than an entry can be", hint="check its address")
    return answer.status, data


def _told(body: bytes) -> str:
    text = body[:4000].decode("utf-8", "replace")
    found = _ERROR.search(text)
    plain = found[1] if found else ""
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        plain = plain.replace(entity, character)
    return plain.strip()[:500]
