"""Where does a neuron look? One number for each patch, by several methods."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import torch
from torch.nn import functional as F

from nesylib.concepts.model import ConceptViT
from nesylib.meaning import gradient_attention
from nesylib.meaning.network import (
    evaluating,
    grid_of,
    needs_cls,
    needs_plain_vit,
    neurons_of,
    on_device,
    pictures_in,
)
from nesylib.meaning.removal import Remover
from nesylib.progress import track
from nesylib.vit.attention import attention_maps, cls_patch_attention
from nesylib.vit.backbones import to_input
from nesylib.vit.rollout import attention_rollout


def heat_maps(
    net: ConceptViT,
    images,
    neurons: Iterable[int] | None = None,
    *,
    method: str = "gradient-attention",
    batch_size: int = 64,
    seed: int = 0,
    progress: bool = False,
) -> np.ndarray:
    """How important each patch is for each neuron.

    Parameters
    ----------
    images
        An :class:`nesylib.data.ImageSet`, or pictures ``(N, 3, H, W)``, uint8 or float in 0..1.
    neurons
        Columns of the code; all of them by default.
    method
        ``"attention"``
            The last block's attention from [CLS] to the patches, mean over heads, renormalised.
            It knows no neuron: every neuron gets the same map.
        ``"rollout"``
            Attention rollout (Abnar and Zuidema 2020). The same for every neuron, too.
        ``"gradient-attention"``
            Attention where it helps the neuron, through all blocks (Chefer, Gur and Wolf 2021);
            see :func:`nesylib.meaning.gradient_attention.relevance`. One backward pass a neuron.
        ``"direction"``
            What the concept layer says of a patch's own token after the last norm: the neuron's
            value before the sigmoid. One matrix product for all neurons. Nothing makes a patch's
            last token speak as [CLS] does: on drawn rooms this does worse than random numbers.
        ``"occlusion"``
            By how much the neuron, before its sigmoid, falls when the patch is painted in the
            picture's mean colour. One forward pass a patch, for all neurons at once.
        ``"random"``
            Random numbers: what a method must beat.
    batch_size
        Pictures at once; gradients take fewer where memory asks for it.
    seed
        Of the random maps. Each picture and neuron has its own, whichever are asked for.

    Returns
    -------
    numpy.ndarray
        ``(N, n, gh, gw)`` float32, one number a patch. Larger is more important; nothing is
        normalised, and ``"direction"`` and ``"occlusion"`` can be negative.

    Raises
    ------
    ValueError
        For an unknown method, a neuron that is not there, pictures of the wrong size, or a method
        that asks for [CLS] where none is read (no such token, or ``pooling="mean"``).
    NotImplementedError
        Where attention is not timm's plain one (rotary embeddings, windows).
    """
    if method not in _METHODS:
        raise ValueError(f"unknown method {method!r}: use one of {', '.join(HEAT_MAPS)}")
    images, chosen, grid = pictures_in(images), neurons_of(net, neurons), grid_of(net)
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, got {batch_size}")
    if method in ("attention", "rollout"):
        needs_cls(net, method)
    found = np.empty((len(images), len(chosen), *grid), np.float32)
    if method == "gradient-attention":
        needs_plain_vit(net, f"method={method!r}")
        batch_size = min(batch_size, gradient_attention.pictures_at_once(net))
    draw = np.random.default_rng(seed)
    device = next(net.parameters()).device
    with evaluating(net), torch.inference_mode(False), torch.no_grad():
        for start in track(range(0, len(images), batch_size), method, progress):
            rows = slice(start, start + batch_size)
            batch = on_device(images[rows], device)
            maps = _METHODS[method](net, batch, chosen, draw)
            found[rows] = np.asarray(maps).reshape(found[rows].shape)
    return found


def upsample(maps, size: int | tuple[int, int], mode: str = "bicubic") -> np.ndarray:
    """Maps ``(..., gh, gw)`` at the size of the picture, ``(..., H, W)`` float32.

    Parameters
    ----------
    size
        Side in pixels, or (height, width).
    mode
        ``"nearest"`` shows the patches as they are; ``"bilinear"`` and ``"bicubic"`` are smooth.
        Bicubic may overshoot a little.
    """
    maps = np.asarray(maps, np.float32)
    if mode not in ("nearest", "bilinear", "bicubic"):
        raise ValueError(f"unknown mode {mode!r}: use nearest, bilinear or bicubic")
    if maps.ndim < 2 or 0 in maps.shape[-2:]:
        raise ValueError(f"maps must be (..., gh, gw), got {maps.shape}")
    size = (size, size) if np.ndim(size) == 0 else tuple(size)
    if len(size) != 2 or min(size) < 1:
        raise ValueError(f"size must be a side in pixels or (height, width), got {size}")
    size = tuple(int(side) for side in size)
    if maps.size == 0:
        return np.zeros((*maps.shape[:-2], *size), np.float32)
    flat = torch.from_numpy(np.ascontiguousarray(maps)).reshape(-1, 1, *maps.shape[-2:])
    options = {} if mode == "nearest" else {"align_corners": False}
    return (
        F.interpolate(flat, size=size, mode=mode, **options)
        .numpy()
        .reshape(*maps.shape[:-2], *size)
    )


def _for_each(maps: torch.Tensor, neurons: np.ndarray) -> np.ndarray:
    return np.repeat(maps.float().cpu().numpy()[:, None], len(neurons), axis=1)


def _attention(net, images, neurons, draw):
    rows = attention_maps(net.backbone, images)[:, 0]
    return _for_each(cls_patch_attention(rows, net.backbone.num_prefix_tokens), neurons)


def _rollout(net, images, neurons, draw):
    rows = attention_rollout(net.backbone, images)
    return _for_each(rows[:, net.backbone.num_prefix_tokens :], neurons)


def _gradient_attention(net, images, neurons, draw):
    return gradient_attention.relevance(net, images, neurons).float().cpu().numpy()


def _direction(net, images, neurons, draw):
    model = net.backbone
    patches = model.forward_features(to_input(model, images))[:, model.num_prefix_tokens :]
    return net.concepts.logits(patches)[..., neurons].transpose(1, 2).float().cpu().numpy()


def _occlusion(net, images, neurons, draw):
    remover, patches = Remover(net, images, "mean"), int(np.prod(grid_of(net)))
    which = torch.arange(len(images), device=images.device)
    whole = net.concepts.logits(net.features(images))[:, neurons]
    kept = torch.ones(len(images), patches, dtype=torch.bool, device=images.device)
    falls = []
    for patch in range(patches):
        kept[:, patch] = False
        falls.append(whole - net.concepts.logits(remover.features(which, kept))[:, neurons])
        kept[:, patch] = True
    return torch.stack(falls, -1).float().cpu().numpy()


def _random(net, images, neurons, draw):
    shape = (len(images), net.n_concepts, *grid_of(net))
    return draw.random(shape, dtype=np.float32)[:, neurons]


_METHODS: dict[str, Callable] = {
    "attention": _attention,
    "rollout": _rollout,
    "gradient-attention": _gradient_attention,
    "direction": _direction,
    "occlusion": _occlusion,
    "random": _random,
}

HEAT_MAPS = tuple(_METHODS)
"""Names of the methods."""
