"""Real pictures in ``npz`` packs, found through ``root=`` or ``NESYLIB_DATA``.

A pack holds ``blob`` (encoded pictures back to back, uint8), ``offset`` (int64, N + 1),
``label`` (N), ``id`` (bytes, N), ``classes`` (bytes, C), sometimes ``group`` (bytes, N; a track, a
house) and, for pixel labels, ``mask_z`` (zlib) with ``mask_shape``.
"""

from __future__ import annotations

import os
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .choose import balanced, group_members, members, square
from .image_set import ImageSet
from .lazy import LazyImages, decode

_KEYS = ("blob", "offset", "label", "id", "classes")
UNLABELLED = 11
CAMVID_BLOCK = 900
VISIBLE = 0.005


@dataclass(frozen=True)
class Pack:
    """A known pack: file name and class subsets."""

    name: str
    file: str
    origin: str
    subsets: dict[str, tuple[str, ...]] = field(default_factory=dict)


PACKS = {
    p.name: p
    for p in (
        Pack(
            "places6",
            "places6_dev.npz",
            "Places365 (Zhou et al. 2018)",
            {
                "P2": ("bathroom", "bedroom"),
                "P3.1": ("bathroom", "bedroom", "kitchen"),
                "P5": ("bathroom", "bedroom", "kitchen", "dining_room", "living_room"),
            },
        ),
        Pack("gtsrb", "gtsrb_dev.npz", "GTSRB (Stallkamp et al. 2012)"),
        Pack("mit8", "mit8_dev.npz", "MIT 8 outdoor scenes (Oliva & Torralba 2001)"),
        Pack("cifar10", "cifar10_dev.npz", "CIFAR-10 (Krizhevsky 2009)"),
        Pack("houses4", "houses4_dev.npz", "House rooms (Ahmed & Moustafa 2016)"),
        Pack("camvid", "camvid_dev.npz", "CamVid (Brostow et al. 2009)"),
    )
}


def load_pack(
    name: str,
    subset: str | None,
    split: str,
    *,
    n: int | None = None,
    size: int | tuple[int, int] | None = None,
    seed: int = 0,
    root: str | Path | None = None,
) -> ImageSet:
    """One part of a pack, decoded lazily.

    The part of a picture is fixed by a hash of its id, or of its group where the pack has groups:
    70 % train, 10 % val, 20 % test. CamVid's frames are grouped by video and by blocks of
    30 seconds, since neighbouring frames are near-copies.

    Raises
    ------
    FileNotFoundError
        If the pack is not found; the text says where to put it.
    ValueError
        If the pack is truncated, damaged or lacks an entry, or a picture cannot be decoded.
    """
    pack = PACKS[name]
    path = find(pack, root)
    data = _read(path)
    ids = np.char.decode(data["id"], "utf-8")
    groups = _groups(name, data, ids)
    labels = data["label"].astype(np.int64)
    if groups is None:
        where = members(ids, split)
    else:
        where = group_members(groups, labels, split)
    classes = tuple(np.char.decode(data["classes"], "utf-8").tolist())
    if subset is not None:
        wanted = pack.subsets[subset]
        missing = [c for c in wanted if c not in classes]
        if missing:
            raise ValueError(f"{path} has no class {missing}, needed by {name}/{subset}; {_FRESH}")
        new_label = np.full(len(classes), -1)
        new_label[[classes.index(c) for c in wanted]] = np.arange(len(wanted))
        labels, classes = new_label[labels], wanted
        where = where[labels[where] >= 0]
    full_name = f"{name}/{subset}" if subset else name
    if where.size == 0:
        raise ValueError(f"{path} has no picture in the part {split!r}; {_FRESH}")
    where = where[balanced(labels[where], n, seed, f"{full_name} ({split})")]
    blob, offset = data["blob"], data["offset"]
    size = (
        square(size)
        or decode(blob[offset[0] : offset[1]].tobytes(), None, f"picture {ids[0]} of {path}").shape[
            1:
        ]
    )
    fields = {}
    if "mask_z" in data:
        fields, classes = _pixel_labels(data, classes, where, size, path), ("road_scene",)
    return ImageSet(
        images=LazyImages(
            lambda i: blob[offset[i] : offset[i + 1]].tobytes(),
            where,
            size,
            lambda i: f"picture {ids[i]} of {path}",
        ),
        labels=labels[where],
        classes=classes,
        groups=None if groups is None else groups[where],
        ids=ids[where],
        name=full_name,
        split_name=split,
        **fields,
    )


