"""One door to every set of pictures."""

from __future__ import annotations

import difflib
from numbers import Integral, Real
from pathlib import Path
from typing import Any

from .image_set import ImageSet

SPLITS = ("train", "val", "test")


def names() -> tuple[str, ...]:
    """Every name that :func:`load` knows."""
    from .packs import PACKS
    from .scenes import CLASS_SETS

    scenes = [f"scenes/{s}" for s in CLASS_SETS]
    packs = []
    for pack in PACKS.values():
        packs += [pack.name, *(f"{pack.name}/{s}" for s in pack.subsets)]
    return (*scenes, "digits", *packs, "cifar100", "cifar100/coarse", "folder")


def load(
    name: str,
    split: str = "train",
    *,
    n: int | None = None,
    size: int | tuple[int, int] | None = None,
    seed: int = 0,
    root: str | Path | None = None,
    **options: Any,
) -> ImageSet:
    """Load one part of a set of pictures.

    Parameters
    ----------
    name : str
        ``"scenes/P2"``, ``"digits"``, ``"places6/P3.1"`` ...: see :func:`names`.
    split : {"train", "val", "test"}
        The parts never share a picture (nor a group, where a set has groups).
    n : int, optional
        How many pictures, as evenly over the classes as they allow; all of them by default
        (scenes: 4000, 1000 and 1000).
    size : int or (height, width), optional
        Side of the pictures in pixels. Scenes are drawn at any size from 32 to 512 (64 by
        default); real pictures are resized (their own size by default).
    seed : int
        Scenes: which stream of pictures. Real pictures: which ``n`` of them.
    root : path, optional
        Folder of the packs (or of its ``images`` folder, or one ``.npz`` file); the environment
        variable ``NESYLIB_DATA`` by default. For ``"cifar100"``: the official
        ``cifar-100-binary``. For ``"folder"``: the folder of class folders.
    **options
        Scenes: ``bias``, ``bias_strength``, ``bias_mode``, ``workers``. Folder: ``check``
        (True: damaged files are skipped and listed in a warning).

    Returns
    -------
    ImageSet

    Raises
    ------
    ValueError
        For a name, split, size, count or option that makes no sense; the text lists what does.
    FileNotFoundError
        For a pack or folder that is not there.
    """
    if not isinstance(name, str) or name not in names():
        raise ValueError(_unknown(str(name)))
    if split not in SPLITS:
        raise ValueError(f"unknown split {split!r}; choose one of {', '.join(SPLITS)}")
    if n is not None:
        whole = isinstance(n, Real) and not isinstance(n, bool) and n == n // 1
        if not whole or n < 1:
            raise ValueError(f"n must be a whole number of pictures, at least 1, got {n!r}")
        n = int(n)
    if isinstance(seed, bool) or not isinstance(seed, Integral) or seed < 0:
        raise ValueError(f"seed must be a whole number, 0 or more, got {seed!r}")
    family, _, rest = name.partition("/")
    if family == "scenes":
        from .scenes import draw_set

        return draw_set(rest, split, n=n, size=size, seed=seed, **options)
    if family == "folder" and options.keys() <= {"check"}:
        from .folder import load_folder

        return load_folder(split, n=n, size=size, seed=seed, root=root, **options)
    if options:
        raise ValueError(f"{name} takes no option {sorted(options)}; they are for scenes/...")
    if family == "digits":
        from .digits import load_digits

        return load_digits(split, n=n, size=size, seed=seed)
    if family == "cifar100":
        from .cifar100 import load_cifar100

        return load_cifar100(split, coarse=bool(rest), n=n, size=size, seed=seed, root=root)
    from .packs import load_pack

    return load_pack(family, rest or None, split, n=n, size=size, seed=seed, root=root)


def _unknown(name: str) -> str:
    known = names()
    folded = {k.lower(): k for k in known}
    near = difflib.get_close_matches(name.lower(), folded, n=1, cutoff=0.4)
    hint = f"; did you mean {folded[near[0]]!r}?" if near else ""
    return f"unknown data set {name!r}{hint} Known names: {', '.join(known)}"
