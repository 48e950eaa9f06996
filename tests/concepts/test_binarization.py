"""What thresholding loses, thresholds, sweeps and information, against independent oracles."""

from collections import Counter
from math import log2

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.cluster import KMeans
from sklearn.metrics import mutual_info_score
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid

from nesylib import concepts

quick = settings(max_examples=50, deadline=None)
unit = st.floats(0, 1, width=32)
codes = st.integers(2, 12).flatmap(
    lambda n: st.integers(1, 6).flatmap(lambda d: arrays(np.float64, (n, d), elements=unit))
)


def drawn(n=600, d=12, classes=3, noise=0.15, seed=0):
    """Activations with one neuron a class, near its class or not; the others are noise."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, n)
    on = np.where(rng.random((n, d)) < 0.3, 0.9, 0.1)
    on[:, :classes] = np.where(labels[:, None] == np.arange(classes), 0.9, 0.1)
    return np.clip(on + rng.normal(0, noise, on.shape), 0, 1), labels


# what is counted


@quick
@given(codes, st.integers(1, 25))
def test_histogram_counts_every_activation_once(C, bins):
    counts, edges = concepts.activation_histogram(C, bins, per_neuron=True)
    assert counts.shape == (C.shape[1], bins) and (counts.sum(1) == len(C)).all()
    assert (concepts.activation_histogram(C, bins)[0] == counts.sum(0)).all()
    for d, b in np.ndindex(counts.shape):
        cell = np.floor(C[:, d] * bins)
        assert counts[d, b] == np.sum(cell == b) + (b == bins - 1) * np.sum(cell == bins)
    assert edges[0] == 0 and edges[-1] == 1 and len(edges) == bins + 1


def test_unsure_share_includes_both_ends():
    assert concepts.unsure_share([[0.4, 0.6, 0.39, 0.61]]) == 0.5
    assert concepts.unsure_share([[0.1, 0.2]], low=0.1, high=0.15) == 0.5
    with pytest.raises(ValueError, match="low < high"):
        concepts.unsure_share([[0.5]], low=0.6, high=0.4)


# information


def test_golden_information():
    bits = np.array([[1, 0], [1, 1], [0, 0], [0, 1]])
    found = concepts.code_information(bits, ["a", "a", "b", "b"])
    assert found["codes"] == 4 and found["entropy"] == 2 and found["independent"] == 2
    assert found["information"] == 1 and found["class_entropy"] == 1 and found["limit"] == 2
    frame = concepts.neuron_information(bits, ["a", "a", "b", "b"])
    assert frame["information"].tolist() == [1, 0] and frame["entropy"].tolist() == [1, 1]


@quick
@given(arrays(bool, (20, 5)), arrays(np.int64, 20, elements=st.integers(0, 2)))
def test_information_equals_a_count_by_hand(bits, labels):
    rows = [tuple(row) for row in bits.tolist()]
    shares = [n / 20 for n in Counter(rows).values()]
    labels = np.r_[0, 1, labels[2:]]
    found = concepts.code_information(bits, labels, shuffles=2)
    assert found["entropy"] == pytest.approx(-sum(p * log2(p) for p in shares))
    assert found["entropy"] <= min(found["independent"], found["limit"]) + 1e-9
    names = [str(row) for row in rows]
    oracle = mutual_info_score(labels, names) / np.log(2)
    assert found["information"] == pytest.approx(oracle, abs=1e-9)
    assert found["information"] <= min(found["entropy"], found["class_entropy"]) + 1e-9
    each = concepts.neuron_information(bits, labels)["information"]
    for d in range(5):
        oracle = mutual_info_score(labels, bits[:, d]) / np.log(2)
        assert each[d] == pytest.approx(oracle, abs=1e-9)
        assert each[d] <= found["information"] + 1e-9


def test_codes_that_all_differ_tell_the_class_and_so_do_shuffled_labels():
    bits = np.random.default_rng(0).random((200, 40)) < 0.5
    found = concepts.code_information(bits, np.arange(200) % 2)
    assert found["codes"] == 200
    assert found["information"] == pytest.approx(1) == found["by_chance"]
    assert found["corrected"] > found["entropy"]
    short = concepts.code_information(bits[:, :2], np.arange(200) % 2)
    assert short["by_chance"] < 0.05


# readers


def test_knn_equals_scikit_learn_where_nothing_ties():
    C, y = drawn()
    answers = concepts.knn_answers(C[:400], y[:400], C[400:], k=7, temperature=0.1)
    oracle = KNeighborsClassifier(7, metric="cosine", weights=lambda d: np.exp((1 - d) / 0.1))
    assert (answers == oracle.fit(C[:400], y[:400]).predict(C[400:])).all()


@quick
@given(st.integers(0, 50))
def test_knn_does_not_depend_on_the_order_of_rows(seed):
    C, y = drawn(n=80, seed=seed)
    B = concepts.binarize(C)
    order = np.random.default_rng(seed).permutation(60)
    straight = concepts.knn_answers(B[:60], y[:60], B[60:], k=3, block=7)
    assert (straight == concepts.knn_answers(B[:60][order], y[:60][order], B[60:], k=3)).all()


def test_knn_of_one_code_for_all_is_the_commonest_class():
    y = np.array([0] * 10 + [1] * 30)
    assert (concepts.knn_answers(np.zeros((40, 3)), y, np.zeros((5, 3)), k=5) == 1).all()


def test_nearest_mean_equals_scikit_learn():
    C, y = drawn()
    oracle = NearestCentroid().fit(C[:400], y[:400]).predict(C[400:])
    assert (concepts.mean_answers(C[:400], y[:400], C[400:]) == oracle).all()


def test_readers_keep_names_of_classes():
    C, y = drawn()
    names = np.array(["bed", "sea", "sky"])[y]
    for read in concepts.READERS.values():
        assert np.mean(read(C[:400], names[:400], C[400:]) == names[400:]) > 0.9


# thresholds


@quick
@given(arrays(np.float64, st.integers(2, 14), elements=st.integers(0, 100).map(lambda i: i / 100)))
def test_two_means_is_the_best_of_all_splits(column):
    cut = concepts.neuron_thresholds(column[:, None])[0]

    def error(mask):
        sides = (column[mask], column[~mask])
        return sum(((s - s.mean()) ** 2).sum() for s in sides if len(s))

    if np.ptp(column) == 0:
        assert cut == 0.5
        return
    every = [error(column >= v) for v in np.unique(column)[1:]]
    assert error(column >= cut) == pytest.approx(min(every), abs=1e-12)


def test_two_means_agrees_with_kmeans():
    C, _ = drawn()
    found = KMeans(2, n_init=5, random_state=0).fit(C[:, [0]]).cluster_centers_.mean()
    assert concepts.neuron_thresholds(C)[0] == pytest.approx(found, abs=1e-6)


@quick
@given(
    arrays(np.float64, 12, elements=st.integers(0, 9).map(lambda i: i / 10)),
    arrays(np.int64, 12, elements=st.integers(0, 2)),
)
def test_the_informative_cut_tells_most(column, labels):
    labels = np.r_[0, 1, labels[2:]]
    cut = concepts.neuron_thresholds(column[:, None], "information", labels)[0]
    every = [mutual_info_score(labels, column >= v) for v in np.unique(column)[1:]]
    got = mutual_info_score(labels, column >= cut)
    assert got == pytest.approx(max(every, default=0.0), abs=1e-9)


def test_class_means_cut_in_the_widest_gap():
    C = np.array([[0.1], [0.1], [0.2], [0.2], [0.8], [0.8]])
    assert concepts.neuron_thresholds(C, "class-means", list("aabbcc"))[0] == pytest.approx(0.5)
    assert concepts.neuron_thresholds(C, "class-means", list("abbbcc"))[0] == pytest.approx(
        (0.1 + 0.5 / 3 * 1) / 2 + (0.8 - 0.1) / 2, abs=0.05
    )


def test_mean_std_is_nesyfolds_rule_and_constants_keep_a_half():
    C = np.column_stack([np.linspace(0, 1, 11), np.zeros(11), np.full(11, 0.9)])
    cuts = concepts.neuron_thresholds(C, "mean-std")
    assert cuts[0] == pytest.approx(0.6 * 0.5 + 0.7 * C[:, 0].std())
    assert cuts[1:].tolist() == [0.5, 0.5]


def test_a_faint_neuron_is_dead_at_a_half_and_split_by_its_own_threshold():
    C = np.where(np.arange(40)[:, None] < 20, 0.01, 0.03)
    assert concepts.code_summary(C)["dead"] == 1
    cuts = concepts.neuron_thresholds(C)
    assert concepts.binarize(C, cuts).sum() == 20


# what is lost, and sweeps


def test_levels_are_lost_and_sharp_activations_are_not():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 4, 800)
    sharp = np.where(labels[:, None] == np.arange(4), 0.95, 0.05)
    level = np.array([0.55, 0.65, 0.85, 0.95])[labels][:, None] + rng.normal(0, 0.01, (800, 1))
    level = np.hstack([level, 1 - level])
    for C, lost in ((sharp, 0.0), (level, 0.5)):
        frame = concepts.binarization_loss(C[:500], labels[:500], C[500:], labels[500:])
        assert (frame["activations"] > 0.99).all()
        assert (frame["lost"] >= lost).all() and (frame["lost"] <= lost + 0.35).all()
        assert (frame["changed"] >= frame["lost"].abs() - 1e-12).all()
    # one threshold a neuron can't save four levels, but it saves two of them
    cuts = concepts.neuron_thresholds(level[:500])
    frame = concepts.binarization_loss(level[:500], labels[:500], level[500:], labels[500:], cuts)
    assert frame.loc["nearest mean", "bits"] > 0.4


def test_shuffled_labels_leave_nothing_to_lose():
    C, y = drawn()
    y = np.random.default_rng(1).permutation(y)
    frame = concepts.binarization_loss(C[:400], y[:400], C[400:], y[400:])
    assert (frame[["activations", "bits"]] < 0.45).all(axis=None)


def test_sweep_measures_flips_and_calls_the_rules():
    C, y = drawn()
    calls = []

    def rules(bits, labels, test_bits, test_labels):
        calls.append(bits.mean())
        assert bits.dtype == bool and len(bits) == len(labels) == 400
        return {"rules": 3, "accuracy": float(np.mean(test_bits[:, 0] == (test_labels == 0)))}

    frame = concepts.threshold_sweep(C[:400], y[:400], C[400:], y[400:], (0.2, 0.5), rules=rules)
    assert frame.index.tolist() == [0.2, 0.5] and len(calls) == 2 and calls[0] > calls[1]
    expected = np.mean((C[400:] >= 0.2) != (C[400:] >= 0.5))
    assert frame.loc[0.2, "flipped"] == pytest.approx(expected)
    assert frame.loc[0.5, ["flipped", "touched"]].tolist() == [0, 0]
    assert frame.loc[0.2, "active"] > frame.loc[0.5, "active"]
    assert (frame["accuracy"] > 0.8).all() and (frame["rules"] == 3).all()
    named = {"half": 0.5, "own": concepts.neuron_thresholds(C[:400])}
    frame = concepts.threshold_sweep(C[:400], y[:400], C[400:], y[400:], named, readers=())
    assert frame.index.tolist() == ["half", "own"] and "k-NN" not in frame


@quick
@given(codes)
def test_thresholding_never_brings_information_about_the_class(C):
    """Data processing: a bit is a function of its activation."""
    y = np.arange(len(C)) % 2
    bits = concepts.code_information(C >= 0.5, y, shuffles=1)["information"]
    _, row = np.unique(C, axis=0, return_inverse=True)
    assert bits <= mutual_info_score(y, row.ravel()) / np.log(2) + 1e-9


# bad input

ok, names = np.full((4, 2), 0.3), [0, 0, 1, 1]
BAD = [
    (np.zeros((0, 2)), [], "empty"),
    (np.full((4, 2), np.nan), names, "NaN"),
    (ok * 10, names, "apply the sigmoid"),
    (ok[:, 0], names, "row a picture"),
    (ok, names[:3], "4 pictures"),
    (ok, [1, 1, 1, 1], "only the class"),
    (ok, [0.0, 1.0, np.nan, 1.0], "labels hold NaN"),
]


@pytest.mark.parametrize(("C", "y", "said"), BAD)
def test_bad_input_is_named(C, y, said):
    for call in (
        lambda: concepts.binarization_loss(C, y, ok, names),
        lambda: concepts.threshold_sweep(C, y, ok, names),
        lambda: concepts.network_answers(C, y, ok),
        lambda: concepts.neuron_information(C, y),
        lambda: concepts.neuron_thresholds(C, "class-means", y),
    ):
        with pytest.raises(ValueError, match=said):
            call()


def test_other_bad_settings_are_named():
    with pytest.raises(ValueError, match=r"no reader 'svm'.*nearest mean"):
        concepts.binarization_loss(ok, names, ok, names, readers=["svm"])
    with pytest.raises(ValueError, match="3 neurons, test codes 2"):
        concepts.binarization_loss(np.zeros((4, 3)), names, ok, names)
    with pytest.raises(ValueError, match=r"unknown method 'otsu'.*two-means"):
        concepts.neuron_thresholds(ok, "otsu")
    with pytest.raises(ValueError, match="give labels"):
        concepts.neuron_thresholds(ok, "information")
    with pytest.raises(ValueError, match="one for each neuron"):
        concepts.binarize(ok, [0.5, 0.5, 0.5])
    with pytest.raises(ValueError, match="between 0 and 1"):
        concepts.binarize(ok, [0.5, 1.0])
    with pytest.raises(ValueError, match=r"call nesylib.concepts.binarize first"):
        concepts.code_information(ok)
    with pytest.raises(ValueError, match="no thresholds"):
        concepts.threshold_sweep(ok, names, ok, names, ())
    with pytest.raises(ValueError, match="k must be"):
        concepts.knn_answers(ok, names, ok, k=0)
