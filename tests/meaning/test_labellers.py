"""Evidence, and the labellers that need no network."""

import numpy as np
import pytest

from nesylib import concepts, meaning
from nesylib.meaning.labellers import (
    ChatWords,
    Endpoint,
    Evidence,
    HeadWords,
    KnownConcepts,
    Labeller,
    MaskNames,
    RandomWords,
    gather,
    montage,
    object_scores,
)
from nesylib.meaning.labellers.lit_pictures import APART, DARK, GAP, as_jpeg

WORDS = ("bed", "sink", "lamp")


@pytest.fixture
def evidence():
    """Neuron 0 follows bed, 1 follows sink, 2 is never on, 3 follows nothing."""
    rng = np.random.default_rng(0)
    n = 60
    bits = rng.random((n, 3)) < 0.4
    codes = np.stack(
        [0.9 * bits[:, 0], 0.9 * bits[:, 1], np.full(n, 0.1), rng.random(n)], 1
    ) + 0.05 * rng.random((n, 4))
    masks = np.zeros((n, 16, 16), np.uint8)
    masks[bits[:, 0], :8, :8] = 1
    masks[bits[:, 1], 8:, 8:] = 2
    masks[bits[:, 2], :8, 8:] = 3
    images = rng.integers(0, 256, (n, 3, 16, 16), np.uint8)
    top = meaning.top_pictures(codes, 10)
    maps = np.zeros((4, 10, 2, 2), np.float32)
    maps[0, :, 0, 0] = maps[1, :, 1, 1] = maps[2, :, 0, 1] = maps[3, :, 0, 1] = 1
    return Evidence(images, codes, range(4), top, maps), bits, masks


def test_masks_name_what_lies_under_the_maps(evidence):
    seen, _, masks = evidence
    labels = MaskNames(masks, WORDS).label(seen)
    assert labels.best() == {0: "bed", 1: "sink", 3: "lamp"}
    assert "never on" in labels.missing[2]


def test_masks_agree_with_mass_ratio_on_all_pictures(evidence):
    seen, _, masks = evidence
    maps = np.zeros((len(seen.images), 4, 2, 2), np.float32)
    rng = np.random.default_rng(1)
    maps[:] = rng.random(maps.shape)
    own = Evidence(
        seen.images, seen.codes, seen.neurons, seen.top,
        maps[seen.top, np.arange(4)[:, None]],
    )  # fmt: skip
    whole = meaning.mass_ratio(maps, seen.codes, masks, WORDS, k=10)
    assert MaskNames(masks, WORDS).label(own).names == whole.names


def test_empty_maps_and_empty_masks_leave_a_reason(evidence):
    seen, _, masks = evidence
    none = Evidence(seen.images, seen.codes, seen.neurons, seen.top, 0 * seen.maps)
    assert "empty" in MaskNames(masks, WORDS).label(none).missing[0]
    nothing = MaskNames(0 * masks, WORDS).label(seen)
    assert set(nothing.missing) == {0, 1, 2, 3} and not nothing.best()
    broken = Evidence(seen.images, seen.codes, seen.neurons, seen.top, np.nan * seen.maps)
    assert "NaN" in MaskNames(masks, WORDS).label(broken).missing[1]


def test_words_of_a_head_stand_out_in_the_top_pictures(evidence):
    seen, bits, _ = evidence
    scores = bits + 0.1 * np.random.default_rng(2).standard_normal(bits.shape)
    labels = HeadWords(scores, WORDS).label(seen)
    assert labels.best() == {0: "bed", 1: "sink"}
    assert "never on" in labels.missing[2] and "no word stands out" in labels.missing[3]


def test_the_score_of_a_word_is_a_difference_in_deviations(evidence):
    seen, bits, _ = evidence
    scores = np.random.default_rng(3).standard_normal(bits.shape)
    found = dict(HeadWords(scores, WORDS, least=-9, margin=99).label(seen).names[0])
    inside = np.zeros(len(scores), bool)
    inside[seen.top[0]] = True
    want = (scores[inside].mean(0) - scores[~inside].mean(0)) / scores.std(0)
    assert [found[word] for word in WORDS] == pytest.approx(want)


def test_within_class_a_class_detector_finds_no_word():
    rng = np.random.default_rng(4)
    labels = np.repeat([0, 1], 100)
    bits = rng.random((200, 3)) < np.where(labels, 0.95, 0.05)[:, None]  # all follow the class
    codes = (labels + 0.01 * rng.random(200))[:, None]
    seen = Evidence(
        np.zeros((200, 3, 4, 4), np.uint8), codes, [0], meaning.top_pictures(codes, 10),
        np.ones((1, 10, 2, 2)),
    )  # fmt: skip
    assert KnownConcepts(bits, WORDS).label(seen).best()
    inside = KnownConcepts(bits, WORDS, labels=labels, least=0.3).label(seen)
    assert "follows no known concept" in inside.missing[0]
    scores = bits + 0.01 * rng.standard_normal(bits.shape)
    assert HeadWords(scores, WORDS, least=0.6).label(seen).best()
    assert not HeadWords(scores, WORDS, labels=labels, least=0.6).label(seen).best()


