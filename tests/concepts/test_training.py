"""Training: it learns, repeats, resumes after an interruption, and stops on NaN."""

import os
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from nesylib.concepts import (
    Augment,
    ConceptLoss,
    PlainViT,
    TrainingDiverged,
    binarize,
    encode,
    fit,
    fit_classifier,
)

QUICK = dict(epochs=12, batch_size=32, lr=3e-3, progress=False)


def weights(net):
    return torch.cat([p.detach().flatten() for p in net.parameters()])


def test_codes_of_one_class_agree_after_training(stripes, make_net):
    net = make_net(n_concepts=16)
    history = fit(net, stripes, **(QUICK | dict(epochs=40)))
    assert history["supcon"][-1] < history["supcon"][0] - 0.3
    bits = binarize(encode(net, stripes))
    same = [(bits[stripes.labels == k] == bits[stripes.labels == k][0]).mean() for k in (0, 1)]
    assert min(same) > 0.9
    assert not np.array_equal(bits[0], bits[1])
    assert {"epoch", "total", "supcon", "entropy", "l1", "active", "unsure"} <= set(history.rows[0])
    assert not net.training


@pytest.mark.parametrize("augment", [None, Augment(flip=True, shift=0.2, light=0.2)])
def test_same_seed_same_network(stripes, make_net, augment):
    nets = [make_net() for _ in range(3)]
    for net, seed in zip(nets, (4, 4, 5), strict=True):
        fit(net, stripes, epochs=2, batch_size=32, augment=augment, seed=seed, progress=False)
    assert torch.equal(weights(nets[0]), weights(nets[1]))
    assert not torch.equal(weights(nets[0]), weights(nets[2]))


def test_an_interrupted_run_ends_where_the_whole_run_ends(stripes, make_net, tmp_path):
    options = QUICK | dict(epochs=4, augment=Augment(shift=0.1))
    whole, broken = make_net(), make_net()
    expected = fit(whole, stripes, **options)

    def pull_the_plug(row):
        if row["epoch"] == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(broken, stripes, checkpoint=tmp_path / "run", on_epoch=pull_the_plug, **options)
    assert not broken.training
    fresh = make_net(seed=77)  # a new process would start from other weights
    resumed = fit(fresh, stripes, checkpoint=tmp_path / "run", **options)
    torch.testing.assert_close(weights(fresh), weights(whole), rtol=0, atol=0)
    assert resumed["total"] == expected["total"]
    again = fit(make_net(), stripes, checkpoint=tmp_path / "run", **options)
    assert len(again) == 4  # finished: nothing left to do


def test_a_resumed_run_does_not_hold_its_file(stripes, make_net, tmp_path):
    # Windows refuses to replace a file that is mapped into memory
    path, maps = tmp_path / "the-run", Path("/proc/self/maps")
    if not maps.exists():
        pytest.skip("needs /proc")
    options = QUICK | dict(epochs=2, seed=np.int64(1))

    def stop(row):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(make_net(), stripes, checkpoint=path, on_epoch=stop, **options)
    held = []
    fit(
        make_net(),
        stripes,
        checkpoint=path,
        on_epoch=lambda row: held.append("the-run" in maps.read_text()),
        **options,
    )
    assert held == [False]


def test_a_checkpoint_of_another_run_or_a_cut_one_is_refused(stripes, make_net, tmp_path):
    path = tmp_path / "run"
    fit(make_net(), stripes, checkpoint=path, **(QUICK | dict(epochs=1)))
    with pytest.raises(ValueError, match="other settings"):
        fit(make_net(), stripes, checkpoint=path, **(QUICK | dict(epochs=2)))
    for changed in (dict(lr=1e-4), dict(loss=ConceptLoss(gamma=5)), dict(ramp=(0, 0))):
        with pytest.raises(ValueError, match=rf"other settings .*{next(iter(changed))} was"):
            fit(make_net(), stripes, checkpoint=path, **(QUICK | dict(epochs=1) | changed))
    flipped = SimpleNamespace(images=stripes.images, labels=1 - stripes.labels)
    with pytest.raises(ValueError, match="labels was"):
        fit(make_net(), flipped, checkpoint=path, **(QUICK | dict(epochs=1)))
    with pytest.raises(ValueError, match=r"is a folder: .*run\.safetensors"):
        fit(make_net(), stripes, checkpoint=tmp_path, **(QUICK | dict(epochs=1)))
    with pytest.raises(ValueError, match="another network"):
        fit(make_net(n_concepts=9), stripes, checkpoint=path, **(QUICK | dict(epochs=1)))
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match="cut off"):
        fit(make_net(), stripes, checkpoint=path, **(QUICK | dict(epochs=1)))


