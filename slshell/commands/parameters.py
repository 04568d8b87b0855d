"""Typed parameters: what a word on the command line stands for, and how it is completed.

A reference stays text until the command resolves it, for `--profile` may come behind it. Completion asks
a running cloud only, and never starts one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import click

from slshell.client.profiles import nearest_hint
from slshell.commands.environment import Environment
from slshell.model.appliance import ApplianceKind
from slshell.model.errors import Conflict, NotFound, SlshellError, UsageError
from slshell.model.instance import Instance, State
from slshell.model.volume import GIB, Volume, VolumeState

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from slshell.client.cloud import Cloud


SHOWN = 5
"""Volumes named where a reference stands for several."""


class Reference(click.ParamType[Any]):
    """A word that names a resource of the cloud; completed with what the cloud has."""

    def __init__(self, name: str, offers: Callable[[Cloud], Iterable[tuple[str, str]]]) -> None:
        self.name = name
        self._offers = offers

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The word itself; it may not be empty."""
        if not str(value).strip():
            raise UsageError(f"the {self.name} is empty", hint=f"name one of slshell {self.name}s")
        return value

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Names and ids that begin with what is typed; nothing when no cloud answers."""
        from click.shell_completion import CompletionItem

        environment = ctx.obj
        if not isinstance(environment, Environment):
            return []
        try:
            offers = list(self._offers(environment.cloud_if_up()))
        except SlshellError:
            return []
        return [CompletionItem(word, help=text) for word, text in offers if word.startswith(incomplete)]


def _instances(wanted: frozenset[State] | None) -> Callable[[Cloud], Iterable[tuple[str, str]]]:
    def offers(cloud: Cloud) -> Iterable[tuple[str, str]]:
        for each in cloud.instances():
            if wanted is None or each.state in wanted:
                text = f"{each.state} {each.appliance} {each.address}"
                yield str(each.id), f"{each.name} {text}"
                yield each.name, f"{each.id} {text}"

    return offers


def _appliances(cloud: Cloud) -> Iterable[tuple[str, str]]:
    for each in cloud.appliances():
        yield each.name, each.title
        yield each.id, each.name


def _types(cloud: Cloud) -> Iterable[tuple[str, str]]:
    for each in cloud.types():
        yield each.name, f"{each.vcpu} CPU, {each.ram_mib} MB"


def _volumes(wanted: frozenset[VolumeState] | None) -> Callable[[Cloud], Iterable[tuple[str, str]]]:
    def offers(cloud: Cloud) -> Iterable[tuple[str, str]]:
        for each in cloud.volumes(all=wanted is not None):
            if wanted is None or each.state in wanted:
                text = f"{each.size_bytes / GIB:g} GiB, {each.state}"
                yield each.id, f"{each.tag} {text}".strip()
                if each.tag:
                    yield each.tag, f"{each.id[:8]} {text}"

    return offers


def _static_disks(cloud: Cloud) -> Iterable[tuple[str, str]]:
    for each in cloud.appliances(kind=ApplianceKind.DISK):
        if each.kind is ApplianceKind.DISK:
            yield each.name, each.title
            yield each.id, each.name


def volume_in(*states: VolumeState) -> Reference:
    """A volume's UUID or tag, completed with those in these states only."""
    return Reference("volume", _volumes(frozenset(states)))


def instance_in(*states: State) -> Reference:
    """An instance id or name, completed with machines in these states only."""
    return Reference("instance", _instances(frozenset(states)))


InstanceId = Reference("instance", _instances(None))
VolumeId = Reference("volume", _volumes(None))
StaticDiskId = Reference("appliance", _static_disks)
ApplianceId = Reference("appliance", _appliances)
TypeName = Reference("type", _types)


class KeyValue(click.ParamType[Any]):
    """`NAME=VALUE`, answered as a pair."""

    name = "key=value"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Split at the first `=`; the name is an upper- or lower-case shell variable name."""
        if isinstance(value, tuple):
            return value
        key, sign, text = str(value).partition("=")
        if not sign or not key.isidentifier() or not key.isascii():
            raise UsageError(f"“{value}” is not NAME=VALUE", hint="for example --context GREETING=hello")
        return key, text


def resolve_instance(cloud: Cloud, reference: str) -> Instance:
    """The instance that an id or an unambiguous name stands for.

    Raises:
        NotFound: there is none, with the nearest names. Conflict: several live ones have this name.
    """
    if reference.isascii() and reference.isdigit():
        return cloud.instance(int(reference))
    living = cloud.instances()
    return _named(living, reference)


def resolve_ids(cloud: Cloud, references: Iterable[str]) -> tuple[list[int], list[SlshellError]]:
    """Ids for several references (each once, in order), and the errors of those that name nothing."""
    ids: dict[int, None] = {}
    errors: list[SlshellError] = []
    living: list[Instance] | None = None
    for reference in references:
        if reference.isascii() and reference.isdigit():
            ids[int(reference)] = None
            continue
        if living is None:
            living = cloud.instances()
        try:
            ids[_named(living, reference).id] = None
        except SlshellError as error:
            errors.append(error)
    return list(ids), errors


def resolve_volume(
    known: Iterable[Volume], reference: str, meant: frozenset[VolumeState] = frozenset()
) -> Volume:
    """The volume that a UUID, the beginning of one, or a tag stands for.

    Where it stands for several, the one that is in a state that is `meant` is taken.

    Raises:
        NotFound: there is none, with the nearest tags. Conflict: several are meant.
    """
    known = list(known)
    found = [each for each in known if reference in (each.id, each.tag)]
    if not found:
        found = [each for each in known if each.id.startswith(reference.lower())]
    found = [each for each in found if each.state in meant] or found
    if len(found) == 1:
        return found[0]
    if found:
        raise Conflict(
            f"“{reference}” stands for {len(found)} volumes",
            hint="say which by more of its UUID: " + ", ".join(each.id for each in found[:SHOWN]),
            details={"ids": [each.id for each in found]},
        )
    tags = [each.tag for each in known if each.tag]
    raise NotFound(
        f"there is no volume “{reference}”",
        hint=nearest_hint(reference, tags) or "slshell volumes lists them",
    )


def resolve_volumes(
    known: Iterable[Volume], references: Iterable[str], meant: frozenset[VolumeState] = frozenset()
) -> tuple[list[Volume], list[SlshellError]]:
    """Volumes for several references (each once, in order), and the errors of those that name nothing."""
    known = list(known)
    found: dict[str, Volume] = {}
    errors: list[SlshellError] = []
    for reference in references:
        try:
            one = resolve_volume(known, reference, meant)
            found[one.id] = one
        except SlshellError as error:
            errors.append(error)
    return list(found.values()), errors


def _named(living: list[Instance], reference: str) -> Instance:
    found = [each for each in living if each.name == reference]
    if len(found) == 1:
        return found[0]
    if found:
        numbers = ", ".join(str(each.id) for each in found)
        raise Conflict(
            f"{len(found)} machines are named “{reference}”: {numbers}",
            hint="say which by its number",
            details={"ids": [each.id for each in found]},
        )
    raise NotFound(
        f"there is no machine “{reference}”",
        hint=nearest_hint(reference, [each.name for each in living]) or "slshell instances lists them",
    )
