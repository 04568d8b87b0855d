"""What a machine wrote, as text that steers no terminal; it may come in any pieces."""

from __future__ import annotations

import codecs
import re

from slshell.output.text import clean

LONGEST_ESCAPE = 4096
"""A sequence that is not ended by then was none."""
_SEQUENCE = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-OQ-WYZ\\`-~])"
)
_UNFINISHED = re.compile(r"(?:\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1b]*\x1b?|[ -/]*)|\r)\Z")


class Plain:
    """Drops escape sequences, and shows what else could steer a terminal as escapes; lines and tabs stay."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""

    def feed(self, data: bytes, *, last: bool = False) -> str:
        """The text of the next bytes, as far as it is certain; with `last` of all."""
        text = self._rest + self._decoder.decode(data, last)
        held = None if last else _UNFINISHED.search(text, max(0, len(text) - LONGEST_ESCAPE))
        self._rest = text[held.start() :] if held else ""
        text = _SEQUENCE.sub("", text[: held.start()] if held else text)
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        return "\n".join("\t".join(clean(part) for part in line.split("\t")) for line in lines)


def plain(data: bytes) -> str:
    """The whole of some output as harmless text."""
    return Plain().feed(data, last=True)
