"""How pure are the top pictures of a neuron?"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nesylib import meaning
from nesylib.meaning.purity import top_weights

quick = settings(max_examples=60, deadline=None)
steps = st.integers(0, 8).map(lambda v: v / 8)


def slow_purity(values, labels, k, rng, draws=400):
    """The same by drawing the pictures that tie at random, again and again."""
    shares = np.zeros(len(np.unique(labels)))
    for _ in range(draws):
        order = rng.permutation(len(values))
        top = order[np.argsort(-values[order], kind="stable")][:k]
        top = top[values[top] >= 0.5]
        shares += [(labels[top] == c).mean() for c in np.unique(labels)]
    return (shares / draws).max()


def test_without_ties_it_is_the_share_among_the_strongest():
    rng = np.random.default_rng(0)
    values = 0.5 + rng.permuted(np.tile(np.arange(60) / 200, (5, 1)), axis=1).T
    labels, concepts = rng.integers(0, 3, 60), rng.random((60, 4)) < 0.3
    top = np.argsort(-values, axis=0)[:20]
    expected = [np.bincount(labels[rows]).max() / 20 for rows in top.T]
    assert meaning.class_purity(values, labels) == pytest.approx(expected)
    expected = [concepts[rows].mean(0).max() for rows in top.T]
    assert meaning.concept_purity(values, concepts) == pytest.approx(expected)
    expected = [concepts[rows].mean(0) for rows in top.T]
    assert meaning.top_shares(values, concepts) == pytest.approx(np.array(expected))


def test_ties_are_shared_as_if_drawn_by_lot():
    rng = np.random.default_rng(0)
    values = rng.integers(4, 9, 40) / 8
    labels = np.sort(rng.integers(0, 2, 40))
    found = meaning.class_purity(values[:, None], labels, 10)[0]
    assert found == pytest.approx(slow_purity(values, labels, 10, rng), abs=0.02)


@quick
@given(arrays(float, (24, 3), elements=steps), st.permutations(range(24)), st.integers(1, 30))
def test_the_order_of_the_pictures_does_not_matter(values, order, k):
    labels = np.arange(24) // 8
    one = meaning.class_purity(values, labels, k, least=1)
    other = meaning.class_purity(values[order], labels[order], k, least=1)
    assert other == pytest.approx(one, nan_ok=True)
    weights = top_weights(values, k, least=1)
    assert weights.min() >= 0 and weights.max() <= 1
    assert weights.sum(0) == pytest.approx(np.minimum(k, (values >= 0.5).sum(0)))
    live = ~np.isnan(one)
    assert (live == (values >= 0.5).any(0)).all()
    assert (one[live] >= 1 / 3 - 1e-12).all() and (one[live] <= 1).all()


def test_a_saturated_neuron_in_sorted_pictures_is_not_pure():
    labels = np.repeat([0, 1, 2, 3], 25)
    always = np.ones((100, 1))
    assert meaning.class_purity(always, labels) == pytest.approx(0.25)


def test_neurons_that_are_off_have_no_purity():
    labels = np.repeat(["a", "b"], 10)
    values = np.zeros((20, 3))
    values[:4, 1] = 0.9  # on in four pictures only
    values[:6, 2] = 0.9
    assert meaning.class_purity(values, labels).tolist()[:2] == pytest.approx(
        [np.nan] * 2, nan_ok=True
    )
    assert meaning.class_purity(values, labels)[2] == 1
    assert meaning.class_purity(values, labels, least=4)[1] == 1
    # an activation below one half is off, unless said otherwise
    values[:, 0] = 0.4
    assert np.isnan(meaning.class_purity(values, labels)[0])
    assert meaning.class_purity(values, labels, on=0.1)[0] == pytest.approx(0.5)


def test_a_concept_that_two_classes_share_is_impure_by_class_and_pure_by_concept():
    labels = np.arange(200) % 2
    concepts = np.random.default_rng(0).random((200, 2)) < 0.5
    by_class = meaning.class_purity(concepts, labels)
    assert (by_class < 0.7).all()
    assert meaning.concept_purity(concepts, concepts).tolist() == [1, 1]
    assert meaning.class_purity(labels[:, None] == [0, 1], labels).tolist() == [1, 1]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: meaning.class_purity(np.zeros((0, 3)), []), "empty"),
        (lambda: meaning.class_purity(np.zeros(3), np.zeros(3)), "matrix"),
        (lambda: meaning.class_purity(np.full((3, 1), np.nan), np.zeros(3)), "NaN"),
        (lambda: meaning.class_purity(np.zeros((3, 1)), [0, 1]), "labels"),
        (lambda: meaning.class_purity(np.zeros((3, 1)), np.zeros(3), 0), "at least 1"),
        (lambda: meaning.concept_purity(np.zeros((3, 1)), np.zeros((2, 1))), "concepts must be"),
        (lambda: meaning.concept_purity(np.zeros((3, 1)), np.full((3, 1), 0.5)), "0 or 1"),
        (lambda: meaning.concept_purity(np.zeros((3, 1)), np.zeros((3, 0))), "concepts must be"),
    ],
)
def test_bad_input_is_told(call, words):
    with pytest.raises(ValueError, match=words):
        call()
