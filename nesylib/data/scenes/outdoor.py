"""Which things stand beside which road, and how likely: the grammar of the outdoor classes."""

from __future__ import annotations

from collections.abc import Callable

from . import outdoor_parts as op
from .outdoor_parts import Day
from .palette import WHITE, Colour, hsv, mix
from .pen import Pen
from .rng import Dice
from .view import View

FAR = 400.0
STEPS = (2.0, 3.0, 4.0, 5.5, 7.5, 10.0, 13.0, 17.0, 22.0, 30.0, 45.0, 90.0, 400.0)


class Road:
    """Sky, ground and a road into the distance; things are placed, then drawn far to near."""

    def __init__(self, pen: Pen, dice: Dice, day: Day, high: float = 0.0) -> None:
        self.pen, self.dice, self.day = pen, dice, day
        s = pen.side
        horizon = s * dice.between(0.3, 0.6)
        eye = dice.between(1.5, 2.6) + high
        self.view = View(pen, s * dice.between(0.24, 0.76), horizon, s * dice.between(0.7, 1.15),
                         dice.between(-1.2, 1.2), eye, dice.pick((-1, 1)))  # fmt: skip
        self.bend = dice.between(-0.005, 0.005)
        self.things: list[tuple[float, Callable[[], None]]] = []
        self.shadows: list[list[float]] = []

    def offset(self, z: float) -> float:
        """How far the bend has carried the road sideways at depth ``z``."""
        return self.bend * z * z if z < 30 else self.bend * (900 + 60 * (z - 30))

    def add(
        self,
        draw: Callable[..., None],
        x: float,
        z: float,
        *args: object,
        shadow: float = 0.0,
        long: float = 0.0,
    ) -> None:
        """Something at ``x`` metres from the middle of the road.

        ``shadow`` is the width of what touches the ground, ``long`` its length.
        """
        x += self.offset(z)
        view, day, dice = self.view, self.day, self.dice
        self.things.append((z, lambda: draw(view, x, z, day, dice, *args)))
        if shadow:
            reach = 0.75 if view.left > view.right else -0.75
            a, b = sorted((x - shadow * 0.5 * (1 if reach > 0 else -1), x + shadow * reach))
            self.shadows.append(
                view.flat_shape(0.0, a, b, max(z - 0.12, 1.0), z + (long or shadow * 0.35))
            )

    def strip(self, x0: float, x1: float, ink: int, z0: float = 1.2, z1: float = FAR) -> None:
        """A band of ground along the road."""
        v = self.view
        steps = [z0, *(z for z in STEPS if z0 < z < z1), z1]
        near = [v.at(x0 + self.offset(z), 0.0, z) for z in steps]
        far = [v.at(x1 + self.offset(z), 0.0, z) for z in reversed(steps)]
        self.pen.poly(near + far, fill=ink)

    def sky(self, clouds: float = 0.5, sun: float = 0.35) -> None:
        pen, day, dice, s = self.pen, self.day, self.dice, self.pen.side
        horizon = self.view.vy
        pen.draws("sky")
        bands = 28 if pen.fine else 16
        for k in range(bands):
            tone = mix(day.sky, day.low, k / (bands - 1))
            pen.rect((0, horizon * k / bands, s, horizon + 1), fill=pen.ink(tone))
        if dice.chance(sun):
            pen.draws("sun")
            x, y = s * dice.between(0.12, 0.88), horizon * dice.between(0.25, 0.75)
            r = s * dice.between(0.05, 0.08)
            pen.ellipse((x - r, y - r, x + r, y + r), fill=pen.ink(day.sun_colour))
            pen.glow(x, y, 0.22, 0.22, (1.0, 0.9, 0.65))
        if dice.chance(clouds):
            pen.draws("cloud")
            white = mix(day.low, (255.0, 255.0, 255.0), 0.65 if not day.dusk else 0.25)
            tone, shade = pen.ink(white), pen.ink(white, 0.93)
            for _ in range(1 + dice.below(3)):
                x, y = s * dice.between(0.05, 0.95), horizon * dice.between(0.12, 0.7)
                r = s * dice.between(0.035, 0.065)
                pen.ellipse((x - 2.6 * r, y - 0.5 * r, x + 2.6 * r, y + 0.7 * r), fill=shade)
                pen.ellipse((x - 1.7 * r, y - 1.1 * r, x + 0.1 * r, y + 0.5 * r), fill=tone)
                pen.ellipse((x - 0.6 * r, y - 1.5 * r, x + 1.5 * r, y + 0.5 * r), fill=tone)

    def mountains(self, colour: Colour, kind: str, height: float) -> None:
        pen, dice, day, s = self.pen, self.dice, self.day, self.pen.side
        horizon = self.view.vy
        pen.draws("mountain")
        for layer in range(2):
            tone = mix(colour, day.haze, 0.6 - 0.28 * layer)
            ink, shade = pen.ink(tone), pen.ink(tone, 0.87)
            x = -s * dice.between(0.0, 0.25)
            while x < s:
                wide = s * dice.between(0.22, 0.5)
                top = horizon - s * height * dice.between(0.4, 1.0) * (1 - 0.35 * layer)
                if kind == "mesa":
                    a, b = x + wide * 0.16, x + wide * 0.84
                    pen.poly([x, horizon + 1, a, top, b, top, x + wide, horizon + 1], fill=ink)
                    pen.poly(
                        [
                            x + wide * 0.6,
                            horizon + 1,
                            x + wide * 0.62,
                            top,
                            b,
                            top,
                            x + wide,
                            horizon + 1,
                        ],
                        fill=shade,
                    )
                    x += wide * dice.between(0.9, 1.8)
                elif kind == "peak":
                    m = x + wide * dice.between(0.4, 0.6)
                    pen.poly([x, horizon + 1, m, top, x + wide, horizon + 1], fill=ink)
                    pen.poly(
                        [m, top, x + wide, horizon + 1, m + wide * 0.08, horizon + 1], fill=shade
                    )
                    if top < horizon - s * 0.1:
                        t = 0.3
                        snow = pen.ink(mix(tone, WHITE, 0.75))
                        y = top + (horizon - top) * t
                        pen.poly(
                            [
                                m,
                                top,
                                m - (m - x) * t,
                                y,
                                m,
                                y - s * 0.012,
                                m + (x + wide - m) * t,
                                y,
                            ],
                            fill=snow,
                        )
                    x += wide * dice.between(0.5, 0.9)
                else:
                    pen.ellipse((x, top, x + wide * 1.6, 2 * horizon - top), fill=ink)
                    x += wide * dice.between(0.6, 1.0)

    def ground(self, concept: str, colour: Colour, texture: int = 3) -> None:
        pen, v, s = self.pen, self.view, self.pen.side
        pen.draws(concept)
        bands = 12 if pen.fine else 6
        for k in range(bands):
            y = v.vy + (s - v.vy) * 0.42 * (k / (bands - 1)) ** 1.8
            tone = self.day.far(colour, 70.0 * (1 - k / (bands - 1)) ** 1.6)
            pen.rect((0, y, s, s), fill=pen.ink(tone, 1.0, texture))
        tufts = Dice(f"ground{self.dice.random()}")
        if pen.fine and texture == 3:
            inks = [pen.ink(colour, shade, texture) for shade in (0.84, 0.92, 1.1)]
            upright = concept == "grass"
            for _ in range(170):
                z = 2.2 / (0.06 + tufts.random())
                x, y = v.at(tufts.between(-1.0, 1.0) * z, 0.0, z)
                k = v.focal / z * 0.05
                ink = tufts.pick(inks)
                if upright:
                    pen.poly(
                        (x - k, y, x - 2 * k, y - 4 * k, x, y, x + k * 1.5, y - 4.5 * k, x + k, y),
                        fill=ink,
                    )
                else:
                    pen.ellipse((x - 5 * k, y - k * 0.6, x + 5 * k, y + k * 0.6), fill=ink)

    def surface(self, half: float, colour: Colour | None = None, shoulder: bool = False) -> None:
        pen = self.pen
        pen.draws("road")
        colour = colour or self.day.asphalt
        if shoulder:
            self.strip(-half - 0.4, half + 0.4, pen.ink(mix(colour, (190.0, 180.0, 160.0), 0.45)))
        self.strip(-half, half, pen.wall_ink(colour, 1.0, 4))

    def dashes(
        self, x: float, width: float, colour: Colour, length: float = 2.2, gap: float = 2.6
    ) -> None:
        pen, v = self.pen, self.view
        pen.draws("lane_marking")
        ink = pen.ink(colour)
        z = 1.4 + self.dice.between(0, 1.0)
        while z < 36:
            b = z + length * (1 + z / 30)
            o, p = self.offset(z), self.offset(b)
            (ax, ay), (bx, by) = v.at(x - width + o, 0, z), v.at(x + width + o, 0, z)
            (cx, cy), (dx, dy) = v.at(x + width + p, 0, b), v.at(x - width + p, 0, b)
            pen.poly([ax, ay, bx, by, cx, cy, dx, dy], fill=ink)
            z = b + gap * (1 + z / 30)

    def line(self, x: float, width: float, colour: Colour) -> None:
        self.pen.draws("lane_marking")
        self.strip(x - width, x + width, self.pen.ink(colour), 1.3, 60)

    def finish(self) -> None:
        """Shadows, then everything that was added, far to near."""
        if self.shadows and not (self.day.dusk):
            self.pen.shade(self.shadows, 0.78)
        for _, paint in sorted(self.things, key=lambda thing: -thing[0]):
            paint()


