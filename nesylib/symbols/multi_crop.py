"""Several random crops of every picture of a batch, cut, mirrored and coloured at once."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch.nn import functional as F

from nesylib.vit.backbones import as_floats

LUMINANCE = (0.299, 0.587, 0.114)
"""How much red, green and blue add to the brightness of a pixel (ITU-R BT.601)."""


@dataclass(frozen=True)
class MultiCrop:
    """Two large views of every picture, and a few small ones.

    The views of DINO: large ones cover much of a picture, small ones little. There is no blur:
    pictures of 64 pixels are blurred enough when a small crop is enlarged.

    Attributes
    ----------
    size, local_size
        Side in pixels of large and small views.
    locals
        How many small views; 0 for none.
    scale, local_scale
        Smallest and largest share of the picture's area that a view covers.
    ratio
        Smallest and largest width over height of what is cut out.
    flip
        Mirror left and right half of the time. Not for digits or traffic signs.
    jitter
        Chance that colours change at all, by at most ``brightness``, ``contrast``,
        ``saturation`` (shares) and ``hue`` (turns of the colour wheel).
    grey
        Chance that a view loses its colours.
    solarize
        Chance that the second large view has its bright pixels turned to dark.
    """

    size: int = 64
    local_size: int = 32
    locals: int = 4
    scale: tuple[float, float] = (0.4, 1.0)
    local_scale: tuple[float, float] = (0.05, 0.4)
    ratio: tuple[float, float] = (3 / 4, 4 / 3)
    flip: bool = True
    jitter: float = 0.8
    brightness: float = 0.4
    contrast: float = 0.4
    saturation: float = 0.2
    hue: float = 0.1
    grey: float = 0.2
    solarize: float = 0.2

    def __post_init__(self):
        for name in ("scale", "local_scale"):
            low, high = getattr(self, name)
            if not 0 < low <= high <= 1:
                raise ValueError(f"{name} must be two rising shares of the area, got {low, high}")
        if not 0 < self.ratio[0] <= self.ratio[1]:
            raise ValueError(f"ratio must be two rising positive numbers, got {self.ratio}")
        if min(self.size, self.local_size) < 1 or self.locals < 0:
            raise ValueError(
                "size and local_size must be at least 1 pixel and locals at least 0, got "
                f"{self.size}, {self.local_size}, {self.locals}"
            )

    def __call__(self, images: torch.Tensor, generator: torch.Generator) -> list[torch.Tensor]:
        """Views of a batch; what is random is drawn on the CPU.

        Parameters
        ----------
        images
            ``(N, 3, H, W)``, uint8 or float in 0..1.

        Returns
        -------
        list of torch.Tensor
            The large views ``(2N, 3, size, size)``, all pictures of the first view and then all
            of the second, and the small ones ``(locals * N, 3, local_size, local_size)`` if
            there are any. Floats in 0..1.
        """
        if images.ndim != 4 or images.shape[1] != 3:
            raise ValueError(f"pictures must be (N, 3, H, W), got {tuple(images.shape)}")
        pixels = images.float() / 255 if images.dtype == torch.uint8 else as_floats(images)
        large = self._views(pixels, 2, self.size, self.scale, generator)
        n = len(pixels)
        turned = (torch.rand(n, generator=generator) < self.solarize).to(pixels.device)
        second = large[n:]
        second[turned] = torch.where(second[turned] >= 0.5, 1 - second[turned], second[turned])
        if not self.locals:
            return [large]
        small = self._views(pixels, self.locals, self.local_size, self.local_scale, generator)
        return [large, small]

    def _views(self, pixels, views: int, size: int, scale, generator) -> torch.Tensor:
        count = views * len(pixels)
        boxes = random_boxes(count, scale, self.ratio, generator)
        mirrored = (torch.rand(count, generator=generator) < 0.5) & self.flip
        cut = crop(pixels.repeat(views, 1, 1, 1), boxes, mirrored, size)
        return self._coloured(cut, generator)

    def _coloured(self, pixels: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        n = len(pixels)
        change = torch.rand(4, n, generator=generator) * 2 - 1
        strength = torch.tensor([self.brightness, self.contrast, self.saturation, self.hue])
        change = change * strength[:, None]
        change[:, torch.rand(n, generator=generator) >= self.jitter] = 0
        bright, contrast, saturation = 1 + change[:3]
        matrix = colour_matrix(saturation, change[3])
        luminance = torch.tensor(LUMINANCE)
        matrix[torch.rand(n, generator=generator) < self.grey] = luminance.expand(3, 3)
        mean = torch.einsum("c,nc->n", luminance.to(pixels), pixels.mean((2, 3))).cpu()
        shift = (1 - contrast) * bright * mean  # grey stays grey, so it can be added at the end
        matrix = (matrix * (bright * contrast)[:, None, None]).to(pixels)
        shift = shift[:, None, None].expand(-1, 3, 1).to(pixels)
        return torch.baddbmm(shift, matrix, pixels.flatten(2)).view_as(pixels).clamp_(0, 1)


def random_boxes(n: int, scale, ratio, generator: torch.Generator) -> torch.Tensor:
    """``(n, 4)`` left, top, width, height as shares of the picture.

    The area is even over ``scale``, the logarithm of width over height over that of ``ratio``. A
    box that is wider or higher than the picture is cut to fit.
    """
    draws = torch.rand(4, n, generator=generator)
    area = scale[0] + (scale[1] - scale[0]) * draws[0]
    low, high = map(math.log, ratio)
    shape = (low + (high - low) * draws[1]).exp()
    width, height = (area * shape).sqrt().clamp(max=1), (area / shape).sqrt().clamp(max=1)
    left, top = draws[2] * (1 - width), draws[3] * (1 - height)
    return torch.stack([left, top, width, height], dim=1)


def crop(
    pixels: torch.Tensor, boxes: torch.Tensor, mirrored: torch.Tensor, size: int
) -> torch.Tensor:
    """Cut a box out of each picture and resize it to ``size`` x ``size``, bilinear.

    Parameters
    ----------
    pixels
        ``(N, 3, H, W)``.
    boxes
        ``(N, 4)`` left, top, width, height as shares of the picture.
    mirrored
        ``(N,)`` bool: mirror this one.
    """
    height, width = pixels.shape[2:]
    steps = (torch.arange(size) + 0.5) / size
    places = []
    for start, length, side in (
        (boxes[:, 0], boxes[:, 2], width),
        (boxes[:, 1], boxes[:, 3], height),
    ):
        first, span = start[:, None] * side, length[:, None] * side
        place = first + span * steps - 0.5
        # nothing beyond the box is looked at, as if it had been cut out before it is resized
        inside = torch.minimum(torch.maximum(place, first), first + span - 1)
        places.append((2 * inside + 1) / side - 1)
    across, down = places
    across[mirrored] = across[mirrored].flip(1)
    grid = torch.stack(
        [across[:, None].expand(-1, size, -1), down[:, :, None].expand(-1, -1, size)], dim=-1
    )
    return F.grid_sample(pixels, grid.to(pixels), mode="bilinear", align_corners=False)


def colour_matrix(saturation: torch.Tensor, hue: torch.Tensor) -> torch.Tensor:
    """``(N, 3, 3)``: less or more colour, then a turn about the grey axis.

    ``saturation`` 1 and ``hue`` 0 (in turns) change nothing. Grey stays the grey it was.
    """
    n = len(saturation)
    grey = torch.tensor(LUMINANCE).expand(n, 3, 3)
    saturate = saturation[:, None, None]
    colours = saturate * torch.eye(3) + (1 - saturate) * grey
    angle = 2 * math.pi * hue[:, None, None]
    # Rodrigues' rotation about (1, 1, 1)
    axis = torch.full((3, 3), 1 / 3)
    cross = torch.tensor([[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]]) / math.sqrt(3)
    turn = angle.cos() * torch.eye(3) + (1 - angle.cos()) * axis + angle.sin() * cross
    return turn @ colours
