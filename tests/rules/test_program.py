"""Programs: the same answers from numpy, clingo, the explanation and the re-read text."""

from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from rule_strategies import HOSTILE, programs, programs_and_tables

from nesylib.rules import Column, Literal, Program, Rule
from nesylib.rules.names import printable

FEW = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def plain_answer(program, row):
    """The first rule that fires, by walking one row."""

    def fires(rule):
        return all(lit.holds(row[lit.column]) for lit in rule.body) and not any(
            map(fires, rule.exceptions)
        )

    return next((rule.label for rule in program.rules if fires(rule)), program.default)


@FEW
@given(programs_and_tables())
def test_numpy_clingo_and_a_walk_agree(pair):
    program, table = pair
    answers = program.predict(table).tolist()
    assert answers == program.predict(table, engine="clingo").tolist()
    assert answers == [plain_answer(program, table.row(i)) for i in range(len(table))]


@FEW
@given(programs_and_tables())
def test_text_asp_and_json_are_read_back(pair):
    program, table = pair
    answers = program.predict(table).tolist()
    text = program.to_text()
    exceptions = {e for rule in program.walk() for e in rule.exceptions}
    rules = len(program.rules) + (program.default is not None)
    assert rules <= len(text.splitlines()) <= rules + len(exceptions)
    if program.rules or program.default is not None:
        again = Program.from_text(text, columns=program.columns)
        assert again.predict(table).tolist() == answers
        assert again.to_text() == text
        asp = Program.from_asp(program.to_asp(), columns=program.columns)
        assert asp.predict(table).tolist() == answers
        assert asp.to_asp() == program.to_asp()
    assert Program.from_json(program.to_json()) == program


@FEW
@given(programs_and_tables())
def test_explanation_agrees_and_breaks_out_of_nothing(pair):
    program, table = pair
    for i in range(len(table)):
        row = table.row(i)
        why = program.explain(row)
        assert why.label == plain_answer(program, row)
        assert str(why)
        assert "<b>" not in why.to_html()
        rule = why.fired
        assert rule is None or all(lit.holds for lit in rule.literals)
        for failed in why.failed:
            assert failed.failing or failed.blocking
        assert why.to_dict()["label"] == why.label


def tree_size(program):
    return sum(len(rule.body) + len(rule.exceptions) for rule in program.walk())


@FEW
@given(programs_and_tables())
def test_simplify_changes_no_answer(pair):
    program, table = pair
    shorter = program.simplify()
    assert shorter.predict(table).tolist() == program.predict(table).tolist()
    assert tree_size(shorter) <= tree_size(program)


@settings(max_examples=30, deadline=None)
@given(programs())
def test_every_program_is_stratified_and_counted(program):
    assert program.stratified()
    stats, frame = program.stats(), program.to_frame()
    assert len(frame) == stats["rules"] + stats["exceptions"]
    assert frame["size"].sum() == stats["size"]
    assert "class(X,C)" in program.to_scasp()


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_column_names_and_values(name):
    """Nothing in a name or value gets out of its quotes, in text or in clingo."""
    columns = (Column(name, "boolean"), Column(name + "2", "categorical"))
    body = (Literal(name, "==", True), Literal(name + "2", "!=", name))
    program = Program((Rule(body, label=name or "x"),), "other", columns)
    table = pd.DataFrame({name: [True, True, False], name + "2": [name, "other", "other"]})
    expected = ["other", name or "x", "other"]
    assert program.predict(table).tolist() == expected
    assert program.predict(table, engine="clingo").tolist() == expected
    again = Program.from_text(program.to_text(), columns=columns)
    assert again == program
    assert Program.from_asp(program.to_asp(), columns=columns) == program
    assert len(str(program).splitlines()) == 1
    found = program.counterfactual(table.iloc[0], name or "x")
    assert [*found.changes] == [name + "2"] and found.after == (name or "x")


class Tags(HTMLParser):
    """The tags and attributes of a page, and its text."""

    def __init__(self, page):
        super().__init__()
        self.found, self.text = set(), ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found |= {tag, *(f"{tag} {name}" for name, _ in attrs)}

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize("name", [*HOSTILE, "</code><script>alert(1)</script>", "' onload='x"])
def test_hostile_names_stay_text_in_a_page(name):
    columns = (Column(name, "boolean"), Column(name + "2", "categorical"))
    exception = Rule((Literal(name + "2", "==", name),))
    program = Program(
        (Rule((Literal(name, "==", True),), (exception,), name or "x"),), "other", columns
    )
    for row in ({name: True, name + "2": name}, {name: True, name + "2": "b"}):
        why = program.explain(row)
        page = Tags(why.to_html())
        assert page.found <= {
            "div", "div class", "p", "strong", "details", "details open", "summary", "code", "ul",
            "li",
        }  # fmt: skip
        assert printable(name) in page.text
        assert all(line.isprintable() for line in str(why).splitlines())
        assert len(str(why)) < 20 * len(name) + 1000


