"""Neighbours by brute force, their information by its formula, and what training with it does."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nesylib.symbols import (
    FeatureTarget,
    NeighbourInformation,
    PrefixLoss,
    SymbolStudent,
    fit_student,
    nearest,
)
from nesylib.symbols.neighbours import WithNeighbours
from nesylib.symbols.student import TokenScale


def test_nearest_is_what_a_full_sort_finds():
    x = np.random.default_rng(0).normal(size=(53, 7))
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    cosines = unit @ unit.T
    np.fill_diagonal(cosines, -np.inf)
    expected = np.argsort(-cosines, axis=1)[:, :5]
    for rows in (8, 53, 100):
        np.testing.assert_array_equal(nearest(x, 5, rows=rows), expected)


@pytest.mark.parametrize("k", [0, 4, 9])
def test_more_neighbours_than_pictures_are_refused(k):
    with pytest.raises(ValueError, match="ask for 1 to 3"):
        nearest(np.eye(4), k)


def test_every_picture_is_followed_by_one_of_its_own_neighbours():
    tokens = np.arange(30, dtype=np.float16).reshape(10, 3, 1)
    own = np.array([[(i + 1) % 10, (i + 2) % 10] for i in range(10)])
    pairs = WithNeighbours(tokens, own)
    assert len(pairs) == 10 and pairs.shape == (10, 2, 3, 1)
    torch.manual_seed(0)
    drawn = np.concatenate([pairs[np.array([4, 9])] for _ in range(20)])
    assert set(drawn[::2, 0, 0, 0]) == {12.0} and set(drawn[::2, 1, 0, 0]) == {15.0, 18.0}
    assert set(drawn[1::2, 1, 0, 0]) == {0.0, 3.0}
    torch.manual_seed(0)
    np.testing.assert_array_equal(pairs[np.array([4, 9])], drawn[:2])


def sure(symbols, vocabulary: int, length: int = 1) -> torch.Tensor:
    hot = torch.nn.functional.one_hot(torch.as_tensor(symbols), vocabulary).float()
    return (60 * hot)[:, None].expand(-1, length, -1)


def test_sure_and_shared_symbols_are_worth_ln_v_nats():
    v = 8
    logits = sure(np.repeat(np.arange(v), 2), v, length=3)  # neighbours agree, all in use
    found = NeighbourInformation(3, v, power=1.0)(logits)
    torch.testing.assert_close(found, torch.tensor(-math.log(v)))


def test_one_symbol_for_all_tells_nothing_once_usage_is_known():
    module = NeighbourInformation(1, 8, power=1.0, momentum=0.0)
    found = module(sure(np.zeros(16, int), 8))
    torch.testing.assert_close(found, torch.tensor(0.0), atol=1e-5, rtol=0)
    other = module(sure(np.arange(16) % 8, 8))  # neighbours never agree
    assert other > 5


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 6), st.integers(1, 3), st.sampled_from([0.6, 0.8, 1.0]))
def test_by_its_formula(v, length, power):
    torch.manual_seed(v * 10 + length)
    logits = torch.randn(8, length, v, dtype=torch.float32)
    module = NeighbourInformation(length, v, power, momentum=0.9)
    p = logits.softmax(-1)
    used = 0.9 / v + 0.1 * p.mean(0)
    total = 0.0
    for i in range(0, 8, 2):
        for j in range(length):
            total -= math.log(float(((p[i, j] * p[i + 1, j]) ** power / used[j]).sum()))
    torch.testing.assert_close(module(logits), torch.tensor(total / (4 * length)))
    torch.testing.assert_close(module.used, used)


def test_its_gradient_by_differences():
    torch.manual_seed(0)
    logits = torch.randn(4, 2, 3, dtype=torch.float32, requires_grad=True)
    module = NeighbourInformation(2, 3)
    module(logits).backward()
    for place in [(0, 0, 0), (1, 1, 2), (3, 0, 1)]:
        moved = []
        for step in (1e-2, -1e-2):
            shifted = logits.detach().clone()
            shifted[place] += step
            moved.append(float(NeighbourInformation(2, 3)(shifted)))
        assert float(logits.grad[place]) == pytest.approx((moved[0] - moved[1]) / 2e-2, abs=2e-3)


@pytest.mark.parametrize(("power", "momentum"), [(0.5, 0.9), (1.1, 0.9), (0.8, 1.0), (0.8, -0.1)])
def test_settings_out_of_range(power, momentum):
    with pytest.raises(ValueError, match=r"power|momentum"):
        NeighbourInformation(1, 4, power, momentum)


def test_a_negative_weight_or_no_neighbours():
    for options in (dict(neighbours=-1.0), dict(neighbours=1.0, nearest=0)):
        with pytest.raises(ValueError, match="neighbours"):
            PrefixLoss(**options)


class Source:
    num_features, grid = 12, (2, 2)

    def tokens_of(self, images):
        raise AssertionError("tokens are there already")


def groups(n: int = 120, k: int = 4):
    """Tokens of k kinds, with a large number that all share; and the kinds."""
    rng = np.random.default_rng(0)
    kind = rng.integers(0, k, n)
    x = rng.normal(size=(k, 1, 12))[kind] + 0.3 * rng.normal(size=(n, 5, 12))
    x[..., 0] += 40
    return x.astype(np.float16), kind


def trained(loss: PrefixLoss, **options) -> tuple[SymbolStudent, np.ndarray]:
    x, kind = groups()
    sizes = dict(width=16, decoder_layers=1, encoder_layers=1, heads=2, decoding="parallel")
    student = SymbolStudent(
        Source(), 8, 2, "gumbel", straight_through=True, shared=False, from_cls=True, **sizes
    )
    torch.manual_seed(0)
    settings = dict(epochs=40, batch_size=32, lr=1e-2, progress=False) | options
    fit_student(student, x, target=FeatureTarget(16, 12), loss=loss, **settings)
    return student, kind


def test_kinds_of_pictures_become_symbols_without_a_label():
    student, kind = trained(PrefixLoss(neighbours=1.0, nearest=5))
    symbols = student.encode(groups()[0])
    for column in symbols.T:
        most = [np.bincount(kind[column == s]).max() for s in np.unique(column)]
        assert sum(most) / len(kind) > 0.9  # a symbol stands for one kind


def test_the_same_seed_draws_the_same_neighbours(tmp_path):
    loss = PrefixLoss(neighbours=1.0, nearest=5)
    first, _ = trained(loss, epochs=3)
    second, _ = trained(loss, epochs=3)
    for a, b in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(a, b)


def test_what_all_tokens_share_is_taken_away():
    x = torch.from_numpy(groups()[0])
    scale = TokenScale(12)
    assert torch.equal(scale(x), x.float())
    scale.look(x)
    scaled = scale(x)
    torch.testing.assert_close(scaled[:, 0].mean(0), torch.zeros(12), atol=1e-4, rtol=0)
    torch.testing.assert_close(scaled[:, 1:].flatten(0, 1).std(0, correction=0), torch.ones(12))


@pytest.mark.parametrize(
    ("features", "what"),
    [
        (np.full((4, 3), np.nan), "NaN"),
        (np.arange(4.0), r"\(N, E\)"),
        (np.zeros((1, 3)), "at least two"),
    ],
)
def test_features_without_neighbours(features, what):
    with pytest.raises(ValueError, match=what):
        nearest(features, 1)


def test_a_number_that_never_moved_in_training_does_not_explode_later():
    x = torch.randn(20, 3, 4)
    x[..., 1] = 5.0
    scale, target = TokenScale(4), FeatureTarget(8, 4)
    scale.look(x)
    target.look(x[:, 0])
    later = x.clone()
    later[..., 1] = 5.5
    torch.testing.assert_close(scale(later)[..., 1], torch.full((20, 3), 0.5))
    torch.testing.assert_close(target.scaled(later[:, 0])[:, 1], torch.full((20,), 0.5))
