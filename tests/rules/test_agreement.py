"""numpy, clingo and the explanation on ten thousand random rows; clingo keeps no memory."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from nesylib.rules import Column, Literal, Program, Rule

KINDS = ("boolean", "boolean", "categorical", "numeric")
WORDS = np.array(["1", "a", "it's", None], object)
NUMBERS = np.array([-1e308, -2.5, 0.0, 1 / 3, 0.30000000000000004, 7.0, np.nan])
N_ROWS = 10


def random_program(rng):
    """A program on a dozen mixed columns, with exceptions of exceptions."""
    columns = tuple(Column(f"c{i}", KINDS[rng.integers(4)]) for i in range(12))

    def literal():
        column = columns[rng.integers(12)]
        if column.kind == "boolean":
            found = Literal(column.name, "==", True)
        elif column.kind == "categorical" or rng.random() < 0.1:
            found = Literal(column.name, "==", WORDS[rng.integers(4)])
        else:
            op = "=<" if rng.random() < 0.5 else ">"
            found = Literal(column.name, op, float(NUMBERS[rng.integers(6)]))
        return ~found if rng.random() < 0.5 else found

    def rule(depth, label=None):
        body = tuple(literal() for _ in range(rng.integers(1, 4)))
        below = rng.integers(0, 3) if depth else 0
        return Rule(body, tuple(rule(depth - 1) for _ in range(below)), label)

    labels = ["p", "q", 3, "it's"][: rng.integers(1, 5)]
    rules = tuple(rule(3, labels[rng.integers(len(labels))]) for _ in range(rng.integers(0, 7)))
    return Program(rules, None if rng.random() < 0.3 else "rest", columns)


def random_rows(rng, columns, n):
    cells = {
        "boolean": lambda: rng.random(n) < 0.5,
        "categorical": lambda: WORDS[rng.integers(0, 4, n)],
        "numeric": lambda: NUMBERS[rng.integers(0, 7, n)],
    }
    return pd.DataFrame({c.name: cells[c.kind]() for c in columns})


@pytest.mark.parametrize("part", range(4))
def test_ten_thousand_rows(part):
    """250 programs of 10 rows in each part: 10,000 rows, and each is explained."""
    rng = np.random.default_rng(part)
    decided_by_rules = 0
    for _ in range(250):
        program = random_program(rng)
        rows = random_rows(rng, program.columns, N_ROWS)
        answers = program.predict(rows).tolist()
        assert answers == program.predict(rows, engine="clingo").tolist()
        numbers = program.decide(rows)
        decided_by_rules += (numbers >= 0).sum()
        if program.rules or program.default is not None:  # an empty text says nothing
            again = Program.from_asp(program.to_asp(), columns=program.columns)
            assert again.predict(rows).tolist() == answers
        for i in range(N_ROWS):
            why = program.explain(rows.iloc[i])
            assert why.label == answers[i]
            by = None if numbers[i] < 0 else f"rule {numbers[i] + 1}"
            assert (why.fired.name if why.fired else None) == by
            assert len(why.failed) == (len(program) if by is None else numbers[i])
            assert not any(rule.fires for rule in why.failed)
    assert decided_by_rules > 500, "the programs decide something"


MEMORY = """
import resource
import numpy as np
from nesylib.rules import Program
program = Program.from_text(
    "class(X,'a') :- p(X), not ab1(X). class(X,'b') :- q(X,N), N=<0.5. ab1(X) :- r(X,'v').",
    default="c",
)
rng = np.random.default_rng(0)
import pandas as pd
def rows():
    return pd.DataFrame({"p": rng.random(3000) < .5, "q": rng.random(3000),
                         "r": np.where(rng.random(3000) < .5, "v", "w")})
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for _ in range(20):
    program.predict(rows(), engine="clingo")
before = peak()
for _ in range(200):
    program.predict(rows(), engine="clingo")
print(peak() - before)
"""


def test_memory_stays_flat_over_repeated_clingo_calls():
    """A process of its own: 200 more calls may not raise its peak by more than 4 MB."""
    done = subprocess.run(
        [sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True, timeout=120
    )
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, kilobytes elsewhere
    assert int(done.stdout) * unit < 4 * 2**20


def test_a_program_without_rules_or_answers():
    columns = (Column("a", "boolean"),)
    rows = np.array([[0], [1]], bool)
    silent, constant = Program((), None, columns), Program((), "x", columns)
    for engine in ("numpy", "clingo"):
        assert silent.predict(rows, engine=engine).tolist() == [None, None]
        assert constant.predict(rows, engine=engine).tolist() == ["x", "x"]
    assert str(silent.explain(rows[0])) == "no answer: no rule fires."
    assert str(constant.explain(rows[0])) == "x: because no rule fires."
    assert str(silent) == str(constant) == "" and constant.to_text() == "class(X,'x')."
    assert constant.counterfactual(rows[0], "x").changes == {}
    assert silent.labels() == ()
    with pytest.raises(ValueError, match="no answer"):
        silent.counterfactual(rows[0], "x")


def test_counterfactuals_that_cannot_be():
    """An answer that no row can get: its rule contradicts itself, or comes too late."""
    dead = Program.from_text(
        "class(X,'a') :- p(X), not p(X). class(X,'b') :- q(X). class(X,'c') :- q(X), p(X).",
        default="d",
    )
    row = {"p": True, "q": False}
    assert dead.counterfactual(row, "a") is None
    assert dead.counterfactual(row, "c") is None
    assert dead.counterfactual(row, "b").changes == {"q": (False, True)}
    bounds = Program.from_text("class(X,'a') :- n(X,N), N>3.0, N=<2.0.", default="d")
    assert bounds.counterfactual({"n": 2.5}, "a") is None
