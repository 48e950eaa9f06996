"""Bathroom and kitchen."""

from __future__ import annotations

from .look import Look
from .palette import CHARCOAL, STEEL, WHITE, apart, mix
from .rng import Dice
from .view import Wall

WATER = (150.0, 206.0, 222.0)
GLASS = (196.0, 218.0, 226.0)


def toilet(w: Wall, u0: float, u1: float, look: Look, dice: Dice) -> None:
    pen, u = w.pen, (u0 + u1) / 2
    pen.draws("toilet")
    white = look.on_wall(look.white, 24)
    w.box(u - 0.25, u + 0.25, 0.42, 0.86, 0.0, 0.2, white)
    w.box(u - 0.27, u + 0.27, 0.86, 0.91, 0.0, 0.22, white)
    w.box(u - 0.14, u + 0.14, 0.0, 0.3, 0.12, 0.52, white)
    w.box(u - 0.2, u + 0.2, 0.26, 0.4, 0.14, 0.62, white)
    if dice.chance(0.5):
        w.disc(u, 0.64, 0.2, 0.24, 0.215, pen.ink(white, 0.93))
    else:
        w.rect(u - 0.04, u + 0.04, 0.76, 0.8, 0.21, pen.ink(look.metal, 0.85))
    w.flat_disc(0.41, u, 0.4, 0.23, 0.27, pen.ink(white, 1.04))
    w.flat_disc(0.415, u, 0.41, 0.15, 0.18, pen.ink(white, 0.62))
    w.flat_disc(0.405, u, 0.42, 0.1, 0.12, pen.ink(WATER, 0.95))


def bathtub(w: Wall, u0: float, u1: float, look: Look, dice: Dice) -> None:
    pen, deep = w.pen, 0.78
    pen.draws("bathtub")
    white = look.on_wall(look.white, 22)
    outer = white if dice.chance(0.65) else look.on_wall(look.accent)
    high = dice.between(0.54, 0.62)
    w.box(u0, u1, 0.04, high, 0.02, deep, outer, 0, white)
    if pen.fine:
        w.rect(u0 + 0.08, u1 - 0.08, 0.12, high - 0.12, deep + 0.001, pen.ink(outer, 0.95))
    w.flat(high + 0.001, u0 + 0.08, u1 - 0.08, 0.1, deep - 0.08, pen.ink(white, 0.8))
    w.flat(high + 0.001, u0 + 0.11, u1 - 0.11, 0.2, deep - 0.1, pen.ink(WATER, 1.0))
    tap = pen.ink(look.on_wall(look.metal), 0.9)
    at = u0 + 0.3
    w.rect(at - 0.025, at + 0.025, high, high + 0.24, 0.08, tap)
    w.rect(at - 0.03, at + 0.17, high + 0.2, high + 0.25, 0.1, tap)
    kind = dice.random()
    if kind < 0.35:
        bottom, top = 0.12, 2.0
        tone = look.on_wall(dice.pick((look.second, look.cloth, look.white)), 24)
        pen.draws("curtain")
        from_left = dice.chance(0.5)
        a, b = (u0, u0 + 0.5) if from_left else (u1 - 0.5, u1)
        for k in range(5):
            c = a + (b - a) * k / 5
            w.rect(c, c + (b - a) / 5, bottom, top, deep - 0.02, pen.ink(tone, (1.0, 0.86)[k % 2]))
        pen.draws("")
        w.rect(u0, u1, top, top + 0.04, deep - 0.02, pen.ink(look.metal))
    elif kind < 0.6:
        pen.draws("")
        w.rect(u1 - 0.34, u1 - 0.3, high + 0.2, 1.95, 0.05, pen.ink(look.metal))
        w.disc(u1 - 0.32, 1.93, 0.13, 0.06, 0.12, pen.ink(look.metal, 0.85))


