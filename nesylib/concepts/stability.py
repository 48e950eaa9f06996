"""Are they the same neurons under another seed? Matching the neurons of two networks."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linear_sum_assignment

from nesylib.concepts._checks import activations_of, bits_of, labels_of

MEASURES = ("correlation", "jaccard")


@dataclass(frozen=True)
class Matching:
    """Pairs of neurons of two networks.

    Attributes
    ----------
    pairs : (P, 2) int
        Column of the one and of the other network, best pair first.
    scores : (P,) float
        Their similarity.
    silent : (array, array)
        Neurons of each network that never change over the pictures, never on or always: left out.
    """

    pairs: np.ndarray
    scores: np.ndarray
    silent: tuple[np.ndarray, np.ndarray]

    def __len__(self) -> int:
        return len(self.scores)

    def frame(self):
        """As a :class:`pandas.DataFrame` with columns ``one``, ``other``, ``score``."""
        import pandas as pd

        one, other = self.pairs.T
        return pd.DataFrame({"one": one, "other": other, "score": self.scores})


def similarity(one, other, measure: str = "correlation") -> np.ndarray:
    """Similarity ``(D, E)`` of all neurons of two codes of the same pictures.

    Parameters
    ----------
    one, other
        ``(N, D)`` and ``(N, E)``: bits, or for ``"correlation"`` also activations in [0, 1].
    measure
        ``"correlation"``: Pearson's, in [-1, 1]. ``"jaccard"``: pictures in which both are on, as
        a share of those in which either is, in [0, 1]. A neuron that never changes has 0 with all.
    """
    if measure not in MEASURES:
        raise ValueError(f"unknown measure {measure!r}: use one of {', '.join(MEASURES)}")
    take = bits_of if measure == "jaccard" else activations_of
    one, other = (
        take(x, f"{name} code").astype(np.float64)
        for x, name in ((one, "first"), (other, "second"))
    )
    if len(one) != len(other):
        raise ValueError(
            f"the codes are of {len(one)} and {len(other)} pictures: encode the same pictures, in "
            "the same order, with both networks"
        )
    changing = np.ptp(one, axis=0)[:, None] * np.ptp(other, axis=0) > 0
    if measure == "jaccard":
        both = one.T @ other
        either = one.sum(0)[:, None] + other.sum(0) - both
        return np.where(changing, both / np.maximum(either, 1), 0.0)
    one, other = (x - x.mean(0) for x in (one, other))
    scale = np.linalg.norm(one, axis=0)[:, None] * np.linalg.norm(other, axis=0)
    scores = (one.T @ other) / np.where(changing, scale, 1.0)
    return np.where(changing, np.clip(scores, -1, 1), 0.0)


def match_neurons(one, other, measure: str = "correlation") -> Matching:
    """The one-to-one matching of neurons with the largest total similarity.

    Solved exactly by :func:`scipy.optimize.linear_sum_assignment` (the Hungarian method). When
    the codes have different numbers of changing neurons, the rest of the larger one stays single.

    Raises
    ------
    ValueError
        For codes of different pictures, NaN, an unknown measure, or a network in which no
        neuron changes.
    """
    table = similarity(one, other, measure)
    alive = []
    for name, code in (("first", one), ("second", other)):
        changes = np.ptp(np.asarray(code, dtype=np.float64), axis=0) > 0
        if not changes.any():
            raise ValueError(
                f"no neuron of the {name} network changes over these pictures: its code has "
                "collapsed, there is nothing to match"
            )
        alive.append(changes)
    rows, columns = (np.flatnonzero(a) for a in alive)
    r, c = linear_sum_assignment(table[np.ix_(rows, columns)], maximize=True)
    pairs = np.stack([rows[r], columns[c]], axis=1)
    scores = table[pairs[:, 0], pairs[:, 1]]
    order = np.argsort(-scores, kind="stable")
    silent = tuple(np.flatnonzero(~a) for a in alive)
    return Matching(pairs[order], scores[order], silent)


@dataclass(frozen=True)
class Stability:
    """See :func:`seed_stability`. Controls hold the mean score of each shuffle.

    Attributes
    ----------
    matching : Matching
    shuffled : (S,) float
        Mean score of the best matching when the pictures of the one network are shuffled.
    within_class : (S,) float or None
        The same when they are shuffled among pictures of the same class only.
    """

    matching: Matching
    shuffled: np.ndarray = field(repr=False)
    within_class: np.ndarray | None = field(default=None, repr=False)

    @property
    def score(self) -> float:
        """Mean similarity of the matched pairs."""
        return float(self.matching.scores.mean())

    def summary(self, same: float = 0.8) -> dict[str, float]:
        """In numbers.

        ``score``: mean over pairs; ``same``: share of pairs at or above ``same``; ``pairs``,
        ``silent_one``, ``silent_other``: how many neurons; ``shuffled``: mean of the
        control; ``p``: share of shuffles that do as well, counting the observed one; with
        labels ``within_class``: what remains when only the class is kept.
        """
        m = self.matching
        found = {
            "score": self.score,
            "same": float((m.scores >= same).mean()),
            "pairs": len(m),
            "silent_one": len(m.silent[0]),
            "silent_other": len(m.silent[1]),
            "shuffled": float(self.shuffled.mean()),
            "p": float((1 + (self.shuffled >= self.score).sum()) / (1 + len(self.shuffled))),
        }
        if self.within_class is not None:
            found["within_class"] = float(self.within_class.mean())
        return found


def seed_stability(
    one,
    other,
    *,
    measure: str = "correlation",
    labels=None,
    shuffles: int = 20,
    seed: int = 0,
) -> Stability:
    """Match the neurons of two networks, and of the same two with the pictures shuffled.

    The best of many matchings looks good on noise, so the score alone says little. The first
    control shuffles all pictures of one network and matches anew. The second, with ``labels``,
    shuffles them within each class: what survives is agreement about the *class*. Two networks
    whose neurons are all class detectors score no better than that control.

    Parameters
    ----------
    one, other
        Codes ``(N, D)`` and ``(N, E)`` of the same pictures.
    measure
        ``"correlation"`` or ``"jaccard"``; see :func:`similarity`.
    labels
        ``(N,)``, for the second control.

    Raises
    ------
    ValueError
        As :func:`match_neurons`, and for ``shuffles`` below 1.
    """
    if shuffles < 1:
        raise ValueError(f"shuffles must be at least 1, got {shuffles}")
    matching = match_neurons(one, other, measure)
    one, other = np.asarray(one), np.asarray(other)
    rng = np.random.default_rng(seed)

    def control(order_of) -> np.ndarray:
        orders = (order_of() for _ in range(shuffles))
        return np.array([match_neurons(one, other[o], measure).scores.mean() for o in orders])

    shuffled = control(lambda: rng.permutation(len(one)))
    if labels is None:
        return Stability(matching, shuffled)
    labels = labels_of(labels, len(one))
    # sort by class, and by chance inside a class: a permutation that keeps classes
    home = np.argsort(labels, kind="stable")

    def inside() -> np.ndarray:
        order = np.empty(len(labels), dtype=int)
        order[home] = np.lexsort((rng.random(len(labels)), labels))
        return order

    return Stability(matching, shuffled, control(inside))
