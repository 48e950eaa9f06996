"""Drawing in several processes, on every system and inside notebooks.

Each worker is a fresh interpreter that imports this module and nothing of the caller's program, so
no ``if __name__ == "__main__"`` is needed anywhere and nothing is forked.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path

import numpy as np

from .bias import Bias
from .generate import Block, draw_block

WORTH_IT = 1500
"""Pictures of 64 px below which starting workers costs more than it saves."""


def draw_many(
    class_set: str, split: str, seed: int, n: int, size: int, bias: Bias | None,
    workers: int | None = None,
) -> Block:  # fmt: skip
    """Draw pictures 0..n-1; the result does not depend on ``workers``."""
    if workers is None:
        enough = n * max(size / 64, 1) ** 2 >= WORTH_IT
        workers = min(_cpus(), 8) if enough else 1
    workers = max(1, min(workers, n))
    if workers == 1:
        return draw_block(class_set, split, seed, 0, n, size, bias)
    edges = [round(n * k / workers) for k in range(workers + 1)]
    jobs = [
        dict(class_set=class_set, split=split, seed=seed, start=a, stop=b, size=size,
             bias=None if bias is None else asdict(bias))
        for a, b in pairwise(edges)
    ]  # fmt: skip
    helpers = [_start(job) for job in jobs[1:]]
    try:
        blocks = [_draw(jobs[0])]
        blocks += [_collect(p, job) for p, job in zip(helpers, jobs[1:], strict=True)]
    finally:
        for p in helpers:
            if p is not None and p.poll() is None:
                p.kill()
    return Block(*(np.concatenate(parts) for parts in zip(*map(_arrays, blocks), strict=True)))


def _arrays(block: Block) -> tuple[np.ndarray, ...]:
    """The arrays of a block, not copied."""
    return tuple(getattr(block, name) for name in block.__dataclass_fields__)


def _cpus() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def _draw(job: dict) -> Block:
    bias = None if job["bias"] is None else Bias(**job["bias"])
    return draw_block(**{**job, "bias": bias})


def _start(job: dict) -> subprocess.Popen | None:
    package = str(Path(__file__).resolve().parents[3])
    path = os.pathsep.join([package, *filter(None, [os.environ.get("PYTHONPATH")])])
    try:
        process = subprocess.Popen(
            [sys.executable, "-c", f"from {__name__} import main; main()"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path},
        )  # fmt: skip
        process.stdin.write(json.dumps(job).encode())
        process.stdin.close()
    except OSError:
        return None
    return process


def _collect(process: subprocess.Popen | None, job: dict) -> Block:
    """The worker's block; drawn here if the worker could not start or died."""
    if process is not None:
        try:
            block = pickle.loads(process.stdout.read())
            if process.wait() == 0 and isinstance(block, Block):
                return block
        except (EOFError, pickle.UnpicklingError, OSError):
            pass
    return _draw(job)


def main() -> None:
    """Entry of a worker: a job as JSON on stdin, the pickled block on stdout."""
    job = json.loads(sys.stdin.buffer.read())
    sys.stdout.buffer.write(pickle.dumps(_draw(job), protocol=5))
    sys.stdout.buffer.flush()
