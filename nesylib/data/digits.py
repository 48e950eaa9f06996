"""scikit-learn's handwritten digits: real pictures that every installation already holds."""

from __future__ import annotations

import numpy as np

from .choose import balanced, square
from .image_set import ImageSet

TEST_SHARE = 0.25


def load_digits(
    split: str = "train",
    *,
    n: int | None = None,
    size: int | tuple[int, int] | None = None,
    seed: int = 0,
) -> ImageSet:
    """The 1,797 digits of 8 x 8 grey pixels (Alpaydin & Kaynak 1998), as three equal channels.

    A fixed, stratified three quarters are ``"train"``, the rest is ``"test"``. Grey values
    0..16 become 0..255; ``size`` resizes with bicubic interpolation.

    Raises
    ------
    ValueError
        For a split other than train and test, too large an ``n`` or a senseless ``size``.
    """
    from sklearn.datasets import load_digits as sklearn_digits

    if split not in ("train", "test"):
        raise ValueError(
            f"digits has the splits train and test, not {split!r}; "
            'cut a validation part with load("digits").split(test=0.2)'
        )
    bunch = sklearn_digits()
    labels = bunch.target.astype(np.int64)
    grey = np.round(bunch.images * (255 / 16)).astype(np.uint8)
    where = np.flatnonzero(_in_test(labels) == (split == "test"))
    where = where[balanced(labels[where], n, seed, f"digits ({split})")]
    grey = _resize(grey[where], square(size))
    return ImageSet(
        images=np.repeat(grey[:, None], 3, axis=1),
        labels=labels[where],
        classes=tuple(str(d) for d in range(10)),
        ids=np.array([f"digit-{i:04d}" for i in where]),
        name="digits",
        split_name=split,
    )


def _in_test(labels: np.ndarray) -> np.ndarray:
    rng = np.random.default_rng(1797)
    in_test = np.zeros(len(labels), bool)
    for digit in range(10):
        members = rng.permutation(np.flatnonzero(labels == digit))
        in_test[members[: round(TEST_SHARE * len(members))]] = True
    return in_test


def _resize(grey: np.ndarray, size: tuple[int, int] | None) -> np.ndarray:
    if size is None or size == grey.shape[1:]:
        return grey
    from PIL import Image

    box = (size[1], size[0])
    return np.stack([np.asarray(Image.fromarray(g).resize(box, Image.BICUBIC)) for g in grey])