def test_labellers_leave_what_they_are_given_as_it_was(evidence):
    seen, bits, masks = evidence
    classes = np.arange(len(bits)) % 2
    scores = bits.astype(np.float64)
    for labeller in (
        HeadWords(scores, WORDS, labels=classes), KnownConcepts(scores, WORDS, labels=classes),
        MaskNames(masks, WORDS),
    ):  # fmt: skip
        codes, maps, marked = seen.codes.copy(), seen.maps.copy(), masks.copy()
        labeller.label(seen)
        assert np.array_equal(scores, bits) and np.array_equal(masks, marked)
        assert np.array_equal(seen.codes, codes) and np.array_equal(seen.maps, maps)


def test_known_concepts_correlate_as_numpy_does(evidence):
    seen, bits, _ = evidence
    labels = KnownConcepts(bits, WORDS, least=-1, margin=2).label(seen)
    for neuron in (0, 1, 3):
        for word, r in labels.names[neuron]:
            want = np.corrcoef(seen.codes[:, neuron], bits[:, WORDS.index(word)])[0, 1]
            assert r == pytest.approx(want)


def test_a_concept_that_never_varies_is_no_name(evidence):
    seen, bits, _ = evidence
    constant = np.ones_like(bits)
    assert not KnownConcepts(constant, WORDS).label(seen).best()
    assert not HeadWords(constant, WORDS).label(seen).best()


def test_random_words_keep_to_the_seed_and_to_neurons_that_fire(evidence):
    seen, _, _ = evidence
    first, again = (RandomWords(WORDS, 5).label(seen) for _ in range(2))
    assert first.names == again.names and set(first.best()) == {0, 1, 3}
    assert any(RandomWords(WORDS, s).label(seen).names != first.names for s in range(9))


def test_all_keep_to_one_interface(evidence):
    seen, bits, masks = evidence
    for labeller in (
        MaskNames(masks, WORDS), HeadWords(bits, WORDS), KnownConcepts(bits, WORDS),
        RandomWords(WORDS),
    ):  # fmt: skip
        assert isinstance(labeller, Labeller)
        labels = labeller.label(seen)
        assert set(labels.names) == set(seen.neurons) and labels.method
        assert isinstance(labels, meaning.Labels)


def test_a_labeller_for_other_pictures_is_refused(evidence):
    seen, bits, masks = evidence
    for labeller in (
        MaskNames(masks[:-1], WORDS), HeadWords(bits[:-1], WORDS), KnownConcepts(bits[:-1], WORDS)
    ):  # fmt: skip
        with pytest.raises(ValueError, match="pictures"):
            labeller.label(seen)


@pytest.mark.parametrize(
    "change, said",
    [
        (dict(codes=np.zeros((3, 2))), "codes"),
        (dict(neurons=[0, 0, 1, 2]), "different columns"),
        (dict(neurons=[0, 1, 2, 9]), "0 to 3"),
        (dict(top=np.zeros((4, 10))), "top"),
        (dict(top=np.full((4, 10), 60)), "outside"),
        (dict(maps=np.zeros((4, 9, 2, 2))), "one map"),
        (dict(neurons=[True, False, True, True]), "column numbers"),
        (dict(top=np.zeros((4, 0), int), maps=np.zeros((4, 0, 2, 2))), "top is empty"),
    ],
)
def test_evidence_that_does_not_fit_together(evidence, change, said):
    seen = evidence[0]
    parts = {name: getattr(seen, name) for name in ("images", "codes", "neurons", "top", "maps")}
    with pytest.raises(ValueError, match=said):
        Evidence(**(parts | change))


def test_a_neuron_of_nan_counts_as_silent(evidence):
    seen = evidence[0]
    codes = seen.codes.copy()
    codes[:, 1] = np.nan
    assert set(Evidence(seen.images, codes, range(4), seen.top, seen.maps).silent()) == {1, 2}


def test_scores_of_a_trained_head_tell_the_objects():
    rng = np.random.default_rng(5)
    features = rng.standard_normal((300, 8))
    bits = np.stack([features[:, 0] > 0, features[:, 1] > 0, np.zeros(300, bool)], 1)
    scores = object_scores(features[:200], bits[:200], features[200:])
    assert ((scores[:, :2] > 0) == bits[200:, :2]).mean() > 0.9
    assert not scores[:, 2].any()


