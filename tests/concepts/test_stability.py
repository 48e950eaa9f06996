"""Neurons of two networks, matched."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import jaccard_score

from nesylib import concepts
from nesylib.concepts.stability import similarity

quick = settings(max_examples=50, deadline=None)
bits = arrays(bool, (16, 4))


@quick
@given(bits, bits)
def test_similarities_equal_other_peoples(one, other):
    correlation, jaccard = (similarity(one, other, m) for m in ("correlation", "jaccard"))
    for i, j in np.ndindex(4, 4):
        a, b = one[:, i], other[:, j]
        if a.any() > a.all() and b.any() > b.all():
            assert correlation[i, j] == pytest.approx(np.corrcoef(a, b)[0, 1])
            assert jaccard[i, j] == pytest.approx(jaccard_score(a, b))
        else:
            assert correlation[i, j] == jaccard[i, j] == 0


@quick
@given(bits, bits, st.sampled_from(["correlation", "jaccard"]))
def test_no_other_matching_is_better(one, other, measure):
    ends = np.array([[0] * 4, [1] * 4], bool)
    one, other = (np.vstack([ends, x[2:]]) for x in (one, other))  # every neuron changes
    found = concepts.match_neurons(one, other, measure)
    table = similarity(one, other, measure)
    best = max(sum(table[i, p[i]] for i in range(4)) for p in permutations(range(4)))
    assert found.scores.sum() == pytest.approx(best)
    assert sorted(found.pairs[:, 0]) == sorted(found.pairs[:, 1]) == [0, 1, 2, 3]


@quick
@given(bits, st.permutations(range(4)))
def test_a_net_with_its_neurons_in_another_order_matches_itself(one, order):
    one = np.vstack([np.eye(4, dtype=bool), one[4:]])
    found = concepts.match_neurons(one, one[:, order])
    assert found.scores.tolist() == pytest.approx([1.0] * 4)
    assert all((one[:, i] == one[:, order[j]]).all() for i, j in found.pairs)


def test_silent_neurons_are_left_out_and_told():
    rng = np.random.default_rng(0)
    one = rng.random((50, 3)) < 0.5
    other = np.column_stack([np.zeros(50), one[:, 2], np.ones(50), one[:, 0], one[:, 1]])
    found = concepts.match_neurons(one, other, "jaccard")
    assert {tuple(p) for p in found.pairs.tolist()} == {(0, 3), (1, 4), (2, 1)}
    assert found.silent[0].tolist() == [] and found.silent[1].tolist() == [0, 2]
    assert found.frame()["score"].tolist() == [1, 1, 1] and len(found) == 3
    # the smaller net decides how many pairs there are
    assert len(concepts.match_neurons(one[:, :2], other)) == 2


def detectors(labels, per_class, rng, extra=0.0):
    """Neurons that follow the class, with ``extra`` of their own causes."""
    on = np.repeat(labels[:, None] == np.unique(labels), per_class, axis=1)
    return on ^ (rng.random(on.shape) < extra)


def test_controls_tell_shared_concepts_from_shared_classes():
    rng = np.random.default_rng(0)
    labels = np.arange(600) % 3
    causes = rng.random((600, 6)) < 0.4
    shared = concepts.seed_stability(causes, causes[:, ::-1], labels=labels).summary()
    assert shared["score"] == pytest.approx(1) and shared["same"] == 1
    assert shared["within_class"] < 0.2 and shared["shuffled"] < 0.2
    assert shared["p"] == pytest.approx(1 / 21)
    # noise that each net draws for itself: all that two nets share is the class
    nets = [detectors(labels, 2, np.random.default_rng(s), 0.1) for s in (1, 2)]
    only = concepts.seed_stability(*nets, labels=labels).summary()
    assert only["score"] > 0.6 and only["shuffled"] < 0.2
    assert only["within_class"] == pytest.approx(only["score"], abs=0.05)


def test_unrelated_nets_are_no_better_than_the_control():
    rng = np.random.default_rng(0)
    one, other = rng.random((2, 300, 20)) < 0.5
    found = concepts.seed_stability(one, other, measure="jaccard", shuffles=40)
    assert found.summary()["p"] > 0.05
    assert found.score == pytest.approx(found.shuffled.mean(), abs=0.03)
    assert found.score > 0.3  # which looks like something, without the control
    again = concepts.seed_stability(one, other, measure="jaccard", shuffles=40)
    assert (again.shuffled == found.shuffled).all()
    assert found.within_class is None and "within_class" not in found.summary()


def test_activations_match_by_correlation():
    C = np.random.default_rng(0).random((80, 5))
    assert concepts.match_neurons(C, C**2).scores.min() > 0.9
    with pytest.raises(ValueError, match="binarize first"):
        concepts.match_neurons(C, C, "jaccard")


def test_bad_input_is_named():
    ok = np.eye(4)
    with pytest.raises(ValueError, match="same pictures"):
        concepts.match_neurons(ok, np.eye(5))
    with pytest.raises(ValueError, match=r"second network changes.*collapsed"):
        concepts.match_neurons(ok, np.zeros((4, 2)))
    with pytest.raises(ValueError, match="unknown measure 'cosine'"):
        concepts.match_neurons(ok, ok, "cosine")
    with pytest.raises(ValueError, match="first code hold NaN"):
        concepts.match_neurons(ok * np.nan, ok)
    with pytest.raises(ValueError, match="shuffles"):
        concepts.seed_stability(ok, ok, shuffles=0)
    with pytest.raises(ValueError, match="4 pictures"):
        concepts.seed_stability(ok, ok, labels=[0, 1])
