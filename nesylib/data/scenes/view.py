"""One-point perspective: a camera, boxes, and walls to put furniture against.

Metres: X to the right, Y up, Z into the picture. Light falls from the left (``sun = -1``) or from
the right (``sun = 1``), which decides how bright the sides of a box are.
"""

from __future__ import annotations

from math import cos, pi, sin

from .palette import Colour
from .pen import Pen

CIRCLE = [(cos(2 * pi * k / 20), sin(2 * pi * k / 20)) for k in range(20)]
NEAR = 0.55


class View:
    """A camera at (cx, cy, 0) that looks along Z; (vx, vy) is the vanishing point in pixels."""

    __slots__ = ("cx", "cy", "focal", "left", "pen", "right", "vx", "vy")

    def __init__(
        self, pen: Pen, vx: float, vy: float, focal: float, cx: float, cy: float, sun: int = 1
    ) -> None:
        self.pen, self.vx, self.vy, self.focal, self.cx, self.cy = pen, vx, vy, focal, cx, cy
        self.left, self.right = (0.94, 0.76) if sun < 0 else (0.76, 0.94)

    def at(self, x: float, y: float, z: float) -> tuple[float, float]:
        k = self.focal / (z if z > NEAR else NEAR)
        return self.vx + (x - self.cx) * k, self.vy - (y - self.cy) * k

    def front(self, x0: float, x1: float, y0: float, y1: float, z: float, ink: int) -> None:
        """A rectangle that faces the camera."""
        k = self.focal / (z if z > NEAR else NEAR)
        self.pen.rect(
            (
                self.vx + (x0 - self.cx) * k,
                self.vy - (y1 - self.cy) * k,
                self.vx + (x1 - self.cx) * k,
                self.vy - (y0 - self.cy) * k,
            ),
            fill=ink,
        )

    def side(self, x: float, z0: float, z1: float, y0: float, y1: float, ink: int) -> None:
        """A rectangle in a plane of constant X."""
        self.pen.poly(self.side_shape(x, z0, z1, y0, y1), fill=ink)

    def side_shape(self, x: float, z0: float, z1: float, y0: float, y1: float) -> list[float]:
        k0 = self.focal / (z0 if z0 > NEAR else NEAR)
        k1 = self.focal / (z1 if z1 > NEAR else NEAR)
        a, b = self.vx + (x - self.cx) * k0, self.vx + (x - self.cx) * k1
        vy, cy = self.vy, self.cy
        return [a, vy - (y0 - cy) * k0, a, vy - (y1 - cy) * k0,
                b, vy - (y1 - cy) * k1, b, vy - (y0 - cy) * k1]  # fmt: skip

    def flat(self, y: float, x0: float, x1: float, z0: float, z1: float, ink: int) -> None:
        """A horizontal rectangle."""
        self.pen.poly(self.flat_shape(y, x0, x1, z0, z1), fill=ink)

    def flat_shape(self, y: float, x0: float, x1: float, z0: float, z1: float) -> list[float]:
        k0 = self.focal / (z0 if z0 > NEAR else NEAR)
        k1 = self.focal / (z1 if z1 > NEAR else NEAR)
        vx, cx = self.vx, self.cx
        a, b = self.vy - (y - self.cy) * k0, self.vy - (y - self.cy) * k1
        return [vx + (x0 - cx) * k0, a, vx + (x1 - cx) * k0, a,
                vx + (x1 - cx) * k1, b, vx + (x0 - cx) * k1, b]  # fmt: skip

    def flat_disc(self, y: float, x: float, z: float, rx: float, rz: float, ink: int) -> None:
        """A horizontal ellipse."""
        xa, _ = self.at(x - rx, y, z)
        xb, _ = self.at(x + rx, y, z)
        _, yf = self.at(x, y, z - rz)
        _, yb = self.at(x, y, z + rz)
        self.pen.ellipse((xa, min(yf, yb), xb, max(yf, yb)), fill=ink)

    def box(
        self, x0: float, x1: float, y0: float, y1: float, z0: float, z1: float,
        colour: Colour, texture: int = 0, top: Colour | None = None,
    ) -> None:  # fmt: skip
        """A box: the faces that the camera sees, each with its light."""
        pen, cx, cy, vx, vy = self.pen, self.cx, self.cy, self.vx, self.vy
        k0 = self.focal / (z0 if z0 > NEAR else NEAR)
        k1 = self.focal / (z1 if z1 > NEAR else NEAR)
        ax, bx = vx + (x0 - cx) * k0, vx + (x1 - cx) * k0
        ay, by = vy - (y1 - cy) * k0, vy - (y0 - cy) * k0
        if y1 < cy:
            b = vy - (y1 - cy) * k1
            ink = pen.ink(top or colour, 1.12, texture)
            pen.poly((ax, ay, bx, ay, vx + (x1 - cx) * k1, b, vx + (x0 - cx) * k1, b), fill=ink)
        elif y0 > cy:
            b = vy - (y0 - cy) * k1
            ink = pen.ink(colour, 0.66, texture)
            pen.poly((ax, by, bx, by, vx + (x1 - cx) * k1, b, vx + (x0 - cx) * k1, b), fill=ink)
        if x0 > cx:
            c = vx + (x0 - cx) * k1
            ink = pen.ink(colour, self.left, texture)
            pen.poly((ax, ay, c, vy - (y1 - cy) * k1, c, vy - (y0 - cy) * k1, ax, by), fill=ink)
        elif x1 < cx:
            c = vx + (x1 - cx) * k1
            ink = pen.ink(colour, self.right, texture)
            pen.poly((bx, ay, c, vy - (y1 - cy) * k1, c, vy - (y0 - cy) * k1, bx, by), fill=ink)
        pen.rect((ax, ay, bx, by), fill=pen.ink(colour, 1.0, texture))


