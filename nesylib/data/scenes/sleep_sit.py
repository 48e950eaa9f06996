"""Beds, seats, tables and what stands on them."""

from __future__ import annotations

from .look import Look
from .palette import CHARCOAL, WHITE, apart, mix
from .rng import Dice
from .view import Wall


def bed(w: Wall, u0: float, u1: float, look: Look, dice: Dice) -> None:
    pen, length = w.pen, dice.between(1.75, 2.05)
    cover = apart(dice.pick((look.accent, look.second, look.cloth)), look.white, 30)
    frame = look.wood
    head = dice.between(0.75, 1.15)
    fold = dice.between(0.55, 0.95)
    pen.draws("bed")
    style = dice.below(3)
    board = frame if style < 2 else mix(cover, CHARCOAL, 0.25)
    w.box(u0 - 0.05, u1 + 0.05, 0.0, head, 0.0, 0.08, board, 2 if style < 2 else 0)
    if style == 2 and pen.fine:
        for k in range(1, 4):
            u = u0 + (u1 - u0) * k / 4
            w.rect(u - 0.01, u + 0.01, 0.5, head - 0.03, 0.085, pen.ink(board, 0.85))
    w.box(u0, u1, 0.08, 0.3, 0.08, length, frame, 2)
    sheet = look.white
    w.box(u0 + 0.02, u1 - 0.02, 0.3, 0.5, 0.08, length - 0.02, sheet)
    pillow_colour = apart(dice.pick((look.white, look.second, look.white)), board, 26)
    count = 1 if u1 - u0 < 1.25 else 2
    _pillows(w, u0, u1, count, 0.5, pillow_colour, dice)
    pen.draws("bed")
    w.box(u0 - 0.02, u1 + 0.02, 0.26, 0.55, fold, length, cover)
    top = pen.ink(mix(cover, WHITE, 0.55), 1.08)
    w.flat(0.552, u0 - 0.02, u1 + 0.02, fold, fold + 0.22, top)
    pattern = dice.below(4)
    band = pen.ink(mix(cover, look.white, 0.45), 1.05)
    if pattern == 0:
        for k in range(3):
            d = fold + 0.42 + 0.3 * k
            if d + 0.12 < length:
                w.flat(0.553, u0 - 0.02, u1 + 0.02, d, d + 0.12, band)
    elif pattern == 1:
        steps = 4
        for k in range(steps):
            u = u0 + (u1 - u0) * (k + 0.3) / steps
            w.flat(0.553, u, u + (u1 - u0) / steps * 0.4, fold + 0.22, length, band)
    elif pattern == 2:
        runner = pen.ink(apart(look.second, cover, 30), 1.05)
        w.flat(0.553, u0 - 0.02, u1 + 0.02, length - 0.5, length - 0.1, runner)


def _pillows(w: Wall, u0, u1, count, v, colour, dice: Dice) -> None:
    pen = w.pen
    pen.draws("pillow")
    width = (u1 - u0) / count
    tall, lean = dice.between(0.3, 0.42), dice.between(0.1, 0.2)
    for u in w.far_first([u0 + width * k for k in range(count)]):
        a, b = u + 0.08 * width, u + 0.92 * width
        w.box(a, b, v, v + tall, 0.1, 0.1 + lean, colour)
        w.flat(v + 0.02, a, b, 0.1 + lean, 0.5, pen.ink(colour, 0.97))
        if pen.fine:
            d = 0.1 + lean
            w.rect(a + 0.04, b - 0.04, v + 0.04, v + tall - 0.04, d, pen.ink(colour, 1.05))
            w.rect(a + 0.06, b - 0.04, v + 0.04, v + 0.06, d, pen.ink(colour, 0.86))


def nightstand(w: Wall, u0: float, u1: float, look: Look, dice: Dice) -> None:
    pen = w.pen
    pen.draws("nightstand")
    colour = dice.pick((look.wood, look.wood2, look.white))
    colour = look.on_wall(colour)
    w.box(u0, u1, 0.12, 0.56, 0.02, 0.42, colour, 2)
    for u in (u0 + 0.03, u1 - 0.03):
        w.post(u, 0.4, 0.0, 0.12, 0.04, pen.ink(colour, 0.6))
    for v in (0.16, 0.37):
        w.rect(u0 + 0.03, u1 - 0.03, v, v + 0.16, 0.421, pen.ink(colour, 0.86))
        w.disc((u0 + u1) / 2, v + 0.08, 0.025, 0.025, 0.43, pen.ink(look.metal))
    if dice.chance(0.75):
        table_lamp(w, (u0 + u1) / 2, 0.22, 0.56, look, dice)


