"""Exercises on probing: what can be read from symbols, and what a probe adds of its own."""

from __future__ import annotations

from math import exp

from nesylib.learn.build import Build, Case
from nesylib.learn.predict import Predict
from nesylib.learn.quiz import Option

_FOUR = Predict(
    name="probing.four_symbols",
    title="Four symbols, ten classes",
    task="""
    A student writes a single symbol out of a vocabulary of 4. There are ten classes, each as
    frequent as the others. You may train any probe you like on the symbol: k-NN, linear, a deep
    network.
    """,
    difficulty=2,
    importance=5,
    minutes=3,
    skip_if="you can say how many different answers a probe can give that sees one of 4 symbols.",
    hints=(
        "All pictures with the same symbol look the same to the probe.",
        "So it answers at most 4 different classes. How many pictures are of those classes?",
    ),
    reason="A probe is a function of what it sees. No probe gives more answers than there are "
    "different things to see, whatever it is made of.",
    question="What is the highest accuracy that it can reach?",
    options=(
        Option(
            "One in ten: four symbols can't tell ten classes apart.",
            "Not all ten. But a symbol for cats, one for ships and so on would be worth more than "
            "guessing.",
        ),
        Option(
            "Four in ten.",
            "Four answers, each right for all pictures of its class, and the other six classes "
            "are lost.",
            right=True,
        ),
        Option(
            "Everything, if the probe is deep enough.",
            "A deep network is still a function: the same symbol, the same answer.",
        ),
        Option(
            "One in four: chance among four symbols.",
            "That would be chance among four classes. Symbols are not drawn by chance here.",
        ),
    ),
)

_FIRST = Predict(
    name="probing.first_twenty",
    title="The first twenty",
    task="""
    A probe looks at one symbol. Of the training pictures, 300 have the same symbol as the test
    picture; all of them have the cosine 1 to it. The probe sorts by cosine and lets the first
    k = 20 vote. The training pictures are stored class by class.
    """,
    difficulty=2,
    importance=4,
    minutes=3,
    skip_if="you know what a stable sort does with 300 equal numbers.",
    hints=(
        "The 300 cosines are equal. In which order do they come out of the sorting?",
        "Most sorting routines keep equal numbers in the order in which they came, or in some "
        "other order that has nothing to do with the picture.",
    ),
    reason="Symbols make ties by the hundred. Either all that are as near as the k-th vote, or the "
    "file's order decides.",
    question="Whom does it ask?",
    options=(
        Option(
            "Twenty pictures that stand for all 300: the vote is about the same.",
            "If they were drawn at random it would be. They are the first twenty.",
        ),
        Option(
            "Twenty of one class or two: those that are stored first.",
            "The order of the file decides, and the other 280 pictures are not asked.",
            right=True,
        ),
        Option(
            "All 300, because they are equally near.",
            "They should be asked, but `sort` and `topk` stop at twenty.",
        ),
        Option(
            "Nobody: with ties there are no nearest neighbours.",
            "A sorting routine always returns twenty. That is what makes it dangerous.",
        ),
    ),
)


def _vote_stub():
    def vote(near, labels, k, temperature):
        """The class that the nearest training pictures vote for."""
        raise NotImplementedError

    return vote


def _vote_solution():
    def vote(near, labels, k, temperature):
        last = sorted(near, reverse=True)[k - 1]
        votes = {}
        for cosine, label in zip(near, labels, strict=True):
            if cosine >= last:
                votes[label] = votes.get(label, 0.0) + exp(cosine / temperature)
        return max(sorted(votes), key=votes.get)

    return vote


