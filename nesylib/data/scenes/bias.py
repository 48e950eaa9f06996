"""Planting a spurious cue, so that a learner can be caught using it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .palette import Colour, hsv
from .rng import Dice

KINDS = ("wall", "watermark")
MODES = ("aligned", "conflicting", "none")


@dataclass(frozen=True)
class Bias:
    """Which cue is planted, how strongly and for which class.

    Parameters
    ----------
    kind : {"wall", "watermark"}
        ``"wall"`` paints the walls (outdoors: the surface of the road) in a colour that stands
        for a class; ``"watermark"`` stamps a small coloured badge into a corner.
    strength : float
        Share of pictures, 0..1, whose cue follows ``mode``.
    mode : {"aligned", "conflicting", "none"}
        ``"aligned"``: that share of pictures shows the cue of its own class and the rest that of
        another class. ``"conflicting"``: the other way round, for counter-biased tests.
        ``"none"``: no picture carries a cue. The objects in the pictures are the same in all
        three.
    """

    kind: str
    strength: float = 0.95
    mode: str = "aligned"

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown bias {self.kind!r}; choose one of {', '.join(KINDS)}")
        if self.mode not in MODES:
            raise ValueError(f"unknown bias mode {self.mode!r}; choose one of {', '.join(MODES)}")
        if isinstance(self.strength, bool) or not 0 <= self.strength <= 1:
            raise ValueError(f"bias strength is a share from 0 to 1, got {self.strength!r}")

    def cue(self, label: int, n_classes: int, key: str) -> int:
        """The class whose cue a picture carries, or -1."""
        if self.mode == "none":
            return -1
        dice = Dice(f"{key}/cue")
        own = dice.chance(self.strength) == (self.mode == "aligned")
        other = dice.below(n_classes - 1)
        return label if own else other + (other >= label)


def cue_colour(cue: int, n_classes: int) -> Colour:
    """The colour that stands for a class."""
    return hsv(0.02 + cue / n_classes, 0.5, 0.82)


def recolour(colour: Colour, cue: int, n_classes: int) -> Colour:
    """A wall's colour with the cue's hue; its own light and shade stay."""
    r, g, b = cue_colour(cue, n_classes)
    k = 0.55 + 0.45 * (0.3 * colour[0] + 0.59 * colour[1] + 0.11 * colour[2]) / 200.0
    return (r * k, g * k, b * k)


def stamp(pictures: np.ndarray, cues: np.ndarray, n_classes: int) -> None:
    """Draw the badges of ``cues`` (N,) into pictures (N, 3, H, W), in place.

    The badge is a ringed disc of an eighth of the shorter side in the lower right corner.
    """
    height, width = pictures.shape[2:]
    size = min(height, width)
    side = max(size // 8, 5)
    margin = max(size // 32, 1)
    t = (np.arange(side) + 0.5) / side - 0.5
    radius = np.hypot(t[:, None], t[None])
    disc = np.clip((0.5 - radius) * side + 0.5, 0, 1)
    core = np.clip((0.34 - radius) * side + 0.5, 0, 1)
    rows = np.s_[height - margin - side : height - margin]
    columns = np.s_[width - margin - side : width - margin]
    for k in np.flatnonzero(cues >= 0):
        tone = np.array(cue_colour(int(cues[k]), n_classes))[:, None, None]
        badge = 245 * (1 - core) + tone * core
        patch = pictures[k, :, rows, columns]
        pictures[k, :, rows, columns] = np.round(patch * (1 - disc) + badge * disc)