def table_lamp(w: Wall, u: float, d: float, v: float, look: Look, dice: Dice) -> None:
    pen = w.pen
    pen.draws("lamp")
    tall = dice.between(0.46, 0.6)
    base = look.on_wall(dice.pick((look.metal, look.second, look.dark, look.wood)))
    shade = look.on_wall((252.0, 232.0, 184.0) if look.lamp_on else (236.0, 226.0, 206.0), 22)
    w.box(u - 0.08, u + 0.08, v, v + 0.04, d - 0.07, d + 0.07, base)
    w.disc(u, v + 0.12, 0.07, 0.1, d, pen.ink(base))
    w.post(u, d, v + 0.15, v + tall * 0.6, 0.03, pen.ink(base, 0.8))
    a, b = 0.21, 0.13
    low, high = v + tall * 0.5, v + tall
    w.poly([(u - a, low), (u + a, low), (u + b, high), (u - b, high)], d, pen.ink(shade))
    w.poly([(u + a * 0.3, low), (u + a, low), (u + b, high), (u + b * 0.3, high)], d,
           pen.ink(shade, 0.9))  # fmt: skip
    if look.lamp_on:
        x, y = w.at(u, low + 0.1, d)
        pen.glow(x, y, 0.2, 0.42, (1.0, 0.8, 0.5))


def lamp(w: Wall, u0: float, u1: float, look: Look, dice: Dice) -> None:
    """A floor lamp."""
    pen, u, d = w.pen, (u0 + u1) / 2, 0.28
    pen.draws("lamp")
    tall = dice.between(1.45, 1.75)
    base = look.on_wall(dice.pick((look.dark, look.metal, look.wood)))
    shade = look.on_wall((252.0, 232.0, 184.0) if look.lamp_on else (236.0, 222.0, 196.0), 22)
    w.flat_disc(0.02, u, d, 0.16, 0.16, pen.ink(base, 0.8))
    w.post(u, d, 0.0, tall - 0.2, 0.045, pen.ink(base))
    a, b = 0.27, 0.16
    w.poly([(u - a, tall - 0.4), (u + a, tall - 0.4), (u + b, tall), (u - b, tall)], d,
           pen.ink(shade))  # fmt: skip
    w.poly([(u + 0.4 * a, tall - 0.4), (u + a, tall - 0.4), (u + b, tall), (u + 0.4 * b, tall)],
           d, pen.ink(shade, 0.9))  # fmt: skip
    if look.lamp_on:
        x, y = w.at(u, tall - 0.25, d)
        pen.glow(x, y, 0.26, 0.4, (1.0, 0.82, 0.55))


def wardrobe(w: Wall, u0: float, u1: float, look: Look, dice: Dice) -> None:
    pen = w.pen
    pen.draws("wardrobe")
    colour = look.on_wall(dice.pick((look.wood, look.white, look.wood2)))
    tall = dice.between(1.95, 2.2)
    w.box(u0, u1, 0.06, tall, 0.0, 0.58, colour, 5)
    doors = 2 if u1 - u0 < 1.3 else 3
    width = (u1 - u0) / doors
    for k in range(doors):
        a = u0 + k * width
        w.rect(a + 0.03, a + width - 0.03, 0.14, tall - 0.08, 0.581, pen.ink(colour, 0.9, 5))
        if pen.fine:
            w.rect(a + 0.07, a + width - 0.07, 0.2, tall - 0.14, 0.582, pen.ink(colour, 0.96, 5))
        knob = a + width - 0.08 if k == 0 else a + 0.08
        w.rect(knob - 0.015, knob + 0.015, 1.0, 1.2, 0.59, pen.ink(look.metal, 0.9))


