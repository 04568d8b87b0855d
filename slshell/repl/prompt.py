"""The REPL in a capable terminal: one prompt after another, commands in between."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from prompt_toolkit import PromptSession
from prompt_toolkit.application import Application, run_in_terminal
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.enums import EditingMode
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.shortcuts import CompleteStyle

from slshell.commands.environment import Environment
from slshell.commands.interpreter import Interpreter
from slshell.commands.notices import Notice
from slshell.model.errors import ExitCode
from slshell.output.formats import painted
from slshell.output.writer import terminal_width
from slshell.repl import history, toolbar, typeahead
from slshell.repl.editing import STYLE, LineCompleter, LineLexer, LineValidator, MissingHint, key_bindings
from slshell.repl.follow import Follower
from slshell.repl.plain import PROMPT

MARKS = {"information": ("●", "green"), "warning": ("!", "yellow"), "error": ("✗", "red")}


class Pane(Protocol):
    """A terminal that a face draws."""

    @property
    def width(self) -> int:
        """Its columns."""

    def working(self, environment: Environment) -> AbstractContextManager[Environment]:
        """The world of a command that Ctrl-C ends."""


class Prompt:
    """Asks for lines and runs them until the user leaves."""

    def __init__(self, interpreter: Interpreter, pane: Pane | None = None) -> None:
        """`pane` is the terminal when it is none of the system's; the app session has its ends then."""
        self._pane = pane
        self._interpreter = interpreter
        self._environment = interpreter.environment
        self._output = interpreter.environment.output
        self._follower = Follower(interpreter.environment, self._changed)
        self._session = self._make_session()

    def run(self) -> int:
        """The exit code of the session: what `exit` said, else 0."""
        self._session.app.after_render.add_handler(self._follow)
        try:
            while self._interpreter.ended is None:
                self._tell()
                try:
                    line = self._ask()
                except KeyboardInterrupt:
                    continue
                except EOFError:
                    return ExitCode.DONE
                self._do(line)
            return self._interpreter.ended
        finally:
            self._follower.close()

    def _follow(self, app: Application[str]) -> None:
        """Follow the cloud as soon as the first prompt stands, which it would only delay."""
        app.after_render.remove_handler(self._follow)
        self._follower.start()

    def _ask(self) -> str:
        if self._pane is not None:
            return self._session.prompt(handle_sigint=False)
        with typeahead.drawn_once(self._environment.stdin.fileno(), self._write):
            return self._session.prompt()

    def _do(self, line: str) -> None:
        try:
            if self._pane is not None:
                self._output.width = self._pane.width
                with self._pane.working(self._environment) as world:
                    self._interpreter.run(line, world)
            else:
                self._output.width = terminal_width(self._output.stdout_is_tty)
                self._interpreter.run(line)
            self._output.stdout.flush()
        except KeyboardInterrupt:
            self._output.warning("interrupted")

    def _write(self, text: str) -> None:
        self._output.stdout.write(text)
        self._output.stdout.flush()

    def _make_session(self) -> PromptSession[str]:
        interpreter, environment = self._interpreter, self._environment
        vi = environment.settings.repl.keys == "vi"
        return PromptSession(
            [("class:prompt", PROMPT)],
            multiline=True,
            prompt_continuation=_continuation,
            editing_mode=EditingMode.VI if vi else EditingMode.EMACS,
            history=history.of_profile(environment.profile.name, environment.environ),
            auto_suggest=AutoSuggestFromHistory(),
            completer=LineCompleter(interpreter, self._follower),
            complete_in_thread=True,
            complete_while_typing=True,
            complete_style=CompleteStyle.COLUMN,
            lexer=LineLexer(interpreter),
            input_processors=[MissingHint(interpreter)],
            validator=LineValidator(interpreter),
            validate_while_typing=False,
            key_bindings=key_bindings(),
            bottom_toolbar=self._bar,
            style=STYLE,
            color_depth=None if self._output.colours else ColorDepth.DEPTH_1_BIT,
            include_default_pygments_style=False,
        )

    def _bar(self) -> StyleAndTextTuples:
        profile, follower = self._environment.profile, self._follower
        text = toolbar.bar(profile.name, profile.read_only, follower.snapshot, follower.hosts, toolbar.now())
        return [("", text)]

    def _changed(self) -> None:
        """Called from other threads: draw the bar anew, and tell above the line what happened."""
        app = self._session.app
        loop = app.loop
        if loop is None or not app.is_running:
            return
        app.invalidate()
        if self._follower.has_untold:
            loop.call_soon_threadsafe(self._tell_above)

    def _tell_above(self) -> None:
        if self._session.app.is_running:
            run_in_terminal(self._tell)

    def _tell(self) -> None:
        """Write what happened; what came while a command ran waits for the next prompt."""
        for notice in self._follower.untold():
            self._output.stderr.write(line_of(notice, colours=bool(self._output.colours)) + "\n")
        self._output.stderr.flush()


def line_of(notice: Notice, *, colours: bool) -> str:
    """A notice on one line; its words are clean already."""
    mark, colour = MARKS[notice.severity]
    sign = painted(mark, colour) if colours else mark
    return f"{sign} {notice.title}. {notice.text}" if notice.text else f"{sign} {notice.title}"


def _continuation(width: int, line_number: int, is_soft_wrap: int) -> StyleAndTextTuples:
    return [("class:prompt", "" if is_soft_wrap else "> ".rjust(width))]
