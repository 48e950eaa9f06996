"""Exercises on symbols: gradients through a choice, and what is counted about symbols."""

from __future__ import annotations

from math import exp, log

from nesylib.learn.build import Build, Case
from nesylib.learn.predict import Predict
from nesylib.learn.quiz import Option

_COLD = Predict(
    name="discrete_symbols.cold",
    title="Colder and colder",
    task="""
    A softmax over two scores, 2.0 and 0.0, at temperature T. T falls from 1 to 0.01, the scores
    stay. Look at the slope of the first weight in its own score.
    """,
    difficulty=2,
    importance=5,
    minutes=3,
    skip_if="you can write the derivative of a softmax with temperature from memory.",
    hints=(
        "The slope is p (1 - p) / T, with p the first weight.",
        "At T = 0.01 the difference of the scores is 200 temperatures. What is 1 - p then?",
    ),
    reason="1 - p falls like exp(-2 / T), much faster than 1 / T grows. Only scores that are "
    "within about T of each other keep a slope, and theirs is large.",
    question="What becomes of the slope?",
    options=(
        Option(
            "It grows without limit, because it is divided by T.",
            "The division is there, but p (1 - p) falls faster than 1 / T grows.",
        ),
        Option(
            "It stays about the same: the scores have not changed.",
            "The weights have: at T = 1 they are 0.88 and 0.12, at T = 0.01 they are 1 and 0.",
        ),
        Option(
            "It goes to zero.",
            "The choice is clear, and a clear choice does not react to a small change.",
            right=True,
        ),
        Option(
            "It becomes negative.",
            "More score never means less weight, at any temperature.",
        ),
    ),
)

_SECOND_BEST = Predict(
    name="discrete_symbols.second_best",
    title="The symbol that was not read",
    task="""
    Straight-through Gumbel-Softmax chose symbol 3. The decoder read row 3 of the table and
    nothing else. Now the gradient flows back.
    """,
    difficulty=3,
    importance=4,
    minutes=3,
    skip_if="you can say what `hard + soft - soft.detach()` does forwards and backwards.",
    hints=(
        "Forwards, `soft - soft.detach()` is zero. Backwards, `hard` and `soft.detach()` are "
        "constants.",
        "So the gradient in the scores is that of `soft`. Does it touch one score or all?",
    ),
    reason="Backwards it is an ordinary softmax: every score is told whether more of its row would "
    "have helped, although only one row was read.",
    question="Which scores get a gradient?",
    options=(
        Option(
            "Only that of symbol 3.",
            "It is the only row that was read, but the gradient is taken through the blend.",
        ),
        Option(
            "All of them, as if the blend had been read.",
            "That is the whole trick, and its fault: the loss was that of another vector.",
            right=True,
        ),
        Option(
            "None: a one-hot vector has no gradient.",
            "A one-hot vector alone has none. That is why the blend is added and subtracted.",
        ),
        Option(
            "All but that of symbol 3.",
            "The chosen symbol's score takes part in the softmax like every other.",
        ),
    ),
)


def _draw_stub():
    def draw(scores, noise):
        """The symbol that wins once every score has Gumbel noise of its own."""
        raise NotImplementedError

    return draw


def _draw_solution():
    def draw(scores, noise):
        if not all(0 < u < 1 for u in noise):
            raise ValueError("uniform numbers must lie between 0 and 1")
        noisy = [s - log(-log(u)) for s, u in zip(scores, noise, strict=True)]
        return noisy.index(max(noisy))

    return draw


_DRAW = Build(
    name="discrete_symbols.draw",
    title="A draw without a softmax",
    task="""
    Write `draw(scores, noise)`: two lists of the same length, the scores of all symbols and, for
    each, a number u that was drawn evenly between 0 and 1. Turn every u into Gumbel noise,
    -ln(-ln u), add it to its score, and return the number of the winner; of equals the first.

    A u that is 0, 1 or beyond has no noise: a `ValueError`.
    """,
    difficulty=1,
    importance=4,
    minutes=5,
    skip_if="you can say why the winner is a draw from the softmax, and of which temperature.",
    hints=(
        "One line for the noisy scores, one for the winner.",
        "`s - log(-log(u)) for s, u in zip(scores, noise)`",
        "`noisy.index(max(noisy))` is the first of the largest.",
    ),
    reason="The largest of scores with Gumbel noise is symbol v with probability softmax(z)_v: the "
    "draw at temperature 1, whatever temperature the blend is read at later.",
    solution_code=_draw_solution(),
    stub=_draw_stub(),
    cases=(
        Case(([0.0, 2.0, 1.0], [0.5, 0.5, 0.5]), 1, "Equal noise changes nothing: the best wins."),
        Case(([0.0, 0.0], [0.1, 0.9]), 1, "Equal scores: a larger u has larger noise."),
        Case(
            ([1.5, 0.0], [0.3, 0.9]),
            1,
            "The noise is -ln(-ln u), not u: that of 0.9 is 2.25, that of 0.3 is -0.19.",
        ),
        Case(
            ([3.0, 0.0], [0.5, 0.9]), 0, "The scores count as well: 3.37 against 2.25 in the end."
        ),
        Case(([1.0, 1.0], [0.4, 0.4]), 0, "Of equals the first."),
        Case(
            ([1.0, 0.0], [1.0, 0.5]),
            raises=ValueError,
            why="u = 1 would have endless noise and always win: raise a ValueError.",
        ),
    ),
)


