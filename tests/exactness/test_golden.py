"""Binary FOLD-SE equals the recorded programs, character by character."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nesylib.rules import FoldSEM, Program

GOLDEN = json.loads((Path(__file__).parent / "fold_se_golden.json").read_text())
RUNS = [(name, i) for name, case in GOLDEN.items() for i in range(len(case["runs"]))]


def learned(case, run, root):
    frame = pd.read_csv(root / "uci" / case["csv"], dtype=str, keep_default_na=False)
    X = frame[case["str_attrs"] + case["num_attrs"]]
    y = np.where(frame[case["label"]] == case["pos"], "1", "0")
    test = np.zeros(len(frame), bool)
    test[run["test_index"]] = True
    fold = FoldSEM(ratio=case["ratio"], tail=case["tail"], positive="1", head="label")
    fold.fit(X[~test], y[~test], numeric=case["num_attrs"])
    return fold, X[test], y[test]


@pytest.mark.parametrize(("name", "number"), RUNS)
def test_recorded_program(nesylib_data, name, number):
    case = GOLDEN[name]
    run = case["runs"][number]
    fold, X, y = learned(case, run, nesylib_data)
    assert fold.program_.to_text(style="recorded").splitlines() == run["program"]
    assert str(fold.program_).splitlines() == run["program"], "these tables need no rounding"
    assert fold.score(X, y) == pytest.approx(run["acc"], abs=1e-12)
    assert (fold.predict(X, engine="clingo") == fold.predict(X)).all()


@pytest.mark.parametrize(("name", "number"), RUNS)
def test_recorded_program_is_read_back(name, number):
    """Needs no data: the recorded text itself goes through the reader and the printer."""
    lines = GOLDEN[name]["runs"][number]["program"]
    program = Program.from_text("\n".join(lines), default="0")
    assert str(program).splitlines() == lines
    assert program.to_text(style="recorded").splitlines() == lines
    assert program.stats()["rules"] == sum(line.startswith("label") for line in lines)