@pytest.mark.parametrize("method", ["direction", "gradient-attention"])
def test_gather_makes_the_maps_that_the_whole_set_would_have(method):
    net = concepts.ConceptViT("nesy_tiny", 5, img_size=16, depth=2, seed=0)
    images = np.random.default_rng(6).integers(0, 256, (12, 3, 16, 16), np.uint8)
    codes = concepts.encode(net, images)
    codes[:, 3] = 0.2
    seen = gather(net, images, [4, 1, 3], k=4, method=method, codes=codes, threshold=0.3)
    if not set(seen.silent()) == {3}:
        seen = gather(net, images, [4, 1, 3], k=4, method=method, codes=codes, threshold=0.0)
    every = meaning.heat_maps(net, images, [4, 1, 3], method=method)
    for i, neuron in seen.heard():
        assert np.array_equal(seen.top[i], np.argsort(-codes[:, neuron], kind="stable")[:4])
        np.testing.assert_allclose(seen.maps[i], every[seen.top[i], i], rtol=1e-4, atol=1e-5)


def test_the_montage_shows_pictures_and_lights_what_the_neuron_sees():
    images = np.full((3, 3, 16, 16), 200, np.uint8)
    maps = np.zeros((3, 2, 2), np.float32)
    maps[:, 0, 0] = 1
    sheet = montage(images, maps, side=32, columns=2)
    assert sheet.shape == (2 * 32 + APART, 2 * (64 + GAP) + APART, 3)
    assert (sheet[:32, :32] == 200).all()
    lit = sheet[:32, 32 + GAP : 64 + GAP, 0]
    assert lit.max() == 200 and lit[:12, :12].min() > 100
    assert (lit[24:, 24:] == round(200 * DARK)).all()
    assert (sheet[32 + APART :, 64 + GAP + APART :] == 255).all(), "no fourth pair"
    assert as_jpeg(sheet)[:3] == b"\xff\xd8\xff"


def test_a_flat_map_darkens_nothing():
    images = np.full((1, 3, 8, 8), 90, np.uint8)
    sheet = montage(images, np.zeros((1, 2, 2)), side=8)
    assert (sheet[:, 8 + GAP :] == 90).all()


@pytest.mark.parametrize(
    "images, maps, said",
    [
        (np.zeros((0, 3, 4, 4), np.uint8), np.zeros((0, 2, 2)), "k >= 1"),
        (np.zeros((2, 3, 4, 4)), np.zeros((2, 2, 2)), "uint8"),
        (np.zeros((2, 3, 4, 4), np.uint8), np.zeros((1, 2, 2)), "need maps"),
        (np.zeros((1, 3, 4, 4), np.uint8), np.full((1, 2, 2), np.nan), "NaN"),
    ],
)
def test_what_the_montage_refuses(images, maps, said):
    with pytest.raises(ValueError, match=said):
        montage(images, maps)


def test_settings_of_labellers_that_could_only_mislead():
    nan, bits = float("nan"), np.eye(4)
    for known, words, said in ((bits, "abcd", "a list"), (bits * nan, list("abcd"), "hold NaN")):
        with pytest.raises(ValueError, match=said):
            KnownConcepts(known, words)
    for labeller in (KnownConcepts, HeadWords):
        for setting in (dict(least=nan), dict(margin=nan), dict(at_most=0)):
            with pytest.raises(ValueError, match="must be numbers"):
                labeller(bits, list("abcd"), **setting)
    with pytest.raises(ValueError, match="list of names"):
        RandomWords("bed")
    endpoint = Endpoint("http://localhost:1/v1", "m", None)
    for setting in (dict(side=0), dict(asks=1.5), dict(at_most=nan)):
        with pytest.raises(ValueError, match="whole number"):
            ChatWords(endpoint, **setting)


def test_two_known_concepts_of_one_word_are_one_name(evidence):
    seen = evidence[0]
    bit = (seen.codes[:, 0] >= 0.5).astype(float)
    found = KnownConcepts(np.stack([bit, bit], 1), ["bed", "bed"], least=-1).label(seen)
    assert [name for name, _ in found.names[0]] == ["bed"]


def test_a_montage_says_which_pictures_it_wants():
    maps = np.zeros((2, 4, 4))
    with pytest.raises(ValueError, match=r"uint8 .* float64"):
        montage(np.zeros((2, 3, 8, 8)), maps)
    with pytest.raises(ValueError, match="side and columns"):
        montage(np.zeros((2, 3, 8, 8), np.uint8), maps, columns=0)
