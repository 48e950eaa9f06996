"""The mean over the five real sets, seed by seed.

From the records of ``nesyvit.py sets`` and ``nesyvit_blocks.py``.
"""

from __future__ import annotations

import argparse

import numpy as np
from codes import LABEL, REAL
from measures import TOLERANCE

from nesylib import record

METHODS = {
    "linear-head": ("accuracy",),
    "rules": ("accuracy", "rules", "predicates", "size"),
    "refined-rules": ("accuracy", "rules", "predicates", "size"),
    "refined-untrained-rules": ("accuracy", "rules", "predicates", "size"),
    "rules-on-class-detectors": ("accuracy", "rules"),
    "cart-on-bits": ("accuracy", "leaves"),
    "l1-logistic-on-bits": ("accuracy",),
    "rules-shuffled-labels": ("accuracy",),
    "plain-vit-blocks": ("accuracy",),
    "blocks-rules": ("accuracy", "rules", "predicates", "size"),
    "blocks-refined-rules": ("accuracy", "rules", "predicates", "size"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--record", action="store_true", help="write to book/results")
    options = parser.parse_args()
    files = [f"nesyvit-{what}-{name}" for what in ("sets", "blocks") for name in REAL]
    found = {m.key: m for file in files for m in record.load(file)}
    measured = []
    for method, measures in METHODS.items():
        for measure in measures:
            parts = [found[f"nesyvit/{LABEL.get(name, name)}/{method}/{measure}"] for name in REAL]
            measured.append(
                record.measure(
                    f"nesyvit/five-sets/{method}/{measure}",
                    np.mean([p.values for p in parts], axis=0).tolist(),
                    unit=parts[0].unit,
                    tolerance=TOLERANCE[parts[0].unit],
                    seeds=parts[0].seeds,
                    tier="demo",
                    command="python experiments/nesyvit_mean.py",
                )
            )
    for m in measured:
        print(f"{m.key:60} {m}")
    if options.record:
        print("written to", record.save("nesyvit-mean", measured).name)


if __name__ == "__main__":
    main()
