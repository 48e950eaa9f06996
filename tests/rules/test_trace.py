"""The trace: it changes nothing, and what it says can be counted again from the table."""

import doctest

import numpy as np
import plain_fold
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rule_strategies import labelled

import nesylib.rules.trace
from nesylib.rules import FoldSEM, Rule, Table, Trace
from nesylib.rules.simplify import simplify

SETTINGS = st.fixed_dictionaries(
    {
        "ratio": st.sampled_from([0.0, 0.2, 0.5, 0.8]),
        "tail": st.sampled_from([0.0, 0.1]),
        "multiclass": st.sampled_from(["published", "repaired"]),
    }
)


@settings(max_examples=150, deadline=None)
@given(labelled(n_classes=4), SETTINGS)
@pytest.mark.filterwarnings("ignore:only one class")
def test_a_traced_fit_decides_alike_and_tells_the_truth(data, options):
    frame, y = data
    trace = Trace()
    traced = FoldSEM(**options).fit(frame, y, trace=trace)
    assert traced.program_ == FoldSEM(**options).fit(frame, y).program_
    kept = [s for s in trace if s.kind == "keep" and s.depth == 0]
    rules = tuple(Rule(s.rule.body, s.rule.exceptions, s.label) for s in kept)
    assert rules == tuple(replayed(trace))
    simplified = tuple(simplify(rule) for rule in rules)
    assert simplified == traced.program_.rules
    table = Table.of(frame)
    for step in trace:
        assert str(step).strip()
        if step.kind != "look":
            assert step.candidates == ()
            continue
        check_candidates(step, table)
    assert trace[-1].kind == "default"
    assert trace[-1].label == traced.program_.default


def check_candidates(step, table):
    rows = [tuple(table.row(i).values()) for i in range(len(table))]
    names = [c.name for c in table.columns]
    for c in step.candidates:
        literal = (names.index(c.literal.column), c.literal.op, c.literal.value)
        true = {i for i in range(len(rows)) if plain_fold.holds(literal, rows[i])}
        pos, neg = set(step.pos.tolist()), set(step.neg.tolist())
        counts = len(pos & true), len(pos - true), len(neg & true), len(neg - true)
        assert counts == (c.tp, c.fn, c.fp, c.tn)
        assert c.score == pytest.approx(plain_fold.score(*counts))
        assert (c.tp * c.tn == c.fp * c.fn) <= (c.status != "open")
    open_ones = [c for c in step.candidates if c.status == "open"]
    first_best = max(open_ones, key=lambda c: c.score, default=None)
    assert step.best == first_best, "max gives the first of equals, as the learner does"


def replayed(trace):
    """The rules rebuilt from the looks: a body grows by ``best``, exceptions nest by depth."""
    levels, bodies = [[]], {}
    for step in trace:
        if step.kind == "look" and step.best is not None:
            bodies[step.depth] = (*step.body, step.best.literal)
        elif step.kind == "enter":
            levels.append([])
        elif step.kind in ("keep", "drop", "retire"):
            exceptions = levels.pop() if len(levels) > step.depth + 1 else []
            if step.kind == "keep":
                label = step.label if step.depth == 0 else None
                levels[-1].append(Rule(bodies[step.depth], tuple(exceptions), label))
    return levels[0]


def test_published_scheme_drops_and_repaired_retires():
    rng = np.random.default_rng(0)
    X, y = rng.random((60, 3)) < 0.5, rng.integers(0, 4, 60)
    for scheme, kind in (("published", "drop"), ("repaired", "retire")):
        trace = Trace()
        FoldSEM(multiclass=scheme, tail=0.1).fit(X, y, trace=trace)
        assert kind in {s.kind for s in trace if s.depth == 0}
        assert trace[0].kind == "class"
        length = len(trace)
        FoldSEM(multiclass=scheme, tail=0.1).fit(X, y, trace=trace)
        assert len(trace) == length, "a second fit starts the record anew"


def test_to_frame_and_docstring():
    trace = Trace()
    FoldSEM().fit(np.eye(3, dtype=bool), ["a", "b", "b"], trace=trace)
    frame = trace[1].to_frame()
    assert list(frame.columns) == ["literal", "tp", "fn", "fp", "tn", "score", "status"]
    assert frame.literal.tolist() == ["not x0(X)", "x1(X)", "x2(X)"]
    assert doctest.testmod(nesylib.rules.trace).failed == 0
