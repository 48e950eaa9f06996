"""Exercises on rules and exceptions: who is positive, what ratio 0 does, firing, folding."""

from __future__ import annotations

from nesylib.learn.build import Build, Case
from nesylib.learn.predict import Predict
from nesylib.learn.quiz import Option

_SWAPPED = Predict(
    name="rules_and_exceptions.swapped",
    title="Who is positive now?",
    task="""
    A rule for *flies* has the body `bird`. On the rows where it holds there are 8 fliers and 3
    penguins, and with ratio 0.8 that is good enough. Now the exceptions are learned.
    """,
    difficulty=2,
    importance=5,
    minutes=3,
    skip_if="you can say what the minus signs of the slider become, and why.",
    hints=(
        "What should an exception hold of: of birds that fly, or of birds that don't?",
        "Rows on which the body `bird` fails are not touched by this rule at all.",
    ),
    reason="An exception has to hold of the rows that slipped in. It sees only rows on which the "
    "body holds, since the rule is silent about all others.",
    question="Which rows are the positives of `learn_rule_set` in this call?",
    options=(
        Option(
            "The 8 birds that fly.",
            "Those are what the rule is right about; an exception must spare them.",
        ),
        Option(
            "All animals that don't fly, whether birds or not.",
            "The cat is no bird, so the rule doesn't fire for it and needs no exception for it.",
        ),
        Option(
            "The 3 penguins, and the 8 birds that fly are the negatives.",
            "The roles are swapped, among the rows on which the body holds.",
            right=True,
        ),
        Option(
            "All 11 birds.",
            "Then there would be nothing to tell apart. Two kinds of rows are in the call.",
        ),
    ),
)

_RATIO_ZERO = Predict(
    name="rules_and_exceptions.ratio_zero",
    title="Ratio 0",
    task="""
    A rule grows until its negatives are at most ratio times its positives. You set ratio to 0 and
    learn on a noisy table.
    """,
    difficulty=2,
    importance=4,
    minutes=3,
    skip_if="you have run part 6 with ratio 0 and read the program.",
    hints=(
        "With ratio 0, how many negatives may be left when the body is closed?",
        "Exceptions are learned from the negatives that are left.",
    ),
    reason="A body closes only when no negative is left, and without negatives there is nothing "
    "to except. The other way to stop, no literal left to ask, gives no exceptions either.",
    question="What can you say about the program before you see it?",
    options=(
        Option(
            "It makes no mistake on the rows it was learned from.",
            "It may leave positives uncovered, since a rule that covers too few rows is dropped; "
            "and no rule can tell apart two rows that are equal but for their labels.",
        ),
        Option(
            "It has no rules.",
            "It can have many: each grows until it lets no negative in.",
        ),
        Option(
            "It has exceptions of exceptions.",
            "Exceptions are made of negatives that were let in, and none are.",
        ),
        Option(
            "It has no exceptions.",
            "A body is closed when no negative is left, so nothing is left to except. Or it ends "
            "because no literal may be asked, and then no exceptions are learned either.",
            right=True,
        ),
    ),
)


def _fires_stub():
    def rule_fires(rule, facts):
        """True if the rule fires on these facts."""
        raise NotImplementedError

    return rule_fires


def _fires_solution():
    def rule_fires(rule, facts):
        body, exceptions = rule
        if not all(name in facts for name in body):
            return False
        return not any(rule_fires(exception, facts) for exception in exceptions)

    return rule_fires


_PENGUIN = (("penguin",), [(("rocket",), [])])
_BIRD = (("bird",), [_PENGUIN])
_TWO = (("bird",), [(("penguin",), []), (("young", "small"), [])])

