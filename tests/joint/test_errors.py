"""Error analysis: every wrong picture, its rule, what was missing, the wrong bit."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nesylib.joint import find_errors
from nesylib.rules import Column, Literal, Program, Rule

COLUMNS = ("bed", "desk", "stove", "lamp")


def rooms(default="hall"):
    text = """
    class(X,'bedroom') :- bed(X), not ab1(X).
    class(X,'kitchen') :- stove(X), lamp(X).
    class(X,'office') :- desk(X).
    ab1(X) :- desk(X).
    """
    columns = tuple(Column(name, "boolean") for name in COLUMNS)
    return Program.from_text(text, default=default, columns=columns)


def bits(*names):
    return np.array([[c in row.split() for c in COLUMNS] for row in names])


def only(found):
    assert len(found) == 1
    return found[0]


def test_right_pictures_are_no_errors():
    found = find_errors(rooms(), bits("bed", "stove lamp", ""), ["bedroom", "kitchen", "hall"])
    assert len(found) == 0 and found.pictures == 3
    assert found.to_frame().empty and found.by_rule().empty and found.bits().empty
    assert str(found) == "0 of 3 pictures are answered wrong"


def test_the_nearest_rule_and_what_it_misses():
    one = only(find_errors(rooms(), bits("lamp"), ["kitchen"]))
    assert (one.kind, one.by, one.answer) == ("no rule fired", "the default", "hall")
    assert (one.nearest, one.missing, one.flips) == ("rule 2", ("stove is absent",), ("stove",))
    assert one.wrong_bits is None and one.fault is None
    assert "rule 2\n    but stove is absent\n  right if flipped: stove" in str(one)

    one = only(find_errors(rooms(), bits("bed desk"), ["bedroom"]))
    assert (one.kind, one.by, one.nearest) == ("another rule", "rule 3", "rule 1")
    assert one.missing == ("ab1 holds (desk is present)",) and one.flips == ("desk",)

    one = only(find_errors(rooms(), bits("bed stove lamp"), ["kitchen"]))
    assert (one.kind, one.by, one.missing) == ("too late", "rule 1", ("rule 1 comes first",))

    one = only(find_errors(rooms(), bits("bed"), ["garden"]))
    assert (one.kind, one.nearest, one.flips) == ("no rule for it", None, None)
    assert "no rule says the true class" in str(one)

    one = only(find_errors(rooms(), bits("bed"), ["hall"]))
    assert (one.kind, one.nearest, one.flips) == ("another rule", None, ("bed",))
    one = only(find_errors(rooms(None), bits(""), ["office"]))
    assert (one.kind, one.by, one.answer) == ("no rule fired", "no rule", None)


def test_truth_tells_bits_from_rules():
    program = rooms()
    seen = bits("lamp", "lamp", "bed", "bed desk")
    truth = bits("lamp stove", "lamp", "bed", "desk")
    found = find_errors(program, seen, ["kitchen", "kitchen", "office", "hall"], truth=truth)
    assert [w.fault for w in found] == ["bits", "rules", "rules", "rules"]
    assert [w.wrong_bits for w in found] == [("stove",), (), (), ("bed",)]
    assert "at fault: the bits" in str(found[0])
    # picture 3 becomes a hall by losing bed and desk: one of the two was wrong
    assert set(found[3].flips) == {"bed", "desk"}
    told = found.blame()
    assert told["bits"] == 1 / 4
    flips = [w.flips for w in found]
    hits = [set(f) <= set(w.wrong_bits) for f, w in zip(flips, found, strict=True)]
    assert told["hit"] == np.mean(hits) == 1 / 4
    assert told["flips"] == np.mean([len(f) for f in flips])
    assert told["just"] == 2 / sum(len(f) for f in flips)
    frame = found.bits().set_index("bit")
    assert frame.loc["stove", ["pictures", "on", "off", "really"]].tolist() == [2, 2, 0, 1]


def test_truth_of_some_columns():
    seen, labels = bits("lamp", "lamp bed"), ["kitchen", "kitchen"]
    truth = {"stove": np.array([True, True])}
    found = find_errors(rooms(), seen, labels, truth=truth)
    assert [w.wrong_bits for w in found] == [("stove",)] * 2
    assert [w.fault for w in found] == ["bits", "rules"]
    frame = pd.DataFrame(bits("lamp stove", "lamp stove"), columns=COLUMNS)
    found = find_errors(rooms(), seen, labels, truth=frame)
    assert [w.fault for w in found] == ["bits", "bits"]
    assert find_errors(rooms(), seen, labels, truth={}).blame()["bits"] == 0


def test_grouped_by_the_rule_that_fired():
    seen = bits("bed", "bed", "bed", "lamp", "")
    labels = ["kitchen", "bedroom", "office", "kitchen", "hall"]
    frame = find_errors(rooms(), seen, labels).by_rule()
    assert frame["by"].tolist() == ["rule 1", "the default"]
    first = frame.iloc[0]
    assert (first["says"], first["if"], first["decides"], first["wrong"]) == (
        "bedroom",
        "bed(X), ...",
        3,
        2,
    )
    assert first["really"] == "kitchen 1, office 1"
    assert frame["missing"][1] == "stove is absent (1)"
    assert frame["wrong"].sum() == 3 and frame["decides"].sum() == 5


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_flips_are_right_and_as_few_as_can_be(seed):
    rng = np.random.default_rng(seed)
    names = [f"c{i}" for i in range(4)]

    def body():
        chosen = rng.choice(names, rng.integers(1, 3), replace=False)
        return tuple(Literal(str(c), str(rng.choice(["==", "!="])), True) for c in chosen)

    rules = tuple(
        Rule(body(), (Rule(body()),) * int(rng.integers(0, 2)), int(rng.integers(0, 3)))
        for _ in range(rng.integers(0, 4))
    )
    program = Program(rules, int(rng.integers(0, 3)), tuple(Column(n, "boolean") for n in names))
    seen, truth = rng.integers(0, 2, (2, 5, 4)).astype(bool)
    labels = rng.integers(0, 3, 5)
    answers = program.predict(seen)
    found = find_errors(program, seen, labels, truth=truth)
    assert [w.row for w in found] == np.flatnonzero(answers != labels).tolist()
    asked = {lit.column for lit in program.literals()}
    for w in found:
        fewest = None
        for size in range(5):
            rows = [seen[w.row] ^ np.isin(names, f) for f in combinations(names, size)]
            if (program.predict(np.array(rows)) == w.label).any():
                fewest = size
                break
        assert (w.flips is None) == (fewest is None)
        if w.flips is not None:
            assert len(w.flips) == fewest
            flipped = seen[[w.row]] ^ np.isin(names, w.flips)
            assert program.predict(flipped)[0] == w.label
        right = program.predict(truth[[w.row]])[0] == w.label
        assert w.fault == ("bits" if right else "rules")
        wrong = {n for n, a, b in zip(names, seen[w.row], truth[w.row], strict=True) if a != b}
        assert set(w.wrong_bits) == wrong & asked


def test_flips_can_be_left_out():
    found = find_errors(rooms(), bits("lamp"), ["kitchen"], truth=bits("lamp"), flips=False)
    assert found[0].flips is None and np.isnan(found.blame()["just"])


def test_a_program_without_rules():
    program = Program((), "hall", tuple(Column(n, "boolean") for n in COLUMNS))
    found = find_errors(program, bits("bed", ""), ["bedroom", "hall"], truth=bits("bed", ""))
    assert only(found).kind == "no rule for it" and found[0].fault == "rules"
    assert found.by_rule()["says"].tolist() == ["hall"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": ["hall"]}, "2 rows of bits but labels"),
        ({"labels": [0, 1]}, "names and labels are numbers"),
        ({"truth": np.ones((2, 3))}, r"truth must be \(2, 4\)"),
        ({"truth": {"sofa": np.ones(2)}}, "no columns"),
        ({"truth": {"bed": np.array([0.5, 1])}}, "2 times 0 or 1"),
        ({"truth": {"bed": np.ones(3)}}, "2 times 0 or 1"),
    ],
)
def test_bad_input_to_error_analysis(change, message):
    given_ = {"labels": ["hall", "hall"], "truth": None} | change
    with pytest.raises(ValueError, match=message):
        find_errors(rooms(), bits("bed", ""), given_["labels"], truth=given_["truth"])


def test_error_analysis_needs_bits_and_blame_needs_truth():
    program = Program.from_text("class(X,'a') :- size(X,N), N=<9.5.", default="b")
    with pytest.raises(ValueError, match="over bits"):
        find_errors(program, pd.DataFrame({"size": [1.0]}), ["b"])
    with pytest.raises(ValueError, match="no truth"):
        find_errors(rooms(), bits("bed"), ["hall"]).blame()


def test_numbers_of_another_type_are_the_same_classes():
    text = "class(X,0) :- bed(X). class(X,1) :- desk(X)."
    columns = tuple(Column(name, "boolean") for name in COLUMNS)
    program = Program.from_text(text, columns=columns)
    shown, labels = bits("bed", "desk", "bed", "lamp"), np.array([0, 1, 1, 0])
    wanted = find_errors(program, shown, labels)
    assert [w.row for w in wanted] == [2, 3]
    for kind in (float, np.uint8, bool):
        found = find_errors(program, shown, labels.astype(kind))
        assert found.wrong == wanted.wrong
