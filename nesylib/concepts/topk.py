"""A concept layer of which only the k strongest neurons of a picture may be on."""

from __future__ import annotations

import torch

from nesylib.concepts.layer import SparseConceptLayer


class TopKConceptLayer(SparseConceptLayer):
    """The ``k`` largest activations of each picture stay, the others are 0.

    Sparsity by construction: no L1 loss is needed, and at most ``k`` bits are 1. The neurons
    compete, which is what might keep them from all learning the same.

    Source: the k-sparse autoencoder of Makhzani and Frey (arXiv 1312.5663), here on the sigmoid's
    output and without a decoder, so that it stands in for :class:`SparseConceptLayer`.

    Parameters
    ----------
    k
        How many neurons of a picture may be on.
    straight_through
        Where the gradient goes. ``False``: through the ``k`` survivors only, as in the source; a
        neuron that never wins never learns. ``True``: as if all had survived (Bengio et al.,
        arXiv 1308.3432), so that losers can come back.

    Shape: ``(N, in_features)`` to ``(N, n_concepts)``. Among equals the choice is PyTorch's.
    ``logits`` are those before the competition: they may be positive where the bit is 0.
    """

    def __init__(
        self,
        in_features: int,
        n_concepts: int = 128,
        k: int = 8,
        *,
        straight_through: bool = False,
        **start,
    ):
        super().__init__(in_features, n_concepts, **start)
        if not 1 <= k <= n_concepts:
            raise ValueError(f"k must be between 1 and the {n_concepts} neurons, got {k}")
        self.k, self.straight_through = k, straight_through

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return keep_largest(super().forward(features), self.k, self.straight_through)

    def extra_repr(self) -> str:
        return f"k={self.k}, straight_through={self.straight_through}"


def keep_largest(activations: torch.Tensor, k: int, straight_through: bool = False) -> torch.Tensor:
    """``activations`` ``(N, D)`` with all but the ``k`` largest of each row set to 0."""
    values, places = activations.topk(k, dim=1)
    kept = torch.zeros_like(activations).scatter(1, places, values)
    return activations + (kept - activations).detach() if straight_through else kept
