"""A pen that draws parts into one index image.

Every part of a picture is a flat polygon with a number; the number stands for a colour, a concept
and a texture. Colours and masks are looked up later, once for the whole picture.
"""

from __future__ import annotations

from PIL import Image, ImageDraw

from .palette import Colour

MAX_PARTS = 255


class Pen:
    """Draws numbered parts.

    Attributes
    ----------
    concept : int
        Number of the concept that is drawn now (0: none).
    fine : bool
        Whether details below a pixel of a 64 px picture are worth drawing.
    side : int
        Side of the index image in (super-sampled) pixels.
    """

    __slots__ = (
        "_ids", "_names", "colours", "concept", "concepts", "ellipse", "fine", "glows", "image",
        "line", "poly", "rect", "side", "textures", "walls",
    )  # fmt: skip

    def __init__(self, side: int, fine: bool, names: dict[str, int]) -> None:
        self.image = Image.new("L", (side, side))
        draw = ImageDraw.Draw(self.image)
        self.poly, self.rect, self.ellipse, self.line = (
            draw.polygon, draw.rectangle, draw.ellipse, draw.line,
        )  # fmt: skip
        self.side, self.fine, self.concept, self._names = side, fine, 0, names
        self._ids: dict[tuple, int] = {}
        self.colours: list[Colour] = []
        self.concepts: list[int] = []
        self.textures: list[int] = []
        self.walls: list[int] = []
        self.glows: list[tuple[float, float, float, float, Colour]] = []

    def draws(self, concept: str) -> None:
        """What is drawn from now on belongs to ``concept`` ("" for none)."""
        self.concept = self._names[concept] if concept else 0

    def ink(self, colour: Colour, shade: float = 1.0, texture: int = 0) -> int:
        """Part number for a colour (times ``shade``) of the current concept."""
        key = (colour, shade, texture, self.concept)
        part = self._ids.get(key)
        if part is None:
            part = len(self.colours)
            if part > MAX_PARTS:
                return self._nearest(colour, shade)
            r, g, b = colour
            self._ids[key] = part
            self.colours.append((r * shade, g * shade, b * shade))
            self.concepts.append(self.concept)
            self.textures.append(texture)
        return part

    def wall_ink(self, colour: Colour, shade: float = 1.0, texture: int = 0) -> int:
        """As :meth:`ink`, for the surface that a planted cue may recolour."""
        part = self.ink(colour, shade, texture)
        if part not in self.walls:
            self.walls.append(part)
        return part

    def glow(self, x: float, y: float, radius: float, strength: float, colour: Colour) -> None:
        """Soft light around a place (pixels of the index image)."""
        s = self.side
        self.glows.append((x / s, y / s, radius, strength, colour))

    def shade(self, polygons: list[list[float]], factor: float) -> None:
        """Darken (or lighten) what lies under ``polygons`` so far."""
        mask = Image.new("L", self.image.size)
        fill = ImageDraw.Draw(mask).polygon
        for polygon in polygons:
            fill(polygon, fill=255)
        box = mask.getbbox()
        if box is None:
            return
        region, mask = self.image.crop(box), mask.crop(box)
        lut = bytearray(range(256))
        saved = self.concept
        for _, part in region.getcolors() or ():
            self.concept = self.concepts[part]
            lut[part] = self.ink(self.colours[part], factor, self.textures[part])
            if part in self.walls and lut[part] not in self.walls:
                self.walls.append(lut[part])
        self.concept = saved
        shaded = Image.frombytes("L", region.size, region.tobytes().translate(lut))
        self.image.paste(shaded, box, mask)

    def _nearest(self, colour: Colour, shade: float) -> int:
        r, g, b = (c * shade for c in colour)

        def distance(part: int) -> float:
            pr, pg, pb = self.colours[part]
            far = 0.0 if self.concepts[part] == self.concept else 1e9
            return far + (pr - r) ** 2 + (pg - g) ** 2 + (pb - b) ** 2

        return min(range(len(self.colours)), key=distance)