YELLOW: Colour = (236.0, 190.0, 72.0)


def draw_road(kind: str, pen: Pen, dice: Dice, day: Day) -> Road:
    """Draw one road of class ``kind``."""
    road = Road(pen, dice, day, {"highway": 0.9}.get(kind, 0.0))
    GRAMMAR[kind](road, dice, day)
    road.finish()
    return road


def _markings(road: Road, dice: Dice, half: float, p: float) -> None:
    if dice.chance(p):
        tone = dice.pick((YELLOW, WHITE))
        if dice.chance(0.7):
            road.dashes(0.0, 0.11, tone)
        else:
            road.line(-0.12, 0.06, tone)
            road.line(0.12, 0.06, tone)
        if dice.chance(0.5):
            road.line(-half + 0.25, 0.07, WHITE)
            road.line(half - 0.25, 0.07, WHITE)


def _sides(dice: Dice, low: float, high: float) -> float:
    return dice.pick((-1, 1)) * dice.between(low, high)


def desert_road(road: Road, dice: Dice, day: Day) -> None:
    road.sky(0.35, 0.5)
    if dice.chance(0.75):
        rust = hsv(dice.between(0.02, 0.08), dice.between(0.3, 0.5), dice.between(0.5, 0.72))
        road.mountains(rust, dice.pick(("mesa", "mesa", "hill", "peak")), dice.between(0.08, 0.34))
    road.ground("sand", day.sand)
    half = dice.between(1.8, 4.8)
    road.surface(half, None if dice.chance(0.75) else mix(day.sand, (120.0, 90.0, 70.0), 0.4), True)
    _markings(road, dice, half, 0.65)
    for _ in range(dice.below(5)):
        road.add(op.cactus, _sides(dice, half + 1.2, half + 6), dice.between(4.5, 16), shadow=0.9)
    for _ in range(dice.below(4)):
        road.add(op.rock, _sides(dice, half + 1.2, half + 6), dice.between(4.5, 18), shadow=0.8)
    for _ in range(dice.pick((0, 0, 2, 5))):
        road.add(op.bush, _sides(dice, half + 1, half + 6), dice.between(4.5, 14), shadow=0.7)
    if dice.chance(0.06):
        _building(road, dice, dice.pick((-1, 1)), half + 3, dice.between(8, 14), 4.5)
    for _ in range(dice.pick((0, 0, 0, 0, 1, 3))):
        road.add(op.tree, _sides(dice, half + 2, half + 6), dice.between(8, 16), 2, 4.0, shadow=1.2)
    if dice.chance(0.3):
        away = dice.chance(0.5)
        road.add(
            op.car,
            half * (0.48 if away else -0.48),
            dice.between(5, 13),
            away,
            shadow=1.9,
            long=4.0,
        )
    elif dice.chance(0.12):
        road.add(op.truck, half * 0.5, dice.between(8, 14), shadow=2.5, long=8.0)
    if dice.chance(0.2):
        road.add(
            op.road_sign, _sides(dice, half + 0.8, half + 1.6), dice.between(5, 10), shadow=0.4
        )
    if dice.chance(0.15):
        _fence(road, dice, half + 1.5)


