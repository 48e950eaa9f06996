"""Colours of a picture: related hues, woods, fabrics, metals, and a check of contrast."""

from __future__ import annotations

from .rng import Dice

Colour = tuple[float, float, float]

WHITE: Colour = (244.0, 243.0, 238.0)
CHARCOAL: Colour = (52.0, 54.0, 60.0)
STEEL: Colour = (178.0, 184.0, 190.0)
GOLD: Colour = (214.0, 172.0, 92.0)
SOIL: Colour = (92.0, 66.0, 48.0)


def hsv(hue: float, saturation: float, value: float) -> Colour:
    """Colour of 0..255 from hue (turns), saturation and value (0..1)."""
    h = (hue % 1.0) * 6.0
    k = int(h)
    f = h - k
    v = value * 255.0
    p, q, t = v * (1 - saturation), v * (1 - saturation * f), v * (1 - saturation * (1 - f))
    return ((v, t, p), (q, v, p), (p, v, t), (p, q, v), (t, p, v), (v, p, q))[k]


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """``share`` of ``b`` in ``a``."""
    return (
        a[0] + (b[0] - a[0]) * share,
        a[1] + (b[1] - a[1]) * share,
        a[2] + (b[2] - a[2]) * share,
    )


def light_of(c: Colour) -> float:
    """Perceived lightness, 0..255."""
    return 0.3 * c[0] + 0.59 * c[1] + 0.11 * c[2]


def apart(colour: Colour, ground: Colour, least: float = 38.0) -> Colour:
    """``colour``, made lighter or darker until it stands out from ``ground``."""
    gap = light_of(colour) - light_of(ground)
    distance = abs(colour[0] - ground[0]) + abs(colour[1] - ground[1]) + abs(colour[2] - ground[2])
    if abs(gap) >= least or distance > 3.2 * least:
        return colour
    wanted = light_of(ground) + (least if gap > 0 else -least)
    if wanted > 242:
        wanted = light_of(ground) - least
    if wanted < 30:
        wanted = light_of(ground) + least
    now = light_of(colour)
    if wanted < now:
        k = wanted / now
        return (colour[0] * k, colour[1] * k, colour[2] * k)
    return mix(colour, (255.0, 255.0, 255.0), (wanted - now) / (255.0 - now))


def wood(dice: Dice) -> Colour:
    """Pale birch to dark walnut."""
    return hsv(dice.between(0.055, 0.1), dice.between(0.3, 0.62), dice.between(0.36, 0.86))


def fabric(dice: Dice, hue: float | None = None) -> Colour:
    """Cloth: muted to strong, any hue."""
    hue = dice.random() if hue is None else hue + dice.between(-0.06, 0.06)
    calm = 0.72 if 0.15 < hue % 1.0 < 0.45 else 1.0  # green and lime turn shrill first
    return hsv(hue, dice.between(0.16, 0.64) * calm, dice.between(0.42, 0.9))


def leaf(dice: Dice) -> Colour:
    """Greens from olive to blue-green."""
    return hsv(dice.between(0.22, 0.42), dice.between(0.38, 0.7), dice.between(0.36, 0.7))