def test_training_stops_at_nan_and_keeps_the_last_good_weights(stripes, make_net):
    class Poisoned(ConceptLoss):
        calls = 0

        def __call__(self, c, y, strength=1.0):
            self.calls += 1
            parts = super().__call__(c, y, strength)
            if self.calls == 4:
                parts = parts._replace(total=parts.total * float("nan"), supcon=parts.supcon / 0)
            return parts

    net, one_epoch = make_net(), make_net()
    with pytest.raises(TrainingDiverged, match=r"epoch 2, step 4 \(from supcon\)"):
        fit(net, stripes, loss=Poisoned(), **QUICK)
    options = QUICK | dict(on_epoch=lambda row: next(iter(())))
    fit(one_epoch, stripes, **options)
    torch.testing.assert_close(weights(net), weights(one_epoch), rtol=0, atol=0)


def test_head_only_training_leaves_the_backbone_alone(stripes, make_net, tmp_path, monkeypatch):
    monkeypatch.setenv("NESYLIB_CACHE", str(tmp_path))
    net = make_net()
    before = net.backbone.blocks[0].mlp.fc1.weight.clone()
    head = net.concepts.linear.weight.clone()
    fit(net, stripes, trainable="head", **QUICK)
    assert torch.equal(net.backbone.blocks[0].mlp.fc1.weight, before)
    assert not torch.equal(net.concepts.linear.weight, head)
    np.testing.assert_allclose(
        encode(net, stripes), encode(net, stripes, cache_features=True), atol=1e-6
    )
    with pytest.raises(ValueError, match="trainable='all'"):
        fit(net, stripes, trainable="head", augment=Augment(flip=True), **QUICK)


def test_head_only_training_moves_the_whole_network(stripes, make_net, monkeypatch):
    # as with a GPU: a backbone left behind could not feed the trained head
    seen = []

    def features(backbone, *args, **options):
        seen.append(next(backbone.parameters()).device.type)

    monkeypatch.setattr("nesylib.concepts.training.frozen_features", features)
    monkeypatch.setattr("nesylib.concepts.loop.train", lambda *args, **options: None)
    net = make_net()
    accelerator = SimpleNamespace(device=torch.device("meta"))
    fit(net, stripes, trainable="head", accelerator=accelerator, **QUICK)
    assert seen == ["meta"] and {p.device.type for p in net.parameters()} == {"meta"}


def test_a_backbone_learning_rate_of_zero_keeps_the_backbone(stripes, make_net):
    net = make_net()
    before = net.backbone.blocks[0].mlp.fc1.weight.clone()
    fit(net, stripes, backbone_lr=0.0, **(QUICK | dict(epochs=1)))
    assert torch.equal(net.backbone.blocks[0].mlp.fc1.weight, before)


IN_ANOTHER_PROCESS = """
import sys
import numpy as np
import torch
from accelerate import Accelerator
from nesylib.concepts import ConceptLoss, ConceptViT, fit
from nesylib.data import ImageSet

class Seen(ConceptLoss):
    steps = 0
    def __call__(self, c, y, strength=1.0):
        Seen.steps += 1
        assert not torch.is_autocast_enabled("cpu") and c.dtype == torch.float32
        return super().__call__(c, y, strength)

images = np.random.default_rng(0).integers(0, 256, (80, 3, 16, 16), dtype=np.uint8)
data = ImageSet(images, np.arange(80) % 2, ("a", "b"))
net = ConceptViT("nesy_tiny", 8, img_size=16, patch_size=4, embed_dim=32, depth=2, num_heads=2)
accelerator = Accelerator(cpu=True, mixed_precision=sys.argv[1])
history = fit(net, data, loss=Seen(), epochs=2, batch_size=16, accelerator=accelerator)
assert "forward" not in vars(net), "mixed precision was left on the network"
print(Seen.steps, history["supcon"])
"""


