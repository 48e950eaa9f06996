"""Attention rollout: how much of each token flows into [CLS] through all blocks."""

from __future__ import annotations

from functools import partial

import torch
from torch import nn

from nesylib.vit.attention import watch_queries, weights
from nesylib.vit.backbones import to_input

FUSIONS = {"mean": partial(torch.mean, dim=1), "max": partial(torch.amax, dim=1)}
FUSIONS["min"] = partial(torch.amin, dim=1)


@torch.no_grad()
def attention_rollout(
    model: nn.Module, images: torch.Tensor, residual: float = 0.5, fusion: str = "mean"
) -> torch.Tensor:
    """The [CLS] row of attention rollout.

    Rollout multiplies the attention matrices of all blocks, each mixed with the identity for
    the skip connection: ``(r I + (1 - r) A_L) ... (r I + (1 - r) A_1)``. Of this product only the
    row of [CLS] is wanted, so it is computed as a row times one matrix after the other, from
    the last block down; no product of two T x T matrices is formed, and only one block's matrix
    is there at a time.

    Source: Abnar and Zuidema 2020, arXiv 2005.00928, section 3, with ``residual=0.5`` and the
    mean of the heads. The other fusions are not theirs.

    Parameters
    ----------
    model
        A timm ViT with a [CLS] token, attention fused or not.
    images
        ``(N, 3, H, W)`` as :func:`nesylib.vit.to_input` takes them.
    residual
        Share r of each token that passes a block unchanged, in [0, 1].
    fusion
        ``"mean"``, ``"max"`` or ``"min"`` over the heads of a block; each row is then made to
        sum to 1 again.

    Returns
    -------
    torch.Tensor
        ``(N, T)``, prefix tokens first; each row sums to 1. ``[:, num_prefix_tokens:]`` are
        the patches.

    Raises
    ------
    ValueError
        For an unknown fusion, a residual outside [0, 1], or a ViT without [CLS].
    NotImplementedError
        As :func:`nesylib.vit.attention_maps`.
    """
    if fusion not in FUSIONS:
        raise ValueError(f"unknown fusion {fusion!r}: use one of {', '.join(FUSIONS)}")
    if not 0 <= residual <= 1:
        raise ValueError(f"residual is a share between 0 and 1, got {residual}")
    kept: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}

    def keep(index: int, q: torch.Tensor, k: torch.Tensor) -> None:
        kept[index] = q, k

    blocks = range(len(getattr(model, "blocks", ())))
    with watch_queries(model, blocks, keep):
        if getattr(model, "cls_token", None) is None:
            raise ValueError("this ViT has no [CLS] token, and rollout needs its row")
        model.forward_features(to_input(model, images))
    row = None
    for index in reversed(blocks):
        attention = FUSIONS[fusion](weights(*kept.pop(index)))
        attention = attention / attention.sum(-1, keepdim=True)
        if row is None:  # [CLS] is token 0
            row = torch.zeros_like(attention[:, 0])
            row[:, 0] = 1
        row = residual * row + (1 - residual) * torch.einsum("nt,nts->ns", row, attention)
    return row
