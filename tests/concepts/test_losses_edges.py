"""The losses where floating point ends: saturated units, half precision, tiny temperatures."""

import math
import warnings

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pytorch_metric_learning.losses import SupConLoss

from nesylib.concepts import ConceptLoss, entropy_loss, l1_loss, lone_anchors, supcon_loss


@given(
    st.integers(0, 2**31),
    st.lists(st.integers(0, 5), min_size=2, max_size=40),
    st.integers(1, 24),
    st.sampled_from([0.02, 0.05, 0.1, 0.5, 2.0]),
)
@settings(max_examples=50, deadline=None)
def test_value_and_gradient_equal_pytorch_metric_learning(seed, labels, width, temperature):
    assume(len(set(labels)) > 1)  # without a negative theirs is 0, not equation 2
    y = torch.tensor(labels)
    g = torch.Generator().manual_seed(seed)
    ours_in = torch.rand(len(y), width, generator=g, dtype=torch.float64).add_(0.01)
    ours_in.requires_grad_()
    theirs_in = ours_in.detach().clone().requires_grad_()
    ours = supcon_loss(ours_in, y, temperature)
    theirs = SupConLoss(temperature=temperature)(theirs_in, y)
    torch.testing.assert_close(ours, theirs.to(ours.dtype), rtol=1e-6, atol=1e-9)
    ours.backward()
    theirs.backward()
    # with one neuron all codes point the same way: theirs is 0 up to their rounding
    torch.testing.assert_close(ours_in.grad, theirs_in.grad, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("temperature", [0.01, 0.1, 1.0])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_gradients_of_all_losses_by_finite_differences(temperature, reduction):
    c = torch.rand(7, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    c = (c * 0.8 + 0.1).requires_grad_()
    y = torch.tensor([0, 0, 1, 1, 1, 2, 3])
    losses = [
        lambda c: supcon_loss(c, y, temperature, reduction=reduction),
        lambda c: entropy_loss(c, reduction=reduction),
        lambda c: entropy_loss(8 * c - 4, reduction=reduction, from_logits=True),
        lambda c: l1_loss(c, reduction),
    ]
    for loss in losses:
        assert torch.autograd.gradcheck(loss, (c,))


def test_reductions_are_what_they_say():
    c, y = torch.rand(9, 16), torch.tensor([0, 0, 0, 1, 1, 2, 3, 4, 4])  # two are alone
    mean, total = supcon_loss(c, y), supcon_loss(c, y, reduction="sum")
    torch.testing.assert_close(total, 7 * mean)
    torch.testing.assert_close(entropy_loss(c, reduction="sum"), 16 * entropy_loss(c))
    sums = ConceptLoss(
        supcon_reduction="sum", entropy_reduction="sum", l1_reduction="sum", gather=False
    )
    parts = sums(c, y)
    torch.testing.assert_close(parts.supcon, total)
    torch.testing.assert_close(parts.l1, c.sum(1).mean())
    assert eval(repr(sums), {"ConceptLoss": ConceptLoss})(c, y).total == parts.total
    assert parts.lone == lone_anchors(y) == 2
    for bad in (
        lambda: supcon_loss(c, y, reduction="max"),
        lambda: entropy_loss(c, reduction="max"),
        lambda: ConceptLoss(entropy_reduction="max"),
    ):
        with pytest.raises(ValueError, match="'mean' or 'sum'"):
            bad()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("temperature", [0.005, 0.1])
def test_no_nan_from_bits_zero_rows_and_half_precision(dtype, temperature):
    c = (torch.rand(12, 8, generator=torch.Generator().manual_seed(0)) > 0.6).to(dtype)
    c[3] = 0  # no neuron is on
    c[4] = 0.05
    c[5] = c[6]
    c.requires_grad_()
    y = torch.arange(12) % 3
    y[11] = 9
    parts = ConceptLoss(temperature=temperature)(c, y)
    parts.total.backward()
    assert all(torch.isfinite(p) and p.dtype == torch.float32 for p in parts)
    assert c.grad.dtype == dtype and torch.isfinite(c.grad).all()
    torch.testing.assert_close(parts.supcon, supcon_loss(c.detach().float(), y, temperature))
    assert parts.lone == 1


def test_a_row_of_zeros_has_cosine_zero_and_no_gradient():
    c = torch.tensor([[0.0, 0.0], [1.0, 0.0], [1.0, 0.0]], requires_grad=True)
    loss = supcon_loss(c, torch.tensor([0, 0, 1]), temperature=0.5, reduction="sum")
    # anchor 0: ln(1 + 1) - 0; anchor 1: ln(e^0 + e^2) - 0
    assert float(loss.detach()) == pytest.approx(math.log(2) + math.log(1 + math.e**2), abs=1e-5)
    loss.backward()
    assert torch.equal(c.grad[0], torch.zeros(2))


def test_empty_and_single_batches_and_one_class():
    for n in (0, 1):
        c = torch.rand(n, 4, requires_grad=True)
        parts = ConceptLoss()(c, torch.zeros(n, dtype=torch.long))
        parts.total.backward()
        assert parts.supcon == 0 and torch.isfinite(parts.total) and parts.lone == n
        assert torch.isfinite(c.grad).all()
    c = torch.rand(5, 4, dtype=torch.float64, requires_grad=True)
    one = supcon_loss(c, torch.full((5,), 3))
    one.backward()
    assert float(one.detach()) >= math.log(4)  # the least: all in one place
    assert torch.isfinite(c.grad).all()


def test_a_similarity_keeps_its_digits_inside_autocast():
    c, y = torch.rand(16, 8), torch.arange(16) % 2
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = supcon_loss(c, y, 0.02)
    torch.testing.assert_close(inside, supcon_loss(c, y, 0.02))


def test_entropy_of_saturated_units():
    z = torch.tensor([[-200.0, -30.0, -12.0, -2.0, 0.0, 3.0, 12.0, 30.0, 200.0]])
    exact = z.double().requires_grad_()
    c = torch.sigmoid(exact)
    by_hand = torch.special.entr(c) + torch.special.entr(torch.sigmoid(-exact))
    logits = z.clone().requires_grad_()
    loss = entropy_loss(logits, reduction="sum", from_logits=True)
    torch.testing.assert_close(loss.double(), by_hand.sum(), rtol=1e-6, atol=0)
    loss.backward()
    slope = -exact.detach() * c.detach() * torch.sigmoid(-exact).detach()
    torch.testing.assert_close(logits.grad.double(), slope, rtol=1e-4, atol=1e-12)

    through = z.clone().requires_grad_()
    activations = torch.sigmoid(through)
    assert activations[0, 0] == 0 and activations[0, -1] == 1  # saturated in float32
    loss = entropy_loss(activations, reduction="sum")
    loss.backward()
    assert torch.isfinite(through.grad).all()
    torch.testing.assert_close(through.grad.double(), slope, rtol=0, atol=1.4e-5 * 2)
    assert entropy_loss(torch.tensor([[0.0, 1.0]])) == 0
    assert torch.isnan(entropy_loss(torch.tensor([[math.nan]])))  # a fault is not hidden


def test_losses_do_not_warn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        c = torch.rand(6, 4, requires_grad=True)
        ConceptLoss()(c, torch.arange(6) % 2).total.backward()
