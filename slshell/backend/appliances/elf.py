"""Which shared libraries a program needs, read from its ELF headers rather than guessed from names."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile
from elftools.elf.segments import InterpSegment

from slshell.model.errors import EngineFailed


def needed_by(program: Path) -> tuple[list[str], str]:
    """The names of the libraries that a file asks for, and the path of its loader (empty when static)."""
    with program.open("rb") as stream:
        try:
            elf = ELFFile(stream)
        except ELFError:
            return [], ""
        loaders = [
            segment.get_interp_name() for segment in elf.iter_segments() if isinstance(segment, InterpSegment)
        ]
        names = [
            str(vars(tag)["needed"])
            for section in elf.iter_sections()
            if isinstance(section, DynamicSection)
            for tag in section.iter_tags()
            if tag.entry.d_tag == "DT_NEEDED"
        ]
        return names, "".join(loaders)


def libraries_for(programs: Iterable[Path], tree: Path) -> dict[str, Path]:
    """Path in the machine → file, for all libraries and loaders that the programs need, found in `tree`.

    Raises:
        EngineFailed: a library is in none of the packages.
    """
    by_name = _libraries_of(tree)
    found: dict[str, Path] = {}
    waiting = list(programs)
    while waiting:
        program = waiting.pop()
        names, loader = needed_by(program)
        if loader:
            names = [*names, loader.rsplit("/", 1)[1]]
        for name in names:
            source = by_name.get(name)
            if source is None:
                raise EngineFailed(f"{program.name} needs {name}, which no package of the recipe has")
            at_home = _without_usr(source.relative_to(tree).as_posix())
            target = loader.lstrip("/") if loader.endswith("/" + name) else at_home
            if target not in found:
                found[target] = source
                waiting.append(source)
    return found


def _libraries_of(tree: Path) -> dict[str, Path]:
    libraries: dict[str, Path] = {}
    for folder in ("lib", "lib64", "usr/lib", "usr/lib64"):
        for path in sorted((tree / folder).glob("**/*.so*")):
            libraries.setdefault(path.name, path)
    return libraries


def _without_usr(path: str) -> str:
    return path.removeprefix("usr/")
