"""Putting text on the screen: wrapping, scrolling, wide characters and marks."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from slshell.terminal.cells import PIECES, SURELY_NARROW, TAIL, Clusters, width
from slshell.terminal.charsets import Charsets
from slshell.terminal.modes import Modes
from slshell.terminal.page import Page
from slshell.terminal.row import Row
from slshell.terminal.style import PLAIN, Styles


class Writing:
    """The part of a screen that text goes through; x, y and the margins count from 0, margins inclusive."""

    columns: int
    rows: int
    x: int
    y: int
    pending: bool
    """The last column has been written; the next character goes to the next row."""
    pen: str
    last: str
    """What REP repeats the last character of."""
    print: Callable[[str], None]
    """Write printable characters at the cursor, in the character sets in use."""
    page: Page
    main: Page
    history: deque[Row]
    scrolled: int
    """Rows that have ever gone to the history: a row keeps its number when older ones are forgotten."""
    modes: Modes
    charsets: Charsets
    styles: Styles
    clusters: Clusters
    utf8: bool
    doubles: bool
    """Rows of double width may be on the screen; text takes a slower way then."""

    def full_margins(self) -> None:
        """Let the margins be the edges of the screen."""
        self.top, self.bottom, self.left, self.right = 0, self.rows - 1, 0, self.columns - 1

    def settle(self) -> None:
        """Work out what writing needs to know of modes and character sets; to be called when they change."""
        self._autowrap = self.modes.autowrap
        self._insert = self.modes.insert
        table = self.charsets.table(self.charsets.left) or {}
        if not self.utf8:
            table = {**table, **(self.charsets.upper_table() or {})}
        self._translation = table
        is_usual = not table and self.charsets.single is None and not self.doubles
        self.print = self._write if is_usual else self._write_translated

    @property
    def blank(self) -> str:
        """The style code of erased cells."""
        pen = self.pen
        return pen if pen == PLAIN else self.styles.blank(pen)

    @property
    def row(self) -> Row:
        """The row that the cursor is in."""
        return self.page.rows[self.y]

    @property
    def limit(self) -> int:
        """The column before which text has to stop."""
        if self.doubles and (width := self.width_of(self.y)) < self.columns:
            return width
        return self.right + 1 if self.x <= self.right else self.columns

    def width_of(self, y: int) -> int:
        """The columns that a row shows: half of them where it is of double width."""
        return (self.columns + 1) // 2 if self.page.rows[y].size else self.columns

    def _write_translated(self, text: str) -> None:
        self._put(self._translated(text))

    def _put(self, text: str) -> None:
        """Write text that may begin in a row of double width."""
        if self.doubles and (width := self.width_of(self.y)) < self.columns:
            self.last = text
            self.x = min(self.x, width - 1)
            self._mixed(text)
        else:
            self._write(text)

    def _write(self, text: str) -> None:
        self.last = text
        if text.isascii() or SURELY_NARROW.fullmatch(text):
            x = self.x
            end = x + len(text)
            if end <= self.right and not self._insert and not self.pending:
                self.page.rows[self.y].put(x, text, self.pen)
                self.x = end
            else:
                self._narrow(text)
        else:
            self._mixed(text)

    def newline(self) -> None:
        """A carriage return and a line feed, as most lines end."""
        self.x = self.left if self.x >= self.left else 0
        self.line_feed()

    def lines_of_text(self, text: str) -> None:
        """Lines that each end with a carriage return and a line feed; most of them become rows at once."""
        lines = text.split("\r\n")
        del lines[-1]
        is_ascii = text.isascii()
        for place, line in enumerate(lines):
            if is_ascii and place and self.y == self.rows - 1 and self.row.is_untouched and self._is_plain:
                self._append(self._rows_of(lines[place:]))
                self.last = next((line for line in reversed(lines) if line), self.last)
                return
            if line:
                self.print(line)
            self.newline()

    def _rows_of(self, lines: list[str]) -> list[Row]:
        """Rows for lines of one cell a character, long ones wrapped."""
        columns, made = self.columns, []
        for line in lines:
            if len(line) <= columns:
                made.append(Row(line))
                continue
            pieces = [Row(line[start : start + columns]) for start in range(0, len(line), columns)]
            for piece in pieces[:-1]:
                piece.wrapped = True
            made += pieces
        return made

    @property
    def _is_plain(self) -> bool:
        """Whether text just goes into its row and full rows into the history."""
        return (
            self.pen == PLAIN and self.print == self._write and not self._insert and self._autowrap
            and self.page is self.main and not self.left and self.right == self.columns - 1
            and not self.top and self.bottom == self.rows - 1
        )  # fmt: skip

    def _append(self, made: list[Row]) -> None:
        """Put rows where the cursor is, in place of the untouched last row; a new one comes below."""
        rows = [*self.page.rows[:-1], *made, Row()]
        self.history.extend(rows[: len(made)])
        self.scrolled += len(made)
        self.page.rows = rows[len(made) :]

    def line_feed(self) -> None:
        """Down one row; at the bottom margin, what is above moves up."""
        self.pending = False
        y = self.y
        if y == self.bottom:
            if self.left <= self.x <= self.right:
                self.scroll_up(1)
        elif y < self.rows - 1:
            self.y = y + 1

    def reverse_line_feed(self) -> None:
        """Up one row; at the top margin, what is below moves down."""
        self.pending = False
        if self.y == self.top:
            if self.left <= self.x <= self.right:
                self.scroll_down(self.top, 1)
        elif self.y > 0:
            self.y -= 1

    def scroll_up(self, count: int) -> None:
        """Move the rows between the margins up; from the top of the main screen they go to the history."""
        rows = self.page.rows
        if self.left or self.right < self.columns - 1:
            self.move_rows_up(self.top, count)
            return
        if (
            count == 1
            and self.pen == PLAIN
            and self.page is self.main
            and self.bottom - self.top == self.rows - 1
        ):
            self.history.append(rows.pop(0))
            self.scrolled += 1
            rows.append(Row())
            return
        count = min(count, self.bottom - self.top + 1)
        first = self.top
        if first == 0 and self.page is self.main:
            self.history.extend(rows[:count])
            self.scrolled += count
        del rows[first : first + count]
        self.insert_blank_rows(self.bottom + 1 - count, count)

    def move_rows_up(self, first: int, count: int) -> None:
        """Move the rows from `first` to the bottom margin up, within the margins on the sides."""
        rows, blank = self.page.rows, self.blank
        count = min(count, self.bottom - first + 1)
        if not self.left and self.right == self.columns - 1:
            del rows[first : first + count]
            self.insert_blank_rows(self.bottom + 1 - count, count)
            return
        for y in range(first, self.bottom + 1 - count):
            self._move_columns(rows[y + count], rows[y])
        for y in range(self.bottom + 1 - count, self.bottom + 1):
            rows[y].erase(self.left, self.right + 1, blank)

    def scroll_down(self, first: int, count: int) -> None:
        """Move the rows from `first` to the bottom margin down, within the margins on the sides."""
        rows, blank = self.page.rows, self.blank
        count = min(count, self.bottom - first + 1)
        if not self.left and self.right == self.columns - 1:
            end = self.bottom + 1
            del rows[end - count : end]
            self.insert_blank_rows(first, count)
            return
        for y in range(self.bottom, first + count - 1, -1):
            self._move_columns(rows[y - count], rows[y])
        for y in range(first, first + count):
            rows[y].erase(self.left, self.right + 1, blank)

    def insert_blank_rows(self, place: int, count: int) -> None:
        """Put erased rows in at a place."""
        blank = self.blank
        text, styles = ("", "") if blank == PLAIN else (" " * self.columns, blank * self.columns)
        self.page.rows[place:place] = [Row(text, styles) for _ in range(count)]

    def repeat(self, count: int) -> None:
        """Write the last character again (REP), with its marks, at most a screenful of times."""
        if self.last:
            last = self.last[-1]
            if width(last) == 0:
                before = self.clusters.text(self._before()[1])
                last = before if before.endswith(last) else ""
            self._put(last * min(count, self.columns * self.rows))

    def _move_columns(self, source: Row, target: Row) -> None:
        text, styles = source.cut(self.left, self.right + 1)
        put_styled(target, self.left, text, styles)

    def _translated(self, text: str) -> str:
        """The text in the character sets in use; a single shift is for its first character."""
        single = self.charsets.single
        if single is None:
            return text.translate(self._translation)
        self.charsets.single = None
        first, rest = text[0].translate(self.charsets.table(single) or {}), text[1:]
        self.settle()
        return first + rest.translate(self._translation)

    def _wrap(self) -> None:
        """Go on in the next row, which belongs to the same line."""
        row = self.page.rows[self.y]
        self.line_feed()
        row.wrapped = True
        self.x = self.left

    def _narrow(self, text: str) -> None:
        start, count = 0, len(text)
        while True:
            if self.pending and self._autowrap:
                self._wrap()
            x, limit = self.x, self.limit
            row = self.page.rows[self.y]
            piece = text[start : start + limit - x]
            if self._insert and self.left <= x <= self.right:
                row.insert(x, len(piece), limit, PLAIN)
            row.put(x, piece, self.pen)
            start += len(piece)
            if x + len(piece) < limit:
                self.x = x + len(piece)
                self.pending = False
                return
            self.x = limit - 1
            row.wrapped = False
            self.pending = self._autowrap
            if start < count and not self._autowrap:
                row.put(self.x, text[-1], self.pen)
                return
            if start == count:
                return

    def _mixed(self, text: str) -> None:
        for narrow, wide, character in PIECES.findall(text):
            if narrow:
                self._narrow(narrow)
                continue
            cells = 2 if wide else width(character)
            if cells == 2:
                self._wide(wide or character)
            elif cells == 1:
                self._narrow(self.clusters.code(character))
            elif cells == 0:
                self._mark(character)

    def _wide(self, text: str) -> None:
        """Write characters of two cells each; none of them is cut by the edge."""
        start = 0
        while start < len(text):
            if self.pending and self._autowrap:
                self._wrap()
            if self.limit - self.x < 2:
                self._make_room_for_two()
            x, limit = self.x, self.limit
            if limit - x < 2:
                self._narrow("\ufffd")
                start += 1
                continue
            piece = text[start : start + (limit - x) // 2]
            start += len(piece)
            cells = TAIL.join(piece) + TAIL
            row = self.page.rows[self.y]
            if self._insert and self.left <= x <= self.right:
                row.insert(x, len(cells), limit, PLAIN)
            row.put(x, cells, self.pen)
            self.pending = False
            self.x = x + len(cells)
            if self.x == limit:
                self.x = limit - 1
                row.wrapped = False
                self.pending = self._autowrap

    def _make_room_for_two(self) -> None:
        """One column is left where two are needed: leave it alone and wrap, or step back."""
        if self._autowrap:
            if self.limit - self.left >= 2:
                self._wrap()
        elif self.x > 0:
            self.x -= 1

    def _mark(self, mark: str) -> None:
        """Put a mark upon the character before the cursor, in the same row."""
        x, character = self._before()
        if x < 0:
            return
        row = self.page.rows[self.y]
        marked = self.clusters.marked(character, mark)
        row.text = row.text[:x].ljust(x) + marked + row.text[x + 1 :]

    def _before(self) -> tuple[int, str]:
        """The column and the cell of the character before the cursor; a column below 0 if there is none."""
        x = self.x if self.pending else self.x - 1
        text = self.page.rows[self.y].text
        if 0 < x < len(text) and text[x] == TAIL:
            x -= 1
        return x, text[x] if 0 <= x < len(text) else " "


def put_styled(row: Row, x: int, text: str, styles: str) -> None:
    """Write cells that have a style each."""
    row.put(x, text, PLAIN)
    if styles.strip(PLAIN) or len(row.styles) > x:
        end = x + len(styles)
        row.styles = row.styles[:x].ljust(x, PLAIN) + styles + row.styles[end:]
