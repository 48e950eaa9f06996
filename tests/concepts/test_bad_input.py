"""What a user gets wrong: every mistake is an error that says what to do, or a right result."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from nesylib.concepts import (
    Augment,
    PlainViT,
    code_summary,
    encode,
    entropy_loss,
    fidelity,
    fit,
    fit_classifier,
    neuron_thresholds,
    pairwise_agreement,
    supcon_loss,
)

SMALL = dict(img_size=16, patch_size=4, embed_dim=32, depth=2, num_heads=2)
QUICK = dict(epochs=1, batch_size=16, progress=False)


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("NESYLIB_CACHE", str(tmp_path / "cache"))


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        (lambda x, y: (x[:0], y[:0]), ValueError, "no pictures"),
        (lambda x, y: (x, np.array(["a", "b"])[y]), ValueError, "return_inverse"),
        (lambda x, y: (x, y + 0.5), ValueError, "whole numbers"),
        (lambda x, y: (x, np.where(y == 0, np.nan, 1.0)), ValueError, "whole numbers"),
        (lambda x, y: (x, y[:30]), ValueError, "one label for each"),
        (lambda x, y: (x[:30], y), ValueError, "one label for each"),
        (lambda x, y: (list(x), y), TypeError, "np.stack"),
    ],
)
@pytest.mark.parametrize("trainable", ["all", "head", 1])
def test_sets_that_cannot_be_trained_on(stripes, make_net, change, error, says, trainable):
    images, labels = change(stripes.images, stripes.labels)
    wrong = SimpleNamespace(images=images, labels=labels)
    with pytest.raises(error, match=says):
        fit(make_net(), wrong, trainable=trainable, **QUICK)
    if trainable != "head":
        with pytest.raises(error, match=says):
            fit_classifier(PlainViT("nesy_tiny", 2, **SMALL), wrong, trainable=trainable, **QUICK)


def test_settings_that_are_no_settings(stripes, make_net):
    for wrong in (True, 0, 9):
        with pytest.raises(ValueError, match="1 to 2"):
            fit(make_net(), stripes, trainable=wrong, **QUICK)
    with pytest.raises(ValueError, match="two shares"):
        fit(make_net(), stripes, ramp=0.5, **QUICK)
    with pytest.raises(TypeError, match="images"):
        fit(make_net(), (stripes.images, stripes.labels), **QUICK)


@pytest.mark.parametrize("trainable", ["all", "head", 1])
def test_a_checkpoint_of_other_pictures_is_refused(stripes, make_net, tmp_path, trainable):
    options = dict(trainable=trainable, checkpoint=tmp_path / "run", **QUICK)
    fit(make_net(), stripes, **options)
    other = SimpleNamespace(images=255 - stripes.images, labels=stripes.labels)
    with pytest.raises(ValueError, match="inputs"):
        fit(make_net(), other, **options)
    if trainable != "all":  # the same pictures under another frozen backbone
        with pytest.raises(ValueError, match="inputs"):
            fit(make_net(seed=7), stripes, **options)
    assert len(fit(make_net(), stripes, **options)) == 1


def test_augmenting_float_pictures_keeps_their_light():
    pictures = torch.rand(4, 3, 8, 8)
    same = Augment(flip=False)(pictures, torch.Generator())
    torch.testing.assert_close(same, pictures)
    with pytest.raises(ValueError, match="NaN"):
        Augment()(pictures * float("nan"), torch.Generator())


def test_no_pictures_have_no_codes(stripes, make_net):
    none = stripes.images[:0]
    assert encode(make_net(), none, cache_features=True).shape == (0, 8)
    assert PlainViT("nesy_tiny", 2, **SMALL).predict(none).shape == (0,)
    with pytest.raises(ValueError, match="some pictures"):
        code_summary(np.zeros((0, 8)))
    assert (neuron_thresholds(np.full((1, 3), 0.2)) == 0.5).all()


def test_losses_take_arrays_and_refuse_names():
    c, y = torch.rand(6, 4), [0, 0, 1, 1, 2, 2]
    expected = supcon_loss(c, torch.tensor(y))
    assert supcon_loss(c, np.array(y)) == expected == supcon_loss(c.tolist(), y)
    assert entropy_loss(c.numpy()) == entropy_loss(c)
    with pytest.raises(ValueError, match="whole numbers"):
        supcon_loss(c, list("aabbcc"))


def test_names_are_not_compared_with_numbers():
    names, numbers = np.array(["a", "b", "a"]), np.array([0, 1, 0])
    with pytest.raises(ValueError, match="never agree"):
        fidelity(names, {"net": numbers})
    with pytest.raises(ValueError, match="never agree"):
        pairwise_agreement({"one": names, "other": numbers})
    with pytest.raises(TypeError, match="mapping"):
        fidelity(names, names)