_VOTE = Build(
    name="probing.vote",
    title="Who votes, and how loud?",
    task="""
    Write `vote(near, labels, k, temperature)` for one test picture: `near` lists its cosines to the
    training pictures, `labels` their classes. Every picture that is at least as near as the k-th
    nearest votes for its class with weight exp(cosine / temperature). Return the class with the
    most votes; of equals the smallest.
    """,
    difficulty=2,
    importance=5,
    minutes=8,
    skip_if="you built the k-NN of part 2 without looking.",
    hints=(
        "`sorted(near, reverse=True)[k - 1]` is the cosine of the k-th nearest.",
        "Compare with `>=`: ties with the k-th vote, too, so more than k may vote.",
    ),
    reason="A lower temperature listens to the nearest only; ties are asked all or none.",
    solution_code=_vote_solution(),
    stub=_vote_stub(),
    cases=(
        Case(
            ([0.9, 0.2, 0.1], [4, 7, 7], 1, 0.07),
            4,
            "Only the nearest votes when k is 1; the others are no ties.",
        ),
        Case(
            ([1.0, 1.0, 1.0, 1.0, 0.5], [3, 3, 8, 8, 8], 2, 0.07),
            3,
            "Four pictures tie at 1.0, and all four vote: two against two, and the smaller class "
            "is returned. The fifth is farther than the second nearest.",
        ),
        Case(
            ([1.0, 1.0, 1.0, 0.0], [5, 2, 2, 5], 1, 0.07),
            2,
            "Three tie as the nearest. Who stops after k pictures asks the first one only.",
        ),
        Case(
            ([0.9, 0.6, 0.6], [1, 0, 0], 3, 0.07),
            1,
            "Votes are weighted: exp(0.9 / 0.07) is far more than twice exp(0.6 / 0.07).",
        ),
        Case(
            ([0.9, 0.6, 0.6], [1, 0, 0], 3, 10.0),
            0,
            "At a high temperature all votes weigh nearly the same, and two are more than one.",
        ),
    ),
)


def _ceiling_stub():
    def ceiling(symbols, labels):
        """The highest accuracy that any probe can have on these pictures."""
        raise NotImplementedError

    return ceiling


def _ceiling_solution():
    def ceiling(symbols, labels):
        right = 0
        for symbol in set(symbols):
            mine = [y for s, y in zip(symbols, labels, strict=True) if s == symbol]
            right += max(mine.count(y) for y in set(mine))
        return round(right / len(labels), 4)

    return ceiling


_CEILING = Build(
    name="probing.ceiling",
    title="The most that any probe can read",
    task="""
    Write `ceiling(symbols, labels)`: symbols may be whole numbers or whole sequences (tuples), one
    for each picture. Return the highest share of these pictures that any function from symbol to
    class gets right, rounded to four decimals.
    """,
    difficulty=2,
    importance=4,
    minutes=8,
    skip_if="you know how the best answer to one symbol is found.",
    hints=(
        "For one symbol, the best answer is the commonest class among the pictures that have it.",
        "Count those pictures, add them over the symbols, divide by the number of pictures.",
    ),
    reason="For one symbol, k-NN with many neighbours gets close to this. For long sequences it "
    "goes to 1, as every picture has its own, and then it says nothing: learning by heart.",
    solution_code=_ceiling_solution(),
    stub=_ceiling_stub(),
    cases=(
        Case(
            ([0, 0, 0, 1], [5, 5, 6, 6]),
            0.75,
            "Symbol 0 is answered with class 5 (two of three right), symbol 1 with class 6.",
        ),
        Case(
            ([3, 3, 3, 3], [0, 1, 2, 3]),
            0.25,
            "One symbol for all says nothing: one answer, right for one class.",
        ),
        Case(
            ([0, 1, 2, 3], [1, 1, 0, 0]),
            1.0,
            "Each picture has its own symbol: two symbols may be answered with the same class.",
        ),
        Case(
            ([(1, 2), (1, 2), (2, 1), (2, 1)], [0, 0, 1, 1]),
            1.0,
            "Sequences count as a whole: (1, 2) is not (2, 1).",
        ),
    ),
)

EXERCISES = (_FOUR, _FIRST, _VOTE, _CEILING)
