"""The rule learner's numbers for the book: ``python benchmarks/fold_sem.py --record``.

On drawn concept tables, N rows x 128 concepts, C classes: CPU seconds of ``fit`` (the least of
three if they are short), accuracy on the fifth kept aside, size, and memory beyond the table, of
our learner, scikit-learn's tree, the plain implementation in ``tests/rules/plain_fold.py`` and,
where wittgenstein and imodels are installed, RIPPER and FIGS. The quick ones on three drawings, the
slow ones on one, with a limit of CPU time; a slow one that passed it on a table is not tried on
tables with more rows and classes. The same on the tables of ``$NESYLIB_DATA/uci``, and there, for
three or more classes, the many-class schemes on ten splits. Written after every table, so that a
run may be broken off.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
from fold_cell import Cell, run, split
from fold_learners import METHODS, NAMES, available, concept_table, uci_table

from nesylib import record

COMMAND = "python benchmarks/fold_sem.py --record"
SEEDS = (0, 1, 2)
ROWS = {1_000: "1k", 10_000: "10k", 50_000: "50k"}
CLASSES = (2, 10, 43, 100)
QUICK = ("ours", "tree", "tree-leaf")
ONCE = ((50_000, 43),)  # the plain learner written row by row only shows a ratio
SPLITS = range(10)
SCHEMES = {
    "published": ("accuracy", "published"),
    "odds-and-stop": ("odds", "published"),
    "accuracy-and-retire": ("accuracy", "repaired"),
    "repaired": ("odds", "repaired"),
}
UNITS = {
    "seconds": ("s", 0.5),
    "over": ("s", 0.0),
    "speed": ("ratio", 5.0),
    "accuracy": ("share", 0.01),
    "rows-per-second": ("1/s", 1e6),
    "memory": ("MB", 10.0),
}


class Book:
    """Values by key, one per seed, written at the end."""

    def __init__(self) -> None:
        self.values: dict[str, list[float]] = {}

    def add(self, key: str, value: float | None) -> None:
        if value is not None:
            self.values.setdefault(key, []).append(float(value))

    def save(self) -> Path:
        """In place of what was recorded of the same tables before."""
        made = []
        for key, values in self.values.items():
            unit, tolerance = UNITS.get(key.rsplit("/", 1)[1], ("count", 2.0))
            about = dict(unit=unit, tolerance=tolerance, tier="full", command=COMMAND)
            made.append(record.measure(key, values, seeds=range(len(values)), **about))
        tables = {table_of(key) for key in self.values}
        kept = [m for m in record.load("fold") if table_of(m.key) not in tables]
        (record.results_dir() / "fold.json").unlink()
        return record.save("fold", kept + made)


def table_of(key: str) -> str:
    return key.split("/")[1]


def add_cell(book: Book, key: str, method: str, cell: Cell | None, limit: float) -> None:
    """One learner on one table, or that it took too long."""
    if cell is None:
        book.add(f"{key}/over", limit)
        return
    tree = method.startswith("tree")
    book.add(f"{key}/seconds", cell.seconds)
    book.add(f"{key}/accuracy", cell.accuracy)
    book.add(f"{key}/{'leaves' if tree else 'rules'}", cell.rules)
    book.add(f"{key}/{'inner-nodes' if tree else 'predicates'}", cell.predicates)
    book.add(f"{key}/size", cell.size)
    book.add(f"{key}/memory", cell.memory)
    if method == "ours":
        book.add(f"{key}/rows-per-second", cell.rate)


def told(cell: Cell | None) -> str:
    return "over" if cell is None else f"{cell.seconds:.3f} s {cell.accuracy:.3f} {cell.rules}"


def learners(book: Book, table: str, X, y, numeric, seed, skip: set[str], limit) -> set[str]:
    """All learners but those in ``skip`` on one drawing or split; who took too long."""
    train, cells = split(len(y), seed), {}
    for method in METHODS:
        if (method in QUICK or seed == 0) and method not in skip and available(method):
            cells[method] = run(method, X, y, numeric, train, limit=limit)
            add_cell(book, f"{table}/{method}", method, cells[method], limit)
    ours = cells["ours"].seconds
    book.add(f"{table}/vs-tree/speed", cells["tree"].seconds / ours)
    for plain in ("oracle", "oracle-row-by-row"):
        if cells.get(plain):
            if cells[plain].rules != cells["ours"].rules:
                raise RuntimeError(f"{table}: the plain learner has other rules than ours")
            book.add(f"{table}/vs-{plain}/speed", cells[plain].seconds / ours)
    shown = "   ".join(f"{NAMES[m]}: {told(c)}" for m, c in cells.items())
    print(f"{table[5:]:>12} {seed}   {shown}", flush=True)
    return {method for method, cell in cells.items() if cell is None}


def concepts(book: Book, limit: float) -> None:
    over: list[tuple[str, int, int]] = []
    for n_rows, name in ROWS.items():
        for n_classes in CLASSES:
            skip = {m for m, n, c in over if n <= n_rows and c <= n_classes}
            if (n_rows, n_classes) not in ONCE:
                skip.add("oracle-row-by-row")
            for seed in SEEDS:
                X, y = concept_table(n_rows, 128, n_classes, seed)
                table = f"fold/{name}-128-{n_classes}"
                slow = learners(book, table, X, y, [], seed, skip, limit)
                over += [(method, n_rows, n_classes) for method in slow]
            book.save()


def uci(book: Book, root: Path, names: list[str], limit: float) -> None:
    for name in names or json.loads((root / "manifest.json").read_text()):
        X, y, numeric = uci_table(name, root)
        if len(np.unique(y)) > 2:
            schemes(book, name, X, y, numeric)
        for seed in SEEDS:
            table = f"fold/uci-{name}"
            learners(book, table, X, y, numeric, seed, {"oracle-row-by-row"}, limit)
        book.save()


def schemes(book: Book, name: str, X, y, numeric) -> None:
    """The published many-class scheme, the repaired one, and each with one of its two changes."""
    from nesylib.rules import Program, Table
    from nesylib.rules.index import Index
    from nesylib.rules.learner import Settings
    from nesylib.rules.many import default_tail, learn_list, with_labels

    columns = Table.of(X, numeric=numeric).columns
    labels, classes = np.unique(y, return_inverse=True)
    for scheme, (admit, form) in SCHEMES.items():
        key = f"fold/uci-{name}-10-splits/{scheme}"
        for seed in SPLITS:
            train = split(len(y), seed)
            table = Table.of(X[train], columns=columns)
            settings = Settings.of(0.5, default_tail(len(labels)), len(table), admit)
            found = learn_list(Index(table), classes[train], len(labels), settings, form)
            rules, default = found[0], None if found[1] is None else labels[found[1]]
            program = Program(with_labels(rules, labels.tolist()), default, columns).simplify()
            answers = program.predict(Table.of(X[~train], columns=columns))
            right = [a == b for a, b in zip(answers.tolist(), y[~train].tolist(), strict=True)]
            book.add(f"{key}/accuracy", np.mean(right))
            book.add(f"{key}/rules", len(program))
            book.add(f"{key}/size", program.stats()["size"])
        accuracy, rules = (np.mean(book.values[f"{key}/{m}"]) for m in ("accuracy", "rules"))
        print(f"{name:>12}     {scheme:20} {accuracy:.3f} {rules:6.1f} rules", flush=True)


def main(options) -> None:
    """``options``: those of ``fold_sem.py``; with ``--uci`` only the tables named there."""
    book = Book()
    if options.uci is None:
        concepts(book, options.limit)
    root = Path(os.environ.get("NESYLIB_DATA", "")) / "uci"
    if (root / "manifest.json").is_file():
        uci(book, root, options.uci, options.limit)
    else:
        print("\nNESYLIB_DATA is not set: the tables of uci are left as they were recorded")
