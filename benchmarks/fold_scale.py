"""How the rule learner grows: ``python benchmarks/fold_scale.py [--imagenet] [--record]``.

Fits ``seconds = a * N^p`` and ``seconds = a * C^q`` to the least of three fits on drawn concept
tables with 128 concepts, for three drawings; ``--imagenet`` adds one table of ImageNet's shape
(1,281,167 rows, 1,000 classes) with its wall time and the peak memory of the process.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time

import numpy as np
from fold_learners import concept_table, fit_ours

from nesylib import record

COMMAND = "python benchmarks/fold_scale.py --imagenet --record"
ROWS = (5_000, 10_000, 20_000, 50_000, 100_000)
CLASSES = (5, 10, 20, 43, 100, 200)
SEEDS = (0, 1, 2)


def seconds(n_rows: int, n_classes: int, seed: int) -> float:
    X, y = concept_table(n_rows, 128, n_classes, seed)
    return min(fit_ours(X, y, []).seconds for _ in range(3))


def exponents(name: str, sizes: tuple[int, ...], table) -> list[float]:
    """Slope of log seconds over log size, one for each drawing."""
    found = []
    for seed in SEEDS:
        times = [seconds(*table(size), seed) for size in sizes]
        found.append(float(np.polyfit(np.log(sizes), np.log(times), 1)[0]))
        shown = "  ".join(f"{s:,}: {t:.4f}" for s, t in zip(sizes, times, strict=True))
        print(f"{name:8} seed {seed}  {shown}  exponent {found[-1]:.2f}", flush=True)
    return found


def imagenet() -> tuple[float, float, int]:
    """Wall seconds of one fit, peak memory in MB, rules."""
    X, y = concept_table(1_281_167, 128, 1000, 0)
    start = time.perf_counter()
    rules = fit_ours(X, y, []).rules
    wall = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peak /= 2**20 if sys.platform == "darwin" else 1024
    print(f"ImageNet's shape: {wall:.1f} s, {peak:,.0f} MB, {rules} rules")
    return wall, peak, rules


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--imagenet", action="store_true")
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()
    about = dict(tier="full", command=COMMAND)
    made = []
    for name, sizes, table in (
        ("rows", ROWS, lambda n: (n, 43)),
        ("classes", CLASSES, lambda c: (50_000, c)),
    ):
        found = exponents(name, sizes, table)
        key = f"fold/growth/ours/exponent-in-{name}"
        made.append(record.measure(key, found, unit="number", tolerance=0.3, seeds=SEEDS, **about))
    if options.imagenet:
        wall, peak, rules = imagenet()
        table = "fold/1281k-128-1000/ours"
        made += [
            record.measure(f"{table}/wall-seconds", wall, unit="s", tolerance=60, **about),
            record.measure(f"{table}/peak-memory", peak, unit="MB", tolerance=500, **about),
            record.measure(f"{table}/rules", rules, unit="count", tolerance=50, **about),
        ]
    if options.record:
        print("written to", record.save("fold", made).name)


if __name__ == "__main__":
    main()
