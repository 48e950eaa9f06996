"""What any room may have: windows, curtains, doors, rugs, plants, pictures, clocks, lights."""

from __future__ import annotations

from .look import Look
from .palette import CHARCOAL, GOLD, WHITE, apart, hsv, mix
from .rng import Dice
from .view import View, Wall

CLAY = (196.0, 112.0, 80.0)


def window(w: Wall, u0: float, u1: float, look: Look, dice: Dice, low: float = 0.95) -> None:
    pen, high = w.pen, dice.between(1.95, 2.2)
    pen.draws("window")
    frame = look.on_wall(dice.pick((look.white, look.white, look.wood, look.dark)), 28)
    w.box(u0 - 0.06, u1 + 0.06, low - 0.06, high + 0.06, 0.0, 0.04, frame)
    d, tall = 0.041, high - low
    w.rect(u0, u1, low, high, d, pen.ink(look.sky))
    w.rect(u0, u1, low, low + tall * 0.6, d, pen.ink(mix(look.sky, look.sky_low, 0.5)))
    w.rect(u0, u1, low, low + tall * 0.4, d, pen.ink(look.sky_low))
    outside, s = dice.below(3), dice.between(0.2, 0.34)
    ground = mix(look.leaf, look.sky, 0.35 if not look.dusk else 0.6)
    if outside == 0:
        hill, wide = tall * s, u1 - u0
        w.poly([(u0, low), (u1, low), (u1, low + hill * 0.7), (u0 + wide * 0.7, low + hill * 1.2),
                (u0 + wide * 0.35, low + hill * 0.7), (u0, low + hill)], d,
               pen.ink(ground))  # fmt: skip
    elif outside == 1:
        far = mix((120.0, 126.0, 140.0), look.sky, 0.4)
        for a, b, h in ((0.0, 0.26, 0.9), (0.3, 0.5, 1.7), (0.54, 0.78, 1.1), (0.8, 1.0, 1.5)):
            w.rect(u0 + (u1 - u0) * a, u0 + (u1 - u0) * b, low, low + tall * s * h, d, pen.ink(far))
    else:
        w.rect(u0, u1, low, low + tall * 0.16, d, pen.ink(ground, 1.1))
        for a, r in ((0.25, 0.2), (0.66, 0.26)):
            r *= min(u1 - u0, 1.0)
            w.disc(
                min(max(u0 + (u1 - u0) * a, u0 + r), u1 - r),
                low + tall * 0.14 + r,
                r,
                r,
                d,
                pen.ink(ground, 0.86),
            )
    bar = pen.ink(frame)
    mid = (u0 + u1) / 2
    w.rect(mid - 0.025, mid + 0.025, low, high, 0.05, bar)
    if dice.chance(0.6):
        cross = low + tall * 0.62
        w.rect(u0, u1, cross - 0.02, cross + 0.02, 0.05, bar)
    w.box(u0 - 0.1, u1 + 0.1, low - 0.1, low - 0.05, 0.0, 0.12, frame)
    if not look.dusk:
        x, y = w.at(mid, (low + high) / 2, 0)
        pen.glow(x, y, 0.3, 0.16, (1.0, 0.98, 0.92))


def curtain(w: Wall, u0: float, u1: float, look: Look, dice: Dice) -> None:
    """Two curtains on both sides of the window u0..u1."""
    pen = w.pen
    pen.draws("curtain")
    tone = look.on_wall(dice.pick((look.accent, look.second, look.cloth, look.white)), 34)
    low = dice.pick((0.06, 0.06, 0.8))
    wide = dice.between(0.24, 0.4)
    sides = [(u0 - wide * 0.8, u0 + wide * 0.4), (u1 - wide * 0.4, u1 + wide * 0.8)]
    if w.far_first([0.0, 1.0])[0] > 0:
        sides.reverse()
    for a, b in sides:
        step = (b - a) / 4
        for k in range(4):
            w.rect(
                a + step * k, a + step * (k + 1), low, 2.26, 0.14, pen.ink(tone, (1.0, 0.85)[k % 2])
            )
    pen.draws("")
    w.rect(u0 - wide, u1 + wide, 2.26, 2.31, 0.14, pen.ink(look.on_wall(look.dark)))


def door(w: Wall, u0: float, u1: float, look: Look, dice: Dice) -> None:
    pen = w.pen
    pen.draws("door")
    colour = look.on_wall(dice.pick((look.wood, look.white, look.second)), 30)
    w.rect(u0 - 0.07, u1 + 0.07, 0.0, 2.1, 0.005, pen.ink(mix(colour, WHITE, 0.4)))
    w.rect(u0, u1, 0.0, 2.02, 0.01, pen.ink(colour, 1.0, 5))
    style = dice.below(3)
    a, b = u0 + 0.12, u1 - 0.12
    if style < 2:
        for low, high in (
            ((0.15, 0.9), (1.05, 1.88)) if style else ((0.15, 0.62), (0.74, 1.2), (1.32, 1.88))
        ):
            w.rect(a, b, low, high, 0.012, pen.ink(colour, 0.86, 5))
    else:
        w.rect(a + 0.06, b - 0.06, 1.2, 1.86, 0.012, pen.ink(mix(look.sky_low, colour, 0.3)))
    u = u1 - 0.1 if dice.chance(0.5) else u0 + 0.1
    w.disc(u, 1.0, 0.045, 0.045, 0.05, pen.ink(apart(GOLD, colour, 30)))


