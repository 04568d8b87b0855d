"""Recipes: what an appliance is made of, as data."""

from __future__ import annotations

from importlib import resources
from importlib.resources.abc import Traversable

import msgspec

from slshell.model.appliance import ContextMethod
from slshell.model.errors import NotFound

_RECIPES = resources.files("slshell.backend.appliances") / "recipes"


class Packages(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Distribution packages: `kernel` is the first of these that exists here, `others` are all needed.

    Of everything these depend on, only packages that match a pattern of `kept` are fetched.
    """

    kernel: list[str]
    others: list[str]
    kept: list[str]


class Modules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Kernel modules to carry, dependencies are added: loaded at once, or when the machine is up."""

    first: list[str]
    later: list[str]
    spare: list[str]
    """Carried for the kernel to load when something asks for them."""


class Recipe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One bundled appliance. Its own files are in the folder of its name beside the recipe."""

    name: str
    title: str
    os: str
    architecture: str
    """As the distribution names it, for example amd64."""
    user: str
    context: ContextMethod
    min_ram_mib: int
    disk_mib: int
    command_line: str
    packages: Packages
    modules: Modules
    binaries: list[str]
    """Paths in the packages, with or without the leading `usr/`; shared libraries are added."""
    links: dict[str, str]
    """Path in the machine → what it points to."""
    folders: dict[str, str]
    """Path in the machine → its mode in octal, for example 0700."""


class System(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a whole system is made of."""

    distribution: str
    """The ID of the host's distribution, whose packages these are."""
    disk_mib: int
    uuid: str
    """Of its file system."""
    packages: list[str]
    """With all that they depend on, beside what the distribution cannot be without."""
    enabled: list[str]
    disabled: list[str]
    """Units of systemd."""


class SystemRecipe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One appliance that is a whole system of the distribution; built when somebody asks for it."""

    name: str
    title: str
    os: str
    architecture: str
    user: str
    context: ContextMethod
    min_ram_mib: int
    command_line: str
    system: System


def names() -> list[str]:
    """Names of the recipes that are shipped."""
    return sorted(entry.name[: -len(".toml")] for entry in _RECIPES.iterdir() if entry.name.endswith(".toml"))


def load(name: str) -> Recipe | SystemRecipe:
    """The recipe of this name.

    Raises:
        NotFound: there is none.
    """
    if name not in names():
        raise NotFound(f"no recipe is named “{name}”", hint=f"there are: {', '.join(names())}")
    data = msgspec.toml.decode((_RECIPES / f"{name}.toml").read_bytes())
    if "system" in data:
        return msgspec.convert(data, SystemRecipe)
    return msgspec.convert(data, Recipe)


def own_files(name: str) -> dict[str, bytes]:
    """The recipe's own files: path in the machine → content."""
    found: dict[str, bytes] = {}

    def gather(folder: Traversable, prefix: str) -> None:
        for entry in sorted(folder.iterdir(), key=lambda item: item.name):
            if entry.is_dir():
                gather(entry, f"{prefix}{entry.name}/")
            else:
                found[prefix + entry.name] = entry.read_bytes()

    gather(_RECIPES / name, "")
    return found


def source_of(name: str) -> bytes:
    """The recipe's text and files as one byte string, for telling whether they changed."""
    parts = [(_RECIPES / f"{name}.toml").read_bytes()]
    for path, content in sorted(own_files(name).items()):
        parts += [path.encode(), content]
    return b"\0".join(parts)
