"""When a batch does not fit into memory: find out which one does, and say so."""

from __future__ import annotations

from collections.abc import Callable

import torch
from accelerate import Accelerator


class OutOfMemory(RuntimeError):
    """A batch did not fit into memory; the network holds its last whole epoch."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error of PyTorch or Python says that memory ran out."""
    if isinstance(error, (torch.cuda.OutOfMemoryError, MemoryError)):
        return True
    said = str(error).lower()
    return any(t in said for t in ("out of memory", "can't allocate memory", "not enough memory"))


def what_fits(
    run: Callable[[int], None], size: int, optimizer, trained, accelerator: Accelerator
) -> int | None:
    """The largest of size/2, size/4 ... that goes through now: 0 if none, None if not tried.

    Several processes would have to try together, while only one may have failed.
    """
    if accelerator.num_processes > 1:
        return None
    moments = []
    while size > 1:
        size //= 2
        optimizer.zero_grad()
        if accelerator.device.type == "cuda":
            torch.cuda.empty_cache()
        try:
            if not moments:  # the first step of AdamW adds two numbers for each parameter
                moments = [torch.empty_like(p) for p in trained for _ in range(2)]
            run(size)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            continue
        optimizer.zero_grad()
        return size
    optimizer.zero_grad()
    return 0


def explain(epoch: int, step: int, size: int, fits: int | None, failure: str) -> str:
    """The text of :class:`OutOfMemory`, with what to do."""
    if fits is None:
        remedy = f"set batch_size to {max(1, size // 2)} or less"
    elif fits:
        remedy = f"a batch of {fits} went through when tried just now: set batch_size={fits}"
    else:
        remedy = "not even one example fits: choose a smaller network or smaller pictures"
    first_line = failure.strip().splitlines()[0][:300]
    return (
        f"out of memory with a batch of {size} in epoch {epoch + 1}, step {step + 1}; {remedy}. "
        f"The network holds the weights it had before this epoch. ({first_line})"
    )
