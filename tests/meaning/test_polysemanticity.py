"""Monosemanticity, co-activation, concepts within classes, and the table of them all."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import roc_auc_score

from nesylib import meaning
from nesylib.meaning.inside_class import shuffled_within

quick = settings(max_examples=40, deadline=None)


def slow_score(values, embeddings):
    """The definition: a loop over all pairs of different pictures."""
    low, high = values.min(), values.max()
    scaled = (values - low) / (high - low)
    top = bottom = 0.0
    for n in range(len(values)):
        for m in range(len(values)):
            if n != m:
                length = np.linalg.norm(embeddings[n]) * np.linalg.norm(embeddings[m])
                cosine = embeddings[n] @ embeddings[m] / length
                top += scaled[n] * scaled[m] * cosine
                bottom += scaled[n] * scaled[m]
    return top / bottom


@quick
@given(st.integers(0, 10**6), st.integers(3, 20), st.integers(1, 5))
def test_the_score_in_closed_form_is_the_loop_over_pairs(seed, pictures, size):
    rng = np.random.default_rng(seed)
    values, embeddings = rng.random((pictures, 3)), rng.normal(size=(pictures, size))
    found = meaning.monosemanticity(values, embeddings)
    assert found == pytest.approx([slow_score(c, embeddings) for c in values.T], abs=1e-9)
    centred = meaning.monosemanticity(values, embeddings, center=True)
    assert centred == pytest.approx(
        [slow_score(c, embeddings - embeddings.mean(0)) for c in values.T], abs=1e-9
    )


def test_what_the_score_says():
    rng = np.random.default_rng(0)
    kinds = np.repeat(np.eye(4), 50, axis=0)
    fires = np.column_stack([np.arange(200) < 50, np.arange(200) < 100, np.zeros(200)])
    one, two, none = meaning.monosemanticity(fires, kinds)
    assert one == pytest.approx(1) and two == pytest.approx(2 * 50 * 49 / (100 * 99))
    assert np.isnan(none)
    # what says nothing gets the mean similarity
    noise = meaning.monosemanticity(rng.random((200, 400)), kinds)
    assert noise.mean() == pytest.approx(meaning.mean_similarity(kinds), abs=0.005)
    assert np.isnan(meaning.monosemanticity(np.eye(5)[:, :1], rng.normal(size=(5, 2))))[0]
    assert np.isnan(meaning.mean_similarity(np.ones((1, 3))))
    # a common part makes all alike, centring takes it away
    assert meaning.mean_similarity(kinds + 5) > 0.95
    assert abs(meaning.mean_similarity(kinds + 5, center=True)) < 0.01


def test_the_score_is_of_any_size_and_unit_of_embeddings():
    rng = np.random.default_rng(1)
    values, embeddings = rng.random((50, 4)), rng.normal(size=(50, 6))
    found = meaning.monosemanticity(values, embeddings)
    scaled = embeddings * rng.uniform(0.1, 9, (50, 1))
    assert meaning.monosemanticity(values, scaled) == pytest.approx(found)
    assert meaning.monosemanticity(values / 3 + 0.2, embeddings) == pytest.approx(found)
    with pytest.raises(ValueError, match="a row for each picture"):
        meaning.monosemanticity(values, embeddings[:-1])
    with pytest.raises(ValueError, match="infinity"):
        meaning.monosemanticity(values, np.where(embeddings > 2, np.inf, embeddings))


bits = arrays(bool, (12, 4))


@quick
@given(bits, st.lists(st.integers(0, 2), min_size=12, max_size=12))
def test_coactivation_counts(bits, labels):
    labels = np.array(labels)
    found = meaning.coactivation(bits)
    inside = meaning.coactivation(bits, labels)
    for i, j in np.ndindex(4, 4):
        both = np.mean(bits[:, i] & bits[:, j])
        assert found.both[i, j] == inside.both[i, j] == pytest.approx(both)
        assert found.excess[i, j] == pytest.approx(both - bits[:, i].mean() * bits[:, j].mean())
        expected = sum(
            (labels == c).mean() * bits[labels == c, i].mean() * bits[labels == c, j].mean()
            for c in set(labels.tolist())
        )
        assert inside.expected[i, j] == pytest.approx(expected)
        if bits[:, i].any() > bits[:, i].all() and bits[:, j].any() > bits[:, j].all():
            r = np.corrcoef(bits[:, i], bits[:, j])[0, 1]
            assert found.correlation[i, j] == pytest.approx(r)
        else:
            assert found.correlation[i, j] == 0


def test_the_class_explains_what_class_detectors_share():
    labels = np.arange(300) % 3
    detectors = np.repeat(labels[:, None] == np.arange(3), 2, axis=1)
    found = meaning.coactivation(detectors)
    assert found.frame(3)[["one", "other"]].to_numpy().tolist() == [[0, 1], [2, 3], [4, 5]]
    assert found.frame(3)["excess"].tolist() == pytest.approx([2 / 9] * 3)
    assert np.abs(meaning.coactivation(detectors, labels).excess).max() < 1e-12
    assert found.redundancy == pytest.approx((3 * 1 + 12 * 0.5) / 15)
    assert np.isnan(meaning.coactivation(detectors[:, :1]).redundancy)
    with pytest.raises(ValueError, match="binarize"):
        meaning.coactivation(np.full((3, 2), 0.3))


def test_auc_equals_other_peoples():
    rng = np.random.default_rng(0)
    values = rng.integers(0, 6, (80, 3)) / 6
    concepts = rng.random((80, 4)) < [0.5, 0.3, 0.2, 0.0]
    found = meaning.concept_auc(values, concepts)
    expected = [[roc_auc_score(t, v) for t in concepts[:, :3].T] for v in values.T]
    assert found[:, :3] == pytest.approx(np.array(expected))
    assert np.isnan(found[:, 3]).all()


def test_auc_within_classes_compares_pairs_of_one_class():
    rng = np.random.default_rng(1)
    values = rng.integers(0, 6, (40, 2)) / 6
    concepts, labels = rng.random((40, 3)) < 0.5, np.arange(40) % 3
    concepts[labels == 2, 0] = True
    found = meaning.concept_auc(values, concepts, labels, least=1)
    for i, k in np.ndindex(2, 3):
        wins = pairs = 0.0
        for a in range(40):
            for b in range(40):
                if labels[a] == labels[b] and concepts[a, k] and not concepts[b, k]:
                    pairs += 1
                    wins += np.sign(values[a, i] - values[b, i]) / 2 + 0.5
        assert found[i, k] == pytest.approx(wins / pairs)


def test_mean_auc_over_classes_is_that_of_scikit_learn():
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(1)
    labels, values = rng.integers(0, 4, 200), rng.integers(0, 9, (200, 2)) / 8
    concepts = rng.random((200, 3)) < (0.05, 0.5, 0.0)
    found = meaning.concept_auc(values, concepts, labels, least=5, over="classes")
    for i in range(2):
        for k in range(3):
            parts = [(concepts[labels == c, k], values[labels == c, i]) for c in range(4)]
            each = [roc_auc_score(b, v) for b, v in parts if min(b.sum(), (~b).sum()) >= 5]
            expected = np.mean(each) if each else np.nan
            assert found[i, k] == pytest.approx(expected, nan_ok=True)
    with pytest.raises(ValueError, match="'pairs' or 'classes'"):
        meaning.concept_auc(values, concepts, labels, over="pictures")


def test_class_detectors_follow_no_concept_within_classes():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 4, 800)
    concepts = rng.random((800, 5)) < rng.random((4, 5))[labels]
    concepts[:, 0] = labels == 0  # the bed of every bedroom
    detectors = (labels[:, None] == np.arange(4)).astype(float)
    assert meaning.concept_purity(detectors, concepts)[0] == 1
    assert np.nanmax(meaning.concept_auc(detectors, concepts)[0]) == 1
    inside = meaning.concept_auc(detectors, concepts, labels)
    assert np.isnan(inside[:, 0]).all() and inside[:, 1:] == pytest.approx(0.5)
    table = meaning.within_class_auc(detectors, concepts, labels)
    assert table["auc"].isna().all() and (table["concept"] == -1).all()
    # and with noise of their own, no better than chance
    noisy = np.clip(detectors * 0.8 + rng.random((800, 4)) * 0.2, 0, 1)
    table = meaning.within_class_auc(noisy, concepts, labels)
    assert np.abs(table["auc"] - table["by_chance"]).max() < 0.06
    found = meaning.within_class_auc(concepts * 0.9, concepts, labels)
    assert found["concept"].tolist()[1:] == [1, 2, 3, 4] and (found["auc"][1:] == 1).all()
    assert (found["followed"][1:] == 1).all() and (found["second"][1:] < 0.6).all()


def test_neurons_of_two_concepts_follow_two():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 600)
    concepts = rng.random((600, 4)) < 0.4
    either = (concepts[:, :1] | concepts[:, 1:2]).astype(float)
    found = meaning.within_class_auc(either, concepts, labels)
    assert found["followed"].tolist() == [2] and set(found["concept"]) <= {0, 1}
    # P(on | concept) = 1 and P(on | no concept) = 0.4: AUC (1 + 0.6) / 2
    assert found["second"][0] == pytest.approx(0.8, abs=0.03)
    assert meaning.within_class_auc(either, concepts, labels, follows=0.95)["followed"][0] == 0


def test_shuffles_within_classes_keep_the_classes():
    labels = np.array(list("baabbcab"))
    rng = np.random.default_rng(0)
    orders = np.array([shuffled_within(labels, rng) for _ in range(60)])
    assert (np.sort(orders) == np.arange(8)).all()
    assert (labels[orders] == labels).all()
    assert len(np.unique(orders, axis=0)) > 20


def test_table_of_all_measures_and_its_means():
    rng = np.random.default_rng(0)
    labels = np.array(["bed", "bath"])[np.arange(120) % 2]
    concepts = rng.random((120, 3)) < 0.5
    values = np.column_stack([concepts[:, 1], labels == "bath", np.zeros(120)]) * 0.9
    table = meaning.neuron_measures(values, labels, concepts, concepts + 0.1)
    assert table["pictures"].tolist()[1:] == [60, 0]
    assert table["class"].tolist()[1:] == ["bath", None]
    assert table["polysemantic"].tolist() == [True, False, False]
    assert table["concept"].tolist()[::2] == [1, -1]
    assert table["within_auc"][0] == 1 and table["within_auc"][1:].isna().all()
    assert table.loc[2, ["class_purity", "concept_purity", "monosemanticity"]].isna().all()
    means = meaning.measures_summary(table)
    assert means["alive"] == 2 and means["polysemantic"] == 0.5
    assert means["within_auc"] == 1
    assert (means["none"], means["one"], means["several"]) == (0.5, 0.5, 0)
    dead = meaning.measures_summary(meaning.neuron_measures(values[:, 2:], labels))
    assert dead["alive"] == 0 and np.isnan(dead["class_purity"])
    with pytest.raises(ValueError, match="empty"):
        meaning.neuron_measures(np.zeros((0, 2)), [])
    with pytest.raises(ValueError, match="shuffles"):
        meaning.within_class_auc(values, concepts, labels, shuffles=0)
