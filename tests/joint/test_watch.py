"""Watching training by its rules: what is kept, when it stops, and going on after a kill."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from nesylib.concepts import binarize, encode, fit
from nesylib.joint import RuleWatcher, entropy_mass
from nesylib.joint import watch as watch_module
from nesylib.joint.look import Look
from nesylib.rules import FoldSEM

QUIET = dict(batch_size=32, lr=3e-3, progress=False)


@pytest.fixture
def scripted(monkeypatch):
    """Looks whose accuracy and size are given beforehand."""
    program = FoldSEM().fit(np.eye(4, dtype=bool), list("abab")).program_

    def script(net, stripes, looks, **options):
        rows = iter(looks)

        def look(*args, **kwargs):
            accuracy, size = next(rows)
            return Look(dict(accuracy=accuracy, size=size, predicates=size, rules=1), program)

        monkeypatch.setattr(watch_module, "take_look", look)
        return RuleWatcher(net, *stripes, **options)

    return script


def test_a_look_measures_what_it_says(net, stripes):
    train, validation = stripes
    watcher = RuleWatcher(net, train, validation, every=2)
    history = fit(net, train, epochs=4, on_epoch=watcher, **QUIET)
    frame = watcher.frame()
    assert list(frame.index) == [1, 3] and len(history) == 4
    watcher.restore()
    bits = [binarize(encode(net, part)) for part in stripes]
    fold = FoldSEM(ratio=0.8, tail=0.005).fit(bits[0], train.labels)
    best = frame.loc[watcher.best["epoch"]]
    assert best["accuracy"] == np.mean(fold.predict(bits[1]) == validation.labels)
    assert best["train_accuracy"] == np.mean(fold.predict(bits[0]) == train.labels)
    assert watcher.program == fold.program_ and best["size"] == fold.program_.stats()["size"]
    assert best["active"] == pytest.approx(bits[1].sum(1).mean())
    assert best["entropy_mass"] == pytest.approx(entropy_mass(encode(net, validation)), rel=1e-6)


def test_watching_does_not_change_training(stripes):
    from small_joint import small_net

    plain, watched = small_net(), small_net()
    fit(plain, stripes[0], epochs=3, **QUIET)
    fit(watched, stripes[0], epochs=3, on_epoch=RuleWatcher(watched, *stripes), **QUIET)
    for a, b in zip(plain.parameters(), watched.parameters(), strict=True):
        assert torch.equal(a, b)


def test_accuracy_first_then_size_then_the_earlier(net, stripes, scripted):
    looks = [(0.8, 9), (0.9, 9), (0.9, 4), (0.9, 4), (0.85, 1)]
    watcher = scripted(net, stripes, looks)
    for epoch in range(1, 6):
        with torch.no_grad():
            net.concepts.linear.bias.fill_(float(epoch))
        watcher({"epoch": epoch})
    assert watcher.frame()["best"].tolist() == [True, True, True, False, False]
    assert watcher.restore()["epoch"] == 3
    assert net.concepts.linear.bias.unique().tolist() == [3.0]


def test_patience_counts_looks_and_first_skips_epochs(net, stripes, scripted):
    looks = [(0.5, 1), (0.7, 5), (0.7, 5), (0.7, 9), (0.9, 1)]
    watcher = scripted(net, stripes, looks, every=2, first=3, patience=2)
    seen = []
    with pytest.raises(StopIteration):
        for epoch in range(1, 30):
            seen.append(epoch)
            watcher({"epoch": epoch})
    assert seen[-1] == 9 and watcher.stopped and watcher.best["epoch"] == 5
    assert list(watcher.frame().index) == [3, 5, 7, 9]


def test_fit_ends_early_and_the_context_manager_restores(net, stripes, scripted):
    looks = [(0.9, 3), (0.8, 3), (0.8, 3), (0.8, 3)]
    with scripted(net, stripes, looks, patience=2) as watcher:
        history = fit(net, stripes[0], epochs=20, on_epoch=watcher, **QUIET)
        last = net.concepts.linear.bias.clone()
    assert len(history) == 3 and watcher.best["epoch"] == 1
    assert not torch.equal(net.concepts.linear.bias, last)
    assert torch.equal(net.concepts.linear.bias, watcher.weights["concepts.linear.bias"])


def test_a_frozen_backbone_is_run_once(net, stripes, monkeypatch):
    calls = []
    real = watch_module.frozen_features
    monkeypatch.setattr(
        watch_module, "frozen_features", lambda *a, **k: calls.append(1) or real(*a, **k)
    )
    monkeypatch.setattr(watch_module, "encode", lambda *a, **k: pytest.fail("backbone was run"))
    watcher = RuleWatcher(net, *stripes)
    fit(net, stripes[0], trainable="head", epochs=4, on_epoch=watcher, **QUIET)
    assert len(calls) == 2 and len(watcher.frame()) == 4
    assert all(not name.startswith("backbone.") for name in watcher.weights)


def test_also_gets_every_epoch_and_looks(net, stripes):
    rows = []
    watcher = RuleWatcher(net, *stripes, every=2, also=rows.append)
    fit(net, stripes[0], epochs=3, trainable="head", on_epoch=watcher, **QUIET)
    assert [r["epoch"] for r in rows] == [1, 2, 3]
    assert ["rules" in r for r in rows] == [True, False, True] and "supcon" in rows[1]


def test_a_second_training_with_one_watcher_starts_afresh(net, stripes):
    watcher = RuleWatcher(net, *stripes)
    for epochs in (4, 2):
        fit(net, stripes[0], epochs=epochs, trainable="head", on_epoch=watcher, **QUIET)
    assert list(watcher.frame().index) == [1, 2] and set(watcher.programs) == {1, 2}


SCRIPT = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
from small_joint import small_net, striped
from nesylib.concepts import fit
from nesylib.joint import RuleWatcher

path, trainable, die, before = sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5] == "before"
trainable = int(trainable) if trainable.isdigit() else trainable
net, train, validation = small_net(), striped(64, 0), striped(48, 1)
watcher = RuleWatcher(net, train, validation, every=2, checkpoint=path)

def on_epoch(row):
    if row["epoch"] == die and before:
        os.kill(os.getpid(), signal.SIGKILL)
    watcher(row)
    if row["epoch"] == die:
        os.kill(os.getpid(), signal.SIGKILL)

fit(net, train, epochs=6, batch_size=32, lr=3e-3, trainable=trainable, progress=False,
    checkpoint=path, on_epoch=on_epoch)
"""


