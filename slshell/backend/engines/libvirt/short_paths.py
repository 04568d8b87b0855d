"""Where an engine's files really are, and under which short path its daemon knows them.

A monitor socket's path may have 107 characters, of which libvirt needs 63 below XDG_CONFIG_HOME, so the
daemon's base folder must be short; and when we are root, the account of the daemon must be able to enter it.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path

from slshell.backend.engines.libvirt.account import Account
from slshell.backend.engines.libvirt.mark import short_id
from slshell.model.errors import EngineFailed

MAX_BASE = 40
"""Longest base folder in bytes: 107 less `/c/libvirt/qemu/lib/domain-NNNNN-`, 20 letters, `/monitor.sock`."""
ENGINES_OF_ROOT = Path("/var/lib/slshell-engines")
"""Engines of root whose own folder the account cannot enter."""
_RECORD = "alias"
_ATTEMPTS = 8


@dataclass(frozen=True, kw_only=True)
class Places:
    """The folders of one engine; `base` is `real` or a symlink to it that is short enough for sockets."""

    asked: Path
    real: Path
    base: Path

    @property
    def relocated(self) -> bool:
        """Whether the files are not where they were asked for."""
        return self.real.parent == ENGINES_OF_ROOT

    @property
    def machines(self) -> Path:
        """Files of machines, a folder each."""
        return self.real / "m"

    @property
    def images(self) -> Path:
        """Images that machines read."""
        return self.real / "images"

    @property
    def volumes(self) -> Path:
        """Volumes, where no other place is set for them."""
        return self.real / "volumes"

    @property
    def exports(self) -> Path:
        """Copies of volumes that wait to be fetched."""
        return self.real / "exports"

    @property
    def retired(self) -> Path:
        """Root disks of ended machines."""
        return self.real / "retired"

    @property
    def hold_something(self) -> bool:
        """Whether anything is kept here that somebody may want back."""
        kept = (self.machines, self.images, self.volumes, self.retired)
        return any(any(path.iterdir()) for path in kept if path.is_dir())


def settle(folder: Path, cloud_id: str, account: Account) -> Places:
    """Make the engine's folders and answer where they are; the same again whenever it is asked.

    Raises:
        EngineFailed: no place can be made that the account can enter.
    """
    folder = folder.absolute()
    try:
        real = _real_folder(folder, cloud_id, account)
        places = Places(asked=folder, real=real, base=_base(real, cloud_id, account))
        for path in (places.machines, places.images):
            path.mkdir(exist_ok=True)
            account.share(path, 0o750 if account.other else 0o700)
        for path in (places.volumes, places.exports, places.retired):
            path.mkdir(mode=0o700, exist_ok=True)
            account.owns(path)
    except OSError as error:
        raise EngineFailed(
            f"cannot make the engine's folder {folder}: {error}",
            hint="check its owner and the free disk space",
        ) from error
    return places


def drop_alias(places: Places) -> None:
    """Remove the short name; it stays recorded, and `settle` makes it again."""
    if places.base != places.real and _leads_to(places.base, places.real):
        places.base.unlink()


def drop_folder(places: Places) -> None:
    """Remove what `settle` made elsewhere for root, as far as it is empty."""
    (places.real / _RECORD).unlink(missing_ok=True)
    kept = (places.machines, places.images, places.volumes, places.exports, places.retired)
    for path in (*kept, places.real):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()
    if not places.real.exists():
        if places.asked.is_symlink():
            places.asked.unlink()
        if not any(ENGINES_OF_ROOT.iterdir()):
            ENGINES_OF_ROOT.rmdir()


def _real_folder(folder: Path, cloud_id: str, account: Account) -> Path:
    if not account.other:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        return folder.resolve()
    elsewhere = ENGINES_OF_ROOT / short_id(cloud_id)
    if folder.is_symlink():
        target = folder.readlink()
        if target != elsewhere:
            raise EngineFailed(
                f"{folder} is a symlink to {target}, not to this engine's {elsewhere}",
                hint="remove the symlink if nothing of yours is behind it",
            )
        return _owned_by_root(elsewhere)
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711)
    if account.can("-x", folder):
        return folder.resolve()
    if any(folder.iterdir()):
        raise EngineFailed(
            f"the account “{account.name}” cannot enter {folder}",
            hint=f"let it pass: chmod o+x on the folders above {folder}",
        )
    _owned_by_root(elsewhere)
    folder.rmdir()
    folder.symlink_to(elsewhere)
    return elsewhere


def _owned_by_root(folder: Path) -> Path:
    for path in (folder.parent, folder):
        path.mkdir(exist_ok=True, parents=True)
        if path.is_symlink() or path.stat().st_uid != 0:
            raise EngineFailed(f"{path} does not belong to root", hint="look at who made it, then remove it")
        path.chmod(0o711)
    return folder


def _base(real: Path, cloud_id: str, account: Account) -> Path:
    if len(os.fsencode(real)) <= MAX_BASE:
        return real
    record = real / _RECORD
    if record.exists():
        alias = Path(record.read_text().strip())
        if _made(alias, real):
            return alias
    for attempt in range(_ATTEMPTS):
        name = f"sls-{short_id(cloud_id) if attempt == 0 else secrets.token_hex(4)}"
        for parent in _parents(account):
            alias = parent / name
            if len(os.fsencode(alias)) <= MAX_BASE and _made(alias, real):
                record.write_text(f"{alias}\n")
                return alias
    raise EngineFailed(
        f"{real} is too long for the sockets of a hypervisor and no shorter name for it can be made",
        hint=f"use a data folder whose path has at most {MAX_BASE - 2} characters",
    )


def _parents(account: Account) -> list[Path]:
    """Folders for an alias, most lasting first: a user's cache outlives a login, which /run/user does not."""
    if account.other:
        return [Path("/run")]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return [*([cache] if cache.is_dir() else []), Path(tempfile.gettempdir()), Path("/tmp")]  # noqa: S108 - checked


def _made(alias: Path, real: Path) -> bool:
    """Make the alias, or find it already ours; False when somebody else holds the name."""
    try:
        alias.symlink_to(real)
    except FileExistsError:
        return _leads_to(alias, real)
    except OSError:
        return False
    return True


def _leads_to(alias: Path, real: Path) -> bool:
    try:
        return alias.lstat().st_uid == os.geteuid() and alias.is_symlink() and alias.readlink() == real
    except FileNotFoundError:
        return False
