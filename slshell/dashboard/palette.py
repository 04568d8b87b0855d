"""The palette: every command, view and resource by name, with what it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from textual import on
from textual._callback import invoke
from textual.await_complete import AwaitComplete
from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.fuzzy import Matcher
from textual.markup import escape
from textual.timer import Timer, TimerCallback
from textual.types import IgnoreReturnCallbackType
from textual.widgets import Input, OptionList
from textual.worker import Worker, WorkerState

from slshell.commands.registry import CommandInfo, Danger, commands
from slshell.dashboard import text
from slshell.dashboard.columns import states
from slshell.dashboard.views import VIEWS

if TYPE_CHECKING:
    from slshell.dashboard.app import SlshellApp

_WORDS = re.compile(r"[\s_.-]+")
MOST = 50
"""Hits shown; more words narrow them down."""

KEYS = {
    "run": "do.run", "connect": "do.connect", "start": "do.start", "shutdown": "do.shutdown",
    "reboot": "do.reboot", "kill": "do.kill", "attach-volume": "do.attach", "detach-volume": "do.detach",
    "create-volume": "do.new-volume", "resize-volume": "do.enlarge", "undelete-volume": "do.undelete",
    "delete-volume": "do.kill", "undo": "do.undo", "help": "go.help",
}  # fmt: skip
"""The keys, by their ids, that do what a command does."""


class Entry(NamedTuple):
    """One thing that the palette can do."""

    name: str
    help: str
    do: IgnoreReturnCallbackType
    called: tuple[str, ...] = ()
    """What a thing is called by: its name, its id. Words of a command are its name."""

    def closeness(self, query: str) -> int:
        """How near the name is to what was typed: 3 the same, 2 beginning so, 1 a word of it, 0 loosely."""
        names = [each.casefold() for each in self.called or (self.name,)]
        if query in names:
            return 3
        if any(name.startswith(query) for name in names):
            return 2
        return int(any(word.startswith(query) for name in names for word in _WORDS.split(name)))


class Palette(CommandPalette):
    """Textual's palette, in which keys for an empty list and late hits do nothing instead of raising."""

    _entered_early = False
    """Enter was pressed while hits were looked for."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """No moving about in a list that is empty, or that a tiny terminal has no room for."""
        if action == "command_list" and not any(_can_be_walked(each) for each in self.query(OptionList)):
            return False
        return super().check_action(action, parameters)

    def dismiss(self, result: Any = None) -> AwaitComplete:
        """End once: Textual's own would end the screen below the second time."""
        if not self.is_active:
            return AwaitComplete()
        ended = super().dismiss(result)
        self._dashboard.let_keys_go()
        return ended

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        """Enter takes the first hit for what is typed, not one for what was typed before."""
        self._dashboard.hold_keys(self)
        self._entered_early = self._searches
        if self._entered_early:
            event.stop()
            event.prevent_default()
        elif not self._has_hit:
            self._dashboard.let_keys_go()

    @on(Worker.StateChanged)
    def _searched(self, event: Worker.StateChanged) -> None:
        if self._entered_early and event.state is WorkerState.SUCCESS and not self._searches:
            self._entered_early = False
            if self._has_hit:
                self._select_or_command()
            else:
                self._dashboard.let_keys_go()

    @property
    def _has_hit(self) -> bool:
        return self._list_visible and self.query_one(OptionList).highlighted is not None

    @property
    def _dashboard(self) -> SlshellApp:
        return cast("SlshellApp", self.app)

    @property
    def _searches(self) -> bool:
        """Hits are still looked for."""
        group = self._GATHER_COMMANDS_GROUP
        return any(each.group == group and not each.is_finished for each in self.workers)

    def _watch__list_visible(self) -> None:
        """Hits that come while the palette is being closed find no list any more."""
        if self.query(OptionList):
            super()._watch__list_visible()

    async def _watch__show_busy(self) -> None:
        """Nor a list that could look busy."""
        if self.query(OptionList):
            await super()._watch__show_busy()

    def set_timer(
        self,
        delay: float,
        callback: TimerCallback | None = None,
        *,
        name: str | None = None,
        pause: bool = False,
    ) -> Timer:
        """What waits for its time, as the word that nothing was found, is not said to a closed palette."""

        async def in_time() -> None:
            if callback is not None and self.query(OptionList):
                await invoke(callback)

        return super().set_timer(delay, in_time, name=name, pause=pause)


def _can_be_walked(entries: OptionList) -> bool:
    return entries.option_count > 0 and entries.scrollable_content_region.height > 0


