"""Living rooms, offices and places where people wait."""

from __future__ import annotations

from .look import Look
from .palette import CHARCOAL, STEEL, WHITE, apart, hsv, mix
from .rng import Dice
from .view import Wall

SHOWS = (
    ((70.0, 130.0, 200.0), (90.0, 160.0, 90.0)),
    ((240.0, 160.0, 90.0), (110.0, 70.0, 110.0)),
    ((30.0, 40.0, 60.0), (60.0, 90.0, 130.0)),
    ((90.0, 180.0, 190.0), (230.0, 220.0, 160.0)),
)


def tv(w: Wall, u0: float, u1: float, look: Look, dice: Dice) -> None:
    """A television on a bench."""
    pen = w.pen
    pen.draws("")
    bench = look.on_wall(dice.pick((look.wood, look.wood2, look.white)), 28)
    low = 0.46
    w.box(u0, u1, 0.08, low, 0.0, 0.42, bench, 2)
    thirds = (u1 - u0) / 3
    for k in range(3):
        a = u0 + thirds * k
        w.rect(a + 0.03, a + thirds - 0.03, 0.13, low - 0.05, 0.421, pen.ink(bench, 0.84))
    pen.draws("tv")
    mid, half = (u0 + u1) / 2, min((u1 - u0) * 0.44, 0.66)
    w.rect(mid - 0.16, mid + 0.16, low, low + 0.08, 0.2, pen.ink(CHARCOAL, 0.8))
    screen(w, mid - half, mid + half, low + 0.06, low + 0.06 + half * 1.18, 0.18, look, dice)


def wall_tv(w: Wall, u0: float, u1: float, look: Look, dice: Dice) -> None:
    """A television on the wall."""
    w.pen.draws("tv")
    screen(w, u0, u1, 1.15, 1.15 + (u1 - u0) * 0.58, 0.0, look, dice)


def screen(w: Wall, u0, u1, v0, v1, d, look: Look, dice: Dice) -> None:
    pen = w.pen
    w.box(u0, u1, v0, v1, d, d + 0.05, apart((30.0, 31.0, 36.0), look.wall, 34))
    glass = d + 0.051
    a, b, e, f = u0 + 0.04, u1 - 0.04, v0 + 0.04, v1 - 0.04
    if dice.chance(0.45):
        high, low = dice.pick(SHOWS)
        w.rect(a, b, e, f, glass, pen.ink(high))
        w.rect(a, b, e, e + (f - e) * 0.36, glass, pen.ink(low))
        w.disc(a + (b - a) * 0.7, e + (f - e) * 0.68, 0.09, 0.09, glass, pen.ink(WHITE))
    else:
        w.rect(a, b, e, f, glass, pen.ink((44.0, 47.0, 56.0)))
        w.poly([(a, e), (a + (b - a) * 0.3, e), (a + (b - a) * 0.65, f), (a + (b - a) * 0.2, f)],
               glass, pen.ink((62.0, 66.0, 78.0)))  # fmt: skip


def fireplace(w: Wall, u0: float, u1: float, look: Look, dice: Dice) -> None:
    pen = w.pen
    pen.draws("fireplace")
    stone = look.on_wall(dice.pick((look.white, (176.0, 96.0, 78.0), (150.0, 146.0, 140.0))), 30)
    w.box(u0, u1, 0.0, 1.1, 0.0, 0.3, stone, 4)
    if pen.fine:
        for k in range(1, 6):
            w.rect(u0, u1, 0.18 * k, 0.18 * k + 0.015, 0.301, pen.ink(stone, 0.85))
    w.rect(u0 + 0.24, u1 - 0.24, 0.06, 0.78, 0.302, pen.ink((44.0, 36.0, 34.0)))
    u, half = (u0 + u1) / 2, (u1 - u0) * 0.16
    for tone, s in (
        ((232.0, 96.0, 44.0), 1.0),
        ((246.0, 160.0, 60.0), 0.68),
        ((252.0, 224.0, 130.0), 0.36),
    ):
        w.poly([(u - half * s, 0.14), (u + half * s, 0.14), (u + half * s * 0.7, 0.14 + 0.26 * s),
                (u + half * 0.25 * s, 0.14 + 0.36 * s), (u, 0.14 + 0.54 * s),
                (u - half * 0.4 * s, 0.14 + 0.3 * s)], 0.303, pen.ink(tone))  # fmt: skip
    w.rect(u - half * 1.2, u + half * 1.2, 0.08, 0.15, 0.304, pen.ink((104.0, 70.0, 48.0)))
    w.box(u0 - 0.08, u1 + 0.08, 1.1, 1.19, 0.0, 0.36, apart(look.wood, stone, 26), 2)
    x, y = w.at(u, 0.4, 0.3)
    pen.glow(x, y, 0.18, 0.4, (1.0, 0.62, 0.3))