def forest_road(road: Road, dice: Dice, day: Day) -> None:
    road.sky(0.3, 0.25)
    if dice.chance(0.4):
        road.mountains(hsv(0.55, 0.2, 0.5), dice.pick(("peak", "hill")), dice.between(0.1, 0.26))
    litter = dice.random()
    if litter < 0.3:
        tone = hsv(dice.between(0.04, 0.12), dice.between(0.2, 0.5), dice.between(0.36, 0.78))
        road.ground("", tone)
    else:
        road.ground("grass", mix(day.grass, (70.0, 80.0, 50.0), dice.between(0.0, 0.5)))
    half = dice.between(1.5, 3.8)
    earth = dice.chance(0.35)
    road.surface(
        half, hsv(0.08, 0.35, dice.between(0.42, 0.65)) if earth else None, dice.chance(0.4)
    )
    if not earth:
        _markings(road, dice, half, 0.4)
    kind = dice.pick((0, 2, 3, None, None))
    count = dice.pick((8, 11, 14, 18))
    for k in range(count):
        z = 4.5 + 26 * (k / count) ** 1.2 + dice.between(0, 1.5)
        side = -1 if k % 2 else 1
        road.add(
            op.tree,
            side * dice.between(half + 1.6, half + 5),
            z,
            kind,
            shadow=1.6 if z < 12 else 0.0,
        )
    for _ in range(dice.below(4)):
        road.add(op.bush, _sides(dice, half + 0.9, half + 3), dice.between(4, 12), shadow=0.7)
    for _ in range(dice.pick((0, 0, 1, 2))):
        road.add(op.rock, _sides(dice, half + 0.9, half + 3), dice.between(4, 10), shadow=0.8)
    for _ in range(dice.pick((0, 0, 1, 2))):
        road.add(op.flowers, _sides(dice, half + 1.0, half + 2.4), dice.between(3.6, 7))
    if dice.chance(0.25):
        away = dice.chance(0.5)
        road.add(
            op.car,
            half * (0.45 if away else -0.45),
            dice.between(5, 13),
            away,
            shadow=1.9,
            long=4.0,
        )
    if dice.chance(0.15):
        road.add(op.road_sign, _sides(dice, half + 0.7, half + 1.2), dice.between(5, 9), shadow=0.4)
    if dice.chance(0.12):
        _fence(road, dice, half + 0.9)