def sofa(w: Wall, u0: float, u1: float, look: Look, dice: Dice) -> None:
    pen, deep = w.pen, 0.9
    pen.draws("sofa")
    colour = apart(dice.pick((look.accent, look.second, look.cloth)), look.wall, 34)
    arm = dice.between(0.14, 0.22)
    back = dice.between(0.78, 0.95)
    for u in (u0 + 0.06, u1 - 0.06):
        w.post(u, deep - 0.05, 0.0, 0.12, 0.05, pen.ink(look.dark))
    w.box(u0 + arm, u1 - arm, 0.1, back, 0.0, 0.24, colour)
    w.box(u0 + arm, u1 - arm, 0.1, 0.3, 0.2, deep - 0.04, colour)
    count = 2 if u1 - u0 < 1.9 else 3
    width = (u1 - u0 - 2 * arm) / count
    seats = w.far_first([u0 + arm + k * width for k in range(count)])
    arms = w.far_first([u0, u1 - arm])
    w.box(arms[0], arms[0] + arm, 0.1, 0.6, 0.05, deep, colour)
    for u in seats:
        w.box(u + 0.01, u + width - 0.01, 0.46, back - 0.04, 0.22, 0.36, mix(colour, WHITE, 0.07))
        w.box(u + 0.01, u + width - 0.01, 0.3, 0.46, 0.24, deep, mix(colour, WHITE, 0.04))
    if dice.chance(0.55):
        pen.draws("pillow")
        tone = apart(dice.pick((look.second, look.white, look.cloth, look.wood)), colour, 44)
        spots = [u0 + arm + 0.04, u1 - arm - 0.46]
        for u in w.far_first(spots if dice.chance(0.6) else spots[:1]):
            w.box(u, u + 0.42, 0.46, 0.84, 0.36, 0.48, tone)
            if pen.fine:
                w.rect(u + 0.05, u + 0.37, 0.62, 0.68, 0.485, pen.ink(tone, 0.85))
        pen.draws("sofa")
    w.box(arms[1], arms[1] + arm, 0.1, 0.6, 0.05, deep, colour)


def chair(w: Wall, u0: float, u1: float, look: Look, dice: Dice, colour=None, away=False) -> None:
    """A chair; ``away`` turns its back to the room."""
    pen = w.pen
    pen.draws("chair")
    colour = colour or look.on_wall(dice.pick((look.wood, look.accent, look.dark)))
    legs = pen.ink(colour, 0.6)
    back = 0.42 if away else 0.0
    for u in w.far_first([u0 + 0.03, u1 - 0.03]):
        w.post(u, 0.05, 0.0, 0.45, 0.045, legs)
    if not away:
        w.box(u0, u1, 0.55, 0.95, back, back + 0.05, colour)
        for u in (u0 + 0.03, u1 - 0.03):
            w.post(u, 0.03, 0.45, 0.6, 0.045, pen.ink(colour, 0.8))
    w.box(u0, u1, 0.42, 0.48, 0.02, 0.46, mix(colour, WHITE, 0.12))
    for u in w.far_first([u0 + 0.03, u1 - 0.03]):
        w.post(u, 0.45, 0.0, 0.43, 0.045, legs)
    if away:
        for u in (u0 + 0.03, u1 - 0.03):
            w.post(u, 0.46, 0.45, 0.6, 0.045, pen.ink(colour, 0.8))
        w.box(u0, u1, 0.56, 0.95, back, back + 0.05, colour)
        if pen.fine:
            w.rect(u0 + 0.05, u1 - 0.05, 0.72, 0.76, back + 0.051, pen.ink(colour, 0.75))


def coffee_table(w: Wall, u0: float, u1: float, look: Look, dice: Dice) -> None:
    pen = w.pen
    pen.draws("table")
    colour = apart(look.wood2, look.floor, 34)
    for d in (0.05, 0.5):
        for u in w.far_first([u0 + 0.06, u1 - 0.06]):
            w.post(u, d, 0.0, 0.38, 0.05, pen.ink(colour, 0.6))
    w.box(u0, u1, 0.36, 0.43, 0.0, 0.56, colour, 2)
    if dice.chance(0.5):
        pen.draws("")
        w.box(u0 + 0.2, u0 + 0.45, 0.43, 0.47, 0.15, 0.35, look.accent)
        w.box(u0 + 0.22, u0 + 0.43, 0.47, 0.5, 0.17, 0.33, look.second)


def big_table(
    w: Wall, u0: float, u1: float, deep: float, look: Look, dice: Dice, laid: bool
) -> None:
    """A dining or meeting table; ``laid`` puts plates and a vase on it."""
    pen = w.pen
    pen.draws("table")
    colour = apart(look.wood2, look.floor, 34)
    cloth = laid and dice.chance(0.3)
    leg = pen.ink(colour, 0.58)
    for d in (0.08, deep - 0.08):
        for u in w.far_first([u0 + 0.09, u1 - 0.09]):
            w.post(u, d, 0.0, 0.7, 0.08, leg)
    if cloth:
        w.box(u0, u1, 0.5, 0.76, 0.0, deep, apart(look.white, look.floor, 30))
        band = pen.ink(look.accent, 1.05)
        w.flat(0.761, u0 + (u1 - u0) * 0.4, u0 + (u1 - u0) * 0.6, 0.0, deep, band)
    else:
        w.box(u0, u1, 0.69, 0.76, 0.0, deep, colour, 2)
    pen.draws("")
    if laid:
        plate = pen.ink(apart(look.white, colour, 30))
        for u in (0.2, 0.5, 0.8):
            for d in (0.22, deep - 0.22):
                w.flat_disc(0.765, u0 + (u1 - u0) * u, d, 0.13, 0.12, plate)
                if pen.fine:
                    w.flat_disc(0.767, u0 + (u1 - u0) * u, d, 0.08, 0.07, pen.ink(look.white, 0.88))
        if dice.chance(0.6):
            bowl = look.second
            mid = (u0 + u1) / 2
            w.box(mid - 0.06, mid + 0.06, 0.76, 0.98, deep / 2 - 0.06, deep / 2 + 0.06, bowl)
            for k, c in enumerate((look.accent, look.leaf, look.cloth)):
                w.disc(
                    mid - 0.09 + 0.09 * k, 1.06 + 0.04 * (k == 1), 0.08, 0.08, deep / 2, pen.ink(c)
                )
    else:
        for u in (0.18, 0.5, 0.82):
            sheet = pen.ink(WHITE, 0.98)
            a = u0 + (u1 - u0) * u
            w.flat(0.765, a - 0.13, a + 0.13, deep - 0.42, deep - 0.1, sheet)


