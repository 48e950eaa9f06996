"""Exact programs on tables that need no data folder.

The expected programs are those of the plain implementation in ``tests/rules/plain_fold.py``,
written down once: a change of any decision, tie or layout shows here.
"""

import json
from pathlib import Path

import pytest
from drawn_tables import CASES

from nesylib.rules import FoldSEM

EXPECTED = json.loads((Path(__file__).parent / "drawn_golden.json").read_text())


@pytest.mark.parametrize("name", CASES)
def test_program(name):
    draw, settings = CASES[name]
    X, y = draw()
    fold = FoldSEM(**settings).fit(X, y)
    assert fold.program_.to_text().splitlines() == EXPECTED[name]["program"]
    assert fold.score(X, y) == pytest.approx(EXPECTED[name]["accuracy"], abs=1e-12)
    assert (fold.predict(X, engine="clingo") == fold.predict(X)).all()
