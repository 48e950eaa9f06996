"""NeSyViT's network: a Vision Transformer whose head is a sparse concept layer."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import torch
from torch import nn

from nesylib import runtime
from nesylib.vit.backbones import create_backbone
from nesylib.vit.features import POOLINGS, pool_tokens


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
            from nesylib.concepts.topk import TopKConceptLayer  # it builds on this file

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
