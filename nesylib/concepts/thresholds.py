"""A threshold for each neuron, where 0.5 for all is not good enough."""

from __future__ import annotations

import numpy as np

from nesylib.concepts._checks import activations_of, labels_of
from nesylib.concepts.information import entropy

METHODS = ("two-means", "class-means", "information", "mean-std")


def neuron_thresholds(activations, method: str = "two-means", labels=None) -> np.ndarray:
    """Thresholds ``(D,)``, found on training activations, for :func:`binarize`.

    Parameters
    ----------
    activations
        ``(N, D)`` in [0, 1].
    method
        ``"two-means"``: midway between the two means of the split into two groups with the
        least squared error (exact, in one dimension). ``"class-means"``: middle of the
        widest gap between the neuron's sorted class means. ``"information"``: the cut whose bit
        tells most about the class. ``"mean-std"``: 0.6 of the mean plus 0.7 of the standard
        deviation, NeSyFOLD's rule for the norms of CNN kernels (Padalkar et al. 2024).
    labels
        ``(N,)``, for the two methods that look at classes.

    Notes
    -----
    All but the last split every neuron that is not constant, however little it moves: a neuron
    that runs from 0.01 to 0.03 is off for 0.5 and becomes a bit here. A constant neuron keeps 0.5.

    Raises
    ------
    ValueError
        For an unknown method, or one that needs labels and has none.
    """
    values = activations_of(activations)
    if method not in METHODS:
        raise ValueError(f"unknown method {method!r}: use one of {', '.join(METHODS)}")
    if method in ("class-means", "information"):
        if labels is None:
            raise ValueError(f"the method {method!r} looks at classes: give labels")
        labels = labels_of(labels, len(values), classes=2)
    if method == "mean-std":
        cuts = 0.6 * values.mean(0) + 0.7 * values.std(0)
    elif method == "class-means":
        means = np.sort([values[labels == c].mean(0) for c in np.unique(labels)], axis=0)
        widest, each = np.diff(means, axis=0).argmax(0), np.arange(values.shape[1])
        cuts = (means[widest, each] + means[widest + 1, each]) / 2
    elif method == "two-means":
        cuts = _two_means(values) if len(values) > 1 else 0.5
    else:
        cuts = _most_informative(values, labels)
    constant = values.min(0) == values.max(0)
    return np.where(constant, 0.5, cuts)


def _two_means(values: np.ndarray) -> np.ndarray:
    """Of all splits of a sorted column the one with the most variance between its sides."""
    ordered = np.sort(values, axis=0)
    n = len(ordered)
    left, sums = np.arange(1, n)[:, None], np.cumsum(ordered, axis=0)
    low = sums[:-1] / left
    high = (sums[-1] - sums[:-1]) / (n - left)
    between = left * (n - left) * np.square(high - low)
    between[ordered[1:] == ordered[:-1]] = -1.0
    best, each = between.argmax(0), np.arange(values.shape[1])
    return (low[best, each] + high[best, each]) / 2


def _most_informative(values: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Per column the midpoint of two neighbours that tells most; of equals the widest gap."""
    classes, index = np.unique(labels, return_inverse=True)
    member = np.eye(len(classes))[index]
    cuts = np.full(values.shape[1], 0.5)
    for d, column in enumerate(values.T):
        order = np.argsort(column, kind="stable")
        gaps = np.diff(column[order])
        if not gaps.any():
            continue
        below = np.cumsum(member[order], axis=0)
        above, below = below[-1] - below[:-1], below[:-1]
        # what is left unknown of the class: entropy on each side, weighted by its size
        rest = below.sum(1) * entropy(below, axis=1) + above.sum(1) * entropy(above, axis=1)
        rest[gaps == 0] = np.inf
        best = np.flatnonzero(rest <= rest.min() + 1e-9)
        at = best[gaps[best].argmax()]
        cuts[d] = (column[order[at]] + column[order[at + 1]]) / 2
    return cuts
