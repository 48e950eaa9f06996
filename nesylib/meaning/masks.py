"""Masks of concepts, checked once and read as matrices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Masks:
    """Which concept each pixel shows.

    Attributes
    ----------
    values
        ``(N, H, W)`` integers: 0 is background, ``k + 1`` is concept ``k``.
    names
        The K concepts.
    """

    values: np.ndarray
    names: tuple[str, ...]

    @classmethod
    def of(cls, masks, names: Sequence[str], size=None) -> Masks:
        """Masks ``(N, H, W)``, brought to ``size`` by their nearest pixels if one is given.

        Raises
        ------
        ValueError
            For another shape, values that are no whole numbers, a value that no name belongs to,
            or no names.
        """
        values, names = np.asarray(masks), tuple(str(n) for n in names)
        if not names or len(set(names)) < len(names):
            raise ValueError(f"give the names of the concepts, each once, got {list(names)[:5]}")
        if values.ndim != 3 or 0 in values.shape:
            raise ValueError(f"masks must be (N, H, W) with some of each, got {values.shape}")
        if values.dtype.kind not in "biu":
            raise ValueError(f"masks hold the numbers of concepts, not {values.dtype}")
        if values.min() < 0 or values.max() > len(names):
            raise ValueError(
                f"masks hold values {values.min()} to {values.max()}, but there are {len(names)} "
                "concepts: 0 is background, k + 1 is concept k; set what is unlabelled to 0"
            )
        if size is not None:
            height, width = (size, size) if np.ndim(size) == 0 else size
            if not (int(height) == height >= 1 and int(width) == width >= 1):
                raise ValueError(f"size must be (H, W) or one number, at least 1, got {size}")
            height, width = int(height), int(width)
            rows = np.arange(height) * values.shape[1] // height
            values = values[:, rows][:, :, np.arange(width) * values.shape[2] // width]
        return cls(values, names)

    def __len__(self) -> int:
        return len(self.values)

    def take(self, rows) -> Masks:
        """The masks of some pictures."""
        return Masks(self.values[rows], self.names)

    def bits(self, rows=slice(None)) -> np.ndarray:
        """``(rows, H * W, K)`` float32, 1 where the pixel shows the concept."""
        values = self.values[rows]
        table = np.eye(len(self.names) + 1, dtype=np.float32)[:, 1:]
        return table[values.reshape(len(values), -1).astype(np.intp)]
