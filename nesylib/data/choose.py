"""Which pictures of a fixed collection belong to which part, and which ``n`` of them to take."""

from __future__ import annotations

import hashlib

import numpy as np

FRACTIONS = {"train": 0.7, "val": 0.1, "test": 0.2}


def part_of(key: str | bytes) -> str:
    """The part of a picture (or group) by a hash of its name: 70 % train, 10 % val, 20 % test.

    The answer depends on the name alone, so that it is the same on every machine and does not
    change when pictures are added.
    """
    raw = key if isinstance(key, bytes) else key.encode()
    number = int.from_bytes(hashlib.blake2b(raw, digest_size=8).digest(), "big") / 2**64
    if number < FRACTIONS["train"]:
        return "train"
    return "val" if number < FRACTIONS["train"] + FRACTIONS["val"] else "test"


def members(keys: np.ndarray, split: str) -> np.ndarray:
    """Positions of the rows of ``keys`` that belong to ``split``, (M,) int64."""
    unique, inverse = np.unique(keys, return_inverse=True)
    inside = np.array([part_of(bytes(k) if isinstance(k, bytes) else str(k)) for k in unique])
    return np.flatnonzero((inside == split)[inverse])


def balanced(labels: np.ndarray, n: int | None, seed: int, name: str) -> np.ndarray:
    """Positions of ``n`` rows in random order, the classes as even as they allow.

    The first ``m < n`` rows are those that asking for ``m`` would give.
    """
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(labels))
    if n is None:
        return order
    if n > len(labels):
        raise ValueError(
            f"{name} has {len(labels)} pictures here, {n} were asked for; "
            f"take n={len(labels)} or leave n out"
        )
    rank = np.empty(len(labels), np.int64)
    shuffled = labels[order]
    for c in np.unique(shuffled):
        rank[shuffled == c] = np.arange((shuffled == c).sum())
    return order[np.argsort(rank, kind="stable")][:n]


def square(size: int | tuple[int, int] | None) -> tuple[int, int] | None:
    """``size`` as (height, width), or None; raises ValueError for nonsense."""
    if size is None:
        return None
    pair = (size, size) if np.ndim(size) == 0 else tuple(size)
    fits = len(pair) == 2 and all(
        not isinstance(s, (bool, str)) and int(s) == s and 4 <= s <= 2048 for s in pair
    )
    if not fits:
        raise ValueError(f"size must be 4..2048 pixels, one number or (height, width), got {size}")
    return int(pair[0]), int(pair[1])
