"""Rule learners side by side on the same tables, in one run.

    python benchmarks/fold_sem.py                                 # 1k and 10k rows, a minute
    python benchmarks/fold_sem.py --rows 1000 10000 50000 --classes 2 10 43 100 --oracle-limit 3e7
    python benchmarks/fold_sem.py --rows 1281167 --classes 1000 --only ours    # ImageNet's shape
    python benchmarks/fold_sem.py --uci                           # tables of $NESYLIB_DATA/uci
    python benchmarks/fold_sem.py --record                        # the book's numbers, minutes

Synthetic concept tables: each class owns 6 of the concepts, which are on with p=.9 in its rows and
.04 elsewhere; 2 % of the labels are drawn anew. Four fifths train, one fifth tests. Seconds are CPU
seconds of ``fit``, the least of the repeats; memory is what the process peaked at beyond the table,
measured in a process of its own. RIPPER (wittgenstein) and FIGS (imodels) run where installed.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import resource
import sys
import time
from math import floor
from pathlib import Path

import numpy as np
import pandas as pd

TESTS = Path(__file__).resolve().parents[1] / "tests" / "rules"


def concept_table(n_rows: int, n_concepts: int, n_classes: int, seed: int = 0):
    """(N, D) bool and (N,) int, drawn in blocks so that memory stays near the table's own."""
    rng = np.random.default_rng(seed)
    chance = np.full((n_classes, n_concepts), 0.04, np.float32)
    for c in range(n_classes):
        chance[c, rng.choice(n_concepts, 6, replace=False)] = 0.9
    y = rng.integers(0, n_classes, n_rows)
    X = np.empty((n_rows, n_concepts), bool)
    for start in range(0, n_rows, 1 << 16):
        part = slice(start, start + (1 << 16))
        X[part] = rng.random((len(y[part]), n_concepts), np.float32) < chance[y[part]]
    noisy = rng.random(n_rows) < 0.02
    y[noisy] = rng.integers(0, n_classes, noisy.sum())
    return X, y


def uci_table(name: str, root: Path):
    """A DataFrame with its numeric columns parsed, and labels."""
    about = json.loads((root / "manifest.json").read_text())[name]
    frame = pd.read_csv(root / about["file"], dtype=str, keep_default_na=False)
    y = frame[about["label"]].to_numpy()
    X = frame.drop(columns=[*about["drop"], about["label"]])
    return X.astype({c: object for c in X}), y, about["numeric"]


def fit_ours(X, y, numeric, ratio, tail):
    from nesylib.rules import FoldSEM, Table

    table = X if isinstance(X, np.ndarray) else Table.of(X, numeric=numeric)
    start = time.process_time()
    fold = FoldSEM(ratio=ratio, tail=tail).fit(table, y)
    seconds = time.process_time() - start
    columns = fold.program_.columns
    predict = lambda Z: fold.predict(
        Z if isinstance(Z, np.ndarray) else Table.of(Z, columns=columns)
    )
    stats = fold.program_.stats()
    return seconds, predict, stats["rules"], stats["predicates"], stats["size"]


def fit_plain(X, y, numeric, ratio, tail):
    sys.path.insert(0, str(TESTS))
    import plain_fold

    from nesylib.rules import Literal, Program, Rule, Table
    from nesylib.rules.many import default_tail

    table = Table.of(X, numeric=numeric)
    kinds, names = [c.kind for c in table.columns], [c.name for c in table.columns]
    rows = [tuple(table.row(i).values()) for i in range(len(table))]
    labels, classes = np.unique(y, return_inverse=True)
    tail = default_tail(len(labels)) if tail is None else tail
    start = time.process_time()
    if len(labels) == 2:
        target = int(np.bincount(classes).argmax())
        pos = [r for r, c in zip(rows, classes, strict=True) if c == target]
        neg = [r for r, c in zip(rows, classes, strict=True) if c != target]
        least = floor(tail * len(rows))
        found = plain_fold.learn_rule_set(kinds, pos, neg, [], ratio, least)
        learned, default = [(target, rule) for rule in found], 1 - target
    else:
        learned, default = plain_fold.fold_sem(
            kinds, rows, classes.tolist(), len(labels), ratio, tail, "repaired"
        )
    seconds = time.process_time() - start

    def as_rule(rule, label=None):
        body = tuple(Literal(names[c], op, value) for c, op, value in rule[0])
        return Rule(body, tuple(map(as_rule, rule[1])), label)

    names_of = labels.tolist()
    rules = tuple(as_rule(rule, names_of[c]) for c, rule in learned)
    program = Program(rules, names_of[default], table.columns).simplify()
    predict = lambda Z: program.predict(Table.of(Z, columns=table.columns))
    stats = program.stats()
    return seconds, predict, stats["rules"], stats["predicates"], stats["size"]


