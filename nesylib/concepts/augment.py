"""Small random changes to a batch, so that a network does not learn pictures by heart."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.nn import functional as F


@dataclass(frozen=True)
class Augment:
    """Mirror, move and re-light each picture of a batch by its own random amount.

    Attributes
    ----------
    flip
        Mirror left and right half of the time. Not for digits or traffic signs.
    shift
        Largest move in each direction, as a share of the side; the edge is repeated.
    light
        Largest change of brightness, as a share.
    """

    flip: bool = False
    shift: float = 0.0
    light: float = 0.0

    def __call__(self, images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """``(N, 3, H, W)`` uint8 to float in 0..1 of the same shape; random on the CPU."""
        n, _, height, width = images.shape
        pixels = images.float() / 255
        theta = torch.zeros(n, 2, 3)
        mirror = torch.rand(n, generator=generator) < 0.5
        theta[:, 0, 0] = torch.where(mirror & self.flip, -1.0, 1.0)
        theta[:, 1, 1] = 1
        # whole pixels, so that nothing is blurred
        steps = torch.rand(n, 2, generator=generator) * 2 - 1
        size = torch.tensor([width, height])
        theta[:, :, 2] = (steps * self.shift * size).round() * 2 / size
        light = 1 + self.light * (torch.rand(n, 1, 1, 1, generator=generator) * 2 - 1)
        if self.flip or self.shift:
            grid = F.affine_grid(theta, list(images.shape), align_corners=False)
            pixels = F.grid_sample(
                pixels,
                grid.to(pixels.device),
                mode="nearest",
                padding_mode="border",
                align_corners=False,
            )
        return (pixels * light.to(pixels.device)).clamp(0, 1)
