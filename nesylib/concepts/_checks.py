"""What every measure of codes asks of its input, with errors that say what to do."""

from __future__ import annotations

import numpy as np


def activations_of(values, name: str = "activations") -> np.ndarray:
    """``values`` as a float64 matrix ``(N, D)`` in [0, 1]; bits count as 0 and 1.

    Raises
    ------
    ValueError
        For another shape, no rows or columns, NaN, or values outside [0, 1].
    """
    matrix = np.asarray(values)
    if matrix.ndim != 2:
        raise ValueError(
            f"{name} must be a matrix with a row a picture and a column a neuron, got shape "
            f"{matrix.shape}"
        )
    if 0 in matrix.shape:
        raise ValueError(f"{name} are empty, shape {matrix.shape}: encode some pictures first")
    matrix = matrix.astype(np.float64)
    if np.isnan(matrix).any():
        raise ValueError(f"{name} hold NaN: the network has diverged; train it again")
    if matrix.min() < 0 or matrix.max() > 1:
        raise ValueError(
            f"{name} must lie in [0, 1], these run from {matrix.min():.3g} to {matrix.max():.3g}: "
            "apply the sigmoid"
        )
    return matrix


def bits_of(values, name: str = "bits") -> np.ndarray:
    """``values`` as a bool matrix ``(N, D)``; 0 and 1 are taken, other numbers are refused."""
    matrix = activations_of(values, name)
    bits = matrix > 0.5
    if not (matrix == bits).all():
        raise ValueError(f"{name} must be 0 or 1: call nesylib.concepts.binarize first")
    return bits


def labels_of(labels, rows: int, *, name: str = "labels", classes: int = 1) -> np.ndarray:
    """``labels`` as an array with one entry a row and at least ``classes`` different ones."""
    labels = np.asarray(labels)
    if labels.shape != (rows,):
        raise ValueError(f"{name} have shape {labels.shape}, but there are {rows} pictures")
    if labels.dtype.kind == "f" and np.isnan(labels).any():
        raise ValueError(f"{name} hold NaN: leave pictures without a label out")
    if classes > 1 and len(found := np.unique(labels)) < classes:
        raise ValueError(
            f"{name} hold only the class {found[0]!r}: give pictures of at least {classes} classes"
        )
    return labels


def parts_of(train, labels, test, test_labels=None):
    """The checked arguments of a measure that fits on one part and reads another."""
    train, test = activations_of(train, "training codes"), activations_of(test, "test codes")
    if train.shape[1] != test.shape[1]:
        raise ValueError(
            f"training codes have {train.shape[1]} neurons, test codes {test.shape[1]}: encode "
            "both with the same network"
        )
    labels = labels_of(labels, len(train), name="training labels", classes=2)
    if test_labels is not None:
        test_labels = labels_of(test_labels, len(test), name="test labels")
    return train, labels, test, test_labels
