"""The dialog that fills in a command: fields from its declaration, and the command line that they make."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from textual import on
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Checkbox, Input, Static

from slshell.commands.completer import Candidate
from slshell.dashboard import forms, text
from slshell.dashboard.forms import Field, Form
from slshell.dashboard.screens.dialog import LineDialog, title
from slshell.dashboard.widgets.key_footer import KeyFooter
from slshell.model.errors import UsageError

OFFERED = 5
"""Candidates shown at once."""


class FieldInput(Input):
    """An input whose candidates one walks over with Up and Down."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "screen.candidate(-1)", "Offer before", show=False, id="form.up"),
        Binding("down", "screen.candidate(1)", "Next offer", show=False, id="form.down"),
    ]

    def action_copy(self) -> None:
        """While a line runs, Ctrl-C is the key that stops it, though a field's text may be selected."""
        if isinstance(self.screen, LineDialog) and self.screen.at_work is not None:
            raise SkipAction
        super().action_copy()


class FormScreen(LineDialog):
    """Posts the line; it stays open with all that was typed until the line has done its work."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+y", "copy", "Copy the command", id="form.copy"),
        Binding("ctrl+s", "submit", "Do it", id="form.submit"),
    ]

    def __init__(
        self,
        form: Form,
        offers: Callable[[str], Sequence[Candidate]],
        values: Mapping[str, str] | None = None,
    ) -> None:
        """`offers` completes a half-typed line; `values` are filled in at first, by parameter name."""
        super().__init__()
        self._form = form
        self._offers = offers
        self._first = dict(values or {})
        self._fields = form.fields()
        self._candidates: Sequence[Candidate] = ()
        self._chosen = -1

    def compose(self) -> ComposeResult:
        """A line for each field, then offers, the command line, what is wrong, and two buttons."""
        with Vertical(id="dialog", classes="-form"):
            yield title(self._form.title, self._form.info.summary)
            with VerticalScroll(id="fields", can_focus=False):
                for each in self._fields:
                    with Horizontal(classes="field"):
                        yield Static(id=f"label-{each.name}", classes="label")
                        yield self._widget(each)
            yield Static(id="form-told")
            yield Static(id="form-about")
            yield Static(id="form-offers")
            yield Static(id="form-line")
            yield Static(id="form-error")
            with Horizontal(id="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button(self._form.action, id="submit", compact=True)
        yield KeyFooter()

    def on_mount(self) -> None:
        """Begin in the first field that is empty and needed, else in the first of all."""
        self._say(None)
        for each in self._fields:
            self._label(each, wanting=False)
        wanting = forms.missing(self._fields, self.values)
        self.set_focus(self._entry((wanting or self._fields)[0]))
        self._changed()

    @property
    def values(self) -> dict[str, str]:
        """What is filled in, by parameter name."""
        found: dict[str, str] = {}
        for each in self._fields:
            entry = self._entry(each)
            if isinstance(entry, Checkbox):
                found[each.name] = "yes" if entry.value else ""
            elif isinstance(entry, Input):
                found[each.name] = entry.value
        return found

    def told(self) -> Content | None:
        """What is to be said of what is filled in; None for nothing."""
        return None

    def follow(self) -> None:
        """Say it anew: what is known may have changed."""
        for view in self.query("#form-told").results(Static):
            words = self.told()
            view.update(words or "")
            view.display = words is not None

    def succeeded(self, data: object) -> None:
        """Nothing is left to fill in."""
        self.dismiss(None)

    def failed(self, message: str, hint: str) -> None:
        """Show what was wrong; everything stays typed."""
        super().failed(message, hint)
        hint_line = f"\n  {text.clean(hint)}" if hint else ""
        self._say(Content.assemble((f"✗ {text.clean(message)}", "$error"), hint_line))

    def declined(self) -> None:
        """All stays as it is."""
        super().declined()
        self._say(None)

    def action_candidate(self, by: int) -> None:
        """Walk over the offers; the one under the cursor is filled in."""
        asked = self._focused_field
        if asked is None or not self._candidates:
            return
        self._chosen = (self._chosen + by) % len(self._candidates) if self._chosen >= 0 or by > 0 else -1
        entry = self._entry(asked)
        if self._chosen >= 0 and isinstance(entry, Input):
            word = self._candidates[self._chosen].word
            kept = entry.value.rpartition(" ")[0] if asked.parameter.multiple else ""
            with entry.prevent(Input.Changed):
                entry.value = f"{kept} {word}".strip()
            entry.cursor_position = len(entry.value)
        self._draw_offers()
        self._draw_line()

    def action_copy(self) -> None:
        """Copy the command line."""
        line = self._line()
        if line is not None:
            self.app.copy_to_clipboard(f"slshell {line}")
            self.notify("Copied.", markup=False)

    def action_submit(self) -> None:
        """Run the line, unless something is missing."""
        if self.at_work is not None:
            return
        wanting = forms.missing(self._fields, self.values)
        for each in self._fields:
            self._label(each, wanting=each in wanting)
        line = self._line()
        if wanting:
            self._say(
                Content.styled(f"✗ {', '.join(each.label for each in wanting)} must be filled in", "$error")
            )
            self.set_focus(self._entry(wanting[0]))
        elif line is not None:
            self._say(Content.styled("◔ at work; Ctrl-C stops it, Esc leaves it to itself", "$busy"))
            self.submit(line)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id == "submit":
            self.action_submit()
        else:
            self.action_cancel()

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_submit()

    @on(Input.Changed)
    @on(Checkbox.Changed)
    def _changed(self) -> None:
        if self.at_work is None:
            self._say(None)
        self._offer()
        self._draw_line()
        self.follow()

    def on_descendant_focus(self) -> None:
        """Tell what the field is for, and offer what may stand there."""
        self._offer()

    @property
    def _focused_field(self) -> Field | None:
        return next((each for each in self._fields if self._entry(each).has_focus), None)

    def _entry(self, asked: Field) -> Input | Checkbox:
        kind: type[Input] | type[Checkbox] = Checkbox if asked.is_switch else FieldInput
        return self.query_one(f"#field-{asked.name}", kind)

    def _widget(self, asked: Field) -> Input | Checkbox:
        value = self._first.get(asked.name, "")
        if asked.is_switch:
            return Checkbox(value=bool(value), id=f"field-{asked.name}", compact=True)
        return FieldInput(value, id=f"field-{asked.name}", placeholder=asked.kind, compact=True)

    def _label(self, asked: Field, *, wanting: bool) -> None:
        sign = ("✗", "$error") if wanting else ("*", "$primary") if asked.needed else (" ", "")
        self.query_one(f"#label-{asked.name}", Static).update(Content.assemble(sign, f" {asked.label}"))

    def _offer(self) -> None:
        asked = self._focused_field
        if asked is None:
            # The button that the mouse goes down on must not move away before it comes up.
            return
        self._candidates, self._chosen = (), -1
        entry = self._entry(asked)
        if isinstance(entry, Input):
            self._candidates = self._candidates_for(asked, entry.value)
        self.query_one("#form-about", Static).update(Content.styled(asked.about, "$dim"))
        self._draw_offers()

    def _candidates_for(self, asked: Field, typed: str) -> list[Candidate]:
        try:
            line = forms.completion_line(self._form.command, self._fields, self.values, asked, typed)
        except UsageError:
            return []
        found = [each for each in self._offers(line) if not each.word.startswith("-")]
        return [] if [each.word for each in found] == [typed] else found

    def _line(self) -> str | None:
        """The command line; None, and what is wrong on screen, when there is none."""
        try:
            return forms.command_line(self._form.command, self._fields, self.values)
        except UsageError as error:
            self.failed(error.message, error.hint)
            return None

    def _draw_line(self) -> None:
        line = self._line()
        if line is not None:
            words = Content.assemble(("$ ", "$dim"), (text.clean(f"slshell {line}"), "$primary"))
            self.query_one("#form-line", Static).update(words)

    def _draw_offers(self) -> None:
        first = max(0, min(self._chosen - OFFERED // 2, len(self._candidates) - OFFERED))
        window = self._candidates[first : first + OFFERED]
        width = max((len(text.clean(each.word)) for each in window), default=0)
        lines = []
        for index, each in enumerate(window, first):
            word = text.fit(text.clean(each.word), min(width, 30))
            style = "$foreground on $cursor" if index == self._chosen else "$primary"
            sign = "▸" if index == self._chosen else " "
            lines.append(Content.assemble((f"{sign}{word} ", style), (f" {each.help}", "$dim")))
        view = self.query_one("#form-offers", Static)
        view.update(Content("\n").join(lines))
        view.display = bool(lines)

    def _say(self, words: Content | None) -> None:
        view = self.query_one("#form-error", Static)
        view.update(words or "")
        view.display = words is not None
