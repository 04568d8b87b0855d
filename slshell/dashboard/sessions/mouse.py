"""What the mouse does in a terminal: it is the program's where that asks for it, else it selects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events

from slshell.dashboard.sessions.gaze import Spot
from slshell.terminal import keys
from slshell.terminal.keys import ALT, CTRL, SHIFT, Mouse

if TYPE_CHECKING:
    from slshell.dashboard.sessions.view import TerminalView

LEFT, MIDDLE = 1, 2
WHEEL_ROWS = 3


class MouseHand:
    """The mouse over one terminal. With Shift it selects whatever the program wants."""

    def __init__(self, view: TerminalView) -> None:
        self._view = view
        self._anchor: Spot | None = None
        """Where the button was pressed for a selection."""
        self._held = 0
        """The button that the program was told of."""
        self._at = (-1, -1)
        """The cell that the program was told of last."""

    def down(self, event: events.MouseDown) -> None:
        """A button goes down."""
        event.stop()
        self._view.focus()
        if self._report(event, "press", event.button):
            self._held = event.button
            self._view.capture_mouse()
        elif event.button == LEFT:
            self._anchor = self._view.spot(event.x, event.y)
            self._view.gaze.deselect()
            self._view.capture_mouse()
            self._view.show()
        elif event.button == MIDDLE:
            self._view.post_message(self._view.Pasted(self._view.app.clipboard))

    def move(self, event: events.MouseMove) -> None:
        """The mouse moves, with or without a button."""
        event.stop()
        view = self._view
        if self._anchor is None:
            self._report(event, "move", self._held)
            return
        if event.y < view.top:
            view.gaze.scroll(-1)
        elif event.y >= view.size.height:
            view.gaze.scroll(1)
        elif view.gaze.top is None:
            # What comes meanwhile must not move what is being selected.
            view.gaze.top = view.gaze.first
        view.gaze.select(self._anchor, view.spot(event.x, event.y))
        view.show()

    def up(self, event: events.MouseUp) -> None:
        """A button goes up."""
        event.stop()
        view = self._view
        if self._held:
            view.release_mouse()
            self._report(event, "release", self._held)
            self._held = 0
        elif self._anchor is not None:
            view.release_mouse()
            self._anchor = None
            self._copy()

    def click(self, event: events.Click) -> None:
        """Several clicks at one place."""
        event.stop()
        view = self._view
        if event.button != LEFT or event.chain == 1 or (self._wants(event) and not event.shift):
            return
        spot = view.spot(event.x, event.y)
        if event.chain == 2:
            view.gaze.select_word(spot)
        else:
            view.gaze.select(spot, spot, by_lines=True)
        view.show()
        self._copy()

    def wheel(self, event: events.MouseEvent, button: int) -> None:
        """The wheel: the program's, else through the history."""
        event.stop()
        view = self._view
        if not self._report(event, "press", button):
            view.gaze.scroll(-WHEEL_ROWS if button == 4 else WHEEL_ROWS)
            view.show()

    def _wants(self, event: events.MouseEvent) -> bool:
        return bool(self._view.session.screen.modes.mouse) and not event.shift

    def _report(self, event: events.MouseEvent, kind: str, button: int) -> bool:
        """Tell the program; False when it does not want to know of such things."""
        view, session = self._view, self._view.session
        wheel = button > 3
        if event.shift or not session.is_live or not (session.screen.modes.mouse or wheel):
            return False
        if wheel and view.gaze.back:
            return False
        modifiers = (SHIFT * event.shift) | (ALT * event.meta) | (CTRL * event.ctrl)
        x = min(max(int(event.x), 0), session.screen.columns - 1)
        y = min(max(int(event.y) - view.top, 0), session.screen.rows - 1)
        if kind == "move" and (x, y) == self._at:
            return True
        self._at = (x, y)
        data = keys.mouse(Mouse(kind, button, x, y, modifiers), session.screen.modes)
        session.write(data)
        return bool(data)

    def _copy(self) -> None:
        if words := self._view.gaze.text():
            self._view.post_message(self._view.Copied(words))
