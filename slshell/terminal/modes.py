"""The modes that programs set and reset, what they mean when drawing, and what is answered about them."""

from __future__ import annotations

_ANSI_OFF = (2, 4, 20)
_ANSI_ON = (12,)
_ANSI_NEVER = (1, 5, 7, 10, 11, 13, 14, 15, 16, 17, 18, 19)
_DEC_ON = (7, 25, 35, 1007, 1010, 1036)
_DEC_OFF = (
    1, 3, 4, 5, 6, 9, 12, 18, 19, 30, 38, 40, 41, 42, 44, 45, 47, 66, 67, 69, 95, 1000, 1002, 1003, 1004,
    1005, 1006, 1011, 1015, 1034, 1035, 1037, 1039, 1040, 1041, 1042, 1043, 1045, 1047, 1048, 1049, 1050,
    1051, 1052, 1053, 1060, 1061, 2004, 2026,
)  # fmt: skip
_DEC_ALWAYS = (2,)
_DEC_NEVER = (8, 1001)

MOUSE = (9, 1000, 1002, 1003)
"""What the mouse reports: presses, presses and releases, also drags, also motion; one at a time."""

MOUSE_ENCODINGS = (1005, 1006, 1015)
ALTERNATE = (47, 1047, 1049)
SAVED_LIMIT = 256

SET, RESET, ALWAYS, NEVER, UNKNOWN = 1, 2, 3, 4, 0


class Modes:
    """All modes by their numbers, and names for those that the drawing side and the keys ask about."""

    def __init__(self) -> None:
        self.ansi = dict.fromkeys(_ANSI_OFF, False) | dict.fromkeys(_ANSI_ON, True)
        self.dec = dict.fromkeys(_DEC_OFF, False) | dict.fromkeys(_DEC_ON, True)
        self.saved: dict[int, bool] = {}
        self.modify_other_keys = 0

    def ansi_state(self, number: int) -> int:
        """What DECRQM answers about an ANSI mode."""
        if number in self.ansi:
            return SET if self.ansi[number] else RESET
        return NEVER if number in _ANSI_NEVER else UNKNOWN

    def dec_state(self, number: int) -> int:
        """What DECRQM answers about a private mode."""
        if number in self.dec:
            return SET if self.dec[number] else RESET
        if number in _DEC_ALWAYS:
            return ALWAYS
        return NEVER if number in _DEC_NEVER else UNKNOWN

    def set_dec(self, number: int, on: bool) -> None:
        """Remember a private mode; of the mouse's modes and encodings the last one set holds."""
        for group in (MOUSE, MOUSE_ENCODINGS):
            if number in group:
                self.dec.update(dict.fromkeys(group, False))
        if number in self.dec:
            self.dec[number] = on

    @property
    def application_cursor(self) -> bool:
        """Arrow keys send SS3 (DECCKM)."""
        return self.dec[1]

    @property
    def application_keypad(self) -> bool:
        """The numeric keypad sends SS3 (DECNKM)."""
        return self.dec[66]

    @property
    def reverse_video(self) -> bool:
        """Foreground and background of the whole screen are exchanged (DECSCNM)."""
        return self.dec[5]

    @property
    def origin(self) -> bool:
        """Positions count from the margins (DECOM)."""
        return self.dec[6]

    @property
    def autowrap(self) -> bool:
        """Text goes on in the next row (DECAWM)."""
        return self.dec[7]

    @property
    def backspace_sends_bs(self) -> bool:
        """The backspace key sends BS instead of DEL (DECBKM)."""
        return self.dec[67]

    @property
    def cursor_visible(self) -> bool:
        """The cursor is to be drawn (DECTCEM)."""
        return self.dec[25]

    @property
    def margins(self) -> bool:
        """Left and right margins may be set (DECLRMM)."""
        return self.dec[69]

    @property
    def insert(self) -> bool:
        """Text moves what it meets to the right (IRM)."""
        return self.ansi[4]

    @property
    def linefeed_returns(self) -> bool:
        """A line feed is also a carriage return, and the return key sends both (LNM)."""
        return self.ansi[20]

    @property
    def mouse(self) -> int:
        """0, or the one of `MOUSE` that is on."""
        return next((number for number in MOUSE if self.dec[number]), 0)

    @property
    def mouse_encoding(self) -> int:
        """0 for the old encoding, or the one of `MOUSE_ENCODINGS` that is on."""
        return next((number for number in MOUSE_ENCODINGS if self.dec[number]), 0)

    @property
    def focus(self) -> bool:
        """Focus coming and going is reported."""
        return self.dec[1004]

    @property
    def bracketed_paste(self) -> bool:
        """Pasted text is marked."""
        return self.dec[2004]

    @property
    def synchronised(self) -> bool:
        """A picture is being built, not to be drawn yet; the drawing side should not wait for ever."""
        return self.dec[2026]

    @property
    def alternate(self) -> bool:
        """The alternate screen is shown."""
        return any(self.dec[number] for number in ALTERNATE)