@pytest.mark.parametrize(
    ("trainable", "moment"), [("head", "before"), ("1", "before"), ("all", "")]
)
def test_killed_and_resumed_ends_at_the_same_program(stripes, tmp_path, trainable, moment):
    from small_joint import small_net

    path = tmp_path / "run.safetensors"
    here = str(Path(__file__).parent)
    command = [sys.executable, "-c", SCRIPT, here, str(path), trainable, "3", moment or "after"]
    killed = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    trained = int(trainable) if trainable.isdigit() else trainable

    def run(checkpoint):
        net = small_net()
        with RuleWatcher(net, *stripes, every=2, checkpoint=checkpoint) as watcher:
            options = dict(trainable=trained, checkpoint=checkpoint, on_epoch=watcher)
            fit(net, stripes[0], epochs=6, **QUIET, **options)
        return net, watcher

    (net, resumed), (other, whole) = run(path), run(tmp_path / "whole.safetensors")
    drop = ["look_seconds"]
    assert resumed.frame().drop(columns=drop).equals(whole.frame().drop(columns=drop))
    assert list(whole.frame().index) == [1, 3, 5]
    assert resumed.program == whole.program and resumed.programs == whole.programs
    for a, b in zip(net.parameters(), other.parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-6)


def test_a_stopped_run_stays_stopped(net, stripes, tmp_path, scripted):
    path = tmp_path / "run.safetensors"
    options = dict(patience=1, checkpoint=path)
    fitting = dict(epochs=9, trainable="head", checkpoint=path, **QUIET)
    watcher = scripted(net, stripes, [(0.9, 1), (0.8, 1)], **options)
    fit(net, stripes[0], on_epoch=watcher, **fitting)
    again = RuleWatcher(net, *stripes, **options)
    assert again.stopped and again.best["epoch"] == 1
    history = fit(net, stripes[0], on_epoch=again, **fitting)
    assert len(history) == 3 and len(again.rows) == 2  # one more epoch, no look


