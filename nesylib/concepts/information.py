"""How much bits tell, in bits: entropy of neurons and codes, information about the class.

All are plug-in estimates: shares of the sample are taken for probabilities. For one neuron that is
exact enough. For whole codes it is not: entropy comes out too small and information about the
class too large, the more so the more different codes there are for the number of pictures. A
code that differs in every picture "tells" the class completely, whatever it is. So
:func:`code_information` puts the value of shuffled labels beside its own.
"""

from __future__ import annotations

import numpy as np

from nesylib.concepts._checks import activations_of, bits_of, labels_of
from nesylib.concepts.encoding import binarize


def entropy(counts: np.ndarray, axis: int | None = None) -> np.ndarray:
    """Plug-in entropy in bits of the shares of ``counts`` along ``axis``."""
    counts = np.asarray(counts, dtype=np.float64)
    share = counts / np.maximum(counts.sum(axis=axis, keepdims=True), 1e-300)
    terms = np.where(share > 0, -share * np.log2(np.where(share > 0, share, 1.0)), 0.0)
    return terms.sum(axis=axis)


def mutual_information(table: np.ndarray) -> float:
    """Plug-in mutual information in bits of the rows and columns of a table of counts."""
    table = np.asarray(table, dtype=np.float64)
    both = entropy(table.sum(0)) + entropy(table.sum(1)) - entropy(table)
    return max(0.0, float(both))


def neuron_information(activations, labels=None, threshold=0.5):
    """One row for each neuron.

    Parameters
    ----------
    activations
        ``(N, D)`` in [0, 1]; bits count as 0 and 1.
    labels
        ``(N,)`` with at least two classes, or None.
    threshold
        One number, or ``(D,)``.

    Returns
    -------
    pandas.DataFrame
        Indexed by neuron. ``on``: share of pictures in which its bit is 1. ``unsure``: share
        of its activations in [0.4, 0.6]. ``entropy``: of the bit, at most 1. With labels,
        ``information``: what the bit tells about the class, in bits, at most ``entropy``.
    """
    import pandas as pd

    values = activations_of(activations)
    bits = binarize(values, threshold)
    on, n = bits.sum(0), len(bits)
    frame = pd.DataFrame(
        {
            "on": on / n,
            "unsure": ((values >= 0.4) & (values <= 0.6)).mean(0),
            "entropy": entropy(np.stack([on, n - on]), axis=0),
        }
    )
    frame.index.name = "neuron"
    if labels is not None:
        labels = labels_of(labels, n, classes=2)
        inside = np.zeros(bits.shape[1])
        for c in np.unique(labels):
            mine = bits[labels == c]
            ones = mine.sum(0)
            inside += len(mine) / n * entropy(np.stack([ones, len(mine) - ones]), axis=0)
        frame["information"] = np.maximum(0.0, frame["entropy"] - inside)
    return frame


def code_information(bits, labels=None, *, shuffles: int = 20, seed: int = 0) -> dict[str, float]:
    """What whole codes, rows of bits, tell.

    Returns
    -------
    dict
        ``codes``: number of different rows. ``entropy``: plug-in joint entropy in bits.
        ``corrected``: with Miller and Madow's correction, (codes - 1) / (2 N ln 2) more.
        ``limit``: log2 of the number of pictures, above which no plug-in estimate can rise; when
        ``entropy`` is close to it, the sample is too small to say. ``independent``: the
        sum of the neurons' entropies; ``independent - entropy`` is how much they repeat
        each other. With labels: ``information`` about the class, ``by_chance``: its mean over
        shuffled labels, and ``class_entropy``: all there is to know.

    Raises
    ------
    ValueError
        For values other than 0 and 1, labels of one class or another length.
    """
    bits = bits_of(bits)
    n = len(bits)
    _, row, counts = np.unique(
        np.packbits(bits, axis=1), axis=0, return_inverse=True, return_counts=True
    )
    row = row.ravel()
    joint, on = float(entropy(counts)), bits.sum(0)
    found = {
        "codes": len(counts),
        "entropy": joint,
        "corrected": float(joint + (len(counts) - 1) / (2 * n * np.log(2))),
        "limit": float(np.log2(n)),
        "independent": float(entropy(np.stack([on, n - on]), axis=0).sum()),
    }
    if labels is None:
        return found
    if shuffles < 1:
        raise ValueError(f"shuffles must be at least 1, got {shuffles}")
    classes, index = np.unique(labels_of(labels, n, classes=2), return_inverse=True)

    def about(index: np.ndarray) -> float:
        cells = np.bincount(row * len(classes) + index, minlength=len(counts) * len(classes))
        return mutual_information(cells.reshape(len(counts), len(classes)))

    rng = np.random.default_rng(seed)
    found["information"] = about(index)
    found["by_chance"] = float(np.mean([about(rng.permutation(index)) for _ in range(shuffles)]))
    found["class_entropy"] = float(entropy(np.bincount(index)))
    return found
