"""Four ways to choose a symbol: values, statistics of the noise, gradients, dead codes."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from nesylib.symbols import (
    DISCRETIZERS,
    FiniteScalarQuantizer,
    GumbelDiscretizer,
    SoftmaxDiscretizer,
    VectorQuantizer,
)
from nesylib.symbols.discretizers import make_discretizer

DRAWS = 40_000


def hidden(n=12, features=6, seed=0, grad=False):
    torch.manual_seed(seed)
    return torch.randn(n, features, requires_grad=grad)


@pytest.mark.parametrize("name", DISCRETIZERS)
def test_one_signature(name):
    torch.manual_seed(0)
    table = make_discretizer(name, 6, 16)
    x = torch.randn(5, 3, 6, requires_grad=True)
    for training in (True, False):
        found = table.train(training)(x, 0.3)
        assert found.vectors.shape == (5, 3, 6) and found.logits.shape == (5, 3, 16)
        assert found.symbols.shape == (5, 3) and found.symbols.dtype == torch.int64
        assert 0 <= found.symbols.min() and found.symbols.max() < 16 and found.loss.shape == ()
        share = np.bincount(found.symbols.flatten().numpy(), minlength=16) / 15
        entropy = -sum(p * np.log(p) for p in share if p)
        assert float(found.perplexity) == pytest.approx(np.exp(entropy), rel=1e-5)
        assert float(found.usage) == pytest.approx(np.mean(share > 0))
        if training:
            found.vectors.square().sum().backward()
            assert x.grad.abs().sum() > 0
            table.update(x, found.symbols)
        else:  # what is read is the symbol and nothing else
            torch.testing.assert_close(found.vectors, table.embed(found.symbols))
            assert torch.equal(found.symbols, found.logits.argmax(-1)) or name == "fsq"


@pytest.mark.parametrize("name", DISCRETIZERS)
@pytest.mark.parametrize("vocabulary", [1, 0])
def test_a_vocabulary_of_one_says_nothing(name, vocabulary):
    with pytest.raises(ValueError, match="use 2 or more"):
        make_discretizer(name, 6, vocabulary)


def test_unknown_names_are_answered_with_the_known():
    with pytest.raises(ValueError, match="softmax, gumbel, vq, fsq"):
        make_discretizer("argmax", 6, 8)
    with pytest.raises(ValueError, match="'ema' or 'loss'"):
        VectorQuantizer(6, 8, learn="sgd")
    with pytest.raises(ValueError, match="above 0"):
        SoftmaxDiscretizer(6, 8, end=0.0)


def test_the_softmax_gets_colder_and_ends_as_a_choice():
    table = SoftmaxDiscretizer(6, 16, start=1.0, end=0.01)
    assert table.temperature(0) == 1 and table.temperature(1) == pytest.approx(0.01)
    assert table.temperature(0.5) == pytest.approx(0.1)
    x = hidden()
    scores = table.scores(x)
    warm, cold = table(x, 0.0), table(x, 1.0)
    torch.testing.assert_close(warm.vectors, scores.softmax(-1) @ table.table.weight)
    torch.testing.assert_close(cold.vectors, (scores / 0.01).softmax(-1) @ table.table.weight)
    chosen = table.embed(cold.symbols)
    assert (cold.vectors - chosen).norm() < (warm.vectors - chosen).norm() / 2


def test_straight_through_reads_the_symbol_and_has_the_gradient_of_the_blend():
    soft, hard = (
        SoftmaxDiscretizer(6, 16, straight_through=straight) for straight in (False, True)
    )
    hard.load_state_dict(soft.state_dict())
    grads, weight = [], torch.randn(12, 6)
    for table in (soft, hard):
        x = hidden(grad=True)
        found = table(x, 0.4)
        (found.vectors * weight).sum().backward()
        grads.append(x.grad)
    torch.testing.assert_close(*grads)
    torch.testing.assert_close(found.vectors, hard.embed(found.symbols))


@pytest.mark.parametrize("straight", [False, True])
def test_gumbel_draws_symbols_as_often_as_the_softmax_says(straight):
    torch.manual_seed(1)
    table = GumbelDiscretizer(3, 5, straight_through=straight)
    x = torch.randn(1, 3) * 2
    expected = table.scores(x).softmax(-1)[0].detach()
    found = table(x.expand(DRAWS, -1), 0.5)
    share = torch.bincount(found.symbols, minlength=5) / DRAWS
    # four standard deviations of a share of 40,000 draws
    assert ((share - expected).abs() < 4 * (expected * (1 - expected) / DRAWS).sqrt()).all()
    again = table(x.expand(DRAWS, -1), 0.5).symbols
    assert (again != found.symbols).any()
    assert len(table.eval()(x.expand(50, -1)).symbols.unique()) == 1  # no noise in evaluation


def test_relaxed_gumbel_is_distributed_like_pytorchs():
    torch.manual_seed(2)
    table = GumbelDiscretizer(4, 4, start=0.7, end=0.7)
    with torch.no_grad():
        table.table.weight.copy_(torch.eye(4))  # vectors are the blend itself
        logits = table.scores(torch.ones(1, 4))
        ours = table(torch.ones(DRAWS, 4)).vectors
        theirs = F.gumbel_softmax(logits.expand(DRAWS, -1), tau=0.7)
    torch.testing.assert_close(ours.mean(0), theirs.mean(0), atol=0.012, rtol=0)
    torch.testing.assert_close(ours.std(0), theirs.std(0), atol=0.012, rtol=0)


@pytest.mark.parametrize("learn", ["ema", "loss"])
def test_vector_quantization_against_its_formula(learn):
    torch.manual_seed(0)
    table = VectorQuantizer(6, 5, learn=learn, commitment=0.25)
    table.started.fill_(True)
    x, weight = hidden(grad=True), torch.randn(12, 6)
    found = table(x)
    rows = table.codebook.detach()
    nearest = torch.cdist(x, rows).argmin(1)
    assert torch.equal(found.symbols, nearest)
    torch.testing.assert_close(found.vectors, rows[nearest])
    squared = (x - rows[nearest]).square().mean()
    assert found.loss.item() == pytest.approx(
        float(squared.detach() * (1.25 if learn == "loss" else 0.25))
    )
    ((found.vectors * weight).sum() + found.loss).backward()
    # straight through: the gradient of what is read, and the commitment's own
    commitment = 0.25 * 2 * (x.detach() - rows[nearest]) / x.numel()
    torch.testing.assert_close(x.grad, weight + commitment)
    if learn == "loss":
        by_hand = torch.zeros(5, 6)
        for i, row in enumerate(nearest):
            by_hand[row] += 2 * (rows[row] - x.detach()[i]) / x.numel()
        torch.testing.assert_close(table.codebook.grad, by_hand)


def test_running_means_follow_after_the_batch_was_quantized():
    torch.manual_seed(0)
    table = VectorQuantizer(2, 3, decay=0.8, revive=0.0)
    table.started.fill_(True)
    sums, counts = table.codebook.numpy().copy(), np.ones(3)
    for seed in range(4):
        x = hidden(9, 2, seed)
        before = table.codebook.clone()
        found = table(x)
        table.update(x, found.symbols)
        torch.testing.assert_close(found.vectors, before[found.symbols])  # not the new rows
        for row in range(3):
            mine = x.numpy()[found.symbols.numpy() == row]
            counts[row] = 0.8 * counts[row] + 0.2 * len(mine) / 3
            sums[row] = 0.8 * sums[row] + 0.2 * mine.sum(0) / 3
        np.testing.assert_allclose(table.codebook, sums / counts[:, None], rtol=1e-4)


def test_gradients_survive_an_update_in_between():
    table = VectorQuantizer(6, 5)
    x = hidden(grad=True)
    found = table(x)
    table.update(x, found.symbols)
    (found.logits.softmax(-1).sum() + found.vectors.sum()).backward()


@pytest.mark.parametrize("learn", ["ema", "loss"])
def test_dead_rows_come_back_to_where_vectors_are(learn):
    alive = {}
    for revive in (0.0, 0.1):
        torch.manual_seed(0)
        table = VectorQuantizer(2, 16, learn=learn, decay=0.5, revive=revive)
        with torch.no_grad():
            table.codebook[1:] += 100.0  # one row is near, the others far from everything
            table.sums.copy_(table.codebook)
        table.started.fill_(True)
        for step in range(12):
            x = hidden(64, 2, step)
            table.update(x, table(x).symbols)
        alive[revive] = float(table(x).usage)
    assert alive[0.0] == 1 / 16 and alive[0.1] > 0.6


def test_a_codebook_starts_on_the_first_vectors():
    torch.manual_seed(0)
    table = VectorQuantizer(2, 8)
    x = hidden(8, 2) + 50
    assert float(table(x).usage) == 1.0 and float(table(x).loss) == 0.0
    table = VectorQuantizer(2, 8)
    assert torch.isfinite(table(hidden(3, 2)).vectors).all()  # fewer vectors than rows


def test_every_cell_of_the_grid_is_a_symbol():
    table = FiniteScalarQuantizer(3, 40, levels=(5, 4, 2)).eval()
    with torch.no_grad():
        table.down.weight.copy_(torch.eye(3))
        table.down.bias.zero_()
        inside = (table.cells * 0.8).clamp(-0.999, 0.999)  # within its own cell
        found = table(torch.atanh(inside))
    assert torch.equal(found.symbols, torch.arange(40))
    torch.testing.assert_close(found.vectors, table.embed(torch.arange(40)))
    assert len({tuple(row) for row in table.cells.tolist()}) == 40


def test_levels_must_make_the_vocabulary():
    assert FiniteScalarQuantizer(4, 128).levels.tolist() == [8, 8, 2]
    with pytest.raises(ValueError, match="product is the vocabulary"):
        FiniteScalarQuantizer(4, 128, levels=(5, 5))
    with pytest.raises(ValueError, match="name the levels"):
        FiniteScalarQuantizer(4, 100)


def test_an_empty_batch_changes_no_codebook():
    table = VectorQuantizer(6, 5)
    nothing = table(torch.zeros(0, 6))
    assert nothing.vectors.shape == (0, 6) and not table.started
    before = {k: v.clone() for k, v in table.state_dict().items()}
    table.update(torch.zeros(0, 6), torch.zeros(0, dtype=torch.int64))
    for name, value in table.state_dict().items():
        assert torch.equal(value, before[name])


@pytest.mark.parametrize("learn", ["ema", "loss"])
def test_mixed_precision_chooses_the_row_that_is_nearest(learn):
    torch.manual_seed(0)
    table = VectorQuantizer(16, 64, learn=learn)
    table.started.fill_(True)
    x = hidden(200, 16).requires_grad_()
    expected = table(x)
    with torch.autocast("cpu", torch.bfloat16):
        found = table(x)
    assert torch.equal(found.symbols, expected.symbols)
    torch.testing.assert_close(found.logits, expected.logits)
    assert table(x.double()).symbols.equal(expected.symbols)


def test_temperatures_and_levels_that_cannot_be():
    with pytest.raises(ValueError, match="finite"):
        SoftmaxDiscretizer(6, 8, start=float("inf"))
    assert FiniteScalarQuantizer(4, 8, levels=(4.0, 2.0)).eval()(hidden(3, 4)).symbols.dtype == (
        torch.int64
    )


@pytest.mark.parametrize("levels", [(8,), (4, 2), (5, 3, 2)])
def test_the_best_score_of_a_finite_scalar_quantizer_is_its_symbol(levels):
    torch.manual_seed(0)
    fsq = FiniteScalarQuantizer(6, int(np.prod(levels)), levels=levels)
    found = fsq(3 * torch.randn(500, 6))
    assert torch.equal(found.logits.argmax(-1), found.symbols)
