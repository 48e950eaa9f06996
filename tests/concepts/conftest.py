"""Small data sets and networks that train in about a second."""

from types import SimpleNamespace

import numpy as np
import pytest

from nesylib.concepts import ConceptViT


class Pictures(SimpleNamespace):
    def __len__(self):
        return len(self.labels)


@pytest.fixture
def stripes():
    """Two classes of 16 px pictures: horizontal and vertical stripes of random phase."""
    rng = np.random.default_rng(0)
    labels = np.arange(64) % 2
    phase = rng.integers(0, 4, 64)
    ramp = (np.arange(16)[None] + phase[:, None]) % 4 < 2
    horizontal = np.repeat(ramp[:, :, None], 16, 2)
    image = np.where((labels == 0)[:, None, None], horizontal, horizontal.transpose(0, 2, 1))
    images = np.repeat((image * 200 + rng.integers(0, 55, image.shape))[:, None], 3, 1)
    return Pictures(images=images.astype(np.uint8), labels=labels)


@pytest.fixture
def make_net():
    def make(**options):
        settings = dict(img_size=16, patch_size=4, embed_dim=32, depth=2, num_heads=2, n_concepts=8)
        return ConceptViT("nesy_tiny", **(settings | options))

    return make
