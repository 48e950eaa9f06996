"""The last blocks of a ViT as a network of their own, fed with tokens that are kept on disk.

Training only the last k blocks of a pretrained ViT changes nothing before them. So the tokens
that enter those blocks are computed once, and every epoch then costs k blocks, not all of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import numpy as np
import torch
from timm.layers import Attention
from timm.models.vision_transformer import Block
from torch import nn
from torch.nn import functional as F

from nesylib import runtime
from nesylib.progress import track
from nesylib.vit.backbones import to_input
from nesylib.vit.features import POOLINGS, fingerprint, pool
from nesylib.vit.modes import evaluating


class Tail(nn.Module):
    """The last ``last`` blocks and the norm of a timm ViT; weights are shared, not copied.

    Where only [CLS] is read, the last block is computed for its query alone: the same result
    for about a sixth of the block's work.

    Shape: tokens ``(N, T, E)``, any float type, to features ``(N, E)``.

    Raises
    ------
    ValueError
        For a number of blocks that the ViT does not have, or an unknown pooling.
    """

    def __init__(self, model: nn.Module, last: int, pooling: str = "cls"):
        super().__init__()
        check_last(model, last)
        if pooling not in POOLINGS:
            raise ValueError(f"unknown pooling {pooling!r}: use one of {', '.join(POOLINGS)}")
        if pooling == "cls" and getattr(model, "cls_token", None) is None:
            raise ValueError("this ViT has no [CLS] token: use pooling='mean'")
        self.blocks = nn.ModuleList(list(model.blocks)[-last:])
        self.norm = model.norm
        cls_token = getattr(model, "cls_token", None)
        self.cls_token = None if cls_token is None else cls_token.detach()  # not trained here
        self.num_prefix_tokens = model.num_prefix_tokens
        self.num_features = model.num_features
        self.pooling = pooling

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        tokens = tokens.to(next(self.blocks.parameters()).dtype)
        if self.pooling == "cls":
            for block in self.blocks[:-1]:
                tokens = block(tokens)
            return self.norm(cls_after(self.blocks[-1], tokens))
        return pool(self, lambda: self._run(tokens), self.pooling)

    def _run(self, tokens: torch.Tensor) -> torch.Tensor:
        for block in self.blocks:
            tokens = block(tokens)
        return self.norm(tokens)


def cls_after(block: nn.Module, tokens: torch.Tensor) -> torch.Tensor:
    """[CLS] after a block, ``(N, E)``, from the tokens before it, ``(N, T, E)``."""
    if type(block) is not Block or type(block.attn) is not Attention:
        return block(tokens)[:, 0]
    attn = block.attn
    n, t, _ = tokens.shape
    width = attn.num_heads * attn.head_dim
    x = block.norm1(tokens)
    weight, bias = attn.qkv.weight, attn.qkv.bias
    q = F.linear(x[:, :1], weight[:width], None if bias is None else bias[:width])
    kv = F.linear(x, weight[width:], None if bias is None else bias[width:])
    q = q.reshape(n, 1, attn.num_heads, attn.head_dim).transpose(1, 2)
    k, v = kv.reshape(n, t, 2, attn.num_heads, attn.head_dim).permute(2, 0, 3, 1, 4).unbind(0)
    q, k = attn.q_norm(q), attn.k_norm(k)
    dropout = attn.attn_drop.p if attn.training else 0.0
    out = F.scaled_dot_product_attention(q, k, v, dropout_p=dropout, scale=attn.scale)
    out = attn.proj_drop(attn.proj(attn.norm(out.transpose(1, 2).reshape(n, 1, width))))
    cls = tokens[:, :1] + block.drop_path1(block.ls1(out))
    return (cls + block.drop_path2(block.ls2(block.mlp(block.norm2(cls)))))[:, 0]


@torch.inference_mode()
def cached_tokens(
    model: nn.Module,
    dataset,
    last: int = 1,
    *,
    batch_size: int = 64,
    progress: bool = False,
) -> np.ndarray:
    """Tokens that enter the last ``last`` blocks, kept on disk in half precision.

    Parameters
    ----------
    model
        A timm ViT; it stays as it is.
    dataset
        An :class:`nesylib.data.ImageSet` or an array of pictures ``(N, 3, H, W)``.

    Returns
    -------
    numpy.memmap
        ``(N, T, E)`` float16, read from the cache folder as it is needed. A ViT-Ti at 224 pixels
        takes 75 kB a picture, a ViT-B 300 kB.

    Raises
    ------
    ValueError
        For a number of blocks that the ViT does not have, or tokens too large for half precision.
    OSError
        When the cache folder cannot take the file: set ``NESYLIB_CACHE`` to one with room.
    """
    check_last(model, last)
    images = getattr(dataset, "images", dataset)
    images = images if hasattr(images, "shape") else np.asarray(images)
    path = runtime.cache_dir("tokens") / f"{fingerprint(model, images, f'last {last}')}.npy"
    with suppress(FileNotFoundError, ValueError, EOFError):  # not there, or damaged
        return np.load(path, mmap_mode="r", allow_pickle=False)
    with evaluating(model):
        _write(model, images, last, path, batch_size, progress)
    return np.load(path, mmap_mode="r", allow_pickle=False)


def check_last(model: nn.Module, last: int) -> None:
    """Raise a ValueError unless the ViT has ``last`` blocks to train."""
    if type(last) is not int or not 1 <= last <= len(model.blocks):
        raise ValueError(
            f"last must be a number of blocks from 1 to {len(model.blocks)}, got {last!r}"
        )


def _write(model, images, last: int, path: Path, batch_size: int, progress: bool) -> None:
    device = next(model.parameters()).device
    if len(images) == 0:
        raise ValueError("there are no pictures to compute tokens of")
    with ExitStack() as stack:
        file = None
        for start in track(range(0, len(images), batch_size), "tokens", progress):
            batch = torch.from_numpy(np.ascontiguousarray(images[start : start + batch_size]))
            tokens = _before(model, to_input(model, batch.to(device)), last).half()
            if not torch.isfinite(tokens).all():
                raise ValueError(
                    "tokens are too large for half precision: train with trainable='all'"
                )
            shape = (len(images), *tokens.shape[1:])
            with _room_for(shape, path.parent):
                # written, not mapped: a full disk kills a process that writes to a map
                if file is None:
                    temporary = stack.enter_context(runtime.atomic_write(path))
                    file = open(temporary, "wb")
                    stack.callback(_close, file)
                    _write_header(file, shape)
                file.write(tokens.cpu().numpy().tobytes())
        with _room_for(shape, path.parent):
            file.flush()


def _close(file) -> None:
    with suppress(OSError):  # what could not be written was told already
        file.close()


def _write_header(file, shape: tuple[int, ...]) -> None:
    kind = np.lib.format.dtype_to_descr(np.dtype(np.float16))
    header = dict(descr=kind, fortran_order=False, shape=shape)
    np.lib.format.write_array_header_1_0(file, header)


@contextmanager
def _room_for(shape: tuple[int, ...], folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        size = 2 * math.prod(shape) / 1e6
        raise OSError(
            f"cannot keep {size:.0f} MB of tokens in {folder} ({error.strerror or error}): set "
            "NESYLIB_CACHE to a folder that is writable and has room, or train with "
            "trainable='head' or fewer pictures"
        ) from error


def _before(model: nn.Module, pixels: torch.Tensor, last: int) -> torch.Tensor:
    x = model.norm_pre(model.patch_drop(model._pos_embed(model.patch_embed(pixels))))
    for block in list(model.blocks)[: len(model.blocks) - last]:
        x = block(x)
    return x
