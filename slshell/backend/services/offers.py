"""What can be launched: appliances that are held, and those that an entry of the catalogue offers."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import select

from slshell.backend.services import entry_records, published
from slshell.backend.services.catalogue import TUTORIAL, Catalogue, Incoming, name_from
from slshell.backend.services.trust import Trust
from slshell.backend.store.tables.appliances import appliances
from slshell.model.appliance import Appliance, ApplianceState
from slshell.model.entry import CatalogueEntry
from slshell.model.errors import Conflict, NotFound, UsageError
from slshell.model.ids import is_identifier

FETCHED = ("http", "https")
_LONGEST_STEM = 54


@dataclass(frozen=True, kw_only=True)
class Offers:
    """Finds what a launch names, and brings it in where it is not held."""

    catalogue: Catalogue
    trust: Trust

    def find(self, text: str) -> Appliance:
        """The appliance of this name or identifier: a held one, one on its way, or one to be had.

        Raises:
            NotFound: there is none. NotAllowed: there is, and the policy does not let it run.
            Conflict: it is to be had nowhere.
        """
        try:
            return self.catalogue.resolve(text)
        except NotFound:
            identifier = TUTORIAL.get(text, text)
            if not is_identifier(identifier):
                raise
            if (coming := self._coming(identifier)) is not None:
                return coming
            entry = self.trust.choose(identifier)
            if entry is None:
                raise
        self._locations(entry)
        return entry_records.as_appliance(entry)

    def bring_in(self, offered: Appliance) -> Appliance:
        """Have an image fetched that `find` offered; one that is held or comes already is answered as it is.

        Raises:
            NotAllowed, Conflict, NotFound: it cannot be any more.
        """
        # A published image has no entry; the launch itself has it fetched.
        if offered.state is not ApplianceState.AVAILABLE or published.name_of(offered.id):
            return offered
        if (coming := self._coming(offered.id)) is not None:
            return coming
        entry = self.trust.choose(offered.id)
        if entry is None:
            raise NotFound(
                f"the entry of {offered.name} is gone", hint="slshell appliances lists what there is"
            )
        try:
            return self.catalogue.take_in(self._incoming(entry))
        except Conflict:
            # Somebody else has asked for it meanwhile.
            if (coming := self._coming(offered.id)) is not None:
                return coming
            raise

    def check(self, appliance: Appliance) -> str:
        """Who endorses what is to be launched; see `Trust.check`.

        Raises:
            NotAllowed: the policy does not let it run.
        """
        if appliance.state is ApplianceState.AVAILABLE and not published.name_of(appliance.id):
            return appliance.endorser
        if not is_identifier(appliance.id):
            wanted = self.trust.marketplace.entry_behind(appliance.id)
            chosen = self.trust.choose(wanted) if wanted else None
            return "" if chosen is None else chosen.endorser
        return self.trust.check(appliance)

    def _coming(self, identifier: str) -> Appliance | None:
        """The appliance that is being fetched, or was, because of an entry of this identifier."""
        usable = appliances.c.state != ApplianceState.FAILED.value
        with self.catalogue.database.read() as connection:
            found = connection.execute(
                select(appliances.c.id).where(appliances.c.entry == identifier, usable)
            ).scalar()
        return None if found is None else self.catalogue.resolve(str(found))

    def _locations(self, entry: CatalogueEntry) -> tuple[str, ...]:
        found = tuple(each for each in entry.locations if urlsplit(each).scheme in FETCHED)
        if not found:
            raise Conflict(
                f"{entry.name} is to be had nowhere: its entry has no http or https location",
                hint="get the image elsewhere and bring it in with slshell import-image",
            )
        return found

    def _incoming(self, entry: CatalogueEntry) -> Incoming:
        locations = self._locations(entry)
        return Incoming(
            source=locations[0],
            is_url=True,
            label=locations[0],
            name=self._free_name(entry),
            sha256=None,
            user=None,
            request_id=uuid.uuid4().hex,
            kind=entry_records.as_appliance(entry).kind,
            entry=msgspec.structs.replace(entry, locations=locations),
        )

    def _free_name(self, entry: CatalogueEntry) -> str:
        """A name for the image, made of what its entry calls it; with its checksum where that is taken."""
        taken = {one.name for one in self.catalogue.all() if one.state is not ApplianceState.FAILED}
        sha1 = entry.checksums["SHA-1"]
        try:
            name = name_from(entry.name)[:_LONGEST_STEM].rstrip("-._")
        except UsageError:
            return f"image-{sha1[:8]}"
        return name if name not in taken else f"{name}-{sha1[:8]}"
