"""The three losses: equal to their formulas, to another library, and safe at the edges."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pytorch_metric_learning.distances import CosineSimilarity
from pytorch_metric_learning.losses import SupConLoss

from nesylib.concepts import ConceptLoss, entropy_loss, l1_loss, supcon_loss


def supcon_by_the_formula(c, y, t):
    """Khosla et al. eq. 2, written as nested loops over anchors and positives."""
    u = c / c.norm(dim=1, keepdim=True)
    terms = []
    for i in range(len(y)):
        others = [a for a in range(len(y)) if a != i]
        positives = [p for p in others if y[p] == y[i]]
        if positives:
            denominator = sum(torch.exp(u[i] @ u[a] / t) for a in others)
            logs = [torch.log(torch.exp(u[i] @ u[p] / t) / denominator) for p in positives]
            terms.append(-sum(logs) / len(positives))
    return sum(terms) / len(terms)


@given(st.integers(0, 10_000), st.integers(4, 16), st.integers(1, 4), st.floats(0.1, 2))
@settings(max_examples=40, deadline=None)
def test_supcon_equals_the_formula(seed, n, classes, temperature):
    g = torch.Generator().manual_seed(seed)
    c = torch.rand(n, 6, generator=g, dtype=torch.float64)
    y = torch.randint(classes, (n,), generator=g)
    y[:2] = 0
    ours = supcon_loss(c, y, temperature)
    assert float(ours) == pytest.approx(float(supcon_by_the_formula(c, y, temperature)), abs=1e-5)


@pytest.mark.parametrize("temperature", [0.005, 0.07, 0.1, 1.0])
def test_supcon_value_and_gradient_equal_pytorch_metric_learning(temperature):
    torch.manual_seed(0)
    y = torch.randint(8, (64,))
    y[0] = 99  # a lone anchor
    ours_in = torch.rand(64, 32, requires_grad=True)
    theirs_in = ours_in.detach().clone().requires_grad_()
    ours = supcon_loss(ours_in, y, temperature)
    theirs = SupConLoss(temperature=temperature, distance=CosineSimilarity())(theirs_in, y)
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)
    ours.backward()
    theirs.backward()
    assert torch.isfinite(ours_in.grad).all()
    torch.testing.assert_close(ours_in.grad, theirs_in.grad, rtol=2e-3, atol=2e-5)


def test_supcon_ignores_the_length_of_codes_and_the_names_of_classes():
    torch.manual_seed(1)
    c, y = torch.rand(12, 5), torch.arange(12) % 3
    expected = supcon_loss(c, y)
    torch.testing.assert_close(supcon_loss(c * torch.rand(12, 1).add(0.1), y), expected)
    torch.testing.assert_close(supcon_loss(c, torch.tensor([70, -3, 9])[y]), expected)


def test_supcon_edges():
    c = torch.rand(6, 4, requires_grad=True)
    lone = supcon_loss(c, torch.arange(6))
    lone.backward()
    assert lone == 0 and torch.equal(c.grad, torch.zeros_like(c))
    assert supcon_loss(torch.rand(0, 4), torch.zeros(0, dtype=torch.long)) == 0
    one_class = supcon_loss(torch.ones(6, 4), torch.zeros(6, dtype=torch.long))
    assert float(one_class) == pytest.approx(math.log(5))
    zeros = torch.zeros(4, 3, requires_grad=True)
    supcon_loss(zeros, torch.tensor([0, 0, 1, 1])).backward()
    assert torch.isfinite(zeros.grad).all()
    for t in (0.0, -1.0, float("nan")):
        with pytest.raises(ValueError, match="temperature"):
            supcon_loss(torch.rand(2, 2), torch.zeros(2), t)
    with pytest.raises(ValueError, match="labels"):
        supcon_loss(torch.rand(3, 2), torch.zeros(2))


def test_entropy_is_highest_at_one_half_and_zero_at_bits():
    assert float(entropy_loss(torch.full((2, 3), 0.5))) == pytest.approx(math.log(2))
    assert float(entropy_loss(torch.tensor([[0.0, 1.0]]))) < 2e-5
    c = torch.tensor([[0.0, 1.0, 0.3, 0.8]], requires_grad=True)
    entropy_loss(c).backward()
    assert torch.isfinite(c.grad).all()
    assert c.grad[0, 2] > 0 and c.grad[0, 3] < 0  # downhill leads to the nearer bit
    c64 = torch.rand(3, 4, dtype=torch.float64) * 0.9 + 0.05
    by_hand = -(c64 * c64.log() + (1 - c64) * (1 - c64).log()).mean()
    assert float(entropy_loss(c64)) == pytest.approx(float(by_hand), abs=1e-6)


def test_l1_reductions_differ_by_the_number_of_neurons():
    c = torch.rand(5, 128)
    assert float(l1_loss(c, "sum")) == pytest.approx(128 * float(l1_loss(c)), rel=1e-5)
    with pytest.raises(ValueError, match="mean"):
        l1_loss(c, "max")


def test_concept_loss_is_the_weighted_sum_of_its_parts():
    c, y = torch.rand(8, 16), torch.arange(8) % 2
    parts = ConceptLoss(alpha=3, beta=0.5, gamma=0.25, temperature=0.2)(c, y)
    torch.testing.assert_close(parts.supcon, supcon_loss(c, y, 0.2))
    expected = 3 * parts.supcon + 0.5 * parts.entropy + 0.25 * parts.l1
    torch.testing.assert_close(parts.total, expected)
    weak = ConceptLoss()(c, y, strength=0.0)
    torch.testing.assert_close(weak.total, 2 * weak.supcon)
    with pytest.raises(ValueError, match="beta"):
        ConceptLoss(beta=-1)
