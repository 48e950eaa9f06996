"""Exercises of the chapter on running and explaining: lists of rules, reasons, fewest changes."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

from nesylib.learn.build import Build, Case
from nesylib.learn.predict import Predict
from nesylib.learn.quiz import Option

_WHICH_RULE = Predict(
    name="running_and_explaining.which_rule",
    title="Which rule decides?",
    task="""
    A program is tried from the top; its default is 'kitchen'.

        class(X,'bedroom') :- bed(X), not suitcase(X), not ab1(X).
        class(X,'office') :- desk(X), not bed(X).
        class(X,'hotel_room') :- bed(X).
        ab1(X) :- tv(X), desk(X).
    """,
    difficulty=2,
    importance=5,
    minutes=3,
    skip_if="you can say at once why the third rule is not wrong about bedrooms.",
    hints=(
        "Start with the exception: does ab1 hold for this room?",
        "The first rule is stopped. Go on with the second, then the third.",
    ),
    reason="The exception holds, so the first rule does not fire; the bed stops the second; the "
    "third takes what is left of the rooms with beds.",
    question="A room shows a bed, a desk and a television, and no suitcase. What is the answer?",
    options=(
        Option(
            "bedroom, by rule 1: there is a bed and no suitcase.",
            "`not ab1(X)` is part of the body too, and with a television and a desk ab1 holds.",
        ),
        Option(
            "office, by rule 2: there is a desk.",
            "Rule 2 also asks for `not bed(X)`, and there is a bed.",
        ),
        Option(
            "hotel_room, by rule 3.",
            "Rules 1 and 2 leave this room, and rule 3 takes every bed that is left.",
            right=True,
        ),
        Option(
            "kitchen, by default, since an exception holds.",
            "An exception only stops the rule that names it. The rules below are still tried.",
        ),
    ),
)

_FALSE_REASON = Predict(
    name="running_and_explaining.right_for_a_false_reason",
    title="What the explanation vouches for",
    task="""
    A network gives the bits, a program reads them. For one picture the answer is right, and the
    explanation says:

        bathroom: rule 1 fires, toilet is present.

    You look at the picture. There is a bathtub, and no toilet.
    """,
    difficulty=2,
    importance=5,
    minutes=3,
    skip_if="you have found such a case in your own data.",
    hints=(
        "Which step does the explanation describe: from picture to bits, or from bits to class?",
        "Was the toilet's bit on? Would the program have been right to use it?",
    ),
    reason="The walk over the rules was exact: the bit was on and the rule fired. That the bit is "
    "called toilet and was on without one is a matter of the network.",
    question="What is wrong?",
    options=(
        Option(
            "The explanation: it does not describe how the program reached its answer.",
            "It does, exactly. The bit was on, the rule fired, and the rule decided.",
        ),
        Option(
            "The bit: the network turned it on without a toilet.",
            "The explanation is faithful to the program and the bits, and no further.",
            right=True,
        ),
        Option(
            "Nothing, since the answer is right.",
            "On the next picture the same false bit may give a wrong answer; and whoever reads "
            "the reason learns something untrue about the picture.",
        ),
        Option(
            "The rule: toilets are not reliable evidence of bathrooms.",
            "The rule may be perfect. It was never given a true bit to work on.",
        ),
    ),
)


def _first_rule_stub():
    def first_rule(rules, bits, default):
        """The class by the first rule that fires, else the default."""
        raise NotImplementedError

    return first_rule


def _first_rule_solution():
    def first_rule(rules, bits, default):
        def fires(rule):
            held = all(bits.get(name, False) == wanted for name, wanted in rule["if"].items())
            return held and not any(fires(exception) for exception in rule["unless"])

        return next((rule["then"] for rule in rules if fires(rule)), default)

    return first_rule


def _rule(then, condition, *unless):
    return {"then": then, "if": condition, "unless": list(unless)}


_HOTEL = _rule(None, {"desk": True, "tv": True}, _rule(None, {"bookshelf": True}))
_LIST = [
    _rule("bedroom", {"bed": True, "suitcase": False}, _HOTEL),
    _rule("office", {"desk": True, "bed": False}),
    _rule("hotel_room", {"bed": True}),
]

_FIRST_RULE = Build(
    name="running_and_explaining.first_rule",
    title="Run a decision list",
    task="""
    A rule is a dictionary with three entries. `"if"` maps concept names to the truth they must
    have (`False` stands for `not`). `"unless"` is a list of exceptions: rules of the same form,
    which may have exceptions of their own. `"then"` is the class, or None for an exception.

        {"then": "bedroom",
         "if": {"bed": True, "suitcase": False},
         "unless": [{"then": None, "if": {"desk": True, "tv": True}, "unless": []}]}

    Write `first_rule(rules, bits, default)`: `rules` is a list of such rules, `bits` a dictionary
    from concept names to true or false; a name that is missing is false. Return the class of the
    first rule that fires, or the default.
    """,
    difficulty=3,
    importance=4,
    minutes=10,
    skip_if="you have read the functions fires and decide of this chapter closely.",
    hints=(
        "Write a helper that says whether one rule fires; it may call itself for the exceptions.",
        "A rule fires if every entry of `if` has its truth, and no exception fires.",
        "`bits.get(name, False) == wanted` tests one entry; `any(fires(e) for e in rule['unless'])`"
        " tests the exceptions.",
    ),
    reason="An exception is a rule without a class, so one function serves both, at any depth.",
    solution_code=_first_rule_solution(),
    stub=_first_rule_stub(),
    cases=(
        Case((_LIST, {"bed": True}, "kitchen"), "bedroom", "A bed, no suitcase, no exception."),
        Case(
            (_LIST, {"bed": True, "suitcase": True}, "kitchen"),
            "hotel_room",
            "`suitcase: False` fails, so the first rule doesn't fire; the third does.",
        ),
        Case((_LIST, {"desk": True}, "kitchen"), "office", "A missing name is false: no bed."),
        Case((_LIST, {}, "kitchen"), "kitchen", "No rule fires, so the default answers."),
        Case(
            (_LIST, {"bed": True, "desk": True, "tv": True}, "kitchen"),
            "hotel_room",
            "The exception holds and stops the first rule; the rules below are still tried.",
        ),
        Case(
            (_LIST, {"bed": True, "desk": True, "tv": True, "bookshelf": True}, "kitchen"),
            "bedroom",
            "The bookshelf is an exception to the exception, which then doesn't hold.",
        ),
        Case(
            (_LIST, {"bed": True, "desk": True}, "kitchen"),
            "bedroom",
            "An exception holds only if all of its body does: there is no television.",
        ),
        Case(([], {"bed": True}, None), None, "A program without rules: only the default."),
    ),
)


def _fewest_stub():
    def fewest_changes(answer, bits, target):
        """The names to flip, or None if no change gives the target."""
        raise NotImplementedError

    return fewest_changes


def _fewest_solution():
    def fewest_changes(answer, bits, target):
        names = sorted(bits)
        for size in range(len(names) + 1):
            for chosen in itertools.combinations(names, size):
                changed = bits | {name: not bits[name] for name in chosen}
                if answer(changed) == target:
                    return list(chosen)
        return None

    return fewest_changes


@dataclass(frozen=True)
class _Answer:
    """A small program as a function of bits, shown by its name."""

    name: str
    holds: Callable[[dict[str, bool]], bool]
    yes: str
    no: str

    def __call__(self, bits: dict[str, bool]) -> str:
        return self.yes if self.holds(bits) else self.no

    def __repr__(self) -> str:
        return self.name


# bedroom :- bed, not ab1.  ab1 :- desk, not pillow.
bed_room = _Answer(
    "bed_unless_desk_without_pillow",
    lambda bits: bits["bed"] and not (bits["desk"] and not bits["pillow"]),
    "bedroom",
    "other",
)
# pair :- a, b.  pair :- not a, not b, c.
both_or_none = _Answer(
    "both_a_and_b_or_only_c",
    lambda bits: (bits["a"] and bits["b"]) or (not bits["a"] and not bits["b"] and bits["c"]),
    "pair",
    "single",
)


_FEWEST = Build(
    name="running_and_explaining.fewest_changes",
    title="The fewest changes, by trying",
    task="""
    clingo finds counterfactuals by search. For a handful of bits you can try everything.

    Write `fewest_changes(answer, bits, target)`. `answer` is a function from a dictionary of bits
    to a class, `bits` such a dictionary, `target` a class. Return the sorted list of the names to
    flip so that the answer becomes the target, as few as possible; of several such lists the first
    in alphabetical order. Return an empty list if it is the target already, and `None` if no
    change helps. Leave `bits` as it is.
    """,
    difficulty=3,
    importance=4,
    minutes=12,
    skip_if="itertools.combinations and breadth-first search are old friends.",
    hints=(
        "Try no change first, then all single flips, then all pairs: the first success is the "
        "smallest.",
        "`itertools.combinations(sorted(bits), size)` gives the sets of one size in alphabetical "
        "order.",
        "`bits | {name: not bits[name] for name in chosen}` is a changed copy.",
    ),
    reason="Trying sizes from small to large makes the first hit a smallest one. The number of "
    "tries doubles with every bit, which is why the library asks clingo.",
    solution_code=_fewest_solution(),
    stub=_fewest_stub(),
    cases=(
        Case(
            (bed_room, {"bed": False, "desk": False, "pillow": False}, "bedroom"),
            ["bed"],
            "A bed is all that is missing.",
        ),
        Case(
            (bed_room, {"bed": True, "desk": False, "pillow": False}, "bedroom"),
            [],
            "It is a bedroom already: nothing to change.",
        ),
        Case(
            (bed_room, {"bed": True, "desk": True, "pillow": False}, "bedroom"),
            ["desk"],
            "Taking the desk away or adding a pillow would do; desk is first in the alphabet.",
        ),
        Case(
            (bed_room, {"bed": False, "desk": True, "pillow": False}, "bedroom"),
            ["bed", "desk"],
            "Two flips are needed: a bed, and no exception.",
        ),
        Case(
            (bed_room, {"bed": True, "desk": False, "pillow": False}, "kitchen"),
            None,
            "This function never says kitchen.",
        ),
        Case(
            (both_or_none, {"a": False, "b": False, "c": False}, "pair"),
            ["c"],
            "One flip of c is enough, although flipping a and b would do as well.",
        ),
    ),
)

EXERCISES = (_WHICH_RULE, _FALSE_REASON, _FIRST_RULE, _FEWEST)
