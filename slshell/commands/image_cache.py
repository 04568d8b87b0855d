"""`slshell image-cache`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from slshell.commands.environment import Environment, Question
from slshell.commands.parameters import ApplianceId
from slshell.commands.registry import Danger, group, subcommand
from slshell.model.errors import NotFound, SlshellError, UsageError
from slshell.model.image_cache import CachedImage, Return
from slshell.output.listing import Column, Kind, Listing
from slshell.output.text import human_size, human_time

_UNITS = {"h": "hours", "d": "days", "w": "weeks"}
_BACK = (Return.FETCHED, Return.ASKED)
_SHOWN = 4
"""Users of an image that are named in its row."""


def _users(image: CachedImage) -> str:
    named = [f"machine {number}" for number in image.instances]
    named += [f"root disk {one[:8]}" for one in image.volumes]
    more = f" and {len(named) - _SHOWN} more" if len(named) > _SHOWN else ""
    return ", ".join(named[:_SHOWN]) + more


def _what_then(image: CachedImage) -> str:
    """What becomes of an image once it is purged."""
    if image.partial:
        return "a part only; the next fetch begins anew"
    return {
        Return.FETCHED: "fetched again when wanted",
        Return.BUILT: "comes with slshell",
        Return.ASKED: "built again when asked for",
        Return.NEVER: "cannot be fetched again",
    }[image.returns]


def _size(title: str, key: str, keep: int) -> Column:
    return Column(
        title=title, text=lambda each: human_size(getattr(each, key)), right=True, key=key, keep=keep
    )


CACHED = Kind(
    columns=(
        Column(title="NAME", text=lambda each: each.name, flexible=True, keep=9),
        Column(title="ID", text=lambda each: each.id, keep=2),
        _size("TAKES", "allocated_bytes", 9),
        _size("FILE", "size_bytes", 3),
        _size("DISK", "disk_bytes", 3),
        Column(title="USED BY", text=_users, flexible=True, key="instances", keep=8),
        Column(
            title="LAST USED",
            text=lambda each: human_time(each.used_at) if each.used_at else "never",
            key="used_at",
            keep=5,
        ),
        Column(title="PURGED", text=_what_then, flexible=True, key="returns", keep=6),
        Column(title="ORIGIN", text=lambda each: each.origin, flexible=True, wide=True),
    ),
    name=lambda each: each.name,
    quiet=lambda each: each.id,
    empty="no images are held",
    model=CachedImage,
    noun="appliance",
    reference=lambda each: each.name,
)
GONE = Kind(
    columns=CACHED.columns,
    name=CACHED.name,
    quiet=CACHED.quiet,
    empty="nothing was purged",
    line=lambda each: f"PURGED {each.name} {human_size(each.allocated_bytes)}",
)


class Age(click.ParamType[Any]):
    """`12h`, `30d` or `2w`, answered as a span of time."""

    name = "age"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Hours, days or weeks."""
        match = re.fullmatch(r"(\d{1,5})([hdw])", str(value))
        if match is None:
            raise UsageError(f"“{value}” is not an age", hint="for example 12h, 30d or 2w")
        return timedelta(**{_UNITS[match[2]]: int(match[1])})


@group(default="list")
def image_cache_command() -> None:
    """Look at the images that are held on disk, and purge those that nobody needs."""


@subcommand(image_cache_command, danger=Danger.READ, name="list")
def list_command(environment: Environment) -> Listing:
    """List what is held, what it takes, and who uses it."""
    held = environment.cloud.image_cache()
    if held:
        free = sum(one.allocated_bytes for one in held if _may_go(one, imported=False))
        total = human_size(sum(one.allocated_bytes for one in held))
        environment.output.notice(f"{total} in images; `image-cache purge --unused` frees {human_size(free)}")
    return Listing(kind=CACHED, items=held)


@subcommand(image_cache_command, danger=Danger.DESTROY, name="purge")
@click.argument("images", type=ApplianceId, nargs=-1, metavar="[APPLIANCE…]")
@click.option("--unused", is_flag=True, help="All that nobody uses and that can be fetched again.")
@click.option(
    "--older-than", type=Age(), metavar="AGE", help="Of those, what no machine was made from since."
)
@click.option("--imported", is_flag=True, help="With these two, also images that cannot be fetched again.")
def purge_command(
    environment: Environment,
    images: tuple[str, ...],
    unused: bool,
    older_than: timedelta | None,
    imported: bool,
) -> Listing:
    """Remove images from disk; what a machine stands on always stays."""
    held = environment.cloud.image_cache()
    if images and (unused or older_than or imported):
        raise UsageError("images are named, and --unused or its like as well", hint="say one or the other")
    if images:
        return drop(environment, *_named(held, images))
    if not unused and older_than is None:
        raise UsageError("nothing is named", hint="name images, or say --unused or --older-than 30d")
    chosen = [one for one in held if _may_go(one, imported=imported) and _is_older(one, older_than)]
    return drop(environment, chosen, [])


def drop(environment: Environment, images: Sequence[CachedImage], errors: list[SlshellError]) -> Listing:
    """Ask, then remove each; one that cannot go does not stop the rest."""
    removable = [one for one in images if not one.used and one.returns is not Return.BUILT]
    if removable and not environment.assume_yes:
        what = "this image" if len(removable) == 1 else f"these {len(removable)} images"
        environment.ask(
            Question(
                text=f"Purge {what} from disk?",
                names=tuple(one.name for one in removable),
                losses=tuple(loss(one) for one in removable),
                action="purge",
            )
        )
    gone = []
    for one in images:
        try:
            gone.append(environment.cloud.purge_image(one.id))
        except SlshellError as error:
            errors.append(error)
    return Listing(kind=GONE, items=gone, errors=tuple(errors))


def loss(image: CachedImage) -> str:
    """What goes with an image, in one line."""
    came = "" if image.returns in _BACK else f", it came from {image.origin}"
    return f"{image.name} ({human_size(image.allocated_bytes)}): {_what_then(image)}{came}"


def _may_go(image: CachedImage, *, imported: bool) -> bool:
    if image.used:
        return False
    return image.partial or image.returns in _BACK or (imported and image.returns is Return.NEVER)


def _is_older(image: CachedImage, age: timedelta | None) -> bool:
    return age is None or (image.used_at or image.created_at) < datetime.now(UTC) - age


def _named(held: list[CachedImage], names: Iterable[str]) -> tuple[list[CachedImage], list[SlshellError]]:
    found: list[CachedImage] = []
    errors: list[SlshellError] = []
    for name in dict.fromkeys(names):
        image = next((one for one in held if name in (one.name, one.id)), None)
        if image is not None:
            found.append(image)
        else:
            errors.append(NotFound(f"nothing is held of “{name}”", hint="slshell image-cache list"))
    return found, errors
