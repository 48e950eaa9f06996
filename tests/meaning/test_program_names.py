"""Names in programs, and names held against what bits really tell."""

import math

import numpy as np
import pytest

from nesylib import meaning
from nesylib.meaning import Labels
from nesylib.rules import FoldSEM, Program
from nesylib.rules.table import Column


@pytest.fixture
def learned():
    rng = np.random.default_rng(0)
    bits = rng.random((400, 6)) < 0.5
    classes = np.where(bits[:, 1] & ~bits[:, 3], "bedroom", np.where(bits[:, 4], "kitchen", "bath"))
    return FoldSEM(tail=0.0).fit(bits, classes).program_, bits


def asked(program):
    return {literal.column for literal in program.literals()}


@pytest.mark.parametrize("style", ["code", "readable"])
def test_a_named_program_answers_as_before_and_can_be_read_back(learned, style):
    program, bits = learned
    names = {n: [("bed", 0.5), ("pillow case", 0.5)] for n in range(6)}
    new = meaning.named(program, Labels(names), style)
    assert (new.predict(bits) == program.predict(bits)).all()
    assert len(asked(new)) == len(asked(program)), "no two neurons got one name"
    again = Program.from_text(str(new), columns=new.columns, default=new.default)
    assert again.rules == new.rules
    if style == "code":
        first = min(int(name[1:]) for name in asked(program))
        assert "bed1_pillow_case1" in asked(new), f"the first that is asked for, x{first}"
    else:
        assert {"bed and pillow case", "bed and pillow case (2)"} <= asked(new)


def test_neurons_without_a_name_keep_their_column_and_say_why(learned):
    program, _ = learned
    some, *others = sorted(asked(program))
    labels = Labels({int(some[1:]): [("bed", 1.0)]}, {int(others[0][1:]): "its maps are empty"})
    new = meaning.named(program, labels)
    assert asked(new) == {"bed1", *others}
    told = meaning.unnamed(program, labels)
    assert set(told) == set(others) and told[others[0]] == "its maps are empty"
    assert told[others[1]] == "the labelling was not asked about it"
    assert meaning.named(program, Labels({})) == program
    assert set(meaning.unnamed(program, Labels({}))) == asked(program)


def test_a_name_that_is_taken_gets_a_number(learned):
    program, bits = learned
    columns = program.rename({"x0": "bed1", "x2": "class"} if "x2" not in asked(program) else {})
    some = int(min(asked(program))[1:])
    new = meaning.named(columns, Labels({some: [("bed", 1.0)]}))
    assert "bed1_2" in asked(new)
    readable = meaning.named(program, Labels({some: [("x5", 1.0)]}), "readable")
    assert (readable.predict(bits) == program.predict(bits)).all()


@pytest.mark.parametrize(
    "name",
    [
        "not",
        "ab",
        "class",
        "<script>alert(1)</script>",
        "it's :- x.",
        "Bett'; %",
        "é",
        "9 o'clock",
        "寝",
    ],
)
def test_strange_names_stay_names(learned, name):
    program, bits = learned
    labels = Labels({n: [(name, 1.0)] for n in range(6)})
    for style in ("code", "readable"):
        new = meaning.named(program, labels, style)
        assert (new.predict(bits) == program.predict(bits)).all()
        assert (new.predict(bits[:20], engine="clingo") == program.predict(bits[:20])).all()
        text = str(new)
        assert len(text.splitlines()) == len(str(program).splitlines())
        again = Program.from_text(text, columns=new.columns, default=new.default)
        assert again.rules == new.rules


def test_labels_of_other_codes_are_refused(learned):
    program, _ = learned
    with pytest.raises(ValueError, match="neurons \\[63\\]"):
        meaning.named(program, Labels({63: [("bed", 1.0)]}))
    column = sorted(asked(program))[0]
    new = meaning.named(program, Labels({63: [("bed", 1.0)]}), columns={63: column})
    assert "bed1" in asked(new)
    with pytest.raises(ValueError, match="unknown style"):
        meaning.named(program, Labels({0: [("bed", 1.0)]}), "prose")


