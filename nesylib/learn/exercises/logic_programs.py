"""Exercises of the chapter on logic programs: what follows, what is withdrawn, how many answers."""

from __future__ import annotations

from nesylib.learn.build import Build, Case
from nesylib.learn.predict import Predict
from nesylib.learn.quiz import Option

_ADD_A_FACT = Predict(
    name="logic_programs.add_a_fact",
    title="One more fact",
    task="""
    This program runs on a picture with the facts `bed(1).` and `desk(1).`

        bedroom(X) :- bed(X), not ab1(X).
        ab1(X) :- desk(X), not ab2(X).
        ab2(X) :- pillow(X).
    """,
    difficulty=2,
    importance=5,
    minutes=3,
    skip_if="you have run such a program by hand before.",
    hints=(
        "Settle the layers from the bottom: first ab2, then ab1, then bedroom.",
        "Without a pillow ab2 fails, so the desk makes ab1 hold. What does that do to bedroom?",
    ),
    reason="Before, ab1 held and blocked the rule. The pillow makes ab2 hold, which blocks ab1, "
    "which lets bedroom through. One fact adds two atoms and withdraws a third.",
    question="Now the fact `pillow(1).` is added. What happens to the conclusions?",
    options=(
        Option(
            "ab2(1) is added, and nothing else changes.",
            "ab2(1) does follow. But ab1 asked for `not ab2(X)`, so what ab1 said changes too.",
        ),
        Option(
            "ab2(1) and bedroom(1) are added, ab1(1) is withdrawn.",
            "The exception to the exception holds, so the exception doesn't, so the default does.",
            right=True,
        ),
        Option(
            "bedroom(1) is withdrawn.",
            "It could not be derived before: with a desk and no pillow ab1 held and blocked it.",
        ),
        Option(
            "ab1(1) and ab2(1) both hold, so the program has no answer set.",
            "They can't both hold, since ab1 needs `not ab2(X)`. The program is layered, and a "
            "layered program always has exactly one answer set.",
        ),
    ),
)

_HOW_MANY = Predict(
    name="logic_programs.how_many",
    title="How many answer sets?",
    task="""
    A picture shows a bed and a sofa, and three rules and a constraint speak of it:

        bed. sofa.
        bedroom :- bed, not living_room.
        living_room :- sofa, not bedroom.
        furnished :- bedroom.
        :- not furnished.
    """,
    difficulty=3,
    importance=4,
    minutes=4,
    skip_if="you can say what a rule without a head does.",
    hints=(
        "Leave the last line out at first. Which two sets justify themselves?",
        "A rule without a head, a constraint, throws away every answer set in which its body "
        "holds.",
    ),
    reason="The two rules that yield to each other give two answer sets; only the one with bedroom "
    "has furnished, and the constraint throws the other away.",
    question="How many answer sets does the program have?",
    options=(
        Option(
            "None",
            "{bed, sofa, bedroom, furnished} justifies itself and passes the constraint.",
        ),
        Option(
            "One",
            "Without the constraint there are two; it removes the one without furnished.",
            right=True,
        ),
        Option(
            "Two",
            "That is the number without the last line. In one of the two, furnished is missing.",
        ),
        Option(
            "Three: bedroom, living_room, or both",
            "Both at once doesn't justify itself: each of the two rules is blocked by the other's "
            "head.",
        ),
    ),
)


def _consequences_stub():
    def consequences(rules, facts):
        """The set of all atoms that follow."""
        raise NotImplementedError

    return consequences


def _consequences_solution():
    def consequences(rules, facts):
        true = set(facts)
        while True:
            fired = {head for head, body in rules if true.issuperset(body)}
            if fired <= true:
                return true
            true |= fired

    return consequences


_CHAIN = [("living_room", ["sofa"]), ("room", ["living_room"]), ("building", ["room"])]
_CIRCLE = [("cosy", ["bedroom"]), ("bedroom", ["cosy"])]

