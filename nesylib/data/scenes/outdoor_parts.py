"""Things beside and on roads. Places are (x, z) on the ground, in metres."""

from __future__ import annotations

from .palette import CHARCOAL, STEEL, WHITE, Colour, apart, hsv, mix
from .rng import Dice
from .view import View

BARK: Colour = (104.0, 78.0, 58.0)


class Day:
    """The hour, the weather and the ground of one outdoor picture."""

    __slots__ = (
        "asphalt",
        "dusk",
        "grass",
        "haze",
        "hues",
        "leaf",
        "low",
        "sand",
        "sky",
        "sun_colour",
    )

    def __init__(self, dice: Dice) -> None:
        hour = dice.random()
        self.dusk = hour > 0.78
        self.sun_colour: Colour = (255.0, 236.0, 150.0)
        if hour < 0.55:
            self.sky = hsv(
                dice.between(0.52, 0.61), dice.between(0.3, 0.62), dice.between(0.82, 1.0)
            )
            self.low = mix(self.sky, (255.0, 255.0, 255.0), dice.between(0.5, 0.8))
        elif hour < 0.78:
            self.sky = hsv(
                dice.between(0.5, 0.7), dice.between(0.03, 0.14), dice.between(0.68, 0.9)
            )
            self.low = mix(self.sky, (255.0, 255.0, 255.0), 0.5)
        elif hour < 0.9:
            self.sky = hsv(
                dice.between(0.62, 0.8), dice.between(0.25, 0.45), dice.between(0.5, 0.7)
            )
            self.low = hsv(
                dice.between(0.02, 0.11), dice.between(0.4, 0.65), dice.between(0.9, 1.0)
            )
            self.sun_colour = (255.0, 196.0, 120.0)
        else:
            self.sky = hsv(dice.between(0.6, 0.68), dice.between(0.4, 0.6), dice.between(0.26, 0.4))
            self.low = hsv(dice.between(0.6, 0.9), dice.between(0.25, 0.4), dice.between(0.5, 0.66))
            self.sun_colour = (244.0, 240.0, 220.0)
        self.haze = mix(self.low, self.sky, 0.3)
        self.asphalt = hsv(
            dice.between(0.55, 0.75), dice.between(0.02, 0.12), dice.between(0.3, 0.56)
        )
        ground = dice.random()
        if ground < 0.55:
            self.grass = hsv(
                dice.between(0.2, 0.38), dice.between(0.3, 0.6), dice.between(0.36, 0.72)
            )
        else:
            self.grass = hsv(
                dice.between(0.11, 0.19), dice.between(0.28, 0.55), dice.between(0.5, 0.8)
            )
        self.sand = hsv(dice.between(0.03, 0.13), dice.between(0.12, 0.52), dice.between(0.6, 0.95))
        season = dice.random()
        if season < 0.62:
            self.hues = (0.22, 0.42)
        elif season < 0.84:
            self.hues = (0.03, 0.15)
        else:
            self.hues = (0.12, 0.3)
        self.leaf = self.foliage(dice)

    def foliage(self, dice: Dice) -> Colour:
        """The colour of one crown: green, or yellow to red in autumn."""
        return hsv(dice.between(*self.hues), dice.between(0.36, 0.68), dice.between(0.36, 0.74))

    def far(self, colour: Colour, z: float) -> Colour:
        """``colour`` seen through the air of ``z`` metres."""
        return mix(colour, self.haze, min(z / 210.0, 0.55))


def disc(v: View, x: float, y: float, z: float, r: float, ink: int, flat: float = 1.0) -> None:
    a, b = v.at(x, y, z)
    k = v.focal / z * r
    v.pen.ellipse((a - k, b - k * flat, a + k, b + k * flat), fill=ink)


def shape(v: View, x: float, z: float, points, ink: int) -> None:
    """A polygon of (x, y) points around the place (x, z)."""
    v.pen.poly([v.at(x + a, b, z) for a, b in points], fill=ink)