def _building(road: Road, dice: Dice, side: int, inner: float, z: float, tall: float) -> float:
    """A building whose front is ``inner`` metres from the middle of the road; its length."""
    deep, wide = dice.between(5, 9), dice.between(6, 9)
    o = road.offset(z)
    x0, x1 = (inner + o, inner + wide + o) if side > 0 else (-inner - wide + o, -inner + o)
    view, day = road.view, road.day
    road.things.append((z + 0.5, lambda: op.building(view, x0, x1, z, z + deep, tall, day, dice)))
    return deep


def street(road: Road, dice: Dice, day: Day) -> None:
    road.sky(0.5, 0.25)
    green = dice.random()
    park = (-1, 1) if green < 0.1 else (dice.pick((-1, 1)),) if green < 0.4 else ()
    if park:
        road.ground("grass", day.grass)
    else:
        paved = hsv(dice.between(0.03, 0.12), dice.between(0.0, 0.3), dice.between(0.5, 0.75))
        road.ground("", paved, 4)
    half = dice.between(2.0, 4.4)
    walk = dice.between(1.4, 2.4)
    bare = not park and dice.chance(0.35)
    road.pen.draws("sidewalk")
    tone = hsv(dice.between(0.02, 0.13), dice.between(0.02, 0.4), dice.between(0.5, 0.84))
    if not bare:
        road.strip(-half - walk, half + walk, road.pen.ink(tone, 1.0, 4))
        road.strip(-half - 0.18, half + 0.18, road.pen.ink(tone, 1.14))
    road.surface(half)
    _markings(road, dice, half, 0.55)
    if dice.chance(0.4):
        z = dice.between(4.5, 8)
        road.pen.draws("crosswalk")
        white, n = road.pen.ink(WHITE, 0.98), int(half * 2 / 0.8)
        for k in range(n):
            a = -half + 0.2 + 0.8 * k + road.offset(z)
            road.view.flat(0.0, a, a + 0.45, z, z + 2.2, white)
    for side in (-1, 1):
        z = dice.between(4.0, 9.0)
        inner = half + (0.5 if bare else walk) + dice.between(0.0, 0.4)
        if side in park:
            for k in range(dice.pick((3, 5, 8))):
                place = side * (inner + dice.between(0.6, 3.0))
                road.add(op.tree, place, 5.0 + 3.5 * k, dice.pick((2, 3, None)), shadow=1.4)
            continue
        while z < 44:
            z += _building(road, dice, side, inner, z, dice.between(5.5, 15))
            z += dice.pick((0.0, 0.0, 1.5))
    for _ in range(dice.below(4)):
        side = dice.pick((-1, 1))
        road.add(op.car, side * (half - 1.0), dice.between(5, 16), side > 0, shadow=1.9, long=4.0)
    for _ in range(dice.below(3)):
        road.add(
            op.tree,
            dice.pick((-1, 1)) * (half + walk * 0.6),
            dice.between(6, 16),
            dice.pick((2, 3)),
            4.2,
            shadow=1.2,
        )
    for _ in range(dice.below(3)):
        road.add(op.street_lamp, dice.pick((-1, 1)) * (half + 0.4), dice.between(6, 14), shadow=0.3)
    if dice.chance(0.35):
        road.add(
            op.traffic_light, dice.pick((-1, 1)) * (half + 0.5), dice.between(5.5, 9), shadow=0.4
        )
    if dice.chance(0.2):
        road.add(op.road_sign, dice.pick((-1, 1)) * (half + 0.5), dice.between(5, 9), shadow=0.3)
    if dice.chance(0.15):
        road.add(op.bush, dice.pick((-1, 1)) * (half + walk), dice.between(4, 8), shadow=0.6)


