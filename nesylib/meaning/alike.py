"""How alike are the pictures on which a neuron fires? The monosemanticity score, in one pass."""

from __future__ import annotations

import numpy as np

from nesylib.concepts._checks import activations_of


def monosemanticity(activations, embeddings, *, center: bool = False) -> np.ndarray:
    """Mean similarity of the pictures a neuron fires on, weighted by how much it fires, ``(D,)``.

    With ``a_n`` the activation in picture n, scaled so that it runs from 0 to 1 over the
    pictures, and ``u_n`` the picture's embedding at unit length::

        score = sum_{n != m} a_n a_m <u_n, u_m> / sum_{n != m} a_n a_m

    Source: the measure is the MonoSemanticity score of Pach et al. (arXiv 2504.02821). Its N x N
    pairs are never formed: with ``s = sum a_n u_n`` the numerator is
    ``|s|^2 - sum a_n^2 |u_n|^2`` and the denominator ``(sum a_n)^2 - sum a_n^2``, so the cost grows
    with N, not its square, as Nasiri-Sarvi et al. (arXiv 2602.12403) observe.

    Parameters
    ----------
    activations
        ``(N, D)`` in [0, 1].
    embeddings
        ``(N, d)``, any unit. They decide what "alike" means. Those of a network other than the
        one under test are fairer: a neuron is a direction in its own network's features.
        A row of zeros is like nothing.
    center
        Take the mean embedding away first (ours, not the paper's). Features of one network often
        share a large common part, which makes all pictures look alike.

    Returns
    -------
    numpy.ndarray
        In [-1, 1]; NaN for a neuron that never changes or fires on a single picture. What a neuron
        that says nothing would get is :func:`mean_similarity`.
    """
    values = activations_of(activations)
    unit = _unit(embeddings, len(values), center)
    low, high = values.min(0), values.max(0)
    changes = high > low
    weight = (values - low) / np.where(changes, high - low, 1.0)
    square = weight**2
    # in float64 the differences below keep their digits
    alike = ((weight.T @ unit) ** 2).sum(1) - square.T @ (unit**2).sum(1)
    pairs = weight.sum(0) ** 2 - square.sum(0)
    enough = changes & (pairs > 1e-9)
    return np.where(enough, alike / np.where(enough, pairs, 1.0), np.nan)


def mean_similarity(embeddings, *, center: bool = False) -> float:
    """Mean cosine of two different pictures: the score of a neuron that treats all alike."""
    embeddings = np.asarray(embeddings)
    unit = _unit(embeddings, len(embeddings), center)
    if len(unit) < 2:
        return float("nan")
    return float(((unit.sum(0) ** 2).sum() - (unit**2).sum()) / (len(unit) * (len(unit) - 1)))


def _unit(embeddings, rows: int, center: bool) -> np.ndarray:
    embeddings = np.asarray(embeddings)
    if embeddings.ndim != 2 or len(embeddings) != rows or embeddings.shape[1] == 0:
        raise ValueError(
            f"embeddings must be ({rows}, d), a row for each picture, got {embeddings.shape}"
        )
    embeddings = embeddings.astype(np.float64)
    if not np.isfinite(embeddings).all():
        raise ValueError("embeddings hold NaN or infinity: leave those pictures out")
    if center and len(embeddings):
        embeddings = embeddings - embeddings.mean(0)
    length = np.linalg.norm(embeddings, axis=1, keepdims=True)
    return embeddings / np.where(length > 0, length, 1.0)
