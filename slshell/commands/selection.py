"""Several machines in one word: ids, names, patterns and states between commas."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import click

from slshell.commands.parameters import InstanceId, resolve_instance
from slshell.model.errors import NotFound, UsageError
from slshell.model.instance import Instance, State
from slshell.model.nearest import nearest_hint

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from slshell.client.cloud import Cloud

STATE = "state:"


class Selection(click.ParamType[Any]):
    """`ID,NAME,PATTERN*,state:STATE`; answers the words."""

    name = "instances"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The words between the commas; a state must be one."""
        if isinstance(value, tuple):
            return value
        words = tuple(word.strip() for word in str(value).split(",") if word.strip())
        if not words:
            raise UsageError("no machines are named", hint="for example --on 1,2 or --on state:running")
        for word in words:
            if word.startswith(STATE):
                _state(word)
        return words

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem[str]]:
        """Machines behind the last comma, and states."""
        from click.shell_completion import CompletionItem

        before, comma, word = incomplete.rpartition(",")
        taken = set(before.split(","))
        states = [f"{STATE}{str(state).lower()}" for state in State]
        offered = InstanceId.shell_complete(ctx, param, word)
        offered += [CompletionItem(each) for each in states if each.startswith(word)]
        return [
            CompletionItem(f"{before}{comma}{each.value}", help=each.help)
            for each in offered
            if each.value not in taken
        ]


def selected(cloud: Cloud, words: tuple[str, ...]) -> list[Instance]:
    """The machines that the words mean, each once, in their order.

    Raises:
        NotFound: a word means none. Conflict: a name is that of several.
    """
    found: dict[int, Instance] = {}
    listed: list[Instance] | None = None
    for word in words:
        if word.startswith(STATE) or "*" in word or "?" in word:
            if listed is None:
                listed = cloud.instances()
            meant = [each for each in listed if _means(word, each)]
            if not meant:
                raise NotFound(f"no machine is meant by “{word}”", hint="slshell instances lists them")
        else:
            meant = [resolve_instance(cloud, word)]
        found.update((each.id, each) for each in meant)
    return list(found.values())


def _means(word: str, instance: Instance) -> bool:
    if word.startswith(STATE):
        return instance.state is _state(word)
    return fnmatchcase(instance.name, word.replace("[", "[[]"))


def _state(word: str) -> State:
    name = word.removeprefix(STATE).casefold()
    for state in State:
        if state.casefold() == name:
            return state
    raise UsageError(f"“{name}” is not a state", hint=nearest_hint(name, [str(state) for state in State]))