def driveway(road: Road, dice: Dice, day: Day) -> None:
    road.bend = 0.0
    road.sky(0.5, 0.3)
    if dice.chance(0.25):
        road.mountains(hsv(dice.random(), 0.2, 0.55), dice.pick(("hill", "peak", "mesa")), 0.14)
    dry = dice.chance(0.4)
    road.ground("sand" if dry else "grass", day.sand if dry else day.grass)
    z = dice.between(9.5, 15)
    half = dice.between(1.3, 2.4)
    paved = hsv(dice.between(0.05, 0.12), dice.between(0.02, 0.25), dice.between(0.55, 0.82))
    road.pen.draws("road")
    road.strip(
        -half, half, road.pen.wall_ink(paved if dice.chance(0.7) else day.asphalt, 1.0, 4), 1.2, z
    )
    seam = road.pen.ink(paved, 0.85)
    for k in range(1, 4):
        road.view.flat(0.0, -half, half, z * k / 4, z * k / 4 + 0.1, seam)
    right = dice.chance(0.5)
    wide = dice.between(5.0, 8.5)
    x0, x1 = (-2.0, wide) if right else (-wide, 2.0)
    gate = 0.0 if dice.chance(0.8) else None
    if dice.chance(0.22):
        x0, x1 = -2.3, 2.3
        road.things.append((z, lambda: op.lone_garage(road.view, x0, x1, z, day, dice)))
    else:
        road.things.append((z, lambda: op.house(road.view, x0, x1, z, day, dice, gate)))
    road.shadows.append(road.view.flat_shape(0.0, x0 - 0.3, x1 + 0.3, z - 0.9, z))
    for _ in range(dice.below(4)):
        road.add(
            op.tree,
            dice.pick((-1, 1)) * dice.between(3.4, 9),
            dice.between(z + 3, z + 9),
            None,
            6.5,
        )
    if dice.chance(0.35):
        road.add(
            op.tree,
            dice.pick((-1, 1)) * dice.between(3.0, 4.5),
            dice.between(6, 8.5),
            dice.pick((2, 3)),
            4.2,
            shadow=1.2,
        )
    for _ in range(dice.below(4)):
        road.add(op.bush, _sides(dice, half + 1.2, 5), dice.between(z - 2.5, z - 0.8), shadow=0.7)
    if dice.chance(0.4):
        road.add(op.flowers, _sides(dice, half + 1.0, 3.2), dice.between(4, 7))
    if dice.chance(0.4):
        road.add(
            op.car,
            dice.between(-0.2, 0.2),
            dice.between(5.2, z - 4.3),
            dice.chance(0.5),
            shadow=1.2,
        )
    if dice.chance(0.4):
        road.add(op.mailbox, dice.pick((-1, 1)) * (half + 0.8), dice.between(3.4, 5), shadow=0.4)
    if dice.chance(0.3):
        _fence(road, dice, dice.between(4.5, 6.0), z)
    if dry and dice.chance(0.6):
        road.add(op.cactus, _sides(dice, half + 1.2, 4), dice.between(5, 8.5), shadow=0.8)
    if dry and dice.chance(0.4):
        road.add(op.rock, _sides(dice, half + 1.2, 4), dice.between(5, 8.5), shadow=0.8)


