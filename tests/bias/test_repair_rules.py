"""Editing a program, and forbidding a concept by a constraint."""

import numpy as np
import pytest
from small_bias import table

from nesylib import bias
from nesylib.bias.forbid import blocked_at_random
from nesylib.rules import FoldSEM, Program


def program(text, width=6):
    bits = np.random.default_rng(0).random((8, width)) < 0.5
    columns = FoldSEM().fit(bits, np.arange(8) % 2).program_.columns
    return Program.from_text(text, columns=columns)


TEXT = """class(X,'bed') :- x0(X), not x2(X), not ab1(X).
class(X,'bath') :- x2(X).
ab1(X) :- x2(X), x3(X).
"""


def test_dropping_literals_keeps_what_is_left():
    edited = bias.drop_literals(program(TEXT), ["x2"])
    assert str(edited) == "class(X,'bed') :- x0(X), not ab1(X).\nab1(X) :- x3(X)."


def test_an_exception_without_conditions_goes_and_does_not_bar_everything():
    edited = bias.drop_literals(program(TEXT), [2, 3])
    assert str(edited) == "class(X,'bed') :- x0(X)."


def test_dropping_rules():
    assert str(bias.drop_rules(program(TEXT), [3])) == (
        "class(X,'bed') :- x0(X), not x2(X).\nclass(X,'bath') :- x2(X)."
    )
    assert str(bias.drop_rules(program(TEXT), [2])) == ""


def test_swapping_keeps_signs_and_merges_equal_conditions():
    edited = bias.swap(program(TEXT), {2: "x4", "x3": 4})
    assert str(edited) == (
        "class(X,'bed') :- x0(X), not x4(X), not ab1(X).\n"
        "class(X,'bath') :- x4(X).\nab1(X) :- x4(X)."
    )


@pytest.mark.parametrize("neurons", [[99], [-1], ["nobody"], [True]])
@pytest.mark.parametrize("edit", [bias.drop_literals, bias.drop_rules])
def test_unknown_neurons(edit, neurons):
    with pytest.raises(ValueError, match=r"knows no neurons.*x0 to x5"):
        edit(program(TEXT), neurons)
    with pytest.raises(ValueError, match="knows no neurons"):
        bias.swap(program(TEXT), {2: neurons[0]})


def test_no_neuron_named():
    for call in (lambda p: bias.drop_literals(p, []), lambda p: bias.swap(p, {})):
        with pytest.raises(ValueError, match="no neuron is named"):
            call(program(TEXT))


def test_stand_ins_are_those_of_the_same_classes():
    bits, y, _ = table()
    found = bias.stand_ins(bits, y, 2, barred=[5])
    assert found.index.tolist()[:2] == [0, 3] and 5 not in found.index
    rate = bits[y == "bed", 0].mean()
    assert found.loc[0, "bed"] == rate
    with pytest.raises(ValueError, match="nothing can stand in"):
        bias.stand_ins(bits, y, 2, barred=range(6))
    with pytest.raises(ValueError, match="0 to 5"):
        bias.stand_ins(bits, y, 9)


def test_facts_tell_rules_exceptions_and_columns():
    assert bias.program_facts(program(TEXT)) == (
        'rule("rule 1"). says("rule 1","bed"). uses("rule 1",0). uses("rule 1",2). '
        'unless("rule 1","ab1").\n'
        'rule("rule 2"). says("rule 2","bath"). uses("rule 2",2).\n'
        'rule("ab1"). uses("ab1",2). uses("ab1",3).\n'
    )


def test_the_constraint_speaks_of_rules_and_exceptions():
    follows = {2: ["wall"], 4: ["wall"], 0: ["bed"]}
    verdict = bias.check(program(TEXT), follows, ["wall"])
    assert verdict.violations == (("ab1", 2), ("rule 1", 2), ("rule 2", 2)) and not verdict.holds
    assert "rule 2 reads neuron 2" in str(verdict)
    assert bias.check(bias.drop_literals(program(TEXT), [2]), follows, "wall").holds
    assert bias.check(program(TEXT), follows, ["lamp"]).holds  # nothing follows it


def test_a_constraint_of_ones_own():
    only_beds = 'violation(R,N) :- says(R,"bed"), uses(R,N), follows(N,C), forbidden(C).'
    follows = {2: ["wall"]}
    found = bias.check(program(TEXT), follows, ["wall"], violation=only_beds)
    assert found.violations == (("rule 1", 2),)
    deep = only_beds + (
        'violation(A,N) :- says(R,"bed"), unless(R,A), uses(A,N), follows(N,C), forbidden(C).'
    )
    found = bias.check(program(TEXT), follows, ["wall"], violation=deep)
    assert found.violations == (("ab1", 2), ("rule 1", 2))
    with pytest.raises(ValueError, match="clingo does not accept"):
        bias.check(program(TEXT), follows, ["wall"], violation="violation(R,N) :- ")


def test_names_that_would_break_a_program_of_facts():
    evil = 'a"). forbidden("b'
    odd = program(TEXT.replace("'bath'", "'b\"ath\\\\ é'"))
    assert not bias.check(odd, {2: [evil]}, [evil]).holds
    assert bias.check(odd, {2: ["b"]}, [evil]).holds


