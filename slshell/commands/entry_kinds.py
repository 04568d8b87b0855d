"""How entries of the catalogue, all facts of one image, and other marketplaces are shown."""

from __future__ import annotations

from slshell.model.entry import ApplianceFacts, CatalogueEntry, Source
from slshell.output.listing import Column, Kind
from slshell.output.text import human_size, human_time

_STATUS = {"valid": "green", "expired": "yellow", "deprecated": "red"}
_WIDTH = 13


def date_text(entry: CatalogueEntry) -> str:
    """When it was endorsed, as it stands in its address."""
    return f"{entry.endorsed_at:%Y-%m-%dT%H:%M:%SZ}"


def coordinates(entry: CatalogueEntry) -> str:
    """What names an entry in every marketplace: identifier, endorser and date."""
    return f"{entry.identifier}/{entry.endorser}/{date_text(entry)}"


ENTRY = Kind(
    columns=(
        Column(title="IDENTIFIER", text=lambda each: each.identifier, keep=9),
        Column(title="ENDORSER", text=lambda each: each.endorser, flexible=True, keep=8),
        Column(title="ENDORSED", text=date_text, key="endorsed_at"),
        Column(
            title="STATUS", text=lambda each: each.status, style=lambda each: _STATUS.get(each.status, "")
        ),
        Column(title="TITLE", text=lambda each: each.name, key="title", flexible=True),
    ),
    name=coordinates,
    quiet=coordinates,
    empty="there is no entry",
    model=CatalogueEntry,
)


def _facts(facts: ApplianceFacts) -> list[str]:
    one = facts.appliance
    newest = next((each for each in facts.entries if each.latest), None)
    pairs = [
        ("identifier", one.id),
        ("name", one.name),
        ("title", one.title),
        ("state", f"{one.state}{f': {one.reason or one.progress}' if one.reason or one.progress else ''}"),
        ("kind", str(one.kind)),
        ("system", " ".join(filter(None, (one.os, one.os_version, one.arch)))),
        ("version", one.version),
        ("tags", ", ".join(one.tags)),
        ("image", f"{human_size(one.size_bytes)} {one.format}".strip() if one.size_bytes else ""),
        ("disk", human_size(one.disk_bytes) if one.disk_bytes else ""),
        ("least RAM", human_size(one.min_ram_mib, unit=1 << 20) if one.min_ram_mib else ""),
        ("user", one.user),
        ("origin", one.origin),
        ("description", newest.description if newest else ""),
        ("creator", newest.creator if newest else ""),
        ("publisher", newest.publisher if newest else ""),
        ("SHA-1", one.sha1),
        ("SHA-256", one.sha256),
        ("endorsed by", "" if facts.entries else "nobody"),
    ]
    lines = [_pair(name, value) for name, value in pairs if value]
    for each in facts.entries:
        lines += ["", *_entry(each)]
    return lines


def _entry(each: CatalogueEntry) -> list[str]:
    past = "" if each.latest else ", superseded"
    ends = f", until {each.valid:%Y-%m-%d}" if each.valid and each.status == "valid" else ""
    verdict = "" if each.allowed is None else "yes" if each.allowed else f"no: {each.reason}"
    signature = f"{each.algorithm}, certificate {each.fingerprint}"
    pairs = [
        ("endorsed by", f"{each.endorser}, {date_text(each)}"),
        ("status", f"{each.status}{ends}{past}"),
        ("deprecated", each.deprecated or ""),
        ("may run", verdict),
        ("subject", each.subject),
        ("signature", signature),
        ("bytes", str(each.size_bytes)),
        *((algorithm, value) for algorithm, value in each.checksums.items()),
        *(("location", location) for location in each.locations),
        ("packed with", each.compression),
        ("source", each.source or "this cloud"),
    ]
    return [_pair(name, value) for name, value in pairs if value]


def _pair(name: str, value: str) -> str:
    return f"{name:{_WIDTH}}{value}"


FACTS = Kind(
    columns=(
        Column(title="ID", text=lambda each: each.appliance.id),
        Column(title="NAME", text=lambda each: each.appliance.name, flexible=True),
        Column(title="ENTRIES", text=lambda each: str(len(each.entries)), right=True),
    ),
    name=lambda each: each.appliance.name,
    quiet=lambda each: each.appliance.id,
    empty="nothing is known of it",
    lines=_facts,
)

SOURCE = Kind(
    columns=(
        Column(title="URL", text=lambda each: each.url, flexible=True, keep=9),
        Column(title="ENTRIES", text=lambda each: str(each.entries), right=True),
        Column(
            title="FETCHED",
            text=lambda each: human_time(each.fetched_at) if each.fetched_at else "never",
            key="fetched_at",
        ),
        Column(
            title="ASKED",
            text=lambda each: human_time(each.checked_at) if each.checked_at else "never",
            key="checked_at",
        ),
        Column(title="PROBLEM", text=lambda each: each.problem, flexible=True),
    ),
    name=lambda each: each.url,
    quiet=lambda each: each.url,
    empty="no other marketplaces are set; see marketplaces in [cloud]",
    model=Source,
)