def highway(road: Road, dice: Dice, day: Day) -> None:
    road.bend *= 0.5
    road.sky(0.5, 0.3)
    if dice.chance(0.55):
        tone = hsv(dice.pick((0.05, 0.3, 0.58)), 0.25, 0.55)
        road.mountains(tone, dice.pick(("hill", "peak", "mesa")), dice.between(0.07, 0.3))
    dry = dice.chance(0.45)
    road.ground("sand" if dry else "grass", day.sand if dry else day.grass)
    lanes = dice.pick((2, 3, 3, 4))
    half = lanes * dice.between(1.6, 1.9)
    road.surface(half, None, True)
    for k in range(1, lanes):
        road.dashes(-half + 2 * half * k / lanes, 0.13, WHITE)
    road.line(-half + 0.35, 0.12, dice.pick((YELLOW, WHITE)))
    road.line(half - 0.35, 0.12, WHITE)
    mark = dice.random()
    if mark < 0.72:
        for side in (-1, 1) if dice.chance(0.6) else (dice.pick((-1, 1)),):
            _guardrail(road, side * (half + 0.7))
    if mark > 0.6:
        z = dice.between(11, 17)
        if dry or dice.chance(0.5):
            o = road.offset(z)
            road.things.append((z, lambda: op.bridge(road.view, half + 1.6 + abs(o), z, day, dice)))
        else:
            o = road.offset(z)
            road.things.append(
                (z, lambda: op.gantry(road.view, -half - 0.6 + o, half + 0.6 + o, z, day, dice))
            )
    for _ in range(dice.below(4)):
        lane = -half + 2 * half * (dice.below(lanes) + 0.5) / lanes
        road.add(op.car, lane, dice.between(6, 20), lane > 0, shadow=1.9, long=4.0)
    if dice.chance(0.4):
        lane = -half + 2 * half * (lanes - 0.5) / lanes
        road.add(op.truck, lane, dice.between(8, 16), shadow=2.5, long=8.0)
    for _ in range(dice.below(4)):
        road.add(op.tree, _sides(dice, half + 3, half + 9), dice.between(10, 26), shadow=1.4)
    if dice.chance(0.12):
        x, side = dice.between(half + 4, half + 8), dice.pick((-1, 1))
        a, b = (x, x + 6) if side > 0 else (-x - 6, -x)
        z = dice.between(12, 18)
        o = road.offset(z)
        road.things.append((z + 6, lambda: op.house(road.view, a + o, b + o, z, day, dice, None)))
    for _ in range(dice.below(3)):
        road.add(op.bush, _sides(dice, half + 1.6, half + 5), dice.between(7, 16), shadow=0.7)
    if dice.chance(0.2):
        road.add(op.street_lamp, dice.pick((-1, 1)) * (half + 1.2), dice.between(8, 14))
    if dry and dice.chance(0.3):
        road.add(op.cactus, _sides(dice, half + 2, half + 5), dice.between(8, 14), shadow=0.8)


