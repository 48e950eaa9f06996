"""The training loop: batches, memory, and runs that were killed."""

import os
import random
import signal
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from nesylib.concepts import fit_classifier, loop
from nesylib.concepts.batches import BalancedBatches, EpochBatches, epoch_seed
from nesylib.concepts.memory import OutOfMemory


def cross_entropy(logits, labels, done):
    return {"total": F.cross_entropy(logits, labels)}


def points(n=60, classes=3, seed=0):
    """Rare classes: about half of the points are of class 0, and few of the last."""
    rng = np.random.default_rng(seed)
    y = np.sort(np.minimum(rng.geometric(0.5, n) - 1, classes - 1))
    return (rng.normal(size=(n, 4)) + y[:, None]).astype(np.float32), y


def run(net, x, y, **options):
    groups = [dict(params=list(net.parameters()), lr=0.01, weight_decay=0.0)]
    options = dict(epochs=3, batch_size=12, progress=False) | options
    return loop.train(net, x, y, cross_entropy, groups=groups, **options)


def small_net(seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.2), nn.Linear(8, 3))


def weights(net):
    return torch.cat([p.detach().flatten() for p in net.parameters()])


@given(st.lists(st.integers(0, 4), min_size=5, max_size=80), st.integers(5, 40), st.integers(0, 9))
@settings(max_examples=100, deadline=None)
def test_balanced_batches_hold_every_class_equally_and_lose_no_frequent_picture(labels, size, seed):
    y = np.array(labels)
    batches = BalancedBatches(y, size, seed)
    drawn = list(batches)
    counts = Counter(labels)
    assert len(drawn) == len(batches) >= 1
    for batch in drawn:
        assert len(batch) == batches.batch_size <= size
        assert set(Counter(y[batch].tolist()).values()) == {batches.each}
    times = Counter(i for batch in drawn for i in batch)
    for c, n in counts.items():  # each picture as often as the others of its class, give or take 1
        seen = [times[i] for i in np.flatnonzero(y == c)]
        assert max(seen) - min(seen) <= 1 and sum(seen) == len(batches) * batches.each
        if n == max(counts.values()):
            assert max(seen) == 1 and n - sum(seen) < batches.each


def test_balanced_batches_depend_on_seed_and_epoch_alone():
    y = points(90)[1]
    first = list(BalancedBatches(y, 9, seed=3))
    np.random.default_rng(0).random(5), random.random()
    assert list(BalancedBatches(y, 9, seed=3)) == first
    other, later = BalancedBatches(y, 9, seed=4), BalancedBatches(y, 9, seed=3)
    later.epoch = 1
    assert list(other) != first and list(later) != first


@pytest.mark.parametrize("kind", ["shuffled", "balanced"])
def test_two_small_batches_are_one_large_one(kind):
    y = points(97)[1]
    make = lambda size: (
        BalancedBatches(y, size, 1) if kind == "balanced" else EpochBatches(len(y), size, 1)
    )
    small, large = list(make(6)), list(make(12))
    assert len(large) == len(small) // 2
    for k, batch in enumerate(large):
        assert sorted(small[2 * k] + small[2 * k + 1]) == sorted(batch)


def test_a_batch_too_small_for_all_classes_is_refused():
    x, y = points()
    with pytest.raises(ValueError, match="at least 3, and 6 for a contrastive loss"):
        run(small_net(), x, y, balanced=True, batch_size=2)


def test_rare_classes_are_learned_from_balanced_batches():
    rng = np.random.default_rng(0)
    y = (np.arange(400) < 8).astype(int)  # 2 % of class 1
    x = (rng.normal(size=(400, 4)) + y[:, None]).astype(np.float32)
    recall = {}
    for balanced in (False, True):
        net = small_net()
        run(net, x, y, balanced=balanced, epochs=8, batch_size=40)
        guessed = net(torch.from_numpy(x)).argmax(1).numpy()
        recall[balanced] = (guessed[y == 1] == 1).mean()
    assert recall[True] > 0.7 > recall[False]


def test_fit_classifier_takes_balanced_batches(stripes):
    from nesylib.concepts import PlainViT

    net = PlainViT("nesy_tiny", 2, img_size=16, patch_size=4, embed_dim=32, depth=1, num_heads=2)
    history = fit_classifier(net, stripes, epochs=1, batch_size=32, balanced=True, progress=False)
    assert len(history) == 1


