"""The two lines one types into: the command line (`:`) and the filter (`/`)."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from slshell.commands.completer import Candidate, completed
from slshell.dashboard import text

OFFERED = 8
"""Candidates shown at once."""
HISTORY = 500


class PromptInput(Input):
    """An input that hands Tab, Up, Down and Esc to the line it is part of."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "hand_on('complete')", "Complete", show=False, id="prompt.complete"),
        Binding("shift+tab", "hand_on('complete_back')", "Candidate before", show=False, id="prompt.back"),
        Binding("up", "hand_on('older')", "Older line", show=False, id="prompt.older"),
        Binding("down", "hand_on('newer')", "Newer line", show=False, id="prompt.newer"),
        Binding("escape", "hand_on('leave')", "Leave", id="prompt.leave"),
    ]

    class HandedOn(Message):
        """A key that the line, not the input, answers."""

        def __init__(self, what: str) -> None:
            super().__init__()
            self.what = what

    def action_hand_on(self, what: str) -> None:
        """Tell the line."""
        self.post_message(self.HandedOn(what))


class FilterLine(Horizontal):
    """Narrows the table as one types; Enter keeps the filter, Esc clears it."""

    class Changed(Message):
        """The filter is another."""

        def __init__(self, line: str) -> None:
            super().__init__()
            self.line = line

    def __init__(self, give_back: Callable[[], None], *, id: str | None = None) -> None:  # noqa: A002
        """`give_back` is told when typing has ended."""
        super().__init__(id=id)
        self._give_back = give_back

    def compose(self) -> ComposeResult:
        """A sign and the input."""
        yield Static("/", classes="prompt-sign")
        yield PromptInput(
            id="filter-input", placeholder="text   state:running   !word   cpu>50   /^web-\\d/", compact=True
        )

    def open(self, line: str) -> None:
        """Show the line with the present filter in it."""
        self.display = True
        entry = self.query_one(PromptInput)
        with entry.prevent(Input.Changed):
            entry.value = line
        entry.cursor_position = len(line)
        self.screen.set_focus(entry)

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Changed(event.value))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._close()

    @on(PromptInput.HandedOn)
    def _handed_on(self, event: PromptInput.HandedOn) -> None:
        event.stop()
        if event.what == "leave":
            self.query_one(PromptInput).value = ""
        if event.what in ("leave", "newer", "complete"):
            self._close()

    def _close(self) -> None:
        self.display = False
        self._give_back()


