"""One type for every labelled set of pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

_PER_PICTURE = ("labels", "concepts", "masks", "groups", "ids", "cue")


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Pictures with labels and whatever else is known about them.

    Parameters
    ----------
    images : (N, 3, H, W) uint8
        A numpy array, or an object with ``shape``, ``dtype``, ``__len__`` and
        ``__getitem__(int | slice | int array)`` that decodes pictures when they are asked for.
    labels : (N,) int64
        Index into ``classes``.
    classes : tuple of str
        Class names.
    concepts : (N, K) bool, optional
        Which of the named concepts is visible in which picture.
    concept_names : tuple of str, optional
        Names of the K concepts.
    masks : (N, H, W) uint8, optional
        0 is background, ``k + 1`` is concept ``k``.
    groups : (N,) array, optional
        Pictures of one group (frames of one track, rooms of one house) never part in a split.
    ids : (N,) array, optional
        A stable name of each picture.
    rules : str, optional
        The true rules of the classes as the text of a logic program.
    cue : (N,) bool, optional
        Which pictures carry a planted spurious cue.
    name, split_name : str
        Where the set comes from.

    Raises
    ------
    ValueError
        If counts, shapes, types or labels don't fit together, if float pictures are given
        (NaN or not), or if the set is empty.
    """

    images: Any
    labels: np.ndarray
    classes: tuple[str, ...]
    concepts: np.ndarray | None = None
    concept_names: tuple[str, ...] | None = None
    masks: np.ndarray | None = None
    groups: np.ndarray | None = None
    ids: np.ndarray | None = None
    rules: str | None = None
    cue: np.ndarray | None = None
    name: str = ""
    split_name: str = ""

    def __post_init__(self) -> None:
        if isinstance(self.images, (list, tuple)):
            object.__setattr__(self, "images", np.asarray(self.images))
        _check_images(self.images)
        n = len(self.images)
        labels = _check_labels(self.labels, n, self.classes)
        object.__setattr__(self, "labels", labels)
        object.__setattr__(self, "classes", tuple(str(c) for c in self.classes))
        if len(set(self.classes)) != len(self.classes):
            raise ValueError(f"class names must differ from each other, got {list(self.classes)}")
        for field in _PER_PICTURE[1:]:
            value = getattr(self, field)
            if value is None:
                continue
            value = np.asarray(value)
            if len(value) != n:
                raise ValueError(
                    f"{field} has {len(value)} rows but there are {n} pictures; "
                    "give one row per picture, in the same order"
                )
            object.__setattr__(self, field, value)
        self._check_concepts()

    def _check_concepts(self) -> None:
        if (self.concepts is None) != (self.concept_names is None):
            raise ValueError("give concepts and concept_names together, or neither")
        if self.concepts is not None:
            names = tuple(str(c) for c in self.concept_names)
            object.__setattr__(self, "concept_names", names)
            if self.concepts.ndim != 2 or self.concepts.shape[1] != len(names):
                raise ValueError(
                    f"concepts must have shape (N, {len(names)}), one column per concept name, "
                    f"got {self.concepts.shape}"
                )
            bits = self.concepts.astype(bool)
            if not np.array_equal(bits, self.concepts):
                raise ValueError("concepts must hold only 0 and 1 (or False and True)")
            object.__setattr__(self, "concepts", bits)
        if self.masks is not None:
            wanted = (len(self.images), *self.images.shape[2:])
            if self.masks.shape != wanted or self.masks.dtype != np.uint8:
                raise ValueError(
                    f"masks must be uint8 of shape {wanted}, "
                    f"got {self.masks.dtype} of shape {self.masks.shape}"
                )

    def __len__(self) -> int:
        return len(self.images)

    def __repr__(self) -> str:
        n, _, h, w = self.images.shape
        extras = [f for f in ("concepts", "masks", "groups", "cue") if getattr(self, f) is not None]
        tail = f", with {', '.join(extras)}" if extras else ""
        where = "/".join(part for part in (self.name, self.split_name) if part) or "unnamed"
        return f"ImageSet({where}: {n} pictures {h}x{w}, {len(self.classes)} classes{tail})"

    def label_names(self) -> np.ndarray:
        """Class name of every picture, (N,) array of str."""
        return np.asarray(self.classes)[self.labels]

    def take(self, indices: Any) -> ImageSet:
        """The pictures at ``indices`` (int array, bool array or slice), in that order."""
        where = _as_indices(indices, len(self))
        images = self.images
        images = images.take(where) if hasattr(images, "is_lazy") else images[where]
        rows = {f: getattr(self, f) for f in _PER_PICTURE}
        return replace(
            self, images=images, **{f: v if v is None else v[where] for f, v in rows.items()}
        )

    def select(self, classes: Sequence[str]) -> ImageSet:
        """Only the pictures of ``classes``, labelled by their place in ``classes``."""
        wanted = [classes] if isinstance(classes, str) else list(classes)
        unknown = [c for c in wanted if c not in self.classes]
        if unknown or not wanted:
            raise ValueError(f"unknown classes {unknown}; this set has {list(self.classes)}")
        new_label = np.full(len(self.classes), -1)
        new_label[[self.classes.index(c) for c in wanted]] = np.arange(len(wanted))
        labels = new_label[self.labels]
        keep = np.flatnonzero(labels >= 0)
        if keep.size == 0:
            raise ValueError(f"no picture has one of the classes {wanted}")
        part = self.take(keep)
        return replace(part, labels=labels[keep], classes=tuple(wanted))

    def split(self, test: float = 0.2, seed: int = 0) -> tuple[ImageSet, ImageSet]:
        """Cut in two, each class in proportion, no group in both parts.

        Parameters
        ----------
        test : float
            Share of the second part, strictly between 0 and 1.
        seed : int
            The same seed gives the same parts.

        Returns
        -------
        (train, test) : two ImageSets

        Raises
        ------
        ValueError
            If ``test`` is no such share or if there are too few pictures or groups to cut.
        """
        if not 0 < test < 1:
            raise ValueError(f"test must lie strictly between 0 and 1, got {test}")
        if self.groups is None:
            in_test = _stratified(self.labels, len(self.classes), test, seed)
        else:
            in_test = _by_group(self.labels, self.groups, len(self.classes), test, seed)
        if in_test.all() or not in_test.any():
            raise ValueError(
                f"{len(self)} pictures cannot be cut with test={test}: a part would be empty; "
                "give more pictures (or groups), or another share"
            )
        return self.take(np.flatnonzero(~in_test)), self.take(np.flatnonzero(in_test))

    def in_memory(self) -> ImageSet:
        """The same set with every picture decoded into one array."""
        return replace(self, images=np.asarray(self.images[:]))


