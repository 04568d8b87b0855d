"""`TerminalView`: a widget that draws one session and gives it keys, mouse and pasted text."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import ClassVar, NamedTuple

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from slshell.dashboard import text
from slshell.dashboard.sessions import labels, theme
from slshell.dashboard.sessions.gaze import Gaze, Spot
from slshell.dashboard.sessions.mouse import MouseHand
from slshell.dashboard.sessions.painting import paint
from slshell.dashboard.sessions.pens import BAR, BLOCK, HOLLOW, NONE, UNDERLINE, Pens
from slshell.sessions.session import Session, State
from slshell.terminal import keys
from slshell.terminal.row import Row

SYNCHRONISED_S = 0.5
"""A picture that a program builds is awaited no longer than this."""
_SHAPES = {"block": BLOCK, "underline": UNDERLINE, "bar": BAR}
_KEPT_SCREENS = 3
BESIDE_S = 0.1
"""A pane beside the one that has the keys is drawn no more often."""
FLOODED_S = 0.25
"""Still less while it is flooded: each picture is wholly another, and holds up the echo of keys."""

Typing = Callable[[Session], bytes]
"""What some input is for a session, by the modes of its program."""


class _Line(NamedTuple):
    """What one line of the widget is made from; equal lines look the same."""

    text: str
    styles: str
    over: str


class TerminalView(Widget, can_focus=True):
    """One session in a pane."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = theme.CLASSES
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "ctrl+backslash", "screen.leader", "Keys of the dashboard", priority=True, id="session.leader"
        ),
    ]

    class Typed(Message):
        """Something for the machine, or for all that are typed to."""

        def __init__(self, view: TerminalView, typing: Typing) -> None:
            super().__init__()
            self.view = view
            self.typing = typing

    class Pasted(Message):
        """Text was pasted."""

        def __init__(self, words: str) -> None:
            super().__init__()
            self.words = words

    class Copied(Message):
        """Text was selected by the mouse."""

        def __init__(self, words: str) -> None:
            super().__init__()
            self.words = words

    class Asked(Message):
        """A key on a session that is not live: `again` or `close`."""

        def __init__(self, view: TerminalView, what: str) -> None:
            super().__init__()
            self.view = view
            self.what = what

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.gaze = Gaze(session.screen)
        self.titled = False
        self.broadcasts = False
        self.active = False
        """It has the keys of its tab."""
        self._mouse = MouseHand(self)
        self._pens: Pens | None = None
        self._look: object = None
        self._drawn: list[_Line] = []
        self._rows: list[Row] = []
        self._strips: dict[_Line, Strip] = {}
        self._held_since: float | None = None
        self._followed_at = self._awaited_until = 0.0
        self._bars = ("", "")

    @property
    def top(self) -> int:
        """Lines above the terminal."""
        return 1 if self.titled else 0

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """All keys but its own bindings are the machine's."""
        return True

    def frame(self, *, titled: bool, active: bool, broadcasts: bool) -> None:
        """How the pane stands among others."""
        if (titled, active, broadcasts) != (self.titled, self.active, self.broadcasts):
            self.titled, self.active, self.broadcasts = titled, active, broadcasts
            self.fit()
            self.show(all_lines=True)

    def fit(self) -> None:
        """Give the session the size that it has here."""
        columns, rows = self.size.width, self.size.height - self.top
        if columns > 0 and rows > 0:
            before = (self.session.screen.columns, self.session.screen.rows)
            self.session.resize(columns, rows)
            if before != (columns, rows):
                self.gaze.reset()

    def follow(self) -> None:
        """Draw what has come: at once where keys go, in a pane beside a few times a second."""
        pause = FLOODED_S if self.session.waiting else BESIDE_S
        now, due = time.monotonic(), self._followed_at + pause
        if self.active or self.broadcasts or now >= due:
            self._follow_now()
        elif now >= self._awaited_until:
            self._awaited_until = due
            self.set_timer(due - now, self._follow_now)

    def _follow_now(self) -> None:
        self._followed_at = time.monotonic()
        self.show()

    def show(self, *, all_lines: bool = False) -> None:
        """Draw what differs from what is drawn."""
        screen = self.session.screen
        if self._is_held() and not all_lines:
            return
        look = (
            screen.styles.generation, dict(screen.palette.colors), dict(screen.palette.dynamic),
            screen.modes.reverse_video,
        )  # fmt: skip
        if look != self._look:
            self._look, all_lines = look, True
            self._pens = None
            self._strips.clear()
        before = self._drawn
        self._rows = screen.view(self.gaze.back)
        self._drawn = [self._line(y, row) for y, row in enumerate(self._rows)]
        if len(self._strips) > _KEPT_SCREENS * len(self._rows):
            kept = set(self._drawn)
            self._strips = {line: strip for line, strip in self._strips.items() if line in kept}
        if all_lines or len(before) != len(self._drawn):
            self.refresh()
            return
        self._show_bars()
        width = self.size.width
        dirty = [y for y, (old, new) in enumerate(zip(before, self._drawn, strict=True)) if old != new]
        if dirty:
            self.refresh(*(Region(0, y + self.top, width, 1) for y in dirty))

    def _show_bars(self) -> None:
        """Draw title and banner again where they say something else."""
        bars = (self._title_words(), labels.banner(self.session, self.size.width - 1))
        if bars != self._bars:
            self._bars = bars
            width, height = self.size
            self.refresh(Region(0, 0, width, 1), Region(0, height - 1, width, 1))

    def notify_style_update(self) -> None:
        """Other colours: all is made anew."""
        super().notify_style_update()
        self._pens = None
        self._strips.clear()

    def render_line(self, y: int) -> Strip:
        """One line: the title, a row of the terminal, or the banner over the last one."""
        width = self.size.width
        pens = self._ready_pens()
        if self.titled and y == 0:
            return self._title(width)
        if y == self.size.height - 1 and (words := labels.banner(self.session, width - 1)):
            return self._bar(f" {words}", "banner", width)
        y -= self.top
        if not 0 <= y < len(self._drawn):
            return Strip([Segment(" " * width, pens.blank)], width)
        line = self._drawn[y]
        strip = self._strips.get(line)
        if strip is None or strip.cell_length != width:
            strip = paint(self.session.screen, self._rows[y], width, line.over, pens)
            self._strips[line] = strip
        return strip

    # Keys, paste, mouse.

    def on_key(self, event: events.Key) -> None:
        """Every other key is the machine's; while none listens, a few do something with the pane."""
        event.stop()
        event.prevent_default()
        session = self.session
        if not session.is_live:
            what = {"r": "again", "enter": "again", "x": "close", "ctrl+c": "close"}.get(event.key)
            if session.state is State.ENDED or event.key != "enter":
                if what:
                    self.post_message(self.Asked(self, what))
                return
        self.let_go()
        name, character = event.key, event.character
        self.type(lambda to: keys.key(name, to.screen.modes, character))

    def on_paste(self, event: events.Paste) -> None:
        """Text from the outer terminal's clipboard."""
        event.stop()
        event.prevent_default()
        self.post_message(self.Pasted(event.text))

    def type(self, typing: Typing) -> None:
        """Send some input to whoever is typed to."""
        self.post_message(self.Typed(self, typing))

    def let_go(self) -> None:
        """Follow what comes again, with nothing selected."""
        if self.gaze.back or self.gaze.selected or self.gaze.cursor:
            self.gaze.reset()
            self.show()

    def spot(self, x: float, y: float) -> Spot:
        """The cell of the terminal at a place in the widget, the nearest one for places outside."""
        screen = self.session.screen
        row = min(max(int(y) - self.top, 0), screen.rows - 1)
        return Spot(self.gaze.first + row, min(max(int(x), 0), screen.columns - 1))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Press a button: the program's, or the beginning of a selection."""
        self._mouse.down(event)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Move: the program's, or a longer selection."""
        self._mouse.move(event)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Let go: what is selected is copied."""
        self._mouse.up(event)

    def on_click(self, event: events.Click) -> None:
        """A double click selects a word, a triple one a line."""
        self._mouse.click(event)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Back into the history, or the program's."""
        self._mouse.wheel(event, 4)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Forward again, or the program's."""
        self._mouse.wheel(event, 5)

    def on_resize(self) -> None:
        """The session gets the new size."""
        self.fit()
        self.show(all_lines=True)

    def watch_has_focus(self, has_focus: bool) -> None:
        """The cursor is full where keys go, else a line."""
        super().watch_has_focus(has_focus)
        if self.is_mounted:
            self.show()

    def _ready_pens(self) -> Pens:
        if self._pens is None:
            self._pens = theme.pens(self, self.session.screen)
        return self._pens

    def _is_held(self) -> bool:
        """Whether a program builds a picture that is not to be seen yet."""
        now = time.monotonic()
        if not self.session.screen.modes.synchronised:
            self._held_since = None
            return False
        if self._held_since is None:
            self._held_since = now
            self.set_timer(SYNCHRONISED_S, self.show)
        return now - self._held_since < SYNCHRONISED_S

    def _line(self, y: int, row: Row) -> _Line:
        over = self.gaze.over(self.gaze.first + y)
        screen, cursor = self.session.screen, self.session.screen.cursor
        at, kind = None, NONE
        if self.gaze.cursor is not None:
            at, kind = self.gaze.cursor, BLOCK
        elif cursor.visible and self.session.is_live:
            at = Spot(screen.scrolled + cursor.y, min(cursor.x, screen.columns - 1))
            kind = _SHAPES[cursor.shape] if self.has_focus else HOLLOW
        if at is not None and at.row == self.gaze.first + y:
            over = over or chr(NONE) * screen.columns
            over = over[: at.column] + chr(kind) + over[at.column + 1 :]
        return _Line(row.text, row.styles, over)

    def _title(self, width: int) -> Strip:
        name = "broadcast" if self.broadcasts else "active" if self.active else "title"
        return self._bar(self._title_words(), name, width)

    def _title_words(self) -> str:
        session = self.session
        sign, _ = labels.sign(session)
        words = f" {sign} {labels.name(session)}"
        for more in (labels.about(session), "" if session.is_live else labels.state(session)):
            words += f" · {more}" if more else ""
        if session.state is State.BOOTING:
            words += f" · {labels.state(session)}"
        if self.gaze.back:
            words += f" · {self.gaze.back} rows back"
        if self.broadcasts:
            words = f" ⇶ TYPED TO ALL ⇶{words}"
        return words

    def _bar(self, words: str, name: str, width: int) -> Strip:
        style = self.get_component_rich_style(f"terminal--{name}")
        return Strip([Segment(text.fit(words, width), style)], width)
