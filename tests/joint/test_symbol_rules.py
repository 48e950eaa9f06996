"""Rules over symbols: what is asked, what is answered, where to look, and what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score

from nesylib.joint import SymbolRules, symbol_table
from nesylib.rules import FoldSEM, Program


def drawn(n: int = 600, seed: int = 0, length: int = 6, vocabulary: int = 20):
    """Sequences of which symbol 17 stands first in most, and rooms by a rule that is known."""
    rng = np.random.default_rng(seed)
    symbols = rng.integers(0, vocabulary, (n, length))
    symbols[rng.random(n) < 0.8, 0] = 17
    there = (symbols[:, 0] == 17) & ~(symbols == 4).any(1)
    return symbols, np.where(there, "bedroom", "kitchen")


@pytest.fixture
def both():
    symbols, rooms = drawn()
    return SymbolRules("both", ratio=0.1).fit(symbols, rooms), symbols, rooms


def test_the_rule_that_made_the_rooms_is_found_and_reads_as_it_is_said(both):
    rules, _, _ = both
    body = {str(rules.program_)}
    assert body <= {
        "class(X,'bedroom') :- first(X,'17'), not has_4(X).",
        "class(X,'bedroom') :- not has_4(X), first(X,'17').",
    }
    fresh, rooms = drawn(seed=1)
    assert (rules.predict(fresh) == rooms).all()
    assert set(rules.asked()) == {(0, 17), (None, 4)}


def test_a_bag_cannot_say_where_and_positions_cannot_say_anywhere():
    symbols, rooms = drawn()
    bag = SymbolRules("bag").fit(symbols, rooms)
    places = SymbolRules("positions").fit(symbols, rooms)
    assert all(position is None for position, _ in bag.asked())
    assert all(position is not None for position, _ in places.asked())
    shuffled = np.random.default_rng(0).permuted(symbols, axis=1)
    assert (bag.predict(symbols) == bag.predict(shuffled)).all()
    assert (places.predict(symbols) != places.predict(shuffled)).any()
    # six ways of standing somewhere, where `has` needs one
    assert len(places.asked()) > 5


tables = st.integers(2, 24).flatmap(
    lambda n: st.tuples(
        st.lists(st.lists(st.integers(0, 11), min_size=3, max_size=3), min_size=n, max_size=n),
        st.lists(st.integers(0, 2), min_size=n, max_size=n),
    )
)


@settings(max_examples=25, deadline=None)
@given(tables)
@pytest.mark.filterwarnings("ignore:only one class")
def test_one_column_of_texts_a_position_is_as_good_as_a_bit_for_each_symbol(table):
    symbols, y = np.array(table[0]), np.array(table[1])
    rules = SymbolRules(ratio=0.5).fit(symbols, y)
    bits, names = [], []
    for j, place in enumerate(("first", "second", "third")):
        # in the order in which equals are told apart: '1', then as texts
        for v in sorted(set(map(str, symbols[:, j])), key=lambda v: (v != "1", v)):
            bits.append(symbols[:, j] == int(v))
            names.append(f"{place}_{v}")
    fold = FoldSEM(ratio=0.5).fit(np.stack(bits, 1), y, feature_names=names)
    assert (fold.predict(np.stack(bits, 1)) == rules.predict(symbols)).all()
    assert fold.program_.stats()["size"] == rules.program_.stats()["size"]


@pytest.mark.parametrize("reading", ["positions", "bag", "both"])
def test_numpy_and_clingo_agree_and_the_text_is_the_program(reading):
    symbols, rooms = drawn(200)
    rules = SymbolRules(reading).fit(symbols, rooms)
    assert (rules.predict(symbols) == rules.predict(symbols, engine="clingo")).all()
    columns = rules.program_.columns
    again = Program.from_text(str(rules.program_), default=rules.program_.default, columns=columns)
    assert (again.predict(rules.table(symbols)) == rules.predict(symbols)).all()


def test_names_stand_beside_the_numbers_and_change_no_answer(both):
    rules, _, _ = both
    named = rules.named({(0, 17): "bed", 4: "Oven & hob", (3, 17): "lamp"})
    assert "first(X,'bed 17')" in str(named.program_)
    assert "not has_oven_hob_4(X)" in str(named.program_)
    fresh = drawn(seed=3)[0]
    assert (named.predict(fresh) == rules.predict(fresh)).all()
    assert (named.decide(fresh) == rules.decide(fresh)).all()
    assert named.asked() == rules.asked()
    assert str(named.named({}).program_) == str(rules.program_)
    assert "first(X,'17')" in str(rules.program_)  # the first ones are left as they were
    # the name of symbol 17 second is not that of symbol 17 first
    assert "first(X,'17')" in str(rules.named({(1, 17): "bed"}).program_)


def test_two_symbols_with_one_word_stay_two():
    symbols = np.array([[1, 5], [11, 5], [1, 6], [11, 6]] * 10)
    named = SymbolRules("both").fit(symbols, symbols[:, 0]).named({1: "bed 1", 11: "bed"})
    assert set(named.table(symbols)["first"]) == {"bed 1 1", "bed 11"}
    assert (named.predict(symbols) == symbols[:, 0]).all()


def test_the_evidence_says_where_to_look(both):
    rules, _, _ = both
    found = {e.symbol: e for e in rules.evidence([17, 9, 2, 3, 9, 9])}
    assert (found[17].present, found[17].places) == (True, (0,))
    assert (found[4].present, found[4].places) == (False, ())
    assert found[17].text == "first is '17'" and found[4].text == "has_4 is absent"
    (why,) = rules.evidence([17, 4, 2, 3, 9, 4])  # nothing fires: what failed
    assert (why.symbol, why.present, why.places) == (4, True, (1, 5))
    assert "has_4 is present" in str(rules.explain([17, 4, 2, 3, 9, 4]))


def test_exceptions_are_evidence_too():
    symbols = np.random.default_rng(0).integers(0, 4, (60, 3))
    rules = SymbolRules().fit(symbols, np.where(symbols[:, 0] == 1, "flies", "walks"))
    text = "class(X,'flies') :- first(X,'1'), not ab1(X,'True').\nab1(X,'True') :- second(X,'3')."
    rules.program_ = Program.from_text(text, default="walks", columns=rules.program_.columns)
    fires, blocked, other = (rules.evidence(row) for row in ([1, 0, 0], [1, 3, 0], [2, 3, 0]))
    said = [(e.text, e.present, e.places, e.exception) for e in fires]
    assert said == [
        ("first is '1'", True, (0,), False),
        ("second is '0', not '3'", False, (1,), True),
    ]
    assert [(e.text, e.exception) for e in blocked] == [("second is '3'", True)]
    assert [(e.text, e.exception) for e in other] == [("first is '2', not '1'", False)]


def test_a_counterfactual_is_checked_by_prediction(both):
    rules, _, _ = both
    change = rules.counterfactual([17, 4, 2, 3, 9, 0], "bedroom")
    assert change.changes == {"has_4": (True, False)}


def test_only_the_first_symbols_are_read():
    symbols, rooms = drawn()
    rules = SymbolRules(length=2).fit(symbols, rooms)
    other = symbols.copy()
    other[:, 2:] = 99
    assert (rules.predict(other) == rules.predict(symbols)).all()
    assert set(rules.table(symbols).columns) == {"first", "second"}


def test_symbols_never_seen_are_neither_an_error_nor_a_match(both):
    rules, _, _ = both
    assert rules.predict([[99] * 6]).tolist() == ["kitchen"]
    assert rules.predict([[17] + [99] * 5]).tolist() == ["bedroom"]


def test_long_sequences_have_columns_too():
    symbols = np.arange(40).reshape(2, 20)
    table = symbol_table(symbols)
    assert [*table.columns][14:18] == ["fifteenth", "sixteenth", "at_17", "at_18"]
    y = np.array([0, 1] * 8)
    far = np.zeros((16, 20), int)
    far[:, 17] = y
    rules = SymbolRules().fit(far, y)
    assert rules.asked() == [(17, 0)] or rules.asked() == [(17, 1)]


def test_it_is_an_estimator_of_scikit_learn():
    symbols, rooms = drawn(150)
    rules = SymbolRules("both", ratio=0.5)
    assert clone(rules).get_params() == rules.get_params()
    assert cross_val_score(rules, symbols, rooms, cv=2).mean() > 0.9
    grid = {"reading": ["bag", "both"], "length": [1, 6]}
    search = GridSearchCV(SymbolRules(), grid, cv=2).fit(symbols, rooms)
    assert search.best_params_ == {"reading": "both", "length": 6}
    assert (rules.fit(symbols, np.arange(150) % 3).predict(symbols)).dtype.kind == "i"


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda s, y: SymbolRules("words").fit(s, y), "unknown reading 'words'"),
        (lambda s, y: SymbolRules(length=0).fit(s, y), "1..6"),
        (lambda s, y: SymbolRules(length=7).fit(s, y), "1..6"),
        (lambda s, y: SymbolRules().fit(s.astype(float), y), "whole numbers"),
        (lambda s, y: SymbolRules().fit(s[:, 0], y), "whole numbers"),
        (lambda s, y: SymbolRules().fit(s - 30, y), "from 0"),
        (lambda s, y: SymbolRules().fit(s, y[:-1]), "labels"),
        (lambda s, y: SymbolRules().fit(s, y).predict(s[:, :3]), "whole sequences"),
        (lambda s, y: SymbolRules().fit(s, y).explain(s[:2]), "one sequence"),
        (lambda s, y: SymbolRules().fit(s, y).named({"17": "bed"}), "whole numbers"),
        (lambda s, y: SymbolRules().fit(s, y).named({17: " "}), "some text"),
    ],
)
def test_bad_input_is_told_what_to_do(call, said):
    symbols, rooms = drawn(60)
    with pytest.raises(ValueError, match=said):
        call(symbols, rooms)
