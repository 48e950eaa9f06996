"""Are the names true? Which concepts a bit really tells, and names held against them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nesylib.meaning.inside_class import concept_auc
from nesylib.meaning.labels import Labels


def true_names(bits, concepts, labels=None, *, least: float = 0.75, pictures: int = 10):
    """Which concepts a bit really tells: those for which its AUC is at least ``least``.

    Of a bit the AUC is ``(1 + P(on | there) - P(on | not there)) / 2``: 0.75 is a bit that is on
    50 points more often where the concept is there. Where to draw the line is a choice; say it.

    Parameters
    ----------
    bits, concepts
        ``(N, D)`` and ``(N, K)`` truth values of the same pictures, best of pictures that took
        no part in the naming.
    labels
        ``(N,)`` classes. If given, pictures are only compared within their class: a bit that
        knows the class and nothing else then tells no concept.
    pictures
        A concept needs as many pictures with it, and without, to be told.

    Returns
    -------
    numpy.ndarray
        ``(D, K)`` bool.
    """
    if not 0.5 < least <= 1:
        raise ValueError(f"least is an AUC above chance, in (0.5, 1], got {least}")
    if not np.isin(np.asarray(bits), (0, 1)).all():
        raise ValueError("bits must be truth values: cut activations with concepts.binarize")
    bits = np.asarray(bits, np.float32)
    return np.nan_to_num(concept_auc(bits, concepts, labels, least=pictures)) >= least


def score_names(labels: Labels, truth, concepts: Sequence[str]) -> dict[str, float]:
    """Precision and recall of names.

    Parameters
    ----------
    labels
        Names of some neurons; all of these neurons count, named or not.
    truth
        ``(D, K)`` bool, such as :func:`true_names` gives.
    concepts
        The K concepts that the names are taken from.

    Returns
    -------
    dict
        ``precision``: of all names given, how many are true. ``recall``: of all that are true of
        these neurons, how many are given. ``first``: of the first names, how many are true.
        NaN where there is nothing to count. ``neurons``, ``named``, and ``names``: names a named
        neuron has on average.

    Raises
    ------
    ValueError
        For a name that is no concept, or a neuron that the truth does not know.
    """
    truth = np.asarray(truth)
    column = {name: k for k, name in enumerate(concepts)}
    if truth.ndim != 2 or truth.shape[1] != len(column) or truth.dtype.kind != "b":
        raise ValueError(
            f"truth must be (D, {len(column)}) bool, got {truth.dtype} of shape {truth.shape}"
        )
    strange = sorted({name for f in labels.names.values() for name, _ in f} - set(column))
    if strange:
        raise ValueError(f"names {strange[:5]} are no concepts; there are {list(column)[:8]} ...")
    neurons = list(labels.names)
    if any(neuron >= len(truth) for neuron in neurons):
        raise ValueError(f"the truth knows neurons 0..{len(truth) - 1}, the labels name others")
    given = [truth[n, column[name]] for n, found in labels.names.items() for name, _ in found]
    first = [truth[n, column[name]] for n, name in labels.best().items()]
    wanted = truth[neurons].sum() if neurons else 0
    return {
        "precision": _share(sum(given), len(given)),
        "recall": _share(sum(given), wanted),
        "first": _share(sum(first), len(first)),
        "neurons": len(neurons),
        "named": len(first),
        "names": _share(len(given), len(first)),
    }


def shuffled_names(labels: Labels, seed: int = 0) -> Labels:
    """The control: named neurons exchange their names by lot."""
    named = [neuron for neuron, found in labels.names.items() if found]
    givers = np.random.default_rng(seed).permutation(named)
    names = {n: labels.names[int(g)] for n, g in zip(named, givers, strict=True)}
    return Labels(names, labels.missing, f"{labels.method}, shuffled")


def _share(part, whole) -> float:
    return float(part) / float(whole) if whole else float("nan")
