"""`stratuslab-user.cfg`: clouds and accounts, one a section, as the StratusLab client keeps them.

The keys, the variables and their precedence are those of that client. What was wrong with them is not:
`%` stands for itself, a key that is not known is named, names of types keep their case.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from slshell.model.errors import NotAllowed, UsageError
from slshell.model.instance import InstanceType
from slshell.model.nearest import nearest_hint

USER_FILE = ".stratuslab/stratuslab-user.cfg"
FILE_VARIABLE = "STRATUSLAB_CONFIG_FILE"
SECTION_VARIABLE = "STRATUSLAB_USER_CONFIG_SECTION"
DEFAULT = "default"
TYPES = "instance_types"

SECRETS = frozenset({"password", "pdisk_password", "p12_password"})
USED = (
    "endpoint", "username", "password", "password_from", "pem_certificate", "pem_key", "token_file",
    "cafile", "user_public_key_file", "user_private_key_file", "default_instance_type", "instance_type",
    "endpoint_timeout", "selected_section", "read_only", "confirm",
)  # fmt: skip
"""Keys that decide something; `password_from`, `token_file`, `cafile`, `read_only`, `confirm` are ours."""
KEPT = (
    "pdisk_endpoint", "pdisk_username", "pdisk_password", "pdisk_protocol", "pdisk_port",
    "marketplace_endpoint", "p12_certificate", "p12_password", "default_context_method", "endpoints",
    "name", "country", "port_translation", "pat_service_host", "pat_gateway_host", "use_http_cache",
    "max_mounts", "instance_number", "vm_cpu", "vm_ram", "vm_swap", "vm_cpu_amount", "vm_name",
    "vm_network_model", "vm_disks_bus", "vm_requirements", "vm_template_file", "vnc_port", "vnc_listen",
    "keymap", "use_host_cpu", "no_check_image_url", "is_local_ip", "is_private_ip",
    "specific_address_request", "verbose_level", "quiet",
)  # fmt: skip
"""Keys of the StratusLab client that are read and decide nothing here."""
_VARIABLES = {"user_public_key_file": "STRATUSLAB_KEY", "selected_section": SECTION_VARIABLE}
_OURS = frozenset({"password_from", "token_file", "cafile", "read_only", "confirm"})


@dataclass(frozen=True)
class Value:
    """A setting and where it comes from: a variable's name, or a file and section."""

    text: str = field(repr=False)
    source: str


@dataclass(frozen=True, kw_only=True)
class UserFile:
    """The content of the file; empty when there is none."""

    path: Path
    sections: Mapping[str, Mapping[str, str]]
    """`[default]` and the sections of clouds."""
    types: Mapping[str, InstanceType]

    @property
    def clouds(self) -> list[str]:
        """The names of the sections that are clouds."""
        return [name for name in self.sections if name != DEFAULT]

    def values(self, section: str, environ: Mapping[str, str], *, variables: bool = True) -> dict[str, Value]:
        """What holds for a section: a variable before the section before `[default]`."""
        found: dict[str, Value] = {}
        for name in (DEFAULT, section):
            for key, text in self.sections.get(name, {}).items():
                found[key] = Value(text, f"{self.path.name} [{name}]")
        for key in (*USED, *KEPT) if variables else ():
            variable = variable_of(key)
            if variable and environ.get(variable):
                found[key] = Value(environ[variable], variable)
        return found


def variable_of(key: str) -> str:
    """The environment variable that says the same as a key; empty for keys without one."""
    return "" if key in _OURS else _VARIABLES.get(key, f"STRATUSLAB_{key.upper()}")


def user_file_path(environ: Mapping[str, str], home: Path) -> Path:
    """Where the file is, or would be."""
    chosen = environ.get(FILE_VARIABLE)
    return Path(chosen).expanduser() if chosen else home / USER_FILE


def read_user_file(environ: Mapping[str, str], home: Path) -> UserFile:
    """Read and check the file; without one there are no sections.

    Raises:
        UsageError: it cannot be read, a line is no setting, or a key, a type or the selected section is
        not known; file and section are named. NotAllowed: it holds a password and others may read it.
    """
    path = user_file_path(environ, home)
    try:
        text = path.read_text(encoding="utf-8")
        mode = path.stat().st_mode
    except FileNotFoundError as error:
        if environ.get(FILE_VARIABLE):
            raise UsageError(f"there is no file {path}", why=f"{FILE_VARIABLE} names it") from error
        return UserFile(path=path, sections={}, types={})
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read", why=str(error), hint="make it a readable text") from error
    found = parsed(text, path)
    holds = any(section.get(key) for section in found.sections.values() for key in SECRETS)
    if holds and stat.S_IMODE(mode) & 0o077:
        raise NotAllowed(f"{path} holds a password and can be read by others", hint=f"chmod 600 {path}")
    return found


def parsed(text: str, path: Path) -> UserFile:
    """The content of a file.

    Raises:
        UsageError: see `read_user_file`.
    """
    import configparser

    reader = configparser.RawConfigParser(default_section="\0", strict=True)
    reader.optionxform = str  # type: ignore[assignment,method-assign]
    try:
        reader.read_string(text)
    except configparser.Error as error:
        raise UsageError(
            f"{path} cannot be understood", why=_reason(error), hint="correct that line"
        ) from error
    sections = {
        name: {key.lower(): _unescaped(value) for key, value in reader[name].items()}
        for name in reader.sections()
        if name != TYPES
    }
    for name, section in sections.items():
        _check(name, section, path)
    selected = sections.get(DEFAULT, {}).get("selected_section")
    if selected and selected not in sections:
        raise UsageError(
            f"{path}, [{DEFAULT}]: selected_section names “{selected}”, which there is not",
            hint=nearest_hint(selected, [name for name in sections if name != DEFAULT]),
        )
    sizes = reader[TYPES] if reader.has_section(TYPES) else {}
    types = {name: _type(name, text, path) for name, text in sizes.items()}
    return UserFile(path=path, sections=sections, types=types)


def _check(name: str, section: Mapping[str, str], path: Path) -> None:
    for key in section:
        if key not in USED and key not in KEPT:
            raise UsageError(f"{path}, [{name}]: unknown key “{key}”", hint=nearest_hint(key, [*USED, *KEPT]))
    for key, allowed in (("password_from", ("keyring",)), ("confirm", ("name",))):
        if section.get(key, allowed[0]) not in allowed:
            raise UsageError(
                f"{path}, [{name}]: {key} is “{section[key]}”", hint=f"use {' or '.join(allowed)}"
            )


def _unescaped(value: str) -> str:
    """The old client wanted `%%` for `%`; files written for it read the same."""
    return value.replace("%%", "%")


def _type(name: str, text: str, path: Path) -> InstanceType:
    numbers = [int(number) for number in re.findall(r"-?\d+", text)]
    if len(numbers) != 3 or numbers[0] < 1 or numbers[1] < 1 or numbers[2] < 0:
        raise UsageError(
            f"{path}, [{TYPES}]: {name} is “{text}”", hint="give CPUs, RAM in MB and swap in MB: 2, 512, 1024"
        )
    return InstanceType(name=name, vcpu=numbers[0], ram_mib=numbers[1], swap_mib=numbers[2])


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())
