"""The rule learner's numbers for the book: ``python benchmarks/fold_sem.py --record``.

On drawn concept tables (three drawings each): CPU seconds of ``fit`` (the least of
three), test accuracy and size of
our learner and of scikit-learn's tree, and how many times faster ours is; on some of them also
against the plain implementation in ``tests/rules/plain_fold.py``, and, where wittgenstein and
imodels are installed, RIPPER and FIGS (one drawing each). On the tables of ``$NESYLIB_DATA/uci``
with three or more classes (ten splits each): the two many-class schemes.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import numpy as np
from fold_sem import (
    METHODS,
    NEEDS,
    concept_table,
    fit_ours,
    fit_plain,
    fit_tree,
    installed,
    uci_table,
)

from nesylib import record

COMMAND = "python benchmarks/fold_sem.py --record"
SEEDS = (0, 1, 2)
ROWS = {1_000: "1k", 10_000: "10k", 50_000: "50k"}
CLASSES = (2, 10, 43, 100)
ORACLE = ((1_000, 2), (1_000, 43), (10_000, 2), (10_000, 10), (10_000, 43), (50_000, 43))
SLOW = ((1_000, 2), (1_000, 10), (1_000, 43), (10_000, 2), (10_000, 10))
PEERS = {"RIPPER": ("ripper", SLOW), "FIGS": ("figs", SLOW)}
SPLITS = range(10)
UNITS = {
    "seconds": ("s", 0.5),
    "speed": ("ratio", 5.0),
    "accuracy": ("share", 0.01),
    "rows-per-second": ("1/s", 1e6),
}


class Book:
    """Values by key, one per seed, written at the end."""

    def __init__(self) -> None:
        self.values: dict[str, list[float]] = {}

    def add(self, key: str, value: float) -> None:
        self.values.setdefault(key, []).append(float(value))

    def save(self) -> Path:
        made = []
        for key, values in self.values.items():
            unit, tolerance = UNITS.get(key.rsplit("/", 1)[1], ("count", 2.0))
            made.append(
                record.measure(
                    key,
                    values,
                    unit=unit,
                    tolerance=tolerance,
                    tier="full",
                    command=COMMAND,
                    seeds=range(len(values)),
                )
            )
        return record.save("fold", made)


def split(n_rows: int, seed: int, share: float = 0.2) -> np.ndarray:
    """(n_rows,) bool: the training rows."""
    return np.random.default_rng(seed).permutation(n_rows) >= int(share * n_rows)


def concepts(book: Book) -> None:
    print(f"{'table':>12} {'ours s':>8} {'tree s':>8} {'ratio':>6} {'ours':>6} {'tree':>6} rules")
    for n_rows, name in ROWS.items():
        for n_classes in CLASSES:
            table = f"fold/{name}-128-{n_classes}"
            for seed in SEEDS:
                X, y = concept_table(n_rows, 128, n_classes, seed)
                train = split(n_rows, seed)
                test_X, test_y = X[~train], y[~train]
                runs = [fit_ours(X[train], y[train], [], 0.5, None) for _ in range(3)]
                seconds, predict, rules, _, size = min(runs, key=lambda r: r[0])
                book.add(f"{table}/ours/seconds", seconds)
                book.add(f"{table}/ours/accuracy", np.mean(predict(test_X) == test_y))
                start = time.process_time()
                predict(X)
                passed = time.process_time() - start
                book.add(f"{table}/ours/rows-per-second", n_rows / passed)
                book.add(f"{table}/ours/rules", rules)
                book.add(f"{table}/ours/size", size)
                runs = [fit_tree(X[train], y[train], []) for _ in range(3)]
                tree_seconds, predict, leaves, *_ = min(runs, key=lambda r: r[0])
                book.add(f"{table}/tree/seconds", tree_seconds)
                book.add(f"{table}/tree/accuracy", np.mean(predict(test_X) == test_y))
                book.add(f"{table}/tree/leaves", leaves)
                book.add(f"{table}/vs-tree/speed", tree_seconds / seconds)
                for method, (peer, sizes) in PEERS.items():
                    if seed == 0 and (n_rows, n_classes) in sizes and installed(NEEDS[method]):
                        took, predict, found, *_ = METHODS[method](X[train], y[train], [])
                        book.add(f"{table}/{peer}/seconds", took)
                        book.add(f"{table}/{peer}/rules", found)
                        book.add(f"{table}/{peer}/accuracy", np.mean(predict(test_X) == test_y))
                if (n_rows, n_classes) in ORACLE and seed == 0:
                    plain_seconds, predict, plain_rules, *_ = fit_plain(
                        X[train], y[train], [], 0.5, None
                    )
                    if plain_rules != rules:
                        raise RuntimeError(
                            f"{table}: {rules} rules, but {plain_rules} in the plain"
                        )
                    book.add(f"{table}/oracle/seconds", plain_seconds)
                    book.add(f"{table}/vs-oracle/speed", plain_seconds / seconds)
            mean = lambda key, table=table: np.mean(book.values[f"{table}/{key}"])
            oracle = book.values.get(f"{table}/vs-oracle/speed")
            print(
                f"{table[5:]:>12} {mean('ours/seconds'):8.4f} {mean('tree/seconds'):8.3f} "
                f"{mean('vs-tree/speed'):6.1f} {mean('ours/accuracy'):6.3f} "
                f"{mean('tree/accuracy'):6.3f} {mean('ours/rules'):5.0f}"
                + (f"   {oracle[0]:,.0f} times the plain one's speed" if oracle else ""),
                flush=True,
            )


def schemes(book: Book, root: Path) -> None:
    """The published and the repaired many-class scheme, ratio 0.5 and the default tail."""
    from nesylib.rules import FoldSEM, Table

    print(f"\n{'table':>14} {'published':>16} {'repaired':>16}   (accuracy, rules)")
    for name in json.loads((root / "manifest.json").read_text()):
        X, y, numeric = uci_table(name, root)
        if len(np.unique(y)) < 3 or len(y) > 20_000:
            continue
        shown = []
        table = Table.of(X, numeric=numeric)
        for scheme in ("published", "repaired"):
            for seed in SPLITS:
                train = split(len(y), seed)
                rows = Table.of(X[train], columns=table.columns)
                fold = FoldSEM(ratio=0.5, multiclass=scheme).fit(rows, y[train])
                key = f"fold/uci-{name}/{scheme}"
                test = Table.of(X[~train], columns=table.columns)
                book.add(f"{key}/accuracy", fold.score(test, y[~train]))
                book.add(f"{key}/rules", len(fold.program_))
            accuracy, rules = (np.mean(book.values[f"{key}/{m}"]) for m in ("accuracy", "rules"))
            shown.append(f"{accuracy:.3f} {rules:5.1f}")
        print(f"{name:>14} {shown[0]:>16} {shown[1]:>16}", flush=True)


def main() -> None:
    book = Book()
    concepts(book)
    root = Path(os.environ.get("NESYLIB_DATA", "")) / "uci"
    if (root / "manifest.json").is_file():
        schemes(book, root)
    else:
        print("\nNESYLIB_DATA is not set: the tables of uci are left as they were recorded")
    print(f"\nwritten: {book.save().name}")