def run(precision, **environment):
    """The lines that ``IN_ANOTHER_PROCESS`` prints, started once per rank."""
    ranks = environment.pop("ranks", [{}])
    started = [
        subprocess.Popen(
            [sys.executable, "-c", IN_ANOTHER_PROCESS, precision],
            env=os.environ | environment | rank,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in ranks
    ]
    ended = [process.communicate(timeout=300) for process in started]
    assert not any(p.returncode for p in started), ended[0][1][-2000:]
    return [out.strip().splitlines()[-1] for out, _ in ended]


def test_only_the_network_runs_in_mixed_precision_and_only_while_it_trains():
    run("bf16")


def test_two_processes_share_an_epoch_and_agree_on_its_history():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    ranks = [{"RANK": r, "LOCAL_RANK": r} for r in "01"]
    one, two = run("no", ranks=ranks, WORLD_SIZE="2", MASTER_ADDR="127.0.0.1", MASTER_PORT=port)
    assert one == two and one.startswith("4 ")  # 2 epochs of 5 batches: 2 for each, 1 left out
    supcon = [float(v) for v in one[3:-1].split(",")]
    assert supcon == pytest.approx([3.4, 3.4], abs=0.1)  # ln(32 - 1): the batches of both


def test_a_ramp_may_be_a_step(stripes, make_net):
    class Seen(ConceptLoss):
        strengths = ()

        def __call__(self, c, y, strength=1.0):
            self.strengths += (strength,)
            return super().__call__(c, y, strength)

    loss = Seen()
    fit(make_net(), stripes, loss=loss, ramp=(0.5, 0.5), **(QUICK | dict(epochs=2)))
    assert loss.strengths == (0.0, 0.0, 1.0, 1.0)


def test_one_class_and_bad_settings_are_refused(stripes, make_net):
    stripes.labels = np.zeros(64, int)
    with pytest.raises(ValueError, match="two classes"):
        fit(make_net(), stripes, **QUICK)
    stripes.labels = np.arange(64) % 2
    with pytest.raises(ValueError, match="'all', 'head' or a number"):
        fit(make_net(), stripes, trainable="some", **QUICK)
    with pytest.raises(ValueError, match="ramp"):
        fit(make_net(), stripes, ramp=(0.5, 0.2), **QUICK)
    with pytest.raises(ValueError, match="batch_size must be at least 2"):
        fit(make_net(), stripes, batch_size=1)
    with pytest.raises(ValueError, match="epochs"):
        fit(make_net(), stripes, epochs=0)


def test_plain_vit_learns_the_same_pictures(stripes):
    options = dict(img_size=16, patch_size=4, embed_dim=32, depth=2, num_heads=2)
    net = PlainViT("nesy_tiny", 2, **options)
    fit_classifier(net, stripes, **QUICK)
    assert (net.predict(stripes) == stripes.labels).mean() > 0.95


def test_a_label_without_an_output_is_named_before_training(stripes):
    options = dict(img_size=16, patch_size=4, embed_dim=32, depth=2, num_heads=2)
    with pytest.raises(ValueError, match="labels run from 0 to 1 but the head has 1 outputs"):
        fit_classifier(PlainViT("nesy_tiny", 1, **options), stripes, **QUICK)


def test_augment_moves_whole_pixels_and_keeps_range():
    images = torch.randint(0, 256, (6, 3, 16, 16), dtype=torch.uint8)
    still = Augment()(images, torch.Generator())
    torch.testing.assert_close(still, images / 255)
    g = torch.Generator().manual_seed(0)
    moved = Augment(flip=True, shift=0.2, light=0.5)(images, g)
    assert moved.shape == images.shape and 0 <= moved.min() and moved.max() <= 1
    mirrored = Augment(flip=True)(images, torch.Generator().manual_seed(0))
    for picture, original in zip(mirrored, images / 255, strict=True):
        same, flipped = torch.equal(picture, original), torch.equal(picture, original.flip(-1))
        assert same or flipped


@pytest.mark.parametrize("side", [16, 31, 64])
def test_augment_equals_resampling_on_a_grid_but_does_not_use_it(side, monkeypatch):
    grid_sample, sampled = F.grid_sample, []

    def by_grid(images, generator, shift):
        n, _, height, width = images.shape
        theta = torch.zeros(n, 2, 3)
        theta[:, 0, 0] = torch.where(torch.rand(n, generator=generator) < 0.5, -1.0, 1.0)
        theta[:, 1, 1] = 1
        size = torch.tensor([width, height])
        moves = torch.rand(n, 2, generator=generator) * 2 - 1
        theta[:, :, 2] = (moves * shift * size).round() * 2 / size
        grid = F.affine_grid(theta, list(images.shape), align_corners=False)
        return grid_sample(
            images / 255, grid, mode="nearest", padding_mode="border", align_corners=False
        )

    images = torch.randint(0, 256, (40, 3, side, side + 5), dtype=torch.uint8)
    expected = by_grid(images, torch.Generator().manual_seed(3), 0.2)
    # Apple's GPUs have no grid_sample with a repeated edge before PyTorch 2.13
    monkeypatch.setattr(F, "grid_sample", lambda *args, **options: sampled.append(1))
    moved = Augment(flip=True, shift=0.2)(images, torch.Generator().manual_seed(3))
    torch.testing.assert_close(moved, expected, rtol=0, atol=0)
    assert not sampled
