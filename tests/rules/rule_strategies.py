"""Random tables and programs for the rule tests."""

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from nesylib.rules import Column, Literal, Program, Rule, Table

HOSTILE = [
    "not", "1st", "it's", 'say "hi"', "back\\slash", "a\\", "new\nline", "#script(python)", "%",
    "ñandú", "X", "_", "", " ", "a b", "54", "row", "class", "rule", "ab1", "ab", "missing", "true",
    "at_most", "\0", "\u2028", "\ud800", "x).\n:- row(X).", "*}", "<b>&amp;</b>", "\\u0041", "🛏",
    "a" * 10_000,
]  # fmt: skip
WORDS = ["1", "0", "a", "b", "1.5", "?"]
NUMBERS = [0.0, 1.0, -1.0, 0.1, 1 / 3, 1e-17, 1e300, 123456789.123456789, 0.30000000000000004]


@st.composite
def frames(draw, max_rows=24, max_columns=4):
    """A small DataFrame of boolean, string and number columns with ties and missing cells."""
    n_rows = draw(st.integers(1, max_rows))
    data = {}
    for i in range(draw(st.integers(1, max_columns))):
        kind = draw(st.sampled_from(["boolean", "categorical", "numeric", "mixed"]))
        cell = {
            "boolean": st.booleans(),
            "categorical": st.sampled_from(["1", "0", "a", None]),
            "numeric": st.sampled_from([0.0, 0.5, 1.0, 2.5, 7.0, float("nan")]),
            "mixed": st.sampled_from([0.0, 1.0, 2.0, 3.0, "?", "a", None]),
        }[kind]
        cells = draw(st.lists(cell, min_size=n_rows, max_size=n_rows))
        dtype = {"boolean": bool, "numeric": float}.get(kind, object)
        data[f"c{i}"] = pd.Series(cells, dtype=dtype)
    return pd.DataFrame(data)


@st.composite
def labelled(draw, n_classes=2, **sizes):
    """A frame and an int array of classes."""
    frame = draw(frames(**sizes))
    classes = st.lists(st.integers(0, n_classes - 1), min_size=len(frame), max_size=len(frame))
    return frame, np.array(draw(classes))


def literals(columns):
    """A literal on one of the columns."""

    @st.composite
    def build(draw):
        column = draw(st.sampled_from(columns))
        if column.kind == "boolean":
            return Literal(column.name, draw(st.sampled_from(["==", "!="])), True)
        ops = ["==", "!="] if column.kind == "categorical" else ["==", "!=", "=<", ">", "!=<", "!>"]
        op = draw(st.sampled_from(ops))
        if op in ("==", "!="):
            return Literal(column.name, op, draw(st.sampled_from([*WORDS, None, *HOSTILE[:8]])))
        return Literal(column.name, op, draw(st.sampled_from(NUMBERS)))

    return build()


def rules(columns, depth, label=None):
    label = st.none() if label is None else label
    exceptions = st.just(()) if depth == 0 else st.lists(rules(columns, depth - 1), max_size=2)
    body = st.lists(literals(columns), min_size=1, max_size=3).map(tuple)
    return st.builds(Rule, body, exceptions.map(tuple), label)


LABELS = st.one_of(st.sampled_from(["bedroom", "it's", "1", 'a"b', "\n"]), st.integers(-3, 2**40))


@st.composite
def programs(draw, names=None):
    """A program on columns with friendly or hostile names."""
    names = st.sampled_from([*HOSTILE, "bed", "sink", "age", "c0"]) if names is None else names
    chosen = draw(st.lists(names, min_size=1, max_size=4, unique=True))
    kinds = st.sampled_from(["boolean", "categorical", "numeric"])
    columns = tuple(Column(name, draw(kinds)) for name in chosen)
    body = draw(st.lists(rules(columns, 2, LABELS), max_size=4))
    return Program(tuple(body), draw(st.one_of(st.none(), LABELS)), columns)


@st.composite
def tables(draw, columns, max_rows=8):
    """A table with the given columns."""
    n_rows = draw(st.integers(1, max_rows))
    data = {}
    for column in columns:
        cell = {
            "boolean": st.booleans(),
            "categorical": st.sampled_from([*WORDS, None, *HOSTILE[:8]]),
            "numeric": st.sampled_from([*NUMBERS, 5.0, "?", "1", None]),
        }[column.kind]
        data[column.name] = draw(st.lists(cell, min_size=n_rows, max_size=n_rows))
    return Table.of(pd.DataFrame(data, dtype=object), columns=columns)


@st.composite
def programs_and_tables(draw, **options):
    program = draw(programs(**options))
    return program, draw(tables(program.columns))