def desk(w: Wall, u0: float, u1: float, look: Look, dice: Dice) -> None:
    pen, deep = w.pen, 0.66
    pen.draws("desk")
    colour = look.on_wall(dice.pick((look.wood, look.wood2, look.white)), 28)
    w.box(u0, u0 + 0.05, 0.0, 0.71, 0.02, deep - 0.04, colour, 2)
    drawers = dice.chance(0.7)
    if drawers:
        w.box(u1 - 0.42, u1, 0.08, 0.71, 0.02, deep - 0.04, colour, 2)
        for v in (0.12, 0.31, 0.5):
            w.rect(u1 - 0.39, u1 - 0.03, v, v + 0.16, deep - 0.039, pen.ink(colour, 0.85))
            w.rect(u1 - 0.26, u1 - 0.16, v + 0.07, v + 0.1, deep - 0.03, pen.ink(look.metal, 0.8))
    else:
        w.box(u1 - 0.05, u1, 0.0, 0.71, 0.02, deep - 0.04, colour, 2)
    w.box(u0 - 0.03, u1 + 0.03, 0.71, 0.77, 0.0, deep, colour, 2)
    mid = u0 + (u1 - u0) * dice.between(0.3, 0.5)
    if dice.chance(0.88):
        _computer(w, mid, 0.77, look, dice)
    if dice.chance(0.35):
        table_lamp(w, u1 - 0.16, 0.2, 0.77, look, dice)
    if dice.chance(0.75):
        seat = look.on_wall(dice.pick((look.dark, look.accent, look.second)))
        _swivel(w, mid, deep - 0.1, seat, look)


def _computer(w: Wall, u: float, v: float, look: Look, dice: Dice) -> None:
    pen = w.pen
    pen.draws("computer")
    case = look.on_wall(dice.pick((look.dark, look.dark, (206.0, 208.0, 212.0))))
    w.box(u - 0.1, u + 0.1, v, v + 0.02, 0.14, 0.3, case)
    w.post(u, 0.2, v, v + 0.14, 0.05, pen.ink(case, 0.8))
    w.box(u - 0.3, u + 0.3, v + 0.1, v + 0.48, 0.18, 0.22, case)
    screen = dice.pick(((88.0, 150.0, 210.0), (120.0, 196.0, 190.0), (232.0, 238.0, 242.0)))
    w.rect(u - 0.27, u + 0.27, v + 0.13, v + 0.45, 0.221, pen.ink(screen))
    w.rect(u - 0.22, u + 0.02, v + 0.34, v + 0.39, 0.222, pen.ink(WHITE))
    w.rect(u - 0.22, u + 0.15, v + 0.25, v + 0.29, 0.222, pen.ink(screen, 0.7))
    w.box(u - 0.22, u + 0.2, v, v + 0.02, 0.38, 0.52, (214.0, 216.0, 218.0))


def _swivel(w: Wall, u: float, d: float, colour, look: Look) -> None:
    """An office chair in front of a desk."""
    pen = w.pen
    pen.draws("chair")
    w.post(u, d + 0.3, 0.06, 0.42, 0.06, pen.ink(look.metal, 0.7))
    w.box(u - 0.25, u + 0.25, 0.03, 0.07, d + 0.25, d + 0.35, look.dark)
    w.box(u - 0.24, u + 0.24, 0.42, 0.5, d + 0.08, d + 0.52, colour)
    w.box(u - 0.22, u + 0.22, 0.56, 0.98, d + 0.5, d + 0.56, colour)
    if pen.fine:
        w.rect(u - 0.17, u + 0.17, 0.62, 0.92, d + 0.561, pen.ink(colour, 0.85))
