"""Train a student on tokens that were computed once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from accelerate import Accelerator
from torch import nn

from nesylib import runtime
from nesylib.concepts import loop
from nesylib.concepts.training import parameter_groups
from nesylib.symbols.collapse import LastSound, collapse_signs
from nesylib.symbols.losses import PrefixLoss
from nesylib.symbols.neighbours import NeighbourInformation, WithNeighbours, nearest
from nesylib.symbols.student import SymbolStudent, as_tensor
from nesylib.symbols.targets import Target, make_target


def fit_student(
    student: SymbolStudent,
    tokens,
    *,
    target: str | Target = "projector",
    loss: PrefixLoss | None = None,
    epochs: int = 20,
    batch_size: int = 128,
    lr: float = 1e-3,
    weight_decay: float = 0.04,
    keep_tokens: float = 1.0,
    patience: int = 2,
    seed: int = 0,
    checkpoint: str | Path | None = None,
    accelerator: Accelerator | None = None,
    progress: bool = True,
    on_epoch: Callable[[dict[str, float]], None] | None = None,
) -> loop.History:
    """Train ``student`` in place, without labels.

    Parameters
    ----------
    tokens
        ``(N, 1 + P, E)``, the teacher's tokens as ``teacher.tokens(pictures)`` gives them, or an
        array; or an :class:`nesylib.data.ImageSet`, whose tokens are then computed once.
    target
        What to match: a name of ``TARGETS`` (``"projector"`` is the paper's recipe) or a
        :class:`Target` with settings of its own.
    loss
        :class:`PrefixLoss`; the paper's prefixes with equal weights if not given.
    batch_size
        Pictures in a batch, neighbours counted: with ``loss.neighbours`` half of them are
        neighbours of the other half, and an epoch has twice as many batches. At least 2, and
        4 with neighbours: whether pictures are told apart is seen within a batch.
    keep_tokens
        Share of the patch tokens that the student sees in training, drawn anew for each batch.
        Below 1 the picture is seen in parts, a cheap change of view on tokens that are
        computed once, and steps are faster.
    patience
        Epochs in a row in which nothing is told apart before training stops.
    checkpoint
        A file to go on from after an interruption; it holds the last whole epoch. The last
        epoch without collapse stands beside it, ``.good`` before the suffix.

    Returns
    -------
    History
        Per epoch: ``total``; ``prefix_n``, the loss after n symbols; ``usage`` and
        ``perplexity`` of the vocabulary in a batch; ``unique``, share of different sequences in
        a batch; ``teacher_entropy``, how unsure the target is of one picture, and
        ``usage_entropy``, how different pictures are for it (nats).

    Raises
    ------
    Collapsed
        With what collapsed and what to turn. The student, and ``checkpoint``, hold the last
        good epoch.
    TrainingDiverged, OutOfMemory
        As :func:`nesylib.concepts.fit`.
    ValueError
        For no pictures, tokens of another teacher, or settings that contradict each other.
    """
    tokens = _tokens_of(student, tokens)
    loss = loss or PrefixLoss()
    batch_size = min(batch_size, len(tokens))
    _check(student, target, loss, epochs, batch_size, keep_tokens)
    batch_size, epochs = int(batch_size), int(epochs)
    accelerator = accelerator or Accelerator()
    if isinstance(target, str):
        with runtime.seeded(seed + 7):
            target = make_target(target, student.decoder.width, student.teacher.num_features)
    with runtime.seeded(seed + 8):
        summaries = torch.from_numpy(_first_tokens(tokens)).to(target.mean.device)
        target.look(summaries)
    some = np.unique(np.linspace(0, len(tokens) - 1, min(len(tokens), 1000)).astype(int))
    student.scale.look(as_tensor(tokens[some]))
    read, drawn = tokens, batch_size  # what the loop reads, and how many of it at once
    if loss.neighbours:
        read = WithNeighbours(tokens, nearest(target.scaled(summaries).cpu(), loss.nearest))
        drawn = batch_size // 2
    steps = epochs * (len(tokens) // drawn)
    course = _Course(student, target, loss, keep_tokens, steps)
    guard = LastSound(
        course,
        lambda row: symbol_collapse(row, target.prototypes, batch_size),
        patience,
        checkpoint,
        on_epoch,
    )
    settings = dict(
        student=student.config,
        target=loop.in_words(target),
        loss=loop.in_words(loss),
        keep_tokens=keep_tokens,
        inputs=_name_of(tokens),
    )
    groups = parameter_groups(student, lr, weight_decay)
    groups += parameter_groups(target, lr, weight_decay)
    return loop.train(
        course,
        read,
        np.zeros(len(tokens), dtype=np.int64),  # no labels are used
        course.loss,
        groups=groups,
        epochs=epochs,
        batch_size=drawn,
        clip=3.0,
        seed=seed,
        checkpoint=checkpoint,
        accelerator=accelerator,
        progress=progress,
        on_epoch=guard,
        settings=settings,
    )


class _Course(nn.Module):
    """Student and target together: what the loop trains and what its checkpoint holds."""

    def __init__(self, student, target, loss: PrefixLoss, keep_tokens: float, steps: int):
        super().__init__()
        self.student, self.target = student, target
        self.prefix_loss, self.keep_tokens, self.steps = loss, keep_tokens, steps
        self.lengths = loss.lengths(student.length)
        self.shares = loss.shares(len(self.lengths))
        self.shared = None
        if loss.neighbours:
            self.shared = NeighbourInformation(student.length, student.vocabulary, loss.power)
        self.register_buffer("step", torch.zeros((), dtype=torch.int64))

    def forward(self, tokens: torch.Tensor):
        if tokens.ndim == 4:  # pictures with their neighbours
            tokens = tokens.flatten(0, 1)
        done = min(1.0, float(self.step) / max(1, self.steps))
        if self.training:
            self.target.step(done)
            self.step += 1
        seen, read = tokens[:, 0].float(), tokens
        if self.training and self.keep_tokens < 1:
            read = tokens[:, self._some(tokens.shape[1], tokens.device)]
        output = self.student(read, done)
        return output, seen, done

    def _some(self, tokens: int, device) -> torch.Tensor:
        kept = max(1, round(self.keep_tokens * (tokens - 1)))
        chosen = 1 + torch.randperm(tokens - 1, device=device)[:kept]
        return torch.cat([chosen.new_zeros(1), chosen])

    def loss(self, outcome, _labels, _done: float) -> dict[str, torch.Tensor]:
        output, seen, done = outcome
        found, read = output.emission.found, output.read.float()
        if self.prefix_loss.prefixes == "nested":
            chosen = torch.randint(self.student.length, (len(read), 1, 1), device=read.device)
            read = read.gather(1, chosen.expand(-1, 1, read.shape[2]))
            matched = self.target(read, seen, done)
            parts = {"total": matched.losses.mean()}
        else:
            matched = self.target(read[:, [n - 1 for n in self.lengths]], seen, done)
            each = matched.losses.mean(0)
            parts = {"total": each @ self.shares.to(each.device)}
            parts |= {f"prefix_{n}": part for n, part in zip(self.lengths, each, strict=True)}
        parts["matched"] = parts["total"]
        additions = self.prefix_loss.additions(found.logits)
        if self.shared is not None:
            additions["neighbours"] = self.prefix_loss.neighbours * self.shared(found.logits)
        parts["total"] = parts["total"] + found.loss + sum(additions.values(), found.loss * 0)
        with torch.no_grad():
            different = len(torch.unique(found.symbols, dim=0)) / len(found.symbols)
            watched = {
                "usage": found.usage,
                "perplexity": found.perplexity,
                "unique": found.perplexity.new_tensor(different),
            }
        return parts | additions | {"table": found.loss} | watched | matched.watched


def symbol_collapse(row: dict[str, float], prototypes: int | None, batch_size: int) -> str | None:
    """What has collapsed in an epoch, with what to turn; ``None`` if nothing has.

    Parameters
    ----------
    row
        A row of the history.
    prototypes
        Of the target, K; ``None`` for a target without.
    batch_size
        Pictures in a batch.
    """
    if row["unique"] * batch_size < 1.5:
        return (
            f"all pictures of a batch get the same symbols (perplexity {row['perplexity']:.2f}). "
            "Lower the learning rate, raise the temperature of the discretizer, or add "
            "PrefixLoss(strategy='entropy')"
        )
    if prototypes is not None:
        # the loss of matching alone: additions would hide that it stays at ln K
        signs = collapse_signs(row | {"total": row["matched"]}, prototypes)
        if signs:
            return next(iter(signs.values())) + ". Or use a fixed target (momentum=1.0)"
    return None


def _check(student, target, loss, epochs: int, batch_size: int, keep_tokens: float) -> None:
    if not 0 < keep_tokens <= 1:
        raise ValueError(f"keep_tokens is a share above 0 and up to 1, got {keep_tokens}")
    if not isinstance(loss, PrefixLoss):
        raise TypeError(f"loss must be a PrefixLoss(...), not {loss!r}")
    if not isinstance(target, (str, Target)):
        raise TypeError(f"target must be a name or a Target(...) made for this student: {target!r}")
    least = 4 if loss.neighbours else 2
    if int(batch_size) != batch_size or batch_size < least or int(epochs) != epochs or epochs < 1:
        raise ValueError(
            f"batches of {batch_size} and {epochs} epochs: give whole numbers, epochs at least 1, "
            f"and batch_size (and pictures) at least {least}"
            + (", two pictures and a neighbour of each" if loss.neighbours else "")
        )
    wanted = student.decoder.width, student.teacher.num_features
    if isinstance(target, Target) and (target.lift.in_features, len(target.mean)) != wanted:
        raise ValueError(
            f"the target was made for width {target.lift.in_features} and {len(target.mean)} "
            f"features of the teacher, and this student has {wanted[0]} and {wanted[1]}: make it "
            f"with {type(target).__name__}{wanted}"
        )


def _tokens_of(student: SymbolStudent, tokens):
    if hasattr(tokens, "images") or len(getattr(tokens, "shape", ())) == 4:
        if not hasattr(student.teacher, "tokens"):
            raise TypeError("this teacher has no tokens(pictures): give tokens (N, 1 + P, E)")
        tokens = student.teacher.tokens(tokens)
    if len(getattr(tokens, "shape", ())) != 3:
        raise TypeError(
            "train on tokens (N, 1 + P, E), such as teacher.tokens(pictures), or on an ImageSet; "
            f"got a {type(tokens).__name__}"
        )
    if len(tokens) < 2:
        raise ValueError(f"training needs at least two pictures, got {len(tokens)}")
    student._check(tokens)
    if isinstance(tokens, torch.Tensor):
        tokens = tokens.detach().cpu()
        tokens = (tokens.float() if tokens.dtype == torch.bfloat16 else tokens).numpy()
    kind = np.dtype(getattr(tokens, "dtype", float))
    if kind.kind not in "fiu":
        raise TypeError(f"tokens must be numbers, not {kind}")
    return tokens if kind.isnative else np.asarray(tokens, kind.newbyteorder("="))


def _first_tokens(tokens) -> np.ndarray:
    """[CLS] of all pictures, ``(N, E)`` float32."""
    rows = []
    for start in range(0, len(tokens), 1024):
        part = np.asarray(tokens[start : start + 1024])
        if not np.isfinite(part).all():
            raise ValueError("a token holds NaN or infinite values: compute the tokens again")
        rows.append(part[:, 0].astype(np.float32))
    return np.concatenate(rows)


def _name_of(tokens) -> str:
    """What a checkpoint was trained on, from some of the tokens."""
    digest = hashlib.sha256(str(tuple(tokens.shape)).encode())
    for row in np.unique(np.linspace(0, len(tokens) - 1, 64).astype(int)):
        digest.update(np.ascontiguousarray(tokens[int(row)]).tobytes())
    return digest.hexdigest()[:16]
