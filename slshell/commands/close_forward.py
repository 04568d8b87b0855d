"""`slshell close-forward`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from slshell.commands.environment import Environment
from slshell.commands.forward_kind import FORWARD
from slshell.commands.registry import Danger, command
from slshell.model.errors import SlshellError, UsageError
from slshell.output.listing import Listing
from slshell.sessions.forwards import ForwardState

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class ForwardId(click.ParamType[Any]):
    """The number of a forward, completed with those there are."""

    name = "forward"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The number."""
        if isinstance(value, int):
            return value
        if not (str(value).isascii() and str(value).isdigit()):
            raise UsageError(f"“{value}” is not the number of a forward", hint="slshell forwards lists them")
        return int(value)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem[str]]:
        """The forwards of this process."""
        from click.shell_completion import CompletionItem

        if not isinstance(ctx.obj, Environment):
            return []
        return [
            CompletionItem(str(each.id), help=f"{each.listen} {each.title}")
            for each in ctx.obj.forwards.all()
            if str(each.id).startswith(incomplete)
        ]


@command(danger=Danger.READ, watch=False)
@click.argument("numbers", type=ForwardId(), nargs=-1, metavar="[FORWARD…]")
@click.option("--all", "close_all", is_flag=True, help="All of them.")
def close_forward_command(environment: Environment, numbers: tuple[int, ...], close_all: bool) -> Listing:
    """Close forwarded ports of this REPL or dashboard, and the connections over them."""
    if close_all:
        return Listing(kind=FORWARD, items=environment.forwards.close_all())
    if not numbers:
        raise UsageError("FORWARD is missing", hint="name its number from slshell forwards, or say --all")
    closed: list[ForwardState] = []
    errors: list[SlshellError] = []
    for number in dict.fromkeys(numbers):
        try:
            closed.append(environment.forwards.close(number))
        except SlshellError as error:
            errors.append(error)
    return Listing(kind=FORWARD, items=closed, errors=tuple(errors))
