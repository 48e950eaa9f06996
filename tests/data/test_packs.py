"""npz packs and folders: written by the test, damaged by the test, and the real ones if there."""

import io
import zlib

import numpy as np
import pytest
from PIL import Image

from nesylib.data import load
from nesylib.data.choose import part_of
from nesylib.data.packs import PACKS

NAMES = ["bathroom", "bedroom", "dining_room", "entrance_hall", "kitchen", "living_room"]


def encoded(value, size=(24, 24)):
    buffer = io.BytesIO()
    Image.new("RGB", size, (value % 256, 40, 90)).save(buffer, "PNG")
    return buffer.getvalue()


def pack(n=180, groups=None, **changes):
    pictures = [encoded(i) for i in range(n)]
    data = {
        "blob": np.frombuffer(b"".join(pictures), np.uint8),
        "offset": np.cumsum([0, *map(len, pictures)]).astype(np.int64),
        "label": (np.arange(n) % 6).astype(np.int16),
        "id": np.array([f"train/x/{i:05d}" for i in range(n)], "S"),
        "classes": np.array(NAMES, "S"),
    }
    if groups is not None:
        data["group"] = np.array(groups, "S")
    data.update(changes)
    return {k: v for k, v in data.items() if v is not None}


@pytest.fixture
def root(tmp_path):
    (tmp_path / "images").mkdir()
    np.savez(tmp_path / "images" / "places6_dev.npz", **pack())
    return tmp_path


def test_a_pack_is_found_in_three_ways(root, monkeypatch):
    whole = load("places6", root=root)
    assert whole.classes == tuple(NAMES) and whole.images.shape[1:] == (3, 24, 24)
    for place in (root / "images", root / "images" / "places6_dev.npz"):
        assert np.array_equal(load("places6", root=place).ids, whole.ids)
    monkeypatch.setenv("NESYLIB_DATA", str(root))
    assert np.array_equal(load("places6").ids, whole.ids)
    monkeypatch.delenv("NESYLIB_DATA")
    with pytest.raises(FileNotFoundError, match=r"places6_dev\.npz.*NESYLIB_DATA"):
        load("places6")
    with pytest.raises(FileNotFoundError, match=r"gtsrb_dev\.npz"):
        load("gtsrb", root=root)


def test_pictures_are_decoded_when_asked_for(root):
    ds = load("places6", root=root, size=(10, 12))
    assert ds.images.shape == (len(ds), 3, 10, 12) and ds.images.dtype == np.uint8
    number = [int(i[-5:]) for i in ds.ids]
    assert ds.images[3].shape == (3, 10, 12)
    assert np.array_equal(ds.images[3][0], np.full((10, 12), number[3]))
    several = ds.images[[5, 0, 2]]
    assert several[:, 0, 0, 0].tolist() == [number[5], number[0], number[2]]
    everything = np.asarray(ds.images)
    assert everything[:, 0, 0, 0].tolist() == number
    assert np.array_equal(everything[2:9], ds.images[2:9])
    part = ds.take(np.arange(len(ds)) % 2 == 1)
    assert not isinstance(part.images, np.ndarray)
    assert np.array_equal(np.asarray(part.images), everything[1::2])
    assert np.array_equal(ds.in_memory().images, everything)
    assert [n % 6 for n in number] == ds.labels.tolist()


def test_parts_follow_the_hash_of_the_name(root):
    parts = {split: load("places6", split, root=root) for split in ("train", "val", "test")}
    assert sum(map(len, parts.values())) == 180
    for split, ds in parts.items():
        assert all(part_of(i) == split for i in ds.ids)
    assert abs(len(parts["train"]) / 180 - 0.7) < 0.12
    shares = [part_of(f"picture {i}") for i in range(4000)]
    assert abs(shares.count("val") / 4000 - 0.1) < 0.02
    assert abs(shares.count("test") / 4000 - 0.2) < 0.02


