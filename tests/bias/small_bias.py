"""Small tables and pictures with a cue that is known."""

import numpy as np

from nesylib.concepts import ConceptViT
from nesylib.data import ImageSet


def table(n=600, seed=0, strength=0.95):
    """Bits (N, 6), labels, cue: 0 the object, 1 noise, 2 the cue, 3 the object with some errors,
    4 never on, 5 the opposite of the cue."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 2
    cue = np.where(rng.random(n) < strength, y, 1 - y)
    object_bit = (y == 1) ^ (rng.random(n) < 0.12)
    worse = (y == 1) ^ (rng.random(n) < 0.2)
    columns = [object_bit, rng.random(n) < 0.5, cue == 1, worse, np.zeros(n, bool), cue == 0]
    return np.stack(columns, 1), np.array(["bath", "bed"])[y], cue


def striped(n, seed, strength=0.95, mode="aligned"):
    """Two classes by the direction of stripes, in a tint that goes along with the class."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 2
    ramp = (np.arange(16)[None] + rng.integers(0, 4, n)[:, None]) % 4 < 2
    across = np.repeat(ramp[:, :, None], 16, 2)
    image = np.where((labels == 0)[:, None, None], across, across.transpose(0, 2, 1))
    grey = image * 90 + rng.integers(0, 55, image.shape)
    own = rng.random(n) < strength
    cue = np.where(own == (mode == "aligned"), labels, 1 - labels)
    images = np.stack([grey + 90 * (cue == 1)[:, None, None], grey, grey], 1)
    ids = np.array([f"{seed}/{i}" for i in range(n)])
    return ImageSet(images.astype(np.uint8), labels, ("across", "down"), ids=ids, cue=cue)


def small_net(seed=1):
    options = dict(img_size=16, patch_size=4, embed_dim=32, depth=2, num_heads=2)
    return ConceptViT("nesy_tiny", 8, "mean", seed=seed, **options)
