"""Exercises on sparsity: reductions, scale, Hoyer's measure, and who wins against entropy."""

from __future__ import annotations

from math import exp, sqrt

from nesylib.learn.build import Build, Case
from nesylib.learn.predict import Predict
from nesylib.learn.quiz import Option

_TWICE_AS_WIDE = Predict(
    name="sparsity.twice_as_wide",
    title="Twice as many neurons",
    task="""
    You replace a layer of 64 neurons by one of 128 whose activations look just the same: the same
    mean, the same histogram. The weights of the losses stay as they are.
    """,
    difficulty=2,
    importance=5,
    minutes=3,
    skip_if="you never write a loss weight down without its reduction.",
    hints=(
        "Write both reductions down for a layer in which every activation is 0.1.",
        "The mean of 128 equal numbers is that of 64. And their sum?",
    ),
    reason="The mean is about a typical neuron, the sum about a whole picture.",
    question="What happens to the L1 loss?",
    options=(
        Option(
            "Nothing, with either reduction.",
            "The mean stays, but a sum over twice as many neurons is twice as large.",
        ),
        Option(
            "With the mean it stays; with the sum over neurons it doubles.",
            "So with the sum, a weight that worked at 64 neurons is twice as strong at 128.",
            right=True,
        ),
        Option(
            "With the mean it halves; with the sum it stays.",
            "The mean would halve if the new neurons were all off. Here they look like the others.",
        ),
        Option(
            "It doubles with both.",
            "The mean divides by the number of neurons, and so does not notice.",
        ),
    ),
)

_HALF_AS_LOUD = Predict(
    name="sparsity.half_as_loud",
    title="Half as loud",
    task="""
    Every activation of a well trained layer (nearly all close to 0 or 1) is multiplied by one half.
    """,
    difficulty=3,
    importance=4,
    minutes=4,
    skip_if="you can say which of the three losses feel the scale of the codes.",
    hints=(
        "Which of the three losses divides every code by its length first?",
        "Where do activations close to 1 end up, and what is the binary entropy there?",
    ),
    reason="Directions stay, lengths halve, and what was decided lands where entropy is largest. "
    "So of the three it is entropy that holds the volume up.",
    question="What do the three losses say?",
    options=(
        Option(
            "All three fall by half.",
            "The contrastive loss divides every code by its length first, so it cannot notice, "
            "and entropy is no multiple of the activation.",
        ),
        Option(
            "The contrastive loss rises, L1 halves, entropy stays.",
            "The contrastive loss compares directions only. And activations near 1 are now near "
            "one half, the top of the entropy.",
        ),
        Option(
            "The contrastive loss stays, L1 halves, entropy rises.",
            "Activations near 1 land near one half: that is where entropy is largest.",
            right=True,
        ),
        Option(
            "The contrastive loss stays, L1 and entropy both halve.",
            "Activations near 1 had almost no entropy; near one half they have the most.",
        ),
    ),
)


def _hoyer_stub():
    def hoyer_of(code):
        """Hoyer's sparsity of a list of activations, from 0 to 1."""
        raise NotImplementedError

    return hoyer_of


def _hoyer_solution():
    def hoyer_of(code):
        length = sqrt(sum(c * c for c in code))
        if length == 0:
            raise ValueError("a code of zeros has no direction")
        root = sqrt(len(code))
        return round((root - sum(abs(c) for c in code) / length) / (root - 1), 4)

    return hoyer_of


def _hoyer(*code: float) -> float:
    return _hoyer_solution()(list(code))


