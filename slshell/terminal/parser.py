"""From text to what it asks for: printable runs, controls, sequences and strings.

Whole sequences that begin on the ground are found by one regular expression; all else goes through a state
machine, character by character, after the one that DEC's terminals have. Both lead to the same calls, so it
makes no difference where a stream is cut.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Protocol

CAN, SUB, ESC, BEL, DEL = "\x18", "\x1a", "\x1b", "\x07", "\x7f"

STRING_LIMIT = 1 << 18
"""Characters of an operating-system command or a device control string; longer ones are passed over whole."""

SEQUENCE_LIMIT = 256
"""Characters of a control sequence; longer ones are passed over."""

_TEXT = r"[^\x00-\x1f\x7f-\x9f]"
TOKEN = re.compile(
    rf"\x1b\[([0-9;:]{{0,64}}+)m({_TEXT}*+)(\r\n)?"
    rf"|({_TEXT}++)(\r\n)?"
    r"|\x1b\[([<=>?]?)([0-9;:]{0,64}+)([@-~])"
    r"|(\r\n)"
    r"|([\x00-\x17\x19\x1c-\x1f])"
    r"|(.)",
    re.DOTALL,
)
_SGR, _SGR_NEWLINE, _PRINT, _PRINT_NEWLINE, _CSI, _NEWLINE, _CONTROL = 2, 3, 4, 5, 8, 9, 10
LINES = re.compile(rf"(?:{_TEXT}*+\r\n){{4,}}+")
"""Many lines of plain text, as floods have; looked for at the beginning of a piece only."""

_STRING_TEXT = re.compile(r"[^\x00-\x1f\x7f-\x9f]++")
_DEVICE = re.compile(r"([0-9:;<=>?]*)([ -/]*)([@-~])(.*)", re.DOTALL)

_GROUND, _ESCAPE, _SEQUENCE, _SWALLOW, _STRING, _STRING_ESCAPE = range(6)
_STRINGS = {"]": "]", "P": "P", "X": "", "^": "", "_": ""}


class Target(Protocol):
    """What the parser calls, in the order of the stream."""

    print: Callable[[str], None]
    """Printable characters."""

    def newline(self) -> None:
        """A carriage return and a line feed."""

    def lines_of_text(self, text: str) -> None:
        """Printable characters in lines, each of which ends with a carriage return and a line feed."""

    def control(self, character: str) -> None:
        """A control character below 0x20."""

    def escape(self, intermediates: str, final: str) -> None:
        """An escape sequence."""

    def sgr(self, parameters: str) -> None:
        """Select graphic rendition."""

    def sequence(self, prefix: str, parameters: str, intermediates: str, final: str) -> None:
        """A control sequence; `prefix` is one of `<=>?` or empty."""

    def command(self, text: str, terminator: str) -> None:
        """An operating-system command and how it ended."""

    def device(self, parameters: str, intermediates: str, final: str, text: str) -> None:
        """A device control string."""


class Parser:
    """Takes text in pieces of any length, remembers where in a sequence it is, calls its target."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._state = _GROUND
        self._collected = ""
        self._kind = ""
        self._parts: list[str] = []
        self._length = 0

    @property
    def between(self) -> bool:
        """Whether no sequence is under way."""
        return self._state == _GROUND

    def reset(self) -> None:
        """Forget the sequence under way."""
        self._state = _GROUND
        self._parts.clear()

    def feed(self, text: str) -> None:
        """Take the next piece."""
        target = self._target
        position, end = 0, len(text)
        if self._state == _GROUND and (flood := LINES.match(text)):
            target.lines_of_text(flood[0])
            position = flood.end()
        while position < end:
            if self._state != _GROUND:
                position = self._slowly(text, position)
                continue
            for found in TOKEN.finditer(text, position):
                kind = found.lastindex
                if kind == _PRINT_NEWLINE:
                    target.print(found[4])
                    target.newline()
                elif kind in (_SGR, _SGR_NEWLINE):
                    target.sgr(found[1])
                    if found[2]:
                        target.print(found[2])
                    if kind == _SGR_NEWLINE:
                        target.newline()
                elif kind == _PRINT:
                    target.print(found[4])
                elif kind == _CSI:
                    target.sequence(found[6], found[7], "", found[8])
                elif kind == _NEWLINE:
                    target.newline()
                elif kind == _CONTROL:
                    target.control(found[10])
                else:
                    position = self._slowly(text, found.start())
                    break
            else:
                return

    def _slowly(self, text: str, position: int) -> int:
        """Go through the state machine until no sequence is under way; answers where that is."""
        end = len(text)
        while position < end:
            if self._state == _STRING and (found := _STRING_TEXT.match(text, position)):
                self._collect(found[0])
                position = found.end()
                continue
            self._step(text[position])
            position += 1
            if self._state == _GROUND:
                break
        return position

    def _step(self, character: str) -> None:
        if character in (CAN, SUB):
            self.reset()
        elif self._state == _STRING:
            self._in_string(character)
        elif self._state == _STRING_ESCAPE:
            if character == "\\":
                self._finish(f"{ESC}\\")
            else:
                self._parts.clear()
                self._state, self._collected = _ESCAPE, ""
                self._step(character)
        elif character == ESC:
            self._state, self._collected = _ESCAPE, ""
        elif "\x80" <= character <= "\x9f":
            self._state, self._collected = _ESCAPE, ""
            self._in_escape(chr(ord(character) - 0x40))
        elif character < " ":
            self._target.control(character)
        elif character == DEL:
            return
        elif character > DEL:
            self.reset()
            self._target.print(character)
        elif self._state == _ESCAPE:
            self._in_escape(character)
        else:
            self._in_sequence(character)

    def _in_escape(self, character: str) -> None:
        if character < "0":
            self._collected = (self._collected + character)[:3]
            return
        self._state = _GROUND
        if self._collected:
            self._target.escape(self._collected, character)
        elif character == "[":
            self._state = _SEQUENCE
        elif character in _STRINGS:
            self._state, self._kind, self._length = _STRING, _STRINGS[character], 0
            self._parts.clear()
        else:
            self._target.escape("", character)

    def _in_sequence(self, character: str) -> None:
        if character < "@":
            if self._state == _SWALLOW:
                return
            self._collected += character
            misplaced = character >= "0" and self._collected[-2:-1] and self._collected[-2] < "0"
            if misplaced or len(self._collected) > SEQUENCE_LIMIT:
                self._state = _SWALLOW
            return
        swallowed = self._state == _SWALLOW
        self._state = _GROUND
        if swallowed:
            return
        text = self._collected
        parameters = text.rstrip(" !\"#$%&'()*+,-./")
        intermediates = text[len(parameters) :]
        prefix = parameters[:1] if parameters[:1] in ("<", "=", ">", "?") else ""
        parameters = parameters[len(prefix) :]
        if any(mark in parameters for mark in "<=>?"):
            return
        if character == "m" and not prefix and not intermediates:
            self._target.sgr(parameters)
        else:
            self._target.sequence(prefix, parameters, intermediates, character)

    def _in_string(self, character: str) -> None:
        if character == ESC:
            self._state = _STRING_ESCAPE
        elif character == "\x9c" or (character == BEL and self._kind == "]"):
            self._finish(character)
        elif "\x80" <= character <= "\x9f":
            self._parts.clear()
            self._state, self._collected = _ESCAPE, ""
            self._in_escape(chr(ord(character) - 0x40))
        elif self._kind == "P" and character != DEL:
            self._collect(character)

    def _collect(self, text: str) -> None:
        self._length += len(text)
        if self._length > STRING_LIMIT:
            self._parts.clear()
        elif self._kind:
            self._parts.append(text)

    def _finish(self, terminator: str) -> None:
        kind, text = self._kind, "".join(self._parts)
        self.reset()
        if self._length > STRING_LIMIT:
            return
        if kind == "]":
            self._target.command(text, terminator)
        elif kind == "P" and (found := _DEVICE.fullmatch(text)):
            self._target.device(found[1], found[2], found[3], found[4])
