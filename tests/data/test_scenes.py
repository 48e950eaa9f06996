"""The drawn scenes: determinism, true rules, masks, bias."""

import os
import re
import subprocess
import sys
from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nesylib.data import load
from nesylib.data.scenes import (
    CLASS_SETS,
    INDOOR,
    OUTDOOR,
    VISIBLE,
    Bias,
    concept_names,
    rules_text,
    true_labels,
)

SETS = tuple(CLASS_SETS)


@lru_cache
def drawn(class_set, n=240):
    return load(f"scenes/{class_set}", "val", n=n, workers=1)


@pytest.mark.parametrize("class_set", SETS)
def test_every_picture_obeys_the_true_rules(class_set):
    ds = drawn(class_set)
    assert np.array_equal(true_labels(ds.concepts, class_set), ds.labels)
    assert ds.rules == rules_text(class_set)


@pytest.mark.parametrize("class_set", SETS)
def test_rules_as_text_and_as_function_agree(class_set):
    """On drawn bits and on random ones, against clingo."""
    rng = np.random.default_rng(1)
    k = len(concept_names(class_set))
    bits = np.concatenate([drawn(class_set).concepts[:60], rng.random((60, k)) < 0.25])
    quoted = rules_text(class_set).replace("'", '"')
    import clingo

    found = [set() for _ in bits]
    names = concept_names(class_set)
    safe = re.sub(r" :- ", " :- row(X), ", quoted)
    facts = "\n".join(
        f"{names[j]}({i})." for i, row in enumerate(bits) for j in np.flatnonzero(row)
    )
    known = "\n".join(f"#defined {name}/1." for name in names)
    control = clingo.Control(["--warn=none"])
    control.add("base", [], f"{safe}\nrow(0..{len(bits) - 1}).\n{facts}\n{known}")
    control.ground([("base", [])])
    with control.solve(yield_=True) as models:
        model = next(iter(models))
        for atom in model.symbols(atoms=True):
            if atom.name == "class":
                found[atom.arguments[0].number].add(atom.arguments[1].string)
    classes = CLASS_SETS[class_set]
    expected = [classes.index(*f) if len(f) == 1 else -1 for f in found]
    assert true_labels(bits, class_set).tolist() == expected


@pytest.mark.parametrize("class_set", ["P2", "P3.1", "P3.2", "P3.3", "P5", "P10"])
def test_no_class_rule_is_idle(class_set):
    """Each rule of a class fires somewhere, and so does each exception's body."""
    bits, names = drawn(class_set, 600).concepts, concept_names(class_set)
    column = dict(zip(names, bits.T, strict=True))
    for line in rules_text(class_set).splitlines():
        body = re.findall(r"(not )?(\w+)\(X\)", line.split(" :- ")[1])
        concepts = [(a, n) for n, a in body if not a.startswith("ab")]
        fires = np.logical_and.reduce([~column[a] if n else column[a] for a, n in concepts])
        assert fires.any(), line


def test_rules_have_defaults_and_exceptions():
    text = rules_text("P10")
    assert re.search(r"class\(X,'bedroom'\) :- bed\(X\), not ab\d+\(X\)\.", text)
    assert re.search(r"class\(X,'living_room'\) :- sofa\(X\), not ab\d+\(X\)\.", text)
    heads = set(re.findall(r"class\(X,'(\w+)'\)", text))
    assert heads == set(CLASS_SETS["P10"])
    assert set(re.findall(r"not (ab\d+)\(X\)", text)) == set(
        re.findall(r"^(ab\d+)\(X\)", text, re.MULTILINE)
    )
    with pytest.raises(ValueError, match="33 concepts"):
        true_labels(np.zeros((2, 5)), "P5")


@pytest.mark.parametrize("class_set", SETS)
def test_masks_and_bits_agree(class_set):
    ds = drawn(class_set)
    k = len(ds.concept_names)
    share = np.stack([(ds.masks == j + 1).mean((1, 2)) for j in range(k)], axis=1)
    assert np.array_equal(share > 0, ds.concepts)
    assert (share[ds.concepts] >= VISIBLE).all()
    assert ds.masks.max() <= k


@pytest.mark.parametrize("size", [32, 50, 97, 128])
def test_objects_do_not_depend_on_the_size(size):
    small, ds = drawn("P5"), load("scenes/P5", "val", n=20, size=size, workers=1)
    assert ds.images.shape == (20, 3, size, size) and ds.masks.shape == (20, size, size)
    assert np.array_equal(ds.concepts, small.concepts[:20])
    assert np.array_equal(ds.labels, small.labels[:20])
    for i in range(20):
        seen = set(np.unique(ds.masks[i])) - {0}
        assert seen <= set(np.flatnonzero(ds.concepts[i]) + 1)
        share = np.array([(ds.masks[i] == j + 1).mean() for j in range(33)])
        wanted = np.array([(small.masks[i] == j + 1).mean() for j in range(33)])
        assert abs(share - wanted).max() < 0.03


@settings(max_examples=8, deadline=None)
@given(
    class_set=st.sampled_from(SETS),
    split=st.sampled_from(["train", "val", "test"]),
    seed=st.integers(0, 2**40),
    n=st.integers(1, 70),
    more=st.integers(1, 70),
)
def test_a_picture_does_not_depend_on_how_many(class_set, split, seed, n, more):
    few = load(f"scenes/{class_set}", split, n=n, seed=seed, workers=1)
    many = load(f"scenes/{class_set}", split, n=n + more, seed=seed, workers=1)
    assert np.array_equal(few.images, many.images[:n])
    assert np.array_equal(few.masks, many.masks[:n])
    assert np.array_equal(few.concepts, many.concepts[:n])
    assert np.array_equal(few.ids, many.ids[:n])


