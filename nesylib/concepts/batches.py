"""Which examples stand together in a batch, from ``(seed, epoch)`` alone."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import torch
from torch.utils.data import Dataset


class Indexed(Dataset):
    """Inputs and labels fetched a whole batch at a time."""

    def __init__(self, inputs, labels):
        self.inputs, self.labels = inputs, np.asarray(labels, dtype=np.int64)

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int):
        return self.__getitems__([index])

    def __getitems__(self, indices: list[int]):
        chosen = np.asarray(indices)
        return (
            torch.from_numpy(np.ascontiguousarray(self.inputs[chosen])),
            torch.from_numpy(self.labels[chosen]),
        )


def as_is(batch):
    """Collate nothing: :class:`Indexed` gives whole batches."""
    return batch


class EpochBatches:
    """Batches of indices, shuffled from ``(seed, epoch)``; the last short batch is left out."""

    def __init__(self, n: int, batch_size: int, seed: int):
        self.n, self.batch_size, self.seed, self.epoch = n, min(batch_size, n), seed, 0
        self.drop_last = True

    def __len__(self) -> int:
        return self.n // self.batch_size

    def __iter__(self):
        order = np.random.default_rng([self.seed, self.epoch]).permutation(self.n)
        for start in range(0, len(self) * self.batch_size, self.batch_size):
            yield order[start : start + self.batch_size].tolist()


class BalancedBatches:
    """Batches with as many pictures of each class, drawn from ``(seed, epoch)``.

    An epoch shows each picture of the most frequent class once (up to the last short batch);
    rarer classes are gone through as often as that takes, in a new order each time. Classes
    alternate within a batch, and a batch of twice the size is two of these, so that several
    processes that share the batches see what one would see.

    Raises
    ------
    ValueError
        For a batch that cannot hold one picture of each class.
    """

    def __init__(self, labels, batch_size: int, seed: int):
        labels = np.asarray(labels)
        self.members = [np.flatnonzero(labels == c) for c in np.unique(labels)]
        most, k = max(map(len, self.members)), len(self.members)
        if batch_size < k:
            raise ValueError(
                f"batch_size={batch_size} cannot hold one picture of each of {k} classes: "
                f"balanced batches need at least {k}, and {2 * k} for a contrastive loss"
            )
        self.each = min(batch_size // k, most)
        self.batches, self.batch_size = most // self.each, self.each * k
        self.seed, self.epoch, self.drop_last = seed, 0, True

    def __len__(self) -> int:
        return self.batches

    def __iter__(self):
        rng = np.random.default_rng([self.seed, self.epoch])
        needed = len(self) * self.each
        drawn = [
            np.concatenate([rng.permutation(own) for _ in range(-(-needed // len(own)))])[:needed]
            for own in self.members
        ]
        for rows in np.stack(drawn, 1).reshape(len(self), -1):
            yield rows.tolist()


def epoch_seed(seed: int, epoch: int, process: int = 0) -> int:
    """A seed for what is random in one epoch of one process; the same in every run.

    Python's hash of a tuple of integers does not depend on ``PYTHONHASHSEED``, that of text does.
    """
    seed, epoch, process = int(seed), int(epoch), int(process)
    return hash((seed, epoch, process) if process else (seed, epoch)) % 2**63


def warn_of_missing(labels, classes: Sequence[str] | None) -> None:
    there = set(np.unique(labels).tolist())
    missing = [str(name) for k, name in enumerate(classes or ()) if k not in there]
    if missing:
        warnings.warn(
            f"no picture to train on of {', '.join(missing)}: what is trained cannot tell "
            f"{'them' if len(missing) > 1 else 'it'} from the others. Add pictures, or leave the "
            "class out with .select([...])",
            stacklevel=4,
        )
