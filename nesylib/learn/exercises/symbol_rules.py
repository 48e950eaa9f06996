"""Exercises on rules over symbols: what a literal can mean, and names that survive a control."""

from __future__ import annotations

from nesylib.learn.build import Build, Case
from nesylib.learn.predict import Predict
from nesylib.learn.quiz import Option

_ANYWHERE = Predict(
    name="symbol_rules.anywhere",
    title="Symbol 4, anywhere",
    task="""
    A student writes eight symbols and has a table of its own for each position (`shared=False`).
    Rules are learned on bags, and one of them reads `class(X,'kitchen') :- has_4(X).`
    """,
    difficulty=2,
    importance=5,
    minutes=3,
    skip_if="you know what `shared` does in SymbolStudent.",
    hints=(
        "What do row 4 of the first table and row 4 of the second have in common?",
        "Nothing in training compares rows of two tables.",
    ),
    reason="The number 4 is all that eight different symbols share. `has_4` is the disjunction of "
    "them; if it helps, it is by accident. Ask by position, or train with one table for all.",
    question="What does `has_4` say about a picture?",
    options=(
        Option(
            "That it shows what symbol 4 stands for, wherever it was written.",
            "That would be so with one table for all positions.",
        ),
        Option(
            "That one of eight unrelated symbols occurs, all of which happen to be called 4.",
            "So a bag mixes them, and a name for symbol 4 would name eight things.",
            right=True,
        ),
        Option(
            "That symbol 4 stands first: later ones only refine it.",
            "`has` asks everywhere, and nothing makes later tables refine the first.",
        ),
        Option(
            "Nothing: a bag cannot be learned from such a student.",
            "It can, and may even be of use: the learner cannot know that the eight differ.",
        ),
    ),
)

_LOOK_UP = Predict(
    name="symbol_rules.look_up",
    title="Sixty-two rules",
    task="""
    k-means gives each picture one of 64 symbols. From them FOLD-SE-M learns 62 rules for five
    classes, each with a single literal, and they are as often right as k-NN on the symbol.
    """,
    difficulty=2,
    importance=4,
    minutes=3,
    skip_if="you can say what a rule adds to a table of symbols and classes.",
    hints=(
        "How many literals does a picture meet before it is answered?",
        "What could you learn from rule 17 that the list 'symbol 17: bedroom' would not tell?",
    ),
    reason="One symbol a picture leaves nothing to combine. The program is a list of symbols, each "
    "with its commonest class. Rules begin to say something where literals are joined.",
    question="What has the learner found out that was not in the symbols?",
    options=(
        Option(
            "Which class is the commonest for each symbol, and nothing more.",
            "It is k-NN on one symbol, written as rules.",
            right=True,
        ),
        Option(
            "How the classes are composed of parts.",
            "A rule with one literal composes nothing.",
        ),
        Option(
            "That two symbols are not needed.",
            "Perhaps only that they are rare: a rule has to cover enough pictures.",
        ),
        Option(
            "A more accurate classifier than k-NN.",
            "They are as often right: the same answer for the same symbol.",
        ),
    ),
)


def _answer_stub():
    def answer(rules, sequence, default):
        """The label of the first rule whose literals all hold."""
        raise NotImplementedError

    return answer


def _answer_solution():
    def answer(rules, sequence, default):
        def holds(place, symbol, wanted):
            there = symbol in sequence if place is None else sequence[place] == symbol
            return there == wanted

        for label, body in rules:
            if all(holds(*literal) for literal in body):
                return label
        return default

    return answer


_RULES = [
    ("bedroom", [(0, 17, True), (None, 4, False)]),
    ("kitchen", [(None, 4, True), (2, 9, True)]),
    ("bathroom", [(1, 8, False)]),
]

