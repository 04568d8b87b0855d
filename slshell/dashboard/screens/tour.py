"""The tour of a newcomer: what is where, a first machine, and what to do with it. Esc ends it at any time."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Static

from slshell.dashboard import text
from slshell.dashboard.columns import states
from slshell.dashboard.columns.instances import note
from slshell.dashboard.pictures import ROLE_STYLE
from slshell.dashboard.screens.dialog import LineDialog, title
from slshell.dashboard.views import VIEWS, Picture
from slshell.dashboard.widgets.key_footer import KeyFooter
from slshell.model.instance import Instance, State


@dataclass(frozen=True)
class Step:
    """One page: its heading, its text, and the word on its button."""

    heading: str
    words: str
    action: str


_VIEWS = ", ".join(f"{view.key} {view.renderer.title}" for view in VIEWS)
START = 1
STEPS = (
    Step(
        "A cloud in a terminal",
        f"Each kind of thing has a table of its own: {_VIEWS}.\n\n"
        "Arrows move, Enter shows details, / narrows a table. Ctrl-P finds everything by name, "
        ": takes every command, and ? tells the keys of where you are.",
        "Next",
    ),
    Step("Your first machine", "It takes a moment; you can watch it come up.", "Start it"),
    Step(
        "What next",
        "c opens a session in the machine, y copies its ssh line, r starts another one, and Ctrl-K "
        "destroys the selected one.\n\n"
        "Machines go on when you leave with q.",
        "Done",
    ),
)


class TourScreen(LineDialog):
    """Three pages; the second one starts a machine and follows it."""

    AUTO_FOCUS = "#next"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right", "next", "Next", id="tour.next"),
        Binding("left", "back", "Back", show=False, id="tour.back"),
    ]

    def __init__(self, picture: Picture, appliance: str) -> None:
        """`picture` is the app's own, which is followed; `appliance` is what the first machine runs."""
        super().__init__()
        self._picture = picture
        self._appliance = appliance
        self._place = 0
        self._machine: int | None = None
        self._failure: Content | None = None

    def compose(self) -> ComposeResult:
        """A page with two buttons."""
        with Vertical(id="dialog"):
            yield title("Welcome to slshell")
            yield Static(id="tour-text")
            yield Static(id="tour-machine")
            with Horizontal(id="buttons"):
                yield Button("Skip", id="skip", compact=True)
                onward = Button(STEPS[0].action, id="next", compact=True)
                # A button is deaf while it looks pressed, but one may well press Enter twice.
                onward.active_effect_duration = 0
                yield onward
        yield KeyFooter()

    def on_mount(self) -> None:
        """The first page."""
        self._draw()

    def follow(self) -> None:
        """Draw how the machine is doing."""
        if self.is_mounted:
            self._draw()

    def succeeded(self, data: object) -> None:
        """The machine is on its way."""
        super().succeeded(data)
        machines = (
            [each for each in data if isinstance(each, Instance)] if isinstance(data, list | tuple) else []
        )
        self._machine = machines[0].id if machines else None
        self._draw()

    def failed(self, message: str, hint: str) -> None:
        """Tell why there is no machine; the button tries again."""
        super().failed(message, hint)
        self._failure = Content.assemble((f"✗ {text.clean(message)}", "$error"), f"\n  {text.clean(hint)}")
        self._draw()

    def action_next(self) -> None:
        """The next page; the second one has to start its machine first."""
        if self._place == START and self._machine is None:
            if self.at_work is None:
                self._failure = None
                self.submit(f"run {shlex.quote(self._appliance)}")
                self._draw()
            return
        if self._place == len(STEPS) - 1:
            self.dismiss(None)
            return
        self._place += 1
        self._draw()

    def action_back(self) -> None:
        """The page before."""
        self._place = max(0, self._place - 1)
        self._draw()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id == "next":
            self.action_next()
        else:
            self.action_cancel()

    def _draw(self) -> None:
        step = STEPS[self._place]
        words = Content.assemble(
            (f"{step.heading}", "bold $secondary"),
            (f"  {self._place + 1} of {len(STEPS)}\n\n", "$dim"),
            step.words,
        )
        self.query_one("#tour-text", Static).update(words)
        started = self._place == START and self._machine is not None
        self.query_one("#next", Button).label = "Next" if started else step.action
        view = self.query_one("#tour-machine", Static)
        view.display = self._place >= START
        view.update(self._progress() if self._machine is not None else self._first_words())

    def _first_words(self) -> Content:
        """What will be run, that it is being run, or why it failed."""
        if self.at_work is not None:
            return Content.styled("◔ asking the cloud", "$busy")
        line = Content.assemble(("$ ", "$dim"), (f"slshell run {text.clean(self._appliance)}", "$primary"))
        return line if self._failure is None else Content("\n").join([line, self._failure])

    def _progress(self) -> Content:
        """The machine's state, and the last word of what it does."""
        row = self._picture.snapshot.instances.get(self._machine or 0)
        if row is None:
            return Content("")
        words = states.of_instance(row)
        ready = ", and it answers: you can enter it" if row.state is State.RUNNING and row.reachable else ""
        about = text.clean(note(row))
        return Content.assemble(
            (f"{text.clean(row.name)} ({row.id})  ", "bold"),
            (words, ROLE_STYLE[states.instance_role(row)]),
            ready,
            (f"  {about}" if about else "", "$dim"),
        )