def test_another_runs_file_is_refused_and_a_lost_checkpoint_forgets(net, stripes, tmp_path):
    path = tmp_path / "run.safetensors"
    fitting = dict(epochs=2, trainable="head", checkpoint=path, **QUIET)
    fit(net, stripes[0], on_epoch=RuleWatcher(net, *stripes, checkpoint=path), **fitting)
    with pytest.raises(ValueError, match="other settings"):
        RuleWatcher(net, *stripes, checkpoint=path, threshold=0.3)
    path.unlink()
    assert RuleWatcher(net, *stripes, checkpoint=path).rows == []


def test_bad_settings(net, stripes):
    for wrong in (dict(every=0), dict(patience=0), dict(first=0), dict(rows=0), dict(threshold=1)):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            RuleWatcher(net, *stripes, **wrong)
    with pytest.raises(ValueError, match="validation holds no pictures"):
        RuleWatcher(net, stripes[0], SimpleNamespace(images=[], labels=[]))
    with pytest.raises(RuntimeError, match="nothing to restore"):
        RuleWatcher(net, *stripes).restore()


def test_at_most_so_many_rows_drawn_the_same_each_time(net, stripes):
    drawn = [RuleWatcher(net, *stripes, rows=20).train for _ in range(2)]
    assert len(drawn[0]) == 20
    np.testing.assert_array_equal(drawn[0].images, drawn[1].images)


TWO = """
import json, sys
import torch.distributed as dist
sys.path.insert(0, sys.argv[1])
from small_joint import small_net, striped
from nesylib.joint import RuleWatcher

rank = int(sys.argv[2])
dist.init_process_group("gloo", init_method=f"file://{sys.argv[3]}", rank=rank, world_size=2)
net = small_net(seed=rank)
watcher = RuleWatcher(net, striped(32, 0), striped(32, 1), patience=1)
stopped = None
for epoch in range(1, 9):
    try:
        watcher({"epoch": epoch})
    except StopIteration:
        stopped = epoch
        break
looks = len(watcher.rows)
watcher.restore()
weight = net.concepts.linear.weight.sum().item()
print(json.dumps([stopped, looks, weight]))
dist.destroy_process_group()
"""


def test_with_two_processes_one_looks_and_both_stop(tmp_path):
    here, meeting = str(Path(__file__).parent), str(tmp_path / "meeting")
    started = [
        subprocess.Popen(
            [sys.executable, "-c", TWO, here, str(rank), meeting],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in (0, 1)
    ]
    told = [process.communicate(timeout=600) for process in started]
    assert all(p.returncode == 0 for p in started), told
    first, second = (json.loads(out.splitlines()[-1]) for out, _ in told)
    assert first[0] == second[0] == 2  # equal looks: the second is not better
    assert (first[1], second[1]) == (2, 0)
    assert first[2] == second[2]


def test_entropy_mass_counts_undecided_bits():
    assert entropy_mass(np.full((3, 5), 0.5)) == pytest.approx(5)
    assert entropy_mass(np.array([[0.0, 1.0, 0.5], [0.0, 1.0, 1.0]])) == pytest.approx(0.5)
