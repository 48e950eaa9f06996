"""Losses over prefixes, training that goes on after a kill, and collapse that is told."""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from torch.nn import functional as F

from nesylib.symbols import (
    TARGETS,
    AnchorTarget,
    FeatureTarget,
    PrefixLoss,
    ProjectorTarget,
    SymbolStudent,
    fit_student,
    symbol_collapse,
)
from nesylib.symbols.collapse import Collapsed
from nesylib.symbols.losses import choice_entropy, position_similarity
from nesylib.symbols.targets import make_target

N, E = 96, 12


class Source:
    """Stands for a teacher whose tokens are there already."""

    num_features, grid = E, (2, 2)

    def tokens_of(self, images):
        raise AssertionError("tokens are there already")


def tokens(n=N, seed=0):
    rng = np.random.default_rng(seed)
    group = rng.normal(size=(4, 1, E))[rng.integers(0, 4, n)]
    return (group + 0.3 * rng.normal(size=(n, 5, E))).astype(np.float16)


def student(**options):
    small = dict(vocabulary=8, length=4, width=16, decoder_layers=1, encoder_layers=1, heads=2)
    return SymbolStudent(Source(), **(small | options))


def run(net, x=None, **options):
    fixed = dict(epochs=3, batch_size=32, lr=3e-3, progress=False)
    return fit_student(net, tokens() if x is None else x, **(fixed | options))


def weights(net):
    return torch.cat([p.detach().flatten() for p in net.parameters()])


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize("discretizer", ["softmax", "vq"])
def test_training_lowers_the_loss_of_every_prefix(name, discretizer):
    options = (
        {}
        if name == "feature"
        else {"projector": dict(prototypes=32, momentum=1.0)}.get(name, dict(anchors=32))
    )
    torch.manual_seed(0)
    target = make_target(name, 16, E, **options)
    net = student(discretizer=discretizer, decoding="parallel")
    history = run(net, target=target, epochs=8, keep_tokens=0.5)
    for n in (1, 2, 4):
        assert history[f"prefix_{n}"][-1] < history[f"prefix_{n}"][0]
    assert 0 < history["usage"][-1] <= 1 and 1 <= history["perplexity"][-1] <= 8
    assert 0 < history["unique"][-1] <= 1
    assert not net.training


def test_the_projector_target_is_cross_entropy():
    torch.manual_seed(0)
    target = ProjectorTarget(16, E, prototypes=8)
    target.look(torch.from_numpy(tokens()[:, 0].astype(np.float32)))
    read, seen = torch.randn(5, 3, 16), torch.randn(5, E)
    scores = target.teacher(target.scaled(seen))
    found = target(read, seen)
    wanted = (scores / 0.04).softmax(-1)
    for j in range(3):
        said = target.student(target.lift(read[:, j])) / 0.1
        torch.testing.assert_close(
            found.losses[:, j], F.cross_entropy(said, wanted, reduction="none")
        )
    torch.testing.assert_close(target.centre.value, scores.mean(0) * 0.1)
    assert not found.losses.isnan().any() and not wanted.requires_grad


def test_the_teachers_projector_follows_and_a_fixed_one_does_not():
    for momentum, moves in ((0.5, True), (1.0, False)):
        target = ProjectorTarget(16, E, prototypes=8, momentum=momentum)
        before = weights(target.teacher)
        with torch.no_grad():
            for p in target.student.parameters():
                p.add_(1.0)
        target.step(0.0)
        moved = weights(target.teacher) - before
        torch.testing.assert_close(moved, torch.full_like(moved, 0.5 if moves else 0.0))


def test_anchors_and_features_by_their_formulas():
    torch.manual_seed(0)
    features = torch.from_numpy(tokens()[:, 0].astype(np.float32))
    target = AnchorTarget(16, E, anchors=N, temperature=0.2, teacher_temperature=0.1)
    target.look(features)
    scaled = (features - features.mean(0)) / features.std(0, correction=0)
    read = torch.randn(4, 2, 16)
    found = target(read, features[:4])
    lifted = F.normalize(target.lift(read[:, 1]), dim=-1)
    anchors = target.anchors
    wanted = (F.normalize(scaled[:4], dim=-1) @ anchors.T / 0.1).softmax(-1)
    expected = F.cross_entropy(lifted @ anchors.T / 0.2, wanted, reduction="none")
    torch.testing.assert_close(found.losses[:, 1], expected)
    found = FeatureTarget(16, E)(read, features[:4])
    assert found.losses.shape == (4, 2) and 0 <= found.losses.min() and found.losses.max() <= 2


