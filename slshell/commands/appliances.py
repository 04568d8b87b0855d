"""`slshell appliances`."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

import click

from slshell.commands.catalogue_search import narrowed, offered_only, passes, query_of, search_options
from slshell.commands.environment import Environment
from slshell.commands.kinds import APPLIANCE
from slshell.commands.parameters import ApplianceId
from slshell.commands.registry import Danger, command
from slshell.model.appliance import Appliance, ApplianceKind, ApplianceState
from slshell.model.errors import SlshellError
from slshell.output.listing import Listing

_NONE_LIKE_THAT = replace(
    APPLIANCE, empty="no appliance is like that; slshell appliances without words and options lists all"
)


@command(danger=Danger.READ, shows=APPLIANCE, aliases=("search-image", "list-images"))
@click.argument("words", type=ApplianceId, nargs=-1, metavar="[WORD…]")
@click.option("--name", metavar="PATTERN", help="Only these names; * stands for anything.")
@click.option(
    "--state", type=click.Choice([str(state) for state in ApplianceState]), help="Only those in this state."
)
@click.option("--kind", type=click.Choice([str(kind) for kind in ApplianceKind]), help="Only of this kind.")
@search_options
def appliances_command(
    environment: Environment,
    words: tuple[str, ...],
    name: str | None,
    state: str | None,
    kind: str | None,
    **options: Any,
) -> Listing:
    """List the catalogue: images that are held, and what entries offer to be fetched when it is run.

    Words are looked for at the beginning of words in any text of an image; all must be there. A name or an
    identifier of an appliance that is held stands for that one.
    """
    held = environment.cloud.appliances(name=name, state=state, kind=kind)
    if words and not narrowed(options):
        named = {reference: one for one in held for reference in (one.id, one.name) if reference in words}
        if len(named) == len(set(words)):
            return Listing(kind=APPLIANCE, items=[named[each] for each in dict.fromkeys(words)])
    line = " ".join(words)
    found = [one for one in held if passes(one, line, options)]
    if state is None or offered_only(state):
        offered = _offered(environment, query_of(line, kind, options), options["limit"], name, found)
        found += [one for one in offered if state is None or one.state == state]
    if not found and words and not narrowed(options):
        return _one_by_one(environment, words)
    asked = words or name or state or kind or narrowed(options)
    return Listing(kind=_NONE_LIKE_THAT if asked else APPLIANCE, items=found)


def _offered(
    environment: Environment, query: dict[str, Any], limit: int, name: str | None, held: list[Appliance]
) -> list[Appliance]:
    found, more = environment.cloud.search(query, limit)
    if more:
        environment.output.notice(f"there are more than these {limit}: say more words, or a larger --limit")
    known = {one.id for one in held}
    return [one for one in found if one.id not in known and (name is None or fnmatchcase(one.name, name))]


def _one_by_one(environment: Environment, words: tuple[str, ...]) -> Listing:
    """Words that find nothing together, each as a name: an error says which is none, and what is near."""
    items, errors = [], []
    for word in dict.fromkeys(words):
        try:
            items.append(environment.cloud.appliance(word))
        except SlshellError as error:
            errors.append(error)
    return Listing(kind=APPLIANCE, items=items, errors=tuple(errors))
