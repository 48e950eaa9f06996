"""Naming neurons from masks: held against NeSyFOLD's steps written as loops, and bad input."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nesylib import meaning
from nesylib.meaning.enlarge import enlarge
from nesylib.meaning.masks import Masks
from nesylib.meaning.mass import mass_shares, within_margin

WORDS = ("bed", "pillow", "lamp")


def world(seed=0, pictures=24, neurons=5, grid=(4, 4), size=(16, 16)):
    """Maps, codes and masks by lot."""
    rng = np.random.default_rng(seed)
    maps = rng.random((pictures, neurons, *grid)).astype(np.float32)
    codes = rng.random((pictures, neurons))
    masks = rng.integers(0, len(WORDS) + 1, (pictures, *size)).astype(np.uint8)
    return maps, codes, masks


def by_loops(maps, codes, masks, words, k=10, margin=0.05):
    """Section by section: top 10, enlarge, lower half to 0, mass inside, sum, share, margin."""
    names = {}
    for neuron in range(codes.shape[1]):
        top = sorted(range(len(codes)), key=lambda row: (-codes[row, neuron], row))[:k]
        score = dict.fromkeys(words, 0.0)
        for row in top:
            small = torch.from_numpy(maps[row, neuron])[None, None]
            big = torch.nn.functional.interpolate(
                small, masks.shape[1:], mode="bicubic", align_corners=False
            )[0, 0].numpy()
            big = np.where(big >= np.percentile(big, 50), big, 0).clip(0)
            for number, word in enumerate(words, 1):
                score[word] += float(big[masks[row] == number].sum() / big.sum())
        best = sorted(words, key=lambda word: -score[word])[:10]
        whole = sum(score[word] for word in best)
        share = [(word, score[word] / whole) for word in best]
        names[neuron] = [(word, s) for word, s in share if s >= share[0][1] - margin]
    return names


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("margin", [0.0, 0.05, 2.0])
def test_mass_ratio_is_what_the_steps_say(seed, margin):
    maps, codes, masks = world(seed, size=(16, 20))
    found = meaning.mass_ratio(maps, codes, masks, WORDS, margin=margin)
    told = by_loops(maps, codes, masks, WORDS, margin=margin)
    assert not found.missing
    for neuron, pairs in told.items():
        assert [name for name, _ in found.names[neuron]] == [name for name, _ in pairs]
        np.testing.assert_allclose(
            [s for _, s in found.names[neuron]], [s for _, s in pairs], rtol=1e-4
        )


def test_heat_on_one_concept_names_it():
    maps = np.zeros((12, 2, 4, 4), np.float32)
    maps[:, 0, :2, :2] = 1
    maps[:, 1, 2:, 2:] = 1
    masks = np.zeros((12, 16, 16), np.uint8)
    masks[:, :8, :8], masks[:, 8:, 8:] = 1, 3
    found = meaning.mass_ratio(maps, np.ones((12, 2)), masks, WORDS)
    assert found.best() == {0: "bed", 1: "lamp"}
    found = meaning.overlap(maps, np.ones((12, 2)), masks, WORDS, quantile=0.7)
    assert found.best() == {0: "bed", 1: "lamp"}
    assert found.names[0][0][1] > 0.5


def test_maps_may_be_a_function_and_only_top_pictures_are_asked_for():
    maps, codes, masks = world()
    asked = {}

    def look(rows, neuron):
        asked[neuron] = list(rows)
        return maps[rows, neuron]

    found = meaning.mass_ratio(look, codes, masks, WORDS, neurons=[3, 1], k=4)
    assert (
        found.names
        == meaning.mass_ratio(maps[:, [3, 1]], codes, masks, WORDS, neurons=[3, 1], k=4).names
    )
    assert asked == {n: list(meaning.top_pictures(codes, 4)[n]) for n in (3, 1)}


def test_top_pictures_keep_the_order_of_equals():
    codes = np.array([[0.5, 0.1], [0.9, 0.1], [0.5, 0.1], [0.9, 0.2]])
    assert meaning.top_pictures(codes, 3).tolist() == [[1, 3, 0], [3, 0, 1]]
    assert meaning.top_pictures(codes, 99).shape == (2, 4)
    assert meaning.top_pictures(codes > 0.4, 2).tolist() == [[0, 1], [0, 1]]


@pytest.mark.parametrize("grid,size", [((4, 4), (16, 16)), ((3, 5), (17, 11)), ((8, 8), (5, 5))])
def test_enlarging_gives_the_numbers_of_pytorch(grid, size):
    maps = np.random.default_rng(0).normal(size=(2, 3, *grid)).astype(np.float32)
    np.testing.assert_allclose(enlarge(maps, size), meaning.upsample(maps, size), atol=2e-6)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([0.0, 0.5, 0.9]))
def test_shares_are_shares(seed, quantile):
    """Not below 0, at most 1 together; all of it when every pixel shows a concept."""
    maps, _, masks = world(seed, pictures=6, neurons=3)
    maps *= 10.0 ** np.random.default_rng(seed).integers(-4, 5)
    shares = mass_shares(maps, Masks.of(masks, WORDS), quantile=quantile)
    assert (shares >= 0).all() and (shares.sum(-1) <= 1 + 1e-5).all()
    full = mass_shares(maps, Masks.of(np.maximum(masks, 1), WORDS), quantile=quantile)
    np.testing.assert_allclose(full.sum(-1), 1, rtol=1e-5)
    twice = mass_shares(3 * maps, Masks.of(masks, WORDS), quantile=quantile)
    np.testing.assert_allclose(twice, shares, rtol=1e-3, atol=1e-5)


def test_overlaps_are_what_counting_pixels_gives():
    maps, codes, masks = world(4, pictures=9)
    fired = codes >= 0.5
    found = meaning.overlaps(maps, Masks.of(masks, WORDS), quantile=0.8, counts=fired)
    big = meaning.upsample(maps, masks.shape[1:])
    for neuron in range(codes.shape[1]):
        rows = fired[:, neuron]
        hot = big[rows, neuron] > np.quantile(maps[rows, neuron], 0.8)
        for number in range(len(WORDS)):
            marked = masks[rows] == number + 1
            expected = (hot & marked).sum() / (hot | marked).sum()
            assert found[neuron, number] == pytest.approx(expected, abs=1e-3)


def test_heat_below_zero():
    maps = np.full((3, 1, 2, 2), -1.0, np.float32)
    maps[:, 0, 0, 0] = -0.5
    masks = np.zeros((3, 8, 8), np.uint8)
    masks[:, :4, :4] = 1
    clipped = meaning.mass_ratio(maps, np.ones((3, 1)), masks, WORDS)
    assert clipped.missing == {0: "its heat-maps are empty"}
    shifted = meaning.mass_ratio(maps, np.ones((3, 1)), masks, WORDS, negative="shift")
    assert shifted.best() == {0: "bed"}


def test_what_cannot_be_named_says_why():
    maps, codes, masks = world()
    codes[:, 2] *= 0.4
    found = meaning.mass_ratio(maps, codes, masks, WORDS)
    assert found.missing == {2: "it fires on none of the 24 pictures"}
    assert "fires on none" in meaning.overlap(maps, codes, masks, WORDS, least=0.01).missing[2]
    empty = meaning.mass_ratio(maps, codes, np.zeros_like(masks), WORDS)
    assert empty.missing[0] == "no concept is marked where it looks" and len(empty.missing) == 5
    assert (
        "no concept overlaps"
        in meaning.overlap(maps, codes, np.zeros_like(masks), WORDS).missing[0]
    )


def test_no_neurons_no_names():
    maps, codes, masks = world()
    for label in (meaning.mass_ratio, meaning.overlap):
        found = label(maps[:, :0], codes, masks, WORDS, neurons=[])
        assert found.names == {} and found.missing == {}


def test_masks_of_any_size():
    maps, codes, masks = world(size=(16, 16))
    found = meaning.mass_ratio(maps, codes, masks.repeat(3, 1).repeat(2, 2), WORDS)
    small = meaning.mass_ratio(maps, codes, masks.repeat(3, 1).repeat(2, 2), WORDS, size=16)
    plain = meaning.mass_ratio(maps, codes, masks, WORDS)
    assert small.names == plain.names
    assert found.best().keys() == plain.best().keys()


@pytest.mark.parametrize(
    "change,words",
    [
        (dict(masks=np.full((24, 8, 8), 9, np.uint8)), "there are 3 concepts"),
        (dict(masks=np.zeros((23, 8, 8), np.uint8)), "24 rows of codes but 23 masks"),
        (dict(masks=np.zeros((24, 8), np.uint8)), r"\(N, H, W\)"),
        (dict(masks=np.zeros((24, 8, 8))), "not float64"),
        (dict(maps=np.zeros((24, 4, 4, 4))), r"maps must be \(24, 5, gh, gw\)"),
        (dict(maps=np.full((24, 5, 4, 4), np.nan)), "NaN"),
        (dict(codes=np.full((24, 5), np.nan)), "NaN"),
        (dict(concepts=()), "names of the concepts"),
        (dict(concepts=("bed", "bed", "lamp")), "each once"),
        (dict(neurons=[0, 1, 2, 3, 9]), "different columns"),
        (dict(k=0), "at least 1"),
        (dict(quantile=1.0), "quantile"),
        (dict(margin=-1), "margin"),
        (dict(negative="flip"), "clip, shift"),
        (dict(size=0), "size"),
        (dict(maps=lambda rows, n: np.zeros((1, 4, 4))), "must return"),
    ],
)
def test_bad_input_is_told(change, words):
    maps, codes, masks = world()
    given = dict(maps=maps, codes=codes, masks=masks, concepts=WORDS) | change
    with pytest.raises(ValueError, match=words):
        meaning.mass_ratio(**given)


def test_within_margin_leaves_out_what_has_no_mass():
    assert within_margin(np.array([0.0, 2.0, 0.0]), WORDS, 10, 2.0) == [("pillow", 1.0)]
    kept = within_margin(np.array([1.0, 1.0, 0.5]), WORDS, 2, 0.05)
    assert kept == [("bed", 0.5), ("pillow", 0.5)], "shares are of the names that are kept"


@pytest.mark.parametrize("kind", [bool, np.uint8, np.int8, np.int64, np.float16, np.float32])
def test_bits_of_any_type_have_the_same_top_pictures(kind):
    bits = np.random.default_rng(0).random((30, 4)) < 0.4
    top = meaning.top_pictures(bits.astype(kind), 5)
    np.testing.assert_array_equal(top, meaning.top_pictures(bits.astype(np.float64), 5))


@pytest.mark.parametrize("name", [meaning.mass_ratio, meaning.overlap])
@pytest.mark.parametrize("neurons", [np.array([False, True]), [1.7, 0], ["1", "0"], 1])
def test_a_mask_or_a_share_is_no_column_number(name, neurons):
    maps, codes, masks = world(neurons=2)
    with pytest.raises(ValueError, match="column numbers"):
        name(maps, codes, masks, WORDS, neurons=neurons)


@pytest.mark.parametrize("name", [meaning.mass_ratio, meaning.overlap])
@pytest.mark.parametrize("setting", ["margin", "fires"])
def test_a_limit_that_is_nan_names_nothing_in_silence_no_more(name, setting):
    with pytest.raises(ValueError, match=setting):
        name(*world(), WORDS, **{setting: float("nan")})
