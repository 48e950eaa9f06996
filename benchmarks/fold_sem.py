"""Rule learners side by side on the same tables, in one run.

    python benchmarks/fold_sem.py                                 # 1k and 10k rows, minutes
    python benchmarks/fold_sem.py --rows 1000 10000 50000 --classes 2 10 43 100
    python benchmarks/fold_sem.py --rows 1281167 --classes 1000 --only ours    # ImageNet's shape
    python benchmarks/fold_sem.py --uci                           # tables of $NESYLIB_DATA/uci
    python benchmarks/fold_sem.py --record                        # the book's numbers, minutes

Synthetic concept tables: each class owns 6 of the concepts, which are on with p=.9 in its rows and
.04 elsewhere; 2 % of the labels are drawn anew. Four fifths train, one fifth tests. Each learner
runs in a process of its own, see ``fold_cell.py``. RIPPER (wittgenstein) and FIGS (imodels) run
where installed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from pathlib import Path

import numpy as np
from fold_cell import run, split
from fold_learners import METHODS, NAMES, NEEDS, RATIO, available, concept_table, uci_table


def show(value, spec) -> str:
    return f"{'-' if value is None else format(value, spec):>9}"


def compare(title, X, y, numeric, options) -> None:
    print(f"\n{title}")
    heads = "fit s,times,accuracy,rules,predic.,size,MB more".split(",")
    print(f"{'':20}", *(f"{head:>9}" for head in heads))
    ours = None
    for method in options.only or METHODS:
        if not available(method):
            print(f"{NAMES[method]:20} skipped: {NEEDS[method]} is not installed")
            continue
        train = np.ones(len(y), bool) if options.no_test else split(len(y), 0)
        cell = run(
            method, X, y, numeric, train,
            limit=options.limit, ratio=options.ratio, tail=options.tail,
        )  # fmt: skip
        if cell is None:
            print(f"{NAMES[method]:20} over {options.limit:g} s")
            continue
        ours = cell.seconds if method == "ours" else ours
        shown = [show(cell.seconds, ".3f"), show(cell.seconds / ours if ours else None, ".1f")]
        shown += [show(cell.accuracy, ".3f"), show(cell.rules, "d"), show(cell.predicates, "d")]
        shown += [show(cell.size, "d"), show(cell.memory, ".1f")]
        print(f"{NAMES[method]:20}", *shown, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rows", type=int, nargs="*", default=[1000, 10000])
    parser.add_argument("--columns", type=int, default=128)
    parser.add_argument("--classes", type=int, nargs="*", default=[2, 10, 43])
    parser.add_argument("--ratio", type=float, default=RATIO)
    parser.add_argument("--tail", type=float, default=None, help="default: by number of classes")
    parser.add_argument("--only", nargs="*", choices=list(METHODS))
    parser.add_argument("--limit", type=float, default=60, help="CPU seconds of one fit")
    parser.add_argument("--no-test", action="store_true", help="train on all rows, no accuracy")
    parser.add_argument("--uci", nargs="*", help="tables of $NESYLIB_DATA/uci, all by default")
    parser.add_argument("--record", action="store_true", help="write book/results/fold.json")
    options = parser.parse_args()
    if options.record:
        import fold_record

        return fold_record.main(options)
    import sklearn

    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"numpy {np.__version__}, scikit-learn {sklearn.__version__}; "
        f"ratio {options.ratio}, tail {options.tail or 'by classes'}"
    )
    if options.uci is not None:
        root = Path(os.environ.get("NESYLIB_DATA", "")) / "uci"
        if not (root / "manifest.json").is_file():
            raise SystemExit("set NESYLIB_DATA to a folder with uci/manifest.json")
        for name in options.uci or json.loads((root / "manifest.json").read_text()):
            X, y, numeric = uci_table(name, root)
            shape = f"{X.shape[0]:,} x {X.shape[1]}, {len(np.unique(y))} classes"
            compare(f"{name}: {shape}", X, y, numeric, options)
        return
    for n_rows in options.rows:
        for n_classes in options.classes:
            X, y = concept_table(n_rows, options.columns, n_classes)
            shape = f"{n_rows:,} x {options.columns}, {n_classes} classes"
            compare(f"concepts: {shape}", X, y, [], options)


if __name__ == "__main__":
    main()
