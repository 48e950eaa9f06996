"""Do symbols look at the same kind of place, and at which things? Plain numbers about maps.

Everything here compares with what would be there anyway: maps of other symbols, pictures of the
same class, the area that a thing takes up.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def attended(tokens, maps) -> np.ndarray:
    """What each symbol's map points at: the mean patch token under it, ``(N, L, E)`` float32.

    Parameters
    ----------
    tokens
        ``(N, 1 + P, E)``, [CLS] first.
    maps
        ``(N, L, gh, gw)``, not negative; each is divided by its sum. An empty map gives the plain
        mean.
    """
    maps, (n, length) = _maps(maps), np.shape(maps)[:2]
    flat = maps.reshape(n, length, -1)
    if len(tokens) != n or tokens.shape[1] != 1 + flat.shape[2]:
        raise ValueError(
            f"tokens must be ({n}, {1 + flat.shape[2]}, E), [CLS] and one a patch of the maps, got "
            f"{tuple(tokens.shape)}"
        )
    if (flat < 0).any():
        raise ValueError("maps to average under must not be negative: clip them at 0")
    total = flat.sum(-1, keepdims=True)
    weights = np.where(total > 0, flat / np.where(total > 0, total, 1), 1 / flat.shape[2])
    found = np.empty((n, length, tokens.shape[2]), np.float32)
    for start in range(0, n, 256):
        part = slice(start, start + 256)
        found[part] = weights[part] @ np.asarray(tokens[part])[:, 1:].astype(np.float32)
    return found


def consistency(values, groups, *, inside=None, least: int = 5):
    """How alike maps are that share a symbol, and how alike those are that do not.

    Two maps are compared by their correlation over patches: 1 for the same, 0 for unrelated
    ones. A decoder may look at the middle of every picture; then all maps are alike, whatever the
    symbol. So what counts is ``gain``, the difference between ``within`` and ``across``.

    Parameters
    ----------
    values
        ``(N, L, gh, gw)`` maps, or ``(N, L, F)`` features such as those of :func:`attended`.
    groups
        ``(N, L)``, symbols; or ``(N,)``, one group for all positions, such as the class.
    inside
        ``(N,)``: compare only pictures that agree in this. With the classes given here, a
        symbol gains nothing by merely going with a class.
    least
        Groups of fewer pictures are left out.

    Returns
    -------
    pandas.DataFrame
        One row a position and group: ``pictures``; ``within``, mean correlation of two different
        pictures of the group; ``across``, of one in it and one out of it; ``gain``. NaN where
        there is no pair.
    """
    import pandas as pd

    values = np.asarray(values, np.float64)
    if values.ndim < 3:
        raise ValueError(f"values must be (N, L, ...), got shape {values.shape}")
    n, length = values.shape[:2]
    if not np.isfinite(values).all():
        raise ValueError("values hold NaN or infinite numbers: check the network")
    groups = np.asarray(groups)
    if groups.shape not in ((n,), (n, length)):
        raise ValueError(f"groups must be ({n},) or ({n}, {length}), got {groups.shape}")
    inside = np.zeros(n, int) if inside is None else np.asarray(inside)
    if inside.shape != (n,):
        raise ValueError(f"inside must have one entry a picture, ({n},), got {inside.shape}")
    if least < 2:
        raise ValueError(f"a pair takes two pictures: least must be at least 2, got {least}")
    rows = []
    for j in range(length):
        unit = _unit(values[:, j].reshape(n, -1))
        group = groups if groups.ndim == 1 else groups[:, j]
        for g, count in zip(*np.unique(group, return_counts=True), strict=True):
            if count >= least:
                rows.append((j, g, count, *_alike(unit, group == g, inside)))
    columns = ["position", "group", "pictures", "within", "across"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.assign(gain=frame["within"] - frame["across"])


def symbol_agreement(symbols, labels) -> np.ndarray:
    """How often two pictures of a class have the same symbol at a position, ``(C, L)``.

    Rows in the order of ``np.unique(labels)``; NaN for a class of a single picture.
    """
    symbols, labels = np.asarray(symbols), np.asarray(labels)
    if symbols.ndim != 2 or labels.shape != (len(symbols),):
        raise ValueError(
            f"symbols must be (N, L) and labels (N,), got {symbols.shape} and {labels.shape}"
        )
    found = []
    for c in np.unique(labels):
        own = symbols[labels == c]
        pairs = len(own) * (len(own) - 1)
        same = [(k * (k - 1)).sum() for k in (np.unique(s, return_counts=True)[1] for s in own.T)]
        found.append(np.array(same) / pairs if pairs else np.full(symbols.shape[1], np.nan))
    return np.stack(found)


def class_spread(features, labels) -> np.ndarray:
    """How far the pictures of each class lie from its mean, ``(C,)``.

    Mean squared distance to the mean of the class over that to the mean of all: near 0 for a class
    of like pictures, about 1 for one that is as mixed as the whole.
    """
    features, labels = np.asarray(features, np.float64), np.asarray(labels)
    if features.ndim != 2 or labels.shape != (len(features),):
        raise ValueError(
            f"features must be (N, E) and labels (N,), got {features.shape} and {labels.shape}"
        )
    whole = features.var(0).sum()
    if not whole > 0:
        raise ValueError("all pictures have the same features: nothing to compare")
    return np.array([features[labels == c].var(0).sum() / whole for c in np.unique(labels)])


def on_objects(maps, masks, objects: int) -> tuple[np.ndarray, np.ndarray]:
    """Of every map, the share that lies on each object; and the area that the object takes up.

    Parameters
    ----------
    maps
        ``(N, L, gh, gw)``; what is below 0 counts as 0.
    masks
        ``(N, H, W)``, 0 for background and ``k + 1`` for object k; H and W must be multiples of
        the grid.
    objects
        How many there are, K.

    Returns
    -------
    shares : (N, L, K) float64
        NaN for an empty map.
    areas : (N, K) float64
        What a map without an opinion would have.
    """
    maps, masks = _maps(maps).clip(min=0), np.asarray(masks)
    n, length, down, across = maps.shape
    if masks.ndim != 3 or len(masks) != n or masks.shape[1] % down or masks.shape[2] % across:
        raise ValueError(
            f"masks must be ({n}, H, W) with sides that are multiples of {down} and {across}, got "
            f"{masks.shape}"
        )
    if masks.size and masks.max() > objects:
        raise ValueError(f"masks name object {int(masks.max()) - 1}, but there are {objects}")
    cells = masks.reshape(n, down, masks.shape[1] // down, across, masks.shape[2] // across)
    cells = cells.swapaxes(2, 3).reshape(n, down * across, -1)
    flat = maps.reshape(n, length, -1)
    total = flat.sum(-1)
    shares, areas = np.empty((n, length, objects)), np.empty((n, objects))
    for k in range(objects):
        covered = (cells == k + 1).mean(-1)  # of each patch
        areas[:, k] = covered.mean(-1)
        shares[:, :, k] = np.einsum("nlp,np->nl", flat, covered)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(total > 0, 1, np.nan)[..., None] * shares / total[..., None], areas


def symbol_objects(symbols, maps, masks, labels, objects: Sequence[str], *, least: int = 10):
    """Which object each symbol looks at, with the same class under other symbols as control.

    Parameters
    ----------
    symbols, maps, masks, labels
        ``(N, L)``, ``(N, L, gh, gw)``, ``(N, H, W)`` and ``(N,)`` of the same pictures.
    objects
        Names of the K objects.
    least
        Symbols of fewer pictures are left out.

    Returns
    -------
    pandas.DataFrame
        One row a position and symbol: ``pictures``; ``class``, the commonest label, and its
        share ``purity``; ``object``, the one that gets the most attention beyond its area;
        ``attention`` and ``area``, means over the pictures of the symbol; ``surplus``, their
        difference; ``others``, the surplus of the same object in pictures of the same classes
        (as often) that have another symbol there, NaN where there is none.
    """
    import pandas as pd

    symbols, labels = np.asarray(symbols), np.asarray(labels)
    shares, areas = on_objects(maps, masks, len(objects))
    if symbols.shape != shares.shape[:2] or labels.shape != (len(symbols),):
        raise ValueError(
            f"maps of {shares.shape[0]} pictures and {shares.shape[1]} symbols, but symbols "
            f"{symbols.shape} and labels {labels.shape}"
        )
    rows = []
    for j in range(symbols.shape[1]):
        extra = np.nan_to_num(shares[:, j]) - areas
        for v, count in zip(*np.unique(symbols[:, j], return_counts=True), strict=True):
            if count < least:
                continue
            own = symbols[:, j] == v
            k = int(extra[own].mean(0).argmax())
            common, often = np.unique(labels[own], return_counts=True)
            attention, area = np.nan_to_num(shares[own, j, k]).mean(), areas[own, k].mean()
            others = _same_classes(extra[:, k], own, labels)
            rows.append(
                (j, v, count, common[often.argmax()], often.max() / count, objects[k])
                + (attention, area, attention - area, others)
            )
    columns = "position symbol pictures class purity object attention area surplus others"
    return pd.DataFrame(rows, columns=columns.split())


def _same_classes(values: np.ndarray, own: np.ndarray, labels: np.ndarray) -> float:
    """Mean of ``values`` outside of ``own``, each class weighted as it occurs inside."""
    found, weights = [], []
    for c in np.unique(labels[own]):
        other = ~own & (labels == c)
        if other.any():
            found.append(values[other].mean())
            weights.append((own & (labels == c)).sum())
    return float(np.average(found, weights=weights)) if found else float("nan")


def _alike(unit: np.ndarray, own: np.ndarray, inside: np.ndarray) -> tuple[float, float]:
    """Mean product of rows: two of the group; one of it and one not; from sums, not from pairs."""
    sums, pairs = np.zeros(2), np.zeros(2)
    for block in np.unique(inside[own]):
        here = inside == block
        mine = unit[here & own]
        total, rest = mine.sum(0), unit[here & ~own].sum(0)
        n, m = len(mine), int((here & ~own).sum())
        sums += total @ total - np.square(mine).sum(), total @ rest
        pairs += n * (n - 1), n * m
    found = np.where(pairs > 0, sums / np.where(pairs > 0, pairs, 1), np.nan)
    return float(found[0]), float(found[1])


def _unit(rows: np.ndarray) -> np.ndarray:
    """Rows less their mean, of length 1; a flat one becomes 0, for it correlates with nothing."""
    rows = rows - rows.mean(1, keepdims=True)
    length = np.sqrt(np.square(rows).sum(1, keepdims=True))
    return np.where(length > 1e-12, rows / np.where(length > 1e-12, length, 1), 0.0)


def _maps(maps) -> np.ndarray:
    maps = np.asarray(maps, np.float64)
    if maps.ndim != 4:
        raise ValueError(f"maps must be (N, L, gh, gw), got shape {maps.shape}")
    if not np.isfinite(maps).all():
        raise ValueError("maps hold NaN or infinite values: check the network")
    return maps
