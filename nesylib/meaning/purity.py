"""How pure are the pictures on which a neuron fires most? By class, and by known concept.

A purity looks at the few strongest pictures only. It is high for a class detector, whatever the
concepts are, and low for a perfect detector of a concept that several classes share. So read it
beside :func:`nesylib.meaning.within_class_auc`.
"""

from __future__ import annotations

import numpy as np

from nesylib.concepts._checks import activations_of, labels_of


def top_weights(activations, k: int = 20, *, on: float = 0.5, least: int = 5) -> np.ndarray:
    """How far each picture counts among the ``k`` strongest of each neuron, ``(N, D)`` in [0, 1].

    Pictures that tie for the last places share them evenly. So the order of the pictures does not
    matter: in a set that is sorted by class, saturated neurons would look pure otherwise.

    Parameters
    ----------
    activations
        ``(N, D)`` in [0, 1]; bits count as 0 and 1.
    k
        How many pictures. A neuron that is on in fewer is judged by those.
    on
        Pictures with a lower activation do not count: there, the neuron is off.
    least
        A neuron that is on in fewer pictures than this gets no weights.

    Returns
    -------
    numpy.ndarray
        The weights of a column sum to ``k`` or to the number of pictures on which the neuron is
        on, whichever is less; a column of zeros for a neuron that says too little.
    """
    if k < 1 or least < 1:
        raise ValueError(f"k and least must be at least 1, got {k} and {least}")
    values = activations_of(activations)
    values = np.where(values >= on, values, -np.inf)
    many = np.isfinite(values).sum(0)
    k = min(k, len(values))
    last = np.partition(values, len(values) - k, axis=0)[len(values) - k]
    above = values > last
    tied = np.isfinite(last) & (values == last)
    share = (k - above.sum(0)) / np.maximum(tied.sum(0), 1)
    return np.where(many >= least, above + tied * share, 0.0)


def top_shares(
    activations, attributes, k: int = 20, *, on: float = 0.5, least: int = 5
) -> np.ndarray:
    """Share of each neuron's top pictures that have each attribute, ``(D, K)``.

    ``attributes`` is ``(N, K)`` bool, such as the known concepts of the pictures. A neuron that is
    on in fewer than ``least`` pictures has NaN. The rest is as in :func:`top_weights`.
    """
    weights = top_weights(activations, k, on=on, least=least)
    attributes = concepts_of(attributes, len(weights))
    total = weights.sum(0)
    shares = weights.T @ attributes / np.where(total > 0, total, 1.0)[:, None]
    # thirds of ties must not put a share of 0.7 below 0.7
    return np.where(total[:, None] > 0, np.round(shares, 12), np.nan)


def class_purity(activations, labels, k: int = 20, *, on: float = 0.5, least: int = 5):
    """Share of each neuron's top pictures that is of its commonest class, ``(D,)``.

    The usual reading is that a neuron below 0.7 is polysemantic (top 20 pictures). It does not
    follow: a neuron for *window* fires in every kind of room, and one for *bedroom* is pure
    whatever it looks at.

    Parameters
    ----------
    activations
        ``(N, D)`` in [0, 1].
    labels
        ``(N,)``, numbers or names.
    k, on, least
        As :func:`top_weights` takes them.

    Returns
    -------
    numpy.ndarray
        NaN for a neuron that is on in fewer than ``least`` pictures.
    """
    return top_shares(activations, one_hot(labels, activations), k, on=on, least=least).max(1)


def concept_purity(activations, concepts, k: int = 20, *, on: float = 0.5, least: int = 5):
    """Share of each neuron's top pictures that show the concept they have most often, ``(D,)``.

    ``concepts`` is ``(N, K)`` bool. What is frequent everywhere is frequent here too: compare with
    the same measure on shuffled activations. Otherwise as :func:`class_purity`.
    """
    return top_shares(activations, concepts, k, on=on, least=least).max(1)


def one_hot(labels, activations) -> np.ndarray:
    """Labels as ``(N, classes)`` bool, the classes in sorted order."""
    labels = labels_of(labels, len(np.asarray(activations)))
    return labels[:, None] == np.unique(labels)


def concepts_of(concepts, rows: int) -> np.ndarray:
    """Known concepts as float64 ``(N, K)`` of 0 and 1, checked."""
    concepts = np.asarray(concepts)
    if concepts.ndim != 2 or len(concepts) != rows or concepts.shape[1] == 0:
        raise ValueError(
            f"concepts must be ({rows}, K), a row a picture and a column a concept, got shape "
            f"{concepts.shape}"
        )
    if not np.isin(concepts, (0, 1)).all():
        raise ValueError("concepts must be 0 or 1: shown in the picture, or not")
    return concepts.astype(np.float64)
