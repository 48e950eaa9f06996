"""Neurons that are uncorrelated by construction: whitened features, orthonormal weights."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.utils import parametrize

from nesylib.concepts.layer import SparseConceptLayer


class _Rotation(nn.Module):
    """Free numbers ``(D, r)`` to weights whose pre-activations are uncorrelated, ``(D, d)``."""

    def __init__(self, whitener: torch.Tensor, gain: float, n_concepts: int):
        super().__init__()
        self.register_buffer("whitener", whitener)
        self.log_gain = nn.Parameter(torch.full((n_concepts, 1), gain).log())

    def forward(self, free: torch.Tensor) -> torch.Tensor:
        # Gram and Schmidt at once: rows of the solution are orthonormal
        lower = torch.linalg.cholesky(free @ free.T)
        rows = torch.linalg.solve_triangular(lower, free, upper=False)
        return self.log_gain.exp() * rows @ self.whitener

    def right_inverse(self, weight: torch.Tensor) -> torch.Tensor:
        return weight @ torch.linalg.pinv(self.whitener)


@torch.no_grad()
def whiten(layer: SparseConceptLayer, features, *, gain: float = 2.0, floor: float = 1e-6) -> None:
    """From now on the pre-activations of ``layer`` are uncorrelated over ``features``.

    The features are whitened (mean 0, covariance 1) and every neuron reads along a direction of
    its own, at right angles to all others. Training turns these directions and stretches them, and
    cannot make two neurons alike. Activations, after the sigmoid, are nearly uncorrelated.

    The whitening is that of Concept Whitening (Chen, Bei and Rudin, arXiv 2002.01650). There, known
    concepts then tell where each axis should point; here the losses do.

    Parameters
    ----------
    features
        ``(N, in_features)``, those the layer will be trained on.
    gain
        Standard deviation of every pre-activation at the start.
    floor
        Directions with a smaller share of the largest variance than this are left out.

    Raises
    ------
    ValueError
        When there are more neurons than directions: they could not all be uncorrelated.

    See also
    --------
    settle : makes it an ordinary layer again, to be saved.
    """
    layer.standardize(features)
    features = torch.as_tensor(features, dtype=torch.float32).to(layer.mean.device)
    x = ((features - layer.mean) / layer.scale).double()
    variance, axes = torch.linalg.eigh(x.T @ x / len(x))
    kept = variance > floor * variance[-1]
    n_concepts = layer.linear.out_features
    if n_concepts > int(kept.sum()):
        raise ValueError(
            f"{n_concepts} neurons cannot be uncorrelated: the features vary in {int(kept.sum())} "
            "directions; use fewer neurons, or decorrelation_loss"
        )
    whitener = (axes[:, kept] / variance[kept].sqrt()).T.float().contiguous()
    rotation = _Rotation(whitener, gain, n_concepts).to(layer.mean.device)
    parametrize.register_parametrization(layer.linear, "weight", rotation)


def settle(layer: SparseConceptLayer) -> None:
    """Keep the weights that :func:`whiten` led to and let them move freely again."""
    if parametrize.is_parametrized(layer.linear, "weight"):
        parametrize.remove_parametrizations(layer.linear, "weight")
