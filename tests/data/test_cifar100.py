"""CIFAR-100 in its binary version: an archive made up by the test, and damaged by it."""

import numpy as np
import pytest

from nesylib.data import load, names

FINE = [f"fine_{k:02d}" for k in range(100)]
COARSE = [f"coarse_{k:02d}" for k in range(20)]


def records(n, seed):
    rows = np.random.default_rng(seed).integers(0, 256, (n, 3074), dtype=np.uint8)
    rows[:, 1] = np.arange(n) % 100
    rows[:, 0] = rows[:, 1] // 5
    return rows


@pytest.fixture
def archive(tmp_path):
    folder = tmp_path / "cifar-100-binary"
    folder.mkdir()
    (folder / "train.bin").write_bytes(records(1000, 0).tobytes())
    (folder / "test.bin").write_bytes(records(200, 1).tobytes())
    (folder / "fine_label_names.txt").write_text("\n".join(FINE) + "\n")
    (folder / "coarse_label_names.txt").write_text("\n".join(COARSE) + "\n\n")
    return folder


def number(ds):
    return np.array([int(i[-5:]) for i in ds.ids])


def test_pixels_and_labels_are_those_of_the_records(archive):
    test = load("cifar100", "test", root=archive.parent)
    rows = records(200, 1)[number(test)]
    assert test.classes == tuple(FINE) and len(test) == 200
    np.testing.assert_array_equal(test.images[:], rows[:, 2:].reshape(-1, 3, 32, 32))
    np.testing.assert_array_equal(test.labels, rows[:, 1])
    coarse = load("cifar100/coarse", "test", root=archive.parent)
    assert coarse.classes == tuple(COARSE)
    np.testing.assert_array_equal(coarse.labels, records(200, 1)[number(coarse), 0])


def test_parts_share_no_picture_and_the_test_file_is_the_test_part(archive):
    parts = {s: load("cifar100", s, root=archive.parent) for s in ("train", "val", "test")}
    ids = {s: set(ds.ids.tolist()) for s, ds in parts.items()}
    assert all(i.startswith("train-") for i in ids["train"] | ids["val"])
    assert all(i.startswith("test-") for i in ids["test"])
    assert not ids["train"] & ids["val"] and len(ids["train"] | ids["val"]) == 1000
    assert 60 < len(ids["val"]) < 140
    coarse = load("cifar100/coarse", "val", root=archive.parent)
    assert set(coarse.ids.tolist()) == ids["val"]


def test_found_in_three_places_and_by_the_variable(archive, monkeypatch, tmp_path):
    whole = load("cifar100", "test", root=archive.parent).ids
    np.testing.assert_array_equal(load("cifar100", "test", root=archive).ids, whole)
    (tmp_path / "images").mkdir()
    archive.rename(tmp_path / "images" / archive.name)
    np.testing.assert_array_equal(load("cifar100", "test", root=tmp_path).ids, whole)
    monkeypatch.setenv("NESYLIB_DATA", str(tmp_path))
    np.testing.assert_array_equal(load("cifar100", "test").ids, whole)
    monkeypatch.delenv("NESYLIB_DATA")
    with pytest.raises(FileNotFoundError, match=r"cifar-100-binary\.tar\.gz.*NESYLIB_DATA"):
        load("cifar100")
    assert {"cifar100", "cifar100/coarse"} <= set(names())


def test_sizes_counts_and_laziness(archive):
    few = load("cifar100", n=100, size=48, root=archive)
    assert few.images.shape == (100, 3, 48, 48) and not isinstance(few.images, np.ndarray)
    assert few.images[3:5].shape == (2, 3, 48, 48)
    assert np.bincount(few.labels, minlength=100).max() == 1
    with pytest.raises(ValueError, match="were asked for"):
        load("cifar100", n=5000, root=archive)
    with pytest.raises(ValueError, match="takes no option"):
        load("cifar100", root=archive, bias="wall")


@pytest.mark.parametrize("cut", [-1, 3074 - 7, 0])
def test_a_truncated_file_is_named(archive, cut):
    path = archive / "train.bin"
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(ValueError, match=r"train\.bin has .*truncated.*unpack"):
        load("cifar100", root=archive)


def test_damaged_or_missing_files_are_named(archive):
    rows = records(200, 1)
    rows[7, :2] = 100
    (archive / "test.bin").write_bytes(rows.tobytes())
    with pytest.raises(ValueError, match="labels leave the 100 classes"):
        load("cifar100", "test", root=archive)
    with pytest.raises(ValueError, match="labels leave the 20 classes"):
        load("cifar100/coarse", "test", root=archive)
    (archive / "fine_label_names.txt").write_text("apple\nbear\n")
    with pytest.raises(ValueError, match="names 2 classes, 100 were expected"):
        load("cifar100", root=archive)
    (archive / "fine_label_names.txt").unlink()
    with pytest.raises(FileNotFoundError, match=r"fine_label_names\.txt"):
        load("cifar100", root=archive)
    (archive / "train.bin").unlink()
    with pytest.raises(FileNotFoundError, match=r"no file .*train\.bin"):
        load("cifar100/coarse", root=archive)


def test_the_pickled_version_is_refused_by_name(tmp_path):
    for name in ("train", "test", "meta"):
        (tmp_path / name).write_bytes(b"cos\nsystem\n(S'false'\ntR.")
    with pytest.raises(FileNotFoundError, match="pickled and is not read"):
        load("cifar100", root=tmp_path)