def test_a_program_without_rules_is_left_alone():
    program = Program((), "bath", (Column("x0", "boolean"),))
    assert meaning.named(program, Labels({0: [("bed", 1.0)]})) == program


def rooms(rows=600, seed=0):
    """Three bits: a bed detector, a bedroom detector, one that knows nothing."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, rows)
    bed = np.where(labels == 1, rng.random(rows) < 0.7, rng.random(rows) < 0.1)
    lamp = rng.random(rows) < np.where(labels == 1, 0.9, 0.1)
    bits = np.stack([bed, labels == 1, rng.random(rows) < 0.5], 1)
    return bits, np.stack([bed, lamp], 1), labels


def test_the_class_explains_away_what_a_class_detector_tells():
    bits, concepts, labels = rooms()
    assert meaning.true_names(bits, concepts).tolist() == [
        [True, False],
        [True, True],
        [False, False],
    ]
    inside = meaning.true_names(bits, concepts, labels)
    assert inside.tolist() == [[True, False], [False, False], [False, False]]


def test_scores_count_names():
    truth = np.array([[True, True], [False, True], [True, False], [False, False]])
    labels = Labels(
        {0: [("bed", 0.9)], 1: [("bed", 0.6), ("lamp", 0.4)], 3: [("bed", 1.0)]}, {2: "silent"}
    )
    scores = meaning.score_names(labels, truth, ("bed", "lamp"))
    assert scores["precision"] == 2 / 4 and scores["recall"] == 2 / 4
    assert scores["first"] == 1 / 3 and scores["names"] == 4 / 3
    assert (scores["neurons"], scores["named"]) == (4, 3)
    nothing = meaning.score_names(Labels({}, {0: "silent"}), truth, ("bed", "lamp"))
    assert math.isnan(nothing["precision"]) and nothing["recall"] == 0
    assert math.isnan(meaning.score_names(Labels({}), truth, ("bed", "lamp"))["recall"])


def test_names_that_are_no_concepts_are_told():
    truth = np.ones((2, 2), bool)
    with pytest.raises(ValueError, match="'sofa'"):
        meaning.score_names(Labels({0: [("sofa", 1.0)]}), truth, ("bed", "lamp"))
    with pytest.raises(ValueError, match="name others"):
        meaning.score_names(Labels({5: [("bed", 1.0)]}), truth, ("bed", "lamp"))
    with pytest.raises(ValueError, match="bool"):
        meaning.score_names(Labels({0: [("bed", 1.0)]}), truth * 0.5, ("bed", "lamp"))
    with pytest.raises(ValueError, match="truth values"):
        meaning.true_names(np.full((20, 1), 0.3), np.ones((20, 1)))
    with pytest.raises(ValueError, match="above chance"):
        meaning.true_names(np.ones((20, 1)), np.ones((20, 1)), least=0.5)


def test_shuffled_names_are_the_same_names_elsewhere():
    labels = Labels({n: [(f"word {n}", 1.0)] for n in range(20)}, {20: "silent"})
    shuffled = meaning.shuffled_names(labels, seed=1)
    assert sorted(shuffled.best().values()) == sorted(labels.best().values())
    assert shuffled.names != labels.names and shuffled.missing == labels.missing
    assert shuffled.names == meaning.shuffled_names(labels, seed=1).names


def test_columns_that_are_not_there_or_twice_are_told(learned):
    program = learned[0] if isinstance(learned, tuple) else learned
    labels, first = Labels({0: [("bed", 1)], 1: [("lamp", 1)]}), program.columns[0].name
    for columns in ({0: "nowhere"}, {0: first, 1: first}):
        with pytest.raises(ValueError, match="another column of the program"):
            meaning.named(program, labels, columns=columns)
    with pytest.raises(TypeError, match="Labels"):
        meaning.named(program, {0: "bed"})