def _perplexity_stub():
    def perplexity(symbols):
        """How many symbols are in use, counted by how evenly."""
        raise NotImplementedError

    return perplexity


def _perplexity_solution():
    def perplexity(symbols):
        shares = [symbols.count(s) / len(symbols) for s in set(symbols)]
        return round(exp(-sum(p * log(p) for p in shares)), 4)

    return perplexity


def _used(*symbols: int) -> float:
    return _perplexity_solution()(list(symbols))


_PERPLEXITY = Build(
    name="discrete_symbols.perplexity",
    title="How many symbols are in use?",
    task="""
    Write `perplexity(symbols)`: a list of whole numbers, one symbol for each picture. Return
    exp(entropy), rounded to four decimals, where the entropy, in nats, is that of how often the
    symbols occur: minus the sum of p log p over the symbols that do occur.
    """,
    difficulty=2,
    importance=4,
    minutes=6,
    skip_if="you have computed a perplexity by hand before.",
    hints=(
        "`symbols.count(s) / len(symbols)` for each s of `set(symbols)`.",
        "`exp(-sum(p * log(p) ...))`; a symbol that does not occur is not in the sum.",
    ),
    reason="n symbols that are used alike have perplexity n; a vocabulary of which one symbol "
    "takes nearly everything has a perplexity near 1, even if every symbol occurs.",
    solution_code=_perplexity_solution(),
    stub=_perplexity_stub(),
    cases=(
        Case(([0, 1, 2, 3],), 4.0, "Four symbols, all alike: 4, not the entropy, which is ln 4."),
        Case(([7, 7, 7],), 1.0, "One symbol for all: nothing is told apart, and 1 is the least."),
        Case(([0, 0, 0, 1],), _used(0, 0, 0, 1), "Two symbols, unevenly: between 1 and 2."),
        Case(([5, 9, 5, 9],), 2.0, "Which numbers the symbols have does not matter."),
    ),
)


def _nearest_stub():
    def quantize(h, codebook, beta):
        """The nearest row, and the loss of vector quantization."""
        raise NotImplementedError

    return quantize


def _nearest_solution():
    def quantize(h, codebook, beta):
        def squared(row):
            return sum((a - b) ** 2 for a, b in zip(h, row, strict=True))

        best = min(range(len(codebook)), key=lambda j: squared(codebook[j]))
        return best, round((1 + beta) * squared(codebook[best]) / len(h), 4)

    return quantize


_NEAREST = Build(
    name="discrete_symbols.nearest",
    title="The nearest row, and what it costs",
    task="""
    Write `quantize(h, codebook, beta)` for one vector h and a list of rows as long as h. Return
    the number of the nearest row (squared distance; of equals the first) and the value of the loss
    of vector quantization: the mean over all numbers of |sg(h) - e|^2, which moves the row, plus
    beta times the mean of |h - sg(e)|^2, which moves h; rounded to four decimals.
    """,
    difficulty=2,
    importance=3,
    minutes=8,
    skip_if="you built vector quantization in part 5 without looking.",
    hints=(
        "sg, stop-gradient, changes who is moved and not the value: both terms have the same one.",
        "`min(range(len(codebook)), key=...)` takes the first of equals.",
    ),
    reason="The two terms differ in their gradients only: one moves the codebook, one the vector.",
    solution_code=_nearest_solution(),
    stub=_nearest_stub(),
    cases=(
        Case(
            ([1.0, 0.0], [[0.0, 0.0], [3.0, 0.0]], 0.25),
            (0, 0.625),
            "Squared distance 1 over two numbers is 0.5; with beta that is 1.25 times 0.5.",
        ),
        Case(
            ([2.0], [[0.0], [4.0]], 0.0),
            (0, 4.0),
            "Both rows are equally near: the first counts. Without beta the row alone is moved.",
        ),
        Case(
            ([1.0, 1.0], [[5.0, 5.0], [1.0, 1.0]], 1.0),
            (1, 0.0),
            "h lies on a row: nothing to pay, whatever beta.",
        ),
        Case(
            ([0.0, 3.0], [[0.0, 1.0], [0.0, -1.0], [1.0, 2.0]], 1.0),
            (2, 2.0),
            "Row 2 is at a squared distance of 2, row 0 of 4; the mean of two numbers, twice.",
        ),
    ),
)

EXERCISES = (_COLD, _SECOND_BEST, _DRAW, _PERPLEXITY, _NEAREST)
