"""Which known concept does a neuron follow, when all pictures are of one class?

Concepts go with classes: every bedroom has a bed. A neuron that only knows bedrooms therefore
"finds" beds. Compared *within* a class, it does not.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata

from nesylib.concepts._checks import activations_of, labels_of
from nesylib.meaning.purity import concepts_of


def concept_auc(
    activations, concepts, labels=None, *, least: int = 10, over: str = "pairs"
) -> np.ndarray:
    """AUC of each neuron for each concept, ``(D, K)``: 0.5 knows nothing, 1 is perfect.

    The AUC is the chance that the neuron is stronger in a picture with the concept than in one
    without, ties counted half (Mann and Whitney's U).

    Parameters
    ----------
    activations
        ``(N, D)`` in [0, 1].
    concepts
        ``(N, K)`` bool.
    labels
        ``(N,)``. If given, only pairs of pictures of the same class are compared, all such pairs
        alike. A neuron that tells the class and nothing more then has 0.5 for every concept.
    least
        A concept needs that many pictures with it, and as many without (of classes that have
        both), or it is NaN.
    over
        ``"pairs"``: all pairs count alike. ``"classes"``: the mean of the classes' own AUC, over
        those in which ``least`` holds.
    """
    if over not in ("pairs", "classes"):
        raise ValueError(f"over must be 'pairs' or 'classes', not {over!r}")
    values = activations_of(activations)
    shown = concepts_of(concepts, len(values))
    labels = np.zeros(len(values), int) if labels is None else labels_of(labels, len(values))
    wins = np.zeros((values.shape[1], shown.shape[1]))
    pairs, having, lacking = np.zeros((3, shown.shape[1]))
    for c in np.unique(labels):
        inside = labels == c
        with_it = shown[inside].sum(0)
        without = inside.sum() - with_it
        ranks = rankdata(values[inside], axis=0)
        won = (ranks.T @ shown[inside] - with_it * (with_it + 1) / 2) * (without > 0)
        compared = with_it * without
        if over == "classes":  # each class that has enough counts as one pair
            enough = np.minimum(with_it, without) >= max(1, least)
            won = np.where(enough, won / np.where(enough, compared, 1), 0)
            compared = enough
        wins += won
        pairs += compared
        having += with_it * (without > 0)
        lacking += without * (with_it > 0)
    enough = (np.minimum(having, lacking) >= least) & (pairs > 0)
    return np.where(enough, wins / np.where(enough, pairs, 1), np.nan)


def within_class_auc(
    activations,
    concepts,
    labels,
    *,
    follows: float = 0.7,
    shuffles: int = 10,
    seed: int = 0,
    least: int = 10,
):
    """The concepts that each neuron follows within classes, and how well chance would do.

    A neuron that follows one concept there is monosemantic in the plain sense of the word, one that
    follows several is polysemantic, and one that follows none says at most which class it is.

    The best of many concepts is above 0.5 for noise too. ``by_chance`` is the mean best AUC when
    the pictures of each class are shuffled.

    Parameters
    ----------
    follows
        AUC from which on a neuron is said to follow a concept. A choice of ours.

    Returns
    -------
    pandas.DataFrame
        Indexed by neuron: ``concept`` (the best one's column, -1 if none can be told) with its
        ``auc``, that of the ``second`` best, how many concepts are ``followed``, and
        ``by_chance``. A neuron that never changes within a class follows nothing: NaN, and 0
        ``followed``.

    Raises
    ------
    ValueError
        For shapes that do not fit, NaN, or no shuffles.
    """
    import pandas as pd

    if shuffles < 1:
        raise ValueError(f"shuffles must be at least 1, got {shuffles}")
    values = activations_of(activations)
    labels = labels_of(labels, len(values))
    shown = concepts_of(concepts, len(values))
    changes = np.zeros(values.shape[1], bool)
    for c in np.unique(labels):
        changes |= np.ptp(values[labels == c], axis=0) > 0

    def best(shown) -> np.ndarray:
        return _largest(concept_auc(values, shown, labels, least=least))[1]

    rng = np.random.default_rng(seed)
    chance = [best(shown[shuffled_within(labels, rng)]) for _ in range(shuffles)]
    table = concept_auc(values, shown, labels, least=least)
    table[~changes] = np.nan
    concept, auc = _largest(table)
    others = table.copy()
    others[np.arange(len(others)), concept] = np.nan
    frame = pd.DataFrame(
        {
            "concept": concept,
            "auc": auc,
            "second": _largest(others)[1],
            "followed": (table >= follows).sum(1),
            "by_chance": np.where(changes, np.mean(chance, axis=0), np.nan),
        }
    )
    frame.index.name = "neuron"
    return frame


def shuffled_within(labels, rng: np.random.Generator) -> np.ndarray:
    """A random order of the pictures in which every picture stands for one of its own class."""
    order = np.empty(len(labels), dtype=int)
    order[np.argsort(labels, kind="stable")] = np.lexsort((rng.random(len(labels)), labels))
    return order


def _largest(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Column and value of the largest entry of each row, -1 and NaN where all are NaN."""
    filled = np.where(np.isnan(table), -np.inf, table)
    column = filled.argmax(1)
    value = filled.max(1)
    none = np.isinf(value)
    return np.where(none, -1, column), np.where(none, np.nan, value)
