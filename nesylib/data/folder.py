"""A user's own pictures: one sub-folder per class."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from .choose import balanced, members, square
from .image_set import ImageSet
from .lazy import LazyImages

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff")
_PARTS = ("train", "val", "test")


def load_folder(
    split: str = "train",
    *,
    n: int | None = None,
    size: int | tuple[int, int] | None = None,
    seed: int = 0,
    root: str | Path | None = None,
) -> ImageSet:
    """Pictures of ``root/<class>/*``, resized to ``size`` (224 by default).

    If ``root`` holds folders called train, val or test, these are the splits and hold the class
    folders; otherwise a hash of ``<class>/<file>`` cuts 70 % train, 10 % val, 20 % test.

    Raises
    ------
    FileNotFoundError
        If ``root`` is not given or not there, or has no class folder with pictures.
    ValueError
        If a picture cannot be decoded (when it is asked for), or the split is empty.
    """
    if root is None:
        raise FileNotFoundError('say where your pictures are: load("folder", root="my/pictures")')
    base = Path(root).expanduser()
    if not base.is_dir():
        raise FileNotFoundError(f"no folder {base}; root= must hold one sub-folder per class")
    has_parts = any((base / part).is_dir() for part in _PARTS)
    if has_parts:
        base = base / split
        if not base.is_dir():
            there = [p for p in _PARTS if (Path(root).expanduser() / p).is_dir()]
            raise FileNotFoundError(f"no folder {base}; this root has the splits {there}")
    classes, files = [], []
    # by name as text: Windows would sort paths without regard to case, and so label otherwise
    for sub in sorted((p for p in base.iterdir() if p.is_dir()), key=lambda p: p.name):
        found = (f for f in sub.rglob("*") if f.suffix.lower() in SUFFIXES and f.is_file())
        found = sorted(
            (f for f in found if not _is_litter(f.relative_to(base))), key=lambda p: p.as_posix()
        )
        if found:
            files += [(len(classes), f) for f in found]
            classes.append(sub.name)
    if not files:
        raise FileNotFoundError(
            f"no pictures under {base}; expected <class>/<picture> with one of {SUFFIXES}"
        )
    labels = np.array([c for c, _ in files], np.int64)
    ids = np.array([f.relative_to(base).as_posix() for _, f in files])
    where = np.arange(len(files)) if has_parts else members(ids, split)
    if where.size == 0:
        raise ValueError(
            f"no picture of {base} falls into {split!r}: there are only {len(files)} pictures; "
            "add more, or sort them into folders train, val and test yourself"
        )
    where = where[balanced(labels[where], n, seed, f"folder {base} ({split})")]
    paths = [f for _, f in files]
    return ImageSet(
        images=LazyImages(paths.__getitem__, where, square(size) or (224, 224), lambda i: ids[i]),
        labels=labels[where],
        classes=tuple(classes),
        ids=ids[where],
        name=Path(root).name,
        split_name=split,
    )


def _is_litter(path: Path) -> bool:
    """What systems and notebooks leave among pictures: copies, thumbnails, resource forks."""
    return any(part.startswith(".") or part == "__MACOSX" for part in path.parts)
