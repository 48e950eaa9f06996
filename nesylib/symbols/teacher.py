"""The teacher: a frozen Vision Transformer whose tokens are computed once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn

from nesylib.vit.backbones import create_backbone, to_input
from nesylib.vit.partial import cached_tokens


class Teacher:
    """Any Vision Transformer of timm, frozen, as a source of tokens.

    Parameters
    ----------
    model
        With or without [CLS] and register tokens. It is put into evaluation mode and its
        parameters no longer ask for gradients.

    Attributes
    ----------
    num_features
        Length E of a token.
    grid
        Patches down and across; ``num_patches`` is their product.
    img_size
        Height and width of the pictures that it takes.
    registers
        How many register tokens it has. They stand for no place in the picture and are left out.

    Raises
    ------
    ValueError
        For a model that has no patch tokens, such as a convolutional network or a ViT that pools
        inside.

    Examples
    --------
    >>> teacher = Teacher.create("nesy_tiny_conv")
    >>> teacher.tokens(np.zeros((2, 3, 64, 64), np.uint8)).shape
    (2, 65, 96)
    """

    def __init__(self, model: nn.Module):
        if not isinstance(model, nn.Module):
            raise TypeError(
                f"a {type(model).__name__} is no network: give a ViT of timm, or its name as "
                "Teacher.create(name)"
            )
        self.model = model.eval().requires_grad_(False)
        self.grid = _grid_of(model)
        self.num_features = int(model.num_features)
        self.num_patches = self.grid[0] * self.grid[1]
        self.img_size = tuple(model.patch_embed.img_size)
        self.has_cls = getattr(model, "cls_token", None) is not None
        self.registers = int(model.num_prefix_tokens) - self.has_cls

    @classmethod
    def create(
        cls,
        name: str = "nesy_tiny_conv",
        *,
        weights: str | Path | None = None,
        img_size: int | None = None,
        seed: int = 0,
        **options,
    ) -> Teacher:
        """A teacher by name, as :func:`nesylib.vit.create_backbone` takes it.

        ``Teacher.create("vit_small_patch16_224.dino", weights="hub")`` is a DINO teacher where
        there is a network; ``weights`` may also be a local file, such as
        ``nesylib.checkpoints.path("scenes-backbone")``.
        """
        made = create_backbone(name, weights=weights, img_size=img_size, seed=seed, **options)
        return cls(made)

    def tokens(self, pictures, *, batch_size: int = 64, progress: bool = False) -> Tokens:
        """Tokens after the last block and its norm, kept on disk in half precision.

        Parameters
        ----------
        pictures
            An :class:`nesylib.data.ImageSet` or an array ``(N, 3, H, W)`` of uint8 or of floats
            in 0..1.

        Raises
        ------
        ValueError
            For pictures of another size than the model was built for, or none.
        OSError
            When the cache folder cannot take the file: set ``NESYLIB_CACHE`` to one with room.
        """
        if batch_size < 1:
            raise ValueError(f"batch_size must be at least 1, got {batch_size}")
        whole = _Whole(self.model).eval()  # which stays as it was found
        stored = cached_tokens(whole, pictures, 1, batch_size=batch_size, progress=progress)
        return Tokens(stored, int(self.model.num_prefix_tokens), self.has_cls, self.grid)

    @torch.inference_mode()
    def tokens_of(self, images: torch.Tensor) -> torch.Tensor:
        """Tokens ``(N, 1 + P, E)`` of a few pictures, computed now and kept nowhere."""
        found = self.model.forward_features(to_input(self.model, images))
        return _summary_first(found, int(self.model.num_prefix_tokens), self.has_cls)

    def __repr__(self) -> str:
        down, across = self.grid
        tokens = f"{down} x {across} patches" + (" and [CLS]" if self.has_cls else "")
        if self.registers:
            tokens += f", {self.registers} registers left out"
        return f"Teacher({type(self.model).__name__}: {tokens}, {self.num_features} features)"


class Tokens:
    """Tokens of N pictures, read from disk as they are asked for.

    ``tokens[indices]`` is ``(n, 1 + P, E)`` float16: first what sums the picture up, [CLS] (the
    mean of the patches in a ViT that has none), then the P patches, row by row. Register tokens
    are left out.

    Attributes
    ----------
    cls
        ``(N, E)`` float32, the first of these tokens.
    patches
        ``(N, P, E)`` float16, mapped from disk.
    grid
        Patches down and across.
    """

    def __init__(self, stored: np.ndarray, prefix: int, has_cls: bool, grid: tuple[int, int]):
        self._stored, self._prefix, self._has_cls, self.grid = stored, prefix, has_cls, grid
        self.shape = (len(stored), 1 + stored.shape[1] - prefix, stored.shape[2])
        self.dtype = stored.dtype

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, indices: int | slice | Sequence[int] | np.ndarray | tuple) -> np.ndarray:
        if isinstance(indices, tuple) and indices:  # of tokens as told above, without registers
            found = self[indices[0]]
            return found[indices[1:] if found.ndim == 2 else (slice(None), *indices[1:])]
        rows = np.array(self._stored[indices])  # a copy: what is mapped cannot be written to
        one = rows.ndim == 2
        tokens = torch.from_numpy(rows[None] if one else rows)
        tokens = _summary_first(tokens, self._prefix, self._has_cls).numpy()
        return tokens[0] if one else tokens

    @property
    def patches(self) -> np.ndarray:
        return self._stored[:, self._prefix :]

    @property
    def cls(self) -> np.ndarray:
        rows = [self[i : i + 256][:, 0].astype(np.float32) for i in range(0, len(self), 256)]
        return np.concatenate(rows)

    def __repr__(self) -> str:
        n, t, e = self.shape
        return f"Tokens({n} pictures, {t} tokens of {e} numbers)"


def _summary_first(tokens: torch.Tensor, prefix: int, has_cls: bool) -> torch.Tensor:
    patches = tokens[:, prefix:]
    if has_cls and prefix == 1:
        return tokens
    first = tokens[:, :1] if has_cls else patches.float().mean(1, keepdim=True).to(tokens.dtype)
    return torch.cat([first, patches], dim=1)


def _grid_of(model: nn.Module) -> tuple[int, int]:
    """Patches down and across, found by looking at what one blank picture becomes."""
    advice = (
        "the teacher must be a Vision Transformer that gives one token a patch, such as "
        "vit_small_patch16_224.dino or nesy_tiny_conv"
    )
    name = type(model).__name__
    embed = getattr(model, "patch_embed", None)
    needed = ("forward_features", "num_prefix_tokens", "num_features")
    grid = getattr(embed, "grid_size", None)
    if grid is None or not all(hasattr(model, part) for part in needed):
        raise ValueError(f"{name} has no patch tokens: {advice}")
    weight = next(model.parameters())
    with torch.inference_mode():
        blank = torch.zeros(1, 3, *embed.img_size, device=weight.device, dtype=weight.dtype)
        tokens = model.forward_features(blank)
    expected = int(model.num_prefix_tokens) + grid[0] * grid[1]
    if tokens.ndim != 3 or tokens.shape[1] != expected:
        raise ValueError(
            f"{name} gives {tuple(tokens.shape)[1:]} for a picture and not {expected} tokens, one "
            f"for each of {grid[0]} x {grid[1]} patches: {advice}"
        )
    return int(grid[0]), int(grid[1])


class _Whole(nn.Module):
    """A ViT behind the interface of :func:`nesylib.vit.cached_tokens`, which keeps what enters
    the last blocks: the last block here is one that does nothing, after all the real ones.
    """

    def __init__(self, model: nn.Module):
        super().__init__()
        self.patch_embed = _Features(model)
        self.patch_drop = self.norm_pre = nn.Identity()
        self.blocks = nn.ModuleList([nn.Identity()])
        self.num_prefix_tokens = model.num_prefix_tokens
        self.pretrained_cfg = getattr(model, "pretrained_cfg", None)

    def _pos_embed(self, tokens: torch.Tensor) -> torch.Tensor:
        return tokens


class _Features(nn.Module):
    def __init__(self, model: nn.Module):
        super().__init__()
        self.model, self.img_size = model, model.patch_embed.img_size

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.model.forward_features(pixels)
