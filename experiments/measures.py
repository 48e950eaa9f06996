"""What every experiment measures of a set of bits, and of the baselines beside it."""

from __future__ import annotations

import numpy as np
from sklearn.tree import DecisionTreeClassifier

from nesylib import record
from nesylib.rules import FoldSEM

UNITS = {"accuracy": "share", "rules": "count", "predicates": "count", "size": "count"}
UNITS |= {"active": "count", "leaves": "count", "weights": "count", "seconds": "s"}
UNITS |= {f"fidelity-{n}": "share" for n in ("linear-head", "k-NN", "nearest-mean", "plain-vit")}
UNITS |= {"concept-match": "number", "class-match": "number", "found": "share"}
TOLERANCE = {"share": 0.03, "count": 6.0, "s": 1e9, "number": 0.1}


def rules_on_bits(bits, labels, test_bits, test_labels, **options) -> dict[str, float]:
    """FOLD-SE-M on a table of bits: accuracy on the test part, and how large the program is."""
    fold = FoldSEM(**options).fit(bits, labels)
    stats = fold.program_.stats()
    return {
        "accuracy": float(np.mean(fold.predict(test_bits) == test_labels)),
        "rules": stats["rules"],
        "predicates": stats["predicates"],
        "size": stats["size"],
    }


def tree_on_bits(bits, labels, test_bits, test_labels, seed: int) -> dict[str, float]:
    """CART on the same bits, with leaves of at least half a per cent of the rows."""
    tree = DecisionTreeClassifier(min_samples_leaf=0.005, random_state=seed).fit(bits, labels)
    return {"accuracy": float(tree.score(test_bits, test_labels)), "leaves": tree.get_n_leaves()}


def collect(area: str, data: str, runs: dict[int, dict[str, dict[str, float]]], **about):
    """Measurements from one dictionary ``method -> measure -> value`` for each seed."""
    seeds = sorted(runs)
    found = []
    for method, measures in runs[seeds[0]].items():
        for name in measures:
            unit = UNITS[name]
            found.append(
                record.measure(
                    f"{area}/{data}/{method}/{name}",
                    [float(runs[s][method][name]) for s in seeds],
                    unit=unit,
                    tolerance=TOLERANCE[unit],
                    seeds=seeds,
                    **about,
                )
            )
    return found