class Wall:
    """A plane to put things against: u along it, v up, d away from it into the room."""

    __slots__ = ("height", "pen", "view", "visible")

    def __init__(self, view: View, height: float, visible: tuple[float, float]) -> None:
        self.view, self.pen, self.height, self.visible = view, view.pen, height, visible

    def room_box(self, u0, u1, d0, d1) -> tuple[float, float, float, float]:
        """x0, x1, z0, z1 of a footprint."""
        raise NotImplementedError

    def box(self, u0, u1, v0, v1, d0, d1, colour: Colour, texture: int = 0, top=None) -> None:
        x0, x1, z0, z1 = self.room_box(u0, u1, d0, d1)
        self.view.box(x0, x1, v0, v1, z0, z1, colour, texture, top)

    def flat(self, v, u0, u1, d0, d1, ink: int) -> None:
        x0, x1, z0, z1 = self.room_box(u0, u1, d0, d1)
        self.view.flat(v, x0, x1, z0, z1, ink)

    def flat_disc(self, v, u, d, ru, rd, ink: int) -> None:
        x0, x1, z0, z1 = self.room_box(u - ru, u + ru, d - rd, d + rd)
        self.view.flat_disc(v, (x0 + x1) / 2, (z0 + z1) / 2, (x1 - x0) / 2, (z1 - z0) / 2, ink)

    def poly(self, points, d, ink: int) -> None:
        """A polygon of (u, v) points parallel to the wall."""
        self.pen.poly([self.at(u, v, d) for u, v in points], fill=ink)

    def disc(self, u, v, ru, rv, d, ink: int) -> None:
        self.pen.poly([self.at(u + ru * c, v + rv * s, d) for c, s in CIRCLE], fill=ink)

    def post(self, u, d, v0, v1, width, ink: int) -> None:
        """A thin upright."""
        ax, ay = self.at(u, v0, d)
        bx, by = self.at(u, v1, d)
        w = max(width * self.view.focal / max(self.depth(u, d), NEAR) / 2, 0.6)
        self.pen.rect((ax - w, by, bx + w, ay), fill=ink)

    def at(self, u, v, d) -> tuple[float, float]:
        raise NotImplementedError

    def rect(self, u0, u1, v0, v1, d, ink: int) -> None:
        raise NotImplementedError

    def depth(self, u, d) -> float:
        raise NotImplementedError

    def far_first(self, places: list[float]) -> list[float]:
        """Order in which things at ``places`` must be drawn."""
        return places


class Back(Wall):
    """A wall that faces the camera, or any line across the room where something stands."""

    __slots__ = ("z",)

    def __init__(self, view: View, z: float, height: float, visible: tuple[float, float]) -> None:
        super().__init__(view, height, visible)
        self.z = z

    def room_box(self, u0, u1, d0, d1):
        return u0, u1, self.z - d1, self.z - d0

    def at(self, u, v, d):
        return self.view.at(u, v, self.z - d)

    def rect(self, u0, u1, v0, v1, d, ink):
        self.view.front(u0, u1, v0, v1, self.z - d, ink)

    def disc(self, u, v, ru, rv, d, ink):
        x, y = self.view.at(u, v, self.z - d)
        k = self.view.focal / max(self.z - d, NEAR)
        self.pen.ellipse((x - ru * k, y - rv * k, x + ru * k, y + rv * k), fill=ink)

    def depth(self, u, d):
        return self.z - d


class Left(Wall):
    """The wall on the left; u is the distance from the camera."""

    __slots__ = ("x",)

    def __init__(self, view: View, x: float, height: float, visible: tuple[float, float]) -> None:
        super().__init__(view, height, visible)
        self.x = x

    def room_box(self, u0, u1, d0, d1):
        return self.x + d0, self.x + d1, u0, u1

    def at(self, u, v, d):
        return self.view.at(self.x + d, v, u)

    def rect(self, u0, u1, v0, v1, d, ink):
        self.view.side(self.x + d, u0, u1, v0, v1, ink)

    def depth(self, u, d):
        return u

    def far_first(self, places):
        return sorted(places, reverse=True)


class Right(Left):
    """The wall on the right."""

    __slots__ = ()

    def room_box(self, u0, u1, d0, d1):
        return self.x - d1, self.x - d0, u0, u1

    def at(self, u, v, d):
        return self.view.at(self.x - d, v, u)

    def rect(self, u0, u1, v0, v1, d, ink):
        self.view.side(self.x - d, u0, u1, v0, v1, ink)
