"""Training only the last blocks, on cached tokens."""

import numpy as np
import pytest
import torch

from nesylib.concepts import Augment, PlainViT, encode, fit, fit_classifier


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("NESYLIB_CACHE", str(tmp_path))


def test_training_the_last_block_leaves_the_others(stripes, make_net):
    net = make_net(seed=1)
    before = {k: v.clone() for k, v in net.state_dict().items()}
    start = encode(net, stripes)
    history = fit(net, stripes, trainable=1, epochs=6, batch_size=32, lr=3e-3, progress=False)
    assert history["total"][-1] < history["total"][0]
    assert np.abs(encode(net, stripes) - start).max() > 0.05
    changed = {k for k, v in net.state_dict().items() if not torch.equal(v, before[k])}
    may_change = ("backbone.blocks.1.", "backbone.norm.", "concepts.")
    assert changed and all(k.startswith(may_change) for k in changed)


def test_two_views_are_positives_of_each_other(stripes, make_net):
    """With every picture a class of its own, only its other view can be its positive."""
    alone = type(stripes)(images=stripes.images, labels=np.arange(64))
    options = dict(epochs=1, batch_size=16, progress=False, augment=Augment(shift=0.1))
    assert fit(make_net(), alone, **options)["supcon"] == [0.0]
    assert fit(make_net(), alone, views=2, **options)["supcon"][0] > 1


def test_what_cannot_be_cached_is_refused(stripes, make_net):
    net = make_net()
    for wrong in (dict(augment=Augment(flip=True)), dict(views=2)):
        with pytest.raises(ValueError, match="trainable='all'"):
            fit(net, stripes, trainable=1, progress=False, **wrong)
    for wrong in ("last", 1.5, None):
        with pytest.raises(ValueError, match="number of blocks"):
            fit(net, stripes, trainable=wrong, progress=False)
    with pytest.raises(ValueError, match="augment"):
        fit(net, stripes, views=2, progress=False)


def test_standardized_features_and_old_weights(stripes, make_net):
    net = make_net()
    bare = {k: v for k, v in net.state_dict().items() if k not in _BUFFERS}
    fit(net, stripes, trainable="head", standardize=True, epochs=1, batch_size=32, progress=False)
    read = net.concepts.logits(torch.zeros(1, 32)) - net.concepts.linear(
        -net.concepts.mean / net.concepts.scale
    )
    assert read.abs().max() < 1e-5 and net.concepts.mean.abs().max() > 0
    old = make_net(seed=3)
    old.load_state_dict(bare)  # saved before the layer knew of mean and scale
    assert torch.equal(old.concepts.scale, torch.ones(32))
    features = torch.randn(50, 32) * torch.linspace(0.1, 5, 32) + 3
    old.concepts.standardize(features)
    assert 0.5 < old.concepts.logits(features).std() < 8
    before = old.concepts.logits(features)
    old.concepts.standardize(features * 3 - 1)
    torch.testing.assert_close(old.concepts.logits(features), before, rtol=1e-4, atol=1e-4)
    with pytest.raises(ValueError, match="standardize"):
        fit(net, stripes, standardize=True, progress=False)
    with pytest.raises(ValueError, match=r"\(N, 32\)"):
        net.concepts.standardize(np.zeros((4, 3)))


_BUFFERS = ("concepts.mean", "concepts.scale")


def test_the_last_blocks_of_a_classifier(stripes):
    options = dict(img_size=16, patch_size=4, embed_dim=32, depth=2, num_heads=2)
    net = PlainViT("nesy_tiny", 2, **options)
    first = net.backbone.blocks[0].attn.qkv.weight.clone()
    quick = dict(trainable=1, epochs=15, batch_size=32, lr=3e-3, progress=False)
    history = fit_classifier(net, stripes, **quick)
    assert history["total"][-1] < 0.5 * history["total"][0]
    assert np.mean(net.predict(stripes) == stripes.labels) > 0.9
    assert torch.equal(net.backbone.blocks[0].attn.qkv.weight, first)
    with pytest.raises(ValueError, match="augment"):
        fit_classifier(net, stripes, trainable=1, augment=Augment(flip=True))
    with pytest.raises(ValueError, match="number of blocks"):
        fit_classifier(net, stripes, trainable="head")
