"""The line that opens behind the leader key: what the next key does, or in copy mode all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.binding import ActiveBinding, Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Static


class KeyLine(Static, can_focus=True):
    """Takes all keys while it is open, and says what its own ones do. Actions are the screen's."""

    title = ""
    leaders: frozenset[str] = frozenset()
    """Keys that the machine gets when they come here: the leader key, pressed twice."""
    stays = False
    """It stays open after a key."""

    class Twice(Message):
        """The leader key was pressed twice."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    def __init__(
        self,
        give_back: Callable[[], None],
        pass_on: Callable[[events.Key], None],
        *,
        id: str,  # noqa: A002 - name of the library
        classes: str,
    ) -> None:
        """`give_back` is told that it has closed, `pass_on` takes keys that came here after that."""
        super().__init__(id=id, classes=classes)
        self._give_back = give_back
        self._pass_on = pass_on

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """No key goes to the screen or the app."""
        return True

    def own(self) -> list[ActiveBinding]:
        """Its own keys, as the configuration has them."""
        return [each for each in self.screen.active_bindings.values() if each.node is self]

    def open(self) -> None:
        """Take the keys."""
        self.display = True
        self.screen.set_focus(self)
        self.call_after_refresh(self.tell)

    def tell(self) -> None:
        """Say what the keys do; on a narrow screen, in more lines."""
        named: dict[str, list[str]] = {}
        for each in self.own():
            if each.binding.show:
                named.setdefault(each.binding.description, []).append(self.app.get_key_display(each.binding))
        parts: list[str | tuple[str, str]] = [(self.title, "bold")]
        used = cell_len(self.title)
        for words, keys in named.items():
            shown = " ".join(keys)
            width = cell_len(shown) + 1 + cell_len(words)
            fits = used + 2 + width <= self.content_size.width
            used = used + 2 + width if fits else width
            parts += ["  " if fits else "\n", (shown, "$primary"), f" {words}"]
        self.update(Content.assemble(*parts))

    def on_resize(self) -> None:
        """Break the lines anew."""
        if self.display:
            self.tell()

    async def on_key(self, event: events.Key) -> None:
        """Do what a key is for; any other one closes the line."""
        event.stop()
        event.prevent_default()
        if not self.display:
            self._pass_on(event)
            return
        found = next((each for each in self.own() if each.binding.key == event.key), None)
        if not self.stays:
            self.leave()
        if found is not None:
            await self.app.run_action(found.binding.action, self.screen)
        elif event.key in self.leaders:
            self.post_message(self.Twice(event.key))

    def on_blur(self) -> None:
        """A click elsewhere closes it."""
        self.display = False

    def leave(self) -> None:
        """Give the keys back."""
        self.display = False
        self._give_back()


_PLACES = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")


def _key(key: str, action: str, words: str, name: str, *, show: bool = True) -> Binding:
    return Binding(key, action, words, show=show, id=f"session.{name}")


class LeaderLine(KeyLine):
    """One key for the dashboard."""

    title = "Sessions"
    BINDINGS: ClassVar[list[BindingType]] = [
        _key("d", "dashboard", "dashboard", "dashboard"),
        _key("c", "new", "new", "new"),
        _key("vertical_line,v", "split(True)", "split right", "split-right"),
        _key("minus,s", "split(False)", "split below", "split-below"),
        _key("left,h", "move(-1, 0)", "go left", "left", show=False),
        _key("right,l", "move(1, 0)", "go right", "right", show=False),
        _key("up,k", "move(0, -1)", "go up", "up", show=False),
        _key("down,j", "move(0, 1)", "go down", "down", show=False),
        _key("o", "step(1)", "next pane", "next-pane"),
        _key("z", "zoom", "zoom", "zoom"),
        _key("n", "turn(1)", "next tab", "next"),
        _key("p", "turn(-1)", "tab before", "previous"),
        _key("tab", "go_back", "last pane", "last", show=False),
        *(
            _key(str(place), f"go({place - 1})", f"{name} tab", f"{name}-tab", show=False)
            for place, name in enumerate(_PLACES, 1)
        ),
        _key("comma", "rename", "rename", "rename"),
        _key("x", "close", "close", "close"),
        _key("r", "again", "reconnect", "again"),
        _key("b", "broadcast", "type to all", "broadcast"),
        _key("B", "broadcast_pane", "type to this one too", "broadcast-pane", show=False),
        _key("m", "join", "bring here", "join", show=False),
        _key("exclamation_mark", "part", "own tab", "part", show=False),
        _key("left_square_bracket,pageup", "copy_mode", "copy mode", "copy-mode"),
        _key("slash", "search", "search", "search"),
        _key("right_square_bracket", "paste", "paste", "paste"),
        _key("shift+left", "widen(True, -1)", "line to the left", "line-left", show=False),
        _key("shift+right", "widen(True, 1)", "line to the right", "line-right", show=False),
        _key("shift+up", "widen(False, -1)", "line up", "line-up", show=False),
        _key("shift+down", "widen(False, 1)", "line down", "line-down", show=False),
        _key("P", "repl", "REPL", "repl", show=False),
        _key("question_mark,f1", "keys", "all keys", "keys"),
        _key("escape", "nothing", "back", "back", show=False),
    ]


class CopyLine(KeyLine):
    """Copy mode: keys walk through the history, select, and search."""

    title = "Copy mode"
    stays = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "walk(0, -1)", "up", show=False, id="copy.up"),
        Binding("down,j", "walk(0, 1)", "down", show=False, id="copy.down"),
        Binding("left,h", "walk(-1, 0)", "left", show=False, id="copy.left"),
        Binding("right,l", "walk(1, 0)", "right", show=False, id="copy.right"),
        Binding("w", "walk_word(1)", "next word", show=False, id="copy.word"),
        Binding("b", "walk_word(-1)", "word before", show=False, id="copy.word-back"),
        Binding("home,0", "walk_end(-1)", "start of line", show=False, id="copy.line-start"),
        Binding("end,dollar_sign", "walk_end(1)", "end of line", show=False, id="copy.line-end"),
        Binding("pageup,ctrl+u,ctrl+b", "walk_page(-1)", "page up", show=False, id="copy.page-up"),
        Binding("pagedown,ctrl+d,ctrl+f", "walk_page(1)", "page down", show=False, id="copy.page-down"),
        Binding("g", "walk_all(-1)", "oldest", show=False, id="copy.oldest"),
        Binding("G", "walk_all(1)", "newest", show=False, id="copy.newest"),
        Binding("space,v", "mark(False)", "select", id="copy.select"),
        Binding("V", "mark(True)", "select lines", id="copy.lines"),
        Binding("enter,y", "take", "copy", id="copy.take"),
        Binding("slash", "search", "search", id="copy.search"),
        Binding("n", "hit(-1)", "next hit", id="copy.next"),
        Binding("N", "hit(1)", "hit before", show=False, id="copy.previous"),
        Binding("escape,q,ctrl+c", "leave_copy", "leave", id="copy.leave"),
    ]