_ANSWER = Build(
    name="symbol_rules.answer",
    title="Run the rules",
    task="""
    Write `answer(rules, sequence, default)`. `rules` is a list of `(label, literals)`, tried in
    order; the first whose literals all hold gives its label, else `default` does. A literal is
    `(place, symbol, wanted)`: `place` is a position from 0, or None for anywhere; `wanted` is
    False under `not`. So `(0, 17, True), (None, 4, False)` is "17 first, and not 4".
    """,
    difficulty=2,
    importance=4,
    minutes=8,
    skip_if="you built the reading of literals in part 2 without looking.",
    hints=(
        "First find out whether the symbol is there; then compare that with `wanted`.",
        "`symbol in sequence if place is None else sequence[place] == symbol`.",
    ),
    reason="A program over symbols is a list of questions about a list of numbers. That is all "
    "that runs when it answers.",
    solution_code=_answer_solution(),
    stub=_answer_stub(),
    cases=(
        Case((_RULES, [17, 8, 3], "office"), "bedroom", "17 is first, and there is no 4."),
        Case(
            (_RULES, [17, 8, 4], "office"),
            "office",
            "There is a 4, so no bedroom; 9 is not third; 8 is second. No rule holds.",
        ),
        Case((_RULES, [4, 8, 9], "office"), "kitchen", "`None` asks anywhere: 4 is first here."),
        Case(
            (_RULES, [8, 17, 3], "office"),
            "bathroom",
            "17 stands second, which is not first; and 8 stands first, which is not second.",
        ),
        Case((_RULES, [17, 2, 3], "office"), "bedroom", "Two rules hold. The first one answers."),
    ),
)


def _gain_stub():
    def gain(symbols, classes, shown, symbol):
        """How much more often pictures with the symbol show the object, class by class."""
        raise NotImplementedError

    return gain


def _gain_solution():
    def gain(symbols, classes, shown, symbol):
        total, weight = 0.0, 0
        for c in sorted(set(classes)):
            rows = [i for i, k in enumerate(classes) if k == c]
            own = [shown[i] for i in rows if symbols[i] == symbol]
            others = [shown[i] for i in rows if symbols[i] != symbol]
            if own and others:
                total += len(own) * (sum(own) / len(own) - sum(others) / len(others))
                weight += len(own)
        return round(total / weight, 4) if weight else 0.0

    return gain


_GAIN = Build(
    name="symbol_rules.gain",
    title="A name that survives its class",
    task="""
    May a symbol be called "bed"? Write `gain(symbols, classes, shown, symbol)`. Three lists tell
    of each picture its symbol, its class, and whether it shows a bed (True or False).
    In each class take the share of the pictures *with* the symbol that show a bed, less the share
    of those *without*; leave out classes that lack one of the two. Return the mean over classes,
    weighted by the pictures with the symbol, rounded to four decimals; 0.0 if no class is left.
    """,
    difficulty=3,
    importance=5,
    minutes=10,
    skip_if="you have written a within-class control before.",
    hints=(
        "Two lists a class: `shown` of its pictures with the symbol and of those without.",
        "Add up `len(own) * (mean of own - mean of others)` and divide by all `len(own)`.",
    ),
    reason="A symbol of bedrooms goes with beds because bedrooms do. What is left within a class "
    "is what the symbol knows of the bed itself.",
    solution_code=_gain_solution(),
    stub=_gain_stub(),
    cases=(
        Case(
            ([7, 7, 3, 3], ["bed", "bed", "bath", "bath"], [True, True, False, False], 7),
            0.0,
            "7 goes with bedrooms, and all bedrooms have it: within a class nothing can be told.",
        ),
        Case(
            ([7, 3, 3, 3], ["bed", "bed", "bath", "bath"], [True, False, False, False], 7),
            1.0,
            "Among bedrooms the one with 7 shows a bed and the one without does not.",
        ),
        Case(
            ([7, 7, 3, 7, 3], ["a", "a", "a", "b", "b"], [True, False, False, True, True], 7),
            0.3333,
            "0.5 in class a with two pictures of 7, 0 in class b with one.",
        ),
        Case(
            ([7, 3, 3], ["a", "a", "a"], [False, True, True], 7),
            -1.0,
            "It may be negative: the symbol of a bedroom whose bed is missing.",
        ),
    ),
)

EXERCISES = (_ANYWHERE, _LOOK_UP, _ANSWER, _GAIN)
