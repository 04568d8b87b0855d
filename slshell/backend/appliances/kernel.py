"""The kernel of the packages and the modules that a recipe wants of it."""

from __future__ import annotations

import lzma
import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from elftools.elf.elffile import ELFFile

from slshell.backend.appliances import tools
from slshell.model.errors import EngineFailed

_MODULE_NAME = re.compile(r"(?P<name>[^/]+)\.ko(?:\.(?P<packed>xz|zst|gz))?")


@dataclass(frozen=True)
class Kernel:
    """A kernel: its release text, its image and the folder of its modules."""

    release: str
    image: Path
    modules: Path


@dataclass(frozen=True)
class Module:
    """One loadable module, unpacked; `path` is relative to the modules' folder and ends in `.ko`."""

    name: str
    path: str
    content: bytes
    depends: tuple[str, ...]
    aliases: tuple[str, ...]


def find(tree: Path) -> Kernel:
    """The kernel in the unpacked packages.

    Raises:
        EngineFailed: there is none, or its modules are missing.
    """
    images = sorted((tree / "boot").glob("vmlinuz-*"))
    if not images:
        raise EngineFailed("the kernel package holds no kernel image")
    image = images[-1]
    release = image.name.removeprefix("vmlinuz-")
    for parent in ("lib/modules", "usr/lib/modules"):
        if (tree / parent / release / "kernel").is_dir():
            return Kernel(release, image, tree / parent / release)
    raise EngineFailed(f"the packages hold no modules for the kernel {release}")


def load_modules(kernel: Kernel, wanted: Iterable[str]) -> list[Module]:
    """These modules and all that they depend on, each after what it depends on; built-in ones are left out.

    Raises:
        EngineFailed: the kernel has no such module.
    """
    files = {_plain(_name_of(path)): path for path in sorted(kernel.modules.glob("kernel/**/*.ko*"))}
    built_in = {_plain(_name_of(Path(line))) for line in _lines(kernel.modules / "modules.builtin")}
    ordered: dict[str, Module] = {}

    def add(name: str) -> None:
        if name in ordered or name in built_in:
            return
        if name not in files:
            raise EngineFailed(f"the kernel {kernel.release} has no module {name}")
        module = _read(kernel, name, files[name])
        for other in module.depends:
            add(other)
        ordered[name] = module

    for name in wanted:
        add(_plain(name))
    return list(ordered.values())


def dependency_file(modules: list[Module]) -> bytes:
    """`modules.dep` of these modules, as modprobe reads it: nearest dependency first."""
    by_name = {module.name: module for module in modules}

    def closure(module: Module, seen: list[str]) -> list[str]:
        for name in module.depends:
            if name in by_name and by_name[name].path not in seen:
                seen.append(by_name[name].path)
                closure(by_name[name], seen)
        return seen

    order = {module.path: place for place, module in enumerate(modules)}
    lines = []
    for module in modules:
        others = sorted(closure(module, []), key=lambda path: -order[path])
        lines.append(f"{module.path}: {' '.join(others)}".rstrip())
    return "".join(line + "\n" for line in lines).encode()


def alias_file(modules: list[Module]) -> bytes:
    """`modules.alias` of these modules, with which the kernel loads one by what it is for."""
    lines = [f"alias {alias} {module.name}\n" for module in modules for alias in module.aliases]
    return "".join(lines).encode()


def _read(kernel: Kernel, name: str, path: Path) -> Module:
    content = _unpacked(path)
    relative = path.relative_to(kernel.modules).as_posix()
    info = _module_info(content)
    depends = tuple(_plain(item) for item in ",".join(info.get("depends", [])).split(",") if item)
    return Module(name, relative[: relative.index(".ko") + 3], content, depends, tuple(info.get("alias", [])))


def _module_info(content: bytes) -> dict[str, list[str]]:
    section = ELFFile(BytesIO(content)).get_section_by_name(".modinfo")
    info: dict[str, list[str]] = {}
    for item in section.data().split(b"\0") if section else ():
        key, _, value = item.decode(errors="replace").partition("=")
        if value:
            info.setdefault(key, []).append(value)
    return info


def _unpacked(path: Path) -> bytes:
    data = path.read_bytes()
    if path.suffix == ".xz":
        return lzma.decompress(data)
    if path.suffix == ".zst":
        program = tools.find("zstd")
        if program is None:
            raise EngineFailed("this kernel's modules are packed with zstd", hint="sudo apt-get install zstd")
        return subprocess.run([program, "-dcq"], input=data, stdout=subprocess.PIPE, check=True).stdout
    return data


def _name_of(path: Path) -> str:
    match = _MODULE_NAME.fullmatch(path.name)
    return match["name"] if match else path.name


def _plain(name: str) -> str:
    return name.strip().replace("-", "_")


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.is_file() else []
