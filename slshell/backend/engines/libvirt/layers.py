"""Volumes as chains of qcow2 files in one folder: the top takes writes, those below never change.

A handle names the layers of a chain from top to base, `/` between. It is the truth about what lies below
what: the files say so as well, but a machine that broke out of its guest could have rewritten them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slshell.backend.engines.libvirt.qemu_img import QemuImg, size_on_disk
from slshell.backend.engines.volumes import Frozen, Say
from slshell.model.errors import Conflict, EngineFailed, NotFound, UsageError

MAX_LAYERS = 48
"""QEMU opens every layer of a chain; snapshots beyond this many are refused until some are deleted."""
_LAYER = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, kw_only=True)
class Layers:
    """The files of all chains. Nothing here knows of machines; callers say which chains are open."""

    folder: Path
    tool: QemuImg

    def file(self, layer: str) -> Path:
        """Where a layer lies, or would."""
        if _LAYER.fullmatch(layer) is None:
            raise UsageError(f"“{layer[:60]}” is not a layer of a volume")
        return self.folder / f"{layer}.qcow2"

    def top(self, handle: str) -> Path:
        """The file that takes writes.

        Raises:
            NotFound: it is missing.
        """
        path = self.file(chain(handle)[0])
        if not path.is_file() or path.is_symlink():
            raise NotFound(
                f"the file {path.name} of a volume is missing", hint=f"look for it in {self.folder}"
            )
        return path

    def create(self, layer: str, size_bytes: int) -> str:
        """An empty volume of one layer."""
        path = self.file(layer)
        if not path.exists():
            self._make("make the volume", path, str(size_bytes))
        return layer

    def freeze(self, handle: str, layer: str) -> Frozen:
        """Put a new top over a chain; when the top is as what lies below, that is taken."""
        self.refuse_high(handle)
        parts = chain(handle)
        if self.file(layer).exists():
            return Frozen(frozen=handle, top=f"{layer}/{handle}")
        size, below = self.size(handle), "/".join(parts[1:])
        if below and self._untouched(handle) and self.size(below) == size:
            return Frozen(frozen=below, top=handle)
        return Frozen(frozen=handle, top=self.branch(handle, layer, size))

    def refuse_high(self, handle: str) -> None:
        """Raises Conflict when a chain has no room for a further layer."""
        if len(chain(handle)) >= MAX_LAYERS:
            raise Conflict(
                f"the volume consists of {MAX_LAYERS} layers, which is the most",
                hint="delete some of its snapshots; their layers melt when no machine uses the volume",
            )

    def branch(self, frozen: str, layer: str, size_bytes: int) -> str:
        """A new top over a chain."""
        path = self.file(layer)
        if not path.exists():
            below = self.top(frozen).name
            self._make("make the volume", path, str(size_bytes), "-u", "-F", "qcow2", "-b", below)
        return f"{layer}/{frozen}"

    def copy(self, handle: str, layer: str, say: Say, doing: str = "copy the volume") -> str:
        """A whole new volume of one layer with a chain's content."""
        source = self.top(handle)
        self.fill(layer, doing, "copied", say, "-f", "qcow2", str(source))
        return layer

    def fill(
        self, layer: str, doing: str, word: str, say: Say, *source: str, inputs: Collection[int] = ()
    ) -> str:
        """A new volume of one layer with what `qemu-img convert` reads; nothing half-made stays."""
        path = self.file(layer)
        if path.exists():
            return layer
        draft = path.with_suffix(".new")
        draft.unlink(missing_ok=True)
        try:
            self.tool.convert(doing, word, say, *source, "-O", "qcow2", str(draft), inputs=list(inputs))
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        return layer

    def resize(self, handle: str, size_bytes: int) -> None:
        """Grow a chain that no machine has open."""
        if self.size(handle) < size_bytes:
            path = str(self.top(handle))
            self.tool.run("resize the volume", "resize", "-q", "-f", "qcow2", path, str(size_bytes))

    def size(self, handle: str) -> int:
        """The bytes of the disk that a machine sees, also while one has it open."""
        return int(self._ask("info", "-U", "-f", "qcow2", str(self.top(handle)))["virtual-size"])

    def remove(self, handle: str, keep: Collection[str]) -> None:
        """Remove the layers of a chain, from the top down to the first that another handle needs."""
        needed = {layer for other in keep for layer in chain(other)}
        for layer in chain(handle):
            if layer in needed:
                return
            self.file(layer).unlink(missing_ok=True)

    def usage(self, handle: str) -> int:
        """Bytes on disk of a whole chain.

        Raises:
            FileNotFoundError: a layer is missing.
        """
        return sum(size_on_disk(self.file(layer)) for layer in chain(handle))

    def melt(self, handles: Collection[str], in_use: Collection[str]) -> dict[str, str]:
        """Let one layer that nothing names be absorbed by the only one above it; answers new handles.

        Content stays what it was for everybody, and files keep their names, so a crash in between does no
        harm. Layers that a running machine has open wait. Empty when there is nothing to melt.
        """
        chains = {handle: chain(handle) for handle in handles}
        named = {parts[0] for parts in chains.values()}
        opened = {layer for handle in in_use for layer in chain(handle)}
        for layer in sorted({one for parts in chains.values() for one in parts} - named - opened):
            through = [parts for parts in chains.values() if layer in parts]
            above = {parts[parts.index(layer) - 1] for parts in through}
            if len(above) != 1 or above & opened:
                continue
            self._absorb(above.pop(), through[0][through[0].index(layer) + 1 :])
            self.file(layer).unlink(missing_ok=True)
            return {
                old: "/".join(one for one in parts if one != layer)
                for old, parts in chains.items()
                if layer in parts
            }
        return {}

    def _absorb(self, upper: str, below: list[str]) -> None:
        """Copy into a layer what it has from the one below, and set it onto the one after that."""
        base = self.file(below[0]).name if below else ""
        arguments = ["rebase", "-q", "-f", "qcow2", "-b", base]
        if base:
            arguments += ["-F", "qcow2"]
        self.tool.run("melt a volume's layers", *arguments, str(self.file(upper)), limit_s=None)

    def _untouched(self, handle: str) -> bool:
        """Whether nothing was ever written to the top of a chain that no machine has open."""
        extents = self._ask("map", "-f", "qcow2", str(self.top(handle)))
        return not any(one["depth"] == 0 and one.get("present", True) for one in extents)

    def _make(self, doing: str, path: Path, size: str, *options: str) -> None:
        draft = path.with_suffix(".new")
        draft.unlink(missing_ok=True)
        try:
            self.tool.run(doing, "create", "-q", "-f", "qcow2", *options, str(draft), size)
            draft.replace(path)
        except OSError as error:
            raise EngineFailed(f"cannot {doing}: {error}") from error
        finally:
            draft.unlink(missing_ok=True)

    def _ask(self, action: str, *arguments: str) -> Any:
        return json.loads(self.tool.run("look into the volume", action, "--output=json", *arguments))


def chain(handle: str) -> list[str]:
    """The layers of a handle, top first."""
    return handle.split("/")