def _guardrail(road: Road, x: float) -> None:
    v, pen, day = road.view, road.pen, road.day

    def draw() -> None:
        pen.draws("guardrail")
        steps = [1.5, *(z for z in STEPS if z > 1.5 and z < 60)]
        for low, high, tone in ((0.0, 0.12, 0.66), (0.45, 0.62, 0.82), (0.62, 0.95, 1.02)):
            if low == 0.0:
                z = 2.0
                while z < 26:
                    xo = x + road.offset(z)
                    v.front(xo - 0.07, xo + 0.07, 0.0, 0.6, z, pen.ink((110.0, 114.0, 118.0)))
                    z *= 1.3
                continue
            top = [v.at(x + road.offset(z), high, z) for z in steps]
            bottom = [v.at(x + road.offset(z), low, z) for z in reversed(steps)]
            pen.poly(top + bottom, fill=pen.ink(mix((206.0, 210.0, 214.0), day.haze, 0.15), tone))

    road.things.append((40.0, draw))


def _fence(road: Road, dice: Dice, x: float, end: float = 22.0) -> None:
    v, pen = road.view, road.pen
    x *= dice.pick((-1, 1))
    tone = dice.pick((WHITE, (150.0, 112.0, 80.0), (110.0, 84.0, 64.0)))

    def draw() -> None:
        pen.draws("fence")
        ink, dark = pen.ink(tone), pen.ink(tone, 0.8)
        steps = [2.0, *(z for z in STEPS if 2 < z < end), end]
        for low, high in ((0.3, 0.48), (0.74, 0.92)):
            top = [v.at(x + road.offset(z), high, z) for z in steps]
            bottom = [v.at(x + road.offset(z), low, z) for z in reversed(steps)]
            pen.poly(top + bottom, fill=ink)
        z = 2.2
        while z < end:
            xo = x + road.offset(z)
            v.front(xo - 0.09, xo + 0.09, 0.0, 1.1, z, dark)
            z += 1.5 + z * 0.05

    road.things.append((min(end, 30.0), draw))


GRAMMAR = {f.__name__: f for f in (desert_road, forest_road, street, driveway, highway)}
