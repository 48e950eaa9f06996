"""Tuning neurons for a program: it helps, it repeats, it resumes, and it says no when it must."""

import numpy as np
import pytest
import torch
from torch import nn

from nesylib.concepts import ConceptLoss, ConceptViT, binarize, encode, fit
from nesylib.data import ImageSet
from nesylib.joint import refine
from nesylib.rules import FoldSEM

SMALL = dict(img_size=16, patch_size=4, embed_dim=32, depth=2, num_heads=2)
QUICK = dict(rounds=2, steps=30, batch_size=64, progress=False)


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("NESYLIB_CACHE", str(tmp_path / "cache"))


def squares(n: int, seed: int) -> ImageSet:
    """Four classes by colour: red and blue each a little up or down, in uneven light."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 4
    tint = np.stack([labels // 2, np.full(n, 0.5), labels % 2], 1) * 60 + rng.normal(0, 20, (n, 3))
    light = rng.integers(60, 120, (n, 1, 1, 1))
    images = light + tint[:, :, None, None] + rng.integers(0, 40, (n, 3, 16, 16))
    return ImageSet(images.clip(0, 255).astype(np.uint8), labels, ("nw", "ne", "sw", "se"))


def trained(seed=0, epochs=8):
    net = ConceptViT("nesy_tiny", 16, seed=seed, **SMALL)
    fit(
        net,
        squares(256, 0),
        trainable="head",
        standardize=True,
        loss=ConceptLoss(2, 0.5, 0.5),
        epochs=epochs,
        batch_size=64,
        lr=3e-3,
        progress=False,
    )
    return net


def accuracy(fold, net, part):
    return float(np.mean(fold.predict(binarize(encode(net, part))) == part.labels))


def test_rules_get_better_and_the_best_round_is_kept():
    train, held, test = squares(256, 0), squares(200, 2), squares(400, 1)
    net = trained(epochs=60)
    before = FoldSEM().fit(binarize(encode(net, train)), train.labels)
    base = accuracy(before, net, test)
    longer = QUICK | dict(rounds=5, steps=100, noise=0.3, lr=3e-3)
    found = refine(net, train, validation=held, **longer)
    assert accuracy(found.fold, net, test) > base + 0.03
    frame = found.frame()
    assert list(frame.index) == [1, 2, 3, 4, 5]
    assert (frame.loss_last < frame.loss_first).all()
    assert (frame.tuned > frame.learned).mean() > 0.5
    # the best round is kept, its network and its program
    assert frame.validation.idxmax() == found.best_round
    assert frame.validation.max() == accuracy(found.fold, net, held)
    last = refine(trained(epochs=60), train, **longer)
    assert last.best_round == 5


def test_same_seed_same_program_and_names_as_answers():
    train = squares(256, 0)
    names = np.array(train.classes)[train.labels]
    texts = [str(refine(trained(), train, labels=names, **QUICK).program) for _ in range(2)]
    assert texts[0] == texts[1] and "'nw'" in texts[0]


@pytest.mark.parametrize("trainable", ["head", 1])
def test_an_interrupted_run_ends_where_the_whole_run_ends(tmp_path, trainable):
    train, options = squares(128, 0), QUICK | dict(trainable=trainable)
    whole = trained()
    expected = refine(whole, train, checkpoint=tmp_path / "whole", **options)

    def stop(row):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        refine(trained(), train, checkpoint=tmp_path / "broken", on_round=stop, **options)
    resumed = trained()
    found = refine(resumed, train, checkpoint=tmp_path / "broken", **options)
    for a, b in zip(resumed.parameters(), whole.parameters(), strict=True):
        assert torch.equal(a, b)
    assert str(found.program) == str(expected.program)
    assert [r["loss_last"] for r in found.rounds] == [r["loss_last"] for r in expected.rounds]


def test_blocks_move_only_when_asked():
    train = squares(128, 0)
    net, longer = trained(epochs=60), QUICK | dict(steps=100, noise=0.3, lr=3e-3)
    before = {k: v.clone() for k, v in net.state_dict().items()}
    refine(net, train, **longer)
    changed = {k for k, v in net.state_dict().items() if not torch.equal(v, before[k])}
    assert changed and all(k.startswith("concepts.linear") for k in changed)
    refine(net, train, trainable=1, backbone_lr=1e-3, **longer)
    after = {k for k, v in net.state_dict().items() if not torch.equal(v, before[k])}
    assert any(k.startswith("backbone.blocks.1.") for k in after)
    assert not any(k.startswith("backbone.blocks.0.") for k in after)


def test_codes_that_say_nothing():
    net = ConceptViT("nesy_tiny", 8, **SMALL)
    nn.init.constant_(net.concepts.linear.bias, -50.0)
    with pytest.raises(ValueError, match="no rule"):
        refine(net, squares(64, 0), **QUICK)


@pytest.mark.parametrize(
    "wrong", [dict(rounds=0), dict(steps=0), dict(noise=-1.0), dict(sharpness=0.0)]
)
def test_settings_out_of_range(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        refine(ConceptViT("nesy_tiny", 8, **SMALL), squares(64, 0), **(QUICK | wrong))
    with pytest.raises(ValueError, match="'head' or a number"):
        refine(ConceptViT("nesy_tiny", 8, **SMALL), squares(64, 0), trainable="all", **QUICK)


def test_bad_input_says_what_to_do(tmp_path):
    net, train = trained(epochs=1), squares(64, 0)
    with pytest.raises(ValueError, match="two classes"):
        refine(net, train.take(np.arange(0, 64, 4)), **QUICK)
    with pytest.raises(ValueError, match="one label for each"):
        refine(net, train, labels=train.labels[:5], **QUICK)
    with pytest.raises(ValueError, match="batch_size"):
        refine(net, train, **(QUICK | dict(batch_size=0)))
    with pytest.raises(ValueError, match="TopK"):
        refine(ConceptViT("nesy_tiny", 8, top_k=2, **SMALL), train, **QUICK)
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match="folder"):
        refine(net, train, checkpoint=tmp_path / "file", **QUICK)


def test_a_folder_of_another_run_is_refused(tmp_path):
    train, net = squares(64, 0), trained(epochs=3)
    options = QUICK | dict(rounds=1, steps=2, checkpoint=tmp_path / "run")
    refine(net, train, **options)
    with pytest.raises(ValueError, match="other fold"):
        refine(net, train, fold=FoldSEM(ratio=0.1), **options)
    with pytest.raises(ValueError, match="other inputs"):
        refine(net, ImageSet(255 - train.images, train.labels, train.classes), **options)


def test_going_on_in_the_same_session(tmp_path):
    """The network has moved when a run is stopped; the run goes back to where it began."""
    train, options = squares(128, 0), QUICK | dict(trainable=1, backbone_lr=1e-3)
    whole, net = trained(), trained()
    expected = refine(whole, train, **options)

    def stop(row):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        refine(net, train, checkpoint=tmp_path / "run", on_round=stop, **options)
    found = refine(net, train, checkpoint=tmp_path / "run", **options)
    assert [r["learned"] for r in found.rounds] == [r["learned"] for r in expected.rounds]
    for a, b in zip(net.parameters(), whole.parameters(), strict=True):
        assert torch.equal(a, b)
