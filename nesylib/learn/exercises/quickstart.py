"""Exercises of the quickstart: bits, a rule with an exception, and what ``not`` does."""

from __future__ import annotations

import itertools

import numpy as np

from nesylib.learn.build import Build, Case
from nesylib.learn.predict import Predict
from nesylib.learn.quiz import Option


def _binarize_stub():
    def binarize(C):
        """Bits of the activations C, both (N, D)."""
        raise NotImplementedError

    return binarize


def _binarize_solution():
    def binarize(C):
        if np.isnan(C).any():
            raise ValueError("C holds NaN: the network gave no number there")
        return C >= 0.5

    return binarize


_BINARIZE = Build(
    name="quickstart.binarize",
    title="From activations to bits",
    task="""
    The network gives every picture D activations between 0 and 1. A rule can only ask yes or no,
    so each activation becomes a bit.

    Write `binarize(C)`: from an array `C` of shape (N, D), return an array of the same shape that
    is true where the activation is at least 0.5. Exactly 0.5 counts as true. If any activation is
    NaN, raise a `ValueError`: a missing number is neither yes nor no.
    """,
    difficulty=1,
    importance=4,
    minutes=5,
    skip_if="you could write it without looking up how NaN compares with 0.5.",
    hints=(
        "Comparing an array with a number, `C > 0.2`, gives an array of true and false.",
        "Which comparison is true at exactly 0.5: `>` or `>=`? And what does `np.round(0.5)` give?",
        "`np.nan >= 0.5` is False, silently. `np.isnan(C).any()` finds NaN before you compare.",
    ),
    reason="`>=` puts exactly 0.5 on the side of true, and NaN has to be looked for, since every "
    "comparison with it is false.",
    solution_code=_binarize_solution(),
    stub=_binarize_stub(),
    cases=(
        Case(
            (np.array([[0.9, 0.1], [0.2, 0.7]]),),
            np.array([[True, False], [False, True]]),
            "Two pictures, two neurons: the result has the shape of the input.",
        ),
        Case(
            (np.array([[0.5, 0.49999, 0.50001]]),),
            np.array([[True, False, True]]),
            "Exactly 0.5 counts as true; 0.49999 does not. Rounding won't do: np.round(0.5) is 0.",
        ),
        Case(
            (np.array([[0.0, 1.0]], dtype=np.float32),),
            np.array([[False, True]]),
            "Activations at the ends of the range, in single precision as a network gives them.",
        ),
        Case((np.zeros((0, 3)),), np.zeros((0, 3), bool), "No picture at all: no bits, no error."),
        Case(
            (np.array([[0.8, np.nan]]),),
            raises=ValueError,
            why="NaN is neither yes nor no, and NaN >= 0.5 is silently False: look for it first.",
        ),
    ),
)


def _apply_rule_stub():
    def apply_rule(bits):
        """True if the program says 'bedroom' for these bits."""
        raise NotImplementedError

    return apply_rule


def _apply_rule_solution():
    def apply_rule(bits):
        def on(name):
            return bool(bits.get(name, False))

        ab1 = on("desk") and not on("pillow")
        return on("bed") and not ab1

    return apply_rule


def _rule_cases() -> tuple[Case, ...]:
    whys = {
        (True, False, False): "A bed, no desk: the exception doesn't hold, so the rule fires.",
        (
            True,
            True,
            False,
        ): "A desk, no pillow: ab1 holds, and `not ab1(X)` blocks the rule.",
        (True, True, True): "The pillow undoes the exception: ab1 doesn't hold, the rule fires.",
        (True, False, True): "Without a desk ab1 doesn't hold, whatever the pillow does.",
    }
    cases = []
    for values in sorted(itertools.product((True, False), repeat=3), reverse=True):
        bed, desk, pillow = values
        cases.append(
            Case(
                ({"bed": bed, "desk": desk, "pillow": pillow},),
                bed and not (desk and not pillow),
                whys.get(values, "Without a bed the rule can't fire: `bed(X)` must hold."),
            )
        )
    absent = "What isn't in the facts is false: a missing name is no error."
    return (
        *cases,
        Case(({"bed": True},), True, absent),
        Case(({},), False, absent),
        Case(
            ({"bed": np.True_, "desk": np.True_, "lamp": np.True_},),
            False,
            "The lamp is in no rule, so it doesn't matter; the desk does.",
        ),
    )


_APPLY_RULE = Build(
    name="quickstart.apply_rule",
    title="Be the rule engine",
    task="""
    Here is a program as the quickstart learns them: a rule and its exception.

        class(X,'bedroom') :- bed(X), not ab1(X).
        ab1(X) :- desk(X), not pillow(X).

    Read `:-` as "if", the comma as "and". `not p(X)` holds when `p(X)` can't be shown.

    Write `apply_rule(bits)`: `bits` is a dictionary from concept names to true or false for one
    picture. Return `True` if the program says 'bedroom', else `False`. A name that isn't in the
    dictionary is false: what is not among the facts doesn't hold.
    """,
    difficulty=2,
    importance=5,
    minutes=8,
    skip_if="you have written Prolog or answer set programs before.",
    hints=(
        "Start with the exception: work out `ab1` from `desk` and `pillow`, then use it.",
        "`bits.get('desk', False)` is False for a name that isn't there.",
        "`ab1 = desk and not pillow`; the picture is a bedroom if `bed and not ab1`.",
    ),
    reason="The exception is worked out first, then the rule asks whether it failed. That order "
    "exists because no rule depends on its own negation.",
    solution_code=_apply_rule_solution(),
    stub=_apply_rule_stub(),
    cases=_rule_cases(),
)

_EXCEPTION = Predict(
    name="quickstart.exception",
    title="Both features are true",
    task="""
    A learned program holds one rule for a class:

        class(X) :- feature1(X), not feature2(X).
    """,
    difficulty=1,
    importance=4,
    minutes=2,
    skip_if="you can say what `not` means in a logic program.",
    hints=(
        "The rule fires only if every part of its body holds.",
        "With `feature2(X)` among the facts, can `not feature2(X)` hold?",
    ),
    reason="Every part of a body must hold, and `not feature2(X)` fails as soon as feature2(X) "
    "holds. A rule that doesn't fire says nothing, so another rule or the default decides.",
    question="For a picture X both feature1 and feature2 are true. What does this rule do?",
    options=(
        Option(
            "It fires: X is of the class, since feature1 is true.",
            "feature1(X) is only half of the body. The comma means and: `not feature2(X)` must "
            "hold as well, and it doesn't.",
        ),
        Option(
            "It does not fire, and says nothing about X.",
            "feature2(X) holds, so `not feature2(X)` fails and the rule with it. Another rule may "
            "still give X a class; if none does, the default decides.",
            right=True,
        ),
        Option(
            "It says that X is not of the class.",
            "A rule has no say when its body fails: it can't conclude the opposite. Another rule "
            "may still put X into the class.",
        ),
        Option(
            "It is a contradiction, so the program has no answer.",
            "Nothing clashes here. `not feature2(X)` is a question, whether feature2(X) can be "
            "shown, not a statement that it is false.",
        ),
    ),
)

EXERCISES = (_EXCEPTION, _BINARIZE, _APPLY_RULE)
