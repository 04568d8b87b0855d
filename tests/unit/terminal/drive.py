"""A screen with its answers, what can be asked of it in tests, and streams made up for it."""

from __future__ import annotations

import unicodedata
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from slshell.terminal.cells import FIRST_CLUSTER, TAIL, width
from slshell.terminal.row import Row
from slshell.terminal.screen import Allowed, Screen

CSI = "\x1b["
CALM = settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
"""How generated examples are tried: many, and without a look at the clock."""


class Driven(Screen):
    """A screen that is told text instead of bytes and collects its answers."""

    def __init__(self, columns: int = 80, rows: int = 25, history: int = 100, **more: bool) -> None:
        self.answers: list[bytes] = []
        super().__init__(columns, rows, history, self.answers.append, Allowed(**more))

    def tell(self, *texts: str) -> Driven:
        """Feed texts, each as bytes of UTF-8."""
        for text in texts:
            self.feed(text.encode())
        return self

    def asked(self, *texts: str) -> str:
        """What is answered to these texts, and to nothing before."""
        self.answers.clear()
        self.tell(*texts)
        return b"".join(self.answers).decode()

    def at(self) -> tuple[int, int]:
        """Row and column of the cursor, as a program would be told without origin mode."""
        return self.y + 1, self.x + 1

    def shown(self, rows: int | None = None) -> list[str]:
        """The first rows without blanks at their ends."""
        return [line.rstrip() for line in self.lines()[:rows]]


def snapshot(screen: Driven) -> dict[str, Any]:
    """All that can be seen of a screen."""
    rows = [*screen.history, *screen.page.rows]
    return {
        "rows": [(screen.runs(row), row.wrapped, row.size) for row in rows],
        "cursor": (screen.cursor, screen.pending),
        "modes": (screen.modes.ansi, screen.modes.dec, screen.modes.modify_other_keys),
        "margins": (screen.top, screen.bottom, screen.left, screen.right),
        "pen": screen.styles[screen.pen],
        "tabs": bytes(screen.tabs),
        "size": (screen.columns, screen.rows),
        "window": (screen.window.title, screen.window.icon, screen.bells, screen.clipboard),
        "palette": (screen.palette.colors, screen.palette.dynamic),
        "answers": b"".join(screen.answers),
    }


def check_sound(screen: Screen) -> None:
    """What holds of every screen, whatever was fed to it."""
    assert len(screen.main.rows) == len(screen.alternate.rows) == screen.rows
    assert 0 <= screen.x < screen.columns
    assert 0 <= screen.y < screen.rows
    assert 0 <= screen.top <= screen.bottom < screen.rows
    assert 0 <= screen.left <= screen.right < screen.columns
    assert len(screen.tabs) == screen.columns
    for row in (*screen.main.rows, *screen.alternate.rows, *screen.history):
        _check_row(screen, row)
    assert all(len(row.text) <= screen.columns for row in (*screen.main.rows, *screen.alternate.rows))
    for line in screen.lines():
        assert line.encode()
        assert not any(unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in line)


def _check_row(screen: Screen, row: Row) -> None:
    assert len(row.styles) <= len(row.text)
    assert all(ord(code) < len(screen.styles) for code in row.styles)
    for x, character in enumerate(row.text):
        if character == TAIL:
            assert x
            assert width(row.text[x - 1]) == 2 or ord(row.text[x - 1]) >= FIRST_CLUSTER
        elif ord(character) < FIRST_CLUSTER:
            assert width(character) in (1, 2)
            if width(character) == 2:
                assert row.text[x + 1] == TAIL
        assert screen.clusters.text(character) or character == TAIL


NUMBERS = st.one_of(st.integers(0, 12), st.sampled_from([24, 25, 79, 80, 81, 132, 9999, 1 << 40]))
PARAMETERS = st.lists(st.one_of(NUMBERS.map(str), st.just("")), max_size=6).map(";".join)
MODES = st.sampled_from(
    [
        1,
        3,
        4,
        5,
        6,
        7,
        9,
        12,
        25,
        40,
        41,
        42,
        45,
        47,
        66,
        67,
        69,
        95,
        1000,
        1002,
        1006,
        1045,
        1047,
        1048,
        1049,
        2004,
    ]
)
WORDS = st.one_of(
    st.text("abc XYZ", min_size=1, max_size=30),
    st.text("é─│中文字한🙂👩\u200d\u0301\u0308\ufe0f\u3000\uffff\U00100001", min_size=1, max_size=12),
)
LINES = st.lists(st.text("ab ", max_size=45).map("{}\r\n".format), min_size=4, max_size=12).map("".join)
CONTROLS = st.sampled_from([*"\n\r\b\t\v\f\a\x0e\x0f\x18\x7f", "\r\n"])
ESCAPES = st.sampled_from([*"DEHMNOVWZcno~}|6789=>", "#8", "#3", "#5", "(0", "(B", ")0", "%G"]).map(
    "\x1b{}".format
)
SEQUENCES = st.builds(
    "\x1b[{}{}{}".format,
    st.sampled_from(["", "", "", "?", ">", "="]),
    PARAMETERS,
    st.sampled_from("@ABCDEFGHIJKLMPSTXZ^`abcdefgmnrstux")
    | st.sampled_from(
        ["!p", " q", '"p', '"q', "#{", "#}", "$p", "$r", "$t", "$v", "$w", "$x", "$z", "${", "'}"]
    )
    | st.sampled_from(["'~", "*x", "*y", "*|", "$|", " @", " A", "#y"]),
)
SWITCHES = st.builds(lambda number, on: f"{CSI}?{number}{on}", MODES, st.sampled_from("hlsr"))
INSERT = st.sampled_from([f"{CSI}4h", f"{CSI}4l", f"{CSI}20h", f"{CSI}20l"])
COLORS = st.sampled_from(
    [
        f"{CSI}{look}m"
        for look in ("", "1", "31", "44", "38;5;200", "48;2;1;2;3", "4:3", "7;9", "38:2::9:8:7", "0")
    ]
)
STRINGS = st.sampled_from(
    [
        "\x1b]2;title\x07", "\x1b]0;a\x1b\\", "\x1b]8;id=a;http://b\x1b\\", "\x1b]8;;\x1b\\",
        "\x1b]4;1;?\x07",
        "\x1b]52;c;aGk=\x07", "\x1b]10;?\x1b\\", "\x1b]104\x07", "\x1bP$qm\x1b\\", "\x1bP+q436f\x1b\\",
        "\x1b_x\x1b\\",
        "\x1b^y\x1b\\", "\x1bXz\x1b\\", "\x1bPq#0;2;0;0;0~-\x1b\\", "\x1bP2$t9/17\x1b\\",
    ]
)  # fmt: skip
PIECES = st.one_of(
    WORDS, WORDS, LINES, CONTROLS, ESCAPES, SEQUENCES, SEQUENCES, SWITCHES, INSERT, COLORS, STRINGS
)
STREAMS = st.lists(PIECES, max_size=40).map(lambda pieces: "".join(pieces).encode())
"""Streams of whole sequences, sensible and not."""

HOSTILE = st.lists(
    st.one_of(
        PIECES.map(str.encode),
        st.binary(max_size=20),
        st.sampled_from(
            [
                b"\x1b",
                b"\x1b[",
                b"\x1b]",
                b"\x1bP",
                b"\x9b",
                b"\xc2\x9b",
                b"\xff",
                b"\x1b%@",
                b"\x1b%G",
                b"%@",
            ]
        ),
    ),
    max_size=40,
).map(b"".join)
"""Streams with anything in them."""
