"""Tables that users really have: odd names, labels, types and sizes; all the way round."""

import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from nesylib.rules import FoldSEM, Program

RNG = np.random.default_rng(0)
N = 40
B = RNG.random((N, 6)) < 0.5
Y = np.where(B[:, 0], "a", np.where(B[:, 1], "b", "c"))
TWO53 = 2**53
RARE = RNG.random((1000, 120)) < 0.02
OWN = np.arange(1000) % 500
RARE[np.arange(1000), OWN % 120] = True
NULLABLE = pd.DataFrame(
    {
        "i": pd.array(RNG.integers(0, 5, N), dtype="Int64"),
        "b": pd.array(B[:, 0], dtype="boolean"),
        "s": pd.array(np.where(B[:, 1], "x", "y"), dtype="string"),
        "c": pd.Categorical(np.where(B[:, 2], "u", "v")),
        "f": pd.array(RNG.random(N), dtype="Float64"),
    }
)
HOLES = NULLABLE.copy()
HOLES.loc[::3, :] = pd.NA


def words(*choices):
    return np.array(choices, object)[RNG.integers(0, len(choices), N)]


TABLES = {
    "hostile names": (pd.DataFrame(B, columns=["not", "X", "a b", "é", "", "1"]), Y),
    "our own words": (pd.DataFrame(B, columns=["class", "rule", "row", "ab1", "holds", "is"]), Y),
    "numbers as names": (pd.DataFrame(B), Y),
    "fractions and None as names": (pd.DataFrame(B, columns=[0.5, 1.5, -1, None, "x", "y"]), Y),
    "two-level names": (
        pd.DataFrame(B, columns=pd.MultiIndex.from_product([["a", "b"], ["x", "y", "z"]])),
        Y,
    ),
    "unprintable names": (
        pd.DataFrame({"\ud800": words("\ud801", "\n"), "\0": B[:, 0]}),
        words("\ud803", "x"),
    ),
    "labels with quotes": (B, words("it's", 'say "x"', "new\nline\\").astype(str)),
    "empty labels": (B, np.array(["", " "])[B[:, 0].astype(int)]),
    "long labels": (B, np.where(B[:, 0], "y" * 20_000, "z")),
    "truth labels": (B, B[:, 0]),
    "truth labels as objects": (B, B[:, 0].astype(object)),
    "nullable truth labels": (B, pd.Series(B[:, 0], dtype="boolean")),
    "nullable numbers as labels": (B, pd.Series(B[:, 0].astype(int), dtype="Int64")),
    "string dtype labels": (B, pd.Series(Y, dtype="string")),
    "categorical labels": (B, pd.Categorical(Y)),
    "small ints": (B, B[:, 0].astype(np.uint8)),
    "large and negative ints": (B, np.array([2**62, -(2**62), 0])[RNG.integers(0, 3, N)]),
    "two rows": (B[:2], ["a", "b"]),
    "constant columns": (np.c_[B, np.ones(N), np.zeros(N)], Y),
    "missing columns": (pd.DataFrame({"a": [np.nan] * N, "b": [None] * N, "c": B[:, 0]}), Y),
    "nothing but missing": (np.full((N, 3), np.nan), Y),
    "huge and tiny": (np.c_[B[:, 0] * 1e308, -1e308 * B[:, 1], B[:, 2] * 5e-324], Y),
    "subnormal": (np.c_[B[:, 0] * 5e-324, 1e-310 * B[:, 1]], Y),
    "negative": (RNG.integers(-5, 5, (N, 3)), Y),
    "exact large ints": (np.c_[TWO53 + 2 * B[:, 0].astype(np.int64), B[:, 1]], Y),
    "ints beyond int64": (pd.DataFrame({"a": [10**30 if b else 7 for b in B[:, 0]]}), Y),
    "one-byte floats' friends": (RNG.random((N, 3)).astype(np.float16), Y),
    "float32": (RNG.random((N, 3), np.float32), Y),
    "Fortran order, read-only": (np.asfortranarray(B)[::2], Y[::2]),
    "500 classes": (RARE, OWN),
    "contradictory duplicates": (np.repeat(B[:1], 30, 0), np.tile(["a", "b", "c"], 10)),
    "contradictory pairs": (np.repeat(B[:4], 10, 0), np.tile(["a", "b"], 20)),
    "nullable types": (NULLABLE, Y),
    "nullable types with holes": (HOLES, Y),
    "categories that are numbers": (pd.DataFrame({"c": pd.Categorical(B[:, :3].sum(1))}), Y),
    "sparse frame": (
        pd.DataFrame.sparse.from_spmatrix(scipy.sparse.csr_matrix(B.astype(int))),
        Y,
    ),
    "values with quotes": (pd.DataFrame({"s": words("", "a'b", 'c"d', "\n", "\\")}), Y),
    "texts like numbers": (pd.DataFrame({"s": words("1", "2", "1e3", "nan", "-0")}), Y),
    "truth values and missing": (pd.DataFrame({"a": words(True, None), "b": B[:, 1]}), Y),
    "truth values among numbers": (pd.DataFrame({"a": words(1, True, 0.5)}), Y),
    "lists of lists": (B.tolist(), Y.tolist()),
    "rows of words and numbers": ([[1, "a"], [2, "b"], [3, "a"], [4, None]], list("pqpq")),
    "another index": (pd.DataFrame(B, index=np.arange(N)[::-1]), pd.Series(Y, index=np.arange(N))),
}


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("multiclass", ["repaired", "published"])
def test_all_the_way_round(name, multiclass, tmp_path):
    """Engines agree; text, ASP, JSON and the saved estimator come back; rows are explained."""
    X, y = TABLES[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fold = FoldSEM(multiclass=multiclass).fit(X, y)
    program, answers = fold.program_, fold.predict(X)
    assert fold.predict(X, engine="clingo").tolist() == answers.tolist()
    own = program.predict(X).tolist()
    if program.rules or program.default is not None:
        for text in (program.to_text(), program.to_asp()):
            again = Program.from_text(text, columns=program.columns)
            assert again.predict(X).tolist() == own
    assert Program.from_json(program.to_json()) == program
    loaded = FoldSEM.load(fold.save(tmp_path / "fold.json"))
    assert loaded.predict(X).tolist() == answers.tolist()
    assert loaded.predict(X).dtype == answers.dtype
    for i in range(0, min(len(own), 9), 4):
        row = X.iloc[i] if hasattr(X, "iloc") else X[i]
        why = program.explain(row)
        assert why.label == own[i]
        (str(why) + why.to_html() + program.to_scasp()).encode("utf-8")
    for target in program.labels()[:2]:
        found = program.counterfactual(row, target)
        assert found is None or str(found).isprintable()


def test_what_the_learner_should_find():
    assert str(FoldSEM().fit(*TABLES["huge and tiny"]).program_).startswith(
        "class(X,'a') :- x0(X,N1), not(N1=<0.0)."
    )
    assert FoldSEM().fit(*TABLES["hostile names"]).score(*TABLES["hostile names"]) == 1.0
    X, y = TABLES["exact large ints"]
    assert FoldSEM().fit(X, y).score(X, y) == 1.0, "even numbers beyond 2**53 are exact"
    X, y = TABLES["contradictory duplicates"]
    assert FoldSEM().fit(X, y).program_.rules == ()
    assert len(FoldSEM().fit(*TABLES["500 classes"]).classes_) == 500


def test_one_row():
    with pytest.warns(UserWarning, match="only one class"):
        fold = FoldSEM().fit(B[:1], ["a"])
    assert fold.predict(B).tolist() == ["a"] * N


def test_whole_numbers_that_float64_rounds_are_told():
    X = np.c_[TWO53 + B[:, 0].astype(np.int64)]
    with pytest.warns(UserWarning, match=r"'x0' holds whole numbers beyond 2\*\*53"):
        FoldSEM().fit(X, Y)
    with pytest.warns(UserWarning, match="18446744073709551615"):
        FoldSEM().fit(np.array([[2**64 - 1], [0]] * 5, np.uint64), ["a", "b"] * 5)


@pytest.mark.parametrize(
    ("X", "y", "options", "message"),
    [
        (pd.DataFrame(B, columns=[1, "1", 2, 3, 4, 5]), Y, {}, "duplicated column names"),
        (pd.DataFrame({"a": [10**400, 1]}, dtype=object), ["p", "q"], {}, "'a': Input contains"),
        (B, np.array([1, "a"] * 20, object), {}, "mix int and str"),
        (B, np.array([1, True] * 20, object), {}, "mix bool and int"),
        (B, pd.Series([True, None] * 20, dtype="boolean"), {}, "missing label"),
        (B, Y, {"feature_names": ["a"]}, "1 column names"),
        (B, Y, {"feature_names": "abcdef"}, "pass a list"),
        (pd.DataFrame({"p": pd.period_range("2020", periods=N)}), Y, {}, "dtype period"),
        (pd.DataFrame({"p": pd.to_timedelta(np.arange(N))}), Y, {}, "dtype timedelta"),
    ],
)
def test_what_cannot_be_is_refused(X, y, options, message):
    with pytest.raises(ValueError, match=message):
        FoldSEM().fit(X, y, **options)


@pytest.mark.parametrize("sparse", [scipy.sparse.csr_matrix, scipy.sparse.csr_array])
def test_sparse_input_is_refused_with_the_remedy(sparse):
    with pytest.raises(TypeError, match="toarray"):
        FoldSEM().fit(sparse(B), Y)
    with pytest.raises(TypeError, match="toarray"):
        FoldSEM().fit(B, Y).predict(sparse(B))


@pytest.mark.parametrize("head", ["not", "ab1", "rule", "row", "earlier", "at_most", "", None, "é"])
def test_heads_with_a_meaning_of_their_own_are_refused(head):
    with pytest.raises(ValueError, match="head"):
        FoldSEM(head=head).fit(B, Y)


@pytest.mark.parametrize("settings", [{"ratio": "0.5"}, {"tail": "0.5"}, {"ratio": None}])
def test_settings_that_are_no_numbers_are_refused(settings):
    with pytest.raises(ValueError, match="must be a number"):
        FoldSEM(**settings).fit(B, Y)


def test_one_text_column_to_parse():
    fold = FoldSEM().fit(pd.DataFrame({"age": ["3", "50", "7", "61"]}), list("yoyo"), numeric="age")
    assert fold.program_.columns[0].kind == "numeric"
