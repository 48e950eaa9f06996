"""The ImageSet type: what it refuses, and how it is cut."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nesylib.data import ImageSet, concatenate, contact_sheet, load


def small(n=12, classes=("a", "b", "c"), **fields):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (n, 3, 8, 8), dtype=np.uint8)
    return ImageSet(images, np.arange(n) % len(classes), classes, **fields)


@pytest.mark.parametrize(
    ("images", "labels", "says"),
    [
        (np.zeros((4, 3, 8, 8), np.uint8), [0, 1, 0], "4 pictures but labels"),
        (np.zeros((4, 3, 8, 8), np.uint8), [0, 1, 2, 0], "0..1"),
        (np.zeros((4, 3, 8, 8), np.uint8), [0, 1, -1, 0], "0..1"),
        (np.zeros((4, 3, 8, 8), np.uint8), [0.0, 1.0, 1.0, 0.0], "integers"),
        (np.zeros((4, 8, 8, 3), np.uint8), [0, 1, 0, 1], "transpose"),
        (np.zeros((4, 8, 8), np.uint8), [0, 1, 0, 1], r"\(N, 3, H, W\)"),
        (np.zeros((4, 3, 8, 8), np.int64), [0, 1, 0, 1], "astype"),
        (np.full((4, 3, 8, 8), np.nan), [0, 1, 0, 1], "NaN"),
        (np.zeros((4, 3, 8, 8), np.float32), [0, 1, 0, 1], "0..255"),
        (np.zeros((0, 3, 8, 8), np.uint8), [], "empty"),
        ("picture.png", [0], "must be an array"),
    ],
)
def test_bad_input_is_named(images, labels, says):
    with pytest.raises(ValueError, match=says):
        ImageSet(images, np.asarray(labels), ("a", "b"))


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"groups": np.zeros(3)}, "groups has 3 rows"),
        ({"concepts": np.zeros((12, 2))}, "together"),
        ({"concepts": np.zeros((12, 2)), "concept_names": ("x",)}, "one column per concept"),
        ({"concepts": np.full((12, 1), 0.5), "concept_names": ("x",)}, "only 0 and 1"),
        ({"masks": np.zeros((12, 4, 4), np.uint8)}, "masks must be uint8"),
    ],
)
def test_what_comes_with_pictures_must_fit(fields, says):
    with pytest.raises(ValueError, match=says):
        small(**fields)


def test_take_and_select_keep_rows_together():
    ds = small(ids=np.array([f"p{i}" for i in range(12)]), groups=np.arange(12) // 2)
    part = ds.take([5, 1, 1])
    assert part.ids.tolist() == ["p5", "p1", "p1"] and part.labels.tolist() == [2, 1, 1]
    assert np.array_equal(part.images, ds.images[[5, 1, 1]])
    chosen = ds.select(["c", "a"])
    assert chosen.classes == ("c", "a")
    assert set(chosen.label_names()) == {"a", "c"}
    assert all(
        name == ds.label_names()[int(i[1:])]
        for name, i in zip(chosen.label_names(), chosen.ids, strict=True)
    )
    with pytest.raises(ValueError, match=r"unknown classes \['z'\]"):
        ds.select(["z"])
    with pytest.raises(IndexError, match="12 pictures"):
        ds.take([12])


@settings(max_examples=30, deadline=None)
@given(
    n=st.integers(20, 120), test=st.floats(0.1, 0.6), seed=st.integers(0, 5), c=st.integers(2, 4)
)
def test_split_is_stratified_and_complete(n, test, seed, c):
    ds = small(n, tuple("abcd"[:c]), ids=np.arange(n))
    one, two = ds.split(test, seed)
    assert sorted([*one.ids, *two.ids]) == list(range(n))
    again = ds.split(test, seed)
    assert np.array_equal(again[1].ids, two.ids)
    for k in range(c):
        total = (ds.labels == k).sum()
        assert abs((two.labels == k).sum() - test * total) <= 1


@settings(max_examples=30, deadline=None)
@given(groups=st.lists(st.integers(0, 14), min_size=40, max_size=90), seed=st.integers(0, 5))
def test_no_group_in_both_parts(groups, seed):
    groups = np.array([*groups, 0, 1, 2, 3, 4, 5])
    ds = small(len(groups), groups=groups)
    train, test = ds.split(0.3, seed)
    assert not set(train.groups) & set(test.groups)
    assert len(train) + len(test) == len(ds)


def test_split_refuses_nonsense():
    with pytest.raises(ValueError, match="between 0 and 1"):
        small().split(1.5)
    with pytest.raises(ValueError, match="would be empty"):
        small(groups=np.zeros(12)).split(0.2)


def test_concatenate():
    both = concatenate(small(), small(6))
    assert len(both) == 18 and both.labels.tolist() == [*np.arange(12) % 3, *np.arange(6) % 3]
    with pytest.raises(ValueError, match="differ in classes"):
        concatenate(small(), small(classes=("x", "y")))
    with pytest.raises(ValueError, match="sizes differ"):
        concatenate(load("digits", n=20), load("digits", n=20, size=16))


def test_contact_sheet_holds_the_pictures():
    ds = small()
    sheet = contact_sheet(ds, per_class=2, gap=3)
    assert sheet.shape == (3 * 11 + 3, 2 * 11 + 3, 3)
    first_b = np.flatnonzero(ds.labels == 1)[0]
    assert np.array_equal(sheet[14:22, 3:11], ds.images[first_b].transpose(1, 2, 0))
    with pytest.raises(ValueError, match="at least 1"):
        contact_sheet(ds, per_class=0)


def test_digits_are_the_real_ones():
    from sklearn.datasets import load_digits

    train, test = load("digits"), load("digits", "test")
    assert len(train) + len(test) == 1797 and not set(train.ids) & set(test.ids)
    source = load_digits()
    for part in (train, test):
        rows = [int(i[-4:]) for i in part.ids]
        assert np.array_equal(source.target[rows], part.labels)
        assert np.array_equal(np.round(source.images[rows] * 255 / 16), part.images[:, 1])
        share = np.bincount(part.labels, minlength=10) / len(part)
        assert abs(share - 0.1).max() < 0.01
    assert load("digits", n=7, size=32).images.shape == (7, 3, 32, 32)
    assert np.array_equal(load("digits", n=7).ids, load("digits", n=30).ids[:7])
    with pytest.raises(ValueError, match="train and test"):
        load("digits", "val")
    with pytest.raises(ValueError, match="has 450 pictures here, 500"):
        load("digits", "test", n=500)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (("scenes/P7",), "did you mean 'scenes/P"),
        (("digit",), "did you mean 'digits'"),
        (("Scenes/p3.1",), "did you mean 'scenes/P3.1'"),
        (("places6/P4",), "places6/P2"),
        (("scenes/P2", "training"), "train, val, test"),
    ],
)
def test_unknown_names_list_the_known(call, says):
    with pytest.raises(ValueError, match=says):
        load(*call)


@pytest.mark.parametrize(
    "options",
    [
        {"n": 0},
        {"n": 2.5},
        {"n": True},
        {"n": "5"},
        {"n": float("nan")},
        {"seed": -1},
        {"seed": 0.5},
        {"size": "big"},
        {"size": 0},
        {"bias": "wall"},
    ],
)
def test_load_refuses_nonsense(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        load("digits", **options)


@pytest.mark.parametrize("name", ["digits", "scenes/P2"])
def test_a_whole_number_may_come_from_a_division(name):
    assert len(load(name, n=8 / 2, seed=np.int64(3))) == 4


def test_a_tensor_is_named():
    images = torch.zeros(4, 3, 8, 8, dtype=torch.uint8)
    with pytest.raises(ValueError, match=r"\.cpu\(\)\.numpy\(\)"):
        ImageSet(images, np.array([0, 1, 0, 1]), ("a", "b"))
