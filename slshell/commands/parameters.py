"""Typed parameters: what a word on the command line stands for, and how it is completed.

A reference stays text until the command resolves it, for `--profile` may come behind it. Completion asks
a running cloud only, and never starts one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import islice
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, NamedTuple

import click
import msgspec

from slshell.commands.environment import Environment
from slshell.model.appliance import ApplianceKind
from slshell.model.errors import Conflict, NotFound, SlshellError, UsageError
from slshell.model.instance import Instance, InstanceType, State
from slshell.model.nearest import nearest, nearest_hint
from slshell.model.volume import GIB, QUARANTINED, Volume, VolumeState

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from slshell.client.cloud import Cloud


MOST_OFFERED = 100
"""Entries of the catalogue that completion looks at, the newest."""
SHOWN = 5
"""Volumes named where a reference stands for several."""


class Offer(NamedTuple):
    """A word that may be meant."""

    word: str
    text: str
    """What is shown beside it; untrusted."""
    twin: str = ""
    """Another word for the same thing, so that it is not offered once more."""


Offers = Callable[["Cloud"], Iterable[tuple[str, str] | Offer]]


class Reference(click.ParamType[Any]):
    """A word that names a resource of the cloud; completed with what the cloud has.

    A pipe brings resources whose `Kind.noun` is `name`; `find` answers the one that a word stands for.
    """

    def __init__(self, name: str, offers: Offers, find: Callable[[Cloud, str], Any] | None = None) -> None:
        self.name = name
        self._offers = offers
        self.find = find

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The word itself; it may not be empty."""
        if not str(value).strip():
            raise UsageError(f"the {self.name} is empty", hint=f"name one of slshell {self.name}s")
        return value

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem[str]]:
        """Names and ids that begin with what is typed and are not yet on the line; nothing when no
        cloud answers in time.
        """
        from click.shell_completion import CompletionItem

        environment = ctx.obj
        if not isinstance(environment, Environment):
            return []
        typed = ctx.params.get(str(param.name))
        taken = set(typed) if isinstance(typed, tuple) else set()

        def fitting() -> Iterable[Offer]:
            for each in self._offers(environment.cloud_if_up()):
                offer = Offer(*each)
                if offer.word.startswith(incomplete) and not {offer.word, offer.twin} & taken:
                    yield offer

        found = _in_time(lambda: islice(fitting(), environment.most_offers), environment.patience_s)
        return [CompletionItem(each.word, help=each.text) for each in found]


def _in_time(ask: Callable[[], Iterable[Offer]], limit_s: float | None) -> list[Offer]:
    """What `ask` offers; nothing when the cloud fails, or has not answered in whole by then."""
    if limit_s is None:
        with suppress(SlshellError):
            return list(ask())
        return []
    found: list[Offer] = []
    done = Event()

    def fetch() -> None:
        with suppress(SlshellError):
            found.extend(list(ask()))
        done.set()

    Thread(target=fetch, daemon=True).start()
    return found if done.wait(limit_s) else []


def _instances(wanted: frozenset[State] | None) -> Offers:
    def offers(cloud: Cloud) -> Iterable[Offer]:
        for each in cloud.instances():
            if wanted is None or each.state in wanted:
                text = f"{each.state} {each.appliance} {each.address}"
                yield Offer(str(each.id), f"{each.name} {text}", each.name)
                yield Offer(each.name, f"{each.id} {text}", str(each.id))

    return offers


def _appliances(cloud: Cloud) -> Iterable[Offer]:
    held = cloud.appliances()
    for each in held:
        yield Offer(each.name, each.title, each.id)
        yield Offer(each.id, each.name, each.name)
    known = {each.id for each in held}
    for each in cloud.search({}, MOST_OFFERED)[0]:
        if each.id not in known:
            yield Offer(each.id, f"{each.name}, endorsed by {each.endorser}")


def _types(cloud: Cloud) -> Iterable[tuple[str, str]]:
    for each in cloud.types():
        yield each.name, f"{each.vcpu} CPU, {each.ram_mib} MB"


