"""Exercises of the case study: small flips, rules that come too late, what was missing."""

from __future__ import annotations

from dataclasses import dataclass

from nesylib.learn.build import Build, Case
from nesylib.learn.predict import Predict
from nesylib.learn.quiz import Option

_SMALL_FLIP = Predict(
    name="case_study.small_flip",
    title="What a small flip proves",
    task="""
    A program over 12 bits answers `kitchen` for a picture of a dining room. The smallest flip that
    makes the answer right is a single bit: `stove` off. Nobody has looked at the picture yet.
    """,
    difficulty=2,
    importance=5,
    minutes=3,
    skip_if="you know what the smallest flip to *any other* class looks like.",
    hints=(
        "How many bits would have to flip to make it a bathroom?",
        "A single flip is small. Is it rare that a single flip reaches a given class?",
    ),
    reason="Most classes are one or two flips away, so the size of a flip says little. That it "
    "leads to the true class is what makes it likely; only the picture makes it sure.",
    question="What may be said?",
    options=(
        Option(
            "The bit `stove` is almost surely wrong: a flip this small is rarely found by chance.",
            "One is found for most classes. The rules may be wrong about this room, stove and all, "
            "or two other bits are.",
        ),
        Option(
            "The bit `stove` is the first to look at; the flip is a hypothesis.",
            "It is more often the wrong bit than one drawn by lot, and not always.",
            right=True,
        ),
        Option(
            "The rule for kitchens is wrong, since one bit decides.",
            "Rules that hang on one bit can be perfect, if the bit is.",
        ),
        Option(
            "Nothing at all: flips are a matter of the program and not of the picture.",
            "They join the program with something that is known of the picture: its class.",
        ),
    ),
)

_TOO_LATE = Predict(
    name="case_study.too_late",
    title="A dining room with a sofa",
    task="""
    A program is tried from the top:

        class(X,'living_room') :- sofa(X).
        class(X,'dining_room') :- table(X), chair(X).

    A drawn dining room has a table, two chairs and a sofa, and all bits are right.
    """,
    difficulty=1,
    importance=4,
    minutes=2,
    skip_if="you can say which kind of error this is, and whose fault.",
    hints=(
        "Does the rule for dining rooms fire?",
        "All bits are right. Whose fault can it be?",
    ),
    reason="Both rules fire and the first decides. The nearest rule for the true class misses "
    "nothing; an exception is missing from the rule above it.",
    question="What went wrong?",
    options=(
        Option(
            "A literal of the second rule fails.",
            "Table and chair are both there: its body holds.",
        ),
        Option(
            "The first rule lacks an exception: it should not take rooms with a table and a chair.",
            "The rule that decides comes too early for this room; the bits are not to blame.",
            right=True,
        ),
        Option(
            "The bit `sofa` is wrong.",
            "There is a sofa. Flipping it would mend the answer by a falsehood.",
        ),
        Option(
            "A rule for dining rooms with sofas: no rule fires.",
            "Two rules fire. The second one would have been right.",
        ),
    ),
)


def _missing_stub():
    def missing(rules, bits, target):
        """What the nearest rule for the target lacks, or None if there is no such rule."""
        raise NotImplementedError

    return missing


def _missing_solution():
    def missing(rules, bits, target):
        lacking = [
            [name for name, wanted in body.items() if bits.get(name, False) != wanted]
            for label, body in rules
            if label == target
        ]
        return min(lacking, key=len) if lacking else None

    return missing


_RULES = [
    ("living_room", {"sofa": True}),
    ("dining_room", {"table": True, "chair": True, "stove": False}),
    ("dining_room", {"table": True, "vase": True}),
    ("kitchen", {"stove": True}),
]