def test_groups_stay_together(tmp_path):
    groups = [f"g{i // 6}" for i in range(180)]
    np.savez(tmp_path / "houses4_dev.npz", **pack(groups=groups))
    parts = [load("houses4", s, root=tmp_path) for s in ("train", "val", "test")]
    assert not set(parts[0].groups) & set(parts[2].groups)
    assert sum(map(len, parts)) == 180
    one, two = parts[0].split(0.3)
    assert not set(one.groups) & set(two.groups)


def test_class_subsets_and_n(root):
    p3 = load("places6/P3.1", root=root)
    assert p3.classes == ("bathroom", "bedroom", "kitchen")
    source = {0: 0, 1: 1, 2: 4}
    assert all(
        int(i[-5:]) % 6 == source[k] for i, k in zip(p3.ids, p3.labels.tolist(), strict=True)
    )
    few = load("places6/P3.1", root=root, n=12)
    assert np.bincount(few.labels).tolist() == [4, 4, 4]
    assert np.array_equal(load("places6/P3.1", root=root, n=5).ids, few.ids[:5])
    assert not np.array_equal(load("places6/P3.1", root=root, n=12, seed=1).ids, few.ids)
    with pytest.raises(ValueError, match="were asked for"):
        load("places6/P3.1", root=root, n=10_000)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"blob": None}, "lacks blob"),
        ({"id": None, "label": None}, "lacks label, id"),
        ({"offset": np.arange(50)}, "do not fit together"),
        ({"offset": np.arange(181) * 10_000}, "offsets leave"),
        ({"offset": np.zeros(181, np.int64)}, "offsets leave"),
        ({"label": np.full(180, 9, np.int16)}, "labels leave the 6 classes"),
        ({"group": np.array(["a"], "S")}, "1 groups for 180"),
        ({"classes": np.array(["bathroom"] * 6, object)}, "fetch or copy the pack again"),
    ],
)
def test_damaged_packs_are_named(tmp_path, changes, says):
    np.savez(tmp_path / "places6_dev.npz", **pack(**changes))
    with pytest.raises(ValueError, match=says):
        load("places6", root=tmp_path)


@pytest.mark.parametrize("keep", [0.97, 0.5, 0.02, 0.0])
def test_truncated_packs_are_named(root, keep):
    path = root / "images" / "places6_dev.npz"
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * keep)])
    with pytest.raises(ValueError, match=r"places6_dev\.npz is .*fetch or copy the pack again"):
        load("places6", root=root)


def test_flipped_bytes_and_bare_arrays_are_named(root):
    path = root / "images" / "places6_dev.npz"
    raw = bytearray(path.read_bytes())
    raw[400:420] = bytes(20)
    path.write_bytes(raw)
    with pytest.raises(ValueError, match="fetch or copy the pack again"):
        load("places6", root=root)
    with path.open("wb") as file:
        np.save(file, np.arange(5))
    with pytest.raises(ValueError, match="no npz pack"):
        load("places6", root=root)


def test_a_picture_that_cannot_be_decoded_is_named(tmp_path):
    good = pack()
    blob = good["blob"].copy()
    a, b = good["offset"][7:9]
    blob[a:b] = 0
    np.savez(tmp_path / "places6_dev.npz", **{**good, "blob": blob})
    parts = [load("places6", s, root=tmp_path) for s in ("train", "val", "test")]
    (ds,) = [p for p in parts if "train/x/00007" in p.ids]
    row = ds.ids.tolist().index("train/x/00007")
    with pytest.raises(ValueError, match=r"cannot decode picture train/x/00007 of .*damaged"):
        ds.images[row]
    with pytest.raises(ValueError, match="00007"):
        np.asarray(ds.images)
    assert ds.images[(row + 1) % len(ds)].shape == (3, 24, 24)


