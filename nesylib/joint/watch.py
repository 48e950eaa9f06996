"""Watch training by the program that would come out of it, stop early, keep the best weights."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from sklearn.base import clone

from nesylib import runtime
from nesylib.concepts.encoding import encode
from nesylib.joint.look import take_look
from nesylib.rules import FoldSEM, Program
from nesylib.vit.backbones import read_safetensors
from nesylib.vit.features import frozen_features
from nesylib.vit.partial import Tail


class RuleWatcher:
    """Learns a program every few epochs, keeps the weights of the best, and stops training.

    The contrastive, entropy and L1 losses know nothing of rules, and the last epoch need not give
    the best program. So measure what you want in the end::

        with RuleWatcher(net, train, validation, every=2, patience=5) as watcher:
            concepts.fit(net, train, on_epoch=watcher)
        watcher.frame()          # every look; net now holds the weights of the best

    Best is the highest accuracy of the rules on ``validation``, of equals the smaller program, of
    those the earlier one. The accuracy that training was stopped by is no test accuracy: keep
    other pictures for that.

    Parameters
    ----------
    net
        The :class:`nesylib.concepts.ConceptViT` in training. While its backbone does not
        change, the backbone's features are computed only once.
    train, validation
        :class:`nesylib.data.ImageSet`: pictures to learn rules from, and others to judge them by.
    every
        Epochs between two looks.
    patience
        End training after this many looks in a row without a better program; None: never.
    first
        The first epoch that counts. Set it to where the ramp of the losses ends: before it the
        rules may be accurate, but the codes are not sparse yet and the programs large.
    fold
        A :class:`nesylib.rules.FoldSEM` with the settings to learn with; ratio 0.8 and tail
        0.005 if not given.
    threshold
        Where an activation becomes a bit.
    rows
        At most this many pictures of ``train``, drawn once, are encoded at each look.
    checkpoint
        The ``checkpoint`` of :func:`nesylib.concepts.fit`. What was seen and the best weights
        then lie beside it (``run.watch.safetensors`` for ``run.safetensors``), and a run that
        was killed goes on to the same best program. Without the checkpoint they are ignored.
    also
        Called after each epoch with its row and, after a look, what the look found: a
        :class:`nesylib.viz.TrainingPlot`, for instance.

    Attributes
    ----------
    best : dict or None
        The row of the best look.
    program : Program or None
        Its program.
    programs : dict
        Epoch -> program, of all looks.
    stopped : bool
        Whether patience ran out.

    Raises
    ------
    ValueError
        For settings out of range, empty sets, or a file left by a run with other settings.
    """

    def __init__(
        self,
        net,
        train,
        validation,
        *,
        every: int = 1,
        patience: int | None = None,
        first: int = 1,
        fold: FoldSEM | None = None,
        threshold: float = 0.5,
        rows: int = 4000,
        batch_size: int = 256,
        checkpoint: str | Path | None = None,
        also: Callable[[dict[str, float]], None] | None = None,
    ):
        counts = dict(every=every, first=first, rows=rows, batch_size=batch_size)
        for name, value in (counts | {"patience": 1 if patience is None else patience}).items():
            if value < 1:
                raise ValueError(f"{name} must be at least 1, got {value}")
        for name, part in dict(train=train, validation=validation).items():
            if len(part.labels) == 0:
                raise ValueError(f"{name} holds no pictures")
        if not 0 < threshold < 1:
            raise ValueError(f"threshold must lie between 0 and 1, got {threshold}")
        if len(train.labels) > rows:
            chosen = np.random.default_rng(0).choice(len(train.labels), rows, replace=False)
            train = train.take(np.sort(chosen))
        self.net, self.train, self.validation = net, train, validation
        self.every, self.patience, self.first = every, patience, first
        self.fold = FoldSEM(ratio=0.8, tail=0.005) if fold is None else fold
        self.threshold, self.batch_size, self.also = threshold, batch_size, also
        self.checkpoint = None if checkpoint is None else Path(checkpoint)
        self._forget()
        self._backbone = _fingerprint(net.backbone)
        self._features: dict[str, torch.Tensor] = {}
        if self.checkpoint is not None and self.checkpoint.is_file():
            self._resume()

    def __call__(self, row: dict[str, float]) -> None:
        """Take the row of an epoch; raises :class:`StopIteration` when patience has run out.

        With several processes the first one looks, and all of them stop together.
        """
        several = torch.distributed.is_available() and torch.distributed.is_initialized()
        if not several or torch.distributed.get_rank() == 0:
            self._epoch(row)
        if several:
            word = [self.stopped]
            torch.distributed.broadcast_object_list(word, src=0)
            self.stopped = word[0]
        if self.stopped:
            raise StopIteration

    def _epoch(self, row: dict[str, float]) -> None:
        if row["epoch"] == 1:
            self._forget()
        seen = {}
        if self._due(row["epoch"]) and not self.stopped:
            seen = self._look(row)
        if self.also is not None:
            self.also(row | seen)

    def _due(self, epoch: int) -> bool:
        return epoch >= self.first and (epoch - self.first) % self.every == 0

    def _look(self, row: dict[str, float]) -> dict[str, float]:
        began = time.perf_counter()
        parts = [(self._codes(name), self._part(name).labels) for name in ("train", "validation")]
        found = take_look(clone(self.fold), *parts[0], *parts[1], threshold=self.threshold)
        seen = {"epoch": int(row["epoch"])} | found.row
        better = self.best is None or _merit(seen) > _merit(self.best)
        seen |= {"best": better, "look_seconds": time.perf_counter() - began}
        self.rows.append(seen)
        self.programs[seen["epoch"]] = found.program
        if better:
            self.best, self.weights = seen, self._trained()
        since = [row["best"] for row in self.rows][::-1].index(True)
        self.stopped = self.patience is not None and since >= self.patience
        self._save()
        return seen

    def _part(self, name: str):
        return self.train if name == "train" else self.validation

    @torch.inference_mode()
    def _codes(self, name: str) -> np.ndarray:
        """Activations; through kept features as long as the backbone stays what it was."""
        now = _fingerprint(self.net.backbone)
        part = self._part(name)
        if now != self._backbone:
            self._features.clear()
            return encode(self.net, part, batch_size=self.batch_size)
        if name not in self._features:
            found = frozen_features(self.net.backbone, part, self.net.pooling)
            self._features[name] = torch.from_numpy(found)
        self.net.eval()
        device = next(self.net.parameters()).device
        return self.net.concepts(self._features[name].to(device)).float().cpu().numpy()

    def _trained(self) -> dict[str, torch.Tensor]:
        """A copy of the weights that training has changed so far."""
        state = self.net.state_dict()
        if _fingerprint(self.net.backbone) == self._backbone:
            state = {k: v for k, v in state.items() if not k.startswith("backbone.")}
        return {k: v.detach().cpu().clone().contiguous() for k, v in state.items()}

    def frame(self):
        """Every look as a :class:`pandas.DataFrame` indexed by epoch; ``best`` marks records."""
        import pandas as pd

        return pd.DataFrame(self.rows).set_index("epoch") if self.rows else pd.DataFrame()

    @property
    def program(self) -> Program | None:
        return None if self.best is None else self.programs[self.best["epoch"]]

    def restore(self) -> dict[str, float]:
        """Put the weights of the best look into the network and return its row.

        Raises
        ------
        RuntimeError
            When there was no look: training ended before epoch ``first``.
        """
        if torch.distributed.is_available() and torch.distributed.is_initialized():
            both = [(self.best, self.weights)]
            torch.distributed.broadcast_object_list(both, src=0)
            self.best, self.weights = both[0]
        if self.best is None:
            raise RuntimeError(
                f"nothing to restore: no epoch from {self.first} on was looked at; train longer "
                "or lower `first`"
            )
        self.net.load_state_dict(self.weights, strict=False)
        return self.best

    def __enter__(self) -> RuleWatcher:
        return self

    def __exit__(self, kind, error, trace) -> None:
        if kind is None:
            self.restore()

    # --- going on after an interruption ---

    def _forget(self) -> None:
        self.rows: list[dict[str, float]] = []
        self.programs: dict[int, Program] = {}
        self.best: dict[str, float] | None = None
        self.weights: dict[str, torch.Tensor] = {}
        self.stopped = False

    @property
    def _file(self) -> Path:
        name = self.checkpoint.name.removesuffix(".safetensors")
        return self.checkpoint.with_name(f"{name}.watch.safetensors")

    def _settings(self) -> dict:
        labels = [np.asarray(p.labels, np.int64).tobytes() for p in (self.train, self.validation)]
        named = {k: str(v) for k, v in self.fold.get_params().items()}
        plain = dict(every=self.every, patience=self.patience, first=self.first)
        digest = hashlib.sha256(b"|".join(labels)).hexdigest()[:16]
        return plain | dict(threshold=self.threshold, fold=named, labels=digest)

    def _save(self) -> None:
        if self.checkpoint is None:
            return
        seen = dict(rows=self.rows, best=self.best, stopped=self.stopped)
        seen |= dict(settings=self._settings())
        seen["programs"] = {k: program.to_json() for k, program in self.programs.items()}
        with runtime.atomic_write(self._file) as temporary:
            save_file(self.weights, temporary, metadata={"watch": json.dumps(seen)})

    def _resume(self) -> None:
        if self._file.is_file():
            with safe_open(self._file, "pt") as handle:
                seen = json.loads((handle.metadata() or {}).get("watch", "{}"))
            if seen.get("settings") != json.loads(json.dumps(self._settings())):
                raise ValueError(
                    f"{self._file} was written with other settings or pictures: delete it, or "
                    "name another checkpoint"
                )
            self.rows, self.best, self.stopped = seen["rows"], seen["best"], seen["stopped"]
            self.programs = {int(k): Program.from_json(v) for k, v in seen["programs"].items()}
            copies = read_safetensors(self._file)  # views of a file that the next look replaces
            self.weights = {k: v.clone() for k, v in copies.items()}
        self._catch_up()

    def _catch_up(self) -> None:
        """Look at the checkpoint's epoch if the run was killed between saving it and the look."""
        with safe_open(self.checkpoint, "pt") as handle:
            done = json.loads((handle.metadata() or {}).get("training", "{}"))
        epoch, last = done.get("epoch", 0), self.rows[-1]["epoch"] if self.rows else 0
        if epoch <= last or not self._due(epoch) or self.stopped:
            return
        tensors = read_safetensors(self.checkpoint)
        state = {k[7:]: v for k, v in tensors.items() if k.startswith("module.")}
        module = _trained_by(self.net, state)
        before = {k: v.clone() for k, v in module.state_dict().items()}
        module.load_state_dict(state)
        self._look({"epoch": epoch})
        module.load_state_dict(before)


def _trained_by(net, state: dict[str, torch.Tensor]) -> torch.nn.Module:
    """What ``fit`` trained, told by the names of its weights: all, the head, or last blocks."""
    for module in (net, net.concepts):
        if state.keys() == module.state_dict().keys():
            return module
    blocks = {name.split(".")[2] for name in state if name.startswith("0.blocks.")}
    return torch.nn.Sequential(Tail(net.backbone, len(blocks), net.pooling), net.concepts)


def _merit(row: dict[str, float]) -> tuple[float, ...]:
    return (row["accuracy"], -row["size"], -row["predicates"])


def _fingerprint(module: torch.nn.Module) -> tuple[float, ...]:
    """Numbers that change when a weight does; much cheaper than running the module."""
    with torch.no_grad():
        sums = []
        for weight in module.state_dict().values():
            # Apple's GPUs have no double precision
            exact = weight.float() if weight.device.type == "mps" else weight.double()
            sums += [exact.sum(), exact.square().sum()]
        return tuple(torch.stack(sums).tolist()) if sums else ()