_CONSEQUENCES = Build(
    name="logic_programs.consequences",
    title="Everything that follows",
    task="""
    Without `not`, running a program means: fire rules until nothing new comes.

    Write `consequences(rules, facts)`. `rules` is a list of pairs `(head, body)` with an atom and
    a list of atoms, all strings; an empty body always holds. `facts` is a list of atoms. Return
    the set of all atoms that hold: the facts and whatever follows from them, in any number of
    steps.

        consequences([("bedroom", ["bed", "lamp"])], ["bed", "lamp"])
        # {'bed', 'lamp', 'bedroom'}
    """,
    difficulty=2,
    importance=5,
    minutes=8,
    skip_if="you have written a fixed-point loop before.",
    hints=(
        "One pass over the rules is not enough: a head found late may be in a body that was read "
        "early. Repeat until a pass finds nothing new.",
        "`true.issuperset(body)` says whether all atoms of a list are in the set `true`.",
        "Collect the heads that fire, `fired = {head for head, body in rules if ...}`; stop when "
        "`fired <= true`, else `true |= fired`.",
    ),
    reason="The set only grows and there are finitely many atoms, so the loop ends; the order of "
    "the rules can't matter.",
    solution_code=_consequences_solution(),
    stub=_consequences_stub(),
    cases=(
        Case(
            ([("bedroom", ["bed", "lamp"])], ["bed", "lamp"]),
            {"bed", "lamp", "bedroom"},
            "Both atoms of the body hold, so the head does. The facts belong to the result.",
        ),
        Case(
            ([("bedroom", ["bed", "lamp"])], ["bed"]),
            {"bed"},
            "The comma means and: one atom of a body is not enough.",
        ),
        Case(
            (_CHAIN, ["sofa"]),
            {"sofa", "living_room", "room", "building"},
            "Rules in the order in which they fire.",
        ),
        Case(
            (_CHAIN[::-1], ["sofa"]),
            {"sofa", "living_room", "room", "building"},
            "The same rules in the other order: one pass is not enough.",
        ),
        Case(
            (_CIRCLE, []),
            set(),
            "A circle of reasons supports nothing; and the loop must end.",
        ),
        Case(([("room", [])], []), {"room"}, "An empty body always holds: that is a fact."),
    ),
)


def _is_answer_set_stub():
    def is_answer_set(program, guess):
        """True if the guess is an answer set of the program."""
        raise NotImplementedError

    return is_answer_set


def _is_answer_set_solution():
    def is_answer_set(program, guess):
        guess = set(guess)
        kept = [(head, pos) for head, pos, neg in program if guess.isdisjoint(neg)]
        true = set()
        while True:
            fired = {head for head, pos in kept if true.issuperset(pos)}
            if fired <= true:
                return true == guess
            true |= fired

    return is_answer_set


_STUDIO = [
    ("bed", [], []),
    ("sofa", [], []),
    ("bedroom", ["bed"], ["living_room"]),
    ("living_room", ["sofa"], ["bedroom"]),
]

_IS_ANSWER_SET = Build(
    name="logic_programs.is_answer_set",
    title="Does the guess justify itself?",
    task="""
    Write `is_answer_set(program, guess)`. `program` is a list of triples `(head, positive,
    negated)`: an atom and two lists of atoms; a fact has two empty lists. `guess` is a set of
    atoms. Return `True` if the guess is an answer set: believe it, drop the rules that it blocks,
    forget the remaining negated atoms, and see whether exactly the guess follows.

        program = [("bed", [], []), ("bedroom", ["bed"], ["ab1"])]
        is_answer_set(program, {"bed", "bedroom"})   # True
        is_answer_set(program, {"bed"})              # False
    """,
    difficulty=3,
    importance=4,
    minutes=12,
    skip_if="you can state the definition of the reduct from memory.",
    hints=(
        "A rule is blocked if any of its negated atoms is in the guess: "
        "`not guess.isdisjoint(negated)`.",
        "From what is left, compute what follows, starting from nothing, not from the guess.",
        "Compare with `==`: neither an atom without support nor a missing one is allowed.",
    ),
    reason="The reduct believes the guess only where it is negated; every atom that is true must "
    "be derived anew. That is why a circle can't hold itself up.",
    solution_code=_is_answer_set_solution(),
    stub=_is_answer_set_stub(),
    cases=(
        Case(
            ([("bed", [], []), ("bedroom", ["bed"], ["ab1"])], {"bed", "bedroom"}),
            True,
            "ab1 is not in the guess, so the rule stays, and bedroom follows.",
        ),
        Case(
            ([("bed", [], []), ("bedroom", ["bed"], ["ab1"])], {"bed"}),
            False,
            "bedroom follows but is not in the guess.",
        ),
        Case(
            (_STUDIO, {"bed", "sofa", "bedroom"}),
            True,
            "Believing bedroom blocks the rule for living_room; the rest follows.",
        ),
        Case(
            (_STUDIO, {"bed", "sofa", "bedroom", "living_room"}),
            False,
            "Believing both blocks both rules, and then neither follows.",
        ),
        Case(
            (_STUDIO, {"bed", "sofa"}),
            False,
            "Believing neither blocks no rule, and then both follow.",
        ),
        Case(
            ([("cosy", ["bedroom"], []), ("bedroom", ["cosy"], [])], {"cosy", "bedroom"}),
            False,
            "A circle supports nothing: start from the empty set, not from the guess.",
        ),
        Case(
            ([("bed", [], []), ("bedroom", ["bed"], ["bedroom"])], {"bed", "bedroom"}),
            False,
            "Believing bedroom deletes the only rule for it.",
        ),
        Case(
            ([("bed", [], []), ("bedroom", ["bed"], ["bedroom"])], {"bed"}),
            False,
            "Not believing bedroom keeps the rule, and bedroom follows. No answer set is left.",
        ),
        Case(([], set()), True, "An empty program has one answer set, the empty one."),
    ),
)

EXERCISES = (_ADD_A_FACT, _HOW_MANY, _CONSEQUENCES, _IS_ANSWER_SET)
