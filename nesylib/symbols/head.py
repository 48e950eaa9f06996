"""From a feature to scores over prototypes: the projection head of DINO."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F


class ProjectionHead(nn.Module):
    """A small network, a vector of length 1, and its cosines with K prototypes.

    The bottleneck is what keeps K cheap; the length of 1 and prototypes of length 1 keep every
    score between -1 and 1, so that only a temperature decides how sharp a distribution is.

    Source: Caron et al. 2021, section 3.1 and appendix C, at a size for small networks.

    Parameters
    ----------
    in_features
        Length E of a feature.
    prototypes
        K.
    hidden, bottleneck
        Widths of the two hidden layers and of the vector that is compared.
    batch_norm
        Normalise the hidden layers over the batch. The authors leave it out for pretrained-size
        ViTs and use it with convolutional networks. A small network that starts from nothing
        gives nearly the same feature for every picture, and this makes the differences count.

    Shape: ``(N, E)`` to ``(N, K)``.
    """

    def __init__(
        self,
        in_features: int,
        prototypes: int,
        hidden: int = 256,
        bottleneck: int = 64,
        batch_norm: bool = False,
    ):
        super().__init__()
        if prototypes < 2:
            raise ValueError(f"a choice needs at least two prototypes, got {prototypes}")
        layers: list[nn.Module] = []
        for wide in (in_features, hidden):
            layers.append(nn.Linear(wide, hidden, bias=not batch_norm))
            layers += [nn.BatchNorm1d(hidden)] * batch_norm + [nn.GELU()]
        self.body = nn.Sequential(*layers, nn.Linear(hidden, bottleneck))
        for layer in self.body:
            if isinstance(layer, nn.Linear):
                nn.init.trunc_normal_(layer.weight, std=0.02)
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)
        self.prototypes = nn.Parameter(torch.randn(prototypes, bottleneck))

    def forward(self, features: torch.Tensor, freeze_prototypes: bool = False) -> torch.Tensor:
        directions = F.normalize(self.prototypes, dim=1)
        if freeze_prototypes:  # with a gradient of zero, so that every parameter has one
            directions = directions.detach() + 0 * directions
        return F.normalize(self.body(features), dim=1) @ directions.T