_HOYER = Build(
    name="sparsity.hoyer",
    title="Sparsity without a scale",
    task="""
    Write `hoyer_of(code)` for a list of at least two activations. With D its length, l1 the sum of
    the absolute values and l2 the square root of the sum of squares, Hoyer's sparsity is

        (sqrt(D) - l1 / l2) / (sqrt(D) - 1)

    Return it rounded to four decimals. A code of zeros has none: raise a `ValueError`.
    """,
    difficulty=2,
    importance=3,
    minutes=7,
    skip_if="you wrote the measures of part 6 yourself, and thought of the code of zeros.",
    hints=(
        "Three lines: l1, l2, and the formula. `math.sqrt` for the roots.",
        "D is the number of neurons, not of those that are on.",
        "Look for l2 == 0 before you divide by it.",
    ),
    reason="l1 / l2 lies between 1 (one neuron) and sqrt(D) (all alike), whatever the scale; the "
    "formula stretches that to 1 and 0.",
    solution_code=_hoyer_solution(),
    stub=_hoyer_stub(),
    cases=(
        Case(([0.0, 1.0, 0.0, 0.0],), 1.0, "One neuron alone is as sparse as can be."),
        Case(([0.0, 0.1, 0.0, 0.0],), 1.0, "The same code, fainter: the measure has no scale."),
        Case(([0.5, 0.5, 0.5, 0.5],), 0.0, "All alike is not sparse at all."),
        Case(
            ([1.0, 1.0, 0.0, 0.0],),
            _hoyer(1, 1, 0, 0),
            "l1 is 2, l2 is sqrt(2); D is 4, the neurons that are off count too.",
        ),
        Case(([0.9, 0.05, 0.05],), _hoyer(0.9, 0.05, 0.05), "A haze makes it a little less."),
        Case(
            ([0.0, 0.0],),
            raises=ValueError,
            why="A code of zeros has no direction: look for l2 == 0 and raise a ValueError.",
        ),
    ),
)


def _tipping_stub():
    def tipping_point(beta, gamma, neurons, reduction):
        """The activation above which entropy holds a neuron up against L1."""
        raise NotImplementedError

    return tipping_point


def _tipping_solution():
    def tipping_point(beta, gamma, neurons, reduction):
        pull = gamma * neurons if reduction == "sum" else gamma
        if beta == 0:
            return None if pull == 0 else 1.0
        return round(1 / (1 + exp(-pull / beta)), 4)

    return tipping_point


_TIPPING = Build(
    name="sparsity.tipping_point",
    title="Who wins, entropy or L1?",
    task="""
    The loss is beta * entropy + gamma * L1, with the *mean* of the entropy over all activations.
    The push on a logit z is downwards where z is below some value, upwards above it.

    Write `tipping_point(beta, gamma, neurons, reduction)`: return the activation (the sigmoid of
    that value) rounded to four decimals. `reduction` is 'mean' or 'sum', for L1; with 'sum', L1 is
    the sum over the `neurons` neurons, averaged over pictures. If beta is 0 and gamma is not,
    everything is pushed down: return 1.0. If both are 0 nothing is pushed: return None.
    """,
    difficulty=3,
    importance=4,
    minutes=10,
    skip_if="you can derive the factor gamma - beta * z on paper.",
    hints=(
        "Entropy pushes by beta * z * s * (1 - s) upwards, L1 by gamma * s * (1 - s) downwards.",
        "They are even where beta * z = gamma. What does the sum put in the place of gamma?",
        "The sigmoid of gamma / beta, or of gamma * neurons / beta.",
    ),
    reason="Both pushes carry the same slope of the sigmoid, so it cancels, and only "
    "gamma - beta * z is left.",
    solution_code=_tipping_solution(),
    stub=_tipping_stub(),
    cases=(
        Case((1, 0, 64, "mean"), 0.5, "Entropy alone tips at one half."),
        Case((1, 1, 64, "mean"), 0.7311, "The sigmoid of 1."),
        Case((2, 1, 64, "mean"), 0.6225, "Twice the entropy, half the way: the sigmoid of 1/2."),
        Case((1, 3, 64, "mean"), 0.9526, "The sigmoid of 3: only loud neurons are held up."),
        Case((1, 0.5, 4, "sum"), 0.8808, "The sum makes gamma 4 times as strong: 0.5 * 4 = 2."),
        Case((1, 1, 128, "sum"), 1.0, "The sigmoid of 128 rounds to 1: nothing is held up."),
        Case((0, 1, 64, "mean"), 1.0, "Without entropy everything is pushed down."),
        Case((0, 0, 64, "sum"), None, "Nothing pushes: there is no tipping point."),
    ),
)

EXERCISES = (_TWICE_AS_WIDE, _HALF_AS_LOUD, _HOYER, _TIPPING)
