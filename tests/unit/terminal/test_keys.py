"""Keys, mouse, focus and paste as programs expect them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slshell.terminal import keys
from slshell.terminal.keys import ALT, CTRL, SHIFT, Mouse
from slshell.terminal.modes import Modes
from tests.unit.terminal.drive import CALM, CSI, Driven


def modes(*told: str) -> Modes:
    return Driven().tell(*told).modes


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("a", "a"), ("A", "A"), ("é", "é"), ("space", " "), ("plus", "+"), ("+", "+"), ("up", "\x1b[A"),
        ("home", "\x1b[H"), ("end", "\x1b[F"), ("ctrl+up", "\x1b[1;5A"), ("shift+alt+left", "\x1b[1;4D"),
        ("insert", "\x1b[2~"), ("delete", "\x1b[3~"), ("pageup", "\x1b[5~"), ("ctrl+pagedown", "\x1b[6;5~"),
        ("f1", "\x1bOP"), ("f4", "\x1bOS"), ("f5", "\x1b[15~"), ("f12", "\x1b[24~"),
        ("shift+f1", "\x1b[1;2P"),
        ("alt+f5", "\x1b[15;3~"), ("f20", "\x1b[34~"), ("tab", "\t"), ("shift+tab", "\x1b[Z"),
        ("enter", "\r"),
        ("alt+enter", "\x1b\r"), ("escape", "\x1b"), ("backspace", "\x7f"), ("ctrl+backspace", "\b"),
        ("alt+backspace", "\x1b\x7f"), ("ctrl+a", "\x01"), ("ctrl+z", "\x1a"), ("ctrl+at", "\0"),
        ("ctrl+space", "\0"), ("ctrl+backslash", "\x1c"), ("ctrl+right_square_bracket", "\x1d"),
        ("ctrl+circumflex_accent", "\x1e"), ("ctrl+underscore", "\x1f"), ("ctrl+slash", "\x1f"),
        ("ctrl+2", "\0"), ("ctrl+8", "\x7f"), ("alt+x", "\x1bx"), ("ctrl+alt+c", "\x1b\x03"), ("ctrl+1", "1"),
        ("kp_5", "5"), ("kp_enter", "\r"), ("exclamation_mark", "!"), ("nonsense_key", ""), ("f99", ""),
    ],
)  # fmt: skip
def test_a_key_sends(name: str, sent: str) -> None:
    assert keys.key(name, modes()) == sent.encode()


@pytest.mark.parametrize(
    ("told", "name", "sent"),
    [
        (f"{CSI}?1h", "up", "\x1bOA"), (f"{CSI}?1h", "home", "\x1bOH"), (f"{CSI}?1h", "ctrl+up", "\x1b[1;5A"),
        ("\x1b=", "kp_5", "\x1bOu"), ("\x1b=", "kp_enter", "\x1bOM"), (f"{CSI}20h", "enter", "\r\n"),
        (f"{CSI}?67h", "backspace", "\b"), (f"{CSI}?67h", "ctrl+backspace", "\x7f"),
        (f"{CSI}>4;1m", "ctrl+1", "\x1b[27;5;49~"), (f"{CSI}>4;1m", "ctrl+c", "\x03"),
        (f"{CSI}>4;2m", "ctrl+c", "\x1b[27;5;99~"), (f"{CSI}>4;2m", "alt+x", "\x1b[27;3;120~"),
        (f"{CSI}>4;2m", "x", "x"), (f"{CSI}>4;2m{CSI}>4m", "ctrl+c", "\x03"),
    ],
)  # fmt: skip
def test_a_key_sends_what_the_mode_wants(told: str, name: str, sent: str) -> None:
    assert keys.key(name, modes(told)) == sent.encode()


def test_a_key_whose_name_says_little_sends_what_it_types() -> None:
    assert keys.key("unheard_of", modes(), "ß") == "ß".encode()
    assert keys.key("unheard_of", modes(), "\x07") == b""


LEFT, MOVE, UP = Mouse("press", 1, 2, 3), Mouse("move", 0, 2, 3), Mouse("press", 4, 2, 3)


@pytest.mark.parametrize(
    ("told", "event", "sent"),
    [
        ("", LEFT, b""), (f"{CSI}?9h", LEFT, b"\x1b[M #$"), (f"{CSI}?9h", Mouse("release", 1, 2, 3), b""),
        (f"{CSI}?9h", Mouse("press", 1, 2, 3, CTRL), b"\x1b[M #$"),
        (f"{CSI}?1000h", LEFT, b"\x1b[M #$"), (f"{CSI}?1000h", Mouse("release", 1, 2, 3), b"\x1b[M##$"),
        (f"{CSI}?1000h", Mouse("press", 3, 2, 3, SHIFT | ALT | CTRL), b"\x1b[M>#$"),
        (f"{CSI}?1000h", UP, b"\x1b[M`#$"),
        (f"{CSI}?1000h", Mouse("move", 1, 2, 3), b""), (f"{CSI}?1002h", Mouse("move", 1, 2, 3), b"\x1b[M@#$"),
        (f"{CSI}?1002h", MOVE, b""), (f"{CSI}?1003h", MOVE, b"\x1b[MC#$"),
        (f"{CSI}?1000h", Mouse("press", 1, 222, 222), b"\x1b[M \xff\xff"),
        (f"{CSI}?1000h", Mouse("press", 1, 223, 0), b""),
        (f"{CSI}?1000;1006h", LEFT, b"\x1b[<0;3;4M"),
        (f"{CSI}?1000;1006h", Mouse("release", 3, 2, 3), b"\x1b[<2;3;4m"),
        (f"{CSI}?1000;1006h", Mouse("press", 5, 500, 3, CTRL), b"\x1b[<81;501;4M"),
        (f"{CSI}?1000;1006h", Mouse("release", 4, 2, 3), b""), (f"{CSI}?1000;1015h", LEFT, b"\x1b[32;3;4M"),
        (f"{CSI}?1000;1005h", Mouse("press", 1, 299, 0), "\x1b[M \u014c!".encode()),
        (f"{CSI}?1000h", Mouse("press", 1, -1, 0), b""), (f"{CSI}?1000h", Mouse("press", 99, 0, 0), b""),
    ],
)  # fmt: skip
def test_the_mouse_reports_what_the_mode_wants(told: str, event: Mouse, sent: bytes) -> None:
    assert keys.mouse(event, modes(told)) == sent


def test_the_wheel_presses_arrow_keys_on_an_alternate_screen_without_mouse() -> None:
    assert keys.mouse(UP, modes(f"{CSI}?1049h")) == b"\x1b[A" * 3
    assert keys.mouse(UP, modes(f"{CSI}?1049h{CSI}?1007l")) == b""
    assert keys.mouse(UP, modes()) == b""


def test_focus_is_reported_when_asked_for() -> None:
    assert keys.focus(True, modes()) == b""
    assert keys.focus(True, modes(f"{CSI}?1004h")) == b"\x1b[I"
    assert keys.focus(False, modes(f"{CSI}?1004h")) == b"\x1b[O"


def test_pasted_lines_end_as_the_return_key_does() -> None:
    assert keys.paste("a\nb\r\nc\rd\te", modes()) == b"a\rb\rc\rd\te"
    assert keys.paste("é\n", modes(f"{CSI}?2004h")) == b"\x1b[200~\xc3\xa9\r\x1b[201~"


@CALM
@given(st.text())
def test_nothing_pasted_can_end_the_paste_or_be_a_sequence(text: str) -> None:
    sent = keys.paste(f"x\x1b[201~{text}\x9b201~", modes(f"{CSI}?2004h"))
    inside = sent.removeprefix(b"\x1b[200~").removesuffix(b"\x1b[201~").decode()
    assert not any(character < " " and character not in "\t\r" for character in inside)
    assert not any("\x7f" <= character <= "\x9f" for character in inside)