def _volumes(wanted: frozenset[VolumeState] | None) -> Offers:
    def offers(cloud: Cloud) -> Iterable[Offer]:
        for each in cloud.volumes(all=wanted is not None):
            if each.state in wanted if wanted is not None else each.state not in QUARANTINED:
                text = f"{each.size_bytes / GIB:g} GiB, {each.state}"
                yield Offer(each.id, f"{each.tag} {text}".strip(), each.tag)
                if each.tag:
                    yield Offer(each.tag, f"{each.id[:8]} {text}", each.id)

    return offers


def _static_disks(cloud: Cloud) -> Iterable[Offer]:
    for each in cloud.appliances(kind=ApplianceKind.DISK):
        if each.kind is ApplianceKind.DISK:
            yield Offer(each.name, each.title, each.id)
            yield Offer(each.id, each.name, each.name)


def volume_in(*states: VolumeState) -> Reference:
    """A volume's UUID or tag, completed with those in these states only."""
    return Reference("volume", _volumes(frozenset(states)), lambda cloud, word: _volume(cloud, word))


def instance_in(*states: State) -> Reference:
    """An instance id or name, completed with machines in these states only."""
    return Reference(
        "instance", _instances(frozenset(states)), lambda cloud, word: resolve_instance(cloud, word)
    )


InstanceId = Reference("instance", _instances(None), lambda cloud, word: resolve_instance(cloud, word))
VolumeId = Reference("volume", _volumes(None), lambda cloud, word: _volume(cloud, word))
StaticDiskId = Reference("appliance", _static_disks, lambda cloud, word: cloud.appliance(word))
ApplianceId = Reference("appliance", _appliances, lambda cloud, word: cloud.appliance(word))
TypeName = Reference("type", _types)


class AnyCase(click.Choice[str]):
    """One of several words in any case, completed as they are spelled."""

    def __init__(self, words: Iterable[str]) -> None:
        super().__init__([str(word) for word in words], case_sensitive=False)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem[str]]:
        """The words that begin with what is typed, whatever its case."""
        from click.shell_completion import CompletionItem

        typed = incomplete.casefold()
        return [CompletionItem(word) for word in self.choices if word.casefold().startswith(typed)]


class FileOrUrl(click.ParamType[Any]):
    """The path of a file, or an address; files are offered."""

    name = "file"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Leave it to the face to offer files."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(incomplete, type="file")]


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


def offered_types(environment: Environment) -> list[InstanceType]:
    """The cloud's machine sizes with those of the user's own file, which hide the cloud's of that name."""
    own = environment.clouds.file.types
    theirs = environment.cloud.types()
    found = {each.name: each for each in theirs} | dict(own)
    default = environment.profile.instance_type or next((each.name for each in theirs if each.default), "")
    return [msgspec.structs.replace(each, default=name == default) for name, each in found.items()]


def resolve_instance(cloud: Cloud, reference: str) -> Instance:
    """The instance that an id or an unambiguous name stands for.

    Raises:
        NotFound: there is none, with the nearest names. Conflict: several live ones have this name.
    """
    if reference.isascii() and reference.isdigit():
        try:
            return cloud.instance(int(reference))
        except NotFound as error:
            raise near_id(cloud, int(reference), error) from error
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


def near_id(cloud: Cloud, number: int, error: SlshellError) -> SlshellError:
    """The error that a machine's number gave; one that there is not is told with the nearest there are."""
    if not isinstance(error, NotFound):
        return error
    ids = nearest(str(number), [str(each.id) for each in cloud.instances()])
    hint = f"did you mean {' or '.join(ids)}?" if ids else error.hint or "slshell instances lists them"
    told = NotFound(error.message, hint=hint, details=error.details)
    return told.with_traceback(error.__traceback__)


def _volume(cloud: Cloud, reference: str) -> Volume:
    return resolve_volume(cloud.volumes(all=True), reference)


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
