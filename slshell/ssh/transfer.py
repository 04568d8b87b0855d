"""Copying files and folders between two sides: resumed, checked, and put in place when they are whole."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from slshell.model.errors import Conflict, NotFound, SlshellError, UsageError
from slshell.ssh.sides import MOST_NAMES, Entry, Settled, Side, What

BATCH_FILES = 64
BATCH_BYTES = 64 << 20
"""So much is checked and put in place at once: each check is a command in the machine."""
LONGEST_NAME = 200
"""Bytes of a name that its part keeps; file systems take 255."""
SHOWN = 3

Tell = Callable[[str, int, int], None]
"""(path, bytes done, bytes in all), again and again."""


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """How to copy."""

    preserve: bool = True
    """Keep modes and times."""
    force: bool = False
    """Replace what is there and differs."""


@dataclass(kw_only=True)
class Done:
    """What a copy did."""

    target: str
    files: int = 0
    bytes: int = 0
    unchanged: int = 0
    """Files that were there already."""
    left_out: list[str] = field(default_factory=list)
    """Names with the reason, untrusted text."""
    checked: str = ""
    """The checksum that was equal on both sides; empty when none could be compared."""


@dataclass(frozen=True, kw_only=True)
class _File:
    source: str
    target: str
    entry: Entry
    part: str
    there: int
    """Bytes of the part that are there from before."""


@dataclass(kw_only=True)
class _Plan:
    """What is to be done, found out before anything is."""

    folders: list[tuple[str, Entry, bool]] = field(default_factory=list)
    """Path at the target, what it is at the source, and whether it is there."""
    files: list[_File] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    clashes: list[str] = field(default_factory=list)
    names: int = 0


class Copier:
    """Copies from one side to another, as `cp -r` would: into a folder that is there, else to that name."""

    def __init__(self, source: Side, target: Side, wishes: Wishes, tell: Tell) -> None:
        self._source = source
        self._target = target
        self._wishes = wishes
        self._tell = tell
        common = [kind for kind in source.sums() if kind in target.sums()]
        self._sum = common[0] if common else ""
        self._total = 0
        self._so_far = 0

    def copy(self, source: str, target: str) -> Done:
        """Copy a file or a folder with all in it.

        What is whole at the target already is passed over, and a part is gone on with. A name appears when
        its file is whole and, where both sides can make one, its checksum is right.

        Raises:
            NotFound, UsageError: a path cannot be used. Conflict: something is there and differs; nothing
            was done. NoCapacity: no room. CloudUnreachable: the connection broke. SlshellError: damaged.
        """
        entry = self._source.look(source)
        if entry is None:
            raise NotFound(f"there is no {self._source.said(source)}")
        if entry.what is What.OTHER:
            raise UsageError(f"{self._source.said(source)} is a {entry.what}", hint="name a file or a folder")
        path = self._place(source, target)
        done, plan = Done(target=self._target.said(path)), _Plan()
        if entry.what is What.FOLDER:
            self._walk(source, path, entry, plan, done)
        else:
            self._one(source, path, entry, plan, done)
        if plan.clashes and not self._wishes.force:
            shown = ", ".join(self._target.said(each) for each in plan.clashes[:SHOWN])
            more = f" and {len(plan.clashes) - SHOWN} more" if len(plan.clashes) > SHOWN else ""
            raise Conflict(
                f"there already, and different: {shown}{more}", hint="--force replaces them; nothing was done"
            )
        self._total = sum(each.entry.size for each in plan.files)
        self._so_far = sum(each.there for each in plan.files)
        self._target.refuse_full(_folder_of(path), self._total - self._so_far)
        self._carry_out(plan, done)
        done.checked = self._sum if plan.files else ""
        return done

    def _place(self, source: str, target: str) -> str:
        """Where it goes, from what is there."""
        there = self._target.look(target)
        name = source.rstrip("/").rpartition("/")[2]
        if there is not None and there.what is What.FOLDER:
            return target if name in ("", ".", "..") else self._target.join(target, name)
        if target.endswith("/"):
            raise NotFound(f"there is no folder {self._target.said(target)}", hint="make it first")
        folder = _folder_of(target)
        above = self._target.look(folder)
        if above is None or above.what is not What.FOLDER:
            raise NotFound(f"there is no folder {self._target.said(folder)}", hint="make it first")
        return target

    def _one(self, source: str, path: str, entry: Entry, plan: _Plan, done: Done) -> None:
        part = _part_of(path, entry)
        known = {}
        for each in (path, part):
            if (found := self._target.look(each, follow=False)) is not None:
                known[each] = found
        self._add(source, path, entry, known, plan, done)

    def _walk(self, source: str, path: str, entry: Entry, plan: _Plan, done: Done) -> None:
        """Plan for a folder and all below it; nothing is followed below the two that were named."""
        waiting = [(source, path, entry, 0)]
        while waiting:
            folder, place, about, depth = waiting.pop()
            known = self._known(place, top=depth == 0)
            plan.folders.append((place, about, known is not None))
            seen: set[str] = set()
            for name, one in self._source.entries(folder):
                plan.names += 1
                if plan.names > MOST_NAMES:
                    raise UsageError(f"{self._source.said(source)} holds more than {MOST_NAMES} names")
                why = _unfit(name, seen, self._source, one)
                if why:
                    done.left_out.append(f"{self._source.said(f'{folder}/{name}')}: {why}")
                    continue
                seen.add(name)
                inner, goal = self._source.join(folder, name), self._target.join(place, name)
                if one.what is What.FOLDER:
                    waiting.append((inner, goal, one, depth + 1))
                elif one.what is What.LINK:
                    self._add_link(inner, goal, depth, known or {}, plan, done)
                else:
                    self._add(inner, goal, one, known or {}, plan, done)

    def _known(self, place: str, *, top: bool) -> dict[str, Entry] | None:
        """What is in a folder of the target by path; None when there is no such folder."""
        there = self._target.look(place, follow=top)
        if there is None:
            return None
        if there.what is not What.FOLDER:
            raise Conflict(
                f"{self._target.said(place)} is there and is no folder",
                hint="move it away, or choose another place",
            )
        found = islice(self._target.entries(place), MOST_NAMES)
        return {self._target.join(place, name): one for name, one in found}

    def _add(
        self, source: str, path: str, entry: Entry, known: dict[str, Entry], plan: _Plan, done: Done
    ) -> None:
        part, there = _part_of(path, entry), known.get(path)
        if there is not None and there.what is What.FOLDER:
            raise Conflict(f"{self._target.said(path)} is a folder, not a file", hint="choose another place")
        if there is not None and self._is_same(source, path, entry, there):
            done.unchanged += 1
            return
        if there is not None:
            plan.clashes.append(path)
        before = known.get(part)
        usable = before is not None and before.what is What.FILE and before.size <= entry.size
        plan.files.append(
            _File(
                source=source,
                target=path,
                entry=entry,
                part=part,
                there=before.size if before is not None and usable else 0,
            )
        )

    def _is_same(self, source: str, path: str, entry: Entry, there: Entry) -> bool:
        if there.what is not What.FILE or there.size != entry.size:
            return False
        if there.mtime == entry.mtime:
            return True
        kind = self._sum
        return bool(kind) and self._source.digests(kind, [source]) == self._target.digests(kind, [path])

    def _add_link(
        self, source: str, path: str, depth: int, known: dict[str, Entry], plan: _Plan, done: Done
    ) -> None:
        text = self._source.link_text(source)
        if self._source.name and _leads_out(text, depth):
            done.left_out.append(f"{self._source.said(source)}: a link out of the folder, to {text}")
            return
        there = known.get(path)
        if there is not None:
            if there.what is What.LINK and self._target.link_text(path) == text:
                return
            if there.what is What.FOLDER:
                raise Conflict(f"{self._target.said(path)} is a folder, not a link", hint="move it away")
            plan.clashes.append(path)
        plan.links.append((text, path))

    def _carry_out(self, plan: _Plan, done: Done) -> None:
        for path, _, there in plan.folders:
            if not there:
                self._target.make_folder(path)
        batch: list[_File] = []
        for one in plan.files:
            self._send(one)
            batch.append(one)
            if len(batch) >= BATCH_FILES or sum(each.entry.size for each in batch) >= BATCH_BYTES:
                self._settle(batch, done)
                batch = []
        if batch:
            self._settle(batch, done)
        # Last, so that nothing can be written through them.
        for text, path in plan.links:
            self._target.remove(path)
            self._target.make_link(text, path)
        keep = self._wishes.preserve
        for path, entry, there in reversed(plan.folders):
            if keep or not there:
                self._target.finish_folder(path, entry.mode if keep else None, entry.mtime if keep else None)

    def _send(self, one: _File) -> None:
        left = one.entry.size - one.there
        if left or not one.there:
            self._target.write(one.part, one.there, self._counted(one, left))

    def _counted(self, one: _File, left: int) -> Iterator[bytes]:
        """So many bytes of a file and no more, whatever its side sends."""
        for block in self._source.read(one.source, one.there) if left else ():
            part = block[:left]
            left -= len(part)
            self._so_far += len(part)
            yield part
            self._tell(one.source, self._so_far, self._total)
            if not left:
                return
        if left:
            raise SlshellError(
                f"{self._source.said(one.source)} became shorter while it was copied",
                hint="copy it again once nobody writes to it",
            )

    def _settle(self, batch: list[_File], done: Done) -> None:
        """Check parts and put those that are right in their places."""
        wrong = self._wrong(batch)
        keep = self._wishes.preserve
        good = [
            Settled(
                part=one.part,
                path=one.target,
                mode=one.entry.mode if keep else None,
                mtime=one.entry.mtime if keep else None,
            )
            for one in batch
            if one not in wrong
        ]
        if good:
            self._target.settle(good)
        for one in wrong:
            self._target.remove(one.part)
        if wrong:
            raise SlshellError(
                f"{self._source.said(wrong[0].source)} came out different: it changed while it was copied, "
                "or was damaged on the way",
                hint="the same command copies it anew",
            )
        done.files += len(batch)
        done.bytes += sum(one.entry.size for one in batch)

    def _wrong(self, batch: list[_File]) -> list[_File]:
        if not self._sum:
            found = [self._target.look(one.part, follow=False) for one in batch]
            sizes = [None if each is None else each.size for each in found]
            return [one for one, size in zip(batch, sizes, strict=True) if size != one.entry.size]
        ours = self._source.digests(self._sum, [one.source for one in batch])
        theirs = self._target.digests(self._sum, [one.part for one in batch])
        return [one for one, a, b in zip(batch, ours, theirs, strict=True) if a != b]


def _folder_of(path: str) -> str:
    folder, slash, _ = path.rstrip("/").rpartition("/")
    return folder or slash


def _part_of(path: str, entry: Entry) -> str:
    """Where a file grows: beside its place, under a name that another version of it does not have."""
    folder, slash, name = path.rpartition("/")
    key = hashlib.sha256(f"{name}\0{entry.size}\0{entry.mtime}".encode("utf-8", "surrogateescape"))
    short = name.encode("utf-8", "surrogateescape")[:LONGEST_NAME].decode("utf-8", "ignore")
    return f"{folder}{slash}.{short}.{key.hexdigest()[:8]}.part"


def _unfit(name: str, seen: Iterable[str], side: Side, entry: Entry) -> str:
    """Why a name that a side gave is not copied; empty when it is."""
    if name in ("", ".", "..") or "/" in name or "\0" in name:
        return "no name of a file"
    if side.name and any(ord(each) < 0x20 or 0x7F <= ord(each) < 0xA0 for each in name):
        return "control characters in the name"
    if any(0xD800 <= ord(each) < 0xE000 for each in name):
        return "the name is not UTF-8"
    if name in seen:
        return "named twice"
    return f"a {entry.what}" if entry.what is What.OTHER else ""


def _leads_out(text: str, depth: int) -> bool:
    """Whether a link in a folder so far below the top could lead above it, also by way of other links."""
    steps = [step for step in text.split("/") if step not in ("", ".")]
    up = 0
    while up < len(steps) and steps[up] == "..":
        up += 1
    odd = any(ord(each) < 0x20 or ord(each) == 0x7F or 0xD800 <= ord(each) < 0xE000 for each in text)
    return odd or not text or text.startswith("/") or up > depth or ".." in steps[up:]