def sink(w: Wall, u0: float, u1: float, look: Look, dice: Dice) -> None:
    """A wash-basin: on a pedestal or in a cabinet."""
    pen, u = w.pen, (u0 + u1) / 2
    white = look.on_wall(look.white, 22)
    if u1 - u0 > 0.75 or dice.chance(0.4):
        pen.draws("cupboard")
        body = look.on_wall(dice.pick((look.wood, look.wood2, look.accent)), 26)
        w.box(u0, u1, 0.08, 0.74, 0.0, 0.48, body, 2)
        half = (u1 - u0) / 2
        for a in (u0, u0 + half):
            w.rect(a + 0.03, a + half - 0.03, 0.13, 0.68, 0.481, pen.ink(body, 0.88, 2))
            w.rect(a + half - 0.1, a + half - 0.06, 0.42, 0.56, 0.49, pen.ink(look.metal))
        pen.draws("sink")
        w.box(u0 - 0.03, u1 + 0.03, 0.74, 0.9, 0.0, 0.52, white)
    else:
        pen.draws("sink")
        w.box(u - 0.09, u + 0.09, 0.0, 0.72, 0.1, 0.28, white)
        w.box(u0, u1, 0.72, 0.9, 0.0, 0.5, white)
    pen.draws("sink")
    w.flat_disc(0.902, u, 0.29, (u1 - u0) * 0.36, 0.16, pen.ink(white, 0.74))
    w.flat_disc(0.9, u, 0.31, (u1 - u0) * 0.26, 0.1, pen.ink(WATER, 0.92))
    tap = pen.ink(look.on_wall(look.metal), 0.85)
    w.rect(u - 0.025, u + 0.025, 0.9, 1.12, 0.08, tap)
    w.rect(u - 0.035, u + 0.035, 1.08, 1.13, 0.2, tap)


def mirror(w: Wall, u0: float, u1: float, look: Look, dice: Dice, low: float = 1.15) -> None:
    pen, high = w.pen, dice.between(1.75, 2.0)
    pen.draws("mirror")
    frame = look.on_wall(dice.pick((look.wood, look.metal, look.dark, look.white)))
    glass = mix(GLASS, look.wall, 0.25)
    u, v = (u0 + u1) / 2, (low + high) / 2
    ru, rv = (u1 - u0) / 2, (high - low) / 2
    if dice.chance(0.4):
        ru = rv = min(ru * 1.05, rv)
        w.disc(u, v, ru, rv, 0.02, pen.ink(frame))
        w.disc(u, v, ru * 0.86, rv * 0.86, 0.02, pen.ink(glass))
        ru, rv = ru * 0.55, rv * 0.55
    else:
        w.box(u0, u1, low, high, 0.0, 0.03, frame)
        w.rect(u0 + 0.05, u1 - 0.05, low + 0.05, high - 0.05, 0.031, pen.ink(glass))
        ru, rv = ru - 0.06, rv - 0.06
    shine = pen.ink(glass, 1.14)
    for a, b in ((-0.8, -0.35), (-0.15, 0.05)):
        w.poly([(u + ru * a, v - rv), (u + ru * b, v - rv), (u + ru * (b + 0.75), v + rv),
                (u + ru * (a + 0.75), v + rv)], 0.032, shine)  # fmt: skip


def towel(w: Wall, u0: float, u1: float, look: Look, dice: Dice) -> None:
    pen = w.pen
    pen.draws("towel")
    tone = look.on_wall(dice.pick((look.accent, look.second, look.cloth)), 44)
    low, high = dice.between(0.7, 0.9), dice.between(1.3, 1.5)
    w.rect(u0 - 0.06, u1 + 0.06, high, high + 0.04, 0.06, pen.ink(look.metal, 0.8))
    w.rect(u0, u1, low, high + 0.03, 0.08, pen.ink(tone))
    w.rect(u0 + (u1 - u0) * 0.7, u1, low, high + 0.03, 0.08, pen.ink(tone, 0.86))
    for v in (low + 0.08, low + 0.18):
        w.rect(u0, u1, v, v + 0.05, 0.081, pen.ink(mix(tone, WHITE, 0.6)))


class Kitchenware:
    """Colours that a run of kitchen furniture shares."""

    def __init__(self, look: Look, dice: Dice) -> None:
        self.front = look.on_wall(dice.pick((look.white, look.wood, look.accent, look.second)), 30)
        self.top = apart(dice.pick((look.wood2, look.dark, (214.0, 210.0, 204.0))), self.front, 36)
        self.steel = dice.pick((STEEL, STEEL, WHITE, CHARCOAL, look.accent))
        self.handle = apart(look.metal, self.front, 30)