def test_readable_asp():
    program = Program.from_text(
        """
        class(X,'bedroom') :- bed(X), not sink(X), not ab1(X).
        ab1(X) :- stove(X), size(X,N), N=<0.1, colour(X,'red').
        """,
        default="bathroom",
    )
    assert program.to_asp().splitlines()[2:] == [
        'class(X,"bedroom") :- row(X), bed(X), not sink(X), not ab1(X).',
        'ab1(X) :- row(X), stove(X), at_most(X,size,"0.1"), colour(X,"red").',
        'class(X,"bathroom") :- row(X), not class(X,"bedroom").',
    ]
    row = {"bed": True, "sink": False, "stove": True, "size": 0.05, "colour": "red"}
    assert program.to_facts(row) == (
        'row(0). bed(0). stove(0). at_most(0,size,"0.1"). colour(0,"red").\n'
    )
    assert str(program.explain(row)) == (
        "bathroom: because no rule fires.\n"
        "  rule 1 (bedroom) does not fire: its exception ab1 holds "
        "(stove is present, size is 0.05, at most 0.1, colour is 'red')."
    )


def test_explanation_in_words():
    program = Program.from_text(
        "class(X,'bedroom') :- bed(X), not sink(X), not ab1(X).  ab1(X) :- stove(X), lamp(X).",
        default="bathroom",
    )
    why = program.explain({"bed": True, "sink": False, "stove": True, "lamp": False})
    assert str(why) == (
        "bedroom: rule 1 fires.\n"
        "  class(X,'bedroom') :- bed(X), not sink(X), not ab1(X).\n"
        "    + bed is present\n"
        "    + sink is absent\n"
        "    ab1 does not apply: lamp is absent"
    )
    assert why.to_dict()["fired"]["exceptions"][0]["fires"] is False
    assert "lamp is absent" in why.to_html()


def test_exceptions_that_are_equal_share_a_number():
    exception = Rule((Literal("c", "==", True), Literal("d", "==", True)))
    rules = tuple(Rule((Literal(n, "==", True),), (exception,), "p") for n in "ab")
    program = Program(rules, "n", tuple(Column(n, "boolean") for n in "abcd"))
    assert str(program).splitlines() == [
        "class(X,'p') :- a(X), not ab1(X).",
        "class(X,'p') :- b(X), not ab1(X).",
        "ab1(X) :- c(X), d(X).",
    ]
    assert program.stats() == {
        "rules": 2, "exceptions": 1, "predicates": 4, "predicates_with_ab": 5, "columns": 4,
        "size": 6, "depth": 1,
    }  # fmt: skip


def test_display_rounds_and_exact_does_not():
    program = Program.from_text("class(X,'a') :- n(X,N), N=<0.30000000000000004.", default="b")
    assert "0.30000000000000004" in str(program)
    assert program.to_text(style="display", default=False) == "class(X,'a') :- n(X,N1), N1=<0.3."
    values = pd.DataFrame({"n": [0.3, 0.30000000000000004, 0.31]})
    assert program.predict(values).tolist() == ["a", "a", "b"]
    assert program.predict(values, engine="clingo").tolist() == ["a", "a", "b"]


def test_rename():
    program = Program.from_text("class(X,'a') :- x17(X), not x3(X).", default="b")
    assert str(program.rename({"x17": "bed"})) == "class(X,'a') :- bed(X), not x3(X)."
    with pytest.raises(ValueError, match="no columns"):
        program.rename({"x1": "bed"})
    with pytest.raises(ValueError, match="same name"):
        program.rename({"x17": "bed", "x3": "bed"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no rule in the text"),
        ("class(X,'a') :- bed(X)", "expected '.'"),
        ("class(X,'a') :- bed(X), ; sink(X).", "line 1: cannot read"),
        ("class(X,'a') :- bed(X), not ab1(X).", "ab1 is asked for, but no rule defines it"),
        ("class(X,'a') :- bed(X), ab1(X).\nab1(X) :- c(X).", "line 1.*only under 'not'"),
        ("class(X,'a') :- not ab1(X).\nab1(X) :- not ab2(X).\nab2(X) :- not ab1(X).", "stratified"),
        ("class(X,'a') :- N=<3.", "before a column named it"),
        ("class(X,'a') :- b(X,N), N<3.", "=< or >"),
        ("class(X,'a') :- b(X,7).", "in quotes"),
        ("class(X,'a') :- class(X,'b').", "only under 'not'"),
        ("bed(X) :- sink(X).", "must say an answer"),
        ("class(X,foo) :- sink(X).", "no class"),
    ],
)
def test_text_outside_the_fragment_is_refused(text, message):
    with pytest.raises(ValueError, match=message):
        Program.from_text(text)