def test_prefixes_and_their_weights():
    assert PrefixLoss().lengths(8) == [1, 2, 4, 8] and PrefixLoss().lengths(6) == [1, 2, 4, 6]
    assert PrefixLoss().lengths(1) == [1] and PrefixLoss(prefixes="nested").lengths(3) == [1, 2, 3]
    torch.testing.assert_close(
        PrefixLoss(prefixes=(1, 4), weights=(3, 1)).shares(2), torch.tensor([0.75, 0.25])
    )
    history = run(student(), loss=PrefixLoss(prefixes=(1, 4), weights=(3, 1)), epochs=1)
    row = history.rows[0]
    assert row["total"] == pytest.approx(0.75 * row["prefix_1"] + 0.25 * row["prefix_4"], rel=1e-4)
    for bad in (dict(prefixes=(0, 2)), dict(prefixes=(1, 9)), dict(weights=(1, 2))):
        with pytest.raises(ValueError, match=r"prefix"):
            run(student(), loss=PrefixLoss(**bad))
    with pytest.raises(ValueError, match="base, entropy, information"):
        PrefixLoss(strategy="hope")
    assert len(run(student(), loss=PrefixLoss(prefixes="nested"), epochs=1)) == 1


def test_strategies_by_their_formulas():
    torch.manual_seed(0)
    logits = torch.randn(10, 3, 5)
    chances = logits.softmax(-1).double().numpy()
    entropy = lambda p: -(p * np.log(p)).sum(-1)
    mean = entropy(chances.mean(0)).mean()
    found = PrefixLoss(strategy="entropy", strength=0.5).additions(logits)["strategy"]
    assert float(found) == pytest.approx(-0.5 * mean, rel=1e-4)
    found = PrefixLoss(strategy="information", strength=0.5).additions(logits)["strategy"]
    assert float(found) == pytest.approx(0.5 * (entropy(chances).mean() - mean), rel=1e-4)
    assert float(choice_entropy(torch.full((4, 2, 8), 1 / 8))) == pytest.approx(np.log(8))
    assert PrefixLoss().additions(logits) == {}


def test_positions_that_sort_alike_are_found_whatever_their_symbols_are_called():
    torch.manual_seed(0)
    one = torch.randint(4, (400,))
    renamed, free = (one + 1) % 4, torch.randint(4, (400,))
    hot = lambda *s: F.one_hot(torch.stack(s, 1), 4).float()
    assert float(position_similarity(hot(one, renamed))) == pytest.approx(1, abs=1e-4)
    assert float(position_similarity(hot(one, free))) < 0.05
    pairs = [hot(one, renamed), hot(one, free), hot(renamed, free)]
    expected = np.mean([float(position_similarity(p)) for p in pairs])
    assert float(position_similarity(hot(one, renamed, free))) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("discretizer", ["gumbel", "vq"])
def test_a_run_goes_on_where_it_was_interrupted(tmp_path, discretizer):
    whole = student(discretizer=discretizer)
    run(whole, epochs=4)
    path, part = tmp_path / "run.safetensors", student(discretizer=discretizer)

    def stop(row):
        if row["epoch"] == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(part, epochs=4, checkpoint=path, on_epoch=stop)
    again = student(discretizer=discretizer)
    assert len(run(again, epochs=4, checkpoint=path)) == 4
    torch.testing.assert_close(weights(again), weights(whole), rtol=0, atol=0)
    with pytest.raises(ValueError, match="other settings"):
        run(student(discretizer=discretizer), epochs=4, checkpoint=path, loss=PrefixLoss("nested"))
    with pytest.raises(ValueError, match="other settings"):
        run(student(discretizer=discretizer), tokens(seed=1), epochs=4, checkpoint=path)


KILLED = """
import os, signal, sys
sys.path.insert(0, {folder!r})
import test_student_training as here
def kill(row):
    if row["epoch"] == 2:
        os.kill(os.getpid(), signal.SIGKILL)
here.run(here.student(discretizer="vq"), epochs=4, checkpoint={path!r}, on_epoch=kill)
"""


def test_a_killed_run_goes_on(tmp_path):
    path = tmp_path / "run.safetensors"
    code = KILLED.format(folder=os.path.dirname(__file__), path=str(path))
    killed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    whole, again = student(discretizer="vq"), student(discretizer="vq")
    run(whole, epochs=4)
    run(again, epochs=4, checkpoint=path)
    torch.testing.assert_close(weights(again), weights(whole), rtol=0, atol=0)


