"""Does a heat-map tell what a neuron needs? Patches are taken away in its order, and put back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch

from nesylib.concepts.model import ConceptViT
from nesylib.meaning.network import evaluating, grid_of, neurons_of, on_device, pictures_in
from nesylib.meaning.removal import REMOVALS, Remover
from nesylib.progress import track


@dataclass(frozen=True)
class RemovalCurves:
    """A neuron's activation while patches go and come, for every picture and neuron.

    Attributes
    ----------
    shares : (S,) float
        Shares of the patches, from 0 to 1.
    deletion : (N, n, S) float32
        Activation when that share of the patches, those of the highest values, is removed.
    insertion : (N, n, S) float32
        Activation when only that share, those of the highest values, is there.

    Pairs of picture and neuron that were not asked for are NaN. In both curves one end is the
    whole picture and the other a picture with nothing (or, where a mean over no patch would be
    asked for, with one patch).
    """

    shares: np.ndarray
    deletion: np.ndarray
    insertion: np.ndarray

    def areas(self) -> dict[str, np.ndarray]:
        """Areas under the curves, ``(N, n)`` each, by the trapezoid rule.

        ``"deletion"``: small where the map finds what the neuron needs. ``"insertion"``: large
        where what the map finds is enough. ``"gap"``: insertion less deletion, that is, what is
        left without the lowest patches less what is left without the highest. Its expectation
        is 0 for a map that tells nothing, whatever stands where a patch was, which is not so
        for the other two.
        """
        steps = np.diff(self.shares)
        found = {}
        for name, curve in (("deletion", self.deletion), ("insertion", self.insertion)):
            curve = curve.astype(np.float64)
            found[name] = (curve[..., 1:] + curve[..., :-1]) @ steps / 2
        return found | {"gap": found["insertion"] - found["deletion"]}

    def scores(self) -> dict[str, float]:
        """Means of :meth:`areas` over all pairs that were asked for.

        Raises
        ------
        ValueError
            When there is no pair.
        """
        if not np.isfinite(self.deletion).any():
            raise ValueError(
                "no pair of picture and neuron was measured: give pictures in which the neurons "
                "are on, or a `where` that is true somewhere"
            )
        return {name: float(np.nanmean(area)) for name, area in self.areas().items()}


def removal_curves(
    net: ConceptViT,
    images,
    maps: np.ndarray,
    neurons: Iterable[int] | None = None,
    *,
    removed: str = "mean",
    steps: int = 10,
    where: np.ndarray | None = None,
    batch_size: int = 64,
    seed: int = 0,
    progress: bool = False,
) -> RemovalCurves:
    """Deletion and insertion curves of neurons under heat-maps.

    Source: Petsiuk, Das and Saenko 2018 (RISE), arXiv 1806.07421, there for the
    probability of a class and with steps of pixels; here for a neuron's activation, with steps of
    patches.

    Parameters
    ----------
    images
        As :func:`nesylib.meaning.heat_maps` takes them.
    maps
        ``(N, n, gh, gw)``, one map for each picture and neuron. Of patches with the same value
        the order is drawn.
    neurons
        The n columns that the maps belong to; all by default.
    removed
        What stands where a patch was: ``"mean"``, ``"blur"`` or ``"token"``; see
        :class:`nesylib.meaning.removal.Remover`.
    steps
        Number of steps from the whole picture to nothing; at most one a patch is of use.
    where
        ``(N, n)`` bool: which pairs to measure. All by default; pairs whose neuron is on are what
        is of interest, for an activation of 0 cannot fall.
    batch_size
        Incomplete pictures at once.
    seed
        Draws the order of equal values.

    Raises
    ------
    ValueError
        For maps of another shape or with NaN, an unknown way to remove, or no step.
    """
    images, chosen, grid = pictures_in(images), neurons_of(net, neurons), grid_of(net)
    maps = np.asarray(maps)
    pairs, patches = (len(images), len(chosen)), grid[0] * grid[1]
    if maps.shape != (*pairs, *grid):
        raise ValueError(
            f"maps have shape {maps.shape}, but {pairs[0]} pictures, {pairs[1]} neurons and "
            f"{grid[0]} x {grid[1]} patches ask for {(*pairs, *grid)}"
        )
    if not np.isfinite(maps).all():
        raise ValueError("maps hold NaN or infinite values, by which patches cannot be ordered")
    if removed not in REMOVALS:
        raise ValueError(f"unknown way to remove {removed!r}: use one of {', '.join(REMOVALS)}")
    if steps < 1 or batch_size < 1:
        raise ValueError(f"steps and batch_size must be at least 1, got {steps}, {batch_size}")
    where = np.ones(pairs, bool) if where is None else np.asarray(where)
    if where.shape != pairs or where.dtype != bool:
        raise ValueError(f"where must be bool of shape {pairs}, got {where.dtype} {where.shape}")
    counts = np.unique(np.round(np.linspace(0, patches, steps + 1)).astype(int))
    rank = _ranks(maps.reshape(*pairs, patches), seed)
    shared = pairs[1] > 1 and bool((rank == rank[:, :1]).all())
    rows = np.argwhere(where.any(1, keepdims=True) if shared else where)
    shape = (*pairs, len(counts))
    deletion, insertion = np.full(shape, np.nan, np.float32), np.full(shape, np.nan, np.float32)
    with evaluating(net), torch.inference_mode(False), torch.no_grad():
        for start in track(range(0, len(rows), batch_size), "removing patches", progress):
            part = rows[start : start + batch_size]
            there, which = np.unique(part[:, 0], return_inverse=True)
            left = _Left(net, images[there], removed, which, rank[part[:, 0], part[:, 1]])
            columns = slice(None) if shared else part[:, 1]
            for step, count in enumerate(counts):
                for curve, values in (
                    (deletion, left.without(count)),
                    (insertion, left.only(count)),
                ):
                    values = values[:, chosen]
                    if not shared:
                        values = values[np.arange(len(part)), part[:, 1]]
                    curve[part[:, 0], columns, step] = values
    for curve in (deletion, insertion):
        curve[~where] = np.nan
    return RemovalCurves(counts / patches, deletion, insertion)


class _Left:
    """Activations of pictures of which only some patches are left, by rank of the patches."""

    def __init__(self, net, images, removed: str, which: np.ndarray, rank: np.ndarray):
        device = next(net.parameters()).device
        batch = on_device(images, device)
        self.net, self.remover = net, Remover(net, batch, removed)
        self.which = torch.from_numpy(which).to(device)
        self.rank = torch.from_numpy(rank).to(device)
        self.whole = self._answer(torch.ones_like(self.rank, dtype=torch.bool))

    def without(self, count: int) -> np.ndarray:
        """``(M, D)`` when the ``count`` highest patches are removed."""
        if count == 0:
            return self.whole
        return self._answer(self.rank >= min(count, self.rank.shape[1] - self.remover.fewest))

    def only(self, count: int) -> np.ndarray:
        """``(M, D)`` when only the ``count`` highest patches are there."""
        if count == self.rank.shape[1]:
            return self.whole
        return self._answer(self.rank < max(count, self.remover.fewest))

    def _answer(self, kept: torch.Tensor) -> np.ndarray:
        return self.net.concepts(self.remover.features(self.which, kept)).float().cpu().numpy()


def _ranks(flat: np.ndarray, seed: int) -> np.ndarray:
    """Rank of every patch, 0 for the highest; equal values in an order that is drawn."""
    draw = np.random.default_rng(seed)
    # one order of ties for all neurons of a picture: equal maps stay equal
    ties = np.broadcast_to(draw.random((len(flat), 1, flat.shape[-1])), flat.shape)
    order = np.lexsort((ties, -flat.astype(np.float64)), axis=-1)
    return np.argsort(order, axis=-1)
