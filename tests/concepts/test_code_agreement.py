"""Fidelity for each definition of the network's answer."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import binomtest
from sklearn.metrics import cohen_kappa_score

from nesylib import concepts
from nesylib.concepts.agreement import wilson

quick = settings(max_examples=50, deadline=None)
classes = arrays(np.int64, 30, elements=st.integers(0, 3))


def test_golden_fidelity():
    rules = ["a", "a", "b", None]
    frame = concepts.fidelity(rules, {"net": ["a", "b", "b", "b"]}, ["a", "a", "b", "b"])
    row = frame.loc["net"]
    assert row["fidelity"] == 0.5 and row["rules right"] == 0.75 and row["network right"] == 0.75
    assert row["where right"] == pytest.approx(2 / 3) and row["where wrong"] == 0
    assert row["by_chance"] == pytest.approx(0.5 * 0.25 + 0.25 * 0.75)


@quick
@given(classes, classes, classes)
def test_fidelity_is_what_scikit_learn_counts(rules, answers, labels):
    row = concepts.fidelity(rules, {"net": answers}, labels).iloc[0]
    assert row["fidelity"] == np.mean(rules == answers)
    if row["by_chance"] < 1:
        assert row["kappa"] == pytest.approx(cohen_kappa_score(rules, answers), abs=1e-12)
    assert row["low"] <= row["fidelity"] + 1e-12 and row["fidelity"] <= row["high"] + 1e-12
    parts = [("where right", row["network right"]), ("where wrong", 1 - row["network right"])]
    whole = sum(row[name] * share for name, share in parts if share > 1e-12)
    assert whole == pytest.approx(row["fidelity"])
    # two that are both right on a share must agree on what the two have in common
    assert row["fidelity"] >= row["network right"] + row["rules right"] - 1 - 1e-12


@quick
@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_is_scipys(pair):
    hits, n = pair
    found = binomtest(hits, n).proportion_ci(method="wilson")
    assert wilson(hits, n) == pytest.approx((found.low, found.high), abs=1e-6)


def test_the_same_rules_are_faithful_to_one_definition_and_not_to_another():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 1000)
    answers = {"good": np.where(rng.random(1000) < 0.95, y, 1 - y), "copied": None}
    rules = np.where(rng.random(1000) < 0.9, y, 1 - y)
    answers["copied"] = rules.copy()
    frame = concepts.fidelity(rules, answers, y)
    assert frame.loc["copied", ["fidelity", "where wrong"]].tolist() == [1, 1]
    assert frame.loc["good", "where wrong"] < 0.3 < 0.8 < frame.loc["good", "where right"]
    shuffled = concepts.fidelity(rng.permutation(rules), answers)
    assert (shuffled["kappa"].abs() < 0.1).all()
    assert "where right" not in shuffled


def test_every_definition_is_answered_and_extra_networks_are_named():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 300)
    C = np.clip(np.eye(3)[y] * 0.8 + rng.random((300, 3)) * 0.2, 0, 1)
    found = concepts.network_answers(C[:200], y[:200], C[200:], plain_vit=y[200:])
    assert list(found) == ["linear head", "k-NN", "nearest mean", "plain vit"]
    square = concepts.pairwise_agreement(found)
    assert (square.to_numpy() == square.to_numpy().T).all()
    assert (np.diag(square) == 1).all() and square.loc["k-NN", "plain vit"] > 0.95


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="network_answers first"):
        concepts.fidelity([1, 2], {})
    with pytest.raises(ValueError, match="list of classes"):
        concepts.fidelity([], {"net": []})
    with pytest.raises(ValueError, match="answers of net have shape"):
        concepts.fidelity([1, 2], {"net": [1, 2, 3]})
    with pytest.raises(ValueError, match="answers of plain_vit have shape"):
        concepts.network_answers(np.eye(2), [0, 1], np.eye(2), plain_vit=[0])
    with pytest.raises(ValueError, match="no answers"):
        concepts.pairwise_agreement({})
