"""Building a bundled appliance from its recipe: once, whole or not at all, the same bytes each time."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec

from slshell.backend.appliances import disk, initrd, kernel, packages, recipe, tools
from slshell.backend.appliances.recipe import Recipe, SystemRecipe
from slshell.backend.appliances.system import build as system
from slshell.model import ids
from slshell.model.appliance import ContextMethod
from slshell.model.errors import EngineFailed

_ROOM_BYTES = 400 << 20
"""Measured: packages, their content and the results of ttylinux take 230 MiB on Debian 12."""


class BuiltAppliance(msgspec.Struct, frozen=True, kw_only=True):
    """A built appliance, the content of its `appliance.json`; sizes in bytes where not named otherwise."""

    name: str
    title: str
    id: str
    sha1: str
    sha256: str
    format: str
    size_bytes: int
    disk_bytes: int
    user: str
    context: ContextMethod
    os: str
    os_version: str
    arch: str
    min_ram_mib: int
    cmdline: str
    fingerprint: str
    """Of the recipe and of the builder; another one means that it has to be built again."""
    packages: str = ""
    """Of a whole system: SHA-256 of the names and versions of its packages."""
    folder: str = ""
    """Where it is; not in the file, for a folder may be moved."""

    @property
    def disk(self) -> Path:
        """The bootable disk image."""
        return Path(self.folder, "disk.img")

    @property
    def starts_directly(self) -> bool:
        """Whether it has kernel and first file system beside the disk."""
        return not self.packages

    @property
    def kernel(self) -> Path:
        """The kernel, for starting without the disk's boot loader."""
        return Path(self.folder, "vmlinuz")

    @property
    def initrd(self) -> Path:
        """The first file system, to go with the kernel."""
        return Path(self.folder, "initrd")


def build(recipe_name: str, into: Path, say: Callable[[str], None]) -> BuiltAppliance:
    """Have the appliance in `into/<name>/`, building it only when it is missing or its recipe has changed.

    Several callers at once wait for one build. `say` gets one line a step. However a build ends before it is
    done, its programs end and its folder is removed.

    Raises:
        NotFound: no such recipe. EngineFailed: a tool or package is missing, with the remedy. Stopped: it
        was told to end.
    """
    plan = recipe.load(recipe_name)
    present = find(recipe_name, into)
    if present is not None:
        return present
    require(plan)
    _make_folder(into)
    with _locked(into / f".{recipe_name}.lock", say):
        present = find(recipe_name, into)
        if present is not None:
            return present
        return _build_fresh(plan, into, say)


def require(plan: Recipe | SystemRecipe) -> None:
    """Check that the programs are there that building takes.

    Raises:
        EngineFailed: names the packages and the line that installs them.
    """
    tools.require_all(system.TOOLS if isinstance(plan, SystemRecipe) else tools.TOOLS)


def find(recipe_name: str, into: Path) -> BuiltAppliance | None:
    """The appliance if it is built already and up to date; takes no lock and starts nothing."""
    folder = into / recipe_name
    try:
        known = msgspec.json.decode((folder / "appliance.json").read_bytes(), type=BuiltAppliance)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
    known = msgspec.structs.replace(known, folder=str(folder))
    files = (known.disk, known.kernel, known.initrd) if known.starts_directly else (known.disk,)
    whole = all(path.is_file() for path in files)
    return known if whole and known.fingerprint == fingerprint(recipe_name) else None


def fingerprint(recipe_name: str) -> str:
    """Changes whenever the recipe or the code that follows it changes."""
    digest = hashlib.sha256(recipe.source_of(recipe_name))
    code = [resources.files(__package__)]
    if isinstance(recipe.load(recipe_name), SystemRecipe):
        code.append(resources.files(system.__package__))
    for folder in code:
        for entry in sorted(folder.iterdir(), key=lambda item: item.name):
            if entry.is_file() and not entry.name.endswith(".pyc"):
                digest.update(entry.read_bytes())
    return digest.hexdigest()


