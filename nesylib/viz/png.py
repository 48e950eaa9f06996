"""PNG and JPEG bytes that are small, faithful, and the same every time."""

from __future__ import annotations

from io import BytesIO

import numpy as np

#: Colours that a reduced palette keeps exactly: the most frequent ones.
KEPT = 48


def encode_png(rgba: np.ndarray, *, lossless: bool = True) -> bytes:
    """Encode a picture.

    Up to 256 colours are stored as an exact palette. More are stored as they are, unless
    ``lossless=False``: then rare colours (the blends along edges) are merged with their
    neighbours until 256 remain, and the frequent ones stay exact.

    Parameters
    ----------
    rgba : (H, W, 3) or (H, W, 4) uint8
    """
    from PIL import Image

    rgba = np.ascontiguousarray(rgba)
    if rgba.dtype != np.uint8 or rgba.ndim != 3 or rgba.shape[2] not in (3, 4):
        raise ValueError(f"expected (H, W, 3 or 4) uint8, got {rgba.shape} {rgba.dtype}")
    if rgba.shape[2] == 3:
        rgba = np.dstack([rgba, np.full(rgba.shape[:2], 255, np.uint8)])
    rgba = np.where(rgba[..., 3:] == 0, np.uint8(0), rgba)
    flat = np.ascontiguousarray(rgba).view(np.uint32)[..., 0]
    colours, index = np.unique(flat, return_inverse=True)
    if len(colours) <= 256:
        return _palette(colours.view(np.uint8).reshape(-1, 4), index.reshape(flat.shape))
    if not lossless:
        colours, merged = _merge(colours.view(np.uint8).reshape(-1, 4), np.bincount(index.ravel()))
        return _palette(colours, merged[index].reshape(flat.shape))
    picture = Image.fromarray(rgba)
    return _bytes(picture if (rgba[..., 3] < 255).any() else picture.convert("RGB"))


def encode_photo(rgb: np.ndarray, *, quality: int = 92) -> tuple[bytes, str]:
    """Encode a picture to be looked at: PNG up to 128 x 128 pixels, JPEG above; with its type."""
    from PIL import Image

    if rgb.shape[0] * rgb.shape[1] <= 128 * 128:
        return encode_png(rgb), "image/png"
    stream = BytesIO()
    Image.fromarray(rgb).save(stream, "JPEG", quality=quality, subsampling=0, optimize=True)
    return stream.getvalue(), "image/jpeg"


def _palette(colours: np.ndarray, index: np.ndarray) -> bytes:
    from PIL import Image

    picture = Image.frombytes("P", index.shape[::-1], index.astype(np.uint8).tobytes())
    picture.putpalette(colours[:, :3].tobytes())
    alpha = colours[:, 3]
    return _bytes(picture, **({"transparency": alpha.tobytes()} if (alpha < 255).any() else {}))


def _merge(colours: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Merge rare colours until 256 remain: the colours left, and which one each became.

    Two colours merge when they look alike on any ground, that is, when their alpha and their
    alpha times colour fall into the same cell of a grid, made coarser until it is enough.
    """
    rare = np.ones(len(colours), bool)
    rare[np.argsort(-counts, kind="stable")[:KEPT]] = False
    alpha = colours[rare, 3:].astype(float)
    seen = np.hstack([colours[rare, :3] * (alpha / 255), alpha])
    for step in range(8, 256, 4):
        cells, became = np.unique(np.round(seen / step), axis=0, return_inverse=True)
        if len(cells) <= 256 - KEPT:
            break
    became = became.ravel()
    weight = counts[rare].astype(float)
    total = np.bincount(became, weight)
    mean = np.stack([np.bincount(became, weight * v) / total for v in seen.T], axis=1)
    straight = mean[:, :3] * 255 / np.maximum(mean[:, 3:], 1)
    blends = np.clip(np.round(np.hstack([straight, mean[:, 3:]])), 0, 255).astype(np.uint8)
    index = np.empty(len(colours), int)
    index[~rare] = np.arange(KEPT)
    index[rare] = KEPT + became
    return np.vstack([colours[~rare], blends]), index


def _bytes(picture, **options) -> bytes:
    stream = BytesIO()
    picture.save(stream, "PNG", optimize=True, **options)
    return stream.getvalue()
