"""Exercises on literals: missing cells, the score of four counts, counting in one pass."""

from __future__ import annotations

from math import sqrt

from nesylib.learn.build import Build, Case
from nesylib.learn.predict import Predict
from nesylib.learn.quiz import Option

_MISSING = Predict(
    name="literals.missing",
    title="Nobody weighed the bat",
    task="""
    A numeric column holds 0.03, 4.5, 25.0 and one missing cell. Four literals ask about the
    threshold 4.5: `=<`, `>`, and their complements `!=<` and `!>`.
    """,
    difficulty=2,
    importance=4,
    minutes=3,
    skip_if="you can say why six operators are needed and not four.",
    hints=(
        "`=<` and `>` are both about numbers. Is a missing cell a number?",
        "A complement is true exactly where its partner is false.",
    ),
    reason="`=<` and `>` both need a number, so both are false of a missing cell, and therefore "
    "both complements are true of it.",
    question="Which of the four literals are true of the missing cell?",
    options=(
        Option(
            "None of them: nothing is known about the cell.",
            "Then `=<` and `!=<` would both be false, and they would not be complements. `not` "
            "means that something can't be shown, and here it can't.",
        ),
        Option(
            "`!=<` and `!>`.",
            "Neither `=<` nor `>` can be shown of a missing cell, so both negated ones hold.",
            right=True,
        ),
        Option(
            "`=<` and `!>`: a missing number counts as 0.",
            "A missing cell is no number, not 0. That habit would make the unknown look small.",
        ),
        Option(
            "All four: anything may be true of it.",
            "A literal and its complement never hold together. What may be true is not shown.",
        ),
    ),
)

_COPIES = Predict(
    name="literals.copies",
    title="The same negatives, ten times",
    task="""
    On a table the Magic Gini puts literal A before literal B, and so does Gini impurity. Now every
    negative row is copied, so that it stands in the table ten times. The positives stay.
    """,
    difficulty=3,
    importance=3,
    minutes=4,
    skip_if="you have moved the slider of part 3 and can say why one panel stays.",
    hints=(
        "Copying negatives multiplies fp and tn by ten. What happens to `sqrt(tp*fp)`?",
        "Both terms of the Magic Gini grow by the same factor. Is that so for `tp*fp/(tp+fp)`?",
    ),
    reason="`sqrt(tp*fp) + sqrt(tn*fn)` becomes sqrt(10) times itself for every literal, so their "
    "order stays. In `tp*fp/(tp+fp)` the denominator grows, too, and differently for each literal.",
    question="Who may change the order of A and B?",
    options=(
        Option(
            "Neither: the rates of both literals are the same as before.",
            "The rates are, but Gini impurity weighs the heaps by their sizes, and these changed.",
        ),
        Option(
            "Both: there are other numbers in all formulas.",
            "Other numbers, but both square roots of the Magic Gini grow by the same factor.",
        ),
        Option(
            "Only the Magic Gini.",
            "It is the other way round: its two terms grow by the same factor, sqrt(10).",
        ),
        Option(
            "Only Gini impurity.",
            "Its heaps are weighed by their sizes, which changed; the Magic Gini of every literal "
            "is multiplied by the same sqrt(10).",
            right=True,
        ),
    ),
)


def _score_stub():
    def score(tp, fn, fp, tn):
        """The score of a literal, or None if it may not be asked."""
        raise NotImplementedError

    return score


def _score_solution():
    def score(tp, fn, fp, tn):
        if tp + tn < fp + fn or tp * tn == fp * fn:
            return None
        return -round(sqrt(tp * fp) + sqrt(tn * fn), 3)

    return score