def _build_fresh(plan: Recipe | SystemRecipe, into: Path, say: Callable[[str], None]) -> BuiltAppliance:
    room = system.ROOM_BYTES if isinstance(plan, SystemRecipe) else _ROOM_BYTES
    if shutil.disk_usage(into).free < room:
        raise EngineFailed(
            f"too little disk space in {into} to build an appliance",
            hint=f"free {room >> 20} MiB there, or set SLSHELL_APPLIANCES to another folder",
        )
    _clear_leftovers(plan.name, into)
    say(f"building the appliance {plan.name}")
    work = Path(tempfile.mkdtemp(prefix=f".{plan.name}.", dir=into))
    try:
        result, cache = work / "result", into / ".packages" / plan.name
        result.mkdir()
        if isinstance(plan, SystemRecipe):
            built = _system(plan, work, cache, result, say)
        else:
            built = _assemble(plan, _unpacked(plan, work, cache, say), result, say)
        (result / "appliance.json").write_bytes(msgspec.json.format(msgspec.json.encode(built)) + b"\n")
        _publish(result, into / plan.name, work / "old")
    finally:
        shutil.rmtree(work, onerror=_make_removable)
    say(f"{plan.name} is ready: {built.id}")
    return msgspec.structs.replace(built, folder=str(into / plan.name))


def _unpacked(plan: Recipe, work: Path, cache: Path, say: Callable[[str], None]) -> Path:
    files = packages.fetch(packages.resolve(plan.packages, plan.architecture), cache, say)
    say("unpacking them")
    packages.unpack(files, work / "tree")
    return work / "tree"


def _system(
    plan: SystemRecipe, work: Path, cache: Path, result: Path, say: Callable[[str], None]
) -> BuiltAppliance:
    image, scratch = result / "disk.img", work / "scratch"
    scratch.mkdir()
    installed = system.build(plan, image, scratch, cache, say)
    versions = dict(line.split(" ", 1) for line in installed.splitlines())
    return _described(
        plan,
        image,
        format="qcow2",
        disk_bytes=plan.system.disk_mib << 20,
        os_version=versions.get("base-files", ""),
        cmdline="",
        packages=hashlib.sha256(installed.encode()).hexdigest(),
    )


def _assemble(plan: Recipe, tree: Path, result: Path, say: Callable[[str], None]) -> BuiltAppliance:
    chosen = kernel.find(tree)
    say(f"making the file system for Linux {chosen.release}")
    (result / "initrd").write_bytes(initrd.packed(initrd.file_system(plan, tree, chosen)))
    shutil.copyfile(chosen.image, result / "vmlinuz")
    say("making the disk image")
    image = result / "disk.img"
    files = {name: result / name for name in ("vmlinuz", "initrd")}
    disk.write(image, plan.disk_mib, files, plan.command_line)
    return _described(
        plan,
        image,
        format="raw",
        disk_bytes=image.stat().st_size,
        os_version=chosen.release,
        cmdline=plan.command_line,
    )


def _described(plan: Recipe | SystemRecipe, image: Path, **facts: Any) -> BuiltAppliance:
    sha1, sha256 = _digests(image)
    return BuiltAppliance(
        name=plan.name,
        title=plan.title,
        id=ids.identifier_of(sha1),
        sha1=sha1,
        sha256=sha256,
        size_bytes=image.stat().st_size,
        user=plan.user,
        context=plan.context,
        os=plan.os,
        arch={"amd64": "x86_64"}.get(plan.architecture, plan.architecture),
        min_ram_mib=plan.min_ram_mib,
        fingerprint=fingerprint(plan.name),
        **facts,
    )


def _publish(result: Path, target: Path, old: Path) -> None:
    result.chmod(0o755)
    for path in result.iterdir():
        path.chmod(0o644)
    if target.exists():
        target.rename(old)
    result.rename(target)


def _digests(path: Path) -> tuple[str, str]:
    sha1, sha256 = hashlib.sha1(usedforsecurity=False), hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            sha1.update(block)
            sha256.update(block)
    return sha1.hexdigest(), sha256.hexdigest()


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if stat.S_IMODE(folder.stat().st_mode) & 0o755 != 0o755 and folder.stat().st_uid == os.geteuid():
            folder.chmod(0o755)
    except OSError as error:
        raise EngineFailed(
            f"the folder for appliances cannot be made: {error.strerror} ({folder})",
            hint="set SLSHELL_APPLIANCES to a folder of your own",
        ) from error


def _clear_leftovers(name: str, into: Path) -> None:
    """A build that was killed leaves its work folder; under the lock no other build can own it."""
    for path in into.glob(f".{name}.*"):
        if path.is_dir():
            shutil.rmtree(path, onerror=_make_removable)


def _make_removable(_function: object, path: str, _info: object) -> None:
    """Packages may hold folders that their owner cannot write to; open them and remove them then."""
    parent = Path(path).parent
    parent.chmod(0o700)
    target = Path(path)
    if target.is_dir() and not target.is_symlink():
        target.chmod(0o700)
        shutil.rmtree(target)
    else:
        target.unlink(missing_ok=True)


@contextmanager
def _locked(path: Path, say: Callable[[str], None]) -> Iterator[None]:
    with path.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another process is building it; waiting")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
