"""The scenes as an ImageSet."""

from __future__ import annotations

import numpy as np

from ..image_set import ImageSet
from .bias import Bias
from .names import CLASS_SETS, concept_names
from .rules import rules_text
from .workers import draw_many

DEFAULT_N = {"train": 4000, "val": 1000, "test": 1000}
SIZES = (32, 512)


def draw_set(
    class_set: str,
    split: str = "train",
    *,
    n: int | None = None,
    size: int | None = None,
    seed: int = 0,
    bias: Bias | str | None = None,
    bias_strength: float = 0.95,
    bias_mode: str = "aligned",
    workers: int | None = None,
    **unknown: object,
) -> ImageSet:
    """Draw pictures 0..n-1 of a class set.

    Picture ``i`` depends on (class set, split, seed, i) only: not on ``n``, not on ``workers``,
    not on ``size`` as far as its objects, concepts and label go.

    Parameters
    ----------
    class_set : {"P2", "P3.1", "P3.2", "P3.3", "P5", "P10"}
    split : {"train", "val", "test"}
    n : int, optional
        4000, 1000 or 1000 by default.
    size : int
        Side in pixels, 32..512; 64 by default.
    seed : int
    bias : Bias or {"wall", "watermark"}, optional
        Plants a spurious cue; the set's ``cue`` says whose cue each picture carries (-1: none).
    bias_strength, bias_mode
        As in :class:`Bias`, where ``bias`` is a word.
    workers : int, optional
        Processes; chosen by the number of pictures and processors by default.

    Returns
    -------
    ImageSet
        With concepts, masks, ids and the true rules.

    Raises
    ------
    ValueError
        For an unknown class set, split, size, seed, bias or option.
    """
    if unknown:
        raise ValueError(
            f"unknown option {sorted(unknown)}; scenes take bias, bias_strength, bias_mode, workers"
        )
    if class_set not in CLASS_SETS:
        raise ValueError(f"unknown class set {class_set!r}; choose one of {', '.join(CLASS_SETS)}")
    if split not in DEFAULT_N:
        raise ValueError(f"unknown split {split!r}; choose one of {', '.join(DEFAULT_N)}")
    n = DEFAULT_N[split] if n is None else n
    size = 64 if size is None else size
    _whole("n", n, 1, 10_000_000)
    _whole("size", size, *SIZES)
    _whole("seed", seed, 0, 2**63)
    if workers is not None:
        _whole("workers", workers, 1, 256)
    if isinstance(bias, str):
        bias = Bias(bias, bias_strength, bias_mode)
    elif bias is not None and not isinstance(bias, Bias):
        raise ValueError(f'bias must be a Bias, "wall", "watermark" or None, got {bias!r}')
    block = draw_many(class_set, split, int(seed), int(n), int(size), bias, workers)
    return ImageSet(
        images=block.images,
        labels=block.labels,
        classes=CLASS_SETS[class_set],
        concepts=block.concepts,
        concept_names=concept_names(class_set),
        masks=block.masks,
        ids=np.array([f"{class_set}/{split}/{seed}/{i}" for i in range(n)]),
        rules=rules_text(class_set),
        cue=None if bias is None else block.cues,
        name=f"scenes/{class_set}",
        split_name=split,
    )


def _whole(name: str, value: object, low: int, high: int) -> None:
    number = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not number or not low <= value <= high:
        raise ValueError(f"{name} must be a whole number from {low} to {high}, got {value!r}")
