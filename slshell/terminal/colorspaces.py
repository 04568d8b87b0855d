"""Colours that are given without regard to a device, as X11 writes and shows them.

The screen is the one that X11 takes for granted when it knows none: the matrix is its, and the intensities of
its channels were measured at an xterm, in 256ths of the whole, so a value may be off by one.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence

_TO_RGB = (
    (3.48340481253539, -1.52176374927285, -0.55923133354049),
    (-1.07152751306193, 1.96593795204372, 0.03673691339553),
    (0.06351179790497, -0.20020501000496, 0.81070942031648),
)
"""Red, green and blue of CIE's X, Y and Z, all linear."""

_WHITE = (0.9496644, 1.0, 1.4060403)
_SUM = _WHITE[0] + 15 * _WHITE[1] + 3 * _WHITE[2]
_WHITE_U, _WHITE_V = 4 * _WHITE[0] / _SUM, 9 * _WHITE[1] / _SUM

_BEST_RED_U, _BEST_RED_V = 0.7127, 0.4931
_CHROMA = 7.50725
"""Of TekHVC: where hue begins, and the scale of its chroma."""

_DARK = 7.99953624
"""Lightness below which light grows evenly with it."""

_CURVES = (
    ((1e-05, 9), (0.001, 11), (0.00143, 15), (0.00225, 20), (0.00317, 24), (0.00369, 26), (0.00534, 31),
     (0.00743, 36), (0.00895, 39), (0.01125, 43), (0.0125, 45), (0.01775, 52), (0.02025, 55),
     (0.02725, 62), (0.0295, 64), (0.03825, 71), (0.044, 75), (0.05325, 81), (0.064, 87), (0.078, 94),
     (0.09375, 101), (0.11675, 110), (0.14, 118), (0.16575, 126), (0.1945, 134), (0.22575, 142),
     (0.2645, 151), (0.312, 161), (0.364, 171), (0.421, 181), (0.4895, 192), (0.55675, 202), (0.644, 214),
     (0.7465, 227), (0.85725, 240), (0.986, 254), (0.9955, 255), (1, 255),),
    ((1e-05, 19), (0.00042, 20), (0.00095, 21), (0.00189, 25), (0.00346, 30), (0.00553, 35), (0.00816, 40),
     (0.0115, 45), (0.01375, 48), (0.01625, 51), (0.02325, 58), (0.0255, 60), (0.033, 66), (0.0435, 73),
     (0.05025, 77), (0.0655, 85), (0.07875, 91), (0.096, 98), (0.1095, 103), (0.13025, 110),
     (0.14625, 115), (0.17825, 124), (0.2095, 132), (0.2435, 140), (0.29, 150), (0.34625, 161),
     (0.40775, 172), (0.47375, 183), (0.5575, 196), (0.66125, 211), (0.8015, 230), (0.99625, 255),
     (1, 255),),
    ((1e-05, 14), (0.00142, 16), (0.00201, 20), (0.00308, 25), (0.00458, 30), (0.00657, 35), (0.0091, 40),
     (0.01225, 45), (0.0145, 48), (0.01875, 53), (0.02475, 59), (0.027, 61), (0.03325, 66), (0.039, 70),
     (0.045, 74), (0.05725, 81), (0.067, 86), (0.08725, 95), (0.10825, 103), (0.1255, 109), (0.151, 117),
     (0.1795, 125), (0.21075, 133), (0.24475, 141), (0.29125, 151), (0.34225, 161), (0.40325, 172),
     (0.4815, 185), (0.57325, 199), (0.67875, 214), (0.7985, 230), (0.964, 251), (0.996, 255), (1, 255),),
)  # fmt: skip
"""Intensities and what shows them, for red, green and blue; straight lines between."""

_ROUNDING = 0.06
_STEPS = 20
"""Halvings by which the strongest chroma that can be shown is found: finer than a 256th."""

Three = tuple[float, float, float]


def shown(intensities: Sequence[float]) -> int:
    """24 bits for linear red, green and blue, each 0 to 1."""
    red, green, blue = map(_level, intensities, _CURVES)
    return red << 16 | green << 8 | blue


