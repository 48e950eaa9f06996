"""The estimator: scikit-learn's contract, names, saving, bad input."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from nesylib.rules import FoldSEM


@parametrize_with_checks([FoldSEM(), FoldSEM(ratio=0.5, tail=0.01)])
@pytest.mark.filterwarnings("ignore:only one class in y")
def test_scikit_learn_contract(estimator, check):
    check(estimator)


@pytest.fixture
def rooms():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.random((300, 4)) < 0.5, columns=["bed", "sink", "stove", "lamp"])
    room = np.where(frame.bed & ~frame.sink, "bedroom", "bathroom")
    return frame, np.where(frame.stove, "kitchen", room)


def test_two_classes_learn_the_rule_that_made_them(rooms):
    frame, room = rooms
    keep = room != "kitchen"
    fold = FoldSEM(positive="bedroom").fit(frame[keep], room[keep])
    assert str(fold.program_) == "class(X,'bedroom') :- bed(X), not sink(X)."
    assert fold.program_.default == "bathroom"
    assert fold.score(frame[keep], room[keep]) == 1.0


def test_majority_is_positive_with_two_classes(rooms):
    frame, room = rooms
    keep = room != "kitchen"
    fold = FoldSEM().fit(frame[keep], room[keep])
    values, counts = np.unique(room[keep], return_counts=True)
    assert fold.program_.rules[0].label == values[counts.argmax()]


def test_three_classes(rooms):
    frame, room = rooms
    fold = FoldSEM(ratio=0.5).fit(frame, room)
    assert fold.score(frame, room) == 1.0
    assert set(fold.classes_) == {"bathroom", "bedroom", "kitchen"}
    assert fold.feature_names_in_.tolist() == list(frame.columns)
    assert fold.feature_importances_.sum() == pytest.approx(1)
    assert fold.feature_importances_[3] == 0, "no rule needs the lamp"


def test_published_scheme_leaves_rows_unanswered():
    rng = np.random.default_rng(1)
    X = rng.random((400, 6)) < 0.3
    y = rng.integers(0, 12, 400)
    published = FoldSEM(multiclass="published", tail=0.02).fit(X, y)
    repaired = FoldSEM(multiclass="repaired", tail=0.02).fit(X, y)
    assert published.program_.default is None
    assert all(a is None for a in published.predict(X)[published.program_.decide(X) < 0])
    assert repaired.score(X, y) >= published.score(X, y)
    assert None not in repaired.predict(X).tolist()


def test_rare_class_is_reached_by_the_repaired_scheme():
    """Eight small classes beside a large one: by accuracy every question picks the wrong side."""
    rng = np.random.default_rng(2)
    y = np.r_[np.zeros(600, int), np.repeat(np.arange(1, 9), 25)]
    X = rng.random((len(y), 12)) < 0.25
    X[np.arange(len(y)), y] = True
    published = FoldSEM(multiclass="published").fit(X, y)
    repaired = FoldSEM().fit(X, y)
    assert repaired.score(X, y) > published.score(X, y)
    assert len({r.label for r in repaired.program_.rules}) > 4


def test_one_class_gives_a_default_program():
    with pytest.warns(UserWarning, match="only one class"):
        fold = FoldSEM().fit([[0, 1], [1, 1]], ["a", "a"])
    assert str(fold.program_) == ""
    assert fold.program_.to_text() == "class(X,'a')."
    assert fold.predict([[0, 0]]).tolist() == ["a"]
    assert fold.predict([[0, 0]], engine="clingo").tolist() == ["a"]


def test_constant_table_gives_the_majority():
    fold = FoldSEM().fit(np.ones((5, 3)), [0, 1, 1, 2, 1])
    assert fold.program_.rules == ()
    assert fold.predict(np.ones((2, 3))).tolist() == [1, 1]


@pytest.mark.parametrize("labels", [[1, 2, 1, 2], ["a", "b", "a", "b"], [True, False, True, False]])
def test_predictions_have_the_type_of_the_labels(labels):
    X = np.array([[1], [0], [1], [0]], bool)
    fold = FoldSEM().fit(X, labels)
    for engine in ("numpy", "clingo"):
        answers = fold.predict(X, engine=engine)
        assert answers.dtype == np.array(labels).dtype
        assert answers.tolist() == labels


def test_save_and_load(rooms, tmp_path):
    frame, room = rooms
    fold = FoldSEM(ratio=0.5).fit(frame, room)
    again = FoldSEM.load(fold.save(tmp_path / "fold.json"))
    assert again.program_ == fold.program_
    assert again.get_params() == fold.get_params()
    np.testing.assert_array_equal(again.predict(frame), fold.predict(frame))
    with pytest.raises(ValueError, match="feature names"):
        again.predict(frame.rename(columns={"bed": "cot"}))
    (tmp_path / "cut.json").write_text((tmp_path / "fold.json").read_text()[:200])
    with pytest.raises(ValueError, match="no saved FoldSEM"):
        FoldSEM.load(tmp_path / "cut.json")
    (tmp_path / "other.json").write_text(json.dumps({"format": "other"}))
    with pytest.raises(ValueError, match="no saved FoldSEM"):
        FoldSEM.load(tmp_path / "other.json")


SCRIPT = """
import numpy as np, pandas as pd
from nesylib.rules import FoldSEM
rng = np.random.default_rng(3)
X = pd.DataFrame({"s": rng.choice(list("abcde"), 200), "t": rng.choice(["x", "y", None], 200),
                  "n": rng.integers(0, 9, 200).astype(float)})
