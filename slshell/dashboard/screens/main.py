"""The main screen: views in tables, the detail pane beside them, and the lines one types into."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widgets import ContentSwitcher

from slshell.client.mirror import Snapshot
from slshell.commands.notices import Advice, between
from slshell.dashboard import jobs, pictures, subjects, text
from slshell.dashboard.columns import base
from slshell.dashboard.feed import Watch
from slshell.dashboard.rows import Key
from slshell.dashboard.screens.columns import ColumnsScreen
from slshell.dashboard.screens.sessions import DoingWithSessions
from slshell.dashboard.searching import words_of
from slshell.dashboard.views import BY_ID, VIEWS, Picture, View
from slshell.dashboard.widgets.detail_pane import DetailPane
from slshell.dashboard.widgets.key_footer import KeyFooter
from slshell.dashboard.widgets.overview import OverviewStrip, ProfileBanner, StaleBanner
from slshell.dashboard.widgets.prompts import CommandLine, FilterLine
from slshell.dashboard.widgets.resource_table import ResourceTable
from slshell.dashboard.widgets.splitter import Splitter
from slshell.dashboard.widgets.view_tabs import ViewTabs
from slshell.model.instance import State

if TYPE_CHECKING:
    from slshell.dashboard.app import SlshellApp

MEASURED = frozenset({State.RUNNING, State.SHUTDOWN, State.BOOT})
FRESH_S = 25
"""The cloud confirms a picture at least every 20 seconds."""
AGE_STEP_S = 5
ADVICE = Advice(
    answers="c connects, y copies the ssh line.",
    failed="It gave no reason; 5 shows what happened.",
    off="s boots it again.",
    ready=":run {name} starts it.",
    many="5 shows what happened.",
)


class MainScreen(DoingWithSessions):
    """Draws the app's picture; every change of the world goes through a command."""

    AUTO_FOCUS = "#instances"
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(view.key, f"open_view('{view.id}')", view.renderer.title, show=False, id=f"go.{view.id}")
            for view in VIEWS
        ),
        Binding("slash", "filter", "Filter", id="go.filter"),
        Binding("colon", "command", "Command", id="go.command"),
        Binding("C", "columns", "Choose columns", show=False, id="go.columns"),
        Binding("d", "toggle_detail", "Show or hide details", show=False, id="go.detail"),
        Binding("plus", "widen_detail(5)", "Wider details", show=False, id="go.detail-wider"),
        Binding("minus", "widen_detail(-5)", "Narrower details", show=False, id="go.detail-narrower"),
        Binding("tab", "other_pane", "Table or details", show=False, id="go.pane"),
        Binding("backspace", "came_from", "Back to where a link was", show=False, id="go.came-from"),
        Binding("escape", "back", "Back: details, filter, marks", show=False, id="go.back"),
    ]

    def __init__(self, picture: Picture) -> None:
        super().__init__()
        self.picture = picture
        self.view: View = VIEWS[0]
        self._trail: list[tuple[str, Key | None, str]] = []
        """The places that links were followed from."""
        self._awaited: int | None = None
        """The id of a machine just started, which the cursor goes to when its row comes."""

    def compose(self) -> ComposeResult:
        """Strip, tabs, tables with the pane, lines, footer."""
        yield ProfileBanner(self.dashboard.environment.profile, id="profile-banner")
        yield OverviewStrip(id="overview")
        yield StaleBanner(id="stale")
        yield ViewTabs(id="tabs")
        with Container(id="body"):
            with ContentSwitcher(id="tables", initial=VIEWS[0].id):
                for view in VIEWS:
                    yield ResourceTable(view.renderer, id=view.id)
            yield Splitter("#detail", id="splitter")
            yield DetailPane(id="detail")
        yield FilterLine(self.focus_table, id="filter")
        yield CommandLine(self.offers, self.focus_table, id="command")
        yield KeyFooter()

    def on_mount(self) -> None:
        """Lines are hidden until asked for; ages tick."""
        self.query_one(FilterLine).display = False
        self.query_one(CommandLine).display = False
        self.set_interval(1.0, self._tick)
        self.dashboard.restore()
        self.redraw()

    @property
    def dashboard(self) -> SlshellApp:
        """The app, by its own type."""
        return cast("SlshellApp", self.app)

    @property
    def table(self) -> ResourceTable[Any]:
        """The table of the view on screen."""
        return self.query_one(f"#{self.view.id}", ResourceTable)

    @property
    def command_line(self) -> CommandLine:
        """The line for commands."""
        return self.query_one(CommandLine)

    def snapshot_changed(self, old: Snapshot) -> None:
        """Draw the newest picture and tell what happened since `old`."""
        for notice in between(old, self.picture.snapshot, ADVICE):
            self.notify(notice.text, title=notice.title, severity=notice.severity, markup=False)
        self.redraw()

    def redraw(self) -> None:
        """Draw everything that differs from what is on screen."""
        if not self.is_attached:
            # The app is leaving, and widgets may be gone before the last messages.
            return
        if self.picture.known:
            self.table.show(self.view.rows(self.picture))
        if self._awaited is not None and self.table.id == "instances" and self.table.move_to(self._awaited):
            self._awaited = None
        self.redraw_frame()
        self.redraw_detail()
        self.measure()
        self.refresh_keys()

    def hosts_changed(self) -> None:
        """Draw what tells of hosts; thousands of machines are not compared for that."""
        if self.view.id == "hosts":
            self.redraw()
        else:
            self.redraw_frame()
            self.redraw_detail()

    def redraw_measured(self, ids: Iterable[int]) -> None:
        """Draw the machines of which something was measured."""
        known = self.picture.snapshot.instances
        if self.is_attached and self.view.id == "instances":
            self.table.update_rows(self.picture.instance(number) for number in ids if number in known)
            self.redraw_detail()

    def redraw_detail(self) -> None:
        """Draw the pane for the row under the cursor."""
        if not self.is_attached:
            return
        pane = self.query_one(DetailPane)
        if pane.display:
            key = self.table.cursor_key
            detail = subjects.detail(self.table.cursor_row, self.dashboard.around, pane.text_width)
            pane.tell((self.view.id, key), detail)

    def measure(self) -> None:
        """Have measured what is on screen."""
        ids: tuple[int, ...] = ()
        console: int | None = None
        if self.view.id == "instances" and self.is_current:
            rows = self.picture.snapshot.instances
            visible = [row for row in map(rows.get, self.table.on_screen()) if row is not None]  # type: ignore[arg-type]
            ids = tuple(sorted(row.id for row in visible if row.state in MEASURED))
            row = self.table.cursor_row
            if row is not None and self.query_one(DetailPane).display and row.state is not State.PENDING:
                console = row.id
        words = words_of(self.table.rows.filter.line) if self.view.id == "appliances" else None
        self.dashboard.feed.watch(Watch(ids, console, away=not self.app.app_focus, words=words))

    def open_view(self, view_id: str) -> None:
        """Show another view; its table is as it was left."""
        self.view = BY_ID[view_id]
        self.remove_class("-drill")
        self.query_one("#tables", ContentSwitcher).current = view_id
        self.query_one(FilterLine).display = False
        self.redraw()
        self.focus_table()

    def go_to(self, view_id: str, key: Key | None, filter_line: str = "") -> None:
        """Show one thing: its view with the cursor on it; or all rows that pass a filter."""
        self._trail.append((self.view.id, self.table.cursor_key, self.table.rows.filter.line))
        self._show_place(view_id, key, filter_line)

    def prefill(self, line: str) -> None:
        """Open the command line with something typed."""
        self.query_one(FilterLine).display = False
        self.query_one(CommandLine).open(line)

    def focus_table(self) -> None:
        """Give the keys to the table, at once: the next one may be on its way."""
        self.set_focus(self.table)

    def await_row(self, instance_id: int) -> None:
        """Put the cursor on a machine that was just started, now or when its row comes."""
        self._awaited = instance_id
        self.redraw()

    def action_came_from(self) -> None:
        """Go back to where one followed a link from."""
        if self._trail:
            self._show_place(*self._trail.pop())

    def action_open_view(self, view_id: str) -> None:
        """The key of a view."""
        self.open_view(view_id)

    def action_filter(self) -> None:
        """Narrow the table."""
        self.query_one(CommandLine).display = False
        self.query_one(FilterLine).open(self.table.rows.filter.line)

    def action_command(self) -> None:
        """Type a command."""
        self.prefill("")

    def action_columns(self) -> None:
        """Choose, arrange and order by the columns of the table."""
        self.app.push_screen(ColumnsScreen(self.table))

    def action_toggle_detail(self) -> None:
        """Show the pane where it is hidden, hide it where it is shown."""
        pane = self.query_one(DetailPane)
        if pane.display:
            self.remove_class("-drill")
            self.add_class("-no-detail")
            self.focus_table()
        else:
            self.remove_class("-no-detail")
            self.set_class(not self.has_class("-wide") and self.has_class("-short"), "-drill")
        self.call_after_refresh(self.redraw)

    def action_widen_detail(self, by: int) -> None:
        """Give the pane more or less of the room."""
        self.query_one(Splitter).widen(by)
        self.call_after_refresh(self.redraw_detail)

    def action_other_pane(self) -> None:
        """Keys go to the other pane."""
        pane = self.query_one(DetailPane)
        if pane.has_focus:
            self.focus_table()
        elif pane.display:
            self.set_focus(pane)

    def action_back(self) -> None:
        """Undo one thing: the pane that lies over the table, the filter, the marks."""
        if self.has_class("-drill") or self.query_one(DetailPane).has_focus:
            self.remove_class("-drill")
            self.focus_table()
        elif self.table.rows.filter.line:
            self.table.narrow("")
        elif self.table.rows.marks:
            self.table.clear_marks()

    @on(ResourceTable.Highlighted)
    def _highlighted(self, event: ResourceTable.Highlighted) -> None:
        if event.table is self.table:
            self.redraw_detail()
            self.measure()
            self.refresh_keys()

    @on(ResourceTable.Chosen)
    def _chosen(self) -> None:
        if self.chosen_session is not None:
            self.dashboard.sessions.enter(self.chosen_session.number)
            return
        pane = self.query_one(DetailPane)
        if not pane.display:
            self.remove_class("-no-detail")
            self.set_class(not self.has_class("-wide") and self.has_class("-short"), "-drill")
        self.call_after_refresh(self.redraw_detail)
        self.set_focus(pane)

    @on(ResourceTable.Arranged)
    def _arranged(self) -> None:
        self.redraw_frame()
        self.measure()
        self.refresh_keys()

    @on(DetailPane.LinkClicked)
    def _link_clicked(self, event: DetailPane.LinkClicked) -> None:
        self.go_to(event.view, event.key, event.filter)

    @on(ViewTabs.Asked)
    def _tab_clicked(self, event: ViewTabs.Asked) -> None:
        self.open_view(event.view_id)

    @on(FilterLine.Changed)
    def _filter_changed(self, event: FilterLine.Changed) -> None:
        self.table.narrow(event.line)

    @on(CommandLine.Submitted)
    def _line_submitted(self, event: CommandLine.Submitted) -> None:
        self.dashboard.run_command(event.line, typed=True)

    def on_resize(self) -> None:
        """Another size shows other columns, and measures other rows."""
        self.query_one(Splitter).sideways = self.has_class("-wide")
        self.call_after_refresh(self.redraw)

    def on_descendant_focus(self) -> None:
        """The line before the pane shows that keys go there."""
        self.query_one(Splitter).set_class(self.query_one(DetailPane).has_focus, "-lit")

    def on_screen_resume(self) -> None:
        """Measure again after a dialog."""
        self.redraw()

    def on_screen_suspend(self) -> None:
        """Under a dialog nothing is measured."""
        self.measure()

    def redraw_frame(self) -> None:
        """Draw the strip, the tabs and the banner."""
        if not self.is_attached:
            return
        self._redraw_strip()
        self.query_one(ViewTabs).tell(self.picture, self.view.id, self.table.rows)
        self._say_stale()

    def _redraw_strip(self) -> None:
        picture, snapshot = self.picture, self.picture.snapshot
        self.query_one(OverviewStrip).data = pictures.Overview(
            profile=self.dashboard.environment.profile.name,
            where=self.dashboard.where,
            status=picture.status,
            hosts=picture.hosts,
            counts=picture.counts(),
            stale=snapshot.stale is not None,
            known=picture.known,
            read_only=self.dashboard.read_only,
            warning=picture.storage.warning if picture.storage is not None else "",
            commands=self.dashboard.at_work.words,
            jobs=jobs.in_flight(snapshot),
            age_s=self._age_s(),
        )

    def _age_s(self) -> int:
        """How old the picture is, in steps that are worth a new frame."""
        fresh = self.dashboard.fresh_at
        age = 0.0 if fresh is None else (base.now() - fresh).total_seconds()
        return 0 if age < FRESH_S else int(age) // AGE_STEP_S * AGE_STEP_S

    def _say_stale(self) -> None:
        snapshot = self.picture.snapshot
        fresh = self.dashboard.fresh_at
        since = text.age(fresh, base.now()) if fresh is not None else ""
        self.query_one(StaleBanner).say(snapshot.stale, since)
        self.set_class(snapshot.stale is not None, "-stale")

    def _show_place(self, view_id: str, key: Key | None, filter_line: str) -> None:
        self.open_view(view_id)
        if filter_line or key is None or key not in self.table.rows.shown:
            self.table.narrow(filter_line)
        if key is not None:
            self.table.move_to(key)

    def _tick(self) -> None:
        if self.is_current and self.app.app_focus:
            self.table.tick()
            self.redraw_detail()
        self.dashboard.sessions.changed()
        self._redraw_strip()
        self._say_stale()
        self.dashboard.remember()
