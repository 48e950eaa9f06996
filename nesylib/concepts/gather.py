"""One batch out of the batches of several processes, with gradients."""

from __future__ import annotations

import torch
from torch import distributed


def processes() -> int:
    """How many processes train together (1 when PyTorch's process group was not started)."""
    there = distributed.is_available() and distributed.is_initialized()
    return distributed.get_world_size() if there else 1


def gather_batch(
    activations: torch.Tensor, labels: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """The rows and labels of all processes, in the order of their ranks.

    A loss that compares pictures with each other must see the global batch: the mean of the
    losses of its parts is another number. Every process that computes its loss from what this
    returns, and trains under ``DistributedDataParallel`` (which averages gradients), takes the
    step that one process would take on the whole batch.

    All processes must call it together. Alone, a process gets its own rows back.

    Parameters
    ----------
    activations
        ``(N, D)``; N may differ between processes.
    labels
        ``(N,)`` integers.
    """
    if processes() == 1:
        return activations, labels
    sizes = [labels.new_zeros(1) for _ in range(processes())]
    distributed.all_gather(sizes, labels.new_tensor([len(labels)]))
    sizes = torch.cat(sizes).tolist()
    return _Rows.apply(activations, sizes), torch.cat(_all_rows(labels, sizes))


class _Rows(torch.autograd.Function):
    """Gather rows. Backward needs no communication: each process has the whole loss already.

    Of its gradient it keeps its own rows, times the number of processes, because the average
    over processes that follows divides by that number.
    """

    @staticmethod
    def forward(ctx, rows: torch.Tensor, sizes: list[int]) -> torch.Tensor:
        ctx.sizes = sizes
        return torch.cat(_all_rows(rows, sizes))

    @staticmethod
    def backward(ctx, gradient: torch.Tensor):
        own = gradient.split(ctx.sizes)[distributed.get_rank()]
        return own * len(ctx.sizes), None


def _all_rows(rows: torch.Tensor, sizes: list[int]) -> list[torch.Tensor]:
    """Rows of each process; collectives want equal shapes, so short batches are padded."""
    padded = rows.new_zeros((max(sizes), *rows.shape[1:]))
    padded[: len(rows)] = rows
    found = [torch.empty_like(padded) for _ in sizes]
    distributed.all_gather(found, padded)
    return [part[:size] for part, size in zip(found, sizes, strict=True)]
