"""An empty room seen in perspective, and the art of furnishing it without collisions."""

from __future__ import annotations

from collections.abc import Callable
from functools import cmp_to_key, partial

from .look import Look
from .palette import WHITE, apart, mix
from .pen import Pen
from .rng import Dice
from .view import Back, Left, Right, View, Wall

Footprint = tuple[float, float, float, float]
TOP = 2.35


class Room:
    """Camera, walls and what has been placed.

    Things are first placed (``stand``, ``hang``, ``put``), then drawn from far to near.
    """

    def __init__(self, pen: Pen, look: Look, dice: Dice, wide: float = 1.0) -> None:
        self.pen, self.look, self.dice = pen, look, dice
        s = pen.side
        self.width = dice.between(3.3, 4.6) * wide
        self.depth = dice.between(3.7, 5.0)
        self.height = dice.between(2.5, 2.8)
        share = dice.between(0.78, 1.25)
        focal = s * share * self.depth / self.width
        cx = self.width * dice.between(0.28, 0.72)
        cy = dice.between(1.3, 1.75)
        vx = s * (0.5 + (cx / self.width - 0.5) * share + dice.between(-0.1, 0.1))
        floor_line = s * dice.between(0.56, 0.74)
        self.sun = dice.pick((-1, 1))
        self.view = View(pen, vx, floor_line - cy * focal / self.depth, focal, cx, cy, self.sun)
        k = self.depth / focal
        seen = (max(0.03, cx - vx * k), min(self.width - 0.03, cx + (s - vx) * k))
        back = Back(self.view, self.depth, self.height, seen)
        self.back = back
        self.walls: list[Wall] = [back]
        near_left = cx * focal / vx if vx > 1 else self.depth
        near_right = (self.width - cx) * focal / (s - vx) if vx < s - 1 else self.depth
        self.left = Left(self.view, 0.0, self.height, (near_left, self.depth))
        self.right = Right(self.view, self.width, self.height, (near_right, self.depth))
        for wall in (self.left, self.right):
            if wall.visible[1] - wall.visible[0] > 0.9:
                self.walls.append(wall)
        self.sunny = dice.chance(0.6)
        self.used: list[Footprint] = []
        self.upper: list[tuple[Wall, float, float]] = []
        self.standing: list[tuple[Footprint, Callable[[], None]]] = []
        self.hanging: list[Callable[[], None]] = []
        self.on_floor: list[Callable[[], None]] = []
        self.above: list[Callable[[], None]] = []
        self.windows: list[tuple[Wall, float, float]] = []

    # --- placing -------------------------------------------------------------------------------

    def stand(
        self,
        draw: Callable[..., None],
        width: float,
        deep: float,
        *args: object,
        tall: bool = False,
        only_back: bool = False,
        tries: int = 7,
    ) -> tuple[Wall, float, float] | None:
        """Place something with its back to a wall; None if no place is left."""
        dice = self.dice
        for attempt in range(tries):
            if only_back or len(self.walls) == 1 or dice.chance(0.62) or attempt == tries - 1:
                wall = self.back
            else:
                wall = dice.pick(self.walls[1:])
            low, high = wall.visible
            slack = 0.0 if wall is self.back else 0.1
            if high - low < width * (1 - slack):
                continue
            u0 = dice.between(low, max(high - width, low))
            u1 = u0 + width
            foot = wall.room_box(u0, u1, 0.0, deep)
            if self._collides(foot) or (tall and self._hung(wall, u0, u1)):
                continue
            self.used.append(foot)
            if tall:
                self.upper.append((wall, u0, u1))
            self.standing.append((foot, partial(draw, wall, u0, u1, self.look, dice, *args)))
            return wall, u0, u1
        return None

    def hang(
        self,
        draw: Callable[..., None],
        width: float,
        *args: object,
        over: tuple[Wall, float, float] | None = None,
        tries: int = 6,
    ) -> tuple[Wall, float, float] | None:
        """Place something on a wall, over ``over`` if given."""
        dice = self.dice
        for _ in range(1 if over else tries):
            if over:
                wall, a, b = over
                u0 = (a + b - width) / 2
            else:
                side = len(self.walls) > 1 and dice.chance(0.35)
                wall = dice.pick(self.walls[1:]) if side else self.back
                low, high = wall.visible
                if high - low < width + 0.1:
                    continue
                u0 = dice.between(low + 0.05, high - width - 0.05)
            u1 = u0 + width
            if self._hung(wall, u0, u1):
                continue
            self.upper.append((wall, u0, u1))
            self.hanging.append(partial(draw, wall, u0, u1, self.look, dice, *args))
            return wall, u0, u1
        return None

    def put(
        self, draw: Callable[..., None], x0: float, x1: float, z: float, deep: float, *args: object
    ) -> None:
        """Place something in the middle of the room, facing the camera, its back at ``z``."""
        line = Back(self.view, z, self.height, (0.0, self.width))
        foot = (x0, x1, z - deep, z)
        self.used.append(foot)
        self.standing.append((foot, lambda: draw(line, x0, x1, *args)))

    def free(self, x0: float, x1: float, z0: float, z1: float) -> bool:
        return not self._collides((x0, x1, z0, z1))

    def floor_span(self, z: float) -> tuple[float, float]:
        """What of the floor is seen at depth ``z``: smallest and largest X."""
        v = self.view
        k = z / v.focal
        low, high = v.cx - v.vx * k, v.cx + (self.pen.side - v.vx) * k
        return max(0.05, low), min(self.width - 0.05, high)

    def nearest_floor(self) -> float:
        """The depth at which the floor leaves the picture."""
        v = self.view
        return v.cy * v.focal / (self.pen.side - v.vy)

    def _collides(self, foot: Footprint) -> bool:
        a, b, c, d = foot
        return any(a < x1 and x0 < b and c < z1 and z0 < d for x0, x1, z0, z1 in self.used)

    def _hung(self, wall: Wall, u0: float, u1: float) -> bool:
        return any(w is wall and u0 < b + 0.06 and a - 0.06 < u1 for w, a, b in self.upper)

    # --- drawing -------------------------------------------------------------------------------

    def draw(self) -> None:
        """Everything, from far to near."""
        self.pen.draws("")
        self._shell()
        for paint in self.on_floor:
            paint()
        self._sunlight()
        self._shadows()
        for paint in self.hanging:
            paint()
        for _, paint in sorted(self.standing, key=cmp_to_key(self._further)):
            paint()
        for paint in self.above:
            paint()

    def _further(self, a: tuple[Footprint, object], b: tuple[Footprint, object]) -> int:
        (ax0, ax1, az0, az1), (bx0, bx1, bz0, bz1) = a[0], b[0]
        if az0 >= bz1 - 0.02:
            return -1
        if bz0 >= az1 - 0.02:
            return 1
        cx = self.view.cx
        far_a, far_b = abs((ax0 + ax1) / 2 - cx), abs((bx0 + bx1) / 2 - cx)
        return -1 if far_a > far_b else 1

    def _sunlight(self) -> None:
        """Patches of sun on the floor below the windows of the far wall."""
        if self.look.dusk or not self.sunny:
            return
        patches = []
        for wall, u0, u1 in self.windows:
            if wall is not self.back:
                continue
            near, far = self.depth - 1.9, self.depth - 0.7
            lean = 0.55 * -self.sun
            middle = (u0 + u1) / 2
            for a, b in ((u0, middle - 0.05), (middle + 0.05, u1)):
                at = self.view.at
                patches.append(
                    [at(a + lean * 2, 0, near), at(b + lean * 2, 0, near),
                     at(b + lean, 0, far), at(a + lean, 0, far)]
                )  # fmt: skip
        if patches:
            self.pen.shade(patches, 1.2)

    def _shadows(self) -> None:
        if not self.standing:
            return
        shape = self.view.flat_shape
        polygons = []
        for (x0, x1, z0, z1), _ in self.standing:
            reach = 0.22
            a, b = (x0 - 0.04, x1 + reach) if self.sun < 0 else (x0 - reach, x1 + 0.04)
            polygons.append(shape(0.0, a, b, z0 - 0.1, z1))
        self.pen.shade(polygons, 0.74)

    def _shell(self) -> None:
        pen, look, dice, v, s = self.pen, self.look, self.dice, self.view, self.pen.side
        w, h, z = self.width, self.height, self.depth
        ceiling = mix(look.wall, WHITE, 0.72)
        pen.rect((0, 0, s, s), fill=pen.ink(ceiling, 0.96))
        texture = dice.pick((0, 1, 1))
        wall_ink = pen.wall_ink(look.wall, 1.0, texture)
        left = pen.wall_ink(look.wall, 0.8 if self.sun < 0 else 0.93, texture)
        right = pen.wall_ink(look.wall, 0.93 if self.sun < 0 else 0.8, texture)
        floor_texture = dice.pick((2, 3, 4, 0))
        v.flat(0.0, 0.0, w, 0.3, z, pen.ink(look.floor, 1.0, floor_texture))
        self._floor_pattern(floor_texture)
        v.side(0.0, 0.3, z, 0.0, h, left)
        v.side(w, 0.3, z, 0.0, h, right)
        v.front(0.0, w, 0.0, h, z, wall_ink)
        self._wall_pattern()
        skirting = pen.ink(apart(look.white, look.wall, 24))
        v.side(0.0, 0.3, z, 0.0, 0.09, skirting)
        v.side(w, 0.3, z, 0.0, 0.09, skirting)
        v.front(0.0, w, 0.0, 0.09, z, skirting)

    def _floor_pattern(self, texture: int) -> None:
        pen, look, dice, v, w, z = self.pen, self.look, self.dice, self.view, self.width, self.depth
        line = pen.ink(look.floor, 0.84)
        kind = dice.random()
        near = max(self.nearest_floor() - 0.1, 0.6)
        if kind < 0.4:
            boards = dice.pick((7, 9, 12))
            for k in range(1, boards):
                x = w * k / boards
                v.flat(0.0, x - 0.012, x + 0.012, near, z, line)
            if pen.fine:
                for k in range(boards):
                    a = near + (z - near) * ((k * 0.37) % 1.0)
                    v.flat(0.0, w * k / boards, w * (k + 1) / boards, a, a + 0.02, line)
        elif kind < 0.7:
            tile = dice.between(0.4, 0.7)
            checker = dice.chance(0.4)
            columns, rows = int(w / tile) + 1, int((z - near) / tile) + 1
            if checker:
                other = pen.ink(mix(look.floor, WHITE, 0.4))
                for r in range(rows):
                    b = z - r * tile
                    for c in range(r % 2, columns, 2):
                        v.flat(0.0, c * tile, min((c + 1) * tile, w), max(b - tile, near), b, other)
            else:
                for c in range(1, columns):
                    v.flat(0.0, c * tile - 0.014, c * tile + 0.014, near, z, line)
                for r in range(1, rows):
                    v.flat(0.0, 0.0, w, z - r * tile - 0.014, z - r * tile + 0.014, line)

    def _wall_pattern(self) -> None:
        pen, look, dice, v, w, h, z = (
            self.pen, self.look, self.dice, self.view, self.width, self.height, self.depth,
        )  # fmt: skip
        kind = dice.random()
        if kind < 0.14:
            n = dice.pick((9, 13, 17))
            stripe = pen.wall_ink(look.wall, dice.pick((0.9, 1.07)))
            for k in range(n):
                a = w * k / n
                v.front(a, a + w / n / 2, 0.0, h, z, stripe)
        elif kind < 0.34:
            top = dice.pick((1.0, 1.2, 2.0, h))
            tile = dice.between(0.24, 0.4)
            tone = mix(look.wall, WHITE, dice.between(0.0, 0.4))
            v.front(0.0, w, 0.0, top, z, pen.wall_ink(tone))
            line = pen.wall_ink(tone, 0.88)
            for k in range(1, int(w / tile) + 1):
                v.front(k * tile - 0.012, k * tile + 0.012, 0.0, top, z, line)
            for k in range(1, int(top / tile) + 1):
                v.front(0.0, w, k * tile - 0.012, k * tile + 0.012, z, line)
        elif kind < 0.48:
            top = dice.between(0.8, 1.1)
            v.front(0.0, w, 0.0, top, z, pen.wall_ink(look.wall, dice.pick((0.82, 1.1))))
            v.front(0.0, w, top, top + 0.05, z, pen.ink(apart(look.white, look.wall, 20)))
