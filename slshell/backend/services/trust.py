"""Trust: what the cloud's policy says of an image, asked at every launch."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from slshell.backend.services.marketplace import Marketplace
from slshell.backend.store.tables.base import utc_now
from slshell.metadata import policy as rules
from slshell.metadata.policy import Entry, Policy
from slshell.metadata.signature import examined
from slshell.model.appliance import Appliance
from slshell.model.entry import CatalogueEntry
from slshell.model.errors import NotAllowed, SlshellError, UsageError
from slshell.model.ids import is_identifier

LARGEST_POLICY = 1 << 20
_HOW = "the cloud's policy decides that, see `slshell appliance ID` and docs/marketplace.md"


@dataclass(frozen=True, kw_only=True)
class Trust:
    """Asks the policy file, which may change at any time; without one the default holds."""

    marketplace: Marketplace
    path: Path | None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _read: dict[tuple[int, int, int], Policy] = field(default_factory=dict)

    def policy(self) -> Policy:
        """The policy as its file is now.

        Raises:
            UsageError: the file cannot be read or is wrong; then nothing may be launched.
        """
        if self.path is None:
            return Policy()
        try:
            about = self.path.stat()
            key = (about.st_ino, about.st_size, about.st_mtime_ns)
            with self._lock:
                if key not in self._read:
                    policy = rules.read_policy(self._text())
                    self._read.clear()
                    self._read[key] = policy
                return self._read[key]
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(
                f"the policy {self.path} cannot be read, so nothing is launched",
                why=str(error),
                hint="mend the file, or the setting policy in [cloud]",
            ) from error

    def judged(self, entries: Sequence[CatalogueEntry]) -> list[CatalogueEntry]:
        """Entries with what the policy says of each; a broken policy allows none, and says why.

        Only the latest of each endorser can be allowed.
        """
        try:
            policy = self.policy()
        except SlshellError as error:
            return [msgspec.structs.replace(one, allowed=False, reason=error.message) for one in entries]
        return [self._judge(policy, one) for one in entries]

    def check(self, appliance: Appliance) -> str:
        """Do nothing for an appliance that may be launched now; answers who endorsed it, or an empty text.

        One whose identifier is not known yet, because it is still coming in, is let pass.

        Raises:
            NotAllowed: the policy does not let it run; says why, for each that vouches for it.
        """
        if not is_identifier(appliance.id):
            self.policy()
            return ""
        behind = self.marketplace.entry_behind(appliance.id)
        own = not behind
        entries = self.marketplace.of_image(behind or appliance.id, latest=True)
        # What other marketplaces say cannot forbid an image of one's own: anybody may upload there.
        counting = [one for one in entries if not one.source] if own else entries
        if counting:
            return self._one_of(appliance, counting)
        verdict = rules.decide_own(self.policy(), appliance.id, (appliance.sha1, appliance.sha256))
        if not own and not self.policy().unsigned:
            raise NotAllowed(f"{appliance.name} may not run: nobody endorses it any more", hint=_HOW)
        if not verdict.allowed:
            raise NotAllowed(f"{appliance.name} may not run: {verdict.reason}", hint=_HOW)
        return next((one.endorser for one in self.judged(entries) if one.allowed), "")

    def choose(self, identifier: str) -> CatalogueEntry | None:
        """The newest entry of an image that may run; None when there is no entry at all.

        Raises:
            NotAllowed: there are entries, and the policy lets none of them run.
        """
        entries = self.judged(self.marketplace.of_image(identifier, latest=True))
        allowed = [one for one in entries if one.allowed]
        if entries and not allowed:
            raise _refused(entries[0].name, entries)
        # One that can be fetched comes before one that only vouches.
        return next((one for one in allowed if one.locations), allowed[0] if allowed else None)

    def _one_of(self, appliance: Appliance, entries: Sequence[CatalogueEntry]) -> str:
        judged = self.judged(entries)
        for one in judged:
            if one.allowed:
                return one.endorser
        raise _refused(appliance.name, judged)

    def _judge(self, policy: Policy, entry: CatalogueEntry) -> CatalogueEntry:
        if not entry.latest:
            return msgspec.structs.replace(
                entry, allowed=False, reason="its endorser has said something newer"
            )
        # Verified anew, so that a line written into the database by hand is no endorsement.
        try:
            metadata, signed = examined(self.marketplace.document(entry))
        except UsageError as error:
            return msgspec.structs.replace(entry, allowed=False, reason=error.message)
        verdict = rules.decide(policy, Entry.of(metadata, signed), utc_now())
        return msgspec.structs.replace(entry, allowed=verdict.allowed, reason=verdict.reason)

    def _text(self) -> str:
        data = (self.path or Path()).read_bytes()
        if len(data) > LARGEST_POLICY:
            raise UsageError(f"the policy {self.path} is larger than 1 MiB", hint="is this the right file?")
        return data.decode()


def _refused(name: str, judged: Sequence[CatalogueEntry]) -> NotAllowed:
    reasons = [f"{one.endorser}: {one.reason}" for one in judged]
    return NotAllowed(
        f"{name} may not run: {judged[0].reason} (endorsed by {judged[0].endorser})"
        if len(judged) == 1
        else f"{name} may not run: of {len(judged)} endorsements none is allowed ({'; '.join(reasons[:5])})",
        hint=_HOW,
        details={"identifier": judged[0].identifier, "reasons": reasons},
    )
