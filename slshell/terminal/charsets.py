"""Character sets that programs may designate as G0 to G3 and shift into use."""

from __future__ import annotations

_GRAPHICS = dict(
    zip(
        range(0x5F, 0x7F),
        " ◆▒␉␌␍␊°±␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·",
        strict=True,
    )
)
_TECHNICAL = dict(
    zip(
        range(0x21, 0x7F),
        "⎷┌─⌠⌡│⎡⎣⎤⎦⎛⎝⎞⎠⎨⎬�����������≤≠≥∫∴∝∞÷Δ∇ΦΓ∼≃Θ×Λ⇔⇒≡ΠΨ�Σ��√ΩΞΥ⊂⊃∩∪∧∨¬αβχδεφγηιθκλ�ν∂πψρστ�ƒωξυζ←↑→↓",
        strict=True,
    )
)
_SUPPLEMENTAL = {code: chr(code + 0x80) for code in range(0x21, 0x7F)} | {
    0x57: "Œ", 0x77: "œ", 0x5D: "Ÿ", 0x7D: "ÿ", 0x28: "¤",
}  # fmt: skip


def _national(places: str, characters: str) -> dict[int, str]:
    return dict(zip(map(ord, places), characters, strict=True))


_PLACES = "#@[\\]^_`{|}~"
_FRENCH = _national("#@[\\]{|}~", "£à°ç§éùè¨")
_FRENCH_CANADIAN = _national("@[\\]^`{|}~", "àâçêîôéùèû")
_FINNISH = _national("[\\]^`{|}~", "ÄÖÅÜéäöåü")
_NORWEGIAN = _national("@[\\]^`{|}~", "ÄÆØÅÜäæøåü")
_SWEDISH = _national("@[\\]^`{|}~", "ÉÄÖÅÜéäöåü")

SETS: dict[str, dict[int, str] | None] = {
    "B": None,
    "0": _GRAPHICS,
    "2": _GRAPHICS,
    "1": None,
    "A": _national("#", "£"),
    "<": _SUPPLEMENTAL,
    "%5": _SUPPLEMENTAL,
    ">": _TECHNICAL,
}
"""By the final characters of the designating sequence; `None` is ASCII."""

NATIONAL: dict[str, dict[int, str]] = {
    "4": _national("#@[\\]{|}~", "£¾ÿ½|¨ƒ¼´"),
    "5": _FINNISH, "C": _FINNISH, "R": _FRENCH, "f": _FRENCH, "9": _FRENCH_CANADIAN, "Q": _FRENCH_CANADIAN,
    "K": _national("@[\\]{|}~", "§ÄÖÜäöüß"),
    "Y": _national("#@[\\]`{|}~", "£§°çéùàòèì"),
    "`": _NORWEGIAN, "E": _NORWEGIAN, "6": _NORWEGIAN,
    "%6": _national("[\\]{|}", "ÃÇÕãçõ"),
    "Z": _national("#@[\\]{|}", "£§¡Ñ¿°ñç"),
    "7": _SWEDISH, "H": _SWEDISH,
    "=": _national(_PLACES, "ùàéçêîèôäöüû"),
}  # fmt: skip
"""Sets that replace some ASCII characters; only in use while national replacement is on."""

UPPER: dict[str, dict[int, str]] = {"A": {code: chr(code + 0x80) for code in range(0x20, 0x80)}}
"""Sets of 96 characters; the one here is the right half of Latin-1."""


class Charsets:
    """What G0 to G3 hold, which two are in use, and the translation that follows from it."""

    def __init__(self) -> None:
        self.national = False
        self.sets = ["B", "B", "B", "B"]
        self.left = 0
        self.right = 2
        self.single: int | None = None
        """The set for the next character alone."""

    def copy(self) -> Charsets:
        """The same state, to be kept with a saved cursor."""
        made = Charsets()
        made.national, made.sets, made.left, made.right = (
            self.national,
            list(self.sets),
            self.left,
            self.right,
        )
        return made

    def designate(self, place: int, name: str, upper: bool = False) -> None:
        """Let G0 to G3 hold a set; unknown ones are ASCII."""
        key = f"96{name}" if upper else name
        known = name in UPPER if upper else name in SETS or name in NATIONAL
        self.sets[place] = key if known else "B"

    def table(self, place: int) -> dict[int, str] | None:
        """What `str.translate` needs for the codes 0x20 to 0x7F of a set; `None` for ASCII."""
        name = self.sets[place]
        if name.startswith("96"):
            return UPPER[name[2:]]
        if name in NATIONAL:
            return NATIONAL[name] if self.national else None
        return SETS[name]

    def upper_table(self) -> dict[int, str] | None:
        """The same for the codes 0xA0 to 0xFF, when bytes are not UTF-8; `None` for Latin-1."""
        table = self.table(self.right)
        return None if table is None else {code + 0x80: text for code, text in table.items()}