KILLED_WITHIN = """
import os, signal, sys
sys.path.insert(0, {folder!r})
import test_student_training as here
real, seen = here.PrefixLoss.additions, []
def additions(self, logits):
    seen.append(1)
    if len(seen) == 15:  # 6 steps an epoch: within the third
        os.kill(os.getpid(), signal.SIGKILL)
    return real(self, logits)
here.PrefixLoss.additions = additions
here.run(here.student(**here.SHARING), loss=here.NEAR, epochs=4, checkpoint={path!r})
"""
SHARING = dict(discretizer="vq", shared=False, decoding="parallel")
NEAR = PrefixLoss(neighbours=1.0, nearest=5)


def test_a_run_with_neighbours_that_was_killed_within_an_epoch_goes_on(tmp_path):
    path = tmp_path / "run.safetensors"
    code = KILLED_WITHIN.format(folder=os.path.dirname(__file__), path=str(path))
    killed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    whole, again = student(**SHARING), student(**SHARING)
    run(whole, loss=NEAR, epochs=4)
    history = run(again, loss=NEAR, epochs=4, checkpoint=path)
    assert [row["epoch"] for row in history.rows] == [1, 2, 3, 4]
    for (name, mine), other in zip(
        again.state_dict().items(), whole.state_dict().values(), strict=True
    ):
        assert torch.equal(mine, other), name


TWO = """
import os, sys
import torch
from torch import distributed
rank, folder = int(sys.argv[1]), sys.argv[2]
os.environ.update(RANK=str(rank), LOCAL_RANK=str(rank), WORLD_SIZE="2",
    MASTER_ADDR="127.0.0.1", MASTER_PORT="0")  # asked for, and not used
torch.set_num_threads(1)
meeting = "file://" + folder + "/meeting"
distributed.init_process_group("gloo", init_method=meeting, rank=rank, world_size=2)
sys.path.insert(0, sys.argv[3])
import test_student_training as here
from accelerate import Accelerator
own = {}
for learn in ("ema", "loss"):
    net = here.student(**here.SHARING, vocabulary=16, learn=learn, decay=0.5, revive=0.3)
    history = here.run(
        net, loss=here.NEAR, batch_size=16, accelerator=Accelerator(cpu=True),
        checkpoint=folder + "/" + learn + ".safetensors",
    )
    own[learn] = net.state_dict() | {"total": torch.tensor(history["total"])}
torch.save(own, folder + "/" + str(rank) + ".pt")
distributed.destroy_process_group()
"""


