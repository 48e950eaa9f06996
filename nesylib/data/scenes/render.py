"""From index images to pictures: colours, light and texture, for a whole batch at once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image

N_GLOWS = 3
N_TEXTURES = 6  # 0 none, 1 plaster, 2 wood along x, 3 carpet or grass, 4 stone, 5 wood along y
_BANK = 512  # pixels of the noise bank, which covers two pictures


@dataclass
class Drawing:
    """What a scene hands to the renderer: one index image and its look-up tables."""

    index: np.ndarray  # (S, S) uint8
    palette: bytes  # 768 bytes
    concepts: np.ndarray  # (256,) uint8: 0 or concept + 1
    textures: np.ndarray  # (256,) uint8
    light: np.ndarray  # (3 + N_GLOWS, 6) float32: see light_maps
    offset: tuple[float, float]  # where the picture lies in the noise bank, 0..1


def supersampling(size: int) -> int:
    """Index pixels per picture pixel."""
    return 3 if size <= 112 else 2


def masks_of(drawings: list[Drawing], size: int) -> np.ndarray:
    """Concept masks (N, size, size) uint8: the part at the centre of each pixel."""
    out = np.empty((len(drawings), size, size), np.uint8)
    s = supersampling(size)
    for k, d in enumerate(drawings):
        d.concepts.take(d.index[s // 2 :: s, s // 2 :: s], out=out[k])
    return out


def pictures_of(drawings: list[Drawing], size: int) -> np.ndarray:
    """Pictures (N, 3, size, size) uint8."""
    n, s = len(drawings), supersampling(size)
    rgb = np.empty((n, 3, size, size), np.float32)
    grain = np.empty((n, size, size), np.float32)
    bank = _bank(size)
    for k, d in enumerate(drawings):
        flat = Image.fromarray(d.index)
        flat.putpalette(d.palette)
        rgb[k] = np.asarray(flat.convert("RGB").reduce(s)).transpose(2, 0, 1)
        kind = d.textures.take(d.index[s // 2 :: s, s // 2 :: s])
        y, x = int(d.offset[0] * size), int(d.offset[1] * size)
        where = kind.astype(np.int32) * (4 * size * size)
        where += _places(size)
        where += y * 2 * size + x
        bank.take(where, out=grain[k])
    rgb *= grain[:, None]
    rgb *= light_maps(np.stack([d.light for d in drawings]), size)
    np.clip(rgb, 0, 255, out=rgb)
    return rgb.astype(np.uint8)


def light_maps(light: np.ndarray, size: int) -> np.ndarray:
    """Light (N, 3, size, size) as a sum of products of a column and a row.

    Rows of ``light`` (N, 3 + N_GLOWS, 6): even light, light that grows to the right, light that
    grows downwards, then soft glows. Columns: red, green, blue strength, x, y, radius.
    """
    n, rows, _ = light.shape
    t = ((np.arange(size, dtype=np.float32) + 0.5) / size).astype(np.float32)
    across = np.ones((n, rows, size), np.float32)
    down = np.ones((n, rows, size), np.float32)
    across[:, 1] = t - 0.5
    down[:, 2] = t - 0.5
    radius = np.maximum(light[:, 3:, 5:6], 1e-3)
    across[:, 3:] = np.exp(-(((t - light[:, 3:, 3:4]) / radius) ** 2))
    down[:, 3:] = np.exp(-(((t - light[:, 3:, 4:5]) / radius) ** 2))
    coloured = light[:, :, :3].transpose(0, 2, 1)[..., None] * down[:, None]
    return np.matmul(coloured.transpose(0, 1, 3, 2), across[:, None])


@lru_cache(maxsize=2)
def _places(size: int) -> np.ndarray:
    return (np.arange(size)[:, None] * (2 * size) + np.arange(size)).astype(np.int32)


@lru_cache(maxsize=2)
def _bank(size: int) -> np.ndarray:
    """Brightness factors of every texture, (N_TEXTURES * 2 size * 2 size,) float32."""
    rng = np.random.Generator(np.random.PCG64(20))
    fine = rng.standard_normal((_BANK, _BANK))

    def blurred(down: int, across: int) -> np.ndarray:
        small = rng.standard_normal((max(_BANK // down, 2), max(_BANK // across, 2)))
        picture = Image.fromarray(small.astype(np.float32))
        out = np.asarray(picture.resize((_BANK, _BANK), Image.BICUBIC), np.float64)
        return out / out.std()

    maps = [
        np.zeros((_BANK, _BANK)),
        0.6 * blurred(8, 8) + 0.25 * fine,
        blurred(3, 48) + 0.6 * blurred(2, 24),
        0.5 * blurred(12, 20) + 0.5 * blurred(3, 5) + 0.5 * fine,
        blurred(24, 24) + 0.5 * blurred(5, 5) + 0.3 * fine,
        blurred(48, 3) + 0.6 * blurred(24, 2),
    ]
    strength = [0.0, 0.014, 0.032, 0.045, 0.022, 0.034]
    out = []
    for texture, amount in zip(maps, strength, strict=True):
        picture = Image.fromarray((1 + amount * texture).astype(np.float32))
        box = Image.BOX if 2 * size <= _BANK else Image.BICUBIC
        out.append(np.asarray(picture.resize((2 * size, 2 * size), box), np.float32))
    return np.concatenate([t.ravel() for t in out])