def _level(intensity: float, curve: Sequence[tuple[float, int]]) -> int:
    if intensity <= 0:
        return 0
    place = min(max(bisect_right(curve, (intensity, 256)), 1), len(curve) - 1)
    (x, low), (end, high) = curve[place - 1 : place + 1]
    along = min(max((intensity - x) / (end - x), 0.0), 1.0)
    return min(int(low + (high - low) * along + _ROUNDING), 255)


def color(space: str, numbers: Three) -> int | None:
    """The 24 bits that show a colour of CIE's or Tektronix' spaces best; `None` if there is no such space."""
    convert = _SPACES.get(space)
    if convert is None:
        return None
    x, y, z = convert(*numbers)
    return _within_reach(x, y, z)


def _within_reach(x: float, y: float, z: float) -> int:
    """A colour that cannot be shown keeps its hue and lightness, and loses as much chroma as it must."""
    rgb = _linear(x, y, z)
    if _is_shown(rgb):
        return shown(rgb)
    if not 0 < y < 1:
        return 0xFFFFFF if y >= 1 else 0
    u, v = _chromaticity(x, y, z)
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        rgb = _linear(*_from_uv(_WHITE_U + (u - _WHITE_U) * middle, _WHITE_V + (v - _WHITE_V) * middle, y))
        low, high = (middle, high) if _is_shown(rgb) else (low, middle)
    rgb = _linear(*_from_uv(_WHITE_U + (u - _WHITE_U) * low, _WHITE_V + (v - _WHITE_V) * low, y))
    return shown(rgb)


def _linear(x: float, y: float, z: float) -> Three:
    red, green, blue = (row[0] * x + row[1] * y + row[2] * z for row in _TO_RGB)
    return red, green, blue


def _is_shown(rgb: Three) -> bool:
    return all(0 <= part <= 1 for part in rgb)


def _chromaticity(x: float, y: float, z: float) -> tuple[float, float]:
    total = x + 15 * y + 3 * z
    return (4 * x / total, 9 * y / total) if total else (_WHITE_U, _WHITE_V)


def _from_uv(u: float, v: float, y: float) -> Three:
    if v == 0:
        return y, y, y
    return 9 * u * y / (4 * v), y, (12 - 3 * u - 20 * v) * y / (4 * v)


def _from_xy(x: float, y: float, luminance: float) -> Three:
    if y == 0:
        return luminance, luminance, luminance
    return x * luminance / y, luminance, (1 - x - y) * luminance / y


def _light(lightness: float) -> float:
    return lightness / 903.29 if lightness < _DARK else ((lightness + 16) / 116) ** 3


def _from_luv(lightness: float, u: float, v: float) -> Three:
    if lightness == 0:
        return 0, 0, 0
    scale = 13 * lightness / 100
    return _from_uv(u / scale + _WHITE_U, v / scale + _WHITE_V, _light(lightness))


def _from_lab(lightness: float, a: float, b: float) -> Three:
    """As X11 does it: its scales are not CIE's."""
    middle = (lightness + 16) / 116
    light = middle**3
    if light < 0.008856:
        light = lightness / 9.03292
        return _WHITE[0] * (a / 3893.5 + light), light, _WHITE[2] * (light - b / 1557.4)
    return _WHITE[0] * (middle + a / 5) ** 3, light, _WHITE[2] * (middle - b / 2) ** 3


def _from_hvc(hue: float, value: float, chroma: float) -> Three:
    if value == 0:
        return 0, 0, 0
    offset = math.atan2(_BEST_RED_V - _WHITE_V, _BEST_RED_U - _WHITE_U)
    angle, radius = math.radians(hue) + offset, chroma / (value * _CHROMA)
    return _from_uv(_WHITE_U + radius * math.cos(angle), _WHITE_V + radius * math.sin(angle), _light(value))


_SPACES: dict[str, Callable[[float, float, float], Three]] = {
    "ciexyz": lambda x, y, z: (x, y, z),
    "cieuvy": _from_uv,
    "ciexyy": _from_xy,
    "cieluv": _from_luv,
    "cielab": _from_lab,
    "tekhvc": _from_hvc,
}
