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
    if matrix.dtype.kind not in "biuf":
        raise ValueError(f"{name} must be numbers, not {matrix.dtype}")
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


def same_kind(one: np.ndarray, other: np.ndarray, first: str, second: str) -> None:
    """Refuse to compare names with numbers, which never agree."""
    named = [
        {isinstance(value, str) for value in np.ravel(x).tolist() if value is not None}
        for x in (one, other)
    ]
    if named in ([{True}, {False}], [{False}, {True}]):
        raise ValueError(
            f"{first} and {second} are names in the one and numbers in the other, so they would "
            "never agree: use names for both (label_names()) or numbers for both (labels)"
        )


def pictures_of(dataset) -> tuple[object, np.ndarray]:
    """The pictures of a data set and their labels as int64, ready to train on.

    Raises
    ------
    TypeError
        For something without ``images`` and ``labels``, or with a list for pictures.
    ValueError
        For no pictures, labels that are not whole numbers, or another number of them.
    """
    images, labels = getattr(dataset, "images", None), getattr(dataset, "labels", None)
    if images is None or labels is None or not hasattr(images, "shape"):
        raise TypeError(
            f"train on something with images, an array (N, 3, H, W), and labels (N,), not on a "
            f"{type(dataset).__name__} with images of type {type(images).__name__}: "
            "nesylib.data.ImageSet(np.stack(images), labels, classes)"
        )
    labels = np.asarray(labels)
    if len(labels) == 0:
        raise ValueError("there are no pictures to train on: check how the set was chosen")
    if labels.shape != (len(images),):
        raise ValueError(
            f"there are {len(images)} pictures and labels of shape {labels.shape}: give one "
            "label for each picture"
        )
    whole = labels.dtype.kind in "iub" or (
        labels.dtype.kind == "f" and bool(np.all(labels == np.floor(labels)))
    )
    if not whole:
        raise ValueError(
            f"labels must be whole numbers, such as {labels[0]!r} is not: "
            "classes, labels = np.unique(labels, return_inverse=True)"
        )
    return images, labels.astype(np.int64)


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
        same_kind(labels, test_labels, "training labels", "test labels")
    return train, labels, test, test_labels
