"""A user's own pictures: one sub-folder per class."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np

from .choose import balanced, members, square
from .image_set import ImageSet
from .lazy import LazyImages, damaged

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff")
_PARTS = ("train", "val", "test")


def load_folder(
    split: str = "train",
    *,
    n: int | None = None,
    size: int | tuple[int, int] | None = None,
    seed: int = 0,
    root: str | Path | None = None,
    check: bool = True,
) -> ImageSet:
    """Pictures of ``root/<class>/*``, resized to ``size`` (224 by default).

    If ``root`` holds folders called train, val or test, these are the splits and hold the class
    folders; otherwise a hash of ``<class>/<file>`` cuts 70 % train, 10 % val, 20 % test.

    Damaged files are skipped, and a warning lists them. For that every file of the split is read
    once, some milliseconds each; with ``check=False`` none is, and a damaged one raises a
    ValueError when it is asked for.

    Raises
    ------
    FileNotFoundError
        If ``root`` is not given or not there, or has no class folder with pictures.
    ValueError
        If the split is empty, or all its files are damaged.
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
    if check:
        where = _whole([f for _, f in files], ids, where)
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


def _whole(paths: list[Path], ids: np.ndarray, where: np.ndarray) -> np.ndarray:
    """``where`` without damaged files; a warning lists them."""
    bad = damaged([paths[i] for i in where])
    if not bad:
        return where
    listed = "".join(f"\n  {ids[where[k]]}: {said}" for k, said in bad.items())
    if len(bad) == len(where):
        raise ValueError(f"all {len(bad)} pictures are damaged: copy them again{listed[:2000]}")
    warnings.warn(
        f"{len(bad)} of {len(where)} pictures are damaged and were skipped; copy them again or "
        f"delete them:{listed}",
        stacklevel=4,
    )
    return np.delete(where, list(bad))


def _is_litter(path: Path) -> bool:
    """What systems and notebooks leave among pictures: copies, thumbnails, resource forks."""
    return any(part.startswith(".") or part == "__MACOSX" for part in path.parts)
