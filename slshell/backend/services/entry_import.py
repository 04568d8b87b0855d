"""Fetching an image that an entry names, from wherever it says, and proving that it is that image."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from slshell.backend.images import fetch
from slshell.metadata.document import Digest, Metadata
from slshell.metadata.images import differences, measure
from slshell.model.entry import CatalogueEntry
from slshell.model.errors import NoCapacity, SlshellError, UsageError


def entry_in(payload: dict[str, Any]) -> CatalogueEntry | None:
    """The entry that an import job is for, if it is for one."""
    found = payload.get("entry")
    return None if found is None else msgspec.convert(found, CatalogueEntry)


def fetch_any(
    entry: CatalogueEntry, target: Path, *, max_bytes: int, progress: Callable[[str], None]
) -> None:
    """Fetch the image to `target` from the first of its locations that has it.

    Raises:
        SlshellError: none has; the first one's reason, with all of them in the details.
    """
    failures: list[tuple[str, SlshellError]] = []
    for location in entry.locations:
        try:
            fetch.download(location, target, max_bytes=max_bytes, progress=progress)
            _compare(entry, target, max_bytes, progress)
            return
        except NoCapacity:
            raise
        except SlshellError as error:
            # What came from one place must not be taken for a part of what another has.
            fetch.forget(target)
            failures.append((urlsplit(location).hostname or "", error))
    first = failures[0][1]
    if len(failures) == 1:
        raise first
    told = "; ".join(f"{host}: {error.message}" for host, error in failures)
    raise type(first)(f"none of {len(failures)} locations has the image: {told}", hint=first.hint)


def _compare(entry: CatalogueEntry, path: Path, max_bytes: int, progress: Callable[[str], None]) -> None:
    """Do nothing for the very image that the entry describes: its size and each of its checksums."""

    def told(done: int, total: int) -> None:
        progress(f"compared with its entry: {100 * done // total if total else 100} %")

    wanted = Metadata(
        identifier=entry.identifier,
        size_bytes=entry.size_bytes,
        checksums={Digest(name): value for name, value in entry.checksums.items()},
    )
    if found := differences(wanted, measure(path, max_bytes=min(max_bytes, entry.size_bytes), told=told)):
        raise UsageError(
            f"the image is not the one that {entry.endorser} endorsed: {found[0]}",
            hint="do not use it; its place may have been broken into, or holds a newer image",
            details={"problems": found},
        )
