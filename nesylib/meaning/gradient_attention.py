"""Attention weighted by what it does for one neuron, followed through all blocks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from timm.layers import Attention

from nesylib.concepts.model import ConceptViT
from nesylib.meaning.network import readout, tokens_of
from nesylib.vit.attention import watch_queries, weights

MEMORY = 5e8
"""Bytes that the graph of one batch may take, about."""


def relevance(net: ConceptViT, images: torch.Tensor, neurons) -> torch.Tensor:
    """Relevance of every patch for every neuron, ``(N, n, P)``, at least 0.

    Attention A of a block passes on what it moves *in favour of* the neuron: with y the neuron
    before its sigmoid, ``M = mean over heads of max(0, A * dy/dA)``, and relevance runs through
    the blocks as ``R <- R + M R`` from ``R = I``. The row of R that the neuron reads is the map.
    As only this row is wanted, it is carried from the last block down, a row times a matrix
    each. With ``pooling="attn"`` and ``"mean"`` the pooling is one more layer of attention, with
    the weights of the pooling and without a skip connection.

    Blocks run as they always do, fused or not: A is recomputed from queries and keys, and
    dy/dA is the gradient at the output of the attention times the values.

    Source: Chefer, Gur and Wolf 2021, arXiv 2103.15679, the rule for self-attention. That y is a
    concept neuron, and the step for the poolings, are ours.
    """
    with torch.enable_grad(), _watched(net.backbone) as seen:
        # a leaf: what lies before the first block needs no gradient
        tokens = tokens_of(net, images).detach().requires_grad_()
        features, pooled = readout(net, tokens)
        logits = net.concepts.logits(features)
        outputs = [seen[b][2] for b in range(len(net.backbone.blocks))]
        wanted = outputs if pooled is None else [*outputs, pooled]
        maps = []
        for neuron in neurons:
            gradients = torch.autograd.grad(logits[:, int(neuron)].sum(), wanted, retain_graph=True)
            row = None
            if pooled is not None:
                row = logits.new_zeros(len(logits), tokens.shape[1])
                row[:, net.backbone.num_prefix_tokens :] = (pooled * gradients[-1]).clamp(min=0)
            maps.append(_flow(seen, gradients, row).detach())
    if not maps:
        return logits.new_zeros(len(logits), 0, tokens.shape[1] - net.backbone.num_prefix_tokens)
    return torch.stack(maps, 1)[:, :, net.backbone.num_prefix_tokens :]


def pictures_at_once(net: ConceptViT) -> int:
    """How many pictures' graphs fit into :data:`MEMORY`."""
    model = net.backbone
    tokens = model.patch_embed.num_patches + model.num_prefix_tokens
    heads = model.blocks[0].attn.num_heads if len(model.blocks) else 1
    each = 4 * len(model.blocks) * tokens * (heads * tokens + 24 * model.num_features)
    return max(1, int(MEMORY // max(each, 1)))


@torch.no_grad()
def _flow(seen: dict, gradients, row: torch.Tensor | None) -> torch.Tensor:
    """Carry the row that is read from the last block down to the first."""
    for block in reversed(range(len(seen))):
        attention, values, _ = seen[block]
        n, heads, t, width = values.shape
        slope = gradients[block].reshape(n, t, heads, width).transpose(1, 2)
        if row is None:  # [CLS] is read: of the last block one row is enough
            used = attention[:, :, :1] * (slope[:, :, :1] @ values.transpose(-2, -1))
            row = used.clamp(min=0).mean(1)[:, 0]
            row[:, 0] += 1
        else:
            used = (slope @ values.transpose(-2, -1)).mul_(attention).clamp_(min=0).mean(1)
            row = row + torch.einsum("nt,nts->ns", row, used)
    return row


@contextmanager
def _watched(model) -> Iterator[dict[int, list[torch.Tensor]]]:
    """Attention weights, values, and the mixed values (in the graph) of every block that runs."""
    seen: dict[int, list[torch.Tensor]] = {}
    handles, here = [], threading.get_ident()

    def keep(index: int, q: torch.Tensor, k: torch.Tensor) -> None:
        seen[index] = [weights(q.detach(), k.detach())]

    def values_of(index: int):
        def before(layer: Attention, inputs) -> None:
            if threading.get_ident() == here:
                with torch.no_grad():
                    x = inputs[0]
                    qkv = layer.qkv(x).reshape(*x.shape[:2], 3, layer.num_heads, layer.head_dim)
                    seen[index].append(qkv[:, :, 2].transpose(1, 2))

        return before

    def mixed_of(index: int):
        def before(layer, inputs) -> None:
            if threading.get_ident() == here:
                seen[index].append(inputs[0])

        return before

    blocks = range(len(getattr(model, "blocks", ())))
    with watch_queries(model, blocks, keep):
        try:
            for index in blocks:
                layer = model.blocks[index].attn
                handles.append(layer.register_forward_pre_hook(values_of(index)))
                # between the mixing of the values and their projection stands this norm
                handles.append(layer.norm.register_forward_pre_hook(mixed_of(index)))
            yield seen
        finally:
            for handle in handles:
                handle.remove()
