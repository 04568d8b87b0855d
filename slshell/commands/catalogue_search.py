"""Looking through what is held and what entries offer: the options of a search, and held ones that match."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import click

from slshell.model.appliance import Appliance, ApplianceState
from slshell.model.entry import Standing
from slshell.model.errors import UsageError

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?", re.IGNORECASE)
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_FIELDS = ("os", "version", "arch", "endorser", "tag", "title", "source")


class SizeRange(click.ParamType[Any]):
    """`500M..4G`, `..4G`, `500M..`, or `4G` for at most that; answered as least and most bytes."""

    name = "size"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int | None, int | None]:
        """The two ends; None for one that is open."""
        if isinstance(value, tuple):
            return value
        low, dots, high = str(value).partition("..")
        return (_bytes(low), _bytes(high)) if dots else (None, _bytes(low))


def search_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that narrow a search."""
    for option in reversed(
        (
            click.option("--os", metavar="OS", help="Only of this system, for example debian."),
            click.option("--version", metavar="VERSION", help="Only this version of system or image."),
            click.option("--arch", metavar="ARCH", help="Only for this processor, for example x86_64."),
            click.option("--endorser", metavar="ADDR", help="Only what this address endorses."),
            click.option("--tag", metavar="TAG", help="Only with this tag."),
            click.option("--title", metavar="TITLE", help="Only with exactly this title."),
            click.option("--source", metavar="URL", help="Only from this marketplace."),
            click.option("--size", type=SizeRange(), metavar="[LEAST..]MOST", help="Only of such a size."),
            click.option(
                "--status", type=click.Choice([each.value for each in Standing]), default="valid",
                show_default=True, help="Which entries.",
            ),
            click.option(
                "--limit", type=click.IntRange(1, 100_000), default=100, show_default=True,
                help="How many entries at most.",
            ),
        )
    ):  # fmt: skip
        function = option(function)
    return function


def query_of(words: str, kind: str | None, options: dict[str, Any]) -> dict[str, Any]:
    """The parameters of the cloud's search."""
    least, most = options["size"] or (None, None)
    query: dict[str, Any] = {name: options[name] for name in _FIELDS}
    return query | {
        "words": words or None, "kind": kind, "status": str(options["status"]), "min_bytes": least,
        "max_bytes": most,
    }  # fmt: skip


def narrowed(options: dict[str, Any]) -> bool:
    """Whether any option of a search is given."""
    return any(options[name] for name in (*_FIELDS, "size"))


def passes(one: Appliance, words: str, options: dict[str, Any]) -> bool:
    """Whether a held appliance is what is looked for, as the cloud's search decides of entries."""
    texts = (one.id, one.name, one.title, one.os, one.os_version, one.arch, one.version, one.endorser,
             one.origin, str(one.kind), *one.tags)  # fmt: skip
    known = {part for text in texts for part in _parts(text)}
    if not all(any(each.startswith(word) for each in known) for word in _parts(words)):
        return False
    values: dict[str, tuple[str, ...]] = {
        "os": (one.os,), "version": (one.version, one.os_version), "arch": (one.arch,),
        "endorser": (one.endorser,), "tag": one.tags, "title": (one.title,), "source": (one.source,),
    }  # fmt: skip
    for name, has in values.items():
        if options[name] and options[name].casefold() not in {each.casefold() for each in has}:
            return False
    least, most = options["size"] or (None, None)
    return (least is None or one.size_bytes >= least) and (most is None or one.size_bytes <= most)


def offered_only(state: str | None) -> bool:
    """Whether a state asks for what is not held."""
    return state == ApplianceState.AVAILABLE


def _parts(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.casefold())


def _bytes(text: str) -> int | None:
    if not text.strip():
        return None
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise UsageError(f"“{text}” is not a size", hint="write 500M, 4G, or a range such as 500M..4G")
    return int(float(found[1]) * _UNITS[found[2].upper()])