def find(pack: Pack, root: str | Path | None = None) -> Path:
    """The file of ``pack`` under ``root`` or, by default, under ``NESYLIB_DATA``."""
    given = root if root is not None else os.environ.get("NESYLIB_DATA")
    how = f'{pack.file} in a folder named by root="..." or by the environment variable NESYLIB_DATA'
    if not given:
        raise FileNotFoundError(f"{pack.name} ({pack.origin}) is not part of nesylib: put {how}")
    base = Path(given).expanduser()
    tried = [base] if base.suffix == ".npz" else [base / "images" / pack.file, base / pack.file]
    for path in tried:
        if path.is_file():
            return path
    places = " or ".join(str(p) for p in tried)
    raise FileNotFoundError(f"{pack.name} ({pack.origin}): no file {places}; put {how}")


_FRESH = "fetch or copy the pack again"


def _read(path: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            data = {key: archive[key] for key in archive.files}
    except (zipfile.BadZipFile, zlib.error, ValueError, EOFError, OSError, KeyError) as error:
        raise ValueError(f"{path} is truncated or no npz pack ({error}); {_FRESH}") from error
    except (
        AttributeError,
        TypeError,
    ) as error:  # a bare .npy file opens as an array, not as an archive
        raise ValueError(f"{path} is no npz pack; {_FRESH}") from error
    missing = [key for key in _KEYS if key not in data]
    if missing:
        raise ValueError(
            f"{path} lacks {', '.join(missing)}: a pack needs {', '.join(_KEYS)}; {_FRESH}"
        )
    offset, label, n = data["offset"], data["label"], len(data["label"])
    if n == 0:
        raise ValueError(f"{path} holds no picture; {_FRESH}")
    if offset.shape != (n + 1,) or len(data["id"]) != n:
        raise ValueError(
            f"{path}: {n} labels, {len(data['id'])} ids and {len(offset)} offsets do not fit "
            f"together (N, N and N + 1); {_FRESH}"
        )
    if offset[0] < 0 or (np.diff(offset) <= 0).any() or offset[-1] > len(data["blob"]):
        raise ValueError(
            f"{path}: offsets leave the {len(data['blob'])} bytes of pictures; {_FRESH}"
        )
    if label.min() < 0 or label.max() >= len(data["classes"]):
        raise ValueError(f"{path}: labels leave the {len(data['classes'])} classes; {_FRESH}")
    if "group" in data and len(data["group"]) != n:
        raise ValueError(f"{path}: {len(data['group'])} groups for {n} pictures; {_FRESH}")
    return data


def _groups(name: str, data: dict[str, np.ndarray], ids: np.ndarray) -> np.ndarray | None:
    if "group" in data:
        return np.char.decode(data["group"], "utf-8")
    if name == "camvid":
        return np.array([_camvid_group(i) for i in ids.tolist()])
    return None


def _camvid_group(frame: str) -> str:
    """Video and block of ``CAMVID_BLOCK`` frames (30 s) of an id like ``train/0001TP_006690``."""
    video, _, number = frame.rpartition("/")[2].rpartition("_")
    digits = "".join(c for c in number if c.isdigit()) or "0"
    return f"{video or number}-{int(digits) // CAMVID_BLOCK}"


def _pixel_labels(
    data: dict[str, np.ndarray],
    classes: tuple[str, ...],
    where: np.ndarray,
    size: tuple[int, int],
    path: Path,
) -> dict[str, object]:
    """Masks (0 = unlabelled, k + 1 = concept k) and bits: visible on 0.5 % of the pixels."""
    try:
        flat = np.frombuffer(zlib.decompress(data["mask_z"].tobytes()), np.uint8)
        stored = flat.reshape(data["mask_shape"])
    except (zlib.error, ValueError, KeyError) as error:
        raise ValueError(f"{path}: damaged masks ({error}); {_FRESH}") from error
    if len(stored) != len(data["label"]):
        raise ValueError(f"{path}: {len(stored)} masks for {len(data['label'])} pictures; {_FRESH}")
    lut = np.arange(1, 257).astype(np.uint8)
    lut[UNLABELLED:] = 0
    rows = ((np.arange(size[0]) + 0.5) * stored.shape[1] / size[0]).astype(int)
    columns = ((np.arange(size[1]) + 0.5) * stored.shape[2] / size[1]).astype(int)
    masks = lut[stored[where][:, rows[:, None], columns]]
    names = classes[:UNLABELLED]
    share = np.stack([(masks == k + 1).mean((1, 2)) for k in range(len(names))], axis=1)
    return {"masks": masks, "concepts": share >= VISIBLE, "concept_names": names}