def bookshelf(w: Wall, u0: float, u1: float, look: Look, dice: Dice) -> None:
    pen = w.pen
    pen.draws("bookshelf")
    colour = look.on_wall(dice.pick((look.wood, look.wood2, look.white)), 28)
    tall = dice.between(1.6, 2.1)
    w.box(u0, u1, 0.0, tall, 0.0, 0.32, colour, 2)
    rows = 4 if tall < 1.85 else 5
    step = (tall - 0.1) / rows
    shift, hue = dice.random(), dice.random()
    for r in range(rows):
        v = 0.07 + r * step
        w.rect(u0 + 0.04, u1 - 0.04, v, v + step - 0.05, 0.321, pen.ink(colour, 0.5))
        books = 11 if pen.fine else 5
        width = (u1 - u0 - 0.1) / books
        for k in range(books):
            code = (int(shift * 997) + 7 * r + 3 * k + r * k) % 11
            if code == 0:
                continue
            a = u0 + 0.05 + k * width
            tone = hsv(hue + 0.13 * (code % 5), 0.3 + 0.04 * code, 0.55 + 0.035 * code)
            high = (step - 0.06) * (0.66 + 0.03 * code)
            w.rect(a, a + width * 0.9, v, v + high, 0.322, pen.ink(tone))


def filing_cabinet(w: Wall, u0: float, u1: float, look: Look, dice: Dice) -> None:
    pen = w.pen
    pen.draws("filing_cabinet")
    grey = dice.pick(
        ((150.0, 156.0, 160.0), (112.0, 124.0, 132.0), (196.0, 196.0, 190.0), (122.0, 130.0, 112.0))
    )
    colour = look.on_wall(grey, 30)
    drawers = dice.pick((3, 4))
    tall = 0.34 * drawers + 0.06
    w.box(u0, u1, 0.0, tall, 0.0, 0.6, colour)
    grip = pen.ink(apart(STEEL, colour, 44))
    for k in range(drawers):
        v = 0.05 + 0.34 * k
        w.rect(u0 + 0.03, u1 - 0.03, v, v + 0.3, 0.601, pen.ink(colour, 0.84))
        w.rect(u0 + 0.04, u1 - 0.04, v + 0.02, v + 0.3, 0.602, pen.ink(colour, 1.04))
        mid = (u0 + u1) / 2
        w.rect(mid - 0.1, mid + 0.1, v + 0.17, v + 0.22, 0.62, grip)


