"""A small data set and a network that trains in about a second, also for other processes."""

import numpy as np

from nesylib.concepts import ConceptViT
from nesylib.data import ImageSet


def striped(n, seed):
    """Two classes of 16 px pictures: horizontal and vertical stripes of random phase."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 2
    ramp = (np.arange(16)[None] + rng.integers(0, 4, n)[:, None]) % 4 < 2
    across = np.repeat(ramp[:, :, None], 16, 2)
    image = np.where((labels == 0)[:, None, None], across, across.transpose(0, 2, 1))
    images = np.repeat((image * 200 + rng.integers(0, 55, image.shape))[:, None], 3, 1)
    return ImageSet(images.astype(np.uint8), labels, ("across", "down"))


def small_net(seed=1):
    options = dict(img_size=16, patch_size=4, embed_dim=32, depth=2, num_heads=2)
    return ConceptViT("nesy_tiny", 8, seed=seed, **options)
