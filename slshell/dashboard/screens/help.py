"""The keys of where one is, and what the two lines understand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from slshell.dashboard.pictures import Part, section, styled
from slshell.dashboard.screens.dialog import Box
from slshell.dashboard.widgets.key_footer import KeyFooter

HERE = "here"
GROUPS = {
    HERE: "In this dialog",
    "table": "In the table",
    "detail": "In the detail pane",
    "do": "With the selected or marked machines",
    "go": "Everywhere",
}
FILTER: tuple[tuple[str, str], ...] = (
    ("web", "rows with this text anywhere"),
    ("state:running", "rows whose column has this text"),
    ("!test", "rows without it"),
    ("cpu>50  ram=512", "numbers; < > ="),
    ("/^web-[0-9]/  name~^w", "regular expressions, of the whole row or of a column"),
    ('"two words"', "text with blanks"),
    ("web !test cpu>5", "all of them at once"),
)


class HelpScreen(Box[None]):
    """Made from the bindings themselves, so that it is never wrong."""

    AUTO_FOCUS = "#output"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark", "close", "Close", id="help.close"),
    ]

    def __init__(
        self, bindings: Iterable[ActiveBinding], place: str, groups: Mapping[str, str] | None = None
    ) -> None:
        """`groups` are titles by the first part of an id; without them, all that a table knows is told."""
        super().__init__()
        self._groups = groups or GROUPS
        self._keys = [each.binding for each in bindings]
        self._place = place

    def compose(self) -> ComposeResult:
        """Groups of keys, then the filter's and the command line's words."""
        with Vertical(id="sheet"):
            yield Static(Content.assemble(("Keys", "bold"), (f"  {self._place}", "$dim")), id="sheet-title")
            with VerticalScroll(id="output"):
                yield Static(self._text())
        yield KeyFooter()

    def action_close(self) -> None:
        """Back to where one was."""
        self.dismiss(None)

    def _text(self) -> Content:
        groups: dict[str, dict[tuple[str, str], list[str]]] = {name: {} for name in self._groups}
        for binding in self._keys:
            group = (binding.id or "").partition(".")[0]
            if group and group not in groups:
                group = HERE if HERE in groups else ""
            if group and binding.description:
                keys = groups[group].setdefault((binding.action, binding.description), [])
                key = self.app.get_key_display(binding)
                if key not in keys:
                    keys.append(key)
        parts: list[Part] = []
        for name, title in self._groups.items():
            if groups[name]:
                parts.append(section(title))
                parts += _pairs((" ".join(keys), words) for (_, words), keys in groups[name].items())
        if groups.get(HERE) or self._groups is not GROUPS:
            return Content.assemble(*parts)
        parts += [section("Filter: press / and type"), *_pairs(FILTER)]
        parts += [
            section("Command line: press :"),
            "every command of slshell, as in the shell; Tab completes\n",
        ]
        return Content.assemble(*parts)


def _pairs(pairs: Iterable[tuple[str, str]]) -> list[Part]:
    parts: list[Part] = []
    for keys, words in pairs:
        parts += [(f"  {keys.ljust(18)}", "$primary"), styled(words), "\n"]
    return parts
