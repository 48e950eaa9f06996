"""Counterfactuals: really the fewest columns, against trying every combination."""

from itertools import combinations, product

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from rule_strategies import programs_and_tables

from nesylib.rules import Program, Table
from nesylib.rules.counterfactual import cells_worth_trying


def fewest(program, row, target):
    """Try all combinations of telling cells, by number of changed columns."""
    tests = list(dict.fromkeys(lit.positive for lit in program.literals()))
    columns = [c for c in program.columns if any(t.column == c.name for t in tests)]
    for size in range(len(columns) + 1):
        for chosen in combinations(columns, size):
            cells = [
                cells_worth_trying(c, [t for t in tests if t.column == c.name], row[c.name])
                for c in chosen
            ]
            for combination in product(*cells):
                changed = row | dict(zip([c.name for c in chosen], combination, strict=True))
                found = program.predict(Table.of([changed], columns=program.columns)).tolist()[0]
                if found == target and type(found) is type(target):
                    return size
    return None


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(programs_and_tables())
def test_fewest_changes(pair):
    program, table = pair
    row = table.row(0)
    for target in program.labels()[:2]:
        found = program.counterfactual(row, target)
        best = fewest(program, row, target)
        assert (found is None) == (best is None)
        if found is not None:
            assert len(found.changes) == best
            changed = row | {name: new for name, (_, new) in found.changes.items()}
            answer = program.predict(Table.of([changed], columns=program.columns)).tolist()
            assert answer == [target]
            assert str(found)


def test_in_words():
    program = Program.from_text(
        "class(X,'bedroom') :- bed(X), not sink(X), size(X,N), N=<2.5.", default="bathroom"
    )
    row = {"bed": True, "sink": True, "size": 2.0}
    found = program.counterfactual(row, "bedroom")
    assert found.changes == {"sink": (True, False)}
    assert str(found) == "bedroom instead of bathroom, if sink were absent (it is present)."
    assert str(program.counterfactual(row, "bathroom")) == "bathroom: it is already."
    assert program.counterfactual(row, "bedroom", fixed=["sink"]) is None
    with pytest.raises(ValueError, match="no answer"):
        program.counterfactual(row, "kitchen")
    with pytest.raises(ValueError, match="not among"):
        program.counterfactual(row, "bedroom", fixed=["stove"])


def test_difference():
    before = Program.from_text("class(X,'a') :- p(X). class(X,'a') :- q(X), not r(X).", default="b")
    after = Program.from_text("class(X,'a') :- p(X). class(X,'a') :- q(X).", default="b")
    rows = pd.DataFrame([[0, 1, 1], [1, 0, 0], [0, 1, 0]], columns=["p", "q", "r"])
    found = before.difference(after, rows)
    assert str(found).splitlines() == [
        "- class(X,'a') :- q(X), not r(X).",
        "+ class(X,'a') :- q(X).",
        "1 rows are answered otherwise",
    ]
    assert found.rows.tolist() == [0]
    assert not before.difference(before)
    assert str(before.difference(before)) == "the same rules"
