"""From tokens to one vector a picture, and frozen features that are computed only once."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file
from torch import nn

from nesylib import runtime
from nesylib.progress import track
from nesylib.vit.attention import cls_patch_attention, record_attention
from nesylib.vit.backbones import to_input
from nesylib.vit.modes import evaluating

POOLINGS = ("cls", "attn", "mean")


def pool_tokens(model: nn.Module, images: torch.Tensor, pooling: str = "cls") -> torch.Tensor:
    """One vector for each picture.

    Parameters
    ----------
    images
        ``(N, 3, H, W)``, uint8 or float in 0..1.
    pooling
        ``"cls"``: the [CLS] token after the last block and its norm. ``"attn"``: patch tokens
        weighted by the last block's attention from [CLS], mean over heads, renormalised over
        patches. ``"mean"``: the mean of the patch tokens. The paper's abstract speaks of
        attention-weighted patches, its summary of [CLS]; which one was used is not known.

    Returns
    -------
    torch.Tensor
        ``(N, num_features)``.
    """
    if pooling not in POOLINGS:
        raise ValueError(f"unknown pooling {pooling!r}: use one of {', '.join(POOLINGS)}")
    if pooling == "cls" and getattr(model, "cls_token", None) is None:
        raise ValueError("this ViT has no [CLS] token: use pooling='mean'")
    pixels = to_input(model, images)
    return pool(model, lambda: model.forward_features(pixels), pooling)


def pool(model: nn.Module, run: Callable[[], torch.Tensor], pooling: str) -> torch.Tensor:
    """One vector ``(N, E)`` from the tokens that ``run`` makes with the blocks of ``model``."""
    prefix = model.num_prefix_tokens
    if pooling == "attn":
        with record_attention(model, (-1,)) as maps:
            tokens = run()
        weights = cls_patch_attention(maps[len(model.blocks) - 1], prefix)
        return torch.einsum("np,npe->ne", weights, tokens[:, prefix:])
    tokens = run()
    return tokens[:, prefix:].mean(1) if pooling == "mean" else tokens[:, 0]


@torch.inference_mode()
def frozen_features(
    model: nn.Module,
    dataset,
    pooling: str = "cls",
    *,
    batch_size: int = 64,
    cache: bool = True,
    progress: bool = False,
) -> np.ndarray:
    """Features of a data set under a frozen backbone, ``(N, num_features)`` float32.

    They are kept in the cache folder under a name made from the weights, the pictures and the
    pooling: a change of any of them computes anew, and so does a damaged file. Where the
    cache folder cannot be written, a warning says so and nothing is kept.

    ``dataset`` is an :class:`nesylib.data.ImageSet` or an array of pictures ``(N, 3, H, W)``.
    """
    images = getattr(dataset, "images", dataset)
    images = images if hasattr(images, "shape") else np.asarray(images)
    path = _cache_path(model, images, pooling) if cache else None
    if path is not None and path.exists():
        with suppress(SafetensorError, KeyError, OSError):
            return load_file(path)["features"]
    device = next(model.parameters()).device
    with evaluating(model):
        rows = in_batches(
            lambda batch: pool_tokens(model, batch, pooling).float(),
            images,
            device,
            batch_size,
            "features",
            progress,
        )
    if not rows:
        return np.zeros((0, model.num_features), np.float32)
    features = np.concatenate(rows)
    if path is not None:
        try:
            with runtime.atomic_write(path) as temporary:
                save_file({"features": features}, temporary)
        except (OSError, SafetensorError) as error:
            _not_kept(error)
    return features


def in_batches(
    function: Callable[[torch.Tensor], torch.Tensor],
    images,
    device: torch.device,
    batch_size: int,
    label: str = "",
    progress: bool = False,
) -> list[np.ndarray]:
    """``function`` of every batch of pictures, each moved to ``device``; one array a batch."""
    rows = []
    for start in track(range(0, len(images), batch_size), label, progress):
        batch = np.ascontiguousarray(images[start : start + batch_size])
        batch = torch.from_numpy(batch if batch.flags.writeable else batch.copy())
        rows.append(function(batch.to(device)).cpu().numpy())
    return rows


def _cache_path(model: nn.Module, images, pooling: str) -> Path | None:
    try:
        folder = runtime.cache_dir("features")
    except OSError as error:
        _not_kept(error)
        return None
    return folder / f"{fingerprint(model, images, pooling)}.safetensors"


def fingerprint(model: nn.Module, images, kind: str) -> str:
    """A name made from the weights, the pictures and what is computed of them."""
    digest = hashlib.sha256(kind.encode())
    digest.update(_architecture(model).encode())
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().reshape(-1).contiguous().view(torch.uint8).numpy().data)
    digest.update(str(tuple(images.shape)).encode())
    for start in range(0, len(images), 512):
        digest.update(np.ascontiguousarray(images[start : start + 512]).data)
    return digest.hexdigest()[:32]


def _architecture(model: nn.Module) -> str:
    """What the weights do not show: heads, layers without weights, how pictures are normalised."""
    heads = [layer.num_heads for layer in model.modules() if hasattr(layer, "num_heads")]
    cfg = getattr(model, "pretrained_cfg", None) or {}
    norm = [list(map(float, cfg.get(key, ()))) for key in ("mean", "std")]
    return str((repr(model), model.num_prefix_tokens, heads, norm))


def _not_kept(error: Exception) -> None:
    warnings.warn(
        f"features are not kept on disk ({error}): set NESYLIB_CACHE to a folder with room that "
        "is writable",
        stacklevel=3,
    )
