"""Small random changes to a batch, so that a network does not learn pictures by heart."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from nesylib.vit.backbones import as_floats


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
        """``(N, 3, H, W)`` uint8, or float in 0..1, to float in 0..1; random on the CPU."""
        n, _, height, width = images.shape
        pixels = images.float() / 255 if images.dtype == torch.uint8 else as_floats(images)
        mirror = (torch.rand(n, generator=generator) < 0.5) & self.flip
        # whole pixels, so that nothing is blurred
        steps = torch.rand(n, 2, generator=generator) * 2 - 1
        steps = (steps * self.shift * torch.tensor([width, height])).round().long()
        light = 1 + self.light * (torch.rand(n, 1, 1, 1, generator=generator) * 2 - 1)
        if self.flip or self.shift:
            # indices and not grid_sample, whose repeated edge Apple's GPUs lack
            across, down = torch.arange(width).repeat(n, 1), torch.arange(height).repeat(n, 1)
            across[mirror] = across[mirror].flip(1)
            across = (across + steps[:, :1]).clamp(0, width - 1).to(pixels.device)
            down = (down + steps[:, 1:]).clamp(0, height - 1).to(pixels.device)
            picture = torch.arange(n, device=pixels.device)[:, None, None]
            moved = pixels.permute(0, 2, 3, 1)[picture, down[:, :, None], across[:, None]]
            pixels = moved.permute(0, 3, 1, 2).contiguous()
        return (pixels * light.to(pixels.device)).clamp(0, 1)
