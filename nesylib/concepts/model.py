"""NeSyViT's network: a Vision Transformer whose head is a sparse concept layer."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import torch
from torch import nn

from nesylib import runtime
from nesylib.concepts.layer import SparseConceptLayer
from nesylib.concepts.topk import TopKConceptLayer
from nesylib.vit.backbones import create_backbone
from nesylib.vit.features import POOLINGS, pool_tokens


class ConceptViT(nn.Module):
    """A ViT that answers with concept activations.

    Parameters
    ----------
    backbone
        A name for :func:`nesylib.vit.create_backbone`, or a timm ViT without a head.
    n_concepts
        Number of neurons of the concept layer, D.
    pooling
        ``"cls"``, ``"attn"`` or ``"mean"``; see :func:`nesylib.vit.pool_tokens`.
    weights, img_size, **options
        As :func:`nesylib.vit.create_backbone` takes them.
    seed
        Draws the random weights.
    top_k
        If given, at most so many neurons of a picture may be on; see
        :class:`nesylib.concepts.TopKConceptLayer`.

    Shape: pictures ``(N, 3, H, W)``, uint8 or float in 0..1, to activations ``(N, D)`` in (0, 1).
    """

    def __init__(
        self,
        backbone: str | nn.Module = "nesy_tiny",
        n_concepts: int = 128,
        pooling: str = "cls",
        *,
        weights: str | Path | None = None,
        img_size: int | None = None,
        seed: int = 0,
        top_k: int | None = None,
        **options,
    ):
        super().__init__()
        if pooling not in POOLINGS:
            raise ValueError(f"unknown pooling {pooling!r}: use one of {', '.join(POOLINGS)}")
        self.config = None
        if isinstance(backbone, str):
            self.config = dict(backbone=backbone, n_concepts=n_concepts, pooling=pooling, **options)
            backbone = create_backbone(
                backbone, weights=weights, img_size=img_size, seed=seed, **options
            )
            self.config["img_size"] = backbone.patch_embed.img_size[0]
            if top_k is not None:
                self.config["top_k"] = top_k
        self.backbone = backbone
        self.pooling = pooling
        layer = SparseConceptLayer
        if top_k is not None:
            layer = partial(TopKConceptLayer, k=top_k)
        with runtime.seeded(seed + 1):
            self.concepts = layer(
                backbone.num_features, n_concepts, feature_size=_feature_scale(backbone)
            )

    @property
    def n_concepts(self) -> int:
        return self.concepts.linear.out_features

    def features(self, images: torch.Tensor) -> torch.Tensor:
        """Pooled features ``(N, num_features)``: what the concept layer reads."""
        return pool_tokens(self.backbone, images, self.pooling)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.concepts(self.features(images))


def _feature_scale(backbone: nn.Module) -> float:
    """Typical size of a feature, read off the scale of the last layer norm (1 when untrained)."""
    weight = getattr(getattr(backbone, "norm", None), "weight", None)
    return 1.0 if weight is None else float(weight.detach().square().mean().sqrt())
