"""What `~/.ssh/config` says of a host, read as OpenSSH reads it and never written."""

from __future__ import annotations

import glob
import io
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import paramiko
from paramiko.ssh_exception import ConfigParseError, CouldNotCanonicalize

from slshell.client.profiles import home_folder
from slshell.model.errors import UsageError

DEEPEST = 16
"""Files that include each other, as OpenSSH has it."""
NO_HELP = "name account, port and key on the line, or mend the file"
UNHEEDED = {
    "revokedhostkeys": "RevokedHostKeys",
    "knownhostscommand": "KnownHostsCommand",
    "proxyusefdpass": "ProxyUseFdpass",
}
"""Settings that decide whom one talks to and that slshell cannot follow."""
_RUNS = re.compile(r"\s*(proxycommand\b|match\b.*\bexec\b)", re.IGNORECASE)
_SAFE = re.compile(r"[\w.:%+@-]+")
"""A name that means nothing to a shell, nor to the grammar of these files."""
_WORD = re.compile(r'"([^"]*)"|(\S+)')
_SETTING = re.compile(r"\s*(\w+)(?:\s*=\s*|\s+)(.*?)\s*")


@dataclass(frozen=True, kw_only=True)
class HostConfig:
    """What the user has written down for one host; empty where nothing is said."""

    host: str
    """The name or address to connect to."""
    port: int | None = None
    user: str = ""
    known_as: str = ""
    """Its name in lists of known hosts, where that is another one."""
    identities: tuple[Path, ...] = ()
    own_lists: tuple[Path, ...] | None = None
    """Lists of known hosts instead of the user's usual ones."""
    jumps: tuple[str, ...] = ()
    """Hosts on the way, the first one first, each `[USER@]HOST[:PORT]`."""
    command: str = ""
    """A program whose input and output are the connection."""
    strict: bool = False
    """A host that is not known is refused, and nobody is asked."""
    remarks: tuple[str, ...] = ()
    """What cannot be followed, in words."""


def config_file(environ: Mapping[str, str] | None = None) -> Path:
    """The user's file; it need not exist."""
    return home_folder(environ) / ".ssh" / "config"


def host_config(
    name: str, *, user: str = "", port: int | None = None, environ: Mapping[str, str] | None = None
) -> HostConfig:
    """What is said of the host that the user calls `name`; `user` and `port` are those named on the line.

    Raises:
        UsageError: the file cannot be read, or says what no host can be.
    """
    file, home = config_file(environ), home_folder(environ)
    remarks: list[str] = []
    lines = _lines(file, home, remarks, DEEPEST)
    if not lines:
        return HostConfig(host=name)
    if any(map(_RUNS.match, lines)):
        _refuse_signs(name, user, file)
    # What the line says comes first, as every setting that is found first counts.
    forced = [f"User {user}"] * bool(_SAFE.fullmatch(user)) + [f"Port {port}"] * (port is not None)
    config = paramiko.SSHConfig()
    try:
        config.parse(io.StringIO("\n".join([*forced, *lines])))
        found = config.lookup(name)
    except (ConfigParseError, CouldNotCanonicalize, KeyError, ValueError, OSError) as error:
        raise UsageError(f"{file} cannot be followed for {name}: {error}", hint=NO_HELP) from error
    told = [f"{file}: {words} is not followed for {name}" for key, words in UNHEEDED.items() if key in found]
    jumps = found.get("proxyjump") or "none"
    command = found.get("proxycommand") or ""
    return HostConfig(
        host=found["hostname"],
        port=_port(found.get("port"), file, name),
        user=found.get("user", ""),
        known_as=found.get("hostkeyalias", ""),
        identities=tuple(
            _path(each, home) for each in found.get("identityfile", ()) if each.lower() != "none"
        ),
        own_lists=_lists(found.get("userknownhostsfile"), home),
        jumps=() if jumps.lower() == "none" else tuple(each.strip() for each in jumps.split(",")),
        command="" if jumps.lower() != "none" else command.replace("%%", "%"),
        strict=found.get("stricthostkeychecking", "").lower() in ("yes", "true"),
        remarks=(*remarks, *told),
    )


def _refuse_signs(name: str, user: str, file: Path) -> None:
    """Return when a shell takes these for nothing but words, as settings may put them into its commands."""
    for word in filter(None, (name, user)):
        if not _SAFE.fullmatch(word):
            raise UsageError(
                f"“{word}” has signs that a shell would read, and {file} has commands for hosts",
                hint="name the host and the account by letters, digits and . : % + @ - _",
            )


def _lines(path: Path, home: Path, remarks: list[str], depth: int) -> list[str]:
    """The lines of a file with those that it includes in their places."""
    try:
        with path.open("rb") as file:
            _refuse_foreign(os.fstat(file.fileno()), path)
            text = file.read().decode("utf-8", "replace")
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", hint="make it readable") from error
    made: list[str] = []
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        found = _SETTING.fullmatch(line)
        key, value = (found[1].lower(), found[2]) if found else ("", "")
        if key != "include":
            inside = inside or key in ("host", "match")
            # The library takes the quotes of a whole value off; those of a list's names are still needed.
            made.append(f'{key} "{value}"' if key == "userknownhostsfile" else line)
        elif inside:
            remarks.append(f"{path}, line {number}: Include below a Host or Match is not followed")
        else:
            if depth == 0:
                raise UsageError(f"{path}, line {number}: files include each other", hint=NO_HELP)
            for name in _included(value, home):
                made += [*_lines(name, home, remarks, depth - 1), "Host *"]
    return made


def _refuse_foreign(about: os.stat_result, path: Path) -> None:
    """Return when nobody else can have written the file: it decides whom one talks to, and runs programs."""
    if about.st_uid not in (0, os.geteuid()) or about.st_mode & 0o022:
        raise UsageError(
            f"{path} belongs to somebody else, or others may write it, so it is not followed",
            hint=f"look at what is in it, then: chmod go-w {path}",
        )


def _included(words: str, home: Path) -> list[Path]:
    """The files that an Include names; names without a folder are in `~/.ssh`."""
    found: list[Path] = []
    for quoted, bare in _WORD.findall(words):
        pattern = _path(quoted or bare, home)
        # Settings that are found first count, so the order must be the same each time.
        found += sorted(Path(each) for each in glob.glob(str(home / ".ssh" / pattern)))  # noqa: PTH207
    return found


def _path(text: str, home: Path) -> Path:
    text = text.strip('"')
    return home / text[2:] if text.startswith("~/") else Path(text)


def _lists(text: str | None, home: Path) -> tuple[Path, ...] | None:
    if text is None:
        return None
    words = [quoted or bare for quoted, bare in _WORD.findall(text)]
    return tuple(_path(each, home) for each in words if each.lower() != "none")


def _port(text: str | None, file: Path, name: str) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise UsageError(f"{file} gives {name} the port “{text}”, which is none", hint=NO_HELP)
    return int(text)
