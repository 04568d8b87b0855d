"""The keys of the main screen that do something with the row under the cursor, or with the marked ones."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual.actions import parse
from textual.binding import Binding, BindingType

from slshell.commands.completer import Candidate
from slshell.dashboard import keymap, subjects, text
from slshell.dashboard.forms import Form
from slshell.dashboard.rows import Key
from slshell.dashboard.screens.choose import ChooseScreen, Offer
from slshell.dashboard.screens.form import FormScreen
from slshell.dashboard.screens.run_form import RunScreen
from slshell.dashboard.screens.steady import Steady
from slshell.dashboard.views import Picture, View
from slshell.dashboard.widgets.resource_table import ResourceTable
from slshell.model.appliance import Appliance, ApplianceState
from slshell.model.ids import is_identifier
from slshell.model.instance import Instance, State

if TYPE_CHECKING:
    from slshell.dashboard.app import SlshellApp

FIRST_APPLIANCE = "ttylinux"


class Doing(Steady[None]):
    """Every change of the world goes through a command."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "run", "Run", id="do.run", tooltip="Start a machine"),
        Binding("c", "connect", "Connect", id="do.connect", tooltip="Open a session in the machine"),
        Binding("s", "on_targets('start')", "Start", id="do.start"),
        Binding("S", "on_targets('shutdown')", "Shut down", show=False, id="do.shutdown"),
        Binding("B", "on_targets('reboot')", "Reboot", show=False, id="do.reboot"),
        Binding("ctrl+k,delete", "on_targets('kill')", "Destroy", show=False, id="do.kill"),
        Binding("z", "undo", "Undo", show=False, id="do.undo", tooltip="Bring back what was deleted last"),
        Binding("y", "copy", "Copy", id="do.copy", tooltip="Copy the ssh line, the id, or all as JSON"),
        Binding("f", "follow", "Follow a link", show=False, id="do.follow"),
    ]

    CHANGING: ClassVar[frozenset[str]] = frozenset({"run", "on_targets", "undo"})
    """Actions that change the cloud; a read-only profile has none of them."""

    picture: Picture
    view: View
    _allowed: tuple[bool | None, ...] = ()
    """What `check_action` said last of each key."""

    @property
    def dashboard(self) -> SlshellApp:
        """The app, by its own type."""
        return cast("SlshellApp", self.app)

    @property
    def table(self) -> ResourceTable[Any]:
        """The table of the view on screen."""
        return self.query_one(f"#{self.view.id}", ResourceTable)

    def go_to(self, view_id: str, key: Key | None, filter_line: str = "") -> None:
        """Show one thing: its view with the cursor on it; or all rows that pass a filter."""
        raise NotImplementedError

    def open_form(self, form: Form, **values: str) -> None:
        """Fill in a command; `values` are there at first, by parameter name."""
        self.app.push_screen(FormScreen(form, self.offers, values))

    def offers(self, line: str) -> tuple[Candidate, ...]:
        """What may come next in a half-typed command line."""
        return self.dashboard.completer.offer(line, self.picture.snapshot, self.picture.types).candidates

    def action_run(self) -> None:
        """Fill in `run` for the selected appliance, else for the first that can be run."""
        row = self.table.cursor_row
        name = named(row) if isinstance(row, Appliance) else self.usual_appliance()
        ask = self.dashboard.feed.look_up
        self.app.push_screen(RunScreen(self.picture, ask, self.offers, {"appliance": name}))

    def action_connect(self) -> None:
        """Open a session in the machine under the cursor."""
        row = self.table.cursor_row
        if isinstance(row, Instance):
            self.dashboard.run_command(f"connect {row.id}")

    def action_on_targets(self, name: str) -> None:
        """Run a command on the marked machines, else on the one under the cursor."""
        ids = [str(row.id) for row in self.table.targets if isinstance(row, Instance)]
        if ids:
            self.dashboard.run_command(f"{name} {' '.join(ids)}")

    def action_undo(self) -> None:
        """Bring back what was deleted last."""
        self.dashboard.run_command("undo")

    def action_copy(self) -> None:
        """Offer what one may need of the row: the ssh line, the identifier, all as JSON."""
        row = self.table.cursor_row
        if row is None:
            return
        offers = subjects.copies(row, self.dashboard.around)

        def chosen(place: int | None) -> None:
            if place is not None:
                words = offers[place].words
                self.app.copy_to_clipboard(words)
                self.notify("\n".join(text.clean_lines(words)[:5]), title="Copied", markup=False)

        shown = [Offer(each.letter, each.name, each.words) for each in offers]
        self.app.push_screen(ChooseScreen("Copy", shown), chosen)

    def action_follow(self) -> None:
        """Go where the row leads; choose when it leads to several places."""
        row = self.table.cursor_row
        links = [] if row is None else subjects.links(row, self.dashboard.around)
        if not links:
            return

        def chosen(place: int | None) -> None:
            if place is not None:
                self.go_to(links[place].view, links[place].key, links[place].filter)

        if len(links) == 1:
            chosen(0)
            return
        shown = [Offer(str(index), each.relation, each.name) for index, each in enumerate(links, 1)]
        self.app.push_screen(ChooseScreen("Go to", shown), chosen)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys for machines are for the view of machines; what cannot be done now is greyed."""
        if action in self.CHANGING and self.dashboard.read_only:
            return False
        if action not in ("connect", "on_targets"):
            return True
        if not self.is_mounted or self.view.id != "instances":
            return False
        row = self.table.cursor_row
        if row is None:
            return None
        if action == "connect":
            return True if row.state is State.RUNNING else None
        if parameters == ("start",) and not self.table.rows.marks:
            return True if row.state is State.UNKNOWN else None
        return True

    def refresh_keys(self) -> None:
        """Have the footer drawn anew when other keys work than before; that is too dear for every row."""
        now = tuple(self.check_action(*parsed) for parsed in self._actions)
        if now != self._allowed:
            self._allowed = now
            self.refresh_bindings()

    @cached_property
    def _actions(self) -> tuple[tuple[str, tuple[object, ...]], ...]:
        """The actions of all keys of this screen with their parameters."""
        found = (parse(each.action) for each in keymap.bindings_of((type(self),)))
        return tuple((name, parameters) for _, name, parameters in found)

    def usual_appliance(self) -> str:
        """The appliance to run when none is named."""
        ready = [
            each.name for each in self.picture.snapshot.appliances.values()
            if each.state is ApplianceState.READY
        ]  # fmt: skip
        return FIRST_APPLIANCE if FIRST_APPLIANCE in ready or not ready else ready[0]


def named(appliance: Appliance) -> str:
    """The word by which `run` knows an appliance: what only an entry offers has an identifier alone."""
    offered = appliance.state is ApplianceState.AVAILABLE and is_identifier(appliance.id)
    return appliance.id if offered else appliance.name
