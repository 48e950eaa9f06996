"""Exercises on many classes: order, tail, running a rule list, two ways to admit a literal."""

from __future__ import annotations

from nesylib.learn.build import Build, Case
from nesylib.learn.predict import Predict
from nesylib.learn.quiz import Option

_ORDER = Predict(
    name="many_classes.order",
    title="The third rule",
    task="""
    A learned list, tried from the top:

        class(X,'kitchen') :- stove(X).
        class(X,'bathroom') :- toilet(X).
        class(X,'bedroom') :- lamp(X).
    """,
    difficulty=1,
    importance=5,
    minutes=2,
    skip_if="you never read the second `elif` as if it were an `if`.",
    hints=(
        "Which rows were left when the third rule was learned?",
        "A picture with a stove and a lamp: which rule decides?",
    ),
    reason="A rule of a list speaks about the rows that no rule above it took. Its words leave "
    "that condition out.",
    question="What does the third rule say about pictures with a lamp?",
    options=(
        Option(
            "They are bedrooms.",
            "One with a stove as well is a kitchen: the first rule decides before the third.",
        ),
        Option(
            "They are bedrooms, if they have no stove and no toilet.",
            "The rules above it have been tried first, and none of them fired.",
            right=True,
        ),
        Option(
            "They are more often bedrooms than anything else.",
            "Perhaps, perhaps not: it was learned on rows without stove and toilet, and kitchens "
            "may have more lamps.",
        ),
        Option(
            "A bedroom has a lamp.",
            "The arrow points the other way, and a bedroom without one may fall to the default.",
        ),
    ),
)

_TAIL = Predict(
    name="many_classes.tail",
    title="Room for how many rules?",
    task="""
    A table has 8,600 rows and 43 classes of equal size. `tail` is 0.005.
    """,
    difficulty=2,
    importance=4,
    minutes=3,
    skip_if="you can do the division in your head.",
    hints=(
        "How many rows must a rule cover? The share is of all rows, not of the class.",
        "A class has 8,600 / 43 rows. How often does the first number go into the second?",
    ),
    reason="A rule must cover 43 rows of its class, and a class has 200. With 0.05 divided by the "
    "number of classes a rule must cover 10, and there is room for twenty.",
    question="How many rules can a class have at most?",
    options=(
        Option("200, one for each row of the class.", "A rule must cover more than one row here."),
        Option("20, as 0.05 is a twentieth.", "Compare rows: 43 a rule, 200 a class."),
        Option("4.", "A rule must cover 43 of the 200 rows of a class.", right=True),
        Option(
            "None: 43 classes are too many.",
            "200 rows are more than the 43 that a rule must cover.",
        ),
    ),
)


def _answer_stub():
    def answer(rules, default, facts):
        """The class that a list of rules gives to a set of facts."""
        raise NotImplementedError

    return answer


def _answer_solution():
    def answer(rules, default, facts):
        for label, needed, forbidden in rules:
            if needed <= facts and not (forbidden & facts):
                return label
        return default

    return answer


_LIST = [
    ("kitchen", {"stove"}, {"bed"}),
    ("bathroom", {"sink", "mirror"}, set()),
    ("bedroom", {"bed"}, set()),
]

_ANSWER = Build(
    name="many_classes.answer",
    title="Run a rule list",
    task="""
    Write `answer(rules, default, facts)`. `rules` is a list of `(label, needed, forbidden)`, the
    last two being sets of names; `facts` is a set of names, and what is not in it is false. A rule
    fires if all needed names hold and no forbidden one does. Return the label of the first rule
    that fires, or `default`.
    """,
    difficulty=1,
    importance=4,
    minutes=6,
    skip_if="a loop with a `return` in it holds no surprise.",
    hints=(
        "Go over the rules in order and return at once.",
        "For sets, `a <= b` asks whether all of a is in b, and `a & b` is what they share.",
    ),
    reason="Order is part of the program: the same rules in another order are another classifier.",
    solution_code=_answer_solution(),
    stub=_answer_stub(),
    cases=(
        Case((_LIST, "office", {"stove", "sink"}), "kitchen", "The first rule fires."),
        Case((_LIST, "office", {"sink", "mirror", "stove"}), "kitchen", "The first that fires."),
        Case((_LIST, "office", {"stove", "bed"}), "bedroom", "The bed forbids the first rule."),
        Case((_LIST, "office", {"sink"}), "office", "All needed names must hold."),
        Case((_LIST, None, {"desk"}), None, "No rule fires and there is no default."),
        Case(([], "office", {"stove"}), "office", "Without rules the default decides."),
        Case(
            ([("office", {"desk"}, {"bed", "stove"})], "other", {"desk", "bed"}),
            "other",
            "One forbidden name is enough to stop a rule.",
        ),
    ),
)


def _admit_stub():
    def admitted(tp, fn, fp, tn):
        """A pair: may the literal be asked by accuracy, and by odds?"""
        raise NotImplementedError

    return admitted


def _admit_solution():
    def admitted(tp, fn, fp, tn):
        return tp + tn >= fp + fn, tp * tn >= fp * fn

    return admitted


_ADMIT = Build(
    name="many_classes.admit",
    title="Two ways to admit",
    task="""
    Write `admitted(tp, fn, fp, tn)`, which returns a pair of truth values: may the literal be
    asked *by accuracy* (right at least as often as wrong), and *by odds* (at least as frequent
    among the positives as among the negatives)? Work in whole numbers: don't divide, there may be
    no positives at all.
    """,
    difficulty=2,
    importance=4,
    minutes=6,
    skip_if="you can name a literal that one admits and the other doesn't.",
    hints=(
        "Right are tp and tn.",
        "tp/(tp+fn) >= fp/(fp+tn), both sides times both sums. What cancels?",
        "`tp*(fp+tn) >= fp*(tp+fn)` is `tp*tn >= fp*fn`.",
    ),
    reason="Accuracy adds rows of both kinds, so the larger kind rules; odds compare rates.",
    solution_code=_admit_solution(),
    stub=_admit_stub(),
    cases=(
        Case((8, 2, 1, 9), (True, True), "A good literal by any measure."),
        Case((2, 8, 9, 1), (False, False), "Its opposite by any measure."),
        Case(
            (10, 0, 70, 20),
            (False, True),
            "All positives and most negatives: often wrong, yet likelier among the positives.",
        ),
        Case(
            (0, 10, 5, 85),
            (True, False),
            "False nearly everywhere: often right, yet of no positive.",
        ),
        Case((5, 5, 5, 5), (True, True), "Equality is allowed in both."),
        Case((0, 0, 3, 4), (True, True), "No positives: right on 4 of 7, and 0 >= 0."),
        Case((1, 2, 2, 4), (True, True), "One third on both sides: equal odds, exactly."),
    ),
)

EXERCISES = (_ORDER, _TAIL, _ANSWER, _ADMIT)
