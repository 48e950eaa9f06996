"""Self-distillation: the teacher's steps, collapse that is noticed, and going on after a kill."""

import math
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
import torch

from nesylib import vit
from nesylib.symbols import (
    Collapsed,
    MultiCrop,
    ProjectionHead,
    SelfDistillation,
    collapse_signs,
    self_distil,
    teacher_momentum,
)
from nesylib.symbols.self_distillation import features

TINY = dict(img_size=16, patch_size=8, embed_dim=24, depth=2, num_heads=2, dynamic_img_size=True)
CROPS = MultiCrop(size=16, local_size=8, locals=1)


def start(seed=0, **options):
    backbone = vit.create_backbone("nesy_tiny_conv", seed=seed, **TINY)
    small = dict(prototypes=16, hidden=16, bottleneck=8, momentum=0.9, seed=seed)
    return SelfDistillation(backbone, **small | options)


def pictures(n=24):
    return np.random.default_rng(0).integers(0, 256, (n, 3, 16, 16), dtype=np.uint8)


def run(net, **options):
    own = dict(epochs=4, batch_size=8, crops=CROPS, progress=False, patience=None) | options
    return self_distil(net, pictures(), **own)


def weights(net):
    return torch.cat([v.double().flatten() for v in net.state_dict().values()])


def test_features_are_those_of_the_whole_network_at_any_size():
    model = vit.create_backbone("nesy_tiny", **TINY)
    for size in (16, 24):
        x = torch.rand(3, 3, size, size)
        expected = model.forward_features((x - 0.5) / 0.5)[:, 0]
        torch.testing.assert_close(features(model, x), expected)


def test_the_teacher_is_the_moving_average_of_the_student(monkeypatch):
    net, seen = start(), []
    follow = net.follow

    def watched():
        before = [p.clone() for p in net.teacher.parameters()]
        follow()
        seen.append(
            (
                int(net.step),
                before,
                [p.detach().clone() for p in net.student.parameters()],
                [p.clone() for p in net.teacher.parameters()],
            )
        )

    monkeypatch.setattr(net, "follow", watched)
    run(net, epochs=2)
    assert [s[0] for s in seen] == list(range(7))  # before each of 6 steps, and once at the end
    for step, before, student, after in seen:
        keep = teacher_momentum(step / 6, 0.9) if step else 1.0
        for old, fast, new in zip(before, student, after, strict=True):
            torch.testing.assert_close(new, keep * old + (1 - keep) * fast, atol=1e-6, rtol=1e-5)


def test_no_gradient_for_the_teacher_and_one_for_all_of_the_student():
    net = start(freeze_prototypes=0.0)
    net.train()
    net.steps = 10
    found = net(CROPS(torch.from_numpy(pictures()), torch.Generator().manual_seed(0)))
    assert found["student"].shape == (3, 24, 16) and found["teacher"].shape == (2, 24, 16)
    net.loss(found, None, 0.0)["total"].backward()
    own = [*net.teacher.parameters(), *net.teacher_head.parameters()]
    assert all(p.grad is None and not p.requires_grad for p in own)
    moved = [*net.student.parameters(), *net.student_head.parameters()]
    assert all(p.grad is not None for p in moved)
    assert net.student_head.prototypes.grad.abs().max() > 0


@pytest.mark.parametrize("batch_norm", [False, True])
def test_scores_are_cosines(batch_norm):
    head = ProjectionHead(24, 16, 8, 4, batch_norm=batch_norm)
    x = torch.randn(5, 24) * 100
    scores = head(x)
    assert scores.shape == (5, 16) and scores.abs().max() <= 1 + 1e-6
    for p in head.prototypes.detach():
        p.mul_(7)  # their length does not count
    torch.testing.assert_close(head(x), scores)


def test_prototypes_stay_while_they_are_frozen():
    net = start(freeze_prototypes=1.0)
    before = net.student_head.prototypes.detach().clone()
    run(net, weight_decay=0.0)
    torch.testing.assert_close(net.student_head.prototypes.detach(), before)


def test_the_same_seed_gives_the_same_network_and_labels_are_not_looked_at():
    nets = [start(batch_norm=True), start(batch_norm=True)]
    histories = [run(net) for net in nets]
    assert torch.equal(*map(weights, nets))
    assert histories[0]["total"] == histories[1]["total"] and len(histories[0]) == 4
    assert not torch.equal(weights(nets[0]), weights(start(batch_norm=True)))


def test_momentum_zero_makes_the_teacher_the_student():
    net = start(momentum=0.0)
    run(net, epochs=2)
    for slow, fast in zip(net.teacher.parameters(), net.student.parameters(), strict=True):
        assert torch.equal(slow, fast.detach())


