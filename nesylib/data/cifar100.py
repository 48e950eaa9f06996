"""CIFAR-100, from the official archive in its *binary* version.

A record of ``train.bin`` and ``test.bin`` is 3,074 bytes: the coarse class, the fine class, and
32 x 32 pixels, first all red values, then green, then blue. Nothing is unpickled, so the files of
a stranger can do no harm.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from .choose import balanced, place_of, square
from .image_set import ImageSet
from .lazy import LazyImages

FOLDER, SIDE = "cifar-100-binary", 32
RECORD = 2 + 3 * SIDE * SIDE
VALIDATION = 0.1
_FRESH = "unpack cifar-100-binary.tar.gz (the binary version, 161 MB) again"


def load_cifar100(
    split: str = "train",
    *,
    coarse: bool = False,
    n: int | None = None,
    size: int | tuple[int, int] | None = None,
    seed: int = 0,
    root: str | Path | None = None,
) -> ImageSet:
    """One part of CIFAR-100 (Krizhevsky 2009), decoded lazily.

    ``"test"`` is the official test file. A tenth of the official training file, chosen by a hash
    of the picture's number, is ``"val"``, the rest ``"train"``.

    Parameters
    ----------
    coarse : bool
        The 20 coarse classes ("aquatic mammals") in place of the 100 fine ones ("beaver").
    root : path, optional
        The folder ``cifar-100-binary``, or the one that it stands in, or whose ``images`` folder it
        stands in; ``NESYLIB_DATA`` by default.

    Raises
    ------
    FileNotFoundError
        If a file is not there; the text says which and where to put it.
    ValueError
        If a file is truncated or damaged, or for too large an ``n`` or a senseless ``size``.
    """
    folder = _find(root)
    path = folder / ("test.bin" if split == "test" else "train.bin")
    classes = _classes(folder / f"{'coarse' if coarse else 'fine'}_label_names.txt")
    records = _records(path)
    labels = records[:, 0 if coarse else 1].astype(np.int64)
    if labels.max() >= len(classes):
        raise ValueError(f"{path}: labels leave the {len(classes)} classes; {_FRESH}")
    ids = np.array([f"{path.stem}-{i:05d}" for i in range(len(records))])
    where = np.arange(len(records))
    if split != "test":
        held_out = np.array([place_of(i) < VALIDATION for i in ids.tolist()])
        where = np.flatnonzero(held_out == (split == "val"))
    if where.size == 0:
        raise ValueError(f"{path} has no picture in the part {split!r}; {_FRESH}")
    name = "cifar100/coarse" if coarse else "cifar100"
    where = where[balanced(labels[where], n, seed, f"{name} ({split})")]

    def read(i: int) -> bytes:
        pixels = records[i, 2:].reshape(3, SIDE, SIDE).transpose(1, 2, 0)
        return b"P6 %d %d 255\n" % (SIDE, SIDE) + pixels.tobytes()  # a picture as PPM

    return ImageSet(
        images=LazyImages(read, where, square(size) or (SIDE, SIDE), lambda i: f"{ids[i]}"),
        labels=labels[where],
        classes=classes,
        ids=ids[where],
        name=name,
        split_name=split,
    )


def _find(root: str | Path | None) -> Path:
    given = root if root is not None else os.environ.get("NESYLIB_DATA")
    how = (
        f'unpack cifar-100-binary.tar.gz and name the folder that {FOLDER} stands in by root="..." '
        "or by the environment variable NESYLIB_DATA"
    )
    if not given:
        raise FileNotFoundError(f"CIFAR-100 (Krizhevsky 2009) is not part of nesylib: {how}")
    base = Path(given).expanduser()
    tried = [base, base / FOLDER, base / "images" / FOLDER]
    for folder in tried:
        if (folder / "train.bin").is_file() or (folder / "test.bin").is_file():
            return folder
    if any((folder / "train").is_file() and (folder / "meta").is_file() for folder in tried):
        how += ". What is there is the Python version, which is pickled and is not read"
    places = " or ".join(str(folder) for folder in tried)
    raise FileNotFoundError(f"CIFAR-100: no train.bin or test.bin in {places}: {how}")


def _records(path: Path) -> np.ndarray:
    """``(N, 3074)`` uint8, mapped from disk."""
    if not path.is_file():
        raise FileNotFoundError(f"no file {path}: {_FRESH}")
    length = path.stat().st_size
    if length == 0 or length % RECORD:
        raise ValueError(
            f"{path} has {length} bytes, no whole number of records of {RECORD}: it is truncated "
            f"or another file; {_FRESH}"
        )
    return np.memmap(path, np.uint8, mode="r").reshape(-1, RECORD)


def _classes(path: Path) -> tuple[str, ...]:
    if not path.is_file():
        raise FileNotFoundError(f"no file {path}: {_FRESH}")
    lines = path.read_text("utf-8", errors="replace").split()
    expected = 20 if path.name.startswith("coarse") else 100
    if len(lines) != expected or len(set(lines)) != expected:
        raise ValueError(
            f"{path} names {len(set(lines))} classes, {expected} were expected; {_FRESH}"
        )
    return tuple(lines)