y = rng.choice(["p", "q", "r"], 200)
print(FoldSEM(ratio=0.5, tail=0).fit(X, y).program_)
"""


def test_same_program_in_every_process_and_hash_seed():
    outputs = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PATH": ""},
        ).stdout
        for seed in ("0", "1", "77")
    }
    assert len(outputs) == 1
    assert "class(X," in outputs.pop()


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (np.zeros((0, 3)), [], "minimum of 1 is required"),
        (np.zeros((3, 0)), [1, 2, 1], "minimum of 1 is required"),
        (np.zeros(3), [1, 2, 1], "Reshape your data"),
        (np.zeros((3, 2)), [1, 2], "3 rows, but y has 2"),
        ([[1.0, np.inf], [2, 3]], [1, 2], "infinity"),
        ([[1.0, -np.inf], [2, 3]], [1, 2], "infinity"),
        ([[1, 2], [2, 3]], [1.0, np.nan], "contains NaN"),
        ([[1, 2], [2, 3]], ["a", None], "contains NaN"),
        ([[1, 2], [2, 3]], None, "y is None"),
        ([[1, 2], [2, 3]], [0.5, 1.5], "[Cc]ontinuous"),
        (pd.DataFrame([[1, 2]] * 2, columns=["a", "a"]), [1, 2], "duplicated column names"),
        (pd.DataFrame({"t": pd.to_datetime(["2020-01-01"] * 2)}), [1, 2], "dtype datetime"),
        (np.array([[1j, 2]] * 2), [1, 2], "Complex"),
    ],
)
def test_bad_training_input_is_refused(X, y, message):
    with pytest.raises(ValueError, match=message):
        FoldSEM().fit(X, y)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"ratio": -1}, "ratio"),
        ({"ratio": float("nan")}, "ratio"),
        ({"tail": 1.5}, "tail"),
        ({"multiclass": "best"}, "repaired"),
        ({"positive": "cat"}, "no class of y"),
        ({"head": "Class"}, "predicate"),
        ({"head": "a b"}, "predicate"),
    ],
)
def test_bad_settings_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        FoldSEM(**settings).fit([[0, 1], [1, 0]], [1, 2])


def test_bad_input_at_prediction(rooms):
    frame, room = rooms
    fold = FoldSEM().fit(frame, room)
    with pytest.raises(ValueError, match="sink"):
        fold.predict(frame.drop(columns="sink"))
    with pytest.raises(ValueError, match="X has 3 features, but FoldSEM is expecting 4"):
        fold.predict(frame.to_numpy()[:, :3])
    with pytest.raises(ValueError, match="something else than 0 and 1"):
        fold.predict(frame.to_numpy() * 2)
    with pytest.raises(ValueError, match="engine"):
        fold.predict(frame, engine="prolog")


def test_unseen_category_at_prediction_is_another_string():
    frame = pd.DataFrame({"colour": ["red", "red", "blue", "green"]})
    fold = FoldSEM(positive="stop").fit(frame, ["stop", "stop", "go", "go"])
    assert fold.predict(pd.DataFrame({"colour": ["pink", None, "red"]})).tolist() == [
        "go",
        "go",
        "stop",
    ]


def test_text_columns_can_be_parsed_as_numbers():
    frame = pd.DataFrame({"age": ["3", "50", "7", "?", "61", None]})
    y = ["young", "old", "young", "old", "old", "old"]
    fold = FoldSEM(positive="young").fit(frame, y, numeric=["age"])
    assert str(fold.program_) == "class(X,'young') :- age(X,N1), N1=<7.0."
    assert fold.predict(frame).tolist() == y
