"""Exercises on entropy: where the loss pushes, how to write it, and what a neuron tells."""

from __future__ import annotations

from math import exp, log, log1p

from nesylib.learn.build import Build, Case
from nesylib.learn.predict import Predict
from nesylib.learn.quiz import Option

_AT_ONE_HALF = Predict(
    name="entropy.at_one_half",
    title="Three neurons, one step",
    task="""
    Three neurons stand at 0.5, 0.8 and 0.999. The entropy loss alone takes one small step downhill
    on their logits.
    """,
    difficulty=2,
    importance=5,
    minutes=3,
    skip_if="you can draw the push on the logit from memory.",
    hints=(
        "The push on the logit z is `z * s * (1 - s)`, with s the sigmoid of z.",
        "For 0.5 the logit is 0. For 0.999 it is about 6.9, but `s * (1 - s)` is about 0.001.",
    ),
    reason="The product of a distance from 0 that grows and a slope of the sigmoid that falls is "
    "largest near 0.82.",
    question="Whose logit moves most?",
    options=(
        Option(
            "The one at 0.5: it is the most uncertain.",
            "It has the highest entropy, but stands on the top of the hill, where it is level. It "
            "does not move at all.",
        ),
        Option(
            "The one at 0.8.",
            "It is close to the steepest place of the hill, seen from the logit.",
            right=True,
        ),
        Option(
            "The one at 0.999: there the slope of the entropy is steepest.",
            "In the activation it is, without bound. But the sigmoid is nearly flat there, and in "
            "the product the sigmoid wins.",
        ),
        Option(
            "All three alike: the loss is a mean.",
            "A mean gives each the same weight, but the push depends on where a neuron stands.",
        ),
    ),
)

_WHICH_NEURON = Predict(
    name="entropy.which_neuron",
    title="The best by entropy",
    task="""
    Activations of three neurons on four pictures:

        A: 0.99 0.99 0.99 0.99
        B: 0.95 0.05 0.05 0.95
        C: 0.60 0.40 0.60 0.40
    """,
    difficulty=2,
    importance=4,
    minutes=3,
    skip_if="you can name the two entropies of a neuron and their difference.",
    hints=(
        "The entropy loss is the mean over the four numbers of one neuron, whatever they tell.",
        "Which neuron would you ask if you had to guess which picture it was?",
    ),
    reason="A wins by entropy and tells nothing; B is nearly as sure and splits the pictures.",
    question="Which has the lowest entropy loss, and which tells most about the picture?",
    options=(
        Option(
            "B has the lowest loss and tells most.",
            "0.99 is more certain than 0.95. Nothing in the loss rewards B for changing its mind "
            "from picture to picture.",
        ),
        Option(
            "A has the lowest loss, C tells most.",
            "C splits the pictures just as B does, but so weakly that its answer is nearly a toss.",
        ),
        Option(
            "A has the lowest loss, B tells most.",
            "A is sure and always the same; B is nearly as sure, and its answer halves the "
            "pictures.",
            right=True,
        ),
        Option(
            "A has the lowest loss and tells most: it is the surest.",
            "It says the same about every picture. You know its answer before you look.",
        ),
    ),
)


def _from_logit_stub():
    def entropy_of_logit(z):
        """Binary entropy in nats of a neuron with logit z."""
        raise NotImplementedError

    return entropy_of_logit


def _from_logit_solution():
    def entropy_of_logit(z):
        size = abs(z)
        other = exp(-size) / (1 + exp(-size))  # the share of the less likely side
        return float(f"{log1p(exp(-size)) + size * other:.6g}")

    return entropy_of_logit


def _h(z: float) -> float:
    return _from_logit_solution()(z)


