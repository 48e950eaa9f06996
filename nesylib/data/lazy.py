"""Pictures that are decoded only when they are asked for."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

_REMEDY = "the file is damaged: fetch or copy it again"


class LazyImages:
    """Array-like (N, 3, H, W) uint8 over encoded pictures.

    Indexing with an int gives (3, H, W), with a slice or an int array (M, 3, H, W): numpy arrays,
    decoded by Pillow in parallel threads. Nothing is kept after decoding.

    Parameters
    ----------
    read : callable
        ``read(i)`` gives the encoded bytes, or the path, of picture ``i`` of the whole store.
    where : (N,) int array
        Which pictures of the store this view shows, in this order.
    size : (height, width)
        Size of every decoded picture.
    describe : callable
        ``describe(i)`` names picture ``i`` in error messages.
    """

    is_lazy = True
    dtype = np.dtype(np.uint8)
    ndim = 4

    def __init__(
        self,
        read: Callable[[int], bytes | Path],
        where: np.ndarray,
        size: tuple[int, int],
        describe: Callable[[int], str],
    ) -> None:
        self._read, self._where, self._describe = read, np.asarray(where, np.int64), describe
        self.shape = (len(self._where), 3, *size)

    def __len__(self) -> int:
        return self.shape[0]

    def __repr__(self) -> str:
        return f"LazyImages{self.shape}"

    def take(self, indices: Any) -> LazyImages:
        """A view of the pictures at ``indices``; decodes nothing."""
        return LazyImages(self._read, self._where[indices], self.shape[2:], self._describe)

    def __getitem__(self, index: Any) -> np.ndarray:
        chosen = self._where[index]
        if np.ndim(chosen) == 0:
            return self._decode(int(chosen))
        return self._decode_many(chosen.tolist())

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        whole = self[:]
        return whole if dtype is None else whole.astype(dtype)

    def _decode_many(self, chosen: Sequence[int]) -> np.ndarray:
        out = np.empty((len(chosen), *self.shape[1:]), np.uint8)

        def fill(span: range) -> None:
            for k in span:
                out[k] = self._decode(chosen[k])

        threads = min(os.cpu_count() or 1, 16)
        if len(chosen) < 32 or threads == 1:
            fill(range(len(chosen)))
            return out
        step = max(8, -(-len(chosen) // (4 * threads)))
        spans = [range(a, min(a + step, len(chosen))) for a in range(0, len(chosen), step)]
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(fill, spans))
        return out

    def _decode(self, i: int) -> np.ndarray:
        return decode(self._read(i), self.shape[2:], self._describe(i))


def decode(data: bytes | Path, size: tuple[int, int] | None, what: str) -> np.ndarray:
    """One encoded picture as (3, H, W) uint8, resized to ``size`` if that differs."""
    from PIL import Image, ImageOps

    try:
        with Image.open(io.BytesIO(data) if isinstance(data, bytes) else data) as picture:
            picture = ImageOps.exif_transpose(picture).convert("RGB")  # phones only note a turn
    except Exception as error:
        raise ValueError(f"cannot decode {what} ({error}); {_REMEDY}") from error
    if size is not None and picture.size != (size[1], size[0]):
        picture = picture.resize((size[1], size[0]), Image.BICUBIC)
    return np.ascontiguousarray(np.asarray(picture).transpose(2, 0, 1))


def damaged(paths: Sequence[Path]) -> dict[int, str]:
    """Which of these files cannot be read as a picture to their end, and why.

    JPEGs are decoded at an eighth of their size, which finds cut files as well and is faster.
    """
    from PIL import Image, ImageOps

    def trouble(path: Path) -> str | None:
        try:
            with Image.open(path) as picture:
                picture.draft("RGB", (1, 1))
                ImageOps.exif_transpose(picture).convert("RGB")
        except Exception as error:
            return str(error).replace(str(path), path.name) or type(error).__name__
        return None

    with ThreadPoolExecutor(min(os.cpu_count() or 1, 16)) as pool:
        return {i: said for i, said in enumerate(pool.map(trouble, paths)) if said is not None}
