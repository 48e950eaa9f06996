"""One training loop for every network of the book.

Everything random in an epoch (order, augmentation, dropout) is drawn from ``(seed, epoch)``, so
a run that was interrupted and goes on from its last whole epoch ends where it would have ended.
Devices, mixed precision and several processes are left to Accelerate.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import torch
from accelerate import Accelerator
from safetensors.torch import save_file
from torch import nn
from torch.utils.data import DataLoader

from nesylib import runtime
from nesylib.concepts.batches import (
    BalancedBatches,
    EpochBatches,
    Indexed,
    as_is,
    epoch_seed,
    warn_of_missing,
)
from nesylib.concepts.memory import OutOfMemory, explain, is_out_of_memory, what_fits
from nesylib.progress import Progress
from nesylib.vit.backbones import read_safetensors


class TrainingDiverged(RuntimeError):
    """The loss became NaN or infinite; the network holds its last whole epoch."""


@dataclass
class History:
    """What each epoch measured: a list of dictionaries, one per epoch."""

    rows: list[dict[str, float]] = field(default_factory=list)

    def frame(self):
        """As a :class:`pandas.DataFrame` indexed by epoch."""
        import pandas as pd

        return pd.DataFrame(self.rows).set_index("epoch")

    def __getitem__(self, name: str) -> list[float]:
        return [row[name] for row in self.rows]

    def __len__(self) -> int:
        return len(self.rows)


def train(
    module: nn.Module,
    inputs,
    labels,
    loss: Callable[[torch.Tensor, torch.Tensor, float], dict[str, torch.Tensor]],
    *,
    groups: list[dict],
    epochs: int,
    batch_size: int,
    warmup: float = 0.05,
    clip: float = 1.0,
    seed: int = 0,
    prepare: Callable[[torch.Tensor, torch.Generator], torch.Tensor] | None = None,
    checkpoint: str | Path | None = None,
    accelerator: Accelerator | None = None,
    progress: bool = True,
    on_epoch: Callable[[dict[str, float]], None] | None = None,
    settings: dict | None = None,
    balanced: bool = False,
    classes: Sequence[str] | None = None,
) -> History:
    """Train ``module`` on ``inputs`` and ``labels`` with AdamW and a cosine schedule.

    Parameters
    ----------
    loss
        Called with the module's output, the labels and the share of all steps that are done;
        returns named scalars, of which ``"total"`` is minimised.
    groups
        Parameter groups for AdamW, each with its ``lr`` and ``weight_decay``.
    warmup
        Share of all steps over which the learning rate rises.
    prepare
        Applied to each batch of inputs before the module, with the epoch's generator.
    checkpoint
        A file that holds the last whole epoch. If it is there, training goes on from it; it is
        refused when it belongs to other settings, labels or another network.
    on_epoch
        Called with the row of each epoch, for a live plot or for early stopping: training ends
        when it raises :class:`StopIteration`.
    settings
        What else a checkpoint must agree with, as JSON values: the weights of the loss, say.
    batch_size
        Of each process: P processes take the steps of one with P times the batch size.
    balanced
        Every batch holds as many examples of each class; see :class:`BalancedBatches`. Then
        ``batch_size`` is rounded down to a multiple of the number of classes.
    classes
        Names of the classes: one without an example is warned of.

    Raises
    ------
    TrainingDiverged
        When the total is no longer finite.
    OutOfMemory
        When a batch does not fit into memory, naming one that does.
    ValueError
        For no epochs, fewer than two examples, or a batch size that gives no batch.
    """
    if epochs < 1:
        raise ValueError(f"epochs must be at least 1, got {epochs}")
    if len(labels) < 2:
        raise ValueError("training needs at least two examples")
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, got {batch_size}")
    accelerator = accelerator or Accelerator()
    warn_of_missing(labels, classes)
    if balanced:
        batches = BalancedBatches(labels, batch_size, seed)
    else:
        batches = EpochBatches(len(labels), batch_size, seed)
    loader = DataLoader(Indexed(inputs, labels), batch_sampler=batches, collate_fn=as_is)
    optimizer = torch.optim.AdamW(groups)
    base = [group["lr"] for group in optimizer.param_groups]
    history = History()
    agreed = dict(
        epochs=int(epochs),
        batch_size=int(batch_size),
        seed=int(seed),
        warmup=float(warmup),
        clip=float(clip),
        lr=list(map(float, base)),
        weight_decay=[float(group["weight_decay"]) for group in optimizer.param_groups],
        labels=hashlib.sha256(np.asarray(labels, dtype=np.int64).tobytes()).hexdigest()[:16],
        prepare=in_words(prepare),
        processes=accelerator.num_processes,
    )
    if balanced:
        agreed["balanced"] = True
    state = _Checkpoint(checkpoint, module, optimizer, history, agreed | (settings or {}))
    module.to(accelerator.device)
    first = state.resume()
    wrapped = {k: vars(module).get(k) for k in _WRAPPED}
    model, prepared, loader = accelerator.prepare(module, optimizer, loader)
    each = len(loader)  # batches an epoch of this process
    if each == 0:
        raise ValueError(
            f"{len(labels)} examples are {len(batches)} batches of {batches.batch_size}, fewer "
            f"than the {accelerator.num_processes} processes: lower batch_size"
        )
    steps = epochs * each
    trained = [p for group in groups for p in group["params"]]
    shown = progress and accelerator.is_main_process
    bar = Progress(steps, "training", shown, done=first * each)

    def measured(x, y, generator, done: float) -> dict[str, torch.Tensor]:
        # only the model runs in mixed precision: similarities need all their digits
        return loss(model(prepare(x, generator) if prepare else x), y, done)

    def backward(x, y, generator, done: float, size: int) -> None:
        accelerator.backward(measured(x[:size], y[:size], generator, done)["total"])

    def take_step(x, y, generator, step: int) -> dict[str, torch.Tensor]:
        for group, lr in zip(optimizer.param_groups, base, strict=True):
            group["lr"] = lr * _schedule(step, steps, warmup)
        parts = measured(x, y, generator, step / steps)
        if not torch.isfinite(accelerator.reduce(parts["total"].detach())):
            raise TrainingDiverged(_diverged(step // each, step, parts))
        prepared.zero_grad()
        accelerator.backward(parts["total"])
        accelerator.clip_grad_norm_(trained, clip)
        prepared.step()
        return {name: value.detach() for name, value in parts.items()}

    try:
        for epoch in range(first, epochs):
            good = {k: v.detach().clone() for k, v in module.state_dict().items()}
            batches.epoch = epoch
            own = accelerator.process_index
            generator = torch.Generator().manual_seed(epoch_seed(seed, epoch, own))
            began, sums = time.perf_counter(), {}
            model.train()
            with runtime.seeded(seed * 100_003 + epoch + own * 1_000_000_007):
                for step, (x, y) in enumerate(loader, start=epoch * each):
                    failure = None
                    try:
                        parts = take_step(x, y, generator, step)
                    except TrainingDiverged:
                        module.load_state_dict(good)
                        raise
                    except (RuntimeError, MemoryError) as error:
                        if not is_out_of_memory(error):
                            raise
                        failure = str(error) or type(error).__name__
                    if failure is not None:  # here the failed step's tensors are free again
                        module.load_state_dict(good)
                        attempt = partial(backward, x, y, generator, step / steps)
                        fits = what_fits(attempt, len(y), prepared, trained, accelerator)
                        raise OutOfMemory(explain(epoch, step, len(y), fits, failure))
                    for name, value in parts.items():
                        sums[name] = sums.get(name, 0.0) + value
                    bar.update()
            means = {k: float(accelerator.reduce(v, "mean")) / each for k, v in sums.items()}
            row = {"epoch": epoch + 1} | means | {"seconds": time.perf_counter() - began}
            history.rows.append(row)
            bar.say(f"epoch {epoch + 1} of {epochs}, loss {row['total']:.3f}")
            if accelerator.is_main_process:
                state.save(epoch + 1)
            if on_epoch is not None:
                try:
                    on_epoch(row)
                except StopIteration:
                    break
    finally:
        bar.close()
        for name, value in wrapped.items():
            vars(module).pop(name, None)
            if value is not None:
                vars(module)[name] = value
        module.eval()
    return history


_WRAPPED = ("forward", "_original_forward")
"""What Accelerate puts on a module for mixed precision; a trained network is given back without."""


def in_words(thing: object) -> str:
    """The settings of a callable where its ``repr`` tells them, else its name."""
    text = repr(thing)
    if " at 0x" not in text:
        return text
    return getattr(thing, "__qualname__", type(thing).__qualname__)


def _schedule(step: int, steps: int, warmup: float) -> float:
    rising = max(1, round(warmup * steps))
    if step < rising:
        return (step + 1) / rising
    return 0.5 * (1 + math.cos(math.pi * (step - rising) / max(1, steps - rising)))


def _diverged(epoch: int, step: int, parts: dict[str, torch.Tensor]) -> str:
    bad = [name for name, value in parts.items() if not torch.isfinite(value) and name != "total"]
    return (
        f"the loss is not finite in epoch {epoch + 1}, step {step + 1}"
        + (f" (from {', '.join(bad)})" if bad else "")
        + ": the network holds the weights it had before this epoch. Lower the learning rate, "
        "raise the temperature, or look for NaN in the data"
    )


class _Checkpoint:
    """Weights, AdamW's moments and the history after a whole epoch, in one safetensors file."""

    def __init__(self, path, module: nn.Module, optimizer, history: History, settings: dict):
        self.path = Path(path) if path is not None else None
        self.module, self.optimizer, self.history = module, optimizer, history
        self.settings = json.loads(json.dumps(settings))

    def _parameters(self) -> list[torch.Tensor]:
        return [p for group in self.optimizer.param_groups for p in group["params"]]

    def save(self, epoch: int) -> None:
        if self.path is None:
            return
        tensors = {f"module.{k}": v.detach() for k, v in self.module.state_dict().items()}
        for i, p in enumerate(self._parameters()):
            for name, value in self.optimizer.state.get(p, {}).items():
                tensors[f"adamw.{i}.{name}"] = torch.as_tensor(value).detach()
        tensors = {k: v.cpu().contiguous().clone() for k, v in tensors.items()}
        meta = dict(epoch=epoch, history=self.history.rows, settings=self.settings)
        with runtime.atomic_write(self.path) as temporary:
            save_file(tensors, temporary, metadata={"training": json.dumps(meta)})

    def resume(self) -> int:
        """Load the last whole epoch, if there is one, and return how many epochs are done."""
        if self.path is None or not self.path.exists():
            return 0
        if self.path.is_dir():
            raise ValueError(
                f"checkpoint={str(self.path)!r} is a folder: name a file in it, such as "
                f"{str(self.path / 'run.safetensors')!r}"
            )
        from safetensors import safe_open

        tensors = read_safetensors(self.path)
        with safe_open(self.path, "pt") as handle:
            meta = json.loads((handle.metadata() or {}).get("training", "null"))
        if meta is not None and "inputs" not in meta["settings"]:
            self.settings.pop("inputs", None)  # written before inputs were told apart
        if meta is None or meta["settings"] != self.settings:
            raise ValueError(
                f"{self.path} belongs to a run with other settings ({self._difference(meta)}): "
                "delete it or name another file"
            )
        own = {k[7:]: v for k, v in tensors.items() if k.startswith("module.")}
        try:
            self.module.load_state_dict(own)
        except RuntimeError as error:
            raise ValueError(
                f"{self.path} belongs to another network: delete it or name another file. "
                f"{str(error)[:400]}"
            ) from error
        for i, p in enumerate(self._parameters()):
            names = ("exp_avg", "exp_avg_sq", "step")
            found = {n: tensors[f"adamw.{i}.{n}"] for n in names if f"adamw.{i}.{n}" in tensors}
            if found:
                # copies: what was read is a view of the file, which the next epoch replaces
                self.optimizer.state[p] = {
                    n: v.to("cpu" if n == "step" else p.device, copy=True) for n, v in found.items()
                }
        self.history.rows[:] = meta["history"]
        return meta["epoch"]

    def _difference(self, meta: dict | None) -> str:
        then = (meta or {}).get("settings")
        if not isinstance(then, dict):
            return "it tells none"
        return ", ".join(
            f"{key} was {then.get(key)}, now {self.settings.get(key)}"
            for key in sorted(then.keys() | self.settings.keys())
            if then.get(key) != self.settings.get(key)
        )