def as_numbers(X, numeric):
    """One-hot strings and numbers (missing: -1), as trees want them."""
    if isinstance(X, np.ndarray):
        return lambda Z: Z
    words = [c for c in X if c not in numeric]
    known = list(pd.get_dummies(X[words]).columns) if words else []

    def encode(Z):
        parts = [pd.to_numeric(Z[c], errors="coerce").fillna(-1) for c in numeric]
        hot = pd.get_dummies(Z[words]).reindex(columns=known, fill_value=False) if words else None
        return np.column_stack([*parts, *([] if hot is None else [hot.to_numpy(float)])])

    return encode


def fit_tree(X, y, numeric, leaf=None):
    from sklearn.tree import DecisionTreeClassifier

    encode = as_numbers(X, numeric)
    Z = encode(X)
    start = time.process_time()
    tree = DecisionTreeClassifier(random_state=0, min_samples_leaf=leaf or 1).fit(Z, y)
    seconds = time.process_time() - start
    leaves = tree.get_n_leaves()
    return seconds, lambda Q: tree.predict(encode(Q)), leaves, tree.tree_.node_count - leaves, None


def fit_ripper(X, y, numeric, *_):
    import wittgenstein

    frame = pd.DataFrame(X).astype(object)
    frame.columns = [str(c) for c in frame.columns]
    for column in numeric:
        frame[column] = pd.to_numeric(frame[column], errors="coerce")
    labels = np.unique(y)
    start = time.process_time()
    models = []
    for label in labels[1:] if len(labels) == 2 else labels:
        model = wittgenstein.RIPPER(random_state=0)
        model.fit(frame, y == label, pos_class=True)
        models.append((label, model))
    seconds = time.process_time() - start
    rules = [rule for _, m in models for rule in m.ruleset_.rules]

    def predict(Q):
        Q = pd.DataFrame(Q).astype(object)
        Q.columns = frame.columns
        for column in numeric:
            Q[column] = pd.to_numeric(Q[column], errors="coerce")
        out = np.full(len(Q), labels[0], dtype=labels.dtype)
        for label, model in reversed(models):
            out[np.asarray(model.predict(Q))] = label
        return out

    return seconds, predict, len(rules), None, sum(len(r.conds) for r in rules)


def fit_figs(X, y, numeric, *_):
    from imodels import FIGSClassifier

    encode = as_numbers(X, numeric)
    labels, classes = np.unique(y, return_inverse=True)
    Z = encode(X).astype(float)
    start = time.process_time()
    figs = FIGSClassifier(max_rules=30).fit(Z, classes)
    seconds = time.process_time() - start
    return (
        seconds,
        lambda Q: labels[figs.predict(encode(Q).astype(float))],
        figs.complexity_,
        None,
        None,
    )


METHODS = {
    "ours": fit_ours,
    "plain oracle": fit_plain,
    "tree": lambda X, y, numeric, *_: fit_tree(X, y, numeric),
    "tree, leaf 0.5 %": lambda X, y, numeric, *_: fit_tree(X, y, numeric, 0.005),
    "RIPPER": fit_ripper,
    "FIGS": fit_figs,
}
NEEDS = {"RIPPER": "wittgenstein", "FIGS": "imodels"}


