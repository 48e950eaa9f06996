"""Patches embedded by a few small convolutions instead of one large one.

A transformer that starts at random on a few thousand pictures learns edges and corners very slowly
through one linear map of whole patches. A stack of 3 x 3 convolutions with stride 2 gives the same
grid of tokens (each now sees a little beyond its patch) and learns many times faster
(Xiao et al. 2021, "Early convolutions help transformers see better").
"""

from __future__ import annotations

from itertools import pairwise

from timm.layers import PatchEmbed
from torch import nn


class ConvStemEmbed(PatchEmbed):
    """timm's ``PatchEmbed`` with a convolutional stem; the patch size must be a power of two.

    Shape: ``(N, 3, H, W)`` to ``(N, H/P * W/P, embed_dim)``.
    """

    def __init__(self, img_size, patch_size, in_chans: int, embed_dim: int, **options):
        super().__init__(img_size, patch_size, in_chans, embed_dim, **options)
        halvings = self.patch_size[0].bit_length() - 1
        if 2**halvings != self.patch_size[0] or halvings < 1:
            raise ValueError(f"a convolutional stem needs patch_size 2, 4, 8 ..., got {patch_size}")
        widths = [in_chans] + [embed_dim >> k for k in reversed(range(halvings))]
        layers: list[nn.Module] = []
        for narrow, wide in pairwise(widths):
            layers += [nn.Conv2d(narrow, wide, 3, stride=2, padding=1, bias=False)]
            layers += [nn.BatchNorm2d(wide), nn.GELU()]
        self.proj = nn.Sequential(*layers, nn.Conv2d(embed_dim, embed_dim, 1))
