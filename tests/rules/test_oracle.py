"""Every decision of the fast search equals that of the plain implementation."""

from math import floor
from unittest import mock

import numpy as np
import plain_fold
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rule_strategies import labelled

from nesylib.rules import Literal, Rule, Table, magic_gini
from nesylib.rules.index import Index, column_sums
from nesylib.rules.learner import Settings, learn_rule_set
from nesylib.rules.many import learn_list
from nesylib.rules.search import Examples


def rows_of(table):
    return [tuple(table.row(i).values()) for i in range(len(table))]


def as_rule(plain, names):
    body, exceptions = plain
    literals = tuple(Literal(names[c], op, value) for c, op, value in body)
    return Rule(literals, tuple(as_rule(e, names) for e in exceptions))


RATIOS = st.sampled_from([0.0, 0.2, 0.5, 0.8, 1.0])
TAILS = st.sampled_from([0.0, 0.05, 0.1, 0.2])


@settings(max_examples=400, deadline=None)
@given(labelled(), RATIOS, TAILS, st.sampled_from(["accuracy", "odds"]))
def test_binary_rules_equal_the_plain_ones(data, ratio, tail, admit):
    frame, y = data
    table = Table.of(frame)
    kinds, names = [c.kind for c in table.columns], [c.name for c in table.columns]
    rows = rows_of(table)
    pos = [r for r, c in zip(rows, y, strict=True) if c == 1]
    neg = [r for r, c in zip(rows, y, strict=True) if c == 0]
    least = floor(tail * len(rows))
    plain = plain_fold.learn_rule_set(kinds, pos, neg, [], ratio, least, admit)
    examples = Examples(Index(table), np.flatnonzero(y == 1), np.flatnonzero(y == 0))
    ours = learn_rule_set(examples, (), Settings.of(ratio, tail, len(rows), admit))
    assert list(ours) == [as_rule(rule, names) for rule in plain]


@settings(max_examples=200, deadline=None)
@given(labelled(), RATIOS, st.sampled_from(["accuracy", "odds"]))
def test_counting_only_what_occurs_changes_nothing(data, ratio, admit):
    """Tables with many distinct values are counted in another way; here both are forced."""
    frame, y = data
    index = Index(Table.of(frame))
    found = []
    for factor in (0, 10**9):
        examples = Examples(index, np.flatnonzero(y == 1), np.flatnonzero(y == 0))
        with mock.patch("nesylib.rules.search.COMPACT", factor):
            found.append(learn_rule_set(examples, (), Settings.of(ratio, 0.0, len(y), admit)))
    assert found[0] == found[1]


@settings(max_examples=200, deadline=None)
@given(labelled(n_classes=4), RATIOS, TAILS, st.sampled_from(["published", "repaired"]))
def test_many_classes_equal_the_plain_ones(data, ratio, tail, scheme):
    frame, y = data
    table = Table.of(frame)
    kinds, names = [c.kind for c in table.columns], [c.name for c in table.columns]
    plain, rest = plain_fold.fold_sem(kinds, rows_of(table), y.tolist(), 4, ratio, tail, scheme)
    admit = "odds" if scheme == "repaired" else "accuracy"
    setting = Settings.of(ratio, tail, len(table), admit)
    for limit in (10**8, 0):  # with and without a table of counts per class
        with mock.patch("nesylib.rules.many.TABLE_LIMIT", limit):
            ours, default = learn_list(Index(table), y, 4, setting, scheme)
        assert list(ours) == [(c, as_rule(r, names)) for c, r in plain]
        assert default == rest


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 700), st.integers(1, 130))
def test_column_sums_of_packed_bits(seed, n_rows, width):
    bits = np.random.default_rng(seed).random((n_rows, width)) < 0.7
    packed = np.zeros((n_rows, -(-width // 64) * 8), np.uint8)
    packed[:, : -(-width // 8)] = np.packbits(bits, axis=1)
    np.testing.assert_array_equal(column_sums(packed)[:width], bits.sum(axis=0))


def test_wide_boolean_table_with_many_rows():
    """More rows than a byte can count and more columns than a word has bits."""
    rng = np.random.default_rng(0)
    X = rng.random((900, 70)) < 0.3
    y = (X[:, 3] & ~X[:, 68] | X[:, 69]).astype(int)
    kinds = ["boolean"] * 70
    rows = [tuple(map(bool, row)) for row in X]
    plain = plain_fold.fold_se(kinds, rows, y.tolist(), 1, 0.5, 0.0)
    examples = Examples(Index(Table.of(X)), np.flatnonzero(y == 1), np.flatnonzero(y == 0))
    ours = learn_rule_set(examples, (), Settings.of(0.5, 0.0, 900))
    assert list(ours) == [as_rule(rule, [f"x{i}" for i in range(70)]) for rule in plain]


@given(*[st.integers(0, 50)] * 4)
def test_magic_gini_bounds(tp, fn, fp, tn):
    score = magic_gini(tp, fn, fp, tn)
    assert -np.sqrt((tp + fn) * (fp + tn)) - 1e-9 <= score <= 0
    assert score == magic_gini(fn, tp, tn, fp), "a complement tells as much"
    assert score == magic_gini(fp, tn, tp, fn), "so do exchanged sides"
    assert score == pytest.approx(plain_fold.score(tp, fn, fp, tn))
