"""How well colours can be told apart: WCAG contrast, and what colour-blind eyes see."""

from __future__ import annotations

import math

from textual.color import Color

# Severe deficiency after Machado, Oliveira and Fernandes (2009), in linear RGB.
BLINDNESS = {
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216),
                   (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413),
                     (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602),
                   (0.004733, 0.691367, 0.303900)),
}  # fmt: skip


def linear(color: Color) -> tuple[float, float, float]:
    """Red, green and blue as amounts of light."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in color.normalized
    )
    return red, green, blue


def ratio(first: Color, second: Color) -> float:
    """WCAG 2 contrast, 1 to 21."""
    weights = (0.2126, 0.7152, 0.0722)
    lights = sorted(
        sum(weight * part for weight, part in zip(weights, linear(each), strict=True))
        for each in (first, second)
    )
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def seen(color: Color, blindness: str) -> tuple[float, float, float]:
    """A colour as such eyes see it, in CIE Lab."""
    light = linear(color)
    red, green, blue = (
        min(1.0, max(0.0, sum(a * b for a, b in zip(row, light, strict=True))))
        for row in BLINDNESS[blindness]
    )
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089
    fx, fy, fz = (part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116 for part in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def difference(first: Color, second: Color, blindness: str) -> float:
    """How far two colours are apart for such eyes (CIE76); 2.3 is just noticeable."""
    pairs = zip(seen(first, blindness), seen(second, blindness), strict=True)
    return math.sqrt(sum((a - b) ** 2 for a, b in pairs))
