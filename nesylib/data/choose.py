"""Which pictures of a fixed collection belong to which part, and which ``n`` of them to take."""

from __future__ import annotations

import hashlib

import numpy as np

FRACTIONS = {"train": 0.7, "val": 0.1, "test": 0.2}


def place_of(key: str) -> float:
    """A number in [0, 1) that depends on the name alone: the same on every machine."""
    digest = hashlib.blake2b(key.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def part_of(key: str) -> str:
    """The part of a picture by the hash of its name: 70 % train, 10 % val, 20 % test.

    It does not change when pictures are added.
    """
    return _part(place_of(key))


def members(ids: np.ndarray, split: str) -> np.ndarray:
    """Positions of the pictures whose name puts them into ``split``, (M,) int64."""
    return np.flatnonzero([part_of(i) == split for i in ids.tolist()])


def group_members(groups: np.ndarray, labels: np.ndarray, split: str) -> np.ndarray:
    """Positions of the pictures whose group belongs to ``split``, (M,) int64.

    Within each class the groups are put into the order of their hashes and cut at 70 and 80 % of
    the pictures, so that a class of few groups is not lost from a part; a group counts for the
    class of its first picture.
    """
    _, first, inverse, counts = np.unique(
        groups, return_index=True, return_inverse=True, return_counts=True
    )
    place = np.array([place_of(str(groups[k])) for k in first])
    inside = np.zeros(len(first), bool)
    for c in np.unique(labels[first]):
        own = np.flatnonzero(labels[first] == c)
        own = own[np.argsort(place[own])]
        middle = (np.cumsum(counts[own]) - counts[own] / 2) / counts[own].sum()
        inside[own] = [_part(m) == split for m in middle]
    return np.flatnonzero(inside[inverse])


def _part(share: float) -> str:
    if share < FRACTIONS["train"]:
        return "train"
    return "val" if share < FRACTIONS["train"] + FRACTIONS["val"] else "test"


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
