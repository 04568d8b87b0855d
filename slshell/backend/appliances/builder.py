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

import msgspec

from slshell.backend.appliances import disk, initrd, kernel, packages, recipe, tools
from slshell.backend.appliances.recipe import Recipe
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
    folder: str = ""
    """Where it is; not in the file, for a folder may be moved."""

    @property
    def disk(self) -> Path:
        """The bootable disk image."""
        return Path(self.folder, "disk.img")

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

    Several callers at once wait for one build. `say` gets one line a step.

    Raises:
        NotFound: no such recipe. EngineFailed: a tool or package is missing, with the remedy.
    """
    plan = recipe.load(recipe_name)
    present = find(recipe_name, into)
    if present is not None:
        return present
    tools.require_all()
    _make_folder(into)
    with _locked(into / f".{recipe_name}.lock", say):
        present = find(recipe_name, into)
        if present is not None:
            return present
        return _build_fresh(plan, into, say)


def find(recipe_name: str, into: Path) -> BuiltAppliance | None:
    """The appliance if it is built already and up to date; takes no lock and starts nothing."""
    folder = into / recipe_name
    try:
        known = msgspec.json.decode((folder / "appliance.json").read_bytes(), type=BuiltAppliance)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
    known = msgspec.structs.replace(known, folder=str(folder))
    whole = all(path.is_file() for path in (known.disk, known.kernel, known.initrd))
    return known if whole and known.fingerprint == fingerprint(recipe_name) else None


def fingerprint(recipe_name: str) -> str:
    """Changes whenever the recipe or the code that follows it changes."""
    digest = hashlib.sha256(recipe.source_of(recipe_name))
    for entry in sorted(resources.files(__package__).iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".py"):
            digest.update(entry.read_bytes())
    return digest.hexdigest()


def _build_fresh(plan: Recipe, into: Path, say: Callable[[str], None]) -> BuiltAppliance:
    if shutil.disk_usage(into).free < _ROOM_BYTES:
        raise EngineFailed(
            f"too little disk space in {into} to build an appliance",
            hint=f"free {_ROOM_BYTES >> 20} MiB there, or set SLSHELL_APPLIANCES to another folder",
        )
    _clear_leftovers(plan.name, into)
    say(f"building the appliance {plan.name}")
    chosen = packages.resolve(plan.packages, plan.architecture)
    files = packages.fetch(chosen, into / ".packages" / plan.name, say)
    work = Path(tempfile.mkdtemp(prefix=f".{plan.name}.", dir=into))
    try:
        tree, result = work / "tree", work / "result"
        say("unpacking them")
        packages.unpack(files, tree)
        result.mkdir()
        built = _assemble(plan, tree, result, say)
        _publish(result, into / plan.name, work / "old")
    finally:
        shutil.rmtree(work, onerror=_make_removable)
    say(f"{plan.name} is ready: {built.id}")
    return msgspec.structs.replace(built, folder=str(into / plan.name))


def _assemble(plan: Recipe, tree: Path, result: Path, say: Callable[[str], None]) -> BuiltAppliance:
    chosen = kernel.find(tree)
    say(f"making the file system for Linux {chosen.release}")
    (result / "initrd").write_bytes(initrd.packed(initrd.file_system(plan, tree, chosen)))
    shutil.copyfile(chosen.image, result / "vmlinuz")
    say("making the disk image")
    image = result / "disk.img"
    files = {name: result / name for name in ("vmlinuz", "initrd")}
    disk.write(image, plan.disk_mib, files, plan.command_line)
    sha1, sha256 = _digests(image)
    built = BuiltAppliance(
        name=plan.name,
        title=plan.title,
        id=ids.identifier_of(sha1),
        sha1=sha1,
        sha256=sha256,
        format="raw",
        size_bytes=image.stat().st_size,
        disk_bytes=image.stat().st_size,
        user=plan.user,
        context=plan.context,
        os=plan.os,
        os_version=chosen.release,
        arch={"amd64": "x86_64"}.get(plan.architecture, plan.architecture),
        min_ram_mib=plan.min_ram_mib,
        cmdline=plan.command_line,
        fingerprint=fingerprint(plan.name),
    )
    (result / "appliance.json").write_bytes(msgspec.json.format(msgspec.json.encode(built)) + b"\n")
    return built


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
