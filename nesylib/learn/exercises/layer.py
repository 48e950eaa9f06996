"""Exercises on the concept layer: what a bit depends on, capacity, bits, top pictures."""

from __future__ import annotations

import numpy as np

from nesylib.learn.build import Build, Case
from nesylib.learn.predict import Predict
from nesylib.learn.quiz import Option

_LONGER = Predict(
    name="layer.longer_weights",
    title="Louder neurons",
    task="""
    A trained concept layer has weights `W`, bias `b` and threshold 0.5. Someone multiplies all of
    `W` and `b` by 3 and runs the same pictures again.
    """,
    difficulty=2,
    importance=4,
    minutes=3,
    skip_if="you can say where in feature space an activation is exactly 0.5.",
    hints=(
        "The activation is `sigmoid(z)` with `z = W h + b`. What happens to `z`?",
        "`sigmoid(z) >= 0.5` says the same as `z >= 0`.",
    ),
    reason="A bit only asks for the sign of `z`, and `3 z` has the sign of `z`. The activations "
    "do move towards 0 and 1, so an entropy loss would be pleased while nothing has changed.",
    question="What changes?",
    options=(
        Option(
            "More bits are 1, because activations grow.",
            "Those above one half grow; those below shrink. None crosses.",
        ),
        Option(
            "Activations move away from one half; no bit changes.",
            "The plane `z = 0` is where it was. Only the steepness across it has changed.",
            right=True,
        ),
        Option(
            "Nothing: a sigmoid takes out the scale.",
            "Dividing by the length would. The sigmoid of `3 z` differs from that of `z` unless "
            "`z` is 0.",
        ),
        Option(
            "Bits whose bias is negative turn off.",
            "The bias is tripled together with `W h`, so their sum keeps its sign.",
        ),
    ),
)

_HOW_MANY = Predict(
    name="layer.how_many",
    title="Forty-three signs",
    task="""
    Traffic signs come in 43 classes. Each class is to have a code of its own, the same for all of
    its pictures. Team A writes the number of the class in binary. Team B wants codes of different
    classes to share no active neuron, and none empty.
    """,
    difficulty=2,
    importance=3,
    minutes=3,
    skip_if="you know why the layer failed with four neurons for five classes.",
    hints=(
        "With D bits there are 2 to the D codes.",
        "If no neuron is shared, how many neurons does each class need at least?",
    ),
    reason="Six bits make 64 codes, enough for 43. Codes that share no active neuron need at "
    "least one neuron a class. The contrastive loss on non-negative codes wants the latter.",
    question="How many neurons do the teams need at least?",
    options=(
        Option("A 43, B 43.", "In binary, one bit can take part in many codes: A needs far fewer."),
        Option(
            "A 6, B 43.",
            "2 to the 6 is 64, and 2 to the 5 is 32, too few; B needs one neuron for each class.",
            right=True,
        ),
        Option(
            "A 6, B 86.",
            "One neuron a class is enough for B: on for it, off for the others.",
        ),
        Option("A 5, B 43.", "Five bits make only 32 codes."),
    ),
)


def _bits_stub():
    def bits(features, weights, bias):
        """The bits of one picture, a list of D truth values."""
        raise NotImplementedError

    return bits


def _bits_solution():
    def bits(features, weights, bias):
        def side(row, b):
            return sum(w * x for w, x in zip(row, features, strict=True)) + b

        return [side(row, b) >= 0 for row, b in zip(weights, bias, strict=True)]

    return bits


_BITS = Build(
    name="layer.bits",
    title="Bits without a sigmoid",
    task="""
    Write the bits of one picture: on which side of each neuron's plane does it lie? `features` is
    a list of E numbers, `weights` has D rows of E numbers, `bias` has D numbers. Return a list of
    D truth values, and use no exponential. A picture exactly on the plane has activation 0.5, so
    its bit is 1.
    """,
    difficulty=1,
    importance=4,
    minutes=6,
    skip_if="you could write it as one line of NumPy.",
    hints=(
        "`sigmoid(z) >= 0.5` and `z >= 0` are the same question.",
        "`z` is the sum of weight times feature, plus the neuron's own bias.",
    ),
    reason="The sigmoid matters to training, because its slope carries the gradient. The bit does "
    "not need it.",
    stub=_bits_stub(),
    solution_code=_bits_solution(),
    cases=(
        Case(
            ([1.0, 2.0], [[1.0, 0.0], [-1.0, 0.0]], [0.0, 0.0]),
            [True, False],
            "Two neurons that look at the first feature, with opposite signs.",
        ),
        Case(
            ([1.0, 2.0], [[1.0, 1.0], [1.0, 1.0]], [-2.0, -4.0]),
            [True, False],
            "The same weights but another bias: the bias moves the plane.",
        ),
        Case(
            ([2.0, 1.0], [[0.5, -1.0]], [0.0]),
            [True],
            "Exactly on the plane the activation is 0.5, which counts as on.",
        ),
        Case(
            ([1000.0], [[-1000.0], [1000.0]], [0.0, 0.0]),
            [False, True],
            "Large numbers: an exponential would overflow here, a sign does not.",
        ),
        Case(([0.5], [], []), [], "No neuron, no bit."),
    ),
)


def _top_stub():
    def top_pictures(activations, neuron, k):
        """Row numbers of the k pictures that excite a neuron most."""
        raise NotImplementedError

    return top_pictures


def _top_solution():
    def top_pictures(activations, neuron, k):
        column = activations[:, neuron].tolist()
        return sorted(range(len(column)), key=lambda i: (-column[i], i))[:k]

    return top_pictures


_C = np.array([[0.1, 0.9], [0.8, 0.9], [0.8, 0.2], [0.3, 0.9], [0.95, 0.0]])

_TOP = Build(
    name="layer.top_pictures",
    title="What excites a neuron",
    task="""
    To see what a neuron sees, list the pictures with its highest activations. `activations` is an
    array (N, D); return a list of at most `k` row numbers, the most exciting first. Saturated
    neurons have many equal activations: of these, the smaller row number comes first.
    """,
    difficulty=2,
    importance=3,
    minutes=6,
    skip_if="you know why `argsort` reversed gives another order of ties.",
    hints=(
        "You want to sort row numbers by one column, falling.",
        "Sort by the pair (minus the activation, row number); or use a stable sort on minus the "
        "column.",
    ),
    reason="Reversing a rising order also reverses the ties, so that the pictures shown for a "
    "saturated neuron would all come from the end of the data set.",
    stub=_top_stub(),
    solution_code=_top_solution(),
    cases=(
        Case((_C, 0, 2), [4, 1], "Rows 1 and 2 are equal: the smaller number first."),
        Case((_C, 1, 3), [0, 1, 3], "Neuron 1, which is the second column."),
        Case((_C, 0, 9), [4, 1, 2, 3, 0], "There are only five pictures."),
        Case((np.full((4, 1), 1.0), 0, 2), [0, 1], "A saturated neuron: all are equal."),
        Case((_C, 0, 0), [], "No picture asked for."),
    ),
)

EXERCISES = (_LONGER, _HOW_MANY, _BITS, _TOP)