def tree(
    v: View, x: float, z: float, day: Day, dice: Dice, kind: int | None = None, tall=None
) -> None:
    pen = v.pen
    pen.draws("tree")
    kind = dice.below(4) if kind is None else kind
    tall = tall or dice.between(4.5, 8.0)
    green = day.far(mix(day.leaf, day.foliage(dice), 0.5), z)
    bark = pen.ink(day.far(BARK, z))
    dark, plain, light = pen.ink(green, 0.78, 3), pen.ink(green, 1.0, 3), pen.ink(green, 1.16, 3)
    sun = 1 if v.left < v.right else -1
    if kind <= 1:
        w = tall * 0.03
        shape(v, x, z, [(-w, 0), (w, 0), (w, tall * 0.2), (-w, tall * 0.2)], bark)
        wide = tall * dice.between(0.2, 0.27)
        for low, high, s in ((0.14, 0.56, 1.0), (0.36, 0.78, 0.78), (0.58, 1.0, 0.54)):
            a = wide * s
            shape(v, x, z, [(-a, tall * low), (a, tall * low), (0, tall * high)], plain)
            shape(v, x, z, [(0, tall * low), (-sun * a, tall * low), (0, tall * high)], dark)
    elif kind == 2:
        w = tall * 0.035
        shape(v, x, z, [(-w, 0), (w, 0), (w * 0.6, tall * 0.5), (-w * 0.6, tall * 0.5)], bark)
        r = tall * 0.24
        disc(v, x - sun * r * 0.7, tall * 0.55, z, r * 0.85, dark)
        disc(v, x + sun * r * 0.75, tall * 0.58, z, r * 0.85, plain)
        disc(v, x, tall * 0.74, z, r * 1.08, plain)
        disc(v, x + sun * r * 0.35, tall * 0.82, z, r * 0.6, light)
    else:
        w = tall * 0.03
        shape(v, x, z, [(-w, 0), (w, 0), (w, tall * 0.4), (-w, tall * 0.4)], bark)
        a, b = v.at(x, tall * 0.62, z)
        k = v.focal / z * tall
        pen.ellipse((a - k * 0.17, b - k * 0.38, a + k * 0.17, b + k * 0.38), fill=plain)
        s = k * 0.05 * sun
        pen.ellipse((a - k * 0.1 + s, b - k * 0.32, a + k * 0.1 + s, b + k * 0.2), fill=light)


def bush(v: View, x: float, z: float, day: Day, dice: Dice) -> None:
    pen = v.pen
    pen.draws("bush")
    green = day.far(mix(day.foliage(dice), day.leaf, 0.4), z)
    r = dice.between(0.5, 0.95)
    sun = 1 if v.left < v.right else -1
    disc(v, x - sun * r * 0.7, r * 0.5, z, r * 0.72, pen.ink(green, 0.78, 3))
    disc(v, x + sun * r * 0.7, r * 0.5, z, r * 0.7, pen.ink(green, 1.0, 3))
    disc(v, x, r * 0.72, z, r, pen.ink(green, 1.0, 3))
    disc(v, x + sun * r * 0.3, r * 0.95, z, r * 0.5, pen.ink(green, 1.16, 3))


def flowers(v: View, x: float, z: float, day: Day, dice: Dice) -> None:
    pen = v.pen
    pen.draws("flower")
    tone = hsv(dice.pick((0.93, 0.0, 0.13, 0.8, 0.05)), dice.between(0.45, 0.8), 0.95)
    stem, petal, other = pen.ink(day.leaf, 0.8), pen.ink(tone), pen.ink(mix(tone, WHITE, 0.4))
    for k in range(7):
        a = x + (k - 3) * 0.26
        y = 0.36 + 0.16 * ((k * 5) % 3)
        shape(v, a, z, [(-0.02, 0), (0.02, 0), (0.02, y), (-0.02, y)], stem)
        disc(v, a, y, z, 0.17, (petal, other)[k % 2])