def _carcass(w: Wall, u0: float, u1: float, kit: Kitchenware) -> None:
    pen = w.pen
    w.box(u0, u1, 0.0, 0.1, 0.0, 0.5, mix(kit.front, CHARCOAL, 0.6))
    w.box(u0, u1, 0.1, 0.86, 0.0, 0.58, kit.front)
    w.box(u0 - 0.01, u1 + 0.01, 0.86, 0.91, 0.0, 0.62, kit.top)
    doors = max(1, round((u1 - u0) / 0.5))
    width = (u1 - u0) / doors
    for k in range(doors):
        a = u0 + k * width
        w.rect(a + 0.02, a + width - 0.02, 0.14, 0.82, 0.581, pen.ink(kit.front, 0.91))
        if pen.fine:
            w.rect(a + 0.06, a + width - 0.06, 0.18, 0.78, 0.582, pen.ink(kit.front, 0.98))
        w.rect(a + width * 0.3, a + width * 0.7, 0.75, 0.785, 0.6, pen.ink(kit.handle, 0.9))


def cupboard(w: Wall, u0: float, u1: float, look: Look, dice: Dice, kit: Kitchenware) -> None:
    """A base cupboard with worktop."""
    w.pen.draws("cupboard")
    _carcass(w, u0, u1, kit)
    if dice.chance(0.5):
        w.pen.draws("")
        u = u0 + (u1 - u0) * dice.between(0.3, 0.7)
        tone = dice.pick((look.accent, look.second, look.wood, look.white))
        w.box(u - 0.09, u + 0.09, 0.91, 1.13, 0.2, 0.36, look.on_wall(tone))
        w.box(u - 0.05, u + 0.05, 1.13, 1.17, 0.24, 0.32, look.dark)


def hanging_cupboard(w: Wall, u0: float, u1: float, look: Look, dice: Dice, kit) -> None:
    pen = w.pen
    pen.draws("cupboard")
    w.box(u0, u1, 1.45, 2.1, 0.0, 0.34, kit.front)
    doors = max(1, round((u1 - u0) / 0.5))
    width = (u1 - u0) / doors
    for k in range(doors):
        a = u0 + k * width
        w.rect(a + 0.02, a + width - 0.02, 1.48, 2.07, 0.341, pen.ink(kit.front, 0.91))
        if pen.fine:
            w.rect(a + 0.06, a + width - 0.06, 1.53, 2.02, 0.342, pen.ink(kit.front, 0.98))
        w.rect(a + width * 0.3, a + width * 0.7, 1.51, 1.54, 0.36, pen.ink(kit.handle, 0.9))


def kitchen_sink(w: Wall, u0: float, u1: float, look: Look, dice: Dice, kit) -> None:
    pen, u = w.pen, (u0 + u1) / 2
    pen.draws("cupboard")
    _carcass(w, u0, u1, kit)
    pen.draws("sink")
    tone = apart(dice.pick((WHITE, STEEL)), kit.front, 22)
    w.box(u0 + 0.06, u1 - 0.06, 0.56, 0.92, 0.06, 0.63, tone)
    w.flat(0.921, u0 + 0.12, u1 - 0.12, 0.14, 0.56, pen.ink(tone, 0.62))
    tap = pen.ink(look.on_wall(look.metal), 0.85)
    w.rect(u - 0.025, u + 0.025, 0.92, 1.3, 0.08, tap)
    w.rect(u - 0.025, u + 0.16, 1.26, 1.31, 0.12, tap)
    w.rect(u + 0.12, u + 0.16, 1.18, 1.3, 0.12, tap)


