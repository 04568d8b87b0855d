"""Keys, mouse, focus and pasted text as the bytes that a program expects in the modes it has set."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from slshell.terminal.modes import Modes

SHIFT, ALT, CTRL = 1, 2, 4
_MODIFIERS = {"shift": SHIFT, "alt": ALT, "meta": ALT, "ctrl": CTRL}

_LETTERS = {"up": "A", "down": "B", "right": "C", "left": "D", "begin": "E", "end": "F", "home": "H"}
_FUNCTIONS = {"f1": "P", "f2": "Q", "f3": "R", "f4": "S"}
_NUMBERS = {
    "insert": 2, "delete": 3, "pageup": 5, "pagedown": 6,
    "f5": 15, "f6": 17, "f7": 18, "f8": 19, "f9": 20, "f10": 21, "f11": 23, "f12": 24, "f13": 25, "f14": 26,
    "f15": 28, "f16": 29, "f17": 31, "f18": 32, "f19": 33, "f20": 34,
}  # fmt: skip
_KEYPAD = dict(zip("0123456789", "pqrstuvwxy", strict=True)) | {
    "enter": "M", "add": "k", "subtract": "m", "multiply": "j", "divide": "o", "decimal": "n",
    "separator": "l", "equal": "X",
}  # fmt: skip
_KEYPAD_PLAIN = {
    "enter": "\r", "add": "+", "subtract": "-", "multiply": "*", "divide": "/", "decimal": ".",
    "separator": ",", "equal": "=",
}  # fmt: skip
_CHARACTERS = {
    "space": " ", "slash": "/", "backslash": "\\", "at": "@", "minus": "-", "plus": "+", "underscore": "_",
}  # fmt: skip
_CONTROLLED = dict(zip(" @2345678/?", "\0\0\0\x1b\x1c\x1d\x1e\x1f\x7f\x1f\x7f", strict=True))

_UNPASTED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_OLD_LIMIT, _UTF8_LIMIT = 223, 2015
_BUTTONS = {0: 3, 1: 0, 2: 1, 3: 2, 4: 64, 5: 65, 6: 66, 7: 67}
_WHEEL = (4, 5, 6, 7)
_WHEEL_ROWS = 3


class Mouse(NamedTuple):
    """What the mouse did, at a cell counted from 0.

    `kind` is press, release or move; buttons are 1 left, 2 middle, 3 right, 4 to 7 the wheel up, down, left
    and right, 0 none; `modifiers` is a sum of `SHIFT`, `ALT` and `CTRL`.
    """

    kind: str
    button: int
    x: int
    y: int
    modifiers: int = 0


def key(name: str, modes: Modes, character: str | None = None) -> bytes:
    """The bytes of a key, by its name (`up`, `ctrl+c`, `shift+tab`, `a`, `kp_5`), empty if it sends none.

    `character` is what the key types, if it is known.
    """
    *held, base = name.split("+") if len(name) > 1 and not name.endswith("+") else (name,)
    modifiers = 0
    for word in held:
        modifiers |= _MODIFIERS.get(word, 0)
    if base.startswith("kp_"):
        return _keypad(base[3:], modes).encode()
    if special := _special(base, modifiers, modes):
        return special.encode()
    typed = _typed(base, character)
    return _character(typed, modifiers, modes).encode() if typed else b""


def _special(base: str, modifiers: int, modes: Modes) -> str:
    """Keys that type nothing."""
    if base in _LETTERS or base in _FUNCTIONS:
        letter = _LETTERS.get(base) or _FUNCTIONS[base]
        if modifiers:
            return f"\x1b[1;{modifiers + 1}{letter}"
        return f"\x1bO{letter}" if base in _FUNCTIONS or modes.application_cursor else f"\x1b[{letter}"
    if base in _NUMBERS:
        return f"\x1b[{_NUMBERS[base]};{modifiers + 1}~" if modifiers else f"\x1b[{_NUMBERS[base]}~"
    if base == "tab" and modifiers & SHIFT:
        return "\x1b[Z"
    escape = "\x1b" if modifiers & ALT else ""
    if base == "backspace":
        return escape + ("\b" if modes.backspace_sends_bs != bool(modifiers & CTRL) else "\x7f")
    if base == "enter":
        return escape + ("\r\n" if modes.linefeed_returns else "\r")
    return {"tab": f"{escape}\t", "escape": f"{escape}\x1b"}.get(base, "")


def _typed(base: str, character: str | None) -> str:
    if len(base) == 1:
        return character if character and character.lower() == base.lower() else base
    if base in _CHARACTERS:
        return _CHARACTERS[base]
    if character and character.isprintable():
        return character
    try:
        return unicodedata.lookup(base.replace("_", " "))
    except KeyError:
        return ""


def _character(typed: str, modifiers: int, modes: Modes) -> str:
    held = modifiers & (ALT | CTRL)
    controlled = _controlled(typed) if modifiers & CTRL else typed
    unusual = controlled is None or modifiers == CTRL | SHIFT
    if held and (modes.modify_other_keys == 2 or (modes.modify_other_keys == 1 and unusual)):
        return f"\x1b[27;{modifiers + 1};{ord(typed[0])}~"
    return ("\x1b" if modifiers & ALT else "") + (typed if controlled is None else controlled)


def _controlled(typed: str) -> str | None:
    """What a character sends with the control key held; `None` if nothing is laid down for it."""
    if typed in _CONTROLLED:
        return _CONTROLLED[typed]
    upper = typed.upper()
    return chr(ord(upper) & 0x1F) if len(upper) == 1 and "A" <= upper <= "_" else None


def _keypad(base: str, modes: Modes) -> str:
    if modes.application_keypad and base in _KEYPAD:
        return f"\x1bO{_KEYPAD[base]}"
    return _KEYPAD_PLAIN.get(base, base if len(base) == 1 else "")


def mouse(event: Mouse, modes: Modes) -> bytes:
    """The report of what the mouse did, empty if the program does not want to know.

    On the alternate screen of a program that does not track the mouse the wheel presses arrow keys.
    """
    is_wheel = event.button in _WHEEL
    if not modes.mouse:
        if is_wheel and event.kind == "press" and modes.alternate and modes.dec[1007]:
            arrow = {4: "up", 5: "down", 6: "left", 7: "right"}[event.button]
            return key(arrow, modes) * _WHEEL_ROWS
        return b""
    wanted = {
        "press": True,
        "release": modes.mouse != 9 and not is_wheel,
        "move": modes.mouse == 1003 or (modes.mouse == 1002 and event.button > 0),
    }
    if not wanted.get(event.kind) or event.button not in _BUTTONS or min(event.x, event.y) < 0:
        return b""
    code = _BUTTONS[event.button] + (32 if event.kind == "move" else 0)
    if modes.mouse != 9:
        code += event.modifiers * 4
    return _report(event, code, modes.mouse_encoding)


def _report(event: Mouse, code: int, encoding: int) -> bytes:
    x, y = event.x + 1, event.y + 1
    is_release = event.kind == "release"
    if encoding == 1006:
        return f"\x1b[<{code};{x};{y}{'m' if is_release else 'M'}".encode()
    if is_release:
        code = code & ~3 | 3
    if encoding == 1015:
        return f"\x1b[{code + 32};{x};{y}M".encode()
    if max(x, y) > (_UTF8_LIMIT if encoding == 1005 else _OLD_LIMIT):
        return b""
    text = "".join(chr(number + 32) for number in (code, x, y))
    return b"\x1b[M" + text.encode("utf-8" if encoding == 1005 else "latin-1")


def focus(gained: bool, modes: Modes) -> bytes:
    """The report that the terminal has got or lost the focus, empty if nobody asked."""
    return (b"\x1b[I" if gained else b"\x1b[O") if modes.focus else b""


def paste(text: str, modes: Modes) -> bytes:
    """Pasted text, its lines ending as the return key does, without what could be a sequence."""
    text = _UNPASTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    data = text.replace("\n", "\r").encode("utf-8", "replace")
    return b"\x1b[200~" + data + b"\x1b[201~" if modes.bracketed_paste else data