KILLED = """
import os, signal, sys
sys.path.insert(0, sys.argv[2])
from test_self_distillation import run, start

def on_epoch(row):
    if row["epoch"] == 2:
        os.kill(os.getpid(), signal.SIGKILL)

run(start(), checkpoint=sys.argv[1], on_epoch=on_epoch, patience=3)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL here")
def test_a_killed_run_ends_where_the_whole_run_ends(tmp_path):
    file, here = tmp_path / "run.safetensors", os.path.dirname(__file__)
    command = [sys.executable, "-c", KILLED, str(file), here]
    environment = os.environ | {"OMP_NUM_THREADS": str(torch.get_num_threads())}
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment)
    assert done.returncode == -signal.SIGKILL, done.stderr[-2000:]
    whole, resumed = start(), start()
    expected = run(whole)
    epochs = []
    history = run(resumed, checkpoint=file, on_epoch=lambda row: epochs.append(row["epoch"]))
    assert epochs == [3, 4]
    assert torch.equal(weights(resumed), weights(whole))
    assert history["total"] == expected["total"]
    with pytest.raises(ValueError, match="other settings"):
        run(start(momentum=0.5), checkpoint=file)


def test_collapse_stops_training_and_the_last_sound_epoch_is_kept(tmp_path):
    net, file = start(), tmp_path / "run.safetensors"
    sound, held = [], {}

    def loss(found, labels, done):  # sound for two epochs, then every answer is uniform
        parts = SelfDistillation.loss(net, found, labels, done)
        single, mean = (1.0, 2.5) if done < 2 / 6 else (math.log(16), math.log(16))
        told = dict(teacher_entropy=single, usage_entropy=mean, feature_std=0.5)
        parts |= {name: torch.tensor(value) for name, value in told.items()}
        return parts | {"total": 0 * parts["total"] + single}

    def on_epoch(row):
        sound.append(not collapse_signs(row, 16))
        if sound[-1]:
            held.update({k: v.clone() for k, v in net.state_dict().items()})

    net.loss = loss
    with pytest.raises(Collapsed, match=r"epoch 4: uniform.*temperature.*epoch 2.*run\.good\.saf"):
        run(net, epochs=6, patience=2, checkpoint=file, on_epoch=on_epoch)
    assert sound == [True, True, False, False]
    for name, value in net.state_dict().items():
        assert torch.equal(value, held[name]), name
    good = vit.backbones.read_safetensors(tmp_path / "run.good.safetensors")
    assert torch.equal(good["module.centre.value"], held["centre.value"])


@pytest.mark.parametrize(
    ("row", "names"),
    [
        (dict(total=2.0, teacher_entropy=0.5, usage_entropy=2.5, feature_std=0.5), []),
        (dict(total=2.77, teacher_entropy=2.77, usage_entropy=2.77, feature_std=0.4), ["uniform"]),
        (
            dict(total=0.0, teacher_entropy=0.0, usage_entropy=0.01, feature_std=0.4),
            ["one prototype"],
        ),
        (
            dict(total=2.77, teacher_entropy=2.77, usage_entropy=2.77, feature_std=0.0),
            ["uniform", "same features"],
        ),
        (dict(total=2.77), []),
    ],
)
def test_signs_are_named(row, names):
    assert list(collapse_signs(row, 16)) == names


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (dict(epochs=0), "epochs"),
        (dict(batch_size=0), "batch_size"),
        (dict(patience=0), "patience is 1 epoch or more"),
        (dict(crops=MultiCrop(size=20, locals=0)), "patches of 8"),
    ],
)
def test_bad_training(wrong, words):
    with pytest.raises(ValueError, match=words):
        run(start(), **wrong)


def test_bad_pictures_and_networks():
    net = start()
    for bad, words in ((pictures(1), "two pictures"), (np.zeros((4, 16, 16, 3)), "N, 3, H, W")):
        with pytest.raises(ValueError, match=words):
            self_distil(net, bad, epochs=1, crops=CROPS, progress=False)
    fixed = vit.create_backbone("nesy_tiny_conv", **TINY | dict(dynamic_img_size=False))
    with pytest.raises(ValueError, match="dynamic_img_size=True"):
        self_distil(SelfDistillation(fixed, prototypes=8), pictures(), epochs=1, crops=CROPS)
    with pytest.raises(ValueError, match="momentum"):
        start(momentum=1.5)
    with pytest.raises(ValueError, match="positive"):
        start(teacher_temperature=(0.04, 0.0))
    with pytest.raises(ValueError, match="positive"):
        start(student_temperature=float("nan"))
    with pytest.raises(ValueError, match="two prototypes"):
        start(prototypes=1)
    with pytest.raises(ValueError, match="no Vision Transformer"):
        SelfDistillation(torch.nn.Linear(3, 3))
    with pytest.raises(ValueError, match="'teacher' or 'student'"):
        net.encode(pictures(), which="both")