def test_hand_written_program_with_named_exceptions():
    program = Program.from_text(
        """
        % Birds fly, unless they are penguins or plucked.
        answer(X,"flies") :- bird(X), not strange(X).
        strange(X) :- penguin(X), not rocket(X).
        strange(X) :- plucked(X).
        answer(X,"stays") :- not answer(X,"flies").
        """
    )
    rows = pd.DataFrame(
        [[1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0], [1, 1, 1, 1], [0, 0, 0, 0]],
        columns=["bird", "penguin", "rocket", "plucked"],
    )
    expected = ["flies", "stays", "flies", "stays", "stays"]
    assert program.predict(rows).tolist() == expected
    assert program.predict(rows, engine="clingo").tolist() == expected


def test_bad_saved_programs_are_refused():
    with pytest.raises(ValueError, match="no saved program"):
        Program.from_json("{")
    with pytest.raises(ValueError, match="format"):
        Program.from_json("[]")
    with pytest.raises(ValueError, match="newer"):
        Program.from_json('{"format": "nesylib.program", "version": 2}')
    with pytest.raises(ValueError, match="damaged"):
        Program.from_json('{"format": "nesylib.program", "version": 1}')


def test_bad_rows_are_refused():
    program = Program.from_text("class(X,'a') :- bed(X), not sink(X).", default="b")
    with pytest.raises(ValueError, match="sink"):
        program.explain({"bed": True})
    with pytest.raises(ValueError, match="one row"):
        program.explain(np.ones((2, 2), bool))
    with pytest.raises(ValueError, match="3 features"):
        program.predict(np.ones((2, 3), bool))
    with pytest.raises(ValueError, match="boolean"):
        program.explain({"bed": 3, "sink": True})


def test_why_not_asks_every_rule_for_the_answer():
    program = Program.from_text(
        "class(X,'bath') :- sink(X), tub(X).\n"
        "class(X,'bed') :- bed(X), not ab1(X).\n"
        "class(X,'hotel') :- bed(X).\n"
        "class(X,'bed') :- pillow(X).\n"
        "ab1(X) :- desk(X), tv(X).",
        default="hall",
    )
    row = {"sink": True, "tub": False, "bed": True, "desk": True, "tv": True, "pillow": True}
    why = program.why_not(row, "bed")
    assert (why.label, why.first) == ("hotel", "rule 3")
    assert str(why) == (
        "not bed:\n"
        "  rule 2 does not fire: its exception ab1 holds (desk is present, tv is present).\n"
        "  rule 4 fires, but rule 3 comes first."
    )
    assert str(program.why_not(row, "bath")) == (
        "not bath:\n  rule 1 does not fire: tub is absent."
    )
    assert str(program.why_not(row, "hotel")) == "hotel:\n  rule 3 fires: bed is present."
    assert str(program.why_not(row, "hall")) == (
        "not hall: only the default says it, and rule 3 fires."
    )
    nothing = dict.fromkeys(row, False)
    assert str(program.why_not(nothing, "hall")) == "hall: it is, by the default."
    with pytest.raises(ValueError, match="use one of"):
        program.why_not(row, "kitchen")


@FEW
@given(programs_and_tables())
def test_why_not_agrees_with_explain(drawn):
    program, table = drawn
    row = table.row(0)
    why = program.explain(row)
    for label in program.labels():
        other = program.why_not(row, label)
        assert str(other) and other.label == why.label
        assert other.first == (why.fired.name if why.fired else None)
        tried = [rule for rule in why.failed if rule in other.rules]
        same = [r for r in why.failed if type(r.label) is type(label) and r.label == label]
        assert tried == same


def test_labels_as_they_come_out_of_an_array():
    program = Program.from_text("class(X,1) :- a(X). class(X,'one') :- b(X).", default=0)
    row = {"a": False, "b": True}
    assert str(program.why_not(row, np.int64(1))) == "not 1:\n  rule 1 does not fire: a is absent."
    assert program.why_not(row, np.str_("one")).first == "rule 2"
    assert program.counterfactual(row, np.int64(1)).changes == {"a": (False, True)}
    for target in (True, np.True_, 1.0, "1", None):
        with pytest.raises(ValueError, match="use one of"):
            program.why_not(row, target)
        with pytest.raises(ValueError, match="use one of"):
            program.counterfactual(row, target)
    assert program.explain([row]).label == "one"
    with pytest.raises(ValueError, match="one row, not 2"):
        program.explain([row, row])