def rug(view: View, x0: float, x1: float, z0: float, z1: float, look: Look, dice: Dice) -> None:
    pen = view.pen
    pen.draws("rug")
    tone = apart(dice.pick((look.accent, look.second, look.cloth)), look.floor, 34)
    other = apart(dice.pick((look.white, look.second, mix(tone, WHITE, 0.55))), tone, 30)
    if dice.chance(0.3):
        x, z, rx, rz = (x0 + x1) / 2, (z0 + z1) / 2, (x1 - x0) / 2, (z1 - z0) / 2
        for s, ink in (
            (1.0, pen.ink(tone, 1, 3)),
            (0.8, pen.ink(other, 1, 3)),
            (0.7, pen.ink(tone, 1.06, 3)),
        ):
            view.flat_disc(0.01, x, z, rx * s, rz * s, ink)
        return
    view.flat(0.01, x0, x1, z0, z1, pen.ink(tone, 1.0, 3))
    kind = dice.below(4)
    if kind == 0:
        n = 5
        for k in range(n):
            a = z0 + (z1 - z0) * (k + 0.25) / n
            view.flat(0.01, x0, x1, a, a + (z1 - z0) / n * 0.5, pen.ink(other, 1.0, 3))
    elif kind == 1:
        dx, dz = (x1 - x0) * 0.08, (z1 - z0) * 0.1
        view.flat(0.01, x0 + dx, x1 - dx, z0 + dz, z1 - dz, pen.ink(other, 1.0, 3))
        view.flat(0.01, x0 + 2 * dx, x1 - 2 * dx, z0 + 2 * dz, z1 - 2 * dz, pen.ink(tone, 1.05, 3))
    elif kind == 2:
        n = 5
        for k in range(n):
            a = x0 + (x1 - x0) * (k + 0.25) / n
            view.flat(0.01, a, a + (x1 - x0) / n * 0.5, z0, z1, pen.ink(other, 1.0, 3))


def plant(w: Wall, u0: float, u1: float, look: Look, dice: Dice) -> None:
    pen, u, d = w.pen, (u0 + u1) / 2, 0.3
    pen.draws("plant")
    pot = look.on_wall(dice.pick((CLAY, look.white, look.second, look.dark)), 28)
    high = dice.between(0.28, 0.42)
    green = look.on_wall(look.leaf, 30)
    tall = dice.between(0.6, 1.15)
    dark, light = pen.ink(green, 0.78), pen.ink(green, 1.12)
    plain = pen.ink(green)
    kind = dice.below(3)
    if kind == 0:
        for lean, size, ink in ((-0.34, 0.8, dark), (0.36, 0.75, dark), (-0.18, 0.96, plain),
                                (0.2, 0.92, light), (0.02, 1.1, plain)):  # fmt: skip
            tip = high + tall * size
            mid = high + tall * size * 0.55
            w.poly([(u - 0.03, high), (u + lean * 0.7 - 0.09, mid), (u + lean, tip),
                    (u + lean * 0.7 + 0.09, mid), (u + 0.03, high)], d, ink)  # fmt: skip
    elif kind == 1:
        w.post(u, d, high, high + tall * 0.6, 0.05, pen.ink((104.0, 76.0, 54.0)))
        r = tall * 0.32
        for a, b, s, ink in (
            (-0.6, 0.5, 0.8, dark),
            (0.6, 0.55, 0.8, plain),
            (0.0, 0.85, 1.0, plain),
            (0.25, 1.1, 0.5, light),
        ):
            w.disc(u + r * a, high + tall * 0.55 + r * b, r * s, r * s, d, ink)
    else:
        for k in range(7):
            lean = -0.36 + 0.12 * k
            tip = high + tall * (1.0 - abs(lean) * 0.9)
            foot = u + lean * 0.2
            w.poly([(foot - 0.035, high), (u + lean, tip), (foot + 0.035, high)], d,
                   (dark, plain, light)[k % 3])  # fmt: skip
    w.poly([(u - 0.14, 0.0), (u + 0.14, 0.0), (u + 0.2, high), (u - 0.2, high)], d, pen.ink(pot))
    w.poly(
        [(u + 0.05, 0.0), (u + 0.14, 0.0), (u + 0.2, high), (u + 0.07, high)], d, pen.ink(pot, 0.84)
    )


