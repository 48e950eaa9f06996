"""Naming all neurons from masks: matrix products beside torchmetrics, and what each step takes.

    python benchmarks/labelling.py                        # 1,000 pictures, 128 neurons, a minute
    python benchmarks/labelling.py --pictures 200 --neurons 32
    python benchmarks/labelling.py --pairs 40             # torchmetrics on more pairs

Drawn rooms with their masks, and heat-maps by lot, on one thread. Overlap (IoU) of every neuron
with every concept over all pictures; torchmetrics' ``BinaryJaccardIndex`` gets the same enlarged,
cut heat-maps, one pair of neuron and concept after the other. It is timed on some pairs, in
batches of 100 pictures, and multiplied by their number; enlarging is not counted against it. On
these pairs the numbers must agree. ``pip install torchmetrics`` for this comparison; without it
only our own times are shown.
"""

from __future__ import annotations

import argparse
import importlib.util
import time

import numpy as np
import torch

from nesylib import data, meaning
from nesylib.meaning.enlarge import enlarge
from nesylib.meaning.masks import Masks

BATCH = 100


def clock(function):
    start = time.perf_counter()
    found = function()
    return found, time.perf_counter() - start


def by_torchmetrics(maps, masks: Masks, quantile: float, pairs) -> tuple[list[float], float]:
    """IoU of some pairs, one metric a pair; seconds without enlarging and without cutting."""
    from torchmetrics.classification import BinaryJaccardIndex

    found, seconds = [], 0.0
    for neuron, concept in pairs:
        cut = np.quantile(maps[:, neuron], quantile)
        metric = BinaryJaccardIndex(validate_args=False)
        for start in range(0, len(maps), BATCH):
            rows = slice(start, start + BATCH)
            hot = torch.from_numpy(enlarge(maps[rows, neuron], masks.values.shape[1:]) > cut)
            values = torch.from_numpy(np.ascontiguousarray(masks.values[rows]))
            before = time.perf_counter()
            metric.update(hot.int(), (values == concept + 1).int())
            seconds += time.perf_counter() - before
        before = time.perf_counter()
        found.append(float(metric.compute()))
        seconds += time.perf_counter() - before
    return found, seconds


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--pictures", type=int, default=1000)
    parser.add_argument("--neurons", type=int, default=128)
    parser.add_argument("--pairs", type=int, default=12, help="pairs that torchmetrics is timed on")
    parser.add_argument("--quantile", type=float, default=0.9)
    options = parser.parse_args()
    torch.set_num_threads(1)
    pictures = data.load("scenes/P5", "train", n=options.pictures)
    masks = Masks.of(pictures.masks, pictures.concept_names)
    rng = np.random.default_rng(0)
    maps = rng.random((len(pictures), options.neurons, 8, 8), dtype=np.float32)
    codes = rng.random((len(pictures), options.neurons))
    pairs_all = options.neurons * len(masks.names)
    print(
        f"{len(pictures):,} pictures of {masks.values.shape[1]} x {masks.values.shape[2]}, "
        f"{options.neurons} neurons, {len(masks.names)} concepts: {pairs_all:,} pairs; 1 thread"
    )
    scores, ours = clock(lambda: meaning.overlaps(maps, masks, quantile=options.quantile))
    print(f"{'overlap of all pairs, matrix products':46} {ours:9.2f} s")
    _, mass = clock(lambda: meaning.mass_ratio(maps, codes, masks.values, masks.names))
    print(f"{'names by mass ratio, top 10 pictures of each':46} {mass:9.2f} s")
    if importlib.util.find_spec("torchmetrics") is None:
        print("torchmetrics is not installed: nothing to compare with")
        return
    pairs = [
        (int(rng.integers(options.neurons)), int(rng.integers(len(masks.names))))
        for _ in range(options.pairs)
    ]
    by_torchmetrics(maps[:BATCH], masks.take(slice(BATCH)), options.quantile, pairs[:1])  # warm
    theirs, seconds = by_torchmetrics(maps, masks, options.quantile, pairs)
    apart = max(abs(scores[p] - t) for p, t in zip(pairs, theirs, strict=True))
    assert apart < 1e-3, f"the two differ by {apart}"
    whole = seconds / len(pairs) * pairs_all
    print(f"{'torchmetrics, ' + str(len(pairs)) + ' pairs':46} {seconds:9.2f} s")
    print(f"{'torchmetrics, all pairs, by multiplication':46} {whole:9.2f} s")
    print(f"{'times as long':46} {whole / ours:9.1f}")
    print(f"largest difference on these pairs: {apart:.1e}")


if __name__ == "__main__":
    main()
