"""The cloud's own settings, read from `config.toml` at start."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import msgspec

from slshell.backend.images.cloud_images import known
from slshell.backend.services import nearest
from slshell.model.errors import UsageError
from slshell.model.instance import InstanceType
from slshell.model.names import checked_name

LONGEST_URL = 255
"""What the database keeps of an address."""

# The tutorial's section 6.1.
TUTORIAL_TYPES = {
    "t1.micro": (1, 128, 512),
    "m1.small": (1, 128, 1024),
    "m1.large": (2, 512, 1024),
    "m1.xlarge": (2, 1024, 1024),
    "c1.medium": (1, 256, 1024),
    "c1.xlarge": (4, 2048, 2048),
}


LEAST_CONSOLE_KIB, MOST_CONSOLE_KIB = 64, 1 << 20


class CloudSection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The `[cloud]` table of config.toml."""

    database: str = ""
    """An SQLAlchemy URL; empty means SQLite in the data folder."""
    listen: str = ""
    """HOST:PORT to answer on TCP as well, for those who hold the token; empty means the socket only."""
    engine_uri: str = ""
    """Another libvirt connection; empty means a private daemon of the cloud's own."""
    engine_account: str = "nobody"
    """The account that machines run under when the cloud is root's."""
    accelerator: str = "auto"
    """auto, kvm or tcg."""
    default_instance_type: str = "m1.small"
    max_image_gib: float = 100.0
    shutdown_timeout_s: float = 120.0
    """How long a guest may take to power itself off before the instance counts as Running again."""
    image_timeout_s: float = 1800.0
    """How long a starting instance waits for its appliance to be ready."""
    console_kib: int = 4096
    """What is kept, at least, of a machine's serial console; it is cut back when it has twice as much."""
    workers: int = 4
    """Jobs done at the same time."""
    volume_pool: str = ""
    """Where volumes are kept: the absolute path of a folder, or the name of a libvirt storage pool; empty
    means a folder of the cloud's own."""
    cloud_images: bool = True
    """Whether the catalogue lists the cloud images that distributions publish."""
    image_mirrors: dict[str, str] = {}
    """Addresses to fetch a publisher's images from instead of its own, by publisher."""
    max_volume_gib: int = 1024
    quarantine_hours: float = 24.0
    """How long deleted volumes and root disks of killed machines can be brought back; 0 for not at all."""
    disk_overcommit: float = 1.0
    """How many times the free disk space may be promised to disks that grow."""
    disk_warning_percent: float = 5.0
    """Warn when less of the disk than this is free."""
    policy: str = ""
    """The absolute path of a file that says what may run; empty: what is endorsed and neither expired nor
    deprecated, and images of one's own."""
    marketplaces: list[str] = []
    """Addresses of other marketplaces whose entries are shown as well."""
    marketplace_refresh_s: float = 900.0
    """How often they are asked for news."""
    marketplace_public: bool = False
    """Whether entries can be read over TCP without the token, as other clouds and the original client do."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All that the back end can be told."""

    cloud: CloudSection = field(default_factory=CloudSection)
    types: dict[str, InstanceType] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Self:
        """The settings in `path`; a missing file means the defaults.

        Raises:
            UsageError: the file is not TOML, or a key or value is not known; file and key are named.
        """
        try:
            data = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise UsageError(f"{path} cannot be read: {error}", hint="mend or remove the file") from error
        return cls.of(data, str(path))

    @classmethod
    def of(cls, data: dict[str, Any], where: str) -> Self:
        """The settings in parsed data; `where` names its source in errors."""
        try:
            section = msgspec.convert(data.get("cloud", {}), CloudSection)
        except msgspec.ValidationError as error:
            raise UsageError(f"{where}, [cloud]: {error}") from error
        if section.accelerator not in {"auto", "kvm", "tcg"}:
            raise UsageError(f"{where}, [cloud] accelerator: “{section.accelerator}” is not auto, kvm or tcg")
        _check_storage(section, where)
        if not LEAST_CONSOLE_KIB <= section.console_kib <= MOST_CONSOLE_KIB:
            raise UsageError(
                f"{where}, [cloud] console_kib: {section.console_kib} cannot be",
                hint=f"{LEAST_CONSOLE_KIB} to {MOST_CONSOLE_KIB}",
            )
        _check_marketplaces(section, where)
        _check_mirrors(section, where)
        sizes: dict[str, Any] = {**TUTORIAL_TYPES, **data.get("instance_types", {})}
        default = section.default_instance_type
        if default not in sizes:
            raise UsageError(
                f"{where}, [cloud] default_instance_type: there is no type “{default}”",
                hint="known types: " + ", ".join(sorted(sizes)),
            )
        types = {
            name: _type(name, value, name == default, f"{where}, [instance_types] {name}")
            for name, value in sorted(sizes.items())
        }
        return cls(cloud=section, types=types)


