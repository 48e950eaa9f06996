"""What a student has to beat: symbols that need no student.

Each baseline is fitted on the teacher's features of training pictures and answers with symbols and,
where it can, with the feature that its symbols stand for.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np


class Coded(NamedTuple):
    """Symbols ``(N, L)`` and ``(M, L)`` of training and test pictures, the features
    ``(N, L, E)`` and ``(M, L, E)`` that each prefix stands for (``None`` if nothing), and how many
    bits a picture takes."""

    train: np.ndarray
    test: np.ndarray
    rebuilt_train: np.ndarray | None
    rebuilt_test: np.ndarray | None
    bits: float


def bits_spent(vocabulary: int, length: int) -> float:
    """Bits a picture if all symbols were used alike: length times log2 of the vocabulary."""
    if vocabulary < 1 or length < 0:
        raise ValueError(f"no picture is written with {length} of {vocabulary} symbols")
    return length * math.log2(vocabulary)


def kmeans_symbols(train, test, vocabulary: int = 128, *, seed: int = 0) -> Coded:
    """The nearest of V centres of k-means: one symbol a picture."""
    return residual_kmeans_symbols(train, test, vocabulary, 1, seed=seed)


def residual_kmeans_symbols(
    train, test, vocabulary: int = 128, length: int = 8, *, seed: int = 0
) -> Coded:
    """k-means, then k-means on what it left over, and so on: residual vector quantization."""
    train, test = _features(train, test, vocabulary, length)
    symbols, rebuilt = ([], []), ([np.zeros_like(train)], [np.zeros_like(test)])
    for j in range(length):
        rest = [part - done[-1] for part, done in zip((train, test), rebuilt, strict=True)]
        centres = _centres(rest[0], vocabulary, seed + j)
        for part in (0, 1):
            found = _nearest(rest[part], centres)
            symbols[part].append(found)
            rebuilt[part].append(rebuilt[part][-1] + centres[found])
    return Coded(
        *(np.stack(s, 1) for s in symbols),
        *(np.stack(r[1:], 1) for r in rebuilt),
        bits_spent(vocabulary, length),
    )


def product_symbols(train, test, vocabulary: int = 128, length: int = 8, *, seed: int = 0) -> Coded:
    """Product quantization: the feature is cut into L pieces, each with k-means of its own.

    A prefix stands for its pieces, with the training mean in the place of the others.
    """
    train, test = _features(train, test, vocabulary, length)
    if train.shape[1] < length:
        raise ValueError(f"{train.shape[1]} features cannot be cut into {length} pieces")
    pieces = np.array_split(np.arange(train.shape[1]), length)
    symbols = ([], [])
    mean = train.mean(0)
    rebuilt = tuple(np.tile(mean, (len(part), length, 1)) for part in (train, test))
    for j, piece in enumerate(pieces):
        centres = _centres(train[:, piece], vocabulary, seed + j)
        for part, features in enumerate((train, test)):
            found = _nearest(features[:, piece], centres)
            symbols[part].append(found)
            rebuilt[part][:, j:, piece] = centres[found][:, None]
    return Coded(*(np.stack(s, 1) for s in symbols), *rebuilt, bits_spent(vocabulary, length))


def random_symbols(train, test, vocabulary: int = 128, length: int = 8, *, seed: int = 0) -> Coded:
    """The largest of V random projections, L times: symbols of which nothing was learned."""
    train, test = _features(train, test, vocabulary, length)
    rng = np.random.default_rng(seed)
    mean = train.mean(0)
    directions = rng.standard_normal((length, train.shape[1], vocabulary)).astype(np.float32)
    coded = [
        np.stack([((part - mean) @ d).argmax(1) for d in directions], 1) for part in (train, test)
    ]
    return Coded(*coded, None, None, bits_spent(vocabulary, length))


def majority(y, y_test) -> float:
    """Accuracy of always answering the most frequent training class."""
    if not len(y) or not len(y_test):
        raise ValueError("there are no labels to count: give those of training and test pictures")
    classes, counts = np.unique(np.asarray(y), return_counts=True)
    return float(np.mean(np.asarray(y_test) == classes[counts.argmax()]))


def _features(train, test, vocabulary: int, length: int):
    train, test = (np.ascontiguousarray(part, dtype=np.float32) for part in (train, test))
    if train.ndim != 2 or test.ndim != 2 or train.shape[1] != test.shape[1]:
        raise ValueError(f"features must be (N, E) and (M, E), got {train.shape}, {test.shape}")
    if int(vocabulary) != vocabulary or int(length) != length or vocabulary < 2 or length < 1:
        raise ValueError(
            "a vocabulary of at least 2 and a length of at least 1, whole numbers, not "
            f"{vocabulary} and {length}"
        )
    if len(train) < vocabulary:
        raise ValueError(
            f"{len(train)} training pictures cannot have {vocabulary} centres: use a smaller "
            "vocabulary or more pictures"
        )
    if not (np.isfinite(train).all() and np.isfinite(test).all()):
        raise ValueError("features hold NaN or infinite values")
    return train, test


def _centres(features: np.ndarray, vocabulary: int, seed: int) -> np.ndarray:
    from sklearn.cluster import KMeans

    fitted = KMeans(vocabulary, n_init=1, max_iter=50, random_state=seed).fit(features)
    return fitted.cluster_centers_.astype(np.float32)


def _nearest(features: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Index of the nearest centre, ``(N,)``; |f|^2 is the same for all and left out."""
    return (2 * features @ centres.T - np.square(centres).sum(1)).argmax(1)
