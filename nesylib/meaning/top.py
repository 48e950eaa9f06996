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
    if k < 1:
        raise ValueError(f"k counts pictures: at least 1, got {k}")
    order = np.argsort(-codes, axis=0, kind="stable")
    return np.ascontiguousarray(order[:k].T)


def codes_of(codes) -> np.ndarray:
    """Activations ``(N, D)`` as floats, checked."""
    codes = np.asarray(codes)
    if codes.ndim != 2 or 0 in codes.shape:
        raise ValueError(f"codes must be (N, D) with some of each, got shape {codes.shape}")
    if codes.dtype.kind not in "biuf":
        raise ValueError(f"codes must be numbers, not {codes.dtype}")
    codes = codes.astype(np.float64) if codes.dtype.kind == "b" else codes
    if np.isnan(codes).any():
        raise ValueError("codes hold NaN: the network has diverged; train it again")
    return codes