def test_two_processes_keep_one_student_and_one_codebook(tmp_path):
    here = os.path.dirname(__file__)
    started = [
        subprocess.Popen(
            [sys.executable, "-c", TWO, str(rank), str(tmp_path), here],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for rank in (0, 1)
    ]
    told = [process.communicate(timeout=600)[0] for process in started]
    assert all(p.returncode == 0 for p in started), told
    first, second = (torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in (0, 1))
    for learn in ("ema", "loss"):
        for name, mine in first[learn].items():
            torch.testing.assert_close(mine, second[learn][name], msg=f"{learn}: {name}")
        assert (tmp_path / f"{learn}.good.safetensors").exists()


def test_a_target_that_says_nothing_stops_training():
    target = ProjectorTarget(16, E, prototypes=32, teacher_temperature=100.0)
    net = student()
    before = weights(net)
    with pytest.raises(Collapsed, match=r"epoch 2: .*every answer is uniform.*fixed target"):
        run(net, target=target, epochs=6)
    torch.testing.assert_close(weights(net), before)  # no epoch was good


def test_symbols_that_are_all_the_same_stop_training_and_the_last_good_epoch_stays(tmp_path):
    path, net, kept = tmp_path / "run.safetensors", student(discretizer="softmax"), {}

    def sabotage(row):
        if row["epoch"] == 2:
            kept["good"] = weights(net).clone()
        if row["epoch"] >= 2:
            with torch.no_grad():
                net.tables[0].scores.weight.zero_()
                net.tables[0].scores.bias.copy_(100.0 * torch.arange(8))

    with pytest.raises(Collapsed, match=r"epoch 4: all pictures of a batch get the same symbols"):
        run(net, epochs=8, checkpoint=path, on_epoch=sabotage)
    torch.testing.assert_close(weights(net), kept["good"])
    from safetensors.torch import load_file

    saved = load_file(path)["module.student.tables.0.scores.weight"]
    torch.testing.assert_close(saved, net.tables[0].scores.weight.detach())


def test_what_is_no_collapse():
    row = dict(unique=0.5, perplexity=5.0, total=3.0, matched=3.0)
    healthy = row | dict(teacher_entropy=1.0, usage_entropy=3.0)
    assert symbol_collapse(healthy, 32, 32) is None
    assert symbol_collapse(row, None, 32) is None
    assert "very few win" in symbol_collapse(healthy | dict(usage_entropy=0.01), 32, 32)


def test_what_cannot_be_trained_on():
    with pytest.raises(TypeError, match="train on tokens"):
        run(student(), [1, 2, 3])
    with pytest.raises(ValueError, match="at least two pictures"):
        run(student(), tokens(1))
    with pytest.raises(ValueError, match="from this student's teacher"):
        run(student(), tokens()[:, :, :5])
    for bad in (np.nan, np.inf):
        broken, net = tokens(), student()
        broken[40, 3, 2] = bad  # in one patch
        with pytest.raises(ValueError, match="NaN"):
            run(net, broken)
        assert torch.equal(net.scale.mean, torch.zeros(2, E))  # as it was
    with pytest.raises(TypeError, match="numbers, not object"):
        run(student(), tokens().astype(object))
    with pytest.raises(TypeError, match="has no tokens"):
        run(student(), np.zeros((4, 3, 8, 8), np.uint8))
    with pytest.raises(ValueError, match="projector, anchors, feature"):
        run(student(), target="words")
    with pytest.raises(ValueError, match="keep_tokens"):
        run(student(), keep_tokens=0.0)


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        (dict(batch_size=0), "at least 2"),
        (dict(batch_size=1), "at least 2"),
        (dict(batch_size=2.5), "whole numbers"),
        (dict(batch_size=3, loss=NEAR), "at least 4, two pictures and a neighbour of each"),
        (dict(epochs=0), "epochs at least 1"),
        (dict(patience=0), "patience is 1 epoch or more"),
        (dict(loss=PrefixLoss(neighbours=1.0, nearest=96)), "ask for 1 to 95"),
        (dict(loss="nested"), r"PrefixLoss\(\.\.\.\)"),
        (dict(target=FeatureTarget), "Target"),
        (dict(target=FeatureTarget(20, E)), r"FeatureTarget\(16, 12\)"),
        (dict(target=FeatureTarget(16, E + 1)), "16 and 12"),
    ],
)
def test_settings_that_cannot_be(wrong, what):
    with pytest.raises((ValueError, TypeError), match=what):
        run(student(), **wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        dict(prefixes=4),
        dict(weights=0.5),
        dict(prefixes="nested", weights=(1, 2)),
        dict(strength=float("nan")),
        dict(neighbours=float("nan")),
        dict(neighbours=1.0, nearest=2.5),
    ],
)
def test_losses_that_cannot_be(wrong):
    with pytest.raises(ValueError, match=r"prefixes|weights|strength|nearest"):
        PrefixLoss(**wrong)


def test_weights_and_prefixes_that_cannot_be():
    with pytest.raises(ValueError, match="whole lengths"):
        PrefixLoss(prefixes=(1.5,)).lengths(4)
    with pytest.raises(ValueError, match="one weight of 0 or more"):
        PrefixLoss(prefixes=(1, 4), weights=(float("nan"), 1)).shares(2)
    assert PrefixLoss(prefixes=np.array([1, 4])).lengths(4) == [1, 4]


def test_tokens_of_every_kind_train_the_same_student(tmp_path):
    x = tokens()
    np.save(tmp_path / "x.npy", x)
    once = dict(loss=NEAR, epochs=1)
    expected = student()
    run(expected, **once)
    found = expected.encode(x)
    kinds = dict(
        double=x.astype(np.float64),
        tensor=torch.from_numpy(x).float().requires_grad_(),
        swapped=x.astype(">f4"),
        fortran=np.asfortranarray(x),
        backwards=x[::-1].copy()[::-1],
        mapped=np.load(tmp_path / "x.npy", mmap_mode="r"),
    )
    for name, kind in kinds.items():
        net = student()
        run(net, kind, **once)
        assert torch.equal(weights(net), weights(expected)), name
        np.testing.assert_array_equal(net.encode(kind), found, name)
    run(student(), torch.from_numpy(x).bfloat16(), **once)


@pytest.mark.parametrize("batch_size", [5, 33, 500])
def test_odd_batches_with_neighbours(batch_size):
    assert len(run(student(), batch_size=batch_size, loss=NEAR, epochs=1, patience=None)) == 1


@pytest.mark.parametrize("discretizer", ["gumbel", "vq", "fsq"])
def test_mixed_precision(discretizer, monkeypatch):
    monkeypatch.setattr(AcceleratorState, "_shared_state", {})
    net = student(discretizer=discretizer, from_cls=True)
    history = run(net, loss=NEAR, epochs=2, accelerator=Accelerator(mixed_precision="bf16"))
    assert np.isfinite(history["total"]).all() and history["total"][1] < history["total"][0]
    assert all(p.dtype == torch.float32 for p in net.parameters())