def measure(pipe, method, X, y, numeric, options) -> None:
    """In a process of its own: fit, score, sizes, peak memory."""
    train = np.random.default_rng(0).permutation(len(y)) >= len(y) // 5
    take = (lambda m: X[m]) if isinstance(X, np.ndarray) else (lambda m: X.loc[m])
    train_X, test_X = (X, X[:0]) if options.no_test else (take(train), take(~train))
    train_y = y if options.no_test else y[train]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    wall = time.perf_counter()
    runs = []
    for _ in range(options.repeats if method != "plain oracle" else 1):
        runs.append(METHODS[method](train_X, train_y, numeric, options.ratio, options.tail))
    wall = (time.perf_counter() - wall) / len(runs)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    seconds, predict, rules, predicates, size = min(runs, key=lambda r: r[0])
    answers = None if options.no_test else predict(test_X)
    accuracy = None if options.no_test else float(np.mean(answers == y[~train]))
    start, rate = time.perf_counter(), None
    if method == "ours":
        predict(train_X)
        rate = len(train_y) / (time.perf_counter() - start)
    pipe.send((seconds, wall, accuracy, rules, predicates, size, peak / 1024, rate))


def show(value, spec) -> str:
    return f"{'-' if value is None else format(value, spec):>8}"


def compare(title, X, y, numeric, options) -> None:
    print(f"\n{title}")
    print(f"{'':18}   fit s     ratio     wall accuracy    rules   predic.    size   MB more")
    ours = None
    for method in METHODS:
        if options.only and method not in options.only:
            continue
        if method in NEEDS and not installed(NEEDS[method]):
            print(f"{method:18} skipped: {NEEDS[method]} is not installed")
            continue
        n_classes = len(np.unique(y))
        cells = X.shape[0] * X.shape[1] * n_classes
        limits = {"plain oracle": options.oracle_limit, "RIPPER": options.slow_limit}
        if cells > limits.get(method, float("inf")):
            print(f"{method:18} skipped: rows x columns x classes = {cells:.1e} is above its limit")
            continue
        here, there = multiprocessing.Pipe(duplex=False)
        arguments = (there, method, X, y, numeric, options)
        process = multiprocessing.get_context("fork").Process(target=measure, args=arguments)
        process.start()
        there.close()
        try:
            result = here.recv()
        except EOFError:
            print(f"{method:18} failed")
            continue
        finally:
            process.join()
        seconds, wall, accuracy, rules, predicates, size, peak, rate = result
        ours = seconds if method == "ours" else ours
        cells = [show(seconds, ".3f"), show(seconds / ours if ours else None, ".1f")]
        cells += [show(wall, ".2f"), show(accuracy, ".3f"), show(rules, "d"), show(predicates, "d")]
        print(f"{method:18}", *cells, show(size, "d"), show(peak, ".0f"))
        if rate:
            print(f"{'':18} predicts {rate:,.0f} rows/s")


def installed(name: str) -> bool:
    from importlib.util import find_spec

    return find_spec(name) is not None


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rows", type=int, nargs="*", default=[1000, 10000])
    parser.add_argument("--columns", type=int, default=128)
    parser.add_argument("--classes", type=int, nargs="*", default=[2, 10, 43])
    parser.add_argument("--ratio", type=float, default=0.5)
    parser.add_argument("--tail", type=float, default=None, help="default: by number of classes")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", nargs="*", choices=list(METHODS))
    parser.add_argument("--oracle-limit", type=float, default=6e7)
    parser.add_argument("--slow-limit", type=float, default=2e6)
    parser.add_argument("--no-test", action="store_true", help="train on all rows, no accuracy")
    parser.add_argument("--uci", nargs="*", help="tables of $NESYLIB_DATA/uci, all by default")
    parser.add_argument("--record", action="store_true", help="write book/results/fold.json")
    options = parser.parse_args()
    if options.record:
        import fold_record

        return fold_record.main()
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
