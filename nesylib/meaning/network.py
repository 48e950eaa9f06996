"""A concept network taken apart: pictures, tokens, features, activations, one step at a time."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from timm.models.vision_transformer import VisionTransformer

from nesylib.concepts.model import ConceptViT
from nesylib.meaning.top import whole_numbers
from nesylib.vit.attention import cls_patch_attention, record_attention
from nesylib.vit.backbones import to_input
from nesylib.vit.modes import evaluating as evaluating


def pictures_in(images) -> np.ndarray:
    """Pictures of a data set, an array or a tensor, as :func:`nesylib.concepts.encode` takes them.

    Raises
    ------
    ValueError
        For something that is not ``(N, 3, H, W)``.
    """
    images = getattr(images, "images", images)
    if isinstance(images, torch.Tensor):
        images = images.detach().cpu()
        images = (images.float() if images.dtype == torch.bfloat16 else images).numpy()
    images = images if hasattr(images, "shape") else np.asarray(images)
    if len(images.shape) != 4 or images.shape[1] != 3:
        raise ValueError(
            f"pictures must be (N, 3, H, W), got {tuple(images.shape)}: give one picture as "
            "images[:1], not as images[0]"
        )
    return images


def on_device(images: np.ndarray, device: torch.device) -> torch.Tensor:
    """A batch of pictures where the network is; pictures that may not be written are copied."""
    batch = np.ascontiguousarray(images)
    return torch.from_numpy(batch if batch.flags.writeable else batch.copy()).to(device)


def neurons_of(net: ConceptViT, neurons: Iterable[int] | None) -> np.ndarray:
    """Indices of the neurons asked for, all of them for ``None``.

    Raises
    ------
    ValueError
        For anything but whole numbers of neurons that the network has.
    """
    if neurons is None:
        return np.arange(net.n_concepts)
    chosen = whole_numbers(neurons)
    if chosen.size and (chosen.min() < 0 or chosen.max() >= net.n_concepts):
        wrong = chosen[(chosen < 0) | (chosen >= net.n_concepts)][0]
        raise ValueError(f"there is no neuron {wrong}: this network has 0..{net.n_concepts - 1}")
    return chosen


def grid_of(net: ConceptViT) -> tuple[int, int]:
    """Rows and columns of patches, ``(gh, gw)``."""
    return tuple(int(side) for side in net.backbone.patch_embed.grid_size)


def needs_cls(net: ConceptViT, method: str) -> None:
    """Raise a ValueError where a method wants a [CLS] token that reads the patches."""
    if getattr(net.backbone, "cls_token", None) is None:
        raise ValueError(
            f"{method!r} needs a [CLS] token and this ViT has none: use 'gradient-attention', "
            "'direction' or 'occlusion'"
        )
    if net.pooling == "mean":
        raise ValueError(
            f"{method!r} shows where [CLS] looks, and with pooling='mean' no neuron reads [CLS]: "
            "use 'gradient-attention', 'direction' or 'occlusion'"
        )


def needs_plain_vit(net: ConceptViT, what: str) -> None:
    """Raise a NotImplementedError unless tokens can be taken out between embedding and blocks."""
    if not isinstance(net.backbone, VisionTransformer):
        raise NotImplementedError(
            f"{what} takes the network apart between its tokens and its blocks, which is known "
            f"for timm's plain VisionTransformer and not for {type(net.backbone).__name__}"
        )


def tokens_of(net: ConceptViT, images: torch.Tensor) -> torch.Tensor:
    """Tokens that enter the first block, ``(N, T, E)``, prefix tokens first."""
    model = net.backbone
    tokens = model._pos_embed(model.patch_embed(to_input(model, images)))
    return model.norm_pre(model.patch_drop(tokens))


def readout(net: ConceptViT, tokens: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Features ``(N, E)`` of tokens that enter the first block, and how patches are weighted.

    The weights ``(N, P)`` are those of the pooling, None where it is [CLS] that is read. Patches
    may be missing from the tokens; [CLS] and registers may not.
    """
    model, prefix = net.backbone, net.backbone.num_prefix_tokens
    if net.pooling == "attn":
        with record_attention(model, (-1,)) as maps:
            tokens = model.norm(model.blocks(tokens))
        weights = cls_patch_attention(maps[len(model.blocks) - 1], prefix)
    else:
        tokens = model.norm(model.blocks(tokens))
        if net.pooling == "cls":
            return tokens[:, 0], None
        count = tokens.shape[1] - prefix
        weights = tokens.new_full((len(tokens), count), 1 / max(count, 1))
        if torch.is_grad_enabled():
            weights.requires_grad_()
    return torch.einsum("np,npe->ne", weights, tokens[:, prefix:]), weights
