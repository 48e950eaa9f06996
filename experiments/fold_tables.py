"""Rule learning on tables: which literal, which ratio, which tail, which many-class scheme.

    python experiments/fold_tables.py              # print the tables
    python experiments/fold_tables.py --record     # and write book/results/rules.json

Concept tables are drawn: each class owns 6 of 128 concepts, on with p=.9 in its rows and .04
elsewhere; 2 % of the labels are drawn anew. "skewed" halves the size of each class in turn;
"background" adds a class of 30 % of the rows that owns no concept; "faint" concepts are on with
p=.6 and the class sizes halve every five classes. A fifth of every table is kept aside, by the
seed. The tree's leaves are at least as large as a rule must be.
"""

from __future__ import annotations

import argparse
from unittest import mock

import numpy as np
import pandas as pd
from measures import collect, rules_on_bits
from sklearn import datasets
from sklearn.tree import DecisionTreeClassifier

from nesylib import data, record
from nesylib.rules import Program, Table, search
from nesylib.rules.index import Index
from nesylib.rules.learner import Settings
from nesylib.rules.many import default_tail, learn_list, with_labels

COMMAND = "python experiments/fold_tables.py --record"
SEEDS = range(5)


def concept_table(n_rows, n_classes, seed, share=None, on=0.9, background=False):
    """(N, 128) bool and (N,) int; ``share`` (C,) how often each class is drawn."""
    rng = np.random.default_rng(seed)
    chance = np.full((n_classes, 128), 0.04)
    for c in range(int(background), n_classes):
        chance[c, rng.choice(128, 6, replace=False)] = on
    y = rng.choice(n_classes, n_rows, p=share)
    X = rng.random((n_rows, 128)) < chance[y]
    noisy = rng.random(n_rows) < 0.02
    y[noisy] = rng.integers(0, n_classes, noisy.sum())
    return X, y


def skewed(n_rows, n_classes, seed, half=1, on=0.9):
    share = 0.5 ** (np.arange(n_classes) / half)
    return concept_table(n_rows, n_classes, seed, share / share.sum(), on)


def with_background(n_rows, n_classes, seed):
    share = np.r_[0.3, np.full(n_classes - 1, 0.7 / (n_classes - 1))]
    return concept_table(n_rows, n_classes, seed, share, background=True)


def scenes(seed):
    drawn = data.load("scenes/P10", "train", n=2000, seed=seed)
    return drawn.concepts, drawn.label_names()


def ready(load):
    found = load()
    return lambda seed: (found.data, found.target)


TABLES = {
    "concepts-2": lambda seed: concept_table(2000, 2, seed),
    "concepts-10": lambda seed: concept_table(4000, 10, seed),
    "concepts-10-skewed": lambda seed: skewed(4000, 10, seed),
    "concepts-43": lambda seed: concept_table(8000, 43, seed),
    "concepts-30-faint": lambda seed: skewed(8000, 30, seed, half=5, on=0.6),
    "concepts-31-background": lambda seed: with_background(5000, 31, seed),
    "scenes-P10": scenes,
    "wine": ready(datasets.load_wine),
    "breast-cancer": ready(datasets.load_breast_cancer),
    "digits-pixels": ready(datasets.load_digits),
}


def split(X, y, seed):
    order = np.random.default_rng(seed).permutation(len(y))
    test, train = order[: len(y) // 5], order[len(y) // 5 :]
    return X[train], y[train], X[test], y[test]


def per_total(a, b):
    """a*b/(a+b), 0 where both are 0."""
    total = np.add(a, b, dtype=float)
    return np.divide(np.multiply(a, b, dtype=float), total, out=0 * total, where=total > 0)


def gini(tp, fn, fp, tn):
    """Weighted Gini impurity of the two sides, up to a constant; larger is better."""
    return -(per_total(tp, fp) + per_total(tn, fn))


def information(tp, fn, fp, tn):
    """Weighted entropy of the two sides, up to a constant; larger is better."""

    def bits(a, b):
        total = np.add(a, b, dtype=float)
        parts = [np.multiply(n, np.log2(np.maximum(n, 1))) for n in (a, b)]
        return total * np.log2(np.maximum(total, 1)) - sum(parts)

    return -(bits(tp, fp) + bits(tn, fn))


def criteria(part, seed):
    found = {"magic-gini": rules_on_bits(*part)}
    for name, score in (("gini", gini), ("information-gain", information)):
        with mock.patch.object(search, "magic_gini", score):
            found[name] = rules_on_bits(*part)
    return found


def ratios(part, seed):
    return {f"ratio-{r}": rules_on_bits(*part, ratio=r) for r in (0.0, 0.2, 0.5, 0.8, 1.0)}


def tails(part, seed):
    return {f"tail-{t}": rules_on_bits(*part, tail=t) for t in (0.02, 0.005, 0.001, 0.0002)}


def listed(X, y, test, answers, admit, scheme):
    """A rule list with one of the two repairs only."""
    table, (names, classes) = Table.of(X), np.unique(y, return_inverse=True)
    options = Settings.of(0.8, default_tail(len(names)), len(y), admit)
    rules, rest = learn_list(Index(table), classes, len(names), options, scheme)
    default = None if rest is None else names[rest].item()
    program = Program(with_labels(rules, names.tolist()), default, table.columns).simplify()
    right = [a == b for a, b in zip(program.predict(test).tolist(), answers.tolist(), strict=True)]
    stats = program.stats()
    return {"accuracy": float(np.mean(right)), "rules": stats["rules"], "size": stats["size"]}


def schemes(part, seed):
    train, labels, test, answers = part
    names, counts = np.unique(labels, return_counts=True)
    shuffled = np.random.default_rng(seed).permutation(labels)
    common = {"accuracy": float(np.mean(answers == names[counts.argmax()]))}
    leaf = default_tail(len(names))
    tree = DecisionTreeClassifier(min_samples_leaf=leaf, random_state=seed).fit(train, labels)
    grown = {"accuracy": float(tree.score(test, answers)), "leaves": tree.get_n_leaves()}
    found = {}
    if len(names) > 2:
        found["accuracy-and-retire"] = listed(*part, "accuracy", "repaired")
        found["odds-and-stop"] = listed(*part, "odds", "published")
    return found | {
        "published": rules_on_bits(*part, multiclass="published"),
        "repaired": rules_on_bits(*part),
        "repaired-shuffled": rules_on_bits(train, shuffled, test, answers),
        "tree": grown,
        "commonest-class": common,
    }


STUDIES = [criteria, ratios, tails, schemes]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()
    found = []
    for data_set, load in TABLES.items():
        runs = {seed: {} for seed in SEEDS}
        for seed in SEEDS:
            part = split(*load(seed), seed)
            for study in STUDIES:
                runs[seed] |= study(part, seed)
        found += collect("fold", data_set, runs, tier="demo", command=COMMAND)
        frame = pd.DataFrame(
            {
                method: {name: np.mean([runs[s][method][name] for s in SEEDS]) for name in measured}
                for method, measured in runs[0].items()
            }
        ).T
        print(f"\n{data_set}\n{frame.round(3).to_string()}", flush=True)
    if options.record:
        print(record.save("rules", found))


if __name__ == "__main__":
    main()