def painting(w: Wall, u0: float, u1: float, look: Look, dice: Dice, low: float = 1.35) -> None:
    pen = w.pen
    pen.draws("painting")
    high = min(low + (u1 - u0) * dice.between(0.6, 1.1), w.height - 0.15)
    frame = look.on_wall(dice.pick((look.wood, look.dark, GOLD, look.white)), 34)
    w.box(u0, u1, low, high, 0.0, 0.03, frame)
    a, b, e, f = u0 + 0.06, u1 - 0.06, low + 0.06, high - 0.06
    d, wide, tall = 0.031, b - a, f - e
    one, two = look.second, look.accent
    hue = dice.random()
    three = hsv(hue, 0.5, 0.85)
    kind = dice.below(4)
    w.rect(
        a, b, e, f, d, pen.ink(apart(WHITE if kind == 1 else hsv(hue + 0.4, 0.25, 0.9), frame, 26))
    )
    if kind == 0:
        w.poly([(a, e), (b, e), (b, e + tall * 0.3), (a + wide * 0.65, e + tall * 0.66),
                (a + wide * 0.4, e + tall * 0.34), (a, e + tall * 0.5)], d,
               pen.ink(two))  # fmt: skip
        w.disc(
            a + wide * 0.3,
            e + tall * 0.74,
            tall * 0.11,
            tall * 0.11,
            d,
            pen.ink((250.0, 206.0, 96.0)),
        )
    elif kind == 1:
        w.rect(a, a + wide * 0.45, e + tall * 0.5, f, d, pen.ink(three))
        w.rect(a + wide * 0.45, b, e, e + tall * 0.62, d, pen.ink(two))
        w.rect(a, a + wide * 0.45, e, e + tall * 0.3, d, pen.ink(one, 0.8))
    elif kind == 2:
        for s, tone in ((0.42, two), (0.28, three), (0.14, one)):
            w.disc(
                a + wide / 2,
                e + tall / 2,
                min(wide, tall) * s,
                min(wide, tall) * s,
                d,
                pen.ink(tone),
            )
    else:
        w.rect(a, b, e, e + tall * 0.36, d, pen.ink(three, 0.8))
        w.rect(
            a + wide * 0.44, a + wide * 0.56, e + tall * 0.2, e + tall * 0.6, d, pen.ink(CHARCOAL)
        )
        w.disc(a + wide * 0.5, e + tall * 0.66, wide * 0.22, tall * 0.22, d, pen.ink(look.leaf))


def clock(w: Wall, u0: float, u1: float, look: Look, dice: Dice, v: float = 1.95) -> None:
    pen, u = w.pen, (u0 + u1) / 2
    pen.draws("clock")
    r = (u1 - u0) / 2
    frame = look.on_wall(dice.pick((look.dark, CHARCOAL, look.wood, (200.0, 70.0, 60.0))), 50)
    w.disc(u, v, r, r, 0.03, pen.ink(frame))
    w.disc(u, v, r * 0.8, r * 0.8, 0.035, pen.ink((252.0, 252.0, 248.0)))
    hand = pen.ink(CHARCOAL)
    s = dice.pick((-1, 1))
    w.poly(
        [(u - 0.02, v), (u + 0.02, v), (u + 0.01, v + r * 0.68), (u - 0.01, v + r * 0.68)],
        0.04,
        hand,
    )
    w.poly(
        [
            (u, v - 0.02),
            (u + s * r * 0.5, v + r * 0.18),
            (u + s * r * 0.5, v + r * 0.26),
            (u, v + 0.02),
        ],
        0.04,
        hand,
    )


def pendant(view: View, x: float, z: float, height: float, look: Look, dice: Dice) -> None:
    """A lamp that hangs from the ceiling."""
    pen = view.pen
    pen.draws("pendant")
    low = height - dice.between(0.65, 0.95)
    tone = look.on_wall(dice.pick((look.accent, look.dark, look.second, GOLD)), 40)
    k = view.focal / z
    x0, y0 = view.at(x, height, z)
    _, y1 = view.at(x, low + 0.2, z)
    thin = max(0.015 * k, 0.6)
    pen.rect((x0 - thin, y0, x0 + thin, y1), fill=pen.ink(look.dark))
    _, y2 = view.at(x, low, z)
    a, b = 0.27 * k, 0.1 * k
    if dice.chance(0.6):
        pen.ellipse((x0 - a * 0.6, y2 - a * 0.22, x0 + a * 0.6, y2 + a * 0.34),
                    fill=pen.ink((255.0, 238.0, 190.0)))  # fmt: skip
        pen.poly((x0 - a, y2, x0 + a, y2, x0 + b, y1, x0 - b, y1), fill=pen.ink(tone))
        pen.poly(
            (x0 + a * 0.3, y2, x0 + a, y2, x0 + b, y1, x0 + b * 0.3, y1), fill=pen.ink(tone, 0.85)
        )
    else:
        r = 0.2 * k
        pen.ellipse(
            (x0 - r, y2 - r * 0.6, x0 + r, y2 + r * 1.4),
            fill=pen.ink(mix(tone, (255.0, 240.0, 200.0), 0.75)),
        )
    pen.glow(x0, y2, 0.25, 0.34 if look.lamp_on else 0.1, (1.0, 0.86, 0.6))
