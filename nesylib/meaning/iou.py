"""Names from masks by overlap (IoU), as Network Dissection gives them, for all neurons at once.

Source: Bau et al., Network Dissection (CVPR 2017): cut each unit's maps at one threshold, compare
with each concept's mask over all pictures, name the unit by the concept of the highest
intersection over union, if that exceeds 0.04.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from nesylib.meaning.enlarge import enlarge
from nesylib.meaning.labels import Labels
from nesylib.meaning.masks import Masks
from nesylib.meaning.mass import CHUNK, checked


def overlap(
    maps: np.ndarray,
    codes,
    masks,
    concepts: Sequence[str],
    *,
    neurons: Iterable[int] | None = None,
    quantile: float = 0.9,
    least: float = 0.04,
    margin: float = 0.0,
    fires: float = 0.5,
    size=None,
) -> Labels:
    """Name neurons by the overlap of their hottest pixels with each concept's mask.

    Each neuron has one threshold for all pictures, the ``quantile`` of its patches. Only the
    pictures on which it fires count.

    Parameters
    ----------
    maps, codes, masks, concepts, neurons, fires, size
        As :func:`mass_ratio` takes them; ``maps`` must be an array here.
    quantile
        Network Dissection takes 0.995 on feature maps of large grids. Of 64 patches that would
        be a third of one, so the default here is ours.
    least
        An overlap that a name needs; Network Dissection's 0.04.
    margin
        Names within this of the best are kept, too. With 0 a neuron gets one name.

    Returns
    -------
    Labels
        Scores are intersections over unions.
    """
    marked = Masks.of(masks, concepts, size)
    codes, neurons, _ = checked(maps, codes, marked, neurons)
    if not margin >= 0 or np.isnan(least) or np.isnan(fires):
        raise ValueError(
            f"margin must be at least 0, least and fires numbers, got {margin}, {least} and {fires}"
        )
    fired = codes[:, neurons] >= fires
    scores = overlaps(maps, marked, quantile=quantile, counts=fired)
    names, missing = {}, {}
    for neuron, found, on in zip(neurons, scores, fired.T, strict=True):
        best = np.argsort(-found, kind="stable")
        close = [c for c in best if found[c] >= least and found[c] >= found[best[0]] - margin]
        if not on.any():
            missing[neuron] = f"it fires on none of the {len(codes)} pictures"
        elif not close:
            missing[neuron] = f"no concept overlaps by {least:g}"
        else:
            close = close[:1] if margin == 0 else close
            names[neuron] = [(marked.names[c], float(found[c])) for c in close]
    return Labels(names, missing, "overlap")


def overlaps(maps, masks: Masks, *, quantile: float = 0.9, counts=None) -> np.ndarray:
    """Intersection over union of every neuron with every concept, ``(n, K)``.

    The pixels of all pictures in a row make one matrix of neurons and one of concepts; their
    product is all intersections at once.

    Parameters
    ----------
    maps
        ``(N, n, gh, gw)``.
    masks
        :class:`Masks` of the same pictures.
    quantile
        Of a neuron's patches in the pictures that count: what lies above is hot.
    counts
        ``(N, n)`` bool, which pictures count for which neuron; all by default.

    Returns
    -------
    numpy.ndarray
        0 where nothing is hot and nothing marked.
    """
    maps = np.asarray(maps, dtype=np.float32)
    if maps.ndim != 4 or len(maps) != len(masks):
        raise ValueError(f"maps must be ({len(masks)}, n, gh, gw), got shape {maps.shape}")
    if not np.isfinite(maps).all():
        raise ValueError("heat-maps hold NaN or infinity: has the network diverged?")
    if not 0 <= quantile < 1:
        raise ValueError(f"quantile is a share of the patches, 0 <= quantile < 1, got {quantile}")
    n, pixels = maps.shape[1], masks.values[0].size
    counts = np.ones(maps.shape[:2], bool) if counts is None else np.asarray(counts, bool)
    cuts = [
        np.quantile(maps[on, place], quantile) if on.any() else np.inf
        for place, on in enumerate(counts.T)
    ]
    cuts = np.asarray(cuts, np.float32)[:, None]
    both = np.zeros((n, len(masks.names)))
    hot_area, marked_area = np.zeros((n, 1)), np.zeros_like(both)
    step = max(1, CHUNK // max(1, n * pixels))
    for start in range(0, len(maps), step):
        part = slice(start, start + step)
        use = counts[part].astype(np.float32)
        heat = enlarge(maps[part], masks.values.shape[1:]).reshape(len(use), n, pixels)
        marked = masks.bits(part)
        with_all = np.concatenate([marked, np.ones_like(marked[..., :1])], -1)
        inside = ((heat > cuts).astype(np.float32) @ with_all) * use[..., None]
        both += inside[..., :-1].sum(0, dtype=np.float64)
        hot_area += inside[..., -1:].sum(0, dtype=np.float64)
        marked_area += use.T @ marked.sum(1)
    either = hot_area + marked_area - both
    return np.divide(both, either, out=np.zeros_like(both), where=either > 0)
