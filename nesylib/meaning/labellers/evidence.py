"""What a labeller sees of neurons, and what every labeller does with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from nesylib.meaning.labels import Labels
from nesylib.meaning.top import whole_numbers
from nesylib.progress import track


@dataclass(frozen=True, eq=False)
class Evidence:
    """Neurons, their top pictures, and where they look in them.

    Parameters
    ----------
    images : (N, 3, H, W) uint8
        The pictures to name neurons with.
    codes : (N, D)
        Activations of all neurons.
    neurons : n ints
        Columns of ``codes`` to name.
    top : (n, k) int
        Rows of ``images``: the top pictures of every neuron, highest first.
    maps : (n, k, gh, gw)
        Its heat-map in each of them, larger where it looks.
    threshold
        From which activation on a neuron is on.

    Raises
    ------
    ValueError
        If shapes don't fit together, or an index is out of range.
    """

    images: np.ndarray
    codes: np.ndarray
    neurons: tuple[int, ...]
    top: np.ndarray
    maps: np.ndarray
    threshold: float = 0.5

    def __post_init__(self) -> None:
        if not hasattr(self.images, "shape"):
            object.__setattr__(self, "images", np.asarray(self.images))
        for name in ("codes", "top", "maps"):
            object.__setattr__(self, name, np.asarray(getattr(self, name)))
        object.__setattr__(self, "neurons", tuple(whole_numbers(self.neurons).tolist()))
        n, count = len(self.neurons), len(self.images)
        if self.codes.ndim != 2 or len(self.codes) != count:
            raise ValueError(f"{count} pictures need codes ({count}, D), got {self.codes.shape}")
        if len(set(self.neurons)) < n or not all(
            0 <= d < self.codes.shape[1] for d in self.neurons
        ):
            raise ValueError(
                f"neurons must be different columns of the codes, 0 to {self.codes.shape[1] - 1}, "
                f"got {list(self.neurons)}"
            )
        if self.top.ndim != 2 or len(self.top) != n or self.top.dtype.kind not in "iu":
            raise ValueError(f"top must be ({n}, k) rows of pictures, got {self.top.shape}")
        if n and not self.top.shape[1]:
            raise ValueError(f"top is empty, {self.top.shape}: give each neuron a picture or more")
        if self.top.size and not (0 <= self.top.min() and self.top.max() < count):
            raise ValueError(f"top names pictures outside 0 to {count - 1}")
        if self.maps.ndim != 4 or self.maps.shape[:2] != self.top.shape or 0 in self.maps.shape[2:]:
            raise ValueError(
                f"maps must be {(*self.top.shape, 'gh', 'gw')}, one map for each top picture, "
                f"got {self.maps.shape}"
            )

    def silent(self) -> dict[int, str]:
        """Neurons that are on in no picture, and so have nothing to be named by."""
        highest = self.codes.max(0)
        return {
            neuron: f"never on: its highest activation is {highest[neuron]:.3f}"
            for neuron in self.neurons
            if not highest[neuron] >= self.threshold
        }

    def heard(self) -> Iterator[tuple[int, int]]:
        """``(place, neuron)`` of those that are on somewhere."""
        silent = self.silent()
        return ((i, d) for i, d in enumerate(self.neurons) if d not in silent)


@runtime_checkable
class Labeller(Protocol):
    """Anything that names neurons."""

    def label(self, evidence: Evidence) -> Labels:
        """Names for the neurons of ``evidence``, a reason for those without."""
        ...


def gather(
    net,
    images,
    neurons: Iterable[int] | None = None,
    *,
    k: int = 10,
    method: str = "gradient-attention",
    codes: np.ndarray | None = None,
    top: np.ndarray | None = None,
    threshold: float = 0.5,
    seed: int = 0,
    progress: bool = False,
) -> Evidence:
    """Evidence from a network: heat-maps are made for the top pictures only.

    Parameters
    ----------
    net : ConceptViT
    images
        :class:`nesylib.data.ImageSet` or ``(N, 3, H, W)`` uint8.
    neurons
        All if ``None``.
    k
        Top pictures a neuron (NeSyFOLD: 10).
    method
        One of :data:`nesylib.meaning.HEAT_MAPS`.
    codes
        Activations, if they are known already.
    top
        Rows ``(n, k)`` of other pictures in the place of the top ones, as a control.
    """
    from nesylib import concepts, meaning

    pictures = getattr(images, "images", images)
    if codes is None:
        codes = concepts.encode(net, pictures, progress=progress)
    codes = np.asarray(codes)
    if len(codes) != len(pictures):
        raise ValueError(f"{len(pictures)} pictures need as many rows of codes, got {len(codes)}")
    wanted = range(codes.shape[1]) if neurons is None else neurons
    neurons = tuple(whole_numbers(wanted).tolist())
    if neurons and not 0 <= min(neurons) <= max(neurons) < codes.shape[1]:
        raise ValueError(f"neurons are columns 0 to {codes.shape[1] - 1}, got {list(neurons)[:5]}")
    if top is None:
        top = meaning.top_pictures(codes[:, list(neurons)], k)
    silent = codes[:, list(neurons)].max(0) < threshold
    maps = _maps_of_top(net, pictures, neurons, top, silent, method, seed, progress)
    return Evidence(pictures, codes, neurons, top, maps, threshold)


def _maps_of_top(net, pictures, neurons, top, silent, method, seed, progress) -> np.ndarray:
    """Maps ``(n, k, gh, gw)``; a neuron that is never on gets empty ones."""
    from nesylib import meaning

    maps = np.zeros((*top.shape, *net.backbone.patch_embed.grid_size), np.float32)
    heard = np.flatnonzero(~silent)
    options = dict(method=method, seed=seed)
    if method == "gradient-attention":  # one backward pass a neuron: each on its own pictures
        for i in track(heard, "heat-maps", progress):
            found = meaning.heat_maps(net, pictures[top[i]], [neurons[i]], **options)
            maps[i] = found[:, 0]
    elif len(heard):  # all neurons at once: each picture once
        rows, place = np.unique(top[heard], return_inverse=True)
        chosen = [neurons[i] for i in heard]
        found = meaning.heat_maps(net, pictures[rows], chosen, progress=progress, **options)
        maps[heard] = found[place.reshape(len(heard), -1), np.arange(len(heard))[:, None]]
    return maps