def test_workers_do_not_matter():
    alone, three = drawn("P3.1"), load("scenes/P3.1", "val", n=240, workers=3)
    for field in ("images", "labels", "concepts", "masks"):
        assert np.array_equal(getattr(alone, field), getattr(three, field))


def test_a_worker_that_cannot_start_is_made_up_for(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    ds = load("scenes/P2", "val", n=30, workers=2)
    assert np.array_equal(ds.images, drawn("P2").images[:30])


def test_hash_seed_and_process_do_not_matter():
    code = (
        "import zlib; from nesylib.data import load; s = load('scenes/P3.3', n=24, workers=1);"
        "print(zlib.crc32(s.images.tobytes()), zlib.crc32(s.masks.tobytes()))"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "77")
    }
    assert len(answers) == 1


def test_splits_and_seeds_are_disjoint():
    streams = [load("scenes/P2", split, n=60, workers=1) for split in ("train", "val", "test")]
    streams.append(load("scenes/P2", n=60, seed=1, workers=1))
    prints = [{p.tobytes() for p in s.images} for s in streams]
    assert all(len(p) == 60 for p in prints)
    assert len(set.union(*prints)) == 240


@pytest.mark.parametrize("class_set", SETS)
def test_any_prefix_is_balanced(class_set):
    labels = drawn(class_set).labels
    for n in (1, 7, 50, 239):
        counts = np.bincount(labels[:n], minlength=len(CLASS_SETS[class_set]))
        assert counts.max() - counts.min() <= 1


def test_names():
    assert 20 <= len(INDOOR) <= 40 and 20 <= len(OUTDOOR) <= 40
    assert len({c for s in CLASS_SETS.values() for c in s}) == 15
    assert concept_names("P10") is INDOOR and concept_names("P3.2") is OUTDOOR
    for class_set in SETS:
        never = ~drawn(class_set, 600).concepts.any(0)
        if class_set == "P10":
            assert not never.any(), np.array(INDOOR)[never]


@pytest.mark.parametrize("kind", ["wall", "watermark"])
def test_bias_is_planted_as_often_as_asked(kind):
    ds = load("scenes/P3.1", n=300, bias=kind, bias_strength=0.9, workers=1)
    aligned = (ds.cue == ds.labels).mean()
    assert 0.85 < aligned < 0.95 and (ds.cue >= 0).all()
    against = load("scenes/P3.1", n=300, bias=Bias(kind, 0.9, "conflicting"), workers=1)
    assert 0.05 < (against.cue == against.labels).mean() < 0.15
    none = load("scenes/P3.1", n=60, bias=kind, bias_mode="none", workers=1)
    plain = load("scenes/P3.1", n=60, workers=1)
    assert (none.cue == -1).all() and np.array_equal(none.images, plain.images)
    assert plain.cue is None
    assert np.array_equal(ds.concepts[:60], plain.concepts)
    assert np.array_equal(ds.masks[:60], plain.masks)


def test_watermark_changes_the_corner_only_and_tells_the_class():
    biased = load("scenes/P2", n=80, bias="watermark", bias_strength=0.5, workers=1)
    plain = load("scenes/P2", n=80, workers=1)
    changed = (biased.images != plain.images).any(1)
    assert changed[:, 54:62, 54:62].any((1, 2)).all()
    changed[:, 54:62, 54:62] = False
    assert not changed.any()
    badge = biased.images[:, :, 58, 58].astype(int)
    for cue in (0, 1):
        assert (badge[biased.cue == cue] == badge[biased.cue == cue][0]).all()
    assert (badge[biased.cue == 0][0] != badge[biased.cue == 1][0]).any()


def test_wall_colour_follows_the_cue():
    ds = load("scenes/P3.1", n=150, bias="wall", bias_strength=0.5, workers=1)
    top = ds.images[:, :, 16:32, :].astype(float)
    background = (ds.masks[:, 16:32] == 0)[:, None]
    mean = (top * background).sum((2, 3)) / np.maximum(background.sum((2, 3)), 1)
    hue = mean.argmax(1)
    for cue in range(3):
        assert (hue[ds.cue == cue] == cue).mean() > 0.8


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"size": 16}, "32 to 512"),
        ({"size": 1000}, "32 to 512"),
        ({"size": 64.5}, "whole number"),
        ({"seed": -1}, "seed"),
        ({"workers": 0}, "workers"),
        ({"bias": "colour"}, "wall, watermark"),
        ({"bias": "wall", "bias_strength": 1.5}, "0 to 1"),
        ({"bias": "wall", "bias_mode": "odd"}, "aligned, conflicting, none"),
        ({"bias": 3}, "must be a Bias"),
        ({"biass": "wall"}, "unknown option"),
    ],
)
def test_nonsense_is_refused(options, says):
    with pytest.raises(ValueError, match=says):
        load("scenes/P2", n=4, **options)


def test_pixels_do_not_give_the_class_away():
    """A linear probe on down-sampled pixels stays far from solving P5."""
    from sklearn.linear_model import LogisticRegression

    def pixels(ds):
        x = ds.images.astype(np.float32).reshape(len(ds), 3, 8, 8, 8, 8).mean((3, 5)) / 128 - 1
        return x.reshape(len(ds), -1)

    train, test = load("scenes/P5", n=1500, workers=1), drawn("P5", 600)
    probe = LogisticRegression(C=0.01, max_iter=300).fit(pixels(train), train.labels)
    assert 0.3 < probe.score(pixels(test), test.labels) < 0.75
