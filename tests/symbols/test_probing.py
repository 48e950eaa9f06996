"""Probes against scikit-learn, ties, and what they refuse; baselines against their formulas."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from nesylib import symbols
from nesylib.symbols import knn_probe, linear_probe, one_hot, probe_symbols

CODERS = ("kmeans_symbols", "residual_kmeans_symbols", "product_symbols", "random_symbols")


def blobs(n=120, classes=6, features=5, seed=0):
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(99).normal(size=(classes, features))
    y = rng.integers(0, classes, n)
    return (centres[y] + 0.9 * rng.normal(size=(n, features))).astype(np.float32), y


@pytest.mark.parametrize("k", [1, 20])
def test_knn_is_scikit_learns(k):
    (x, y), (z, y_test) = blobs(), blobs(50, seed=1)
    peer = KNeighborsClassifier(k, metric="cosine", weights=lambda d: np.exp((1 - d) / 0.07))
    chances = peer.fit(x, y).predict_proba(z)
    found = knn_probe(x, y, z, y_test, k=k, block=16)
    np.testing.assert_array_equal(found.answers, peer.classes_[chances.argmax(1)])
    assert found.top1 == pytest.approx(np.mean(peer.predict(z) == y_test))
    own = chances[np.arange(50), y_test][:, None]
    sure = ((chances > own).sum(1) < 5) & (own[:, 0] > 0)  # classes without a vote are even
    assert sure.mean() <= found.top5 <= (sure | (own[:, 0] == 0)).mean()


def test_of_equals_all_vote():
    rng = np.random.default_rng(0)
    s, y = rng.integers(0, 4, (300, 1)), rng.integers(0, 3, 300)
    s_test, order = np.arange(4)[:, None], rng.permutation(300)
    codes = one_hot(s, 4)
    found = knn_probe(codes, y, one_hot(s_test, 4), np.zeros(4, int))
    again = knn_probe(codes[order], y[order], one_hot(s_test, 4), np.zeros(4, int))
    common = [np.bincount(y[s[:, 0] == v]).argmax() for v in range(4)]  # the symbol's commonest
    np.testing.assert_array_equal(found.answers, common)
    np.testing.assert_array_equal(again.answers, common)


def test_linear_probe_is_logistic_regression():
    (x, y), (z, y_test) = blobs(400), blobs(200, seed=1)
    mean = x.mean(0)
    scale = np.linalg.norm(x - mean, axis=1).mean() / 10
    peer = LogisticRegression(C=1 / (0.01 * 400), max_iter=500).fit((x - mean) / scale, y)
    found = linear_probe(x, y, z, y_test)
    assert np.mean(found.answers == peer.predict((z - mean) / scale)) > 0.98


def test_an_empty_class_is_never_answered():
    (x, y), (z, y_test) = blobs(), blobs(50, seed=1)
    keep = y != 2
    for probe in (knn_probe, linear_probe):
        found = probe(x[keep], y[keep], z, y_test)
        assert 2 not in found.answers and 0 < found.top1 < found.top5 <= 1


def test_probes_say_what_they_cannot_read():
    (x, y), (z, y_test) = blobs(), blobs(50, seed=1)
    with pytest.raises(ValueError, match=r"10 training pictures are fewer than k=20.*k=5"):
        knn_probe(x[:10], y[:10], z, y_test)
    with pytest.raises(ValueError, match="one label for each picture"):
        knn_probe(x, y[:-1], z, y_test)
    with pytest.raises(ValueError, match="NaN"):
        linear_probe(x * np.nan, y, z, y_test)
    with pytest.raises(ValueError, match=r"\(N, F\) and \(M, F\)"):
        knn_probe(x, y, z[:, :3], y_test)
    with pytest.raises(ValueError, match="two or more"):
        linear_probe(x, np.zeros(len(x)), z, y_test)
    with pytest.raises(ValueError, match="needs training and test"):
        knn_probe(x, y, z[:0], y_test[:0])
    with pytest.raises(ValueError, match="between 0 and 3"):
        one_hot(np.array([[4]]), 4)


def test_bags_forget_the_order_and_positions_keep_it():
    s = np.array([[1, 2, 1], [1, 1, 2], [0, 0, 0]])
    bag, positions = one_hot(s, 3, "bag"), one_hot(s, 3)
    np.testing.assert_array_equal(bag, [[0, 2, 1], [0, 2, 1], [3, 0, 0]])
    for i, j in np.ndindex(3, 3):
        np.testing.assert_array_equal(np.flatnonzero(positions[i].reshape(3, 3)[j]), [s[i, j]])


def test_every_probe_on_every_prefix():
    rng = np.random.default_rng(0)
    y, y_test = rng.integers(0, 3, 90), rng.integers(0, 3, 40)
    noise, noise_test = rng.integers(0, 6, (90, 2)), rng.integers(0, 6, (40, 2))
    s, s_test = np.c_[noise, y + 1], np.c_[noise_test, y_test + 1]  # the third symbol tells all
    frame = probe_symbols(
        s, y, s_test, y_test, vocabulary=6, lengths=(1, 3, 8), pictures=(50, None)
    )
    assert len(frame) == 2 * 2 * 2 * 2 and set(frame.length) == {1, 3}
    best = frame[(frame.length == 3) & (frame.reading == "positions") & (frame.probe == "linear")]
    assert (best.top1 > 0.95).all() and (frame[frame.length == 1].top1 < 0.7).all()


@pytest.mark.parametrize("coder", CODERS)
def test_baselines_answer_with_symbols(coder):
    (x, _), (z, _) = blobs(200, features=12), blobs(50, features=12, seed=1)
    made = getattr(symbols, coder)(x, z, 16, seed=3)
    again = getattr(symbols, coder)(x, z, 16, seed=3)
    length = 1 if coder == "kmeans_symbols" else 8
    assert made.train.shape == (200, length) and made.test.shape == (50, length)
    assert made.bits == 4 * length and 0 <= made.test.min() and made.test.max() < 16
    np.testing.assert_array_equal(made.test, again.test)
    if made.rebuilt_test is not None:  # each prefix stands for a feature nearer to the true one
        errors = np.square(made.rebuilt_train - x[:, None]).sum((0, 2))
        assert made.rebuilt_test.shape == (50, length, 12) and (np.diff(errors) <= 1e-3).all()
    with pytest.raises(ValueError, match="smaller"):
        getattr(symbols, coder)(x[:10], z, 16)
    with pytest.raises(ValueError, match="at least 2"):
        getattr(symbols, coder)(x, z, 1)


def test_rebuilt_features_are_the_centres_of_the_symbols():
    (x, _), (z, _) = blobs(200, features=12), blobs(50, features=12, seed=1)
    one = symbols.kmeans_symbols(x, z, 8)
    for v in np.unique(one.train):  # a centre is the mean of what it was chosen for
        mine = one.train[:, 0] == v
        np.testing.assert_allclose(one.rebuilt_train[mine, 0][0], x[mine].mean(0), atol=0.05)
    cut = symbols.product_symbols(x, z, 8, 4)
    np.testing.assert_allclose(cut.rebuilt_train[:, 0, 3:], np.tile(x.mean(0)[3:], (200, 1)))
    mine = cut.train[:, 1] == cut.train[0, 1]
    np.testing.assert_allclose(cut.rebuilt_train[0, 3, 3:6], x[mine, 3:6].mean(0), atol=0.05)
    assert symbols.majority([1, 1, 0], [1, 0, 0, 0]) == 0.25


def test_labels_may_be_words():
    (x, y), (z, y_test) = blobs(), blobs(50, seed=1)
    words = np.array(["ant", "bee", "cat", "dog", "elk", "fox"])
    for probe in (knn_probe, linear_probe):
        named, numbered = probe(x, words[y], z, words[y_test]), probe(x, y, z, y_test)
        np.testing.assert_array_equal(named.answers, words[numbered.answers])
        assert named[:2] == numbered[:2]
        with pytest.raises(ValueError, match="two kinds"):
            probe(x, words[y], z, y_test)


def test_all_training_pictures_may_be_neighbours_and_features_tensors():
    (x, y), (z, y_test) = blobs(), blobs(50, seed=1)
    found = knn_probe(x, y, z, y_test, k=len(x))
    again = knn_probe(torch.from_numpy(x).requires_grad_(), y, torch.from_numpy(z), y_test, k=120.0)
    np.testing.assert_array_equal(found.answers, again.answers)
    half = knn_probe(torch.from_numpy(x).bfloat16(), y, z, y_test, k=len(x))
    assert np.mean(half.answers == found.answers) > 0.9
    for wrong in (dict(k=2.5), dict(k=0), dict(block=0), dict(temperature=float("nan"))):
        with pytest.raises(ValueError, match="k must be"):
            knn_probe(x, y, z, y_test, **wrong)
    with pytest.raises(ValueError, match=r"fewer than k=121"):
        knn_probe(x, y, z, y_test, k=121)


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        (dict(lengths=(0,)), "from 1 to 3"),
        (dict(lengths=(8,)), "from 1 to 3"),
        (dict(lengths=2), "a sequence"),
        (dict(readings="bag"), "a sequence"),
        (dict(readings=("word",)), "bag, positions, encoder"),
        (dict(readings=("encoder",)), "give student"),
        (dict(pictures=(0,)), "None for all"),
        (dict(pictures=(5,)), "5 training pictures are fewer than k=20"),
        (dict(y=np.zeros(20, int)), "one label for each picture"),
        (dict(test=np.zeros((9, 2), int)), r"\(N, L\) and \(M, L\)"),
    ],
)
def test_probes_that_cannot_be(wrong, what):
    given = dict(y=np.arange(30) % 3, test=np.zeros((9, 3), int), linear=False) | wrong
    y, test = given.pop("y"), given.pop("test")
    with pytest.raises((ValueError, TypeError), match=what):
        probe_symbols(np.ones((30, 3), int), y, test, np.zeros(9), vocabulary=4, **given)


def test_baselines_that_cannot_be():
    for empty in (([], [1]), ([1], [])):
        with pytest.raises(ValueError, match="no labels"):
            symbols.majority(*empty)
    with pytest.raises(ValueError, match="no picture is written"):
        symbols.bits_spent(0, 8)
    (x, _), (z, _) = blobs(60, features=12), blobs(5, features=12, seed=1)
    with pytest.raises(ValueError, match="whole numbers"):
        symbols.kmeans_symbols(x, z, 8.5)
    with pytest.raises(ValueError, match="NaN"):
        symbols.random_symbols(x * np.nan, z, 8)
    assert symbols.kmeans_symbols(x, z[:0], 8).test.shape == (0, 1)