def concatenate(*sets: ImageSet) -> ImageSet:
    """Join sets of equal classes, concepts and picture size; what one lacks, the whole lacks."""
    if not sets:
        raise ValueError("give at least one ImageSet")
    first = sets[0]
    for other in sets[1:]:
        for what in ("classes", "concept_names"):
            if getattr(other, what) != getattr(first, what):
                raise ValueError(
                    f"sets differ in {what}: {getattr(first, what)} and {getattr(other, what)}"
                )
        if other.images.shape[1:] != first.images.shape[1:]:
            raise ValueError(
                f"picture sizes differ: {first.images.shape[2:]} and {other.images.shape[2:]}; "
                "load all sets with the same size="
            )
    joined = {}
    for field in _PER_PICTURE:
        parts = [getattr(s, field) for s in sets]
        joined[field] = None if any(p is None for p in parts) else np.concatenate(parts)
    images = np.concatenate([np.asarray(s.images[:]) for s in sets])
    return replace(first, images=images, **joined)


def _check_images(images: Any) -> None:
    shape = getattr(images, "shape", None)
    dtype = getattr(images, "dtype", None)
    if shape is None or dtype is None:
        raise ValueError(f"images must be an array (N, 3, H, W) of uint8, got {type(images)}")
    if type(images).__module__ == "torch":
        raise ValueError("images must be a numpy array, got a tensor: convert with .cpu().numpy()")
    if len(shape) and shape[0] == 0:
        raise ValueError("the set is empty: give at least one picture")
    if np.issubdtype(dtype, np.floating):
        if np.isnan(np.asarray(images)).any():
            raise ValueError("images contain NaN; pictures are uint8, 0..255, with no gaps")
        raise ValueError(
            f"images are {dtype}; scale them to 0..255 and convert with .astype(np.uint8)"
        )
    if dtype != np.uint8:
        raise ValueError(f"images must be uint8, got {dtype}; values 0..255 fit .astype(np.uint8)")
    if len(shape) != 4 or shape[1] != 3:
        hint = "; move the channels with images.transpose(0, 3, 1, 2)" if shape[-1] == 3 else ""
        raise ValueError(f"images must have shape (N, 3, H, W), got {tuple(shape)}{hint}")
    if min(shape[2:]) < 1:
        raise ValueError(f"images have no pixels: shape {tuple(shape)}")


def _check_labels(labels: Any, n: int, classes: Sequence[str]) -> np.ndarray:
    labels = np.asarray(labels)
    if labels.ndim != 1 or len(labels) != n:
        raise ValueError(
            f"{n} pictures but labels of shape {labels.shape}; give one label per picture"
        )
    if labels.dtype == bool or not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(f"labels must be integers that index classes, got {labels.dtype}")
    if labels.min() < 0 or labels.max() >= len(classes):
        raise ValueError(
            f"labels run from {labels.min()} to {labels.max()} but there are {len(classes)} "
            f"classes: labels must lie in 0..{len(classes) - 1}"
        )
    return labels.astype(np.int64)


def _as_indices(indices: Any, n: int) -> np.ndarray:
    if isinstance(indices, slice):
        return np.arange(n)[indices]
    where = np.atleast_1d(np.asarray(indices))
    if where.dtype == bool:
        if where.shape != (n,):
            raise ValueError(f"a bool index needs {n} entries, got {where.shape}")
        return np.flatnonzero(where)
    if where.size and not np.issubdtype(where.dtype, np.integer):
        raise ValueError(f"indices must be integers, got {where.dtype}")
    where = where.astype(np.int64)
    if where.size and (where.min() < -n or where.max() >= n):
        raise IndexError(f"index out of range: the set has {n} pictures")
    return where % n


def _stratified(labels: np.ndarray, n_classes: int, test: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    in_test = np.zeros(len(labels), bool)
    for c in range(n_classes):
        members = rng.permutation(np.flatnonzero(labels == c))
        if len(members) > 1:
            count = min(max(round(test * len(members)), 1), len(members) - 1)
            in_test[members[:count]] = True
    return in_test


def _by_group(
    labels: np.ndarray, groups: np.ndarray, n_classes: int, test: float, seed: int
) -> np.ndarray:
    """Groups in random order join the test part while that brings the class counts nearer."""
    _, group = np.unique(groups, return_inverse=True)
    counts = np.zeros((group.max() + 1, n_classes))
    np.add.at(counts, (group, labels), 1)
    target = test * counts.sum(0)
    have = np.zeros(n_classes)
    chosen = np.zeros(len(counts), bool)
    for g in np.random.default_rng(seed).permutation(len(counts)):
        with_it = np.abs(target - have - counts[g]).sum()
        if with_it < np.abs(target - have).sum() or not chosen.any():
            chosen[g] = True
            have += counts[g]
    return chosen[group]