class CommandLine(Vertical):
    """Runs the same commands as the shell; a line that failed stays, with what was wrong above it."""

    class Submitted(Message):
        """A line to run."""

        def __init__(self, line: str) -> None:
            super().__init__()
            self.line = line

    def __init__(
        self,
        offers: Callable[[str], Sequence[Candidate]],
        give_back: Callable[[], None],
        *,
        id: str | None = None,  # noqa: A002
    ) -> None:
        """`offers` answers what may come next in a line; `give_back` is told when it is closed."""
        super().__init__(id=id)
        self._offers = offers
        self._give_back = give_back
        self._candidates: Sequence[Candidate] = ()
        self._stem = ""
        self._chosen = -1
        self.history: list[str] = []
        self._place = 0
        self._draft = ""
        self._at_work: str | None = None

    def compose(self) -> ComposeResult:
        """What may come next, what was wrong, and the line itself."""
        yield Static(id="candidates")
        yield Static(id="command-error")
        with Horizontal(id="command-row"):
            yield Static(":", classes="prompt-sign")
            yield PromptInput(id="command-input", placeholder="run ttylinux", compact=True)

    @property
    def entry(self) -> PromptInput:
        """The input."""
        return self.query_one(PromptInput)

    def open(self, line: str = "") -> None:
        """Show the line, with `line` typed already; an empty one keeps what was left there."""
        self.display = True
        if line:
            self._put(line)
        self._say("")
        self._place, self._draft = len(self.history), ""
        self._offer(self.entry.value)
        self.screen.set_focus(self.entry)

    def succeeded(self, line: str) -> None:
        """The line has done its work: nothing is left of it."""
        if self._at_work == line:
            self._at_work = None
            if self.entry.value.strip() == line:
                self._put("")
                self._close()

    def failed(self, line: str, message: str, hint: str) -> bool:
        """Show what was wrong with the line, which stays typed; False when it was left or changed since."""
        if self._at_work != line:
            return False
        self._at_work = None
        if not self.display or self.entry.value.strip() != line:
            return False
        parts: list[str | tuple[str, str]] = [("✗ ", "$error"), (text.clean(message), "$error")]
        if hint:
            parts += ["\n  ", text.clean(hint)]
        self._say(Content.assemble(*parts))
        return True

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self._say("")
        self._offer(event.value)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        line = event.value.strip()
        if not line:
            self._close()
            return
        if self.history[-1:] != [line]:
            self.history = [*self.history[1 - HISTORY :], line]
        self._at_work = line
        self._candidates = ()
        self._draw()
        self._say(Content.styled("◔ at work; Esc leaves it to itself", "$busy"))
        self.post_message(self.Submitted(line))

    @on(PromptInput.HandedOn)
    def _handed_on(self, event: PromptInput.HandedOn) -> None:
        event.stop()
        match event.what:
            case "complete":
                self._complete(1)
            case "complete_back":
                self._complete(-1)
            case "older":
                self._recall(-1)
            case "newer":
                self._recall(1)
            case _:
                if self._at_work is not None:
                    self._put("")
                self._close()

    def _complete(self, by: int) -> None:
        words = [each.word for each in self._candidates]
        if not words:
            return
        if self._chosen < 0 and len(words) > 1:
            shared = os.path.commonprefix(words)  # noqa: RUF071 - words, not paths
            longer = completed(self._stem, shared) if shared else self._stem
            if len(longer) > len(self._stem):
                self._put(longer)
                self._offer(longer)
                return
        if len(words) == 1:
            line = completed(self._stem, words[0]) + " "
            self._put(line)
            self._offer(line)
            return
        self._chosen = (self._chosen + by) % len(words) if self._chosen >= 0 or by > 0 else len(words) - 1
        self._put(completed(self._stem, words[self._chosen]))
        self._draw()

    def _recall(self, by: int) -> None:
        place = self._place + by
        if not 0 <= place <= len(self.history):
            return
        if self._place == len(self.history):
            self._draft = self.entry.value
        self._place = place
        line = self._draft if place == len(self.history) else self.history[place]
        self._put(line)
        self._say("")
        self._offer(line)

    def _put(self, line: str) -> None:
        with self.entry.prevent(Input.Changed):
            self.entry.value = line
        self.entry.cursor_position = len(line)

    def _offer(self, line: str) -> None:
        self._stem = line
        self._chosen = -1
        self._candidates = self._offers(line)
        self._draw()

    def _draw(self) -> None:
        """Candidates around the chosen one, each with what it is."""
        shown = self._candidates
        first = max(0, min(self._chosen - OFFERED // 2, len(shown) - OFFERED))
        window = shown[first : first + OFFERED]
        width = max((len(text.clean(each.word)) for each in window), default=0)
        parts: list[str | tuple[str, str]] = []
        for index, each in enumerate(window, first):
            word = text.fit(text.clean(each.word), min(width, 40))
            style = "$foreground on $cursor" if index == self._chosen else "$primary"
            parts += [(f" {word} ", style), (f" {each.help.splitlines()[0] if each.help else ''}\n", "$dim")]
        if len(shown) > first + OFFERED:
            parts.append((f" … {len(shown) - first - OFFERED} more", "$dim"))
        view = self.query_one("#candidates", Static)
        view.update(Content.assemble(*parts).rstrip())
        view.display = bool(window)

    def _say(self, words: Content | str) -> None:
        view = self.query_one("#command-error", Static)
        view.update(words)
        view.display = bool(words)

    def _close(self) -> None:
        self.display = False
        self._give_back()
