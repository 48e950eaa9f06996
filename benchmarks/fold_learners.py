"""The tables of the rule benchmarks and the learners that are compared on them.

Each learner is a function of a table, its labels and the names of its numeric columns, and returns
a :class:`Fitted`. ``NEEDS`` names the package that a peer comes from.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd

RATIO = 0.5
TESTS = Path(__file__).resolve().parents[1] / "tests" / "rules"


@dataclass
class Fitted:
    """A learner after its fit.

    Attributes
    ----------
    seconds : float
        CPU seconds of the fit alone, the table already in the form that the learner wants.
    predict : callable
    rules : int
        Of a tree: leaves.
    predicates : int or None
        Distinct literals; of a tree its inner nodes.
    size : int or None
        All literals in all bodies, exceptions included.
    """

    seconds: float
    predict: Callable
    rules: int
    predicates: int | None = None
    size: int | None = None


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


def fit_ours(X, y, numeric, ratio=RATIO, tail=None) -> Fitted:
    from nesylib.rules import FoldSEM, Table

    table = X if isinstance(X, np.ndarray) else Table.of(X, numeric=numeric)
    start = time.process_time()
    fold = FoldSEM(ratio=ratio, tail=tail).fit(table, y)
    seconds = time.process_time() - start
    columns, stats = fold.program_.columns, fold.program_.stats()
    as_trained = lambda Z: Z if isinstance(Z, np.ndarray) else Table.of(Z, columns=columns)
    predict = lambda Z: fold.predict(as_trained(Z))
    return Fitted(seconds, predict, stats["rules"], stats["predicates"], stats["size"])


def fit_plain(X, y, numeric, ratio=RATIO, tail=None) -> Fitted:
    """The tests' own FOLD-SE-M, which counts with ``collections.Counter``."""
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
        found = plain_fold.fold_se(kinds, rows, classes.tolist(), target, ratio, tail)
        learned, default = [(target, rule) for rule in found], 1 - target
    else:
        learned, default = plain_fold.fold_sem(
            kinds, rows, classes.tolist(), len(labels), ratio, tail, "repaired"
        )
    seconds = time.process_time() - start

    def as_rule(rule, label=None):
        body = tuple(Literal(names[c], op, value) for c, op, value in rule[0])
        return Rule(body, tuple(map(as_rule, rule[1])), label)

    rules = tuple(as_rule(rule, labels.tolist()[c]) for c, rule in learned)
    program = Program(rules, labels.tolist()[default], table.columns).simplify()
    predict = lambda Z: program.predict(Table.of(Z, columns=table.columns))
    stats = program.stats()
    return Fitted(seconds, predict, stats["rules"], stats["predicates"], stats["size"])


def row_by_row(column: int, rows: list[tuple]) -> Counter:
    """Counting as learners of this family are commonly written: a dictionary, cell by cell."""
    counts, words, numbers, n_words, n_numbers = {}, set(), set(), 0.0, 0.0
    for row in rows:
        if row[column] not in counts:
            counts[row[column]] = 0
        counts[row[column]] += 1.0
        if isinstance(row[column], str):
            words.add(row[column])
            n_words += 1.0
        else:
            numbers.add(row[column])
            n_numbers += 1.0
    return Counter(counts)


def fit_row_by_row(X, y, numeric, ratio=RATIO, tail=None) -> Fitted:
    """The tests' own FOLD-SE-M, counting by an interpreted loop over the rows."""
    sys.path.insert(0, str(TESTS))
    import plain_fold

    with mock.patch.object(plain_fold, "count", row_by_row):
        return fit_plain(X, y, numeric, ratio, tail)


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


def fit_tree(X, y, numeric, *_, leaf=None) -> Fitted:
    from sklearn.tree import DecisionTreeClassifier

    encode = as_numbers(X, numeric)
    Z = encode(X)
    start = time.process_time()
    tree = DecisionTreeClassifier(random_state=0, min_samples_leaf=leaf or 1).fit(Z, y)
    seconds = time.process_time() - start
    leaves = tree.get_n_leaves()
    inner = tree.tree_.node_count - leaves
    return Fitted(seconds, lambda Q: tree.predict(encode(Q)), leaves, inner)


def fit_ripper(X, y, numeric, *_) -> Fitted:
    """RIPPER for each class against all others, in the order of the labels."""
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

    literals = [(c.feature, str(c.val)) for rule in rules for c in rule.conds]
    return Fitted(seconds, predict, len(rules), len(set(literals)), len(literals))


def fit_figs(X, y, numeric, *_) -> Fitted:
    """A sum of small trees with at most 30 splits together."""
    from imodels import FIGSClassifier

    encode = as_numbers(X, numeric)
    labels, classes = np.unique(y, return_inverse=True)
    Z = encode(X).astype(float)
    start = time.process_time()
    figs = FIGSClassifier(max_rules=30, random_state=0).fit(Z, classes)
    seconds = time.process_time() - start
    predict = lambda Q: labels[figs.predict(encode(Q).astype(float))]
    return Fitted(seconds, predict, figs.complexity_)


METHODS = {
    "ours": fit_ours,
    "oracle": fit_plain,
    "oracle-row-by-row": fit_row_by_row,
    "tree": fit_tree,
    "tree-leaf": partial(fit_tree, leaf=0.005),
    "ripper": fit_ripper,
    "figs": fit_figs,
}
NAMES = {
    "ours": "ours",
    "oracle": "plain, with Counter",
    "oracle-row-by-row": "plain, row by row",
    "tree": "tree",
    "tree-leaf": "tree, leaf 0.5 %",
    "ripper": "RIPPER",
    "figs": "FIGS",
}
NEEDS = {"ripper": "wittgenstein", "figs": "imodels"}


def available(method: str) -> bool:
    """Is the package that a learner needs installed?"""
    return method not in NEEDS or find_spec(NEEDS[method]) is not None
