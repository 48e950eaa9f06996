"""Exercises on binarization: levels that bits lose, agreement by chance, fidelity, matching."""

from __future__ import annotations

from nesylib.learn.build import Build, Case
from nesylib.learn.predict import Predict
from nesylib.learn.quiz import Option

_LEVELS = Predict(
    name="fidelity.levels",
    title="Nothing near one half",
    task="""
    One neuron, three classes of 100 pictures each. Its activation is 0.05 in every bathroom, 0.70
    in every bedroom, 0.95 in every kitchen. The share of activations in [0.4, 0.6] is 0.
    """,
    difficulty=2,
    importance=5,
    minutes=3,
    skip_if="you can say what a reader of activations knows here that a reader of bits doesn't.",
    hints=(
        "Write down the three bits.",
        "Which of the classes can a nearest class mean on the activations tell apart?",
    ),
    reason="The share of unsure activations asks how easily a bit flips. What a bit forgets is "
    "another question, and a reader that is trained on activations and on bits answers it.",
    question="What does cutting at 0.5 cost a classifier that reads this neuron?",
    options=(
        Option(
            "Nothing: no activation is near one half.",
            "0.70 and 0.95 lie on the same side of the cut, so bedrooms and kitchens become equal.",
        ),
        Option(
            "A third of the pictures: from all right to two thirds right.",
            "The two classes above the cut get the same bit, and one of them must lose.",
            right=True,
        ),
        Option(
            "All it knew: one bit can't tell three classes apart.",
            "It still tells bathrooms from the others.",
        ),
        Option(
            "Nothing, if the cut is moved to 0.8.",
            "Then bathrooms and bedrooms become equal: one cut has two sides.",
        ),
    ),
)

_CHANCE = Predict(
    name="fidelity.chance",
    title="How faithful are strangers?",
    task="""
    A network answers *bedroom* for 90 of 100 pictures and *bathroom* for 10. A rule-set does the
    same, for pictures that it draws by lot, without ever looking.
    """,
    difficulty=2,
    importance=4,
    minutes=3,
    skip_if="you know what kappa corrects.",
    hints=(
        "How likely is it that both say bedroom of one picture? That both say bathroom?",
        "0.9 times 0.9, and 0.1 times 0.1.",
    ),
    reason="With uneven classes, high agreement is cheap. Kappa measures from here: "
    "(fidelity - chance) / (1 - chance).",
    question="What fidelity do you expect?",
    options=(
        Option("0.50, as of a coin.", "A coin says both equally often. These two mostly say one."),
        Option("0.82.", "0.81 that both say bedroom, and 0.01 that both say bathroom.", right=True),
        Option("0.90.", "That is what always answering bedroom would reach."),
        Option("0.", "They agree on no ground, yet they do agree."),
    ),
)


def _fidelity_stub():
    def fidelity(rules, network, labels):
        """Agreement of two lists of answers: (overall, where the network is wrong)."""
        raise NotImplementedError

    return fidelity


def _fidelity_solution():
    def fidelity(rules, network, labels):
        same = [r is not None and r == n for r, n in zip(rules, network, strict=True)]
        wrong = [s for s, n, y in zip(same, network, labels, strict=True) if n != y]
        return sum(same) / len(same), sum(wrong) / len(wrong) if wrong else None

    return fidelity


_FIDELITY = Build(
    name="fidelity.fidelity",
    title="Fidelity, and fidelity to mistakes",
    task="""
    Write `fidelity(rules, network, labels)` for three lists of equal length. Return a pair: the
    share of pictures for which the rules answer as the network does; and the same share among the
    pictures that the network gets wrong, or `None` if it gets none wrong. An answer of the rules
    may be `None` (no rule fired): it agrees with nothing. The true labels never are.
    """,
    difficulty=2,
    importance=5,
    minutes=8,
    skip_if="the two shares and the empty case are clear to you.",
    hints=(
        "First a list of truth values: the same answer, yes or no.",
        "Of that list keep the places where the network differs from the label.",
        "Divide only if there are any.",
    ),
    reason="Two good classifiers agree because both are right. Agreement on mistakes says more, "
    "though some pictures fool everyone: compare with a network that can't have been copied.",
    solution_code=_fidelity_solution(),
    stub=_fidelity_stub(),
    cases=(
        Case(
            (["a", "b", "b", "a"], ["a", "b", "a", "b"], ["a", "b", "a", "a"]),
            (0.5, 0.0),
            "They agree on the first two. The network's one mistake is the last, and the rules "
            "don't make it.",
        ),
        Case(
            (["a", "b"], ["a", "b"], ["b", "b"]),
            (1.0, 1.0),
            "Fidelity asks for the network's answer, not for the right one.",
        ),
        Case(
            (["b", "a"], ["a", "a"], ["a", "a"]),
            (0.5, None),
            "The network gets nothing wrong: the second part is None, not a division by zero.",
        ),
        Case(
            ([None, "a"], [None, "b"], ["a", "a"]),
            (0.0, 0.0),
            "No answer agrees with nothing, not even with no answer.",
        ),
    ),
)


def _jaccard_stub():
    def jaccard(one, other):
        """Overlap of two neurons' bits over the same pictures."""
        raise NotImplementedError

    return jaccard


def _jaccard_solution():
    def jaccard(one, other):
        if any(all(bits) or not any(bits) for bits in (one, other)):
            return 0.0
        both = sum(a and b for a, b in zip(one, other, strict=True))
        either = sum(a or b for a, b in zip(one, other, strict=True))
        return both / either

    return jaccard


_JACCARD = Build(
    name="fidelity.jaccard",
    title="How alike are two neurons?",
    task="""
    Write `jaccard(one, other)` for two lists of truth values over the same pictures: the pictures
    in which both neurons are on, divided by those in which at least one is. A neuron that is never
    on, or always on, says nothing about a picture: with it the answer is 0.0.
    """,
    difficulty=2,
    importance=3,
    minutes=6,
    skip_if="you would not divide by the number of pictures.",
    hints=(
        "Pictures in which both are off don't count.",
        "Deal with silent neurons first; then there is nothing to divide by zero.",
    ),
    reason="Sparse neurons are off together nearly everywhere, so counting that as agreement would "
    "make all of them alike.",
    solution_code=_jaccard_solution(),
    stub=_jaccard_stub(),
    cases=(
        Case(
            ([True, True, False, False], [True, False, True, False]),
            1 / 3,
            "One picture has both, three have at least one. The picture with none is left out.",
        ),
        Case(([True, False], [True, False]), 1.0, "The same bits, and they change."),
        Case(([True, False], [False, True]), 0.0, "Never on together."),
        Case(
            ([False, False], [False, False]),
            0.0,
            "Two dead neurons are not the same concept: nothing is known of either.",
        ),
        Case(
            ([True, True], [True, True]),
            0.0,
            "Always on is as silent as never on.",
        ),
    ),
)

EXERCISES = (_LEVELS, _CHANCE, _FIDELITY, _JACCARD)
