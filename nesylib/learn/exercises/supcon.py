"""Exercises on the contrastive loss: positives, blindness to length, one anchor's loss."""

from __future__ import annotations

from math import exp, log

from nesylib.learn.build import Build, Case
from nesylib.learn.predict import Predict
from nesylib.learn.quiz import Option

_TWO_VIEWS = Predict(
    name="supcon.two_views",
    title="Two views of four pictures",
    task="""
    A batch has four pictures with labels A, A, B, B. Each goes in twice, as two randomly changed
    copies. The anchor is one copy of the first picture.
    """,
    difficulty=1,
    importance=4,
    minutes=2,
    skip_if="you got the three of part 2 right.",
    hints=(
        "There are eight rows in the batch now. Which of them have label A?",
        "The anchor itself is never its own positive. Its other copy is another row.",
    ),
    reason="Four rows have label A. One of them is the anchor; the other three are positives. The "
    "four rows of class B are negatives.",
    question="How many positives and negatives has it?",
    options=(
        Option("1 positive, 6 negatives.", "In two ways too few: both copies of picture 1 count."),
        Option(
            "3 positives, 4 negatives.",
            "Its other copy and both copies of picture 1; and four rows of class B.",
            right=True,
        ),
        Option("4 positives, 4 negatives.", "A row is not its own positive: it needs no pull."),
        Option(
            "2 positives, 5 negatives.",
            "Its own other copy is a positive as well: it is another row with the same label.",
        ),
    ),
)

_SHRUNK = Predict(
    name="supcon.shrunk",
    title="A quiet layer",
    task="""
    All activations of a trained layer are multiplied by 0.4. Codes are cut at 0.5, as before.
    """,
    difficulty=2,
    importance=5,
    minutes=3,
    skip_if="you can say what the L1 loss does to codes that only this loss holds against it.",
    hints=(
        "The loss divides every code by its length first.",
        "No activation was above 1. What is 0.4 times that?",
    ),
    reason="Directions stay, so cosines stay, so the loss stays. No activation is above 0.4, so "
    "every bit is 0 and a rule learner sees the same empty row for all pictures.",
    question="What happens to the contrastive loss, and to the bits?",
    options=(
        Option(
            "The loss grows, some bits are lost.",
            "The loss can't see it: it divides by the length of each code.",
        ),
        Option(
            "The loss is the same, all bits are 0.",
            "That is the gap which the entropy loss has to close.",
            right=True,
        ),
        Option(
            "The loss is the same, the bits too.",
            "The bits are cut at 0.5, and now no activation is above 0.4.",
        ),
        Option(
            "The loss falls, because codes move closer together.",
            "They do move closer in space, but not in angle.",
        ),
    ),
)


def _positives_stub():
    def positives(labels):
        """How many positives each row has, as a list."""
        raise NotImplementedError

    return positives


def _positives_solution():
    def positives(labels):
        labels = list(labels)
        return [labels.count(label) - 1 for label in labels]

    return positives


_POSITIVES = Build(
    name="supcon.positives",
    title="Who has how many positives?",
    task="""
    Write `positives(labels)`: for each row of a batch, how many *other* rows have its label. A 0
    marks a row that is alone in its class and can't be an anchor.
    """,
    difficulty=1,
    importance=4,
    minutes=4,
    skip_if="you can do it with `torch.bincount` in one line.",
    hints=(
        "Count how often each label occurs.",
        "A row is not its own positive: subtract one.",
    ),
    reason="The count of a class less one, which is what divides the pull of each anchor.",
    stub=_positives_stub(),
    solution_code=_positives_solution(),
    cases=(
        Case((["A", "A", "B", "B"],), [1, 1, 1, 1], "The batch of part 2: one positive each."),
        Case(
            (["A", "B", "A", "A"],),
            [2, 0, 2, 2],
            "B is alone; equal labels need not be neighbours.",
        ),
        Case(([3, 3, 3],), [2, 2, 2], "One class only: all others are positives."),
        Case(([7],), [0], "A single row has no other."),
        Case(([],), [], "An empty batch."),
    ),
)


def _anchor_stub():
    def anchor_loss(similarities, positive, temperature):
        """The loss of one anchor, rounded to 4 decimals, or None if it has no positive."""
        raise NotImplementedError

    return anchor_loss


def _anchor_solution():
    def anchor_loss(similarities, positive, temperature):
        z = [s / temperature for s in similarities]
        pulls = [v for v, is_positive in zip(z, positive, strict=True) if is_positive]
        if not pulls:
            return None
        top = max(z)
        push = top + log(sum(exp(v - top) for v in z))
        return round(push - sum(pulls) / len(pulls), 4)

    return anchor_loss


_ANCHOR = Build(
    name="supcon.one_anchor",
    title="One anchor, at any temperature",
    task="""
    Write the loss of one anchor. `similarities` are its cosines to all others, `positive` says of
    each whether it is of the anchor's class. Round to 4 decimals; return `None` for an anchor
    without a positive. Temperatures may be tiny:

        log( sum over all others of exp(s / temperature) ) - mean over positives of s / temperature
    """,
    difficulty=3,
    importance=4,
    minutes=10,
    skip_if="you have written a stable log-sum-exp before.",
    hints=(
        "Start with the formula as it stands. When does `math.exp` raise an OverflowError?",
        "`log(sum(exp(z)))` equals `m + log(sum(exp(z - m)))` for every m. Which m is safe?",
    ),
    reason="Taking out the largest exponent leaves exponentials of at most 1: nothing overflows, "
    "and the largest term is exactly 1, so the logarithm is never of 0.",
    stub=_anchor_stub(),
    solution_code=_anchor_solution(),
    cases=(
        Case(
            ([0.9, 0.2, 0.1], [True, False, False], 0.5),
            round(log(exp(1.8) + exp(0.4) + exp(0.2)) - 1.8, 4),
            "One positive and two negatives.",
        ),
        Case(
            ([0.5, 0.5, 0.5, 0.5], [True, False, True, False], 0.1),
            round(log(4), 4),
            "All the same: ln(4), the logarithm of the number of others.",
        ),
        Case(
            ([0.9, 0.1, 0.3], [True, True, False], 1.0),
            round(log(exp(0.9) + exp(0.1) + exp(0.3)) - 0.5, 4),
            "Two positives: the mean is over them, and outside the logarithm.",
        ),
        Case(([0.9, 0.3], [False, False], 0.1), None, "No positive: this is no anchor."),
        Case(
            ([0.9, 0.8], [True, False], 0.001),
            0.0,
            "exp(900) is too large for a float: take out the largest exponent first.",
        ),
        Case(
            ([0.8, 0.9], [True, False], 0.001),
            100.0,
            "The negative is nearer by 0.1, at a temperature of 0.001.",
        ),
    ),
)

EXERCISES = (_TWO_VIEWS, _SHRUNK, _POSITIVES, _ANCHOR)