_FIRES = Build(
    name="rules_and_exceptions.fires",
    title="Does the rule fire?",
    task="""
    A rule is a pair `(body, exceptions)`: `body` is a tuple of names that must all hold,
    `exceptions` is a list of rules of the same form. The chapter's rule for *flies* is

        (("bird",), [(("penguin",), [(("rocket",), [])])])

    Write `rule_fires(rule, facts)`: `facts` is a set of names, and what is not in it is false. The
    rule fires if its body holds and none of its exceptions fires.
    """,
    difficulty=2,
    importance=5,
    minutes=8,
    skip_if="the function `fires` of part 3 is clear to you, line by line.",
    hints=(
        "`all(...)` over the body; `any(...)` over the exceptions.",
        "An exception is a rule: let the function call itself.",
        "`all` over an empty body is true, and `any` over no exceptions is false.",
    ),
    reason="One definition serves at every depth, because an exception is a rule.",
    solution_code=_fires_solution(),
    stub=_fires_stub(),
    cases=(
        Case((_BIRD, {"bird"}), True, "A bird with no penguin in sight: the default holds."),
        Case((_BIRD, {"rocket"}), False, "No bird: the body fails, whatever else holds."),
        Case((_BIRD, {"bird", "penguin"}), False, "The exception fires, so the rule does not."),
        Case(
            (_BIRD, {"bird", "penguin", "rocket"}),
            True,
            "The rocket blocks the exception, so the rule fires again.",
        ),
        Case((_BIRD, {"bird", "rocket"}), True, "The rocket matters to penguins only."),
        Case((_TWO, {"bird", "young"}), True, "All names of an exception's body must hold."),
        Case((_TWO, {"bird", "young", "small"}), False, "One exception of several is enough."),
        Case((((), []), set()), True, "An empty body holds of everything."),
    ),
)


def _fold_stub():
    def fold_exceptions(rule):
        """The same rule with its one-literal exceptions folded into the body."""
        raise NotImplementedError

    return fold_exceptions


def _fold_solution():
    def fold_exceptions(rule):
        body, exceptions = rule
        left = []
        for exception in exceptions:
            inner, below = exception
            if len(inner) == 1 and not below:
                name, wanted = inner[0]
                body += ((name, not wanted),)
            else:
                left.append(exception)
        return body, left

    return fold_exceptions


_FOLD = Build(
    name="rules_and_exceptions.fold",
    title="Fold an exception",
    task="""
    Now a body is a tuple of pairs `(name, wanted)`: `("rocket", False)` means *not rocket*. Write
    `fold_exceptions(rule)` for a rule `(body, exceptions)`: every exception of exactly one literal
    and without exceptions of its own leaves, and its complement goes to the end of the body. The
    other exceptions stay as they are, in their order. Return `(body, exceptions)`, a tuple and a
    list. Only this rule, not the exceptions inside its exceptions.
    """,
    difficulty=3,
    importance=3,
    minutes=10,
    skip_if="you can say why `ab2(X) :- rocket(X)` never appears in a simplified program.",
    hints=(
        "Go over the exceptions once; each either becomes a literal or stays.",
        "The complement of `(name, wanted)` is `(name, not wanted)`.",
        "An exception of one literal that has exceptions of its own must stay.",
    ),
    reason="`body, unless e` is `body and not e` when e is a single literal; two literals would "
    "give an *or*, which a body cannot say.",
    solution_code=_fold_solution(),
    stub=_fold_stub(),
    cases=(
        Case(
            (((("bird", True),), [((("penguin", True),), [])]),),
            ((("bird", True), ("penguin", False)), []),
            "Birds unless penguins are birds that are no penguins.",
        ),
        Case(
            (((("bird", True),), [((("wild", False),), [])]),),
            ((("bird", True), ("wild", True)), []),
            "The complement of `not wild` is `wild`.",
        ),
        Case(
            (((("a", True),), [((("b", True), ("c", True)), []), ((("d", True),), [])]),),
            ((("a", True), ("d", False)), [((("b", True), ("c", True)), [])]),
            "An exception of two literals stays: its complement is an or.",
        ),
        Case(
            (((("a", True),), [((("b", True),), [((("c", True),), [])])]),),
            ((("a", True),), [((("b", True),), [((("c", True),), [])])]),
            "An exception with exceptions of its own stays as it is.",
        ),
        Case((((("a", True),), []),), ((("a", True),), []), "Nothing to fold."),
        Case(
            (((("a", True),), [((("b", True),), []), ((("c", True),), [])]),),
            ((("a", True), ("b", False), ("c", False)), []),
            "Two leave. Removing from a list while going over it skips one.",
        ),
    ),
)

EXERCISES = (_SWAPPED, _RATIO_ZERO, _FIRES, _FOLD)
