"""Signs that a self-distilled network has found the easy way out.

A student that answers the same for every picture agrees with a teacher that does. There are two
such answers: all prototypes alike, and one prototype for all. The loss tells neither from
success on its own.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from torch import distributed, nn
from torch.nn import functional as F

from nesylib import runtime


class Collapsed(RuntimeError):
    """Training was stopped because every picture gets the same answer."""


@torch.no_grad()
def signals(probabilities: torch.Tensor, features: torch.Tensor) -> dict[str, torch.Tensor]:
    """Three numbers to watch, as scalars.

    Parameters
    ----------
    probabilities
        ``(..., K)``: the teacher's distributions.
    features
        ``(N, E)``: the student's features of N pictures.

    Returns
    -------
    dict
        ``teacher_entropy``: mean entropy of a single answer, from 0 (certain) to ln K (uniform).
        ``usage_entropy``: entropy of the mean answer, from 0 (one prototype for all) to ln K (all
        prototypes used alike). ``feature_std``: standard deviation over pictures of features of
        length 1, times the root of E: 0 when all are the same, about 1 when they point everywhere
        (Chen and He 2021).
    """
    p = probabilities.flatten(0, -2)
    unit = F.normalize(features.float(), dim=1)
    spread = unit.std(0, unbiased=False).mean() * math.sqrt(unit.shape[1])
    return {
        "teacher_entropy": torch.special.entr(p).sum(-1).mean(),
        "usage_entropy": torch.special.entr(p.mean(0)).sum(),
        "feature_std": spread,
    }


def collapse_signs(row: Mapping[str, float], prototypes: int) -> dict[str, str]:
    """What one epoch's numbers say, by name of the failure; empty when nothing is wrong.

    Parameters
    ----------
    row
        With ``total`` (the loss), ``teacher_entropy``, ``usage_entropy`` and ``feature_std``; what
        is missing is not looked at.
    prototypes
        K.

    Returns
    -------
    dict
        ``"uniform"``: all prototypes alike for every picture. ``"one prototype"``: the same
        few for every picture. ``"same features"``: the features themselves no longer differ.
        Each with what was seen and what to turn.
    """
    top, found = math.log(prototypes), {}
    entropy, usage = row.get("teacher_entropy", 0.0), row.get("usage_entropy", top)
    if entropy > 0.98 * top and row.get("total", top) > 0.98 * top:
        found["uniform"] = (
            f"the teacher's entropy is {entropy:.3f} and the loss {row.get('total', top):.3f} of "
            f"ln {prototypes} = {top:.3f}: every answer is uniform. Sharpen: lower the teacher's "
            "temperature, to half the student's or less"
        )
    if usage < 0.2 * top:
        found["one prototype"] = (
            f"the mean answer has an entropy of {usage:.3f} of at most {top:.3f}: one prototype "
            "or very few win for every picture. Centre the teacher's outputs, with a momentum of "
            "0.9 or so"
        )
    if row.get("feature_std", 1.0) < 0.05:
        found["same features"] = (
            f"features of length 1 vary by {row['feature_std']:.3f} of about 1: all pictures have "
            "nearly the same. Keep the teacher apart (momentum 0.99 or more, no gradient), and "
            "lower the learning rate"
        )
    return found


class LastSound:
    """Called after each epoch: keeps the last one without collapse, stops when it stays away.

    Parameters
    ----------
    net
        What is trained; after a collapse it holds the last sound epoch again, or its first weights
        if there was none.
    problem
        What has collapsed, in words, from a row of the history; ``None`` if nothing has.
    patience
        After how many epochs in a row with a problem training stops. None never stops, and keeps
        nothing.
    checkpoint
        The loop's file. The last sound epoch stands beside it, ``.good`` before the suffix; after a
        collapse the file is that epoch, too.
    then
        Called with every row, before training is stopped.

    Raises
    ------
    Collapsed
        On the call that stops training: what was seen, what to turn, which epoch is held.
    """

    def __init__(
        self,
        net: nn.Module,
        problem: Callable[[dict[str, float]], str | None],
        patience: int | None,
        checkpoint: str | Path | None = None,
        then: Callable[[dict[str, float]], None] | None = None,
    ):
        if patience is not None and patience < 1:
            raise ValueError(
                f"patience is 1 epoch or more, or None to go on whatever happens; got {patience}"
            )
        self.net, self.problem, self.patience, self.then = net, problem, patience, then
        self.file = None if checkpoint is None else Path(checkpoint)
        self.resumed = self.file is not None and self.file.exists()
        self.strikes, self.epoch = 0, None
        self.good = None if patience is None else self._copy()

    def __call__(self, row: dict[str, float]) -> None:
        problem = self.problem(row)
        self.strikes = self.strikes + 1 if problem else 0
        if not problem and self.patience is not None:
            self.epoch, self.good = row["epoch"], self._copy()
            if self.file is not None and self.file.exists():
                self._copied(self.file, self.kept)
        if self.then is not None:
            self.then(row)
        if self.patience is not None and self.strikes >= self.patience:
            raise Collapsed(f"collapse in epoch {row['epoch']}: {problem}. {self._restored()}")

    @property
    def kept(self) -> Path:
        """The file of the last sound epoch."""
        return self.file.with_suffix(f".good{self.file.suffix}")

    def _copy(self) -> dict[str, torch.Tensor]:
        return {k: v.detach().clone() for k, v in self.net.state_dict().items()}

    def _restored(self) -> str:
        """Go back to the last sound epoch, of this run or of the one that it goes on from."""
        if self.epoch is None and self.resumed and self.kept.exists():
            from nesylib.vit.backbones import read_safetensors

            state = read_safetensors(self.kept)
            self.good = {k[7:]: v for k, v in state.items() if k.startswith("module.")}
            held = "the last sound epoch of the run that this one went on from"
        elif self.epoch is None:
            self.net.load_state_dict(self.good)
            return "No epoch was sound: the network is as it was before training"
        else:
            held = f"epoch {self.epoch}"
        self.net.load_state_dict(self.good)
        if self.file is None or not self.kept.exists():
            return f"The network holds {held}"
        self._copied(self.kept, self.file)
        return f"The network holds {held}, and so do {self.file.name} and {self.kept}"

    @staticmethod
    def _copied(source: Path, target: Path) -> None:
        if distributed.is_available() and distributed.is_initialized() and distributed.get_rank():
            return  # the first process writes, for all
        with runtime.atomic_write(target) as temporary:
            shutil.copyfile(source, temporary)
