"""The picture that a language model is shown of one neuron."""

from __future__ import annotations

import numpy as np

from nesylib.meaning import upsample

GAP = 4  # between a picture and its lit one
APART = 12  # between pairs
DARK = 0.2  # what is left of the light where the neuron does not look


def montage(
    images: np.ndarray, maps: np.ndarray, *, side: int = 128, columns: int = 2
) -> np.ndarray:
    """Top pictures in pairs: as it is, and lit where the neuron looks.

    Light in place of a colour scale: what the neuron looks at keeps its own colours. The darker
    half of every map is dark altogether, as in NeSyFOLD's labelling, and a map that is the same
    everywhere darkens nothing.

    Parameters
    ----------
    images : (k, 3, H, W) uint8
    maps : (k, gh, gw)
    side
        Of one picture, in pixels.
    columns
        Pairs in a row.

    Returns
    -------
    (height, width, 3) uint8

    Raises
    ------
    ValueError
        For no pictures, another number of maps, or a map that is not finite.
    """
    from PIL import Image

    images, maps = np.asarray(images), np.asarray(maps, dtype=np.float32)
    if images.ndim != 4 or images.shape[1] != 3 or images.dtype != np.uint8 or not len(images):
        raise ValueError(
            f"expected (k, 3, H, W) uint8 with k >= 1, got {images.shape} {images.dtype}"
        )
    if side < 1 or columns < 1:
        raise ValueError(f"side and columns must be at least 1, got {side} and {columns}")
    if maps.ndim != 3 or len(maps) != len(images):
        raise ValueError(
            f"{len(images)} pictures need maps ({len(images)}, gh, gw), got {maps.shape}"
        )
    if not np.isfinite(maps).all():
        raise ValueError("a heat-map holds NaN or infinite values")
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    pair = 2 * side + GAP
    height, width = rows * (side + APART) - APART, columns * (pair + APART) - APART
    sheet = np.full((height, width, 3), 255, np.uint8)
    for i, (image, heat) in enumerate(zip(images, maps, strict=True)):
        row, column = divmod(i, columns)
        picture = Image.fromarray(np.ascontiguousarray(image.transpose(1, 2, 0)))
        plain = np.asarray(picture.resize((side, side), Image.Resampling.BICUBIC))
        lit = plain * light(heat, side)[..., None]
        for part, tile in enumerate((plain, np.round(lit).astype(np.uint8))):
            x, y = column * (pair + APART) + part * (side + GAP), row * (side + APART)
            sheet[y : y + side, x : x + side] = tile
    return sheet


def light(heat: np.ndarray, side: int) -> np.ndarray:
    """How much light each pixel keeps, ``(side, side)`` in ``DARK`` to 1."""
    if heat.max() <= heat.min():
        return np.ones((side, side))
    big = upsample(heat, side, "bilinear")  # bicubic overshoots, which would show as light
    low, high = np.median(big), big.max()
    if high <= low:
        return np.ones((side, side))
    unit = np.clip((big - low) / (high - low), 0, 1)
    return DARK + (1 - DARK) * np.sqrt(unit)  # a map with one high peak still shows the rest


def as_jpeg(sheet: np.ndarray, quality: int = 90) -> bytes:
    """The sheet as JPEG."""
    from io import BytesIO

    from PIL import Image

    stream = BytesIO()
    Image.fromarray(sheet).save(stream, "JPEG", quality=quality, subsampling=0)
    return stream.getvalue()
