"""Backbones: timm's Vision Transformers by name, and small ones for 8 to 64 pixel pictures."""

from __future__ import annotations

import difflib
from pathlib import Path

import numpy as np
import timm
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from timm.models.vision_transformer import VisionTransformer, checkpoint_filter_fn
from torch import nn

from nesylib import runtime
from nesylib.vit.conv_stem import ConvStemEmbed

SMALL = {
    "nesy_tiny": dict(img_size=64, patch_size=8, embed_dim=96, depth=4, num_heads=3),
    "nesy_tiny_conv": dict(
        img_size=64, patch_size=8, embed_dim=96, depth=4, num_heads=3, embed_layer=ConvStemEmbed
    ),
}
"""Small ViTs of this project: timm's ``VisionTransformer`` with these arguments."""

_HEADS = ("head.", "head_dist.", "fc_norm.")


def create_backbone(
    name: str = "nesy_tiny",
    *,
    weights: str | Path | None = None,
    img_size: int | None = None,
    seed: int = 0,
    **options,
) -> nn.Module:
    """Build a ViT without a classification head.

    Parameters
    ----------
    name
        A key of :data:`SMALL`, or the name of any ViT of timm such as ``vit_tiny_patch16_224``.
    weights
        ``None`` (random, from ``seed``), ``"hub"`` (timm downloads them), or the path of a
        safetensors file in timm's layout. Position embeddings are resampled to ``img_size``.
    img_size
        Side of the square input in pixels; the model's own if not given.
    **options
        Passed on to timm, for instance ``patch_size`` or ``depth`` of a small ViT.

    Returns
    -------
    torch.nn.Module
        In evaluation mode, with ``num_features``, ``patch_embed`` and ``num_prefix_tokens``.

    Raises
    ------
    ValueError
        For an unknown name or weights that do not fit the model.
    FileNotFoundError, ConnectionError
        For a weights file that is not there; for a hub that cannot be reached.
    """
    if img_size is not None:
        options["img_size"] = img_size
    with runtime.seeded(seed):
        if name in SMALL:
            model = _small(name, weights, options)
        else:
            model = _from_timm(name, weights, options)
    if weights is not None and weights != "hub":
        _load_file(model, Path(weights))
    return model.eval()


def to_input(model: nn.Module, images: torch.Tensor) -> torch.Tensor:
    """Pictures as the model wants them: where it is, of its type, normalised, the size checked.

    Parameters
    ----------
    images
        ``(N, 3, H, W)``, uint8 in 0..255 or float in 0..1; a tensor or an array.

    Raises
    ------
    ValueError
        When shape or size differ from what the model was built for, a value is NaN, or float
        pictures run to 255 and not to 1.
    """
    if not isinstance(images, torch.Tensor):
        images = torch.as_tensor(np.asarray(images))
    height, width = model.patch_embed.img_size
    if images.ndim != 4 or images.shape[1] != 3:
        raise ValueError(f"pictures must be (N, 3, H, W), got {tuple(images.shape)}")
    if tuple(images.shape[2:]) != (height, width):
        raise ValueError(
            f"this ViT was built for {height} x {width} pictures and got {images.shape[2]} x "
            f"{images.shape[3]}: load the data with size={height}, or build the model with "
            f"img_size={images.shape[2]}"
        )
    if images.dtype != torch.uint8:
        _check_float(images)
    weight = next(model.parameters())
    pixels = images.to(weight.device).to(weight.dtype)
    if images.dtype == torch.uint8:
        pixels = pixels / 255
    cfg = getattr(model, "pretrained_cfg", None) or {}
    mean, std = cfg.get("mean", (0.5,) * 3), cfg.get("std", (0.5,) * 3)
    stats = torch.tensor([mean, std], device=pixels.device, dtype=pixels.dtype)[..., None, None]
    return (pixels - stats[0]) / stats[1]


def as_floats(images: torch.Tensor) -> torch.Tensor:
    """Float pictures as float32; NaN and a range other than 0..1 are refused."""
    _check_float(images)
    return images.float()


def _check_float(images: torch.Tensor) -> None:
    if not images.is_floating_point():
        raise ValueError(
            f"pictures must be uint8 in 0..255 or float in 0..1, got {images.dtype}: convert "
            "0..255 with .astype(np.uint8) or .to(torch.uint8)"
        )
    if not torch.isfinite(images).all():
        raise ValueError("a picture holds NaN or infinite values: check how it was read")
    if images.numel() and (images.max() > 2 or images.min() < -1):  # resizing overshoots a little
        raise ValueError(
            f"float pictures must lie in 0..1, got {float(images.min()):.3g} to "
            f"{float(images.max()):.3g}: divide 0..255 by 255, and leave normalising to the model"
        )


def _small(name: str, weights, options: dict) -> nn.Module:
    if weights == "hub":
        raise ValueError(f"{name} is a small ViT of this project and has no weights on a hub")
    settings = SMALL[name] | options
    if settings["img_size"] % settings["patch_size"]:
        raise ValueError(
            f"img_size={settings['img_size']} is not a multiple of patch_size="
            f"{settings['patch_size']}: choose a patch size that divides it"
        )
    return VisionTransformer(num_classes=0, **settings)


def _from_timm(name: str, weights, options: dict) -> nn.Module:
    known = timm.list_models("*vit*") + timm.list_models("deit*")
    if name.split(".")[0] not in timm.list_models():
        near = difflib.get_close_matches(name, [*SMALL, *known], n=3)
        raise ValueError(
            f"unknown backbone {name!r}: use one of {', '.join(SMALL)} or a ViT of timm"
            + (f", for instance {', '.join(near)}" if near else "")
        )
    try:
        model = timm.create_model(name, pretrained=weights == "hub", num_classes=0, **options)
    except Exception as error:
        if weights != "hub":
            raise
        raise ConnectionError(
            f"could not fetch the weights of {name} from the hub: check the network, give a "
            "local safetensors file as weights=PATH, or use weights=None for a random start"
        ) from error
    if not isinstance(model, VisionTransformer):
        raise ValueError(f"{name} is a {type(model).__name__}, not a plain Vision Transformer")
    return model


def _load_file(model: nn.Module, path: Path) -> None:
    state = read_safetensors(path)
    state = {k: v.float() for k, v in state.items() if not k.startswith(_HEADS)}
    try:
        state = checkpoint_filter_fn(state, model)
        model.load_state_dict(state)
    except (RuntimeError, KeyError) as error:
        raise ValueError(
            f"{path.name} does not fit this backbone: give the name of the ViT that the weights "
            f"were trained for. {str(error)[:400]}"
        ) from error


def read_safetensors(path: str | Path) -> dict[str, torch.Tensor]:
    """Read a safetensors file; a missing or truncated one raises an error with the remedy."""
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"no weights file at {path}: check the path, or use weights=None")
    try:
        return load_file(path)
    except SafetensorError as error:
        raise ValueError(
            f"{path} is not a whole safetensors file ({error}): it may have been cut off; "
            "download or train it again"
        ) from error
