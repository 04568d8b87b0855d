"""What a run request comes to: everything checked and filled in, before anything is made."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_ssh_public_key

from slshell.backend.engines.base import Room
from slshell.backend.images.contextualization import checked_context
from slshell.backend.services import contexts, launch_disks, nearest
from slshell.backend.services import tags as tag_rules
from slshell.backend.services.settings import Settings
from slshell.model.appliance import Appliance, ApplianceState, ContextMethod
from slshell.model.context import UserDataPart
from slshell.model.errors import Conflict, NoCapacity, NotFound, UsageError
from slshell.model.instance import InstanceType, RunRequest
from slshell.model.names import checked_name

MAX_COUNT = 256
_MAX_KEYS = 64
_MAX_CONTEXT_BYTES = 65536
_MIB = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Launch:
    """A run request that can work."""

    appliance: Appliance
    count: int
    name: str | None
    type: str
    vcpu: int
    ram_mib: int
    swap_mib: int
    keys: tuple[str, ...]
    context: dict[str, str]
    context_method: ContextMethod | None
    user_data: tuple[UserDataPart, ...]
    volumes: tuple[str, ...]
    volatile_gib: tuple[int, ...]
    statics: tuple[Appliance, ...]
    tags: tuple[str, ...] = ()
    endorser: str = ""
    """Who vouches for the appliance; empty: nobody."""

    def name_of(self, number: int, place: int) -> str:
        """The name of the instance with this number, the `place`-th of the launch."""
        if self.name is None:
            return f"one-{number}"
        return self.name if self.count == 1 else f"{self.name}-{place}"


def checked_launch(
    request: RunRequest,
    appliance: Appliance,
    statics: tuple[Appliance, ...],
    settings: Settings,
    room: Room,
) -> Launch:
    """The launch that a request asks for.

    Raises:
        UsageError: a value cannot be. NotFound: no such type. NoCapacity: the host is too small.
        Conflict: the appliance cannot be started.
    """
    if not 1 <= request.count <= MAX_COUNT:
        raise UsageError(f"{request.count} instances cannot be started at once", hint=f"1 to {MAX_COUNT} can")
    if appliance.state is ApplianceState.FAILED:
        raise Conflict(
            f"appliance {appliance.name} is not usable: {appliance.reason}", hint="import it again"
        )
    if request.name is not None:
        longest = request.name if request.count == 1 else f"{request.name}-{request.count}"
        checked_name(longest, "instance name")
    size = _type(request, appliance, settings)
    launch = Launch(
        appliance=appliance,
        count=request.count,
        name=request.name,
        type=size.name,
        vcpu=_at_least(request.vcpu, size.vcpu, 1, "CPUs"),
        ram_mib=_at_least(request.ram_mib, size.ram_mib, 1, "RAM"),
        swap_mib=_at_least(request.swap_mib, size.swap_mib, 0, "swap"),
        keys=tuple(_key(line) for line in _lines(request.keys)),
        context=_context(request.context),
        context_method=request.context_method,
        user_data=contexts.checked(request, appliance),
        volumes=request.volumes,
        volatile_gib=request.volatile_gib,
        statics=statics,
        tags=tag_rules.checked(request.tags),
    )
    launch_disks.check(request, appliance, statics, settings)
    _refuse_what_does_not_fit(launch, room)
    return launch


def _type(request: RunRequest, appliance: Appliance, settings: Settings) -> InstanceType:
    """The type that was asked for; else the default, or the smallest that has the memory it takes."""
    name = request.type
    if name is None:
        default = next(one for one in settings.types.values() if one.default)
        enough = [one for one in settings.types.values() if one.ram_mib >= appliance.min_ram_mib]
        if request.ram_mib is not None or default.ram_mib >= appliance.min_ram_mib or not enough:
            return default
        return min(enough, key=lambda one: (one.ram_mib, one.vcpu))
    found = settings.types.get(name)
    if found is None:
        raise NotFound(
            f"there is no instance type “{name}”",
            hint=nearest.hint(name, settings.types, "slshell types"),
            details={"field": "type"},
        )
    return found


def _at_least(asked: int | None, default: int, least: int, what: str) -> int:
    value = default if asked is None else asked
    if value < least:
        raise UsageError(f"{value} is not an amount of {what}", hint=f"ask for {least} or more")
    return value


def _refuse_what_does_not_fit(launch: Launch, room: Room) -> None:
    if launch.ram_mib < launch.appliance.min_ram_mib:
        raise UsageError(
            f"{launch.appliance.name} needs {launch.appliance.min_ram_mib} MiB of RAM, "
            f"{launch.ram_mib} MiB were asked for",
            hint="use a larger --type or --ram",
        )
    if launch.vcpu > room.vcpu:
        raise NoCapacity(
            f"{launch.vcpu} CPUs are more than the host has ({room.vcpu})",
            hint=f"use --cpu {room.vcpu} or fewer; `slshell types` shows which types fit",
            details={"field": "vcpu", "limit": room.vcpu},
        )
    ram = launch.ram_mib * launch.count
    if ram > room.ram_mib:
        raise NoCapacity(
            f"{ram} MiB of RAM are more than the host has ({room.ram_mib} MiB)",
            hint="use a smaller --ram or --type, or fewer instances",
            details={"field": "ram_mib", "limit": room.ram_mib},
        )
    disk = (launch.swap_mib * _MIB + launch.appliance.disk_bytes) * launch.count
    if disk > room.disk_bytes:
        raise NoCapacity(
            f"the disks need {disk // _MIB} MiB, and {room.disk_bytes // _MIB} MiB are free",
            hint="use less --swap or fewer instances, or free disk space",
            details={"field": "disk", "limit": room.disk_bytes},
        )


def _lines(keys: tuple[str, ...]) -> list[str]:
    lines = [line.strip() for key in keys for line in key.splitlines()]
    lines = [line for line in lines if line and not line.startswith(("#", "Comment:"))]
    if len(lines) > _MAX_KEYS:
        raise UsageError(f"{len(lines)} SSH keys are too many", hint=f"{_MAX_KEYS} can be given")
    return lines


def _key(line: str) -> str:
    if "PRIVATE KEY" in line:
        raise UsageError(
            "a private SSH key was given where a public one belongs",
            hint="give the file that ends in .pub; nothing was stored",
        )
    try:
        load_ssh_public_key(line.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UsageError(
            f"“{line[:40]}…” is not a public SSH key: {error}",
            hint="give lines such as `ssh-ed25519 AAAA… comment`",
            details={"field": "keys"},
        ) from error
    if any(not character.isprintable() for character in line):
        raise UsageError("an SSH key has control characters in it", hint="give the key file as it is")
    return line


def _context(pairs: dict[str, str]) -> dict[str, str]:
    checked = checked_context(pairs)
    if sum(len(name) + len(value.encode()) for name, value in checked.items()) > _MAX_CONTEXT_BYTES:
        raise UsageError("the context is too large", hint=f"{_MAX_CONTEXT_BYTES} bytes fit")
    return checked
