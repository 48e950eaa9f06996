"""Does a heat-map lie on the thing? Scores of maps against masks of objects."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.stats import rankdata

BATCH = 2_000_000
"""Pixels of maps that are enlarged at once."""


def pointing_game(maps, masks, *, mode: str = "bicubic") -> np.ndarray:
    """Whether the highest pixel of each map lies in the mask, ``(...,)`` in [0, 1].

    Of several highest pixels the share that lies in the mask counts, so a flat map gets the
    mask's share of the picture.

    Source: Zhang et al. 2016, arXiv 1608.00507, without their margin of 15 pixels.

    Parameters
    ----------
    maps
        ``(..., gh, gw)``; enlarged to the masks with :func:`nesylib.meaning.upsample`.
    masks
        ``(..., H, W)`` bool, broadcast against the maps: one mask a picture serves all of its
        neurons as ``masks[:, None]``.
    mode
        How maps are enlarged.

    Returns
    -------
    numpy.ndarray
        NaN where the mask is empty.

    Raises
    ------
    ValueError
        For masks that are not bool, maps with NaN, or shapes that don't fit together.
    """

    def score(large: np.ndarray, mask: np.ndarray) -> np.ndarray:
        top = large == large.max(1, keepdims=True)
        return (top & mask).sum(1) / top.sum(1)

    return _scored(maps, masks, mode, score)


def mass_in_mask(maps, masks, *, mode: str = "bicubic") -> np.ndarray:
    """Share of a map's positive mass that lies in the mask, ``(...,)`` in [0, 1].

    A flat positive map gets the mask's share of the picture. NaN where the mask is empty or the
    map has no positive value. Arguments as for :func:`pointing_game`.
    """

    def score(large: np.ndarray, mask: np.ndarray) -> np.ndarray:
        mass = large.clip(min=0)
        total = mass.sum(1)
        inside = np.where(mask, mass, 0).sum(1)
        return np.divide(inside, total, out=np.full(len(total), np.nan), where=total > 0)

    return _scored(maps, masks, mode, score)


def rank_in_mask(maps, masks, *, mode: str = "bicubic") -> np.ndarray:
    """How surely a pixel of the mask stands above one outside, ``(...,)`` in [0, 1].

    The area under the ROC curve: 0.5 by chance and for a flat map, whatever the size of the mask
    and whatever is added to the map or multiplies it. NaN where the mask is empty or covers
    everything. Arguments as for :func:`pointing_game`.
    """

    def score(large: np.ndarray, mask: np.ndarray) -> np.ndarray:
        inside = mask.sum(1).astype(np.float64)
        outside = mask.shape[1] - inside
        ranks = np.where(mask, rankdata(large, axis=1), 0).sum(1)
        wins = ranks - inside * (inside + 1) / 2
        pairs = inside * outside
        return np.divide(wins, pairs, out=np.full(len(pairs), np.nan), where=pairs > 0)

    return _scored(maps, masks, mode, score)


def centre_map(grid: tuple[int, int], width: float = 0.25) -> np.ndarray:
    """A map that knows no picture: highest in the middle, ``(gh, gw)`` float32.

    Things tend to stand in the middle of a picture, so this is what a map must beat on real
    pictures. ``width`` is the deviation of the Gaussian as a share of each side.
    """
    if width <= 0 or min(grid) < 1:
        raise ValueError(
            f"a grid has at least one patch and a width is above 0, not {grid}, {width}"
        )
    sides = [(np.arange(n) + 0.5) / n - 0.5 for n in grid]
    down, across = (np.exp(-(side**2) / (2 * width**2)) for side in sides)
    return np.outer(down, across).astype(np.float32)


def _scored(maps, masks, mode: str, score: Callable) -> np.ndarray:
    from nesylib.meaning import upsample

    maps, masks = np.asarray(maps), np.asarray(masks)
    if masks.dtype != bool:
        raise ValueError(
            f"masks must be bool, not {masks.dtype}: of an ImageSet's masks, the one of concept k "
            "is masks == k + 1"
        )
    if maps.ndim < 2 or masks.ndim < 2 or 0 in maps.shape[-2:] or 0 in masks.shape[-2:]:
        raise ValueError(
            f"maps are (..., gh, gw) and masks (..., H, W), got {maps.shape} and {masks.shape}"
        )
    if not np.isfinite(maps).all():
        raise ValueError("maps hold NaN or infinite values: check the network")
    try:
        lead = np.broadcast_shapes(maps.shape[:-2], masks.shape[:-2])
    except ValueError:
        raise ValueError(
            f"maps {maps.shape} and masks {masks.shape} don't fit together: one mask a picture "
            "serves all neurons as masks[:, None]"
        ) from None
    size = masks.shape[-2:]
    # views: one mask a picture for all neurons is never written out for each of them
    all_maps = np.broadcast_to(maps, (*lead, *maps.shape[-2:]))
    all_masks = np.broadcast_to(masks, (*lead, *size))
    marked = np.flatnonzero(np.broadcast_to(masks.any((-2, -1)), lead))
    found, step = np.full(int(np.prod(lead)), np.nan), max(1, BATCH // (size[0] * size[1]))
    for start in range(0, len(marked), step):
        rows = marked[start : start + step]
        at = np.unravel_index(rows, lead) if lead else ()
        large = upsample(all_maps[at], size, mode).reshape(len(rows), -1)
        found[rows] = score(large, all_masks[at].reshape(len(rows), -1))
    return found.reshape(lead)
