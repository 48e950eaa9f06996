"""What do symbols know? Probes that read them, with the classes as the question.

A probe is trained after the symbols were, on labels that the student never saw. The weighted
k-NN follows DINO's (k = 20, T = 0.07); how the paper's probe was set is not known.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch.nn import functional as F

READINGS = ("bag", "positions", "encoder")


class Probe(NamedTuple):
    """``top1`` and ``top5``: shares of test pictures whose class is the first answer, and one of
    the first five. ``answers`` ``(M,)``: the first answers."""

    top1: float
    top5: float
    answers: np.ndarray


def knn_probe(
    train,
    y,
    test,
    y_test,
    k: int = 20,
    temperature: float = 0.07,
    *,
    block: int = 1024,
) -> Probe:
    """Weighted k nearest neighbours by cosine (Caron et al. 2021).

    A neighbour at cosine s votes with weight exp(s / temperature). Symbols have many ties: every
    row as near as the k-th votes too, so that the order of the training pictures decides nothing.

    Parameters
    ----------
    train, test
        Features ``(N, F)`` and ``(M, F)``.
    y, y_test
        Classes ``(N,)`` and ``(M,)``. A class without a training picture is never answered.

    Raises
    ------
    ValueError
        For fewer training pictures than k, features that don't fit together, or NaN.
    """
    train, y, test, y_test = _parts(train, y, test, y_test)
    if int(k) != k or block < 1:
        raise ValueError(f"k must be a whole number and block at least 1, got {k} and {block}")
    k = int(k)
    if k < 1 or not temperature > 0:
        raise ValueError(f"k must be at least 1 and temperature above 0, got {k}, {temperature}")
    if len(train) < k:
        raise ValueError(
            f"{len(train)} training pictures are fewer than k={k} neighbours: give more pictures, "
            f"or take fewer neighbours, such as k={max(1, len(train) // 2)}"
        )
    classes, index = np.unique(y, return_inverse=True)
    member = F.one_hot(torch.from_numpy(index), len(classes)).float()
    train, test = F.normalize(train, dim=1), F.normalize(test, dim=1)
    rows = []
    for part in test.split(block):
        near = part @ train.T
        best, last = near.amax(1, keepdim=True), near.topk(k, dim=1).values[:, -1:]
        votes = torch.exp((near - best) / temperature).masked_fill_(near < last - 1e-6, 0.0)
        rows.append(votes @ member)
    return _judged(torch.cat(rows), classes, y_test)


def linear_probe(train, y, test, y_test, *, decay: float = 1e-2, steps: int = 60) -> Probe:
    """Softmax regression by L-BFGS, on features that are centred and scaled to a mean length of 10.

    ``decay`` times half the squared weights is added to the mean cross-entropy. Other parameters
    as :func:`knn_probe` takes them.
    """
    train, y, test, y_test = _parts(train, y, test, y_test)
    classes, index = np.unique(y, return_inverse=True)
    if len(classes) < 2:
        raise ValueError(f"all training pictures are of class {classes[0]!r}: give two or more")
    mean = train.mean(0)
    scale = (train - mean).norm(dim=1).mean().clamp(min=1e-6) / 10
    train, test = (train - mean) / scale, (test - mean) / scale
    weights = torch.zeros(len(classes), train.shape[1] + 1, requires_grad=True)
    wanted = torch.from_numpy(index)
    optimizer = torch.optim.LBFGS(
        [weights], max_iter=steps, history_size=20, line_search_fn="strong_wolfe"
    )

    def scores(features: torch.Tensor) -> torch.Tensor:
        return F.linear(features, weights[:, :-1], weights[:, -1])

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        total = F.cross_entropy(scores(train), wanted) + decay / 2 * weights[:, :-1].square().sum()
        total.backward()
        return total

    optimizer.step(closure)
    with torch.no_grad():
        return _judged(scores(test), classes, y_test)


def one_hot(symbols, vocabulary: int, reading: str = "positions") -> np.ndarray:
    """Symbols ``(N, L)`` as numbers.

    ``"bag"``: how often each symbol occurs, ``(N, V)``, wherever it stands. ``"positions"``: which
    symbol stands at each position, ``(N, L V)``.
    """
    symbols = np.asarray(symbols)
    if symbols.ndim != 2 or symbols.dtype.kind not in "iu":
        raise ValueError(f"symbols must be (N, L) whole numbers, got {symbols.shape}")
    if symbols.size and not 0 <= symbols.min() <= symbols.max() < vocabulary:
        raise ValueError(f"symbols must lie between 0 and {vocabulary - 1}")
    if reading not in ("bag", "positions"):
        raise ValueError(f"reading must be 'bag' or 'positions', not {reading!r}")
    n, length = symbols.shape
    columns = symbols + (np.arange(length) * vocabulary if reading == "positions" else 0)
    found = np.zeros((n, vocabulary * (length if reading == "positions" else 1)), np.float32)
    np.add.at(found, (np.arange(n)[:, None], columns), 1.0)
    return found


def probe_symbols(
    symbols,
    y,
    test_symbols,
    y_test,
    *,
    vocabulary: int,
    student=None,
    lengths: Sequence[int] = (1, 2, 4, 8),
    readings: Sequence[str] = READINGS,
    pictures: Sequence[int | None] = (None,),
    linear: bool = True,
    k: int = 20,
    temperature: float = 0.07,
    seed: int = 0,
):
    """Every probe on every prefix.

    Parameters
    ----------
    symbols, test_symbols
        ``(N, L)`` and ``(M, L)``.
    student
        A :class:`SymbolStudent`, for the reading ``"encoder"``; left out without one.
    lengths
        Prefixes; those above L are left out.
    pictures
        Numbers of training pictures to probe with, drawn at random; ``None`` for all.
    linear
        Whether to train linear probes too.

    Returns
    -------
    pandas.DataFrame
        A row for each probe, reading, length and number of pictures; ``top1`` and ``top5``.
    """
    import pandas as pd

    symbols, test_symbols, y = np.asarray(symbols), np.asarray(test_symbols), np.asarray(y)
    if symbols.ndim != 2 or test_symbols.ndim != 2 or symbols.shape[1] != test_symbols.shape[1]:
        raise ValueError(
            f"symbols must be (N, L) and (M, L), got {symbols.shape} and {test_symbols.shape}"
        )
    if len(y) != len(symbols):
        raise ValueError(f"give one label for each picture: {len(symbols)}, not {len(y)}")
    lengths, readings = _listed("lengths", lengths), _listed("readings", readings)
    pictures = _listed("pictures", pictures)
    if not lengths or not 1 <= min(lengths) <= symbols.shape[1]:
        raise ValueError(f"lengths {lengths} must hold one from 1 to {symbols.shape[1]} symbols")
    if not readings or not set(readings) <= set(READINGS):
        raise ValueError(f"readings {readings} must be some of {', '.join(READINGS)}")
    if readings == ["encoder"] and student is None:
        raise ValueError("the reading 'encoder' needs the student: give student=...")
    if any(count is not None and count < 1 for count in pictures):
        raise ValueError(f"pictures must be numbers of at least 1, or None for all, got {pictures}")
    probes = {"k-NN": lambda *parts: knn_probe(*parts, k=k, temperature=temperature)}
    if linear:
        probes["linear"] = linear_probe
    read = {}
    if student is not None and "encoder" in readings:
        read = {"train": student.read(symbols), "test": student.read(test_symbols)}
    rows = []
    for count in pictures:
        chosen = np.random.default_rng(seed).permutation(len(symbols))[:count]
        for length in (n for n in lengths if n <= symbols.shape[1]):
            for reading in readings:
                if reading == "encoder":
                    if not read:
                        continue
                    parts = read["train"][chosen, length - 1], read["test"][:, length - 1]
                else:
                    cut = symbols[chosen, :length], test_symbols[:, :length]
                    parts = tuple(one_hot(s, vocabulary, reading) for s in cut)
                for name, probe in probes.items():
                    found = probe(parts[0], y[chosen], parts[1], y_test)
                    rows.append(
                        {
                            "probe": name,
                            "reading": reading,
                            "length": length,
                            "pictures": len(chosen),
                            "top1": found.top1,
                            "top5": found.top5,
                        }
                    )
    return pd.DataFrame(rows)


def _listed(name: str, values) -> list:
    if isinstance(values, str) or not hasattr(values, "__iter__"):
        raise TypeError(f"{name} must be a sequence, such as ({values!r},), got {values!r}")
    return list(values)


def _floats(features) -> torch.Tensor:
    if isinstance(features, torch.Tensor):
        return features.detach().cpu().float().contiguous()
    return torch.from_numpy(np.ascontiguousarray(features, dtype=np.float32))


def _parts(train, y, test, y_test):
    train, test = _floats(train), _floats(test)
    y, y_test = np.asarray(y), np.asarray(y_test)
    if (y.dtype.kind in "US") != (y_test.dtype.kind in "US") and "O" not in (y.dtype, y_test.dtype):
        raise ValueError(f"labels are of two kinds, {y.dtype} and {y_test.dtype}: give one")
    if train.ndim != 2 or test.ndim != 2 or train.shape[1] != test.shape[1]:
        raise ValueError(
            f"features must be (N, F) and (M, F), got {tuple(train.shape)} and {tuple(test.shape)}"
        )
    if y.shape != (len(train),) or y_test.shape != (len(test),):
        raise ValueError(
            f"there are {len(train)} and {len(test)} pictures, and labels of shape {y.shape} and "
            f"{y_test.shape}: give one label for each picture"
        )
    if len(train) == 0 or len(test) == 0:
        raise ValueError("a probe needs training and test pictures")
    if not (torch.isfinite(train).all() and torch.isfinite(test).all()):
        raise ValueError(
            "features hold NaN or infinite values, or too large ones for float32: if they are a "
            "student's, it has diverged"
        )
    return train, y, test, y_test


def _judged(votes: torch.Tensor, classes: np.ndarray, y_test: np.ndarray) -> Probe:
    order = classes[votes.topk(min(5, len(classes)), dim=1).indices.numpy()]
    right = order == y_test[:, None]
    return Probe(float(right[:, 0].mean()), float(right.any(1).mean()), order[:, 0])
