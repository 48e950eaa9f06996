"""One picture: from its name (class set, split, seed, number, attempt) to a drawing."""

from __future__ import annotations

import numpy as np

from .bias import Bias, recolour
from .indoor import draw_room
from .look import Look
from .names import CLASS_SETS, INDOOR, concept_names
from .outdoor import draw_road
from .outdoor_parts import Day
from .pen import Pen
from .render import N_GLOWS, Drawing, supersampling
from .rng import Dice

_NUMBERS = {
    domain: {name: k + 1 for k, name in enumerate(names)}
    for domain, names in ((c, concept_names(c)) for c in CLASS_SETS)
}


def label_of(class_set: str, split: str, seed: int, i: int) -> int:
    """Class of picture ``i``: every run of C pictures holds each of the C classes once."""
    n = len(CLASS_SETS[class_set])
    order = Dice(f"{class_set}/{split}/{seed}/block{i // n}").shuffled(range(n))
    return order[i % n]


def draw_picture(
    class_set: str, split: str, seed: int, i: int, attempt: int, size: int,
    bias: Bias | None = None,
) -> tuple[Drawing, int]:  # fmt: skip
    """Draw picture ``i``; returns the drawing and the class of its cue (-1: none)."""
    classes = CLASS_SETS[class_set]
    label = label_of(class_set, split, seed, i)
    key = f"{class_set}/{split}/{seed}/{i}"
    dice = Dice(f"{key}/{attempt}")
    pen = Pen(size * supersampling(size), size > 96, _NUMBERS[class_set])
    kind = classes[label]
    if concept_names(class_set) is INDOOR:
        look = Look(dice)
        light = _room_light(dice, look.dusk)
        offset = (dice.random(), dice.random())
        draw_room(kind, pen, dice, look)
    else:
        day = Day(dice)
        light = _day_light(dice, day.dusk)
        offset = (dice.random(), dice.random())
        draw_road(kind, pen, dice, day)
    for k, (x, y, radius, strength, tone) in enumerate(pen.glows[:N_GLOWS]):
        light[3 + k] = [strength * c for c in tone] + [x, y, radius]
    cue = -1 if bias is None else bias.cue(label, len(classes), key)
    if cue >= 0 and bias.kind == "wall":
        for part in pen.walls:
            pen.colours[part] = recolour(pen.colours[part], cue, len(classes))
    return _drawing(pen, light, offset), cue


def _drawing(pen: Pen, light: np.ndarray, offset: tuple[float, float]) -> Drawing:
    n = len(pen.colours)
    palette = np.zeros((256, 3), np.uint8)
    palette[:n] = np.minimum(np.array(pen.colours), 255.0)
    concepts, textures = np.zeros(256, np.uint8), np.zeros(256, np.uint8)
    concepts[:n], textures[:n] = pen.concepts, pen.textures
    return Drawing(np.asarray(pen.image), palette.tobytes(), concepts, textures, light, offset)


def _light(base: list[float], across: float, down: float) -> np.ndarray:
    light = np.zeros((3 + N_GLOWS, 6), np.float32)
    light[0, :3] = base
    light[1, :3] = [across * b for b in base]
    light[2, :3] = [down * b for b in base]
    light[3:, 5] = 0.2
    return light


def _room_light(dice: Dice, dusk: bool) -> np.ndarray:
    level = dice.between(0.76, 0.9) if dusk else dice.between(0.9, 1.06)
    warm = dice.between(0.0, 0.1) if dusk else dice.between(-0.07, 0.07)
    base = [level * (1 + warm), level * (1 + 0.2 * warm), level * (1 - warm)]
    return _light(base, dice.between(-0.3, 0.3), dice.between(-0.16, 0.1))


def _day_light(dice: Dice, dusk: bool) -> np.ndarray:
    level = dice.between(0.8, 0.95) if dusk else dice.between(0.92, 1.05)
    warm = dice.between(-0.16, 0.18) if dusk else dice.between(-0.1, 0.1)
    base = [level * (1 + warm), level, level * (1 - warm)]
    return _light(base, dice.between(-0.3, 0.3), dice.between(-0.1, 0.12))
