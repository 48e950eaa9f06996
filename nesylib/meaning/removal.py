"""Pictures of which only some patches are left."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from nesylib.concepts.model import ConceptViT
from nesylib.meaning.network import grid_of, needs_plain_vit, readout, tokens_of
from nesylib.vit.backbones import as_floats

REMOVALS = ("mean", "blur", "token")
"""What stands where a patch was: the picture's mean colour, a blurred picture, or nothing."""


class Remover:
    """Answers of a network to pictures that lack some of their patches.

    Parameters
    ----------
    images
        ``(N, 3, H, W)``, uint8 or float in 0..1.
    removed
        ``"mean"``: the patch is painted in the mean colour of its picture. ``"blur"``: the patch
        is taken from a blurred copy (Gaussian, deviation one patch). ``"token"``: the token of
        the patch is left out of the sequence, so that no picture is made up.

    Raises
    ------
    ValueError
        For an unknown way to remove.
    NotImplementedError
        For ``"token"`` with a backbone that is not timm's plain VisionTransformer.
    """

    def __init__(self, net: ConceptViT, images: torch.Tensor, removed: str = "mean"):
        if removed not in REMOVALS:
            raise ValueError(f"unknown way to remove {removed!r}: use one of {', '.join(REMOVALS)}")
        self.net, self.removed, self.grid = net, removed, grid_of(net)
        if removed == "token":
            needs_plain_vit(net, "removed='token'")
            self.tokens = tokens_of(net, images)
            return
        self.pixels = images / 255 if images.dtype == torch.uint8 else as_floats(images)
        if removed == "mean":
            self.instead = self.pixels.mean((2, 3), keepdim=True).expand_as(self.pixels)
        else:
            self.instead = blurred(self.pixels, self.pixels.shape[2] / self.grid[0])

    @torch.no_grad()
    def features(self, which: torch.Tensor, kept: torch.Tensor) -> torch.Tensor:
        """Features ``(M, E)`` of pictures ``which`` (M,) that keep the patches ``kept`` (M, P).

        For ``"token"`` every row keeps the same number of patches.
        """
        if self.removed == "token":
            tokens, prefix = self.tokens[which], self.net.backbone.num_prefix_tokens
            order = kept.nonzero()[:, 1].reshape(len(kept), -1)
            index = order[..., None].expand(-1, -1, tokens.shape[2])
            left = torch.gather(tokens[:, prefix:], 1, index)
            return readout(self.net, torch.cat([tokens[:, :prefix], left], 1))[0]
        mask = kept.reshape(-1, 1, *self.grid).to(self.pixels.dtype)
        mask = F.interpolate(mask, size=self.pixels.shape[2:], mode="nearest").bool()
        return self.net.features(torch.where(mask, self.pixels[which], self.instead[which]))

    @property
    def fewest(self) -> int:
        """With how few patches an answer is defined: a mean over none is not."""
        return int(self.removed == "token" and self.net.pooling != "cls")


def blurred(pixels: torch.Tensor, deviation: float) -> torch.Tensor:
    """Gaussian blur of pictures ``(N, 3, H, W)``, edges mirrored; ``deviation`` in pixels."""
    reach = max(1, round(2 * deviation))
    reach = min(reach, min(pixels.shape[2:]) - 1)  # a mirror shows no more than the picture
    ramp = torch.arange(-reach, reach + 1, device=pixels.device, dtype=pixels.dtype)
    kernel = torch.exp(-(ramp**2) / (2 * deviation**2))
    kernel = (kernel / kernel.sum()).expand(3, 1, 1, -1)
    padded = F.pad(pixels, (reach, reach, reach, reach), mode="reflect")
    return F.conv2d(F.conv2d(padded, kernel, groups=3), kernel.transpose(2, 3), groups=3)
