"""The materials and the hour of one indoor picture."""

from __future__ import annotations

from .palette import CHARCOAL, GOLD, STEEL, WHITE, Colour, apart, fabric, hsv, leaf, mix, wood
from .rng import Dice

WHITES = (WHITE, (250.0, 248.0, 244.0), (228.0, 232.0, 234.0), (240.0, 232.0, 216.0))


class Look:
    """Colours that the things in one room share."""

    __slots__ = (
        "accent", "cloth", "dark", "dusk", "floor", "lamp_on", "leaf", "metal", "second", "sky",
        "sky_low", "wall", "white", "wood", "wood2",
    )  # fmt: skip

    def __init__(self, dice: Dice) -> None:
        hue = dice.random()
        kind = dice.random()
        if kind < 0.3:
            self.wall = hsv(
                dice.between(0.06, 0.15), dice.between(0.04, 0.2), dice.between(0.8, 0.97)
            )
        elif kind < 0.75:
            self.wall = hsv(hue, dice.between(0.1, 0.34), dice.between(0.66, 0.94))
        elif kind < 0.92:
            self.wall = hsv(hue, dice.between(0.3, 0.55), dice.between(0.4, 0.7))
        else:
            self.wall = hsv(hue, dice.between(0.0, 0.3), dice.between(0.3, 0.45))
        ground = dice.random()
        if ground < 0.55:
            self.floor = wood(dice)
        elif ground < 0.8:
            self.floor = hsv(dice.random(), dice.between(0.02, 0.16), dice.between(0.45, 0.9))
        else:
            self.floor = hsv(dice.random(), dice.between(0.12, 0.4), dice.between(0.35, 0.75))
        if abs(self.floor[0] - self.wall[0]) + abs(self.floor[1] - self.wall[1]) < 50:
            self.floor = mix(self.floor, CHARCOAL, 0.3)
        self.wood = apart(wood(dice), self.wall, 30)
        self.wood2 = apart(wood(dice), self.floor, 26)
        self.accent = apart(fabric(dice), self.wall, 32)
        offset = dice.pick((0.0, 0.08, 0.33, 0.5))
        self.second = apart(fabric(dice, hue + offset), self.wall, 32)
        self.cloth = apart(fabric(dice, hue + 0.5), self.floor, 30)
        self.white = dice.pick(WHITES)
        self.metal = dice.pick((STEEL, STEEL, (150.0, 154.0, 160.0), GOLD))
        self.dark = dice.pick((CHARCOAL, (70.0, 60.0, 56.0), (38.0, 44.0, 60.0)))
        self.leaf = leaf(dice)
        hour = dice.random()
        self.dusk = hour > 0.74
        if hour < 0.6:
            self.sky = hsv(dice.between(0.53, 0.6), dice.between(0.2, 0.5), dice.between(0.88, 1.0))
            self.sky_low = mix(self.sky, (255.0, 255.0, 250.0), 0.6)
        elif hour < 0.74:
            self.sky, self.sky_low = (216.0, 220.0, 224.0), (238.0, 238.0, 236.0)
        elif hour < 0.88:
            self.sky, self.sky_low = (106.0, 104.0, 160.0), (246.0, 164.0, 112.0)
        else:
            self.sky, self.sky_low = (24.0, 30.0, 62.0), (58.0, 66.0, 108.0)
        self.lamp_on = self.dusk or dice.chance(0.3)

    def on_wall(self, colour: Colour, least: float = 34.0) -> Colour:
        """``colour`` moved until it stands out from the wall."""
        return apart(colour, self.wall, least)
