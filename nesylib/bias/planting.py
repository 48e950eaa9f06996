"""Pictures with a cue that we put there, so that we know what a learner should not use."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from nesylib.data import ImageSet, load
from nesylib.data.scenes.bias import Bias, cue_colour, stamp


@dataclass(frozen=True)
class Planted:
    """The same kind of pictures under different relations of cue and class.

    Attributes
    ----------
    train
        Pictures whose cue goes along with the class in a share ``strength`` of cases.
    fair
        The same pictures with a cue drawn by lot: what an unbiased training set would be.
    probe
        Other pictures, with a cue drawn by lot: the few that somebody has looked at, on which
        neurons are tied to the cue and its direction is found.
    biased, random, without, own, counter
        Held-out pictures, the same objects in each: with the cue as in ``train``; with a cue by
        lot; with no cue; all with the cue of their own class; all with that of another class.
    """

    train: ImageSet
    fair: ImageSet
    probe: ImageSet
    biased: ImageSet
    random: ImageSet
    without: ImageSet
    own: ImageSet
    counter: ImageSet

    def tests(self) -> dict[str, ImageSet]:
        """The held-out sets by name."""
        names = ("biased", "random", "without", "own", "counter")
        return {name: getattr(self, name) for name in names}


def _held_out(classes: int, strength: float) -> dict[str, tuple[float, str]]:
    """Strength and mode of each held-out set."""
    return {
        "biased": (strength, "aligned"),
        "random": (1 / classes, "aligned"),
        "without": (0.0, "none"),
        "own": (1.0, "aligned"),
        "counter": (1.0, "conflicting"),
    }


def planted_scenes(
    name: str = "P3.1",
    *,
    kind: str = "wall",
    strength: float = 0.95,
    n: int = 2000,
    held_out: int = 600,
    probe: int = 600,
    size: int | None = None,
    seed: int = 0,
) -> Planted:
    """Drawn rooms with a planted cue, and the sets that a repair is judged on.

    Parameters
    ----------
    name
        A class set of the scenes, such as ``"P3.1"``.
    kind : {"wall", "watermark"}
    strength
        Share of training pictures that carry the cue of their own class. With ``1 / classes``
        the cue says nothing.
    n, held_out, probe
        Pictures of a training set, of each held-out set, and of the probe.

    Raises
    ------
    ValueError
        For an unknown class set, kind or strength.
    """
    name = name if name.startswith("scenes/") else f"scenes/{name}"
    classes = len(load(name, "test", n=1, seed=seed, bias=kind).classes)

    def drawn(split: str, count: int, share: float, mode: str) -> ImageSet:
        options = dict(bias=kind, bias_strength=share, bias_mode=mode)
        return load(name, split, n=count, size=size, seed=seed, **options)

    tests = {
        key: drawn("test", held_out, *how) for key, how in _held_out(classes, strength).items()
    }
    train = drawn("train", n, strength, "aligned")
    fair = drawn("train", n, 1 / classes, "aligned")
    return Planted(train, fair, drawn("val", probe, 1 / classes, "aligned"), **tests)


def plant(
    pictures: ImageSet,
    *,
    kind: str = "badge",
    strength: float = 0.95,
    mode: str = "aligned",
    seed: int = 0,
) -> ImageSet:
    """Put a watermark on any pictures.

    Parameters
    ----------
    kind : {"badge", "band"}
        ``"badge"``: a small ringed disc in the lower right corner, as in the scenes. ``"band"``:
        a half transparent bar along the lower edge, a twelfth of the height, as picture agencies
        put it. The colour stands for a class.
    strength, mode
        As in the scenes: ``"aligned"``: that share of pictures carries the cue of its own
        class, the rest that of another; ``"conflicting"``: the other way round; ``"none"``:
        nothing is planted.

    Returns
    -------
    ImageSet
        A copy with ``cue``: the class whose colour a picture carries, or -1.

    Raises
    ------
    ValueError
        For one class only, an unknown kind or mode, a strength that is no share, or pictures too
        small for a badge.
    """
    classes = len(pictures.classes)
    if classes < 2:
        raise ValueError("a cue stands for a class: give pictures of two classes or more")
    if kind not in ("badge", "band"):
        raise ValueError(f"unknown watermark {kind!r}: use 'badge' or 'band'")
    bias = Bias("watermark", strength, mode)
    keys = np.arange(len(pictures)) if pictures.ids is None else pictures.ids
    pairs = zip(pictures.labels.tolist(), keys.tolist(), strict=True)
    small = np.int8 if classes <= 128 else np.int64
    cues = np.array([bias.cue(label, classes, f"{seed}/{key}") for label, key in pairs], small)
    images = np.array(pictures.images[:])
    if kind == "badge" and min(images.shape[2:]) < 6:
        raise ValueError(f"pictures of {images.shape[2]} x {images.shape[3]} pixels hold no badge")
    (stamp if kind == "badge" else _band)(images, cues, classes)
    return replace(pictures, images=images, cue=cues)


def _band(images: np.ndarray, cues: np.ndarray, classes: int) -> None:
    """A bar in the colour of each cue along the lower edge, in place."""
    height = max(images.shape[2] // 12, 1)
    for k in np.flatnonzero(cues >= 0):
        tone = np.array(cue_colour(int(cues[k]), classes))[:, None, None]
        images[k, :, -height:] = np.round(0.5 * images[k, :, -height:] + 0.5 * tone)
