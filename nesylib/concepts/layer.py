"""The sparse concept layer: features to activations of concept neurons."""

from __future__ import annotations

import torch
from torch import nn


class SparseConceptLayer(nn.Module):
    """Linear map, then sigmoid: one activation in (0, 1) for each concept neuron.

    Source: arXiv 2505.06745, where it maps 768 features to 128 neurons and replaces the
    classification head. What makes it sparse are the losses, not the layer.

    Parameters
    ----------
    init_spread, init_bias
        Standard deviation (for features of unit variance) and mean of the pre-activations at
        the start. With PyTorch's own start (0.6 and 0) all activations lie near one half, all
        codes point the same way, and little of the contrastive loss reaches the backbone. With a
        larger spread around 0, half of the neurons start near 1, where entropy holds them
        against L1. So ours start spread out and mostly off. The paper's start is not known.
    feature_size
        Typical size of a feature as the layer will read it.

    Shape: ``(N, in_features)`` to ``(N, n_concepts)``.
    """

    def __init__(
        self,
        in_features: int,
        n_concepts: int = 128,
        init_spread: float = 2.0,
        init_bias: float = -2.0,
        feature_size: float = 1.0,
    ):
        super().__init__()
        if n_concepts < 1:
            raise ValueError(f"n_concepts must be at least 1, got {n_concepts}")
        self.linear = nn.Linear(in_features, n_concepts)
        nn.init.normal_(self.linear.weight, std=init_spread / feature_size / in_features**0.5)
        self._feature_size = feature_size
        nn.init.constant_(self.linear.bias, init_bias)
        self.register_buffer("mean", torch.zeros(in_features))
        self.register_buffer("scale", torch.ones(in_features))

    @torch.no_grad()
    def standardize(self, features) -> None:
        """From now on read features less their mean and over their deviation in ``features``.

        ``features`` is ``(N, in_features)``. A fresh layer changes nothing: mean 0, scale 1.
        The first call also draws the weights in the new unit; a later one keeps what the layer
        computes. A feature that does not vary keeps its scale.
        """
        features = torch.as_tensor(features, dtype=torch.float32)
        if features.ndim != 2 or features.shape[1] != len(self.mean) or len(features) < 2:
            raise ValueError(
                f"features must be (N, {len(self.mean)}) with N >= 2, got {tuple(features.shape)}"
            )
        spread = features.std(0, correction=0)
        scale = torch.where(spread > 1e-6, spread, torch.ones_like(spread)).to(self.scale.device)
        mean = features.mean(0).to(self.mean.device)
        if self.mean.any() or (self.scale != 1).any():
            per_unit = self.linear.weight / self.scale
            self.linear.bias.add_(per_unit @ (mean - self.mean))
            self.linear.weight.copy_(per_unit * scale)
        else:
            self.linear.weight.mul_(self._feature_size)
        self.scale.copy_(scale)
        self.mean.copy_(mean)

    def logits(self, features: torch.Tensor) -> torch.Tensor:
        """Before the sigmoid, ``(N, n_concepts)``: positive where the bit is 1."""
        return self.linear((features - self.mean) / self.scale)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(self.logits(features))

    def _load_from_state_dict(self, state, prefix, *args):
        for name in ("mean", "scale"):  # weights saved without them were trained without them
            state.setdefault(prefix + name, getattr(self, name).detach().clone())
        super()._load_from_state_dict(state, prefix, *args)
