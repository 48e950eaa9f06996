"""Attention maps of a timm ViT, read off while the model runs as it always does.

timm computes attention with a fused kernel that never forms the attention matrix. Its inputs
are enough: the maps are recomputed from them, for the blocks and rows that are asked for.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch
from timm.layers import Attention
from torch import nn

from nesylib.vit.backbones import to_input


@torch.no_grad()
def attention_maps(
    model: nn.Module,
    images: torch.Tensor,
    blocks: Sequence[int] = (-1,),
    rows: str = "cls",
) -> torch.Tensor:
    """Attention weights of some blocks.

    Parameters
    ----------
    model
        A timm ViT, attention fused or not.
    images
        ``(N, 3, H, W)`` as :func:`nesylib.vit.to_input` takes them.
    blocks
        Indices of blocks, negative ones from the end.
    rows
        ``"cls"`` for the row of the [CLS] query, ``"all"`` for every query.

    Returns
    -------
    torch.Tensor
        ``(N, len(blocks), heads, T)`` for ``"cls"``, ``(..., T, T)`` for ``"all"``, where ``T``
        counts the prefix tokens too. Each row sums to 1.

    Raises
    ------
    NotImplementedError
        When a block's attention is not timm's plain ``Attention`` (rotary embeddings, say):
        its queries and keys are not what the projection gives.
    ValueError
        For no block, a block that is not there, or rows that are not there.
    """
    blocks = [blocks] if isinstance(blocks, int) else [int(b) for b in blocks]
    with record_attention(model, blocks, rows) as maps:
        model.forward_features(to_input(model, images))
    return torch.stack([maps[b % len(model.blocks)] for b in blocks], dim=1)


@contextmanager
def record_attention(
    model: nn.Module, blocks: Sequence[int] = (-1,), rows: str = "cls"
) -> Iterator[dict[int, torch.Tensor]]:
    """While the block runs, collect attention weights by (non-negative) index of block.

    Gradients flow through the collected maps when they are enabled.
    """
    if rows not in ("cls", "all"):
        raise ValueError(f"rows must be 'cls' or 'all', not {rows!r}")
    found: dict[int, torch.Tensor] = {}

    def keep(index: int, q: torch.Tensor, k: torch.Tensor) -> None:
        found[index] = weights(q[:, :, :1], k)[:, :, 0] if rows == "cls" else weights(q, k)

    with watch_queries(model, blocks, keep):
        if rows == "cls" and getattr(model, "cls_token", None) is None:
            raise ValueError("this ViT has no [CLS] token: use rows='all' or pooling='mean'")
        yield found


def weights(q: torch.Tensor, k: torch.Tensor) -> torch.Tensor:
    """Attention weights ``(N, heads, rows, T)`` of scaled queries and keys."""
    return (q @ k.transpose(-2, -1)).softmax(-1)


@contextmanager
def watch_queries(
    model: nn.Module,
    blocks: Sequence[int],
    keep: Callable[[int, torch.Tensor, torch.Tensor], None],
) -> Iterator[None]:
    """While it lasts, ``keep(block, q, k)`` is called with scaled queries and keys.

    Both are ``(N, heads, T, head_dim)``. The calling thread's pictures only.
    """
    layers = getattr(model, "blocks", None)
    if layers is None or len(layers) == 0:
        raise NotImplementedError(
            f"{type(model).__name__} has no transformer blocks: attention is read from timm's "
            "Vision Transformers, such as vit_small_patch16_224.dino"
        )
    if len(blocks) == 0:
        raise ValueError(f"name at least one block of 0..{len(layers) - 1}, or -1 for the last")
    handles = []
    try:
        for block in blocks:
            if not -len(layers) <= block < len(layers):
                raise ValueError(f"there is no block {block}: this ViT has 0..{len(layers) - 1}")
            index = block % len(layers)
            handles.append(_hook(layers[index], index, keep))
        yield
    finally:
        for handle in handles:
            handle.remove()


def cls_patch_attention(cls_rows: torch.Tensor, num_prefix_tokens: int = 1) -> torch.Tensor:
    """How the [CLS] query spreads over the patches: mean over heads, renormalised.

    Parameters
    ----------
    cls_rows
        ``(N, heads, T)``, rows of the [CLS] query.

    Returns
    -------
    torch.Tensor
        ``(N, patches)``; each row sums to 1.
    """
    patches = cls_rows.mean(1)[:, num_prefix_tokens:]
    return patches / patches.sum(-1, keepdim=True)


def _hook(block: nn.Module, index: int, keep):
    layer = getattr(block, "attn", None)
    if type(layer) is not Attention:
        raise NotImplementedError(
            f"block {index} uses {type(layer).__name__}: maps are read from timm's plain "
            "Attention only. Choose a ViT without rotary embeddings or windows, such as "
            "vit_small_patch16_224.dino"
        )

    here = threading.get_ident()

    def before(layer: Attention, inputs: tuple[torch.Tensor, ...]) -> None:
        if threading.get_ident() != here:
            return  # another thread runs the same model on other pictures
        x = inputs[0]
        n, t, _ = x.shape
        qkv = layer.qkv(x).reshape(n, t, 3, layer.num_heads, layer.head_dim)
        q, k, _ = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        keep(index, layer.q_norm(q) * layer.scale, layer.k_norm(k))

    return layer.register_forward_pre_hook(before)