class EverythingProvider(Provider):
    """Views, commands and themes at once; resources as one types."""

    @property
    def _dashboard(self) -> SlshellApp:
        return cast("SlshellApp", self.app)

    async def startup(self) -> None:
        """Read the table of commands once for this palette."""
        self._entries = [*self._views(), *self._commands(), *self._themes()]

    async def discover(self) -> Hits:
        """What there is before anything is typed."""
        for entry in self._entries:
            yield DiscoveryHit(Content(entry.name), entry.do, text=entry.name, help=escape(entry.help))

    async def search(self, query: str) -> Hits:
        """The best hits, each with its matched letters marked."""
        matcher, typed = self.matcher(query), query.casefold().strip()
        hits: list[tuple[float, Entry]] = []
        for entry in (*self._entries, *self._resources(typed)):
            score = matcher.match(entry.name)
            if score > 0:
                hits.append((entry.closeness(typed) + score / (1 + score), entry))
        hits.sort(key=lambda hit: -hit[0])
        for score, entry in hits[:MOST]:
            shown = _highlighted(matcher, entry.name)
            yield Hit(score, shown, entry.do, text=entry.name, help=escape(entry.help))

    def _views(self) -> Iterator[Entry]:
        app = self._dashboard
        for view in VIEWS:
            yield Entry(
                view.renderer.title, f"show them, key {view.key}", partial(app.main.open_view, view.id)
            )
        yield Entry("Help", "keys of where you are, key ?", app.action_help)
        yield Entry("Quit", "leave the dashboard; machines go on, key q", app.action_quit_dashboard)

    def _commands(self) -> Iterator[Entry]:
        for info in commands():
            if self._dashboard.read_only and info.danger is not Danger.READ:
                continue
            key = KEYS.get(info.name, "")
            told = f", key {self._dashboard.keys_of(key)}" if key else ""
            about = f"{info.summary.removesuffix('.')}{told}" if told else info.summary
            yield Entry(info.name, about, partial(self._start, info))

    def _themes(self) -> Iterator[Entry]:
        app = self._dashboard
        for name in app.looks.names:
            yield Entry(f"theme {name}", "change the colours", partial(app.looks.choose, name))

    def _resources(self, query: str) -> Iterator[Entry]:
        app = self._dashboard
        words = query.split()
        for row in app.picture.snapshot.instances.values():
            name = f"{row.name} {row.id}"
            if words and words[0] not in name.casefold():
                continue
            about = f"{states.of_instance(row)}, {row.appliance}, {row.address}"
            go = partial(app.main.go_to, "instances", row.id)
            yield Entry(text.clean(name), text.clean(about), go, (text.clean(row.name), str(row.id)))
        yield from self._storage_and_hosts(words)
        for each in () if app.read_only else app.picture.snapshot.appliances.values():
            shown = f"run {each.name}"
            yield Entry(text.clean(shown), text.clean(each.title), partial(app.main.prefill, shown))

    def _storage_and_hosts(self, words: list[str]) -> Iterator[Entry]:
        app, go = self._dashboard, self._dashboard.main.go_to
        for volume in app.picture.snapshot.volumes.values():
            shown = f"{volume.tag} {volume.id}".strip()
            if not words or words[0] in shown.casefold():
                about = f"volume, {volume.state}, {text.size(volume.size_bytes)}"
                called = (text.clean(volume.tag), volume.id)
                yield Entry(text.clean(shown), about, partial(go, "volumes", volume.id), called)
        for appliance in app.picture.snapshot.appliances.values():
            about = f"appliance, {appliance.state}, {appliance.title}"
            yield Entry(
                text.clean(appliance.name), text.clean(about), partial(go, "appliances", appliance.id)
            )
        for host in app.picture.hosts:
            yield Entry(text.clean(host.name), f"host, {host.status}", partial(go, "hosts", host.id))

    def _start(self, info: CommandInfo) -> None:
        """Run a command that needs nothing more; put any other on the command line."""
        if any(parameter.required for parameter in info.parameters) or info.danger != "read":
            self._dashboard.main.prefill(f"{info.name} ")
        else:
            self._dashboard.run_command(info.name)


def _highlighted(matcher: Matcher, name: str) -> Content:
    """`name` with its matched letters marked; Textual's own would read it as markup."""
    content = Content(name)
    for offset in matcher.fuzzy_search.match(matcher.query, name)[1]:
        if not name[offset].isspace():
            content = content.stylize(matcher.match_style, offset, offset + 1)
    return content
