"""The last epoch without collapse: kept, put back, and told; also by a run that goes on."""

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from nesylib.symbols import Collapsed
from nesylib.symbols.collapse import LastSound


class Run:
    """Epochs as the loop has them: weights change, the file is written, then the guard looks."""

    def __init__(self, path=None, patience=2, start=0.0):
        self.net, self.path, self.epoch, self.seen = nn.Linear(1, 1, bias=False), path, 0, []
        self.put(start)
        watch = lambda row: "all alike" if row["bad"] else None
        self.guard = LastSound(self.net, watch, patience, path, self.seen.append)

    def put(self, value):
        nn.init.constant_(self.net.weight, value)

    def pass_epoch(self, value, bad=False):
        self.epoch += 1
        self.put(value)
        if self.path is not None:
            save_file({"module.weight": self.net.weight.detach().clone()}, self.path)
        self.guard({"epoch": self.epoch, "bad": bad})

    @property
    def value(self):
        return self.net.weight.item()


def kept(path):
    return load_file(path)["module.weight"].item()


def test_the_last_sound_epoch_comes_back(tmp_path):
    path = tmp_path / "run.safetensors"
    run = Run(path)
    run.pass_epoch(1.0)
    run.pass_epoch(2.0, bad=True)
    run.pass_epoch(3.0)  # one bad epoch is forgiven
    run.pass_epoch(4.0, bad=True)
    with pytest.raises(
        Collapsed, match=r"epoch 5: all alike\. The network holds epoch 3, and so do"
    ):
        run.pass_epoch(5.0, bad=True)
    assert run.value == kept(path) == kept(tmp_path / "run.good.safetensors") == 3.0
    assert [row["epoch"] for row in run.seen] == [1, 2, 3, 4, 5]


def test_without_a_sound_epoch_the_first_weights_come_back():
    run = Run(start=7.0, patience=1)
    with pytest.raises(Collapsed, match="as it was before training"):
        run.pass_epoch(1.0, bad=True)
    assert run.value == 7.0


def test_a_run_that_goes_on_falls_back_on_the_one_before(tmp_path):
    path = tmp_path / "run.safetensors"
    first = Run(path)
    first.pass_epoch(1.0)
    first.pass_epoch(2.0, bad=True)  # and is interrupted
    second = Run(path, patience=1)
    with pytest.raises(Collapsed, match="went on from"):
        second.pass_epoch(3.0, bad=True)
    assert second.value == kept(path) == 1.0


def test_a_fresh_run_does_not_trust_what_another_left(tmp_path):
    path = tmp_path / "run.safetensors"
    save_file({"module.weight": torch.full((1, 1), 9.0)}, tmp_path / "run.good.safetensors")
    run = Run(path, patience=1, start=5.0)
    with pytest.raises(Collapsed, match="before training"):
        run.pass_epoch(1.0, bad=True)
    assert run.value == 5.0


def test_no_patience_never_stops():
    run = Run(patience=None)
    for epoch in range(5):
        run.pass_epoch(float(epoch), bad=True)
    assert run.value == 4.0 and len(run.seen) == 5


def test_no_epoch_of_patience_is_refused():
    with pytest.raises(ValueError, match="or None to go on"):
        Run(patience=0)