def test_relearning_until_the_constraint_holds():
    bits, y, cue = table()
    tied = bias.ties(bits, cue, y)
    found = bias.relearn(bits, y, tied.follows(), tied.names)
    assert set(found.blocked) == {2, 5} and len(found.rounds) >= 2
    assert bias.check(found.program, tied.follows(), tied.names).holds
    assert found.frame().violations.iloc[-1] == 0 and found.frame().violations.iloc[0] > 0
    # it answers tables with all columns, and does not look at the blocked ones
    other = bits.copy()
    other[:, [2, 5]] = ~bits[:, [2, 5]]
    assert (found.program.predict(bits) == found.program.predict(other)).all()
    assert np.mean(found.program.predict(bits) == y) > 0.8
    by_clingo = found.program.predict(bits[:50], engine="clingo")
    assert (by_clingo == found.program.predict(bits[:50])).all()
    # what the learner would have done without these columns
    alone = FoldSEM().fit(bits[:, [0, 1, 3, 4]], y, feature_names=["x0", "x1", "x3", "x4"])
    assert str(alone.program_) == str(found.program)


def test_only_what_was_used_is_blocked():
    bits, y, _ = table()
    bits = np.concatenate([bits, bits[:, 2:3] & (np.arange(len(y)) % 7 == 0)[:, None]], 1)
    follows = {2: ["wall"], 5: ["wall"], 6: ["wall"]}
    assert 6 not in bias.relearn(bits, y, follows, ["wall"]).blocked


def test_a_program_that_obeys_already_is_left_as_it_is():
    bits, y, _ = table()
    found = bias.relearn(bits, y, {1: ["wall"]}, ["wall"])
    assert found.blocked == () and len(found.rounds) == 1
    assert str(found.program) == str(FoldSEM().fit(bits, y).program_)


def test_nothing_to_forbid_and_everything_forbidden():
    bits, y, _ = table()
    with pytest.raises(ValueError, match="nothing is forbidden"):
        bias.relearn(bits, y, {2: ["wall"]}, [])
    with pytest.raises(ValueError, match=r"wall no rule is left .* retrain"):
        bias.relearn(bits, y, {d: ["wall"] for d in range(6)}, ["wall"])
    with pytest.raises(ValueError, match=r"column numbers from 0 to 5, got .77."):
        bias.relearn(bits, y, {77: ["wall"]}, ["wall"])
    silent = "violation(R,99) :- rule(R)."
    with pytest.raises(ValueError, match="names no neuron that could be blocked"):
        bias.relearn(bits, y, {2: ["wall"]}, ["wall"], violation=silent)
    with pytest.raises(ValueError, match="labels of shape"):
        bias.relearn(bits, y[:5], {2: ["wall"]}, ["wall"])


def test_column_names_and_settings_reach_the_learner():
    bits, y, _ = table()
    names = ["bed", "noise", "wall", "bed2", "never", "other wall"]
    fold = FoldSEM(head="room")
    found = bias.relearn(bits, y, {2: ["c"], 5: ["c"]}, ["c"], fold=fold, feature_names=names)
    assert "room(X," in str(found.program) and "bed(X)" in str(found.program)
    assert not hasattr(fold, "program_")


def test_the_control_blocks_as_many_of_those_used():
    bits, y, cue = table()
    tied = bias.ties(bits, cue, y)
    real = bias.relearn(bits, y, tied.follows(), tied.names)
    steps = np.diff([row["blocked"] for row in real.rounds])
    control = blocked_at_random(bits, y, steps, seed=1)
    assert len(control.blocked) == len(real.blocked)
    used = {lit.column for lit in control.program.literals()}
    assert not used & {f"x{d}" for d in control.blocked}


def test_a_constraint_with_a_typing_error_does_not_hold_in_silence():
    reads_wall = program(TEXT)
    for text in (
        "",
        "viol(R,N) :- uses(R,N).",
        "violation(R) :- uses(R,_).",
        "violation(R,N) :- use(R,N).",
    ):
        with pytest.raises(ValueError, match="nothing defines"):
            bias.check(reads_wall, {2: ["wall"]}, ["wall"], violation=text)
    with pytest.raises(ValueError, match="of a rule R and a neuron N"):
        bias.check(reads_wall, {2: ["wall"]}, ["wall"], violation='violation(1,"a").')
    no_exception = program("class(X,'bed') :- x0(X).")  # unless(R,A) is known, if never so
    text = "violation(R,N) :- uses(R,N), unless(R,_)."
    assert bias.check(no_exception, {0: ["wall"]}, ["wall"], violation=text).holds


def test_a_concept_may_stand_alone_and_a_generator_lasts():
    bits, y, _ = table()
    wanted = bias.check(program(TEXT), {2: ["wall"]}, ["wall"])
    assert not wanted.holds and bias.check(program(TEXT), {2: "wall"}, "wall") == wanted
    once = {d: (name for name in ["wall"]) for d in (2, 5)}
    blocked = bias.relearn(bits, y, {2: ["wall"], 5: ["wall"]}, ["wall"]).blocked
    assert bias.relearn(bits, y, once, ["wall"]).blocked == blocked != ()


def test_what_is_no_column_number_is_refused():
    bits, y, _ = table()
    mask = np.array([False, False, True, False, False, True])
    for barred in (mask, [1.5], [True]):
        with pytest.raises(ValueError, match="column numbers from 0 to 5"):
            bias.stand_ins(bits, y, 2, barred=barred)
    for neuron in (1.0, "x1", True, -1):
        with pytest.raises(ValueError, match="column numbers from 0 to 5"):
            bias.stand_ins(bits, y, neuron)
    for neuron in (1.5, True):
        with pytest.raises(ValueError, match="column numbers from 0 to 5"):
            bias.check(program(TEXT), {neuron: ["wall"]}, ["wall"])
    with pytest.raises(ValueError, match="exchanged twice"):
        bias.swap(program(TEXT), {0: 1, "x0": 3})
    with pytest.raises(ValueError, match="whole numbers from 0"):
        blocked_at_random(bits, y, [-1])
    with pytest.raises(ValueError, match="neurons are blocked: ask for fewer"):
        blocked_at_random(bits[:, :1], y, [1, 1])
