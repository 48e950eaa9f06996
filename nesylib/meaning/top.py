"""The pictures that excite a neuron most: what every naming starts from."""

from __future__ import annotations

import numpy as np


def top_pictures(codes, k: int = 10) -> np.ndarray:
    """For each neuron the ``k`` pictures with the highest activation, highest first.

    Equal activations keep the order of the pictures, so that the answer is always the same.
    With fewer than ``k`` pictures all of them come.

    Parameters
    ----------
    codes
        Activations or bits ``(N, D)``.

    Returns
    -------
    numpy.ndarray
        ``(D, k)`` row numbers.

    Raises
    ------
    ValueError
        For NaN, no pictures, or ``k`` below 1.
    """
    codes = codes_of(codes)
    if not hasattr(k, "__index__") or k < 1:
        raise ValueError(f"k counts pictures: a whole number, at least 1, got {k!r}")
    order = np.argsort(-codes, axis=0, kind="stable")
    return np.ascontiguousarray(order[:k].T)


def codes_of(codes) -> np.ndarray:
    """Activations ``(N, D)`` as floats, checked."""
    codes = np.asarray(codes)
    if codes.ndim != 2 or 0 in codes.shape:
        raise ValueError(f"codes must be (N, D) with some of each, got shape {codes.shape}")
    if codes.dtype.kind not in "biuf":
        raise ValueError(f"codes must be numbers, not {codes.dtype}")
    codes = codes if codes.dtype.kind == "f" else codes.astype(np.float64)  # -1 is 255 in uint8
    if np.isnan(codes).any():
        raise ValueError("codes hold NaN: the network has diverged; train it again")
    return codes


def whole_numbers(neurons) -> np.ndarray:
    """Column numbers as an array of int; a mask, a share or a word is refused."""
    if not np.iterable(neurons) or isinstance(neurons, str):
        raise ValueError(f"neurons must be a list of column numbers such as [3], got {neurons!r}")
    chosen = np.asarray(list(neurons))
    if chosen.size == 0:
        return np.zeros(0, int)
    if chosen.ndim != 1 or chosen.dtype.kind not in "iu":
        raise ValueError(
            f"neurons must be column numbers such as [3, 17], not {chosen.dtype}: of a bool mask, "
            "np.flatnonzero(mask)"
        )
    return chosen.astype(int)
