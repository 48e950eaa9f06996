"""Simple classifiers that read a code: what a code knows is what they can get out of it.

Each reader is a function ``(train, labels, test) -> answers`` of codes ``(N, D)`` in [0, 1], so
that it reads activations and bits alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from nesylib.concepts._checks import parts_of
from nesylib.concepts.baselines import linear_probe


def knn_answers(
    train, labels, test, k: int = 20, temperature: float = 0.07, block: int = 1024
) -> np.ndarray:
    """Weighted k nearest neighbours by cosine, ``(M,)``.

    A neighbour at cosine s votes with weight exp(s / temperature) (Caron et al. 2021). Bits have
    many ties: every row as near as the k-th votes too, so that the order of the training rows,
    which is often sorted by class, decides nothing. A code of zeros has cosine 0 to every other.

    Raises
    ------
    ValueError
        For codes that don't fit together, fewer than two classes, k < 1 or temperature <= 0.
    """
    train, labels, test, _ = parts_of(train, labels, test)
    if k < 1 or not temperature > 0:
        raise ValueError(f"k must be at least 1 and temperature above 0, got {k}, {temperature}")
    classes, index = np.unique(labels, return_inverse=True)
    member = np.eye(len(classes))[index]
    train, test = (
        x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12) for x in (train, test)
    )
    k, votes = min(k, len(train)), np.empty((len(test), len(classes)))
    for start in range(0, len(test), block):
        near = test[start : start + block] @ train.T
        last = np.partition(near, -k, axis=1)[:, [-k]]
        top = near.max(axis=1, keepdims=True)
        weight = np.where(near >= last - 1e-9, np.exp((near - top) / temperature), 0.0)
        votes[start : start + block] = weight @ member
    return classes[votes.argmax(1)]


def mean_answers(train, labels, test) -> np.ndarray:
    """The class whose mean code is nearest (Euclidean), ``(M,)``; of equals the first class."""
    train, labels, test, _ = parts_of(train, labels, test)
    classes = np.unique(labels)
    means = np.stack([train[labels == c].mean(0) for c in classes])
    # |t - m|^2 without |t|^2, which is the same for all classes
    return classes[(np.square(means).sum(1) - 2 * test @ means.T).argmin(1)]


def linear_answers(train, labels, test) -> np.ndarray:
    """A logistic regression on the standardised code, ``(M,)``."""
    train, labels, test, _ = parts_of(train, labels, test)
    return linear_probe(train, labels, test)


READERS: dict[str, Callable[..., np.ndarray]] = {
    "linear head": linear_answers,
    "k-NN": knn_answers,
    "nearest mean": mean_answers,
}
"""The readers by name."""


def readers_named(names: Iterable[str]) -> dict[str, Callable[..., np.ndarray]]:
    """Some of :data:`READERS`; an unknown name raises a ValueError that lists them."""
    names = list(names)
    if unknown := [name for name in names if name not in READERS]:
        raise ValueError(f"no reader {unknown[0]!r}: there are {', '.join(READERS)}")
    return {name: READERS[name] for name in names}
