"""Retraining under a penalty on the cue's direction."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from small_bias import small_net, striped

from nesylib import bias
from nesylib.concepts import ConceptLoss, binarize, encode, fit

QUICK = dict(epochs=20, lr=0.01, batch_size=64, progress=False)


def test_vectors_by_hand():
    features = np.array([[0.0, 0], [2, 0], [10, 5], [10, 9]])
    cue, labels = [0, 1, 0, 1], [0, 0, 1, 1]
    found = bias.concept_vectors(features, cue, labels)
    step = np.array([2.0, 4.0]) / 2  # the mean of (2, 0) and (0, 4)
    assert np.allclose(found[1], step / np.linalg.norm(step))
    assert np.allclose(found[0], -found[1])
    # a class that never shows the cue says nothing about it
    more = np.vstack([features, [[99, -50]]])
    assert np.allclose(bias.concept_vectors(more, [*cue, -1], [*labels, 2]), found)


def test_labels_keep_class_and_cue_apart():
    """Axis 0 is the class, axis 1 the cue; they go together in 95 of 100 rows."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 2000)
    cue = np.where(rng.random(2000) < 0.95, y, 1 - y)
    features = np.stack([5 * y, 1.0 * cue], 1) + rng.normal(0, 0.1, (2000, 2))
    within = bias.concept_vectors(features, cue, y)[1]
    assert abs(within[1]) > 0.99
    assert abs(bias.concept_vectors(features, cue)[1][0]) > 0.9


@pytest.mark.parametrize(
    "cue, labels, said",
    [
        ([-1, -1, -1], None, "no picture shows the cue"),
        ([0, 0, 1], [0, 0, 1], "with and without the cue"),
        ([0, 1], None, "give one for each"),
    ],
)
def test_cues_without_a_direction(cue, labels, said):
    with pytest.raises(ValueError, match=said):
        bias.concept_vectors(np.eye(3), cue, labels)
    with pytest.raises(ValueError, match="don't change with the cue"):
        bias.concept_vectors(np.ones((3, 2)), [0, 1, 1])


@pytest.fixture(scope="module")
def biased(tmp_path_factory):
    import os

    os.environ["NESYLIB_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    net = small_net()
    train = striped(256, 0)
    loss = ConceptLoss(2, 0.5, 0.5)
    fit(net, train, trainable="head", standardize=True, loss=loss, epochs=30, lr=3e-3, seed=0,
        batch_size=64, progress=False)  # fmt: skip
    return net, train


def moved(net):
    """How often a bit changes when only the cue does."""
    own, other = (striped(100, 5, 1.0, mode) for mode in ("aligned", "conflicting"))
    return float(np.mean(binarize(encode(net, own)) != binarize(encode(net, other))))


def test_the_neurons_turn_away_and_the_bits_care_less(biased):
    net, train = copy.deepcopy(biased[0]), biased[1]
    before, probe = moved(net), striped(200, 9, 0.5)
    backbone = {k: v.clone() for k, v in net.backbone.state_dict().items()}
    history = bias.retrain(net, train, probe=probe, weight=1000, **QUICK)
    assert history["penalty"][-1] < 0.1 * history["penalty"][0]
    assert moved(net) < 0.5 * before
    assert all(torch.equal(v, backbone[k]) for k, v in net.backbone.state_dict().items())


def test_a_cue_dealt_at_random_repairs_nothing(biased):
    train = biased[1]
    probe = striped(200, 9, 0.5)
    dealt = replace(probe, cue=np.random.default_rng(0).permutation(probe.cue))
    nets = {name: copy.deepcopy(biased[0]) for name in ("real", "dealt")}
    bias.retrain(nets["real"], train, probe=probe, weight=1000, **QUICK)
    bias.retrain(nets["dealt"], train, probe=dealt, weight=1000, **QUICK)
    assert moved(nets["dealt"]) > 2 * moved(nets["real"])


def test_only_chosen_neurons_are_penalised(biased):
    net, train = copy.deepcopy(biased[0]), biased[1]
    probe = striped(200, 9, 0.5)
    bias.retrain(net, train, probe=probe, neurons=[0, 1], weight=1000, **QUICK)
    from nesylib.vit import frozen_features

    found = frozen_features(net.backbone, probe, "mean", cache=False)
    mean, scale = net.concepts.mean.numpy(), net.concepts.scale.numpy()
    vectors = bias.concept_vectors((found - mean) / scale, probe.cue, probe.labels)
    size = (bias.alignment(net, vectors) ** 2).sum(1).detach().numpy()
    assert size[:2].max() < 0.2 * size[2:].mean()
    cosines = bias.alignment(net, vectors)
    assert cosines.shape == (8, 2) and cosines.abs().max() <= 1 + 1e-6


def test_same_seed_same_neurons(biased):
    nets = [copy.deepcopy(biased[0]) for _ in range(2)]
    for net in nets:
        bias.retrain(net, biased[1], weight=10, **(QUICK | dict(epochs=2)))
    assert torch.equal(nets[0].concepts.linear.weight, nets[1].concepts.linear.weight)


def test_bad_settings(biased):
    net, train = biased
    with pytest.raises(ValueError, match="with 0 nothing is repaired"):
        bias.retrain(net, train, weight=0, **QUICK)
    with pytest.raises(ValueError, match=r"nesylib\.bias\.plant"):
        bias.retrain(net, replace(train, cue=None), **QUICK)
    with pytest.raises(ValueError, match="no picture shows the cue"):
        bias.retrain(net, replace(train, cue=np.full(256, -1)), **QUICK)
    for neurons in ([], [8], [-1]):
        with pytest.raises(ValueError, match="0 to 7"):
            bias.retrain(net, train, neurons=neurons, **QUICK)