_SCORE = Build(
    name="literals.score",
    title="The score of four counts",
    task="""
    Write `score(tp, fn, fp, tn)` for four whole numbers: the Magic Gini of a literal, rounded to
    three decimals, so at most 0:

        -( sqrt(tp * fp) + sqrt(tn * fn) )

    Return `None` if the literal may not be asked: when it is wrong more often than right
    (`fp + fn` above `tp + tn`), or when it tells nothing (`tp * tn` equals `fp * fn`).
    """,
    difficulty=1,
    importance=5,
    minutes=6,
    skip_if="you have written the scoring loop of part 2 yourself.",
    hints=(
        "`math.sqrt` of a product of two counts, twice; the minus stands before the sum.",
        "Check the two reasons for `None` first. As often right as wrong is still allowed.",
    ),
    reason="Equality of right and wrong is allowed, and telling nothing is asked in whole "
    "numbers, so that no rounding decides it.",
    solution_code=_score_solution(),
    stub=_score_stub(),
    cases=(
        Case((5, 0, 3, 2), -round(sqrt(15), 3), "The wings of the chapter: 5 fliers, 3 others."),
        Case((4, 1, 1, 4), -4.0, "sqrt(4*1) twice: the second term pairs tn with fn."),
        Case((5, 0, 0, 7), 0.0, "A pure split costs nothing."),
        Case((1, 3, 2, 9), -round(sqrt(2) + sqrt(27), 3), "The product is under the root."),
        Case((0, 5, 4, 1), None, "Wrong on 9 of 10 rows: its complement may be asked, not it."),
        Case((3, 3, 2, 4), -round(sqrt(6) + sqrt(12), 3), "More often right than wrong: allowed."),
        Case((3, 5, 1, 3), -round(sqrt(3) + sqrt(15), 3), "As often right as wrong is allowed."),
        Case((3, 3, 5, 5), None, "Half of the positives, half of the negatives: it tells nothing."),
        Case((0, 0, 2, 6), None, "No positives at all: no literal can tell anything."),
        Case((10, 0, 70, 20), None, "All positives, but wrong on 70 of 100 rows: not allowed."),
        Case(
            (0, 10, 5, 85),
            -round(sqrt(850), 3),
            "Right on 85 of 100 rows is all that is asked, even if it holds of no positive.",
        ),
    ),
)


def _running_stub():
    def running_counts(values, positive):
        """A list of (v, tp, fp) for the literals =< v, thresholds ascending."""
        raise NotImplementedError

    return running_counts


def _running_solution():
    def running_counts(values, positive):
        rows = sorted((v, p) for v, p in zip(values, positive, strict=True) if v is not None)
        counts, tp, fp = [], 0, 0
        for place, (value, is_positive) in enumerate(rows):
            tp += is_positive
            fp += not is_positive
            if place + 1 == len(rows) or rows[place + 1][0] != value:
                counts.append((value, tp, fp))
        return counts

    return running_counts


_RUNNING = Build(
    name="literals.running_counts",
    title="All thresholds in one pass",
    task="""
    Write `running_counts(values, positive)`: two lists of equal length, numbers (or `None` where
    the cell is missing) and true or false. Return a list with one entry `(v, tp, fp)` for every
    distinct number v, ascending: how many positives and how many negatives have a number of at
    most v. Go over the sorted numbers only once.
    """,
    difficulty=3,
    importance=4,
    minutes=12,
    skip_if="prefix sums are an old friend.",
    hints=(
        "Drop the missing cells, sort the pairs, keep two counters as you go.",
        "Equal numbers belong to one threshold: write an entry only after the last of them.",
        "`sum(x <= v for x in values)` for every v is right, but it is the slow way.",
    ),
    reason="Each row is counted once. A missing cell is in no running sum, yet it is one of the "
    "positives or negatives when the complements are worked out.",
    solution_code=_running_solution(),
    stub=_running_stub(),
    cases=(
        Case(
            ([3.0, 1.0, 2.0], [True, True, False]),
            [(1.0, 1, 0), (2.0, 1, 1), (3.0, 2, 1)],
            "The numbers don't come sorted, the thresholds must.",
        ),
        Case(
            ([2.0, 2.0, 1.0, 2.0], [True, False, True, True]),
            [(1.0, 1, 0), (2.0, 3, 1)],
            "Equal numbers are one threshold: an entry only after the last of them.",
        ),
        Case(
            ([None, 5.0, None], [True, False, False]),
            [(5.0, 0, 1)],
            "A missing cell is no number: it is at most nothing.",
        ),
        Case(([None, None], [True, False]), [], "No number at all: no threshold."),
        Case(([], []), [], "An empty column."),
    ),
)

EXERCISES = (_MISSING, _COPIES, _SCORE, _RUNNING)