def test_pixel_labels_become_masks_and_bits(tmp_path):
    n = 60
    masks = np.full((n, 6, 8), 11, np.uint8)
    masks[:, :3] = 0
    masks[::2, 5, :4] = 3
    names = [f"c{k}" for k in range(11)] + ["unlabelled"]
    np.savez(
        tmp_path / "camvid_dev.npz",
        **pack(
            n,
            id=np.array([f"train/A_{900 * i:06d}" for i in range(n)], "S"),
            label=np.zeros(n, np.int16),
            classes=np.array(names, "S"),
            mask_z=np.frombuffer(zlib.compress(masks.tobytes()), np.uint8),
            mask_shape=np.array(masks.shape),
        ),
    )
    ds = load("camvid", root=tmp_path, size=(12, 16))
    assert ds.concept_names == tuple(names[:11]) and ds.masks.shape == (len(ds), 12, 16)
    frames = np.array([int(i[-6:]) // 900 for i in ds.ids])
    assert (ds.masks[:, :6] == 1).all() and (ds.masks[:, 6:10] == 0).all()
    assert np.array_equal(ds.masks[:, 11, 0] == 4, frames % 2 == 0)
    assert np.array_equal(ds.concepts[:, 3], frames % 2 == 0) and ds.concepts[:, 0].all()
    bad = pack(n, mask_z=np.zeros(9, np.uint8), mask_shape=np.array(masks.shape))
    np.savez(tmp_path / "camvid_dev.npz", **bad)
    with pytest.raises(ValueError, match="damaged masks"):
        load("camvid", root=tmp_path)


def write_folder(base, per_class=20):
    for c, name in enumerate(("cat", "dog")):
        (base / name).mkdir(parents=True)
        for i in range(per_class):
            (base / name / f"{i}.png").write_bytes(encoded(100 * c + i))


def test_own_folder(tmp_path):
    write_folder(tmp_path / "pets")
    parts = [load("folder", s, root=tmp_path / "pets", size=16) for s in ("train", "val", "test")]
    assert sum(map(len, parts)) == 40 and parts[0].classes == ("cat", "dog")
    ds = parts[0]
    for k in range(len(ds)):
        name, number = ds.ids[k].split("/")
        assert ds.images[k][0, 0, 0] == 100 * (name == "dog") + int(number[:-4])
        assert ds.classes[ds.labels[k]] == name
    (tmp_path / "pets" / "cat" / "0.png").write_bytes(b"no picture")
    unchecked = [
        load("folder", s, root=tmp_path / "pets", check=False) for s in ("train", "val", "test")
    ]
    with pytest.raises(ValueError, match=r"cannot decode cat/0\.png"):
        for part in unchecked:
            np.asarray(part.images)


def test_damaged_files_of_a_folder_are_skipped_and_listed(tmp_path):
    rng = np.random.default_rng(0)
    for part in ("train", "test"):
        for name in ("cat", "dog"):
            (tmp_path / part / name).mkdir(parents=True)
            for i in range(4):
                picture = Image.fromarray(rng.integers(0, 256, (40, 60, 3), dtype=np.uint8))
                picture.save(tmp_path / part / name / f"{i}.jpg")
    whole = load("folder", root=tmp_path, size=16)
    folder = tmp_path / "train"
    cut = (folder / "cat" / "1.jpg").read_bytes()
    (folder / "cat" / "1.jpg").write_bytes(cut[: len(cut) // 2])
    (folder / "dog" / "2.jpg").write_bytes(b"")
    (folder / "dog" / "3.jpg").write_bytes(b"<html>not found</html>")
    with pytest.warns(UserWarning, match="3 of 8 pictures are damaged and were skipped") as said:
        ds = load("folder", root=tmp_path, size=16)
    listed = str(said[0].message)
    assert all(f"{name}.jpg: " in listed for name in ("cat/1", "dog/2", "dog/3"))
    assert sorted(set(whole.ids) - set(ds.ids)) == ["cat/1.jpg", "dog/2.jpg", "dog/3.jpg"]
    for k, name in enumerate(ds.ids):  # decoded, and still the picture of that name
        np.testing.assert_array_equal(ds.images[k], whole.images[list(whole.ids).index(name)])
    with pytest.raises(ValueError, match="scenes"):
        load("folder", root=tmp_path, bias="wall")
    for path in folder.rglob("*.jpg"):
        path.write_bytes(b"")
    with pytest.raises(ValueError, match="all 8 pictures are damaged"):
        load("folder", root=tmp_path)


def test_what_systems_leave_among_pictures_is_no_picture(tmp_path):
    write_folder(tmp_path / "pets")
    expected = load("folder", root=tmp_path / "pets").ids
    litter = (
        "cat/._3.png",
        "__MACOSX/cat/._0.png",
        ".cache/0.png",
        "dog/.ipynb_checkpoints/0-checkpoint.png",
    )
    for name in litter:
        path = tmp_path / "pets" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded(0))
    for n in range(3):
        (tmp_path / "pets" / "dog" / f"folder{n}.png").mkdir()
    ds = load("folder", root=tmp_path / "pets")
    assert ds.classes == ("cat", "dog") and np.array_equal(ds.ids, expected)


def test_a_phone_picture_stands_upright(tmp_path):
    lying = Image.new("RGB", (24, 24), (255, 255, 255))
    lying.paste((0, 0, 0), (0, 0, 12, 24))  # dark on the left ...
    exif = Image.Exif()
    exif[0x0112] = 6  # ... and to be turned by a quarter clockwise: dark on top
    for part in ("train", "test"):
        (tmp_path / part / "cat").mkdir(parents=True)
        lying.save(tmp_path / part / "cat" / "photo.png", exif=exif)
    picture = load("folder", root=tmp_path, size=24).images[0]
    assert picture[:, :12].max() == 0 and picture[:, 12:].min() == 255


def test_own_folder_with_ready_parts(tmp_path):
    write_folder(tmp_path / "train", 5)
    write_folder(tmp_path / "test", 3)
    assert len(load("folder", root=tmp_path)) == 10
    assert len(load("folder", "test", root=tmp_path)) == 6
    with pytest.raises(FileNotFoundError, match=r"\['train', 'test'\]"):
        load("folder", "val", root=tmp_path)


def test_own_folder_errors(tmp_path):
    with pytest.raises(FileNotFoundError, match="root="):
        load("folder")
    with pytest.raises(FileNotFoundError, match="no folder"):
        load("folder", root=tmp_path / "none")
    with pytest.raises(FileNotFoundError, match="<class>/<picture>"):
        load("folder", root=tmp_path)


@pytest.mark.parametrize("name", sorted(PACKS))
def test_real_packs(nesylib_data, name):
    if not (nesylib_data / "images" / PACKS[name].file).is_file():
        pytest.skip(f"{PACKS[name].file} is not there")
    parts = [load(name, s, root=nesylib_data) for s in ("train", "val", "test")]
    ids = [set(p.ids.tolist()) for p in parts]
    assert not ids[0] & ids[1] and not ids[0] & ids[2] and not ids[1] & ids[2]
    if parts[0].groups is not None:
        assert not set(parts[0].groups) & set(parts[2].groups)
    total = sum(map(len, parts))
    assert 0.55 < len(parts[0]) / total < 0.85
    assert set(parts[0].labels.tolist()) == set(parts[2].labels.tolist())
    assert len(set(parts[2].labels.tolist())) == len(parts[2].classes)
    few = parts[2].take(np.arange(40)).images[:]
    assert few.dtype == np.uint8 and few.std() > 20
    if name == "camvid":
        assert parts[2].concept_names[0] == "sky" and parts[2].concepts.mean(0)[3] > 0.9


def test_real_places_subsets(nesylib_data):
    p2, p5 = (load(f"places6/{s}", root=nesylib_data) for s in ("P2", "P5"))
    assert set(p2.ids) <= set(p5.ids) and len(p5.classes) == 5
    assert p2.images.shape[1:] == (3, 224, 224)
    assert all(n in i for n, i in zip(p2.label_names(), p2.ids, strict=True))