def rock(v: View, x: float, z: float, day: Day, dice: Dice) -> None:
    pen = v.pen
    pen.draws("rock")
    grey = day.far(
        hsv(dice.between(0.03, 0.12), dice.between(0.05, 0.35), dice.between(0.42, 0.68)), z
    )
    r, h = dice.between(0.6, 1.3), dice.between(0.5, 1.1)
    shape(
        v,
        x,
        z,
        [(-r, 0), (r, 0), (r * 0.8, h * 0.6), (r * 0.2, h), (-r * 0.55, h * 0.8)],
        pen.ink(grey, 1, 4),
    )
    shape(v, x, z, [(r * 0.1, 0), (r, 0), (r * 0.8, h * 0.6), (r * 0.2, h)], pen.ink(grey, 0.78, 4))


def cactus(v: View, x: float, z: float, day: Day, dice: Dice) -> None:
    pen = v.pen
    pen.draws("cactus")
    green = day.far(
        hsv(dice.between(0.27, 0.42), dice.between(0.4, 0.6), dice.between(0.38, 0.56)), z
    )
    tall = dice.between(2.2, 3.8)
    k = v.focal / z
    thick = tall * 0.085
    plain, shade = pen.ink(green), pen.ink(green, 0.76)

    def limb(a: float, low: float, high: float, w: float) -> None:
        x0, y0 = v.at(x + a, low, z)
        _, y1 = v.at(x + a, high, z)
        r = w * k
        pen.rect((x0 - r, y1, x0 + r, y0), fill=plain)
        pen.ellipse((x0 - r, y1 - r, x0 + r, y1 + r), fill=plain)
        pen.rect((x0 + r * 0.3, y1, x0 + r, y0), fill=shade)

    reach = tall * 0.22
    for side, low, high in ((-1, 0.36, 0.72), (1, dice.between(0.42, 0.56), 0.86)):
        a = side * reach
        y0, y1 = tall * low - thick * 0.7, tall * low + thick * 0.7
        shape(v, x, z, [(0, y0), (a, y0), (a, y1), (0, y1)], shade)
        limb(a, y0, tall * high, thick * 0.75)
    limb(0.0, 0.0, tall, thick)


def building(
    v: View, x0: float, x1: float, z0: float, z1: float, tall: float, day: Day, dice: Dice
) -> None:
    pen = v.pen
    pen.draws("building")
    kind = dice.random()
    if kind < 0.4:
        wall = hsv(dice.between(0.0, 0.1), dice.between(0.25, 0.55), dice.between(0.5, 0.8))
    elif kind < 0.8:
        wall = hsv(dice.random(), dice.between(0.03, 0.28), dice.between(0.6, 0.92))
    else:
        wall = hsv(dice.between(0.52, 0.64), dice.between(0.2, 0.4), dice.between(0.5, 0.75))
    wall = day.far(wall, z0)
    v.box(x0, x1, 0.0, tall, z0, z1, wall, 1)
    pane = (255.0, 218.0, 130.0) if day.dusk else mix(day.sky, (60.0, 76.0, 100.0), 0.55)
    pane = apart(day.far(pane, z0), wall, 30)
    glass = pen.ink(pane)
    floors = max(2, int(tall / 3.0))
    step = tall / floors
    inner = x0 if x0 > v.cx else x1
    deep = max(2, min(4, int((z1 - z0) / 3.0)))
    width = (z1 - z0) / deep
    first = pen.ink(apart(hsv(dice.random(), 0.45, 0.6), wall, 40))
    for f in range(floors):
        low = step * f
        for c in range(deep):
            a = z0 + width * (c + 0.22)
            if f == 0 and c % 2 == 0:
                v.side(inner, a, a + width * 0.6, 0.0, step * 0.8, first)
            else:
                v.side(inner, a, a + width * 0.56, low + step * 0.28, low + step * 0.78, glass)
    across = max(2, min(5, int((x1 - x0) / 2.2)))
    width = (x1 - x0) / across
    for f in range(floors):
        for c in range(across):
            a = x0 + width * (c + 0.22)
            v.front(a, a + width * 0.56, step * (f + 0.28), step * (f + 0.78), z0, glass)
    roof = pen.ink(wall, 0.7)
    v.side(inner, z0, z1, tall - 0.3, tall + 0.1, roof)
    v.front(x0, x1, tall - 0.3, tall + 0.1, z0, roof)


