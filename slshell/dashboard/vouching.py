"""Who stands behind an image, in words: shown where one is about to start it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.content import Content

from slshell.dashboard import text
from slshell.dashboard.pictures import ROLE_STYLE
from slshell.dashboard.views import Picture
from slshell.model.appliance import Appliance, ApplianceState
from slshell.model.entry import CatalogueEntry
from slshell.model.ids import is_identifier

SHOWN = 3
"""Endorsements told one by one."""
Line = tuple[str, str]
"""A role of `ROLE_STYLE`, and clean words."""


def found(reference: str, picture: Picture) -> Appliance | None:
    """The image that `run` would take by this identifier or name, if the screen knows it."""
    held = picture.snapshot.appliances.values()
    alive = (each for each in held if each.state is not ApplianceState.FAILED)
    by_name = next((each for each in alive if each.name == reference), None)
    known = {each.id: each for each in (*picture.offered, *held)}
    return known.get(reference, by_name)


def worth_asking(reference: str, picture: Picture) -> bool:
    """Whether the cloud may know more of it: the rest of a half-typed name is nobody's yet."""
    return is_identifier(reference) or found(reference, picture) is not None


def told(reference: str, picture: Picture) -> Content | None:
    """A few lines on what this identifier or name stands for; None where there is nothing to say."""
    if not reference:
        return None
    asked, facts = picture.facts
    known = facts if asked == reference else None
    row = known.appliance if known is not None else found(reference, picture)
    if row is None:
        return _drawn([("dim", _unknown(reference, asked))])
    entries = [each for each in known.entries if each.latest] if known is not None else []
    lines = _endorsements(entries) if entries else [_newest(row)]
    if row.state is ApplianceState.FAILED:
        return _drawn([("bad", f"✗ it could not be brought in: {text.clean(row.reason)}"), *lines])
    return _drawn([*lines, *_state(row)])


def _unknown(reference: str, asked: str) -> str:
    if is_identifier(reference) and asked != reference:
        return "… asking the cloud for this identifier"
    return "? no appliance is known by this name"


def _state(row: Appliance) -> list[Line]:
    match row.state:
        case ApplianceState.IMPORTING:
            return [("busy", "◔ still being brought in")]
        case ApplianceState.AVAILABLE:
            return [("dim", f"○ fetched from {text.clean(row.origin)} when it is started")]
        case _:
            return []


def _newest(row: Appliance) -> Line:
    """What the list of appliances tells of the newest entry."""
    if not row.endorser:
        return "dim", f"○ unsigned: nobody endorses it ({text.clean(row.origin) or 'of unknown origin'})"
    return _line(row.endorser, row.status, row.source)


def _endorsements(entries: Sequence[CatalogueEntry]) -> list[Line]:
    lines = [_of_entry(each) for each in entries[:SHOWN]]
    more = len(entries) - SHOWN
    return [*lines, ("dim", f"  and {more} more; :appliance tells all")] if more > 0 else lines


def _of_entry(each: CatalogueEntry) -> Line:
    if each.allowed is False and each.status == "valid":
        return "bad", f"✗ endorsed by {text.clean(each.endorser)}; refused here: {text.clean(each.reason)}"
    when = f"{each.valid:%Y-%m-%d}" if each.valid is not None else ""
    return _line(each.endorser, each.status, each.source, when, each.deprecated or "")


def _line(endorser: str, status: str, source: str, when: str = "", why: str = "") -> Line:
    """`when` it expires or did, `why` it is deprecated; both may be empty."""
    who = text.clean(endorser)
    where = f" ({text.clean(source)})" if source else ""
    match status:
        case "deprecated":
            return "warn", f"! deprecated by {who}" + (f": {text.clean(why)}" if why else "") + where
        case "expired":
            return "warn", f"! endorsed by {who}; that expired" + (f" on {when}" if when else "") + where
        case _:
            return "good", f"✓ endorsed by {who}" + (f" until {when}" if when else "") + where


def _drawn(lines: Iterable[Line]) -> Content:
    return Content("\n").join(Content.styled(words, ROLE_STYLE[role]) for role, words in lines)
