"""The dashboard app: it owns the picture of the cloud and runs commands; screens draw and read keys."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import ClassVar

import msgspec
from textual import on
from textual.binding import Binding, BindingType
from textual.events import AppBlur, AppFocus

from slshell.client import local
from slshell.client.profiles import state_folder
from slshell.commands.completer import Completer
from slshell.commands.environment import Declined, Environment, of_process
from slshell.commands.interpreter import Interpreter
from slshell.commands.registry import run_line
from slshell.commands.ssh_line import ssh_line
from slshell.dashboard import keymap, live, messages, restoring, results, stopping, themes
from slshell.dashboard.at_work import AtWork
from slshell.dashboard.collecting import calm_collector
from slshell.dashboard.feed import Feed
from slshell.dashboard.keyboard import read_every_key
from slshell.dashboard.looks import Looks
from slshell.dashboard.palette import EverythingProvider, Palette
from slshell.dashboard.places import places
from slshell.dashboard.screens.dialog import LineDialog
from slshell.dashboard.screens.form import FormScreen
from slshell.dashboard.screens.help import HelpScreen
from slshell.dashboard.screens.main import MainScreen
from slshell.dashboard.screens.theme_picker import ThemePicker
from slshell.dashboard.screens.tour import TourScreen
from slshell.dashboard.session import Session, SessionFile, TourFile
from slshell.dashboard.sessions.host import SessionHost
from slshell.dashboard.subjects import Around
from slshell.dashboard.text import clean, clean_lines
from slshell.dashboard.views import Picture
from slshell.model.errors import ExitCode
from slshell.model.instance import Instance
from slshell.output.writer import Output


class SlshellApp(SessionHost):
    """The dashboard over one cloud."""

    TITLE = "slshell"
    CSS_PATH = "app.tcss"
    COMMANDS: ClassVar = {EverythingProvider}
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (80, "-normal"), (120, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-short"), (34, "-tall")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,f1", "help", "Help", key_display="?", id="go.help"),
        Binding("ctrl+p", "command_palette", "Palette", id="go.palette", priority=True),
        Binding("ctrl+t", "next_theme", "Next theme", show=False, id="go.next-theme"),
        Binding("T", "pick_theme", "Choose a theme", show=False, id="go.theme"),
        Binding("q", "quit_dashboard", "Quit", id="go.quit"),
        Binding("ctrl+c", "stop_command", "Stop a command", show=False, id="go.stop"),
    ]

    def __init__(self, environment: Environment) -> None:
        # Textual would turn colours into shades of grey; whoever wants none gets none.
        super().__init__(ansi_color=True if themes.has_no_colour(environment.environ) else None)
        self.environment = self._own_world(environment)
        self.interpreter = Interpreter(self.environment)
        self.completer = Completer(
            environment=self.environment,
            root=self.interpreter.root,
            variables=self.interpreter.state.variables,
        )
        self.at_work = AtWork()
        self.picture = Picture()
        follow = self.environment.make_cloud(self.environment.profile, False, lambda _: None)
        self.feed = Feed(follow, self.post_message, self._bring_up)
        self.main = MainScreen(self.picture)
        self._ssh_lines: dict[tuple[int, str, int, str], str] = {}
        self._told_trouble = ""
        environ, profile = self.environment.environ, self.environment.profile
        self.looks = Looks(self, self.environment, self._trouble)
        self.looks.load()
        self._keys: Mapping[str, str] = {}
        self._left = Session()
        """How the main screen was left the last time."""
        self._marks_due = True
        """Marks come back when it is known which cloud this is."""
        self._session_file = SessionFile(state_folder(environ), profile.name)
        self._tour_file = TourFile(state_folder(environ))
        self._tour_due = self._tour_file.due and not self.read_only

    @property
    def where(self) -> str:
        """The folder or the address of the cloud."""
        profile = self.environment.profile
        if profile.url is not None:
            return profile.url
        home = Path.home()
        return (
            f"~/{profile.home.relative_to(home)}" if profile.home.is_relative_to(home) else str(profile.home)
        )

    @property
    def read_only(self) -> bool:
        """Nothing may be changed through this profile."""
        return self.environment.profile.read_only

    @property
    def around(self) -> Around:
        """What is known beside a row."""
        return Around(self.picture, self.ssh_line_of)

    @property
    def fresh_at(self) -> datetime | None:
        """When the cloud last confirmed the picture."""
        return self.feed.mirror.snapshot.fresh_at

    def keys_of(self, binding_id: str) -> str:
        """The keys that an id of `docs/dashboard.md` is on, as they are rebound."""
        return self._keys.get(binding_id) or keymap.known(places(type(self)))[binding_id].key

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our own variables, for themes that do not know them."""
        return themes.OWN

    def on_mount(self) -> None:
        """Show the main screen and begin to follow the cloud."""
        self._left, trouble = self._session_file.read()
        if trouble:
            self._trouble("The last session", trouble)
        self.looks.begin(self._left)
        keys, troubles = keymap.checked(self.environment.settings.dashboard.keys, places(type(self)))
        for words in troubles:
            self.notify(_plain(words), title="Keys", severity="warning", markup=False)
        self.set_keymap(keys)
        self._keys = keys
        self.begin_sessions(self.environment.settings.sessions)
        self.push_screen(self.main)
        self.feed.start()

    def on_unmount(self) -> None:
        """End what is at work."""
        for running in self.at_work.running:
            self.at_work.stop(running)
        self.feed.close()

    def restore(self) -> None:
        """Put the main screen back as it was left."""
        restoring.restore(self.main, self._left)

    def remember(self) -> None:
        """Keep how the main screen is now, for the next time."""
        status = self.picture.status
        cloud = self._left.cloud if self._marks_due or status is None else status.id
        session = restoring.taken(self.main, self.looks.chosen, self.looks.setting, cloud)
        if trouble := self._session_file.write(session):
            self._trouble("This session is not kept", trouble)

    def run_command(self, line: str, *, typed: bool = False) -> None:
        """Run a command line in a thread of its own; CommandEnded tells what became of it."""

        running = self.at_work.begin(line, self.environment)
        live.begin(self, running)

        def work() -> None:
            result = running.told(run_line(line, running.environment, self.interpreter))
            self.post_message(messages.CommandEnded(line, result, typed, running))

        self.run_worker(work, name=line, group="commands", thread=True, exit_on_error=True)

    def ssh_line_of(self, instance: Instance) -> str:
        """The ssh command for a machine; it reads the user's keys, so it is kept until a command has run."""
        key = (instance.id, instance.address, instance.ssh_port, instance.user)
        if key not in self._ssh_lines:
            profile = self.environment.profile
            self._ssh_lines[key] = ssh_line(instance, profile.home, self.environment.environ)
        return self._ssh_lines[key]

    def action_help(self) -> None:
        """Show the keys of where one is."""
        if not isinstance(self.screen, HelpScreen):
            bindings = self.screen.active_bindings.values()
            here = self.main.view.renderer.title if self.screen is self.main else ""
            self.push_screen(HelpScreen(bindings, here))

    def action_command_palette(self) -> None:
        """Open the palette over the main screen."""
        if not isinstance(self.screen, Palette):
            self.push_screen(
                Palette(placeholder="A command, a view, a machine, a volume…", id="--command-palette")
            )

    def action_next_theme(self) -> None:
        """The next of the themes."""
        self.looks.choose_next()

    def action_pick_theme(self) -> None:
        """Walk over the themes and choose one."""
        if self.screen is self.main:
            self.push_screen(ThemePicker(self.looks))

    def action_stop_command(self) -> None:
        """Stop a command that runs."""
        stopping.stop(self)

    def action_quit_dashboard(self) -> None:
        """Leave; the cloud and its machines go on."""
        self.remember()
        self.leave(ExitCode.DONE)

    async def action_quit(self) -> None:
        """Textual's own key."""
        self.action_quit_dashboard()

    @on(messages.SnapshotChanged)
    def _snapshot_changed(self, message: messages.SnapshotChanged) -> None:
        old = self.picture.snapshot
        self.picture.take(message.snapshot)
        self.main.snapshot_changed(old)
        self._followers_draw()
        self._begin_tour()

    @on(messages.HostsTaken)
    def _hosts_taken(self, message: messages.HostsTaken) -> None:
        status = msgspec.structs.replace(message.status, uptime_s=0.0, revision=0, instances={})
        picture = self.picture
        if self._marks_due and self.main.is_mounted:
            self._marks_due = False
            restoring.restore_marks(self.main, same=status.id == self._left.cloud)
        if (message.hosts, status, message.storage) != (picture.hosts, picture.status, picture.storage):
            picture.hosts, picture.status, picture.storage = message.hosts, status, message.storage
            self.main.hosts_changed()

    @on(messages.MetricsTaken)
    def _metrics_taken(self, message: messages.MetricsTaken) -> None:
        if self.picture.measured(message.metrics):
            self.main.redraw_measured(each.id for each in message.metrics)

    @on(messages.TypesTaken)
    def _types_taken(self, message: messages.TypesTaken) -> None:
        self.picture.types = message.types

    @on(messages.OffersTaken)
    def _offers_taken(self, message: messages.OffersTaken) -> None:
        self.picture.offered = message.appliances
        self.main.redraw()

    @on(messages.FactsRead)
    def _facts_read(self, message: messages.FactsRead) -> None:
        self.picture.facts = (message.reference, message.facts)
        self._followers_draw()

    @on(messages.TrackRead)
    def _track_read(self, message: messages.TrackRead) -> None:
        self.picture.track = (message.instance_id, message.track)
        self.main.redraw_detail()

    @on(messages.ConsoleRead)
    def _console_read(self, message: messages.ConsoleRead) -> None:
        self.picture.console = (message.instance_id, message.text)
        self.main.redraw_detail()

    @on(messages.StartFailed)
    def _start_failed(self, message: messages.StartFailed) -> None:
        self._trouble("The cloud does not start", f"{message.text}\n{message.hint}")

    @on(messages.MeasuringFailed)
    def _measuring_failed(self, message: messages.MeasuringFailed) -> None:
        self._trouble("Figures are missing", message.text)

    @on(LineDialog.Submitted)
    def _line_submitted(self, event: LineDialog.Submitted) -> None:
        self.run_command(event.line)

    @on(messages.CommandEnded)
    def _command_ended(self, message: messages.CommandEnded) -> None:
        self._ssh_lines.clear()
        self.at_work.ended(message.running)
        self.main.redraw_frame()
        if self.interpreter.ended is not None:
            ended, self.interpreter.state.ended = self.interpreter.ended, None
            self.leave(ended)
            return
        line, result = message.line, message.result
        command_line = self.main.command_line
        watched = message.running.ended(result)
        dialog = next(self._dialogs_at_work(line), None)
        if isinstance(result.error, Declined):
            self.notify("Nothing was done.", markup=False)
            if dialog is not None:
                dialog.declined()
            return
        if result.error is not None and dialog is not None:
            dialog.failed(result.error.message, result.error.hint)
            return
        if result.error is not None:
            shown = message.typed and command_line.failed(line, result.error.message, result.error.hint)
            if not (shown or watched):
                words = f"{result.error.message}\n{result.error.hint}".strip()
                self.notify(_plain(words), title=clean(f":{line}"), severity="error", markup=False)
            return
        command_line.succeeded(line)
        if dialog is not None:
            dialog.succeeded(result.data)
        if not watched:
            results.tell(self, line, result)

    @on(AppFocus)
    @on(AppBlur)
    def _focus_changed(self) -> None:
        self.main.measure()

    def _dialogs_at_work(self, line: str) -> Iterator[LineDialog]:
        for screen in self.screen_stack:
            if isinstance(screen, LineDialog) and screen.at_work == line:
                yield screen

    def _followers_draw(self) -> None:
        for screen in self.screen_stack:
            if isinstance(screen, TourScreen | FormScreen):
                screen.follow()

    def _begin_tour(self) -> None:
        """Show a newcomer around, once; who has machines already is none."""
        if self._tour_due and self.picture.known:
            self._tour_due = False
            if not self.picture.snapshot.instances and self.screen is self.main:
                self.push_screen(TourScreen(self.picture, self.main.usual_appliance()))
            self._tour_file.end()

    def _trouble(self, title: str, words: str) -> None:
        """Tell of a trouble that comes again and again once."""
        if words != self._told_trouble:
            self._told_trouble = words
            self.notify(_plain(words), title=title, severity="warning", markup=False)

    def _bring_up(self, first: bool) -> None:
        """Start the bundled cloud at first, and again when it crashed; one that was put down stays down."""
        profile = self.environment.profile
        crashed = profile.is_local and local.read(profile.home) is not None
        if first or crashed:
            self.environment.cloud.status()

    def _own_world(self, environment: Environment) -> Environment:
        """The environment of commands that run in here: questions and sessions come to the screen."""
        quiet = Output(stdout=io.StringIO(), stderr=io.StringIO(), width=None, colours=False)
        own = environment.with_output(quiet)
        own.confirm = self.confirm
        own.ask_secret = self.ask_secret
        own.open_session, own.lasts = self.open_session, True
        own.stdin, own.stdin_is_tty = io.StringIO(), False
        return own


def run(environment: Environment | None = None) -> int:
    """Open the dashboard on the environment's cloud and answer the exit code."""
    app = SlshellApp(environment or of_process())
    calm_collector()
    read_every_key()
    return app.run() or ExitCode.DONE


def _plain(words: str) -> str:
    return "\n".join(clean_lines(words))
