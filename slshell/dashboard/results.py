"""What came of a command line that ran in the dashboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slshell.commands.grammar import Unreadable, parse
from slshell.commands.registry import CommandInfo, Danger, Result, Root, commands
from slshell.commands.stages import find
from slshell.dashboard.screens.output import OutputScreen
from slshell.dashboard.text import clean, clean_lines
from slshell.model.instance import Instance
from slshell.model.volume import Volume, VolumeState

if TYPE_CHECKING:
    from slshell.dashboard.app import SlshellApp

OPENING = frozenset({"connect", "console"})
"""Commands whose result is a pane, which needs no notice beside it."""
SHORT = 2
"""Lines of output that fit into a notice; more get a sheet."""


def machines_of(data: object) -> list[Instance]:
    """The machines among what a command answered."""
    items = data if isinstance(data, list | tuple) else [data]
    return [each for each in items if isinstance(each, Instance)]


def info_of(line: str, root: Root) -> CommandInfo | None:
    """The last command of a line, whose resources are what came of it; None when it holds none."""
    try:
        words = [command for pipeline in parse(line) for command in pipeline.commands]
    except Unreadable:
        return None
    found = find(root, [word.plain or "" for word in words[-1]]) if words else None
    return None if found is None else next(info for info in commands() if info.name == found.name)


def tell(app: SlshellApp, line: str, result: Result) -> None:
    """Show what a command did: a notice for a change, a sheet for what is to be read."""
    machines = machines_of(result.data)
    info = info_of(line, app.interpreter.root)
    if info is not None and info.danger is not Danger.READ and machines:
        after = _kill_undone(app) if info.name == "kill" else ""
        words = "\n".join(f"{each.name} ({each.id}) {each.state}" for each in machines[:5])
        more = f"\nand {len(machines) - 5} more" if len(machines) > 5 else ""
        _notice(app, line, f"{words}{more}{after}")
        if info.name == "run":
            app.main.await_row(machines[0].id)
        return
    if info is not None and info.name == "delete-volume" and _all_held(result.data):
        _notice(app, line, f"Deleted. {app.keys_of('do.undo')} brings it back.")
        return
    words = (result.output + result.notices).strip("\n")
    if not words and info is not None and info.name in OPENING:
        return
    if words.count("\n") < SHORT:
        _notice(app, line, words or "Done.")
    else:
        app.push_screen(OutputScreen(line, words))


def _kill_undone(app: SlshellApp) -> str:
    """What of a killed machine can be brought back; where nothing is kept, nothing is said."""
    storage = app.picture.storage
    if storage is None or not storage.quarantine_s:
        return ""
    return f"\nWhen it is gone, {app.keys_of('do.undo')} brings its root disk back as a volume."


def _all_held(data: object) -> bool:
    """Whether all volumes of an answer wait in quarantine."""
    items = data if isinstance(data, list | tuple) else [data]
    return bool(items) and all(
        isinstance(each, Volume) and each.state is VolumeState.DELETED for each in items
    )


def _notice(app: SlshellApp, line: str, words: str) -> None:
    app.notify("\n".join(clean_lines(words)), title=clean(f":{line}"), markup=False)