def house(
    v: View, x0: float, x1: float, z: float, day: Day, dice: Dice, garage: float | None
) -> None:
    """A house that faces the camera; ``garage`` is the X of its garage's middle, if any."""
    pen = v.pen
    wall = hsv(dice.random(), dice.between(0.05, 0.3), dice.between(0.72, 0.96))
    wall = apart(day.far(wall, z), day.grass, 26)
    roof = apart(
        hsv(dice.pick((0.02, 0.06, 0.6, 0.98)), dice.between(0.2, 0.55), dice.between(0.35, 0.6)),
        wall,
        40,
    )
    tall = dice.between(2.8, 3.4)
    storeys = 2 if dice.chance(0.35) else 1
    tall *= 1.0 if storeys == 1 else 1.75
    ridge = tall + dice.between(1.4, 2.2)
    deep = z + 5.0
    pen.draws("house")
    v.box(x0, x1, 0.0, tall, z, deep, wall, 1)
    over, mid = 0.45, (x0 + x1) / 2
    if dice.chance(0.5):
        pen.poly([v.at(x0 - over, tall - 0.1, z - 0.3), v.at(x1 + over, tall - 0.1, z - 0.3),
                  v.at(x1 - 0.9, ridge, z + 2), v.at(x0 + 0.9, ridge, z + 2)],
                 fill=pen.ink(roof))  # fmt: skip
    else:
        pen.poly(
            [v.at(x0 - over, tall - 0.1, z), v.at(x1 + over, tall - 0.1, z), v.at(mid, ridge, z)],
            fill=pen.ink(wall, 0.95),
        )
        for a, b in ((x0 - over, mid), (x1 + over, mid)):
            near = z - 0.2
            pen.poly([v.at(a, tall - 0.25, near), v.at(b, ridge, near), v.at(b, ridge + 0.4, near),
                      v.at(a, tall + 0.15, near)], fill=pen.ink(roof))  # fmt: skip
    if dice.chance(0.5):
        v.box(x0 + 0.8, x0 + 1.4, tall, ridge + 0.5, z + 1.5, z + 2, (150.0, 92.0, 78.0))
    glass = pen.ink((255.0, 222.0, 140.0) if day.dusk else (140.0, 176.0, 200.0))
    frame = pen.ink(apart(WHITE, wall, 20))
    spots = []
    u = x0 + 0.5
    while u + 1.2 < x1 - 0.2:
        spots.append(u)
        u += 1.75
    door_at = dice.below(max(len(spots), 1))
    for k, a in enumerate(spots):
        if garage is not None and abs(a + 0.55 - garage) < 1.9:
            continue
        if k == door_at:
            v.front(
                a, a + 1.0, 0.0, 2.1, z, pen.ink(apart(hsv(dice.random(), 0.55, 0.6), wall, 40))
            )
        else:
            v.front(a - 0.1, a + 1.3, 0.85, 2.15, z, frame)
            v.front(a, a + 1.2, 0.95, 2.05, z, glass)
            v.front(a + 0.56, a + 0.64, 0.95, 2.05, z, frame)
    if storeys == 2:
        for a in spots:
            v.front(a - 0.1, a + 1.2, 3.3, 4.4, z, frame)
            v.front(a, a + 1.1, 3.4, 4.3, z, glass)
    if garage is not None:
        pen.draws("garage")
        _gate(v, garage, z - 0.05, wall, roof, dice)