def _check_storage(section: CloudSection, where: str) -> None:
    """Raises UsageError when a setting of the storage cannot be."""
    limits = {
        "max_volume_gib": section.max_volume_gib >= 1,
        "quarantine_hours": section.quarantine_hours >= 0,
        "disk_overcommit": section.disk_overcommit > 0,
        "disk_warning_percent": 0 <= section.disk_warning_percent <= 100,
    }
    for name, fine in limits.items():
        if not fine:
            raise UsageError(f"{where}, [cloud] {name}: {getattr(section, name)} cannot be")


def _check_marketplaces(section: CloudSection, where: str) -> None:
    """Raises UsageError when what is said of the catalogue cannot be."""
    if section.policy and not Path(section.policy).is_absolute():
        raise UsageError(f"{where}, [cloud] policy: {section.policy} is not an absolute path")
    if section.marketplace_refresh_s < 1:
        raise UsageError(f"{where}, [cloud] marketplace_refresh_s: less than one second cannot be")
    for url in section.marketplaces:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or len(url) > LONGEST_URL:
            raise UsageError(
                f"{where}, [cloud] marketplaces: “{url[:80]}” is not the address of a marketplace",
                hint="for example https://marketplace.example.org",
            )


def _check_mirrors(section: CloudSection, where: str) -> None:
    """Raises UsageError when a mirror is for nobody, or no address."""
    place = f"{where}, [cloud.image_mirrors]"
    for publisher, address in section.image_mirrors.items():
        if publisher not in known().mirrors:
            raise UsageError(
                f"{place}: there are no images of “{publisher}”",
                hint=nearest.hint(publisher, known().mirrors, "slshell appliances"),
            )
        try:
            parts = urlsplit(address)
            usable = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.query
        except ValueError:
            usable = False
        if not usable:
            raise UsageError(
                f"{place} {publisher}: “{address}” is not an http or https address",
                hint=f"its own is {known().mirrors[publisher]}",
            )


def _type(name: str, value: Any, default: bool, where: str) -> InstanceType:
    """A size given as `[cpu, ram, swap]`, as the tutorial's text `1, 128, 1024`, or as a table."""
    checked_name(name, "type")
    if isinstance(value, dict):
        numbers = [value.get(key) for key in ("cpu", "ram", "swap")]
        strange = set(value) - {"cpu", "ram", "swap"}
    else:
        numbers = [int(n) for n in re.findall(r"\d+", value)] if isinstance(value, str) else list(value)
        strange = set()
    whole = [n for n in numbers if isinstance(n, int) and not isinstance(n, bool)]
    if len(whole) != 3 or len(numbers) != 3 or strange or whole[0] < 1 or whole[1] < 1 or whole[2] < 0:
        raise UsageError(
            f"{where}: wants CPUs, RAM in MiB and swap in MiB",
            hint='for example "m1.huge" = [8, 16384, 2048]',
        )
    return InstanceType(name=name, vcpu=whole[0], ram_mib=whole[1], swap_mib=whole[2], default=default)