_MISSING = Build(
    name="case_study.what_was_missing",
    title="What did the nearest rule lack?",
    task="""
    A rule is a pair of a class and a dictionary from names of bits to the truth they must have
    (`False` stands for `not`). `bits` says which bits are on; a name that is missing is off.

    Write `missing(rules, bits, target)`. Of the rules for the class `target` take the one with
    the fewest conditions that fail, the first of several. Return the names that fail there, in
    their order: an empty list if the rule fires. Return `None` if no rule says `target`.
    """,
    difficulty=2,
    importance=5,
    minutes=8,
    skip_if="you wrote nearest() in this chapter yourself.",
    hints=(
        "First only the rules whose class is the target.",
        "For one rule: the names for which `bits.get(name, False) != wanted`.",
        "`min(lists, key=len)` is the first of the shortest; mind the case of no list at all.",
    ),
    reason="`min` with a key keeps the first of equals, which is the rule that is tried first. An "
    "empty list and None are different news: the rule fires, or there is none.",
    solution_code=_missing_solution(),
    stub=_missing_stub(),
    cases=(
        Case(
            (_RULES, {"table": True, "chair": True, "stove": True}, "dining_room"),
            ["stove"],
            "`not stove` fails because the stove is there. The other rule lacks one thing too, a "
            "vase; the first of equals counts.",
        ),
        Case(
            (_RULES, {"table": True, "stove": True}, "dining_room"),
            ["vase"],
            "The first rule lacks two things, the second one.",
        ),
        Case(
            (_RULES, {"sofa": True, "table": True, "chair": True}, "dining_room"),
            [],
            "The rule fires, it only comes too late: nothing is missing in it.",
        ),
        Case(
            (_RULES, {}, "dining_room"),
            ["table", "chair"],
            "Both rules lack two things: the first of equals, and all that it lacks.",
        ),
        Case((_RULES, {"table": True}, "bathroom"), None, "No rule says bathroom."),
        Case((_RULES, {}, "kitchen"), ["stove"], "A name that is missing is off."),
        Case(([], {"bed": True}, "bedroom"), None, "A program without rules."),
    ),
)


def _fault_stub():
    def fault(program, seen, truth, label):
        """ "right", "bits" or "rules"."""
        raise NotImplementedError

    return fault


def _fault_solution():
    def fault(program, seen, truth, label):
        if program(seen) == label:
            return "right"
        return "bits" if program(seen | truth) == label else "rules"

    return fault


@dataclass(frozen=True, repr=False)
class _Rooms:
    """sofa: living room. table and chair: dining room. Else: hall."""

    def __call__(self, bits):
        if bits["sofa"]:
            return "living_room"
        return "dining_room" if bits["table"] and bits["chair"] else "hall"

    def __repr__(self):
        return "rooms"


_ROOMS = _Rooms()


def _bits(names: str) -> dict[str, bool]:
    return {name: name in names.split() for name in ("sofa", "table", "chair")}


_FAULT = Build(
    name="case_study.whose_fault",
    title="Bits or rules?",
    task="""
    `program` is a function from a dictionary of bits to a class. `seen` are the bits that the
    network gave. `truth` says of some of the bits, perhaps not of all, what is really so.

    Write `fault(program, seen, truth, label)`. Return `"right"` if the program gives the true
    class `label` on the bits it saw. Otherwise correct the bits whose truth is known, and return
    `"bits"` if the program is right then, else `"rules"`. Leave `seen` as it is.
    """,
    difficulty=2,
    importance=4,
    minutes=6,
    skip_if="you can name the line in find_errors that does this.",
    hints=(
        "The program is asked at most twice.",
        "`seen | truth` is a new dictionary in which the truth wins.",
    ),
    reason="A bit without a known truth stays what the network said, so a picture may be blamed on "
    "the rules only because a wrong bit could not be checked.",
    solution_code=_fault_solution(),
    stub=_fault_stub(),
    cases=(
        Case(
            (_ROOMS, _bits("table"), _bits("table chair"), "dining_room"),
            "bits",
            "The chair was overlooked; with it the program is right.",
        ),
        Case(
            (_ROOMS, _bits("sofa table chair"), _bits("sofa table chair"), "dining_room"),
            "rules",
            "All bits are so, and the program still says living room.",
        ),
        Case(
            (_ROOMS, _bits("sofa"), _bits("table"), "living_room"),
            "right",
            "A right answer is no error, even if it stands on a wrong bit.",
        ),
        Case(
            (_ROOMS, _bits("table"), {"sofa": False}, "dining_room"),
            "rules",
            "Nothing is known about the chair, so it stays as it was seen.",
        ),
        Case(
            (_ROOMS, _bits("table chair"), _bits("sofa"), "hall"),
            "rules",
            "Three bits are wrong, and the program is wrong with the true ones as well.",
        ),
        Case(
            (_ROOMS, _bits("sofa table chair"), {"sofa": False}, "dining_room"),
            "bits",
            "One bit is known, and correcting it is enough.",
        ),
    ),
)

EXERCISES = (_SMALL_FLIP, _TOO_LATE, _MISSING, _FAULT)