def test_a_class_without_pictures_is_named():
    x, y = points()
    with pytest.warns(UserWarning, match=r"no picture to train on of kitchen, garage: .*select"):
        run(small_net(), x, np.where(y == 1, 0, y), classes=["bath", "kitchen", "hall", "garage"])


def test_epoch_seeds_are_the_same_in_every_process():
    assert epoch_seed(3, 5) == epoch_seed(np.int64(3), np.int64(5)) == hash((3, 5)) % 2**63
    assert len({epoch_seed(s, e, p) for s in range(9) for e in range(9) for p in range(3)}) == 243
    code = "print(hash((3, 5, 1)) % 2**63)"
    printed = {
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONHASHSEED": h},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for h in ("1", "2")
    }
    assert printed == {str(epoch_seed(3, 5, 1))}


class Hungry(nn.Module):
    """Asks for a petabyte when a batch has more rows than it can hold."""

    def __init__(self, holds):
        super().__init__()
        self.net, self.holds, self.seen = small_net(), holds, []

    def forward(self, x):
        self.seen.append(len(x))
        if len(x) > self.holds(len(self.seen)):
            torch.empty(1 << 50)
        return self.net(x)


def test_out_of_memory_names_a_batch_that_fits_and_keeps_the_last_epoch():
    x, y = points(48)
    one_epoch = Hungry(lambda step: 99)
    run(one_epoch, x, y, epochs=2, on_epoch=lambda row: next(iter(())))
    broken = Hungry(lambda step: 99 if step < 6 else 4)  # four steps an epoch
    with pytest.raises(OutOfMemory, match=r"batch of 12 in epoch 2, step 6; .*set batch_size=3\."):
        run(broken, x, y, epochs=2)
    assert broken.seen[-3:] == [12, 6, 3]
    torch.testing.assert_close(weights(broken), weights(one_epoch), rtol=0, atol=0)
    assert not broken.training


def test_out_of_memory_for_a_single_example_and_errors_of_another_kind():
    x, y = points(48)
    with pytest.raises(OutOfMemory, match="smaller network or smaller pictures"):
        run(Hungry(lambda step: 0), x, y)

    def wrong(logits, labels, done):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    groups = [dict(params=list(small_net().parameters()), lr=0.01, weight_decay=0.0)]
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied") as caught:
        loop.train(small_net(), x, y, wrong, groups=groups, epochs=1, batch_size=8)
    assert type(caught.value) is RuntimeError

    def gpu_full(logits, labels, done):
        raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")

    with pytest.raises(OutOfMemory, match="Tried to allocate 2 GiB"):
        loop.train(small_net(), x, y, gpu_full, groups=groups, epochs=1, batch_size=8)


def test_a_batch_of_one_trains_a_classifier_and_one_example_is_refused():
    x, y = points(6)
    assert len(run(small_net(), x, y, batch_size=1, epochs=1)) == 1
    with pytest.raises(ValueError, match="at least two examples"):
        run(small_net(), x[:1], y[:1])
    with pytest.raises(ValueError, match="batch_size must be at least 1"):
        run(small_net(), x, y, batch_size=0)


KILLED = """
import os, signal, sys
sys.path.insert(0, {folder!r})
from test_loop import points, run, small_net
def pull_the_plug(row):
    if row["epoch"] == 2:
        os.kill(os.getpid(), signal.SIGKILL)
run(small_net(), *points(60), epochs=4, seed=5, balanced=True, checkpoint={path!r},
    on_epoch=pull_the_plug)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL here")
def test_a_killed_run_on_balanced_batches_ends_where_the_whole_run_ends(tmp_path):
    x, y = points(60)
    whole, resumed = small_net(), small_net(seed=7)
    options = dict(epochs=4, seed=5, balanced=True)
    path = str(tmp_path / "run.safetensors")
    script = KILLED.format(folder=os.path.dirname(__file__), path=path)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr[-2000:]
    epochs = []
    again = run(
        resumed, x, y, **options, checkpoint=path, on_epoch=lambda r: epochs.append(r["epoch"])
    )
    assert epochs == [3, 4]
    assert again["total"] == run(whole, x, y, **options)["total"]
    torch.testing.assert_close(weights(resumed), weights(whole), rtol=0, atol=0)
    with pytest.raises(ValueError, match="balanced was True, now None"):
        run(small_net(), x, y, epochs=4, seed=5, checkpoint=path)