def _gate(v: View, x: float, z: float, wall: Colour, roof: Colour, dice: Dice) -> None:
    """The door of a garage: panels and a row of panes."""
    pen = v.pen
    gate = apart(dice.pick((WHITE, mix(roof, WHITE, 0.5), (150.0, 128.0, 104.0))), wall, 30)
    a, b = x - 1.45, x + 1.45
    v.front(a - 0.15, b + 0.15, 0.0, 2.45, z, pen.ink(apart(WHITE, gate, 24)))
    v.front(a, b, 0.0, 2.3, z, pen.ink(gate))
    for k in range(1, 5):
        v.front(a, b, 0.46 * k - 0.04, 0.46 * k + 0.04, z, pen.ink(gate, 0.76))
    pane = pen.ink((120.0, 150.0, 172.0))
    for k in range(4):
        v.front(a + 0.2 + 0.68 * k, a + 0.66 + 0.68 * k, 1.92, 2.2, z, pane)


def lone_garage(v: View, x0: float, x1: float, z: float, day: Day, dice: Dice) -> None:
    """A garage that stands by itself."""
    pen = v.pen
    pen.draws("garage")
    wall = hsv(dice.random(), dice.between(0.05, 0.3), dice.between(0.6, 0.95))
    wall = apart(day.far(wall, z), day.grass, 26)
    roof = hsv(dice.pick((0.02, 0.06, 0.6, 0.98)), dice.between(0.2, 0.55), 0.45)
    roof = apart(roof, wall, 40)
    tall, over, near = 2.75, 0.4, z - 0.2
    ridge, mid = tall + dice.between(0.9, 1.4), (x0 + x1) / 2
    v.box(x0, x1, 0.0, tall, z, z + 5.0, wall, 1)
    gable = [v.at(x0 - over, tall - 0.1, z), v.at(x1 + over, tall - 0.1, z), v.at(mid, ridge, z)]
    pen.poly(gable, fill=pen.ink(wall, 0.95))
    for a in (x0 - over, x1 + over):
        pen.poly([v.at(a, tall - 0.25, near), v.at(mid, ridge, near),
                  v.at(mid, ridge + 0.35, near), v.at(a, tall + 0.12, near)],
                 fill=pen.ink(roof))  # fmt: skip
    _gate(v, mid, z - 0.05, wall, roof, dice)


def car(v: View, x: float, z: float, day: Day, dice: Dice, away: bool = True) -> None:
    pen = v.pen
    pen.draws("car")
    paint = hsv(
        dice.pick((0.0, 0.58, 0.12, 0.4, 0.07, 0.6)),
        dice.pick((0.05, 0.5, 0.75)),
        dice.between(0.4, 0.95),
    )
    paint = apart(paint, day.asphalt, 40)
    w, length = 0.88, 3.9
    tyre = pen.ink((34.0, 35.0, 38.0))
    for a in (-w, w - 0.26):
        v.front(x + a, x + a + 0.26, 0.0, 0.5, z + 0.2, tyre)
    v.box(x - w, x + w, 0.28, 0.88, z, z + length, paint)
    a, b = v.at(x - w * 0.86, 0.86, z + 0.9), v.at(x + w * 0.86, 0.86, z + 0.9)
    c, d = v.at(x + w * 0.68, 1.42, z + 1.3), v.at(x - w * 0.68, 1.42, z + 1.3)
    glass = (60.0, 74.0, 92.0)
    if x - w > v.cx or x + w < v.cx:
        s = -1 if x > v.cx else 1
        p, q = v.at(x + s * w * 0.86, 0.86, z + 3.2), v.at(x + s * w * 0.68, 1.42, z + 2.8)
        near, top = (a, d) if s < 0 else (b, c)
        pen.poly([near, top, q, p], fill=pen.ink(glass, 0.9))
    e, f = v.at(x + w * 0.68, 1.42, z + 2.8), v.at(x - w * 0.68, 1.42, z + 2.8)
    pen.poly([a, b, c, d], fill=pen.ink(paint, 0.94))
    pen.poly([d, c, e, f], fill=pen.ink(paint, 1.12))
    shape(
        v,
        x,
        z + 1.05,
        [(-w * 0.74, 0.92), (w * 0.74, 0.92), (w * 0.6, 1.36), (-w * 0.6, 1.36)],
        pen.ink(glass),
    )
    lamp = pen.ink((226.0, 60.0, 52.0) if away else (255.0, 244.0, 200.0))
    for a in (-w + 0.06, w - 0.36):
        v.front(x + a, x + a + 0.3, 0.58, 0.76, z, lamp)
    v.front(x - w, x + w, 0.28, 0.4, z, pen.ink(paint, 0.6))
    v.front(x - 0.26, x + 0.26, 0.44, 0.58, z, pen.ink(WHITE, 0.95))