def stove(w: Wall, u0: float, u1: float, look: Look, dice: Dice, kit) -> None:
    pen = w.pen
    pen.draws("stove")
    body = look.on_wall(kit.steel, 26)
    w.box(u0, u1, 0.04, 0.9, 0.0, 0.62, body, 0, CHARCOAL)
    dark = pen.ink(CHARCOAL, 0.8)
    w.rect(u0 + 0.06, u1 - 0.06, 0.16, 0.6, 0.621, pen.ink(body, 0.8))
    w.rect(u0 + 0.12, u1 - 0.12, 0.22, 0.5, 0.622, dark)
    if dice.chance(0.35):
        w.rect(u0 + 0.15, u1 - 0.15, 0.25, 0.36, 0.623, pen.ink((240.0, 150.0, 60.0)))
    w.rect(u0 + 0.1, u1 - 0.1, 0.55, 0.59, 0.66, pen.ink(look.metal, 1.1))
    for k in range(4):
        u = u0 + (u1 - u0) * (0.2 + 0.2 * k)
        w.disc(u, 0.74, 0.04, 0.04, 0.625, pen.ink(apart(CHARCOAL, body, 40)))
    for u in (0.27, 0.73):
        for d in (0.17, 0.45):
            w.flat_disc(0.905, u0 + (u1 - u0) * u, d, 0.1, 0.08, pen.ink(STEEL, 0.75))
    if dice.chance(0.6):
        u = u0 + (u1 - u0) * dice.pick((0.27, 0.73))
        pot = look.on_wall(dice.pick((look.accent, STEEL, look.second)))
        pen.draws("")
        w.box(u - 0.12, u + 0.12, 0.91, 1.07, 0.1, 0.3, pot)
        w.rect(u - 0.17, u + 0.17, 1.0, 1.03, 0.2, pen.ink(pot, 0.7))
    if dice.chance(0.65):
        pen.draws("")
        hood = look.on_wall(STEEL, 24)
        w.poly([(u0, 1.5), (u1, 1.5), (u1 - 0.16, 1.72), (u0 + 0.16, 1.72)], 0.3, pen.ink(hood))
        w.box(u0 + 0.18, u1 - 0.18, 1.72, w.height, 0.0, 0.25, hood)


def fridge(w: Wall, u0: float, u1: float, look: Look, dice: Dice, kit=None) -> None:
    pen = w.pen
    pen.draws("fridge")
    steel = kit.steel if kit else dice.pick((WHITE, STEEL))
    body = look.on_wall(steel if light_enough(steel) else STEEL, 26)
    tall = dice.between(1.7, 1.95)
    cut = tall * dice.pick((0.36, 0.64))
    w.box(u0, u1, 0.05, tall, 0.0, 0.64, body)
    w.rect(u0, u1, cut - 0.015, cut + 0.015, 0.641, pen.ink(body, 0.55))
    grip = pen.ink(apart(CHARCOAL, body, 50), 1.0)
    u = u0 + 0.08 if dice.chance(0.5) else u1 - 0.08
    w.rect(u - 0.02, u + 0.02, cut + 0.08, min(cut + 0.5, tall - 0.06), 0.66, grip)
    w.rect(u - 0.02, u + 0.02, max(cut - 0.5, 0.12), cut - 0.08, 0.66, grip)
    if dice.chance(0.4):
        notes = ((240.0, 208.0, 80.0), (232.0, 110.0, 96.0), (110.0, 170.0, 216.0))
        for k, note in enumerate(notes):
            a = u0 + (u1 - u0) * (0.3 + 0.17 * k)
            v = 1.2 + 0.1 * (k % 2)
            w.rect(a, a + 0.09, v, v + 0.1, 0.645, pen.ink(note))


def light_enough(colour) -> bool:
    return colour[0] + colour[1] + colour[2] > 330


def small_fridge(w: Wall, u0: float, u1: float, look: Look, dice: Dice) -> None:
    """A fridge of table height."""
    pen = w.pen
    pen.draws("fridge")
    body = look.on_wall(dice.pick((WHITE, STEEL)), 26)
    w.box(u0, u1, 0.03, 0.88, 0.0, 0.55, body)
    w.rect(u0, u1, 0.64, 0.665, 0.551, pen.ink(body, 0.55))
    grip = pen.ink(apart(CHARCOAL, body, 50))
    w.rect(u1 - 0.11, u1 - 0.07, 0.7, 0.82, 0.57, grip)
    w.rect(u1 - 0.11, u1 - 0.07, 0.4, 0.6, 0.57, grip)
