"""One learner on one table, in a process of its own: seconds, accuracy, size, peak memory.

Memory is what the process peaked at beyond what it held before the fit, the table included: the
working memory of the learner and its model. A learner that is not done after ``limit`` seconds of
CPU time is stopped.
"""

from __future__ import annotations

import ctypes
import gc
import multiprocessing
import os
import resource
import sys
import threading
import time
from dataclasses import dataclass
from importlib import import_module

import numpy as np
from fold_learners import METHODS, NEEDS, RATIO

REPEATS = 3
ENOUGH = 2.0  # a fit that took longer is not repeated
TOO_LONG = 124


@dataclass
class Cell:
    """What came out.

    Attributes
    ----------
    seconds : float
        CPU seconds of the quickest fit.
    accuracy : float or None
        On the rows kept aside; None without any.
    rules, predicates, size : int or None
        See :class:`fold_learners.Fitted`.
    memory : float
        MB.
    rate : float
        Rows predicted per CPU second.
    """

    seconds: float
    accuracy: float | None
    rules: int
    predicates: int | None
    size: int | None
    memory: float
    rate: float


def split(n_rows: int, seed: int, share: float = 0.2) -> np.ndarray:
    """(n_rows,) bool: the training rows."""
    return np.random.default_rng(seed).permutation(n_rows) >= int(share * n_rows)


def peak() -> float:
    """MB that this process held at most."""
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return held / (2**20 if sys.platform == "darwin" else 1024)


def watch(seconds: float, done: threading.Event) -> None:
    """End this process when it has used so many CPU seconds before it is done.

    Not by ``setrlimit``: under a limit some systems count CPU time in steps of milliseconds.
    """
    start = time.process_time()
    while not done.wait(0.2):
        if time.process_time() - start > seconds:
            os._exit(TOO_LONG)


def fit_and_tell(pipe, method, X, y, numeric, train, limit, ratio, tail) -> None:
    take = (lambda m: X[m]) if isinstance(X, np.ndarray) else (lambda m: X.loc[m])
    train_X, test_X = (X, None) if train.all() else (take(train), take(~train))
    before = peak()
    done = threading.Event()
    threading.Thread(target=watch, args=(limit, done), daemon=True).start()
    fits = [METHODS[method](train_X, y[train], numeric, ratio, tail)]
    done.set()
    memory = peak() - before
    while len(fits) < REPEATS and fits[0].seconds < ENOUGH:
        fits.append(METHODS[method](train_X, y[train], numeric, ratio, tail))
    fit = min(fits, key=lambda f: f.seconds)
    right = None if test_X is None else float(np.mean(fit.predict(test_X) == y[~train]))
    start = time.process_time()
    fit.predict(train_X)
    rate = train.sum() / max(time.process_time() - start, 1e-9)
    pipe.send(Cell(fit.seconds, right, fit.rules, fit.predicates, fit.size, memory, float(rate)))


def give_back_memory() -> None:
    """Return freed memory to the system, so that a child does not start with room to spare."""
    gc.collect()
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).malloc_trim(0)


def run(
    method: str,
    X,
    y: np.ndarray,
    numeric: list[str],
    train: np.ndarray,
    *,
    limit: float,
    ratio: float = RATIO,
    tail: float | None = None,
) -> Cell | None:
    """Fit on the rows ``train`` (N,) bool, score on the others; None when the limit ended it.

    Raises
    ------
    RuntimeError
        The learner failed.
    """
    for name in ("nesylib.rules.fold_sem", "sklearn.tree", NEEDS.get(method)):
        if name:
            import_module(name)  # here, so that no import counts as the learner's memory
    give_back_memory()
    here, there = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(
        target=fit_and_tell, args=(there, method, X, y, numeric, train, limit, ratio, tail)
    )
    process.start()
    there.close()
    try:
        return here.recv()
    except EOFError:
        process.join()
        if process.exitcode == TOO_LONG:
            return None
        raise RuntimeError(f"{method} failed, exit code {process.exitcode}") from None
    finally:
        process.join()