def truck(v: View, x: float, z: float, day: Day, dice: Dice) -> None:
    pen = v.pen
    pen.draws("truck")
    tone = apart(
        hsv(dice.random(), dice.pick((0.04, 0.5, 0.65)), dice.between(0.6, 0.95)), day.asphalt, 40
    )
    w = 1.2
    for a in (-w, w - 0.36):
        v.front(x + a, x + a + 0.36, 0.0, 0.8, z + 0.2, pen.ink((34.0, 35.0, 38.0)))
    v.box(x - w, x + w, 0.7, 3.5, z, z + 8.0, tone)
    v.front(x - w, x + w, 0.55, 0.8, z, pen.ink(CHARCOAL))
    v.front(x - 0.05, x + 0.05, 0.85, 3.3, z, pen.ink(tone, 0.7))
    for a in (-w + 0.05, w - 0.3):
        v.front(x + a, x + a + 0.25, 0.58, 0.76, z, pen.ink((226.0, 60.0, 52.0)))


def street_lamp(v: View, x: float, z: float, day: Day, dice: Dice) -> None:
    pen = v.pen
    pen.draws("street_lamp")
    pole = pen.ink(day.far((70.0, 76.0, 84.0), z))
    s = -1 if x > v.cx else 1
    tall = 5.2
    w = max(0.09, 0.9 / v.focal * z)
    shape(v, x, z, [(-w, 0), (w, 0), (w * 0.7, tall), (-w * 0.7, tall)], pole)
    shape(
        v, x, z, [(0, tall), (s * 1.1, tall + 0.2), (s * 1.1, tall + 0.34), (0, tall + 0.16)], pole
    )
    glow = (255.0, 236.0, 170.0) if day.dusk else (228.0, 232.0, 230.0)
    shape(
        v,
        x,
        z,
        [(s * 0.7, tall), (s * 1.4, tall), (s * 1.3, tall + 0.36), (s * 0.8, tall + 0.36)],
        pen.ink(glow),
    )
    if day.dusk:
        a, b = v.at(x + s, tall, z)
        pen.glow(a, b, 0.16, 0.4, (1.0, 0.85, 0.55))


def traffic_light(v: View, x: float, z: float, day: Day, dice: Dice) -> None:
    pen = v.pen
    pen.draws("traffic_light")
    dark = pen.ink((46.0, 50.0, 54.0))
    w = max(0.09, 0.9 / v.focal * z)
    shape(v, x, z, [(-w, 0), (w, 0), (w, 3.0), (-w, 3.0)], dark)
    v.front(x - 0.42, x + 0.42, 2.4, 4.5, z, dark)
    lit = dice.below(3)
    for k, tone in enumerate(((230.0, 66.0, 56.0), (244.0, 196.0, 70.0), (84.0, 204.0, 120.0))):
        disc(v, x, 4.12 - 0.66 * k, z, 0.26, pen.ink(tone, 1.05 if k == lit else 0.5))


