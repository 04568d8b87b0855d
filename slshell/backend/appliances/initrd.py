"""Putting together the file system that an appliance runs from."""

from __future__ import annotations

import subprocess
from pathlib import Path

from slshell.backend.appliances import cpio, elf, kernel, recipe, tools
from slshell.backend.appliances.recipe import Recipe
from slshell.model.errors import EngineFailed

BUSYBOX = "bin/busybox"


def file_system(plan: Recipe, tree: Path, chosen_kernel: kernel.Kernel) -> dict[str, cpio.Entry]:
    """Everything in the machine: path without leading slash → entry.

    Raises:
        EngineFailed: the packages lack something that the recipe names.
    """
    entries = _applet_links(tree / _place(tree, BUSYBOX))
    entries |= _programs(plan, tree)
    entries |= _modules(plan, chosen_kernel)
    for path, mode in plan.folders.items():
        entries[path] = cpio.folder(int(mode, 8))
    for path, content in recipe.own_files(plan.name).items():
        entries[path] = cpio.file(content, 0o755 if content.startswith(b"#!") else 0o644)
    for path, target in plan.links.items():
        entries[path] = cpio.link(target)
    entries["etc/os-release"] = cpio.file(_os_release(plan, chosen_kernel))
    return entries


def packed(entries: dict[str, cpio.Entry]) -> bytes:
    """The initrd: cpio in the one lz4 form that the kernel reads; it unpacks fastest under emulation.

    Raises:
        EngineFailed: lz4 failed.
    """
    program = tools.find("lz4")
    if program is None:
        raise EngineFailed("lz4 is not installed", hint="sudo apt-get install lz4")
    done = subprocess.run(
        [program, "-l", "-9", "-q", "-c"], input=cpio.archive(entries), capture_output=True, check=False
    )
    if done.returncode != 0:
        raise EngineFailed(f"lz4 failed: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def _applet_links(busybox: Path) -> dict[str, cpio.Entry]:
    done = subprocess.run([busybox, "--list-full"], capture_output=True, text=True, check=False)
    applets = done.stdout.split()
    if done.returncode != 0 or "bin/sh" not in applets:
        raise EngineFailed("busybox of the packages does not run here")
    return {path: cpio.link("/" + BUSYBOX) for path in applets if path != BUSYBOX}


def _programs(plan: Recipe, tree: Path) -> dict[str, cpio.Entry]:
    places = {path: tree / _place(tree, path) for path in plan.binaries}
    libraries = elf.libraries_for(places.values(), tree)
    return {
        path: cpio.file(
            source.read_bytes(), 0o755 if source.stat().st_mode & 0o111 or ".so" in path else 0o644
        )
        for path, source in (libraries | places).items()
    }


def _modules(plan: Recipe, chosen: kernel.Kernel) -> dict[str, cpio.Entry]:
    wanted = plan.modules
    modules = kernel.load_modules(chosen, [*wanted.first, *wanted.later, *wanted.spare])
    home = f"lib/modules/{chosen.release}"
    entries = {f"{home}/{module.path}": cpio.file(module.content) for module in modules}
    entries[f"{home}/modules.dep"] = cpio.file(kernel.dependency_file(modules))
    entries[f"{home}/modules.alias"] = cpio.file(kernel.alias_file(modules))
    carried = {module.name for module in modules}
    for when, names in (("first", wanted.first), ("later", wanted.later)):
        present = [name for name in names if name.replace("-", "_") in carried]
        entries[f"etc/modules.{when}"] = cpio.file((" ".join(present) + "\n").encode())
    return entries


def _place(tree: Path, path: str) -> str:
    for candidate in (path, f"usr/{path}", path.removeprefix("usr/")):
        if (tree / candidate).exists():
            return candidate
    raise EngineFailed(f"no package of the recipe has {path}")


def _os_release(plan: Recipe, chosen: kernel.Kernel) -> bytes:
    return (
        f'NAME="{plan.os}"\nID={plan.name}\nVERSION_ID="{chosen.release}"\nPRETTY_NAME="{plan.title}"\n'
    ).encode()
