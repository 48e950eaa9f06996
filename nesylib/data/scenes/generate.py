"""Many pictures: batches, the check against the true rules, and worker processes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .bias import Bias, stamp
from .draw import draw_picture, label_of
from .names import CLASS_SETS, VISIBLE, concept_names
from .render import masks_of, pictures_of
from .rules import true_labels

BATCH = 64
CANONICAL = 64
MOST_ATTEMPTS = 60


@dataclass
class Block:
    """Pictures ``start`` to ``stop`` of a stream, as arrays."""

    images: np.ndarray
    masks: np.ndarray
    concepts: np.ndarray
    labels: np.ndarray
    cues: np.ndarray


def draw_block(
    class_set: str, split: str, seed: int, start: int, stop: int, size: int, bias: Bias | None
) -> Block:
    """Draw a run of pictures; the same whatever run they are asked for in."""
    n, k = stop - start, len(concept_names(class_set))
    block = Block(
        np.empty((n, 3, size, size), np.uint8),
        np.empty((n, size, size), np.uint8),
        np.zeros((n, k), bool),
        np.empty(n, np.int64),
        np.full(n, -1, np.int8),
    )
    for first in range(start, stop, BATCH):
        numbers = list(range(first, min(first + BATCH, stop)))
        _fill(block, start, class_set, split, seed, numbers, size, bias)
    return block


def _fill(block, start, class_set, split, seed, numbers, size, bias) -> None:
    """Draw until the true rules hold: the bits are those seen at 64 pixels, at every size."""
    todo, attempt, k = numbers, 0, block.concepts.shape[1]
    done: dict[int, tuple] = {}
    while todo:
        if attempt == MOST_ATTEMPTS:
            raise RuntimeError(f"no valid drawing of {class_set} {split} {seed} {todo[0]}")
        drawn = [draw_picture(class_set, split, seed, i, attempt, CANONICAL, bias) for i in todo]
        masks = masks_of([d for d, _ in drawn], CANONICAL)
        bits = visible_bits(masks, k)
        derived = true_labels(bits, class_set)
        again = []
        for row, i in enumerate(todo):
            if derived[row] == label_of(class_set, split, seed, i):
                done[i] = (*drawn[row], bits[row], masks[row], attempt)
            else:
                again.append(i)
        todo, attempt = again, attempt + 1
    rows = slice(numbers[0] - start, numbers[-1] + 1 - start)
    found = [done[i] for i in numbers]
    block.concepts[rows] = [f[2] for f in found]
    block.labels[rows] = [label_of(class_set, split, seed, i) for i in numbers]
    block.cues[rows] = [f[1] for f in found]
    if size == CANONICAL:
        drawings, masks = [f[0] for f in found], np.stack([f[3] for f in found])
    else:
        drawings = [
            draw_picture(class_set, split, seed, i, done[i][4], size, bias)[0] for i in numbers
        ]
        masks = masks_of(drawings, size)
    block.images[rows] = pictures_of(drawings, size)
    if bias is not None and bias.kind == "watermark":
        stamp(block.images[rows], block.cues[rows], len(CLASS_SETS[class_set]))
    shown = np.zeros((len(numbers), 256), np.uint8)
    shown[:, 1 : k + 1] = block.concepts[rows] * np.arange(1, k + 1, dtype=np.uint8)
    for row, mask in enumerate(masks):
        shown[row].take(mask, out=block.masks[rows][row])


def visible_bits(masks: np.ndarray, k: int) -> np.ndarray:
    """Which of ``k`` concepts cover at least ``VISIBLE`` of each mask, (N, k) bool."""
    n, pixels = len(masks), masks[0].size
    shifted = masks.reshape(n, -1) + (np.arange(n, dtype=np.int64) * 256)[:, None]
    counts = np.bincount(shifted.ravel(), minlength=n * 256).reshape(n, 256)
    return counts[:, 1 : k + 1] >= VISIBLE * pixels