def road_sign(v: View, x: float, z: float, day: Day, dice: Dice) -> None:
    pen = v.pen
    pen.draws("road_sign")
    w = max(0.08, 0.9 / v.focal * z)
    shape(v, x, z, [(-w, 0), (w, 0), (w, 2.2), (-w, 2.2)], pen.ink(STEEL, 0.8))
    kind = dice.below(3)
    if kind == 0:
        disc(v, x, 2.7, z, 0.72, pen.ink((214.0, 58.0, 52.0)))
        disc(v, x, 2.7, z, 0.5, pen.ink(WHITE))
    elif kind == 1:
        r = 0.85
        shape(
            v,
            x,
            z,
            [(-r, 2.7), (0, 2.7 - r), (r, 2.7), (0, 2.7 + r)],
            pen.ink((246.0, 200.0, 66.0)),
        )
        shape(v, x, z, [(-0.1, 2.4), (0.1, 2.4), (0.1, 3.05), (-0.1, 3.05)], pen.ink(CHARCOAL))
    else:
        v.front(x - 1.05, x + 1.05, 2.0, 3.2, z, pen.ink((52.0, 110.0, 190.0)))
        v.front(x - 0.8, x + 0.6, 2.7, 2.9, z, pen.ink(WHITE))
        v.front(x - 0.8, x + 0.2, 2.3, 2.5, z, pen.ink(WHITE))


def gantry(v: View, x0: float, x1: float, z: float, day: Day, dice: Dice) -> None:
    """Signs over a road."""
    pen = v.pen
    pen.draws("road_sign")
    post = pen.ink(day.far(STEEL, z), 0.75)
    for x in (x0, x1):
        v.front(x - 0.2, x + 0.2, 0.0, 6.6, z, post)
    v.front(x0, x1, 6.1, 6.5, z, post)
    tone = dice.pick(((38.0, 118.0, 84.0), (44.0, 100.0, 180.0)))
    wide = (x1 - x0) / 2
    for k in range(2):
        a = x0 + wide * k + wide * 0.12
        b = a + wide * 0.76
        v.front(a, b, 4.9, 7.4, z, pen.ink(WHITE))
        v.front(a + 0.15, b - 0.15, 5.05, 7.25, z, pen.ink(tone))
        for y in (6.4, 5.6):
            v.front(a + 0.6, b - 0.9 - 0.8 * (y < 6), y, y + 0.45, z, pen.ink(WHITE))


def bridge(v: View, half: float, z: float, day: Day, dice: Dice) -> None:
    """A road that crosses over."""
    pen = v.pen
    pen.draws("bridge")
    tone = day.far(hsv(0.1, 0.06, dice.between(0.62, 0.8)), z)
    for x in (-half, half):
        v.box(x - 0.7, x + 0.7, 0.0, 5.0, z, z + 5, tone, 4)
    wide = half * 5
    v.box(-wide, wide, 4.8, 6.4, z, z + 7, tone, 4)
    v.front(-wide, wide, 6.4, 6.9, z, pen.ink(tone, 0.8))
    v.front(-wide, wide, 4.8, 5.05, z, pen.ink(tone, 0.72))


def mailbox(v: View, x: float, z: float, day: Day, dice: Dice) -> None:
    pen = v.pen
    pen.draws("mailbox")
    tone = apart(
        hsv(dice.pick((0.0, 0.58, 0.1, 0.35)), dice.between(0.4, 0.75), dice.between(0.5, 0.85)),
        day.grass,
        40,
    )
    shape(v, x, z, [(-0.06, 0), (0.06, 0), (0.06, 0.9), (-0.06, 0.9)], pen.ink(BARK))
    v.box(x - 0.3, x + 0.3, 0.9, 1.35, z - 0.1, z + 0.5, tone)
    disc(v, x, 1.35, z - 0.1, 0.3, pen.ink(tone))
    v.front(x + 0.3, x + 0.38, 1.3, 1.75, z - 0.1, pen.ink((230.0, 70.0, 60.0)))
    v.front(x - 0.2, x + 0.2, 1.0, 1.12, z - 0.1, pen.ink(tone, 0.6))