_FROM_LOGIT = Build(
    name="entropy.from_logit",
    title="Entropy without the sigmoid's rounding",
    task="""
    Write `entropy_of_logit(z)` for one number z: the binary entropy, in nats, of a neuron whose
    activation is the sigmoid of z, for every z between -1000 and 1000, to six significant digits:
    `return float(f"{h:.6g}")`. With c the sigmoid of z the entropy is

        -c * log(c) - (1 - c) * log(1 - c)

    but written like this it breaks where c rounds to 0 or 1. `math.exp` and `math.log1p` help;
    `log1p(x)` is log(1 + x), exact for tiny x.
    """,
    difficulty=3,
    importance=4,
    minutes=10,
    skip_if="you know why losses are computed from logits.",
    hints=(
        "The entropy is the same for z and -z. So work with `abs(z)`, and `exp(-abs(z))` never "
        "overflows.",
        "With a = |z| the two logarithms are `-log1p(exp(-a))` and `-a - log1p(exp(-a))`.",
        "They combine to `log1p(exp(-a)) + a * s`, where s = exp(-a) / (1 + exp(-a)).",
    ),
    reason="With |z| every exponential is at most 1, and both terms are positive, so nothing "
    "overflows and nothing is lost by subtracting.",
    solution_code=_from_logit_solution(),
    stub=_from_logit_stub(),
    cases=(
        Case((0.0,), _h(0.0), "A logit of 0 is a fair coin: ln 2, about 0.693 nats, not 1 bit."),
        Case((2.0,), _h(2.0), "c is about 0.881 here."),
        Case((-2.0,), _h(2.0), "The entropy of z and -z is the same."),
        Case((1000.0,), 0.0, "exp(1000) overflows, log(0) is an error: work with exp(-abs(z))."),
        Case((-1000.0,), 0.0, "exp(-z) overflows for z = -1000: work with exp(-abs(z))."),
        Case(
            (30.0,),
            _h(30.0),
            "About 2.9e-12, small and not 0: 1 - sigmoid(30) loses its digits when subtracted.",
        ),
        Case(
            (50.0,),
            _h(50.0),
            "About 9.8e-21, small and not 0: sigmoid(50) rounds to 1, so 1 - sigmoid(50) is 0.",
        ),
    ),
)


def _information_stub():
    def information(column):
        """What one neuron's answers tell about the picture, in nats."""
        raise NotImplementedError

    return information


def _information_solution():
    def information(column):
        def h(c):
            return 0.0 if c in (0, 1) else -c * log(c) - (1 - c) * log(1 - c)

        mean = sum(column) / len(column)
        return round(h(mean) - sum(h(c) for c in column) / len(column), 4)

    return information


def _told(*column: float) -> float:
    return _information_solution()(list(column))


_INFORMATION = Build(
    name="entropy.information",
    title="How much does a neuron tell?",
    task="""
    Write `information(column)`: a list with the activations of one neuron, one for each picture,
    each from 0 to 1, both included. Return the entropy *across* pictures less the entropy *per*
    picture, in nats, rounded to four decimals: the binary entropy of the mean, minus the mean of
    the binary entropies. An activation of exactly 0 or 1 has entropy 0.
    """,
    difficulty=2,
    importance=4,
    minutes=8,
    skip_if="you have written `two_entropies` of part 7 yourself.",
    hints=(
        "Write a function h(c) for the binary entropy first, with 0 and 1 as special cases.",
        "`h(mean of column) - mean of h(column)`: the order of mean and h is all that matters.",
    ),
    reason="The entropy is a concave function, so the entropy of the mean is never below the mean "
    "of the entropies.",
    solution_code=_information_solution(),
    stub=_information_stub(),
    cases=(
        Case(([1.0, 0.0, 1.0, 0.0],), 0.6931, "Sure of each picture, on for half of them: ln 2."),
        Case(([1.0, 1.0, 1.0],), 0.0, "A constant tells nothing; and log(0) has to be avoided."),
        Case(([0.5, 0.5],), 0.0, "A neuron that is always undecided tells nothing either."),
        Case(
            ([0.9, 0.9, 0.1, 0.1],),
            _told(0.9, 0.9, 0.1, 0.1),
            "ln 2 across pictures, less h(0.9) per picture.",
        ),
        Case(
            ([0.9, 0.2, 0.2],),
            _told(0.9, 0.2, 0.2),
            "Subtract the mean of the entropies, not their sum, and not the other way round.",
        ),
        Case(([1.0, 0.0, 0.0, 0.0],), _told(1.0, 0.0, 0.0, 0.0), "On for a quarter: h(0.25)."),
    ),
)

EXERCISES = (_AT_ONE_HALF, _WHICH_NEURON, _FROM_LOGIT, _INFORMATION)