def whiteboard(w: Wall, u0: float, u1: float, look: Look, dice: Dice) -> None:
    pen = w.pen
    pen.draws("whiteboard")
    low, high = dice.between(0.95, 1.1), dice.between(1.9, 2.1)
    w.box(u0, u1, low, high, 0.0, 0.03, apart(STEEL, look.wall, 44))
    board = 0.031
    w.rect(u0 + 0.05, u1 - 0.05, low + 0.05, high - 0.05, board, pen.ink((250.0, 251.0, 252.0)))
    w.rect(u0 + 0.2, u1 - 0.2, low - 0.05, low, 0.08, pen.ink(STEEL, 0.7))
    wide, tall = u1 - u0, high - low
    kind = dice.below(3)
    red, blue, green = (214.0, 70.0, 70.0), (60.0, 110.0, 200.0), (60.0, 160.0, 100.0)
    d = 0.033
    if kind == 0:
        for k, tone in enumerate((blue, red, green, blue)):
            a = u0 + wide * (0.2 + 0.16 * k)
            rise = tall * (0.2 + 0.14 * ((k * 3) % 4))
            w.rect(a, a + wide * 0.1, low + tall * 0.2, low + tall * 0.2 + rise, d, pen.ink(tone))
    elif kind == 1:
        for k in range(4):
            v = high - tall * (0.25 + 0.17 * k)
            end = (0.8, 0.62, 0.74, 0.5)[k]
            w.rect(
                u0 + wide * 0.14, u0 + wide * end, v, v + 0.05, d, pen.ink((blue, CHARCOAL)[k % 2])
            )
    else:
        for a, tone in ((0.25, blue), (0.55, red), (0.8, green)):
            w.disc(
                u0 + wide * a,
                low + tall * (0.62 if tone == red else 0.4),
                0.12,
                0.12,
                d,
                pen.ink(tone),
            )
        w.poly([(u0 + wide * 0.25, low + tall * 0.38), (u0 + wide * 0.55, low + tall * 0.6),
                (u0 + wide * 0.8, low + tall * 0.38), (u0 + wide * 0.55, low + tall * 0.64)],
               d, pen.ink(CHARCOAL))  # fmt: skip


def reception_desk(w: Wall, u0: float, u1: float, look: Look, dice: Dice) -> None:
    pen = w.pen
    pen.draws("reception_desk")
    body = look.on_wall(dice.pick((look.wood, look.white, look.accent)), 30)
    panel = apart(dice.pick((look.second, look.wood2, look.dark)), body, 34)
    w.box(u0, u1, 0.0, 1.02, 0.5, 1.1, body, 2)
    w.box(u0 - 0.06, u1 + 0.06, 1.02, 1.09, 0.46, 1.16, apart(look.white, body, 24))
    w.rect(u0 + 0.12, u1 - 0.12, 0.18, 0.84, 1.101, pen.ink(panel))
    mid = (u0 + u1) / 2
    bright = pen.ink(apart(WHITE, panel, 50))
    w.rect(mid - 0.06, mid + 0.06, 0.34, 0.7, 1.102, bright)
    w.rect(mid - 0.18, mid + 0.18, 0.46, 0.58, 1.102, bright)
    pen.draws("")
    w.box(u0 + 0.2, u0 + 0.55, 1.09, 1.34, 0.7, 0.75, look.dark)
    w.rect(u1 - 0.5, u1 - 0.22, 1.09, 1.14, 1.0, pen.ink(WHITE))


def suitcase(w: Wall, u0: float, u1: float, look: Look, dice: Dice) -> None:
    pen = w.pen
    pen.draws("suitcase")
    tone = apart(
        hsv(dice.random(), dice.between(0.45, 0.8), dice.between(0.55, 0.9)), look.floor, 36
    )
    d = 0.18
    tall = dice.between(0.66, 0.78)
    for u in (u0 + 0.12, u1 - 0.12):
        w.post(u, d + 0.06, tall, tall + 0.24, 0.03, pen.ink(look.dark))
    w.rect(u0 + 0.1, u1 - 0.1, tall + 0.22, tall + 0.26, d + 0.06, pen.ink(look.dark))
    for u in (u0 + 0.06, u1 - 0.06):
        w.disc(u, 0.04, 0.04, 0.04, d + 0.24, pen.ink(CHARCOAL))
    w.box(u0, u1, 0.06, tall, d, d + 0.26, tone)
    for k in range(4):
        u = u0 + (u1 - u0) * (0.16 + 0.2 * k)
        w.rect(u, u + (u1 - u0) * 0.07, 0.12, tall - 0.06, d + 0.262, pen.ink(tone, 0.78))
    w.rect(u0, u1, tall * 0.5, tall * 0.5 + 0.03, d + 0.263, pen.ink(mix(tone, WHITE, 0.4)))
