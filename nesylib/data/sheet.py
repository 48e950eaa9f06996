"""Many small pictures side by side."""

from __future__ import annotations

import numpy as np

from .image_set import ImageSet


def contact_sheet(
    images: ImageSet,
    *,
    per_class: int = 8,
    gap: int = 2,
    background: tuple[int, int, int] = (255, 255, 255),
    by_class: bool = True,
    columns: int | None = None,
) -> np.ndarray:
    """Lay pictures out in a grid.

    Parameters
    ----------
    images : ImageSet
    per_class : int
        How many pictures of each class, the first ones of the set.
    gap : int
        Pixels between pictures.
    background : (red, green, blue)
        Colour of the gaps and of empty places.
    by_class : bool
        One row per class; otherwise the first ``per_class * number of classes`` pictures in the
        order of the set.
    columns : int, optional
        Width of the grid in pictures; ``per_class`` by default.

    Returns
    -------
    (H, W, 3) uint8
    """
    if per_class < 1 or gap < 0 or (columns is not None and columns < 1):
        raise ValueError("per_class and columns must be at least 1 and gap at least 0")
    columns = columns or per_class
    rows: list[np.ndarray] = []
    if by_class:
        for c in range(len(images.classes)):
            of_class = np.flatnonzero(images.labels == c)[:per_class]
            rows += [of_class[a : a + columns] for a in range(0, len(of_class), columns)]
    else:
        first = np.arange(min(len(images), per_class * len(images.classes)))
        rows = [first[a : a + columns] for a in range(0, len(first), columns)]
    _, _, h, w = images.images.shape
    shape = (len(rows) * (h + gap) + gap, columns * (w + gap) + gap, 3)
    sheet = np.empty(shape, np.uint8)
    sheet[:] = background
    for r, row in enumerate(rows):
        pictures = np.asarray(images.images[row])
        for k, picture in enumerate(pictures):
            top, left = gap + r * (h + gap), gap + k * (w + gap)
            sheet[top : top + h, left : left + w] = picture.transpose(1, 2, 0)
    return sheet
