"""Heat-maps at the size of masks, by two matrix products: fast where there are many of them."""

from __future__ import annotations

from functools import lru_cache

import numpy as np


def enlarge(maps, size: tuple[int, int]) -> np.ndarray:
    """Maps ``(..., gh, gw)`` at ``size``, ``(..., H, W)`` float32, bicubic.

    Enlarging is linear: a matrix says how much of each patch every pixel gets, one for the rows
    and one for the columns. The numbers are those of :func:`nesylib.meaning.upsample`.
    """
    maps = np.asarray(maps, np.float32)
    rows, columns = (_spread(n, side) for n, side in zip(maps.shape[-2:], size, strict=True))
    return rows @ (maps @ columns.T)


@lru_cache(maxsize=64)
def _spread(patches: int, pixels: int) -> np.ndarray:
    """``(pixels, patches)``; each row sums to 1. Beyond the border the border goes on."""
    centre = (np.arange(pixels) + 0.5) * patches / pixels - 0.5
    left = np.floor(centre)
    matrix = np.zeros((pixels, patches))
    for step in (-1, 0, 1, 2):
        at = np.clip(left + step, 0, patches - 1).astype(int)
        np.add.at(matrix, (np.arange(pixels), at), _cubic(np.abs(centre - left - step)))
    return matrix.astype(np.float32)


def _cubic(distance: np.ndarray, a: float = -0.75) -> np.ndarray:
    """Keys' convolution kernel, with PyTorch's constant."""
    near = ((a + 2) * distance - (a + 3)) * distance**2 + 1
    far = a * (((distance - 5) * distance + 8) * distance - 4)
    return np.where(distance <= 1, near, np.where(distance < 2, far, 0.0))
