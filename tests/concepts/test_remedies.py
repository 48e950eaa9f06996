"""Layers and losses against neurons that say the same: TopK, decorrelation, whitening."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nesylib import concepts
from nesylib.concepts.topk import keep_largest

quick = settings(max_examples=40, deadline=None)


@quick
@given(st.integers(0, 10**6), st.integers(1, 7))
def test_the_k_largest_stay(seed, k):
    x = torch.rand(5, 7, generator=torch.Generator().manual_seed(seed))
    kept = keep_largest(x, k)
    for row, out in zip(x, kept, strict=True):
        last = row.sort(descending=True).values[k - 1]
        torch.testing.assert_close(out, torch.where(row >= last, row, 0.0))
    torch.testing.assert_close(keep_largest(x, k, True), kept)


def test_gradient_goes_through_the_survivors_or_through_all():
    x = torch.tensor([[0.2, 0.9, 0.4, 0.6]])
    for straight_through, expected in ((False, [[0, 1, 0, 1]]), (True, [[1, 1, 1, 1]])):
        leaf = x.clone().requires_grad_()
        keep_largest(leaf, 2, straight_through).sum().backward()
        assert leaf.grad.tolist() == expected


def test_a_top_k_net_trains_is_saved_and_comes_back(make_net, stripes, tmp_path):
    net = make_net(top_k=3, n_concepts=8)
    assert net.n_concepts == 8 and "k=3" in repr(net.concepts)
    concepts.fit(net, stripes, loss=concepts.ConceptLoss(2, 0, 0), epochs=2, progress=False)
    codes = concepts.encode(net, stripes)
    assert ((codes > 0).sum(1) == 3).all()
    plain = torch.sigmoid(net.concepts.logits(net.features(torch.from_numpy(stripes.images))))
    assert (plain > 0).all()
    again = concepts.load_model(concepts.save_model(net, tmp_path / "net"))
    np.testing.assert_allclose(concepts.encode(again, stripes), codes, atol=1e-6)
    # nets without it keep their configuration, and so their checkpoints
    assert "top_k" not in make_net().config
    for k in (0, 9):
        with pytest.raises(ValueError, match="between 1 and the 8 neurons"):
            make_net(top_k=k, n_concepts=8)


@quick
@given(st.integers(0, 10**6), st.integers(3, 30), st.integers(2, 5))
def test_decorrelation_is_the_mean_squared_correlation(seed, n, d):
    rng = np.random.default_rng(seed)
    x, labels = rng.random((n, d)), rng.integers(0, 3, n)
    off = ~np.eye(d, dtype=bool)
    expected = (np.corrcoef(x.T)[off] ** 2).mean()
    assert float(concepts.decorrelation_loss(x, eps=0)) == pytest.approx(expected)
    inside = x.copy()
    for c in np.unique(labels):
        inside[labels == c] -= x[labels == c].mean(0)
    found = float(concepts.decorrelation_loss(x, labels, eps=1e-12))
    if inside.std(0).min() > 1e-3:
        expected = (np.corrcoef(inside.T)[off] ** 2).mean()
        assert found == pytest.approx(expected, abs=1e-6)
    assert 0 <= found <= 1 + 1e-9


def test_edges_of_decorrelation():
    same = torch.rand(50, 1).expand(50, 3)
    assert float(concepts.decorrelation_loss(same)) == pytest.approx(1, abs=0.05)
    x = torch.zeros(6, 3, requires_grad=True)
    loss = concepts.decorrelation_loss(x)
    loss.backward()
    assert loss.item() == 0 and torch.isfinite(x.grad).all()
    assert float(concepts.decorrelation_loss(torch.rand(1, 3))) == 0
    assert float(concepts.decorrelation_loss(torch.rand(4, 1))) == 0
    half = torch.rand(20, 4)
    torch.testing.assert_close(
        concepts.decorrelation_loss(half.half()), concepts.decorrelation_loss(half.half().float())
    )
    # class detectors agree about the class and about nothing else
    labels = torch.arange(60) % 3
    detectors = torch.eye(3)[labels].repeat(1, 2) + 0.1 * torch.rand(60, 6)
    assert float(concepts.decorrelation_loss(detectors)) > 0.3
    assert float(concepts.decorrelation_loss(detectors, labels)) < 0.1
    with pytest.raises(ValueError, match="one for each row"):
        concepts.decorrelation_loss(half, labels)
    with pytest.raises(ValueError, match=r"\(N, D\)"):
        concepts.decorrelation_loss(half[0])


def test_its_gradient_is_that_of_finite_differences():
    torch.manual_seed(0)
    x, labels = torch.rand(7, 3, dtype=torch.float64), torch.arange(7) % 2
    for arguments in ((), (labels,)):
        leaf = x.clone().requires_grad_()
        assert torch.autograd.gradcheck(
            lambda z, a=arguments: concepts.decorrelation_loss(z, *a), (leaf,)
        )


def test_the_loss_with_decorrelation_adds_it_up():
    torch.manual_seed(0)
    codes, labels = torch.rand(24, 5), torch.arange(24) % 4
    plain = concepts.ConceptLoss(2, 1, 1)(codes, labels)
    loss = concepts.DecorrelatedLoss(3.0, alpha=2, beta=1, gamma=1)
    parts = loss(codes, labels)
    extra = concepts.decorrelation_loss(codes)
    assert parts[1:5] == plain[1:] and parts.decorrelation == extra
    torch.testing.assert_close(parts.total, plain.total + 3 * extra)
    torch.testing.assert_close(
        loss(codes, labels, 0.5).total,
        2 * plain.supcon + (plain.entropy + plain.l1 + 3 * extra) / 2,
    )
    inside = concepts.DecorrelatedLoss(3.0, within_class=True)(codes, labels)
    assert inside.decorrelation == concepts.decorrelation_loss(codes, labels)
    assert repr(loss).startswith("DecorrelatedLoss(delta=3.0, within_class=False, alpha=2,")
    with pytest.raises(ValueError, match="delta"):
        concepts.DecorrelatedLoss(-1)


def test_training_with_it_is_told_in_the_history(make_net, stripes):
    net = make_net()
    history = concepts.fit(
        net, stripes, loss=concepts.DecorrelatedLoss(1.0), epochs=1, progress=False
    )
    assert 0 < history["decorrelation"][0] < 1


@pytest.fixture
def features():
    rng = np.random.default_rng(0)
    mixed = rng.normal(size=(500, 6)) @ rng.normal(size=(6, 9)) * rng.uniform(0.1, 5, 9) + 3
    return mixed.astype(np.float32)  # nine features that vary in six directions


def test_whitened_neurons_are_uncorrelated_before_and_after_training(features):
    torch.manual_seed(0)
    layer = concepts.SparseConceptLayer(9, 5)
    concepts.whiten(layer, features, gain=1.5)
    x, y = torch.from_numpy(features), torch.from_numpy(features[:, 0] > 3).long()
    logits = layer.logits(x).detach()
    torch.testing.assert_close(torch.cov(logits.T), 1.5**2 * torch.eye(5), atol=0.02, rtol=0.02)
    before = layer.linear.weight.detach().clone()
    optimizer = torch.optim.Adam(layer.parameters(), lr=0.05)
    for _ in range(30):
        optimizer.zero_grad()
        concepts.supcon_loss(layer(x), y).backward()
        optimizer.step()
    assert float((layer.linear.weight - before).abs().max().detach()) > 0.1
    correlation = torch.corrcoef(layer.logits(x).detach().T)
    torch.testing.assert_close(correlation, torch.eye(5), atol=0.01, rtol=0)
    codes = layer(x).detach()
    concepts.settle(layer)
    concepts.settle(layer)  # twice does no harm
    torch.testing.assert_close(layer(x), codes)
    assert set(layer.state_dict()) == {"linear.weight", "linear.bias", "mean", "scale"}


def test_a_whitened_layer_refuses_more_neurons_than_directions(features):
    with pytest.raises(ValueError, match="vary in 6 directions"):
        concepts.whiten(concepts.SparseConceptLayer(9, 7), features)


def test_a_whitened_net_is_trained_by_fit_settled_and_saved(make_net, stripes, tmp_path):
    net = make_net(n_concepts=4)
    with torch.no_grad():
        features = net.features(torch.from_numpy(stripes.images))
    concepts.whiten(net.concepts, features)
    concepts.fit(net, stripes, trainable="head", epochs=2, standardize=True, progress=False)
    correlation = torch.corrcoef(net.concepts.logits(features).detach().T)
    torch.testing.assert_close(correlation, torch.eye(4), atol=0.02, rtol=0)
    concepts.settle(net.concepts)
    again = concepts.load_model(concepts.save_model(net, tmp_path / "net"))
    np.testing.assert_allclose(
        concepts.encode(again, stripes), concepts.encode(net, stripes), atol=1e-6
    )


def test_an_autoencoder_rebuilds_what_its_code_can_hold():
    rng = np.random.default_rng(0)
    parts = rng.normal(size=(6, 12)) * 3
    features = (rng.random((400, 6)) < 0.3).astype(np.float32) @ parts.astype(np.float32)
    torch.manual_seed(0)
    layer = concepts.TopKConceptLayer(12, 24, k=6)
    options = dict(epochs=20, batch_size=100, lr=0.02, progress=False)
    six = concepts.fit_autoencoder(layer, features, **options)
    one = concepts.TopKConceptLayer(12, 24, k=1)
    single = concepts.fit_autoencoder(one, features, **options)
    assert six["unexplained"][-1] < 0.15 < 0.3 < single["unexplained"][-1]
    assert ((layer(torch.from_numpy(features)) > 0).sum(1) == 6).all()


def test_an_autoencoder_may_be_told_the_classes(features):
    labels = (features[:, 0] > 3).astype(int)
    nets = []
    for told in ({}, dict(labels=labels, loss=concepts.ConceptLoss(2, 0, 0))):
        torch.manual_seed(0)
        layer = concepts.SparseConceptLayer(9, 6)
        history = concepts.fit_autoencoder(layer, features, epochs=5, progress=False, **told)
        assert (history["total"][-1] > history["unexplained"][-1]) == bool(told)
        with torch.no_grad():
            nets.append(float(concepts.supcon_loss(layer(torch.from_numpy(features)), labels)))
    assert nets[1] < nets[0]
    with pytest.raises(ValueError, match="or neither"):
        concepts.fit_autoencoder(layer, features, labels)
    with pytest.raises(ValueError, match="500 features and 3 labels"):
        concepts.fit_autoencoder(layer, features, labels[:3], loss=concepts.ConceptLoss())
