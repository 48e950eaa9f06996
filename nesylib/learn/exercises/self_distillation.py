"""Exercises on self-distillation: what a loss of ln K means, who may be trained, two builds."""

from __future__ import annotations

from math import exp

from nesylib.learn.build import Build, Case
from nesylib.learn.predict import Predict
from nesylib.learn.quiz import Option

_STUCK = Predict(
    name="self_distillation.stuck",
    title="A loss of 8.318",
    task="""
    A self-distillation with 4096 prototypes runs for a day. Its loss is 8.318, has been for hours,
    and the natural logarithm of 4096 is 8.318.
    """,
    difficulty=2,
    importance=5,
    minutes=3,
    skip_if="you would look at the teacher's entropy before you read the question.",
    hints=(
        "What is the cross-entropy of any distribution with a uniform one over K?",
        "A loss cannot tell who is uniform. Which other number could?",
    ),
    reason="ln K is what a student pays that gives every prototype the same share, whatever the "
    "teacher says. With a teacher that does the same there is nothing left to learn.",
    question="What has most likely happened, and what do you do first?",
    options=(
        Option(
            "It has converged: 8.3 is low for 4096 prototypes.",
            "The loss of a network that knows nothing is ln K. It has not moved below that.",
        ),
        Option(
            "Every answer is uniform. Lower the teacher's temperature.",
            "A sharper teacher has an opinion again, and the student something to follow.",
            right=True,
        ),
        Option(
            "One prototype wins for every picture. Add centring.",
            "Then student and teacher would agree on it at no cost, and the loss would be near 0.",
        ),
        Option(
            "The learning rate is too low. Raise it.",
            "A uniform teacher gives a gradient that points back to uniform; larger steps that "
            "way lead nowhere.",
        ),
    ),
)

_BOTH = Predict(
    name="self_distillation.both_trained",
    title="Train the teacher too",
    task="""
    Someone removes `no_grad` from the teacher's part, so that gradient descent moves the teacher
    as well as the student towards a lower loss. "More parameters learn, so it learns more."
    """,
    difficulty=3,
    importance=5,
    minutes=4,
    skip_if="you can name the answer with the least loss that such a pair can give.",
    hints=(
        "The cross-entropy of p and q is the entropy of p plus the distance from p to q. With both "
        "free, how low can it get?",
        "What must be true of p, and is it of any use that pictures differ?",
    ),
    reason="The least possible loss is 0: certain answers that agree. The surest way to "
    "agree on every view is to give the same answer always, and now both sides may walk there.",
    question="Where does the pair go, when outputs are neither centred nor sharpened?",
    options=(
        Option(
            "To the same certain answer for every picture.",
            "Nothing holds the teacher back, and a constant agrees with itself under all views.",
            right=True,
        ),
        Option(
            "To the same features as before, only twice as fast.",
            "With a fixed target the student must tell pictures apart to hit it. A target that "
            "moves to meet it need not be hit.",
        ),
        Option(
            "To a uniform answer for every picture.",
            "That agrees too, but costs ln K. With both free there is a cheaper agreement.",
        ),
        Option(
            "Nowhere: the two gradients cancel.",
            "They are derivatives by different weights of one loss; both lower it.",
        ),
    ),
)


def _targets_stub():
    def teacher_says(scores, centre, temperature):
        """The teacher's distribution: centred, then sharpened."""
        raise NotImplementedError

    return teacher_says


def _targets_solution():
    def teacher_says(scores, centre, temperature):
        if temperature <= 0:
            raise ValueError("a temperature is positive")
        z = [(s - c) / temperature for s, c in zip(scores, centre, strict=True)]
        top = max(z)
        up = [exp(v - top) for v in z]
        return [round(v / sum(up), 4) for v in up]

    return teacher_says


def _says(scores, centre, temperature):
    return _targets_solution()(scores, centre, temperature)


_TARGETS = Build(
    name="self_distillation.teacher_says",
    title="Centre, then sharpen",
    task="""
    Write `teacher_says(scores, centre, temperature)` for two lists of the same length: subtract
    the centre, divide by the temperature, take the softmax. Return a list rounded to four decimals.

    Scores of 1000 must not overflow. A temperature that is not positive is a `ValueError`.
    """,
    difficulty=2,
    importance=4,
    minutes=8,
    skip_if="you have written a softmax that survives scores of 1000.",
    hints=(
        "Three lines: the shifted and divided scores, their exponentials, the division by the sum.",
        "The centre is subtracted before the division, so it is on the scale of the scores.",
        "Subtract the largest before you take exponentials: it cancels in the division.",
    ),
    reason="Only differences count in a softmax, so subtracting the largest changes nothing, "
    "and subtracting the centre takes away what is said of every picture.",
    solution_code=_targets_solution(),
    stub=_targets_stub(),
    cases=(
        Case(([1.0, 1.0], [0.0, 0.0], 0.1), [0.5, 0.5], "Equal scores, equal shares."),
        Case(
            ([1.0, 0.0], [0.0, 0.0], 1.0),
            _says([1.0, 0.0], [0.0, 0.0], 1.0),
            "At temperature 1 it is the plain softmax.",
        ),
        Case(
            ([0.2, 0.1, 0.0], [0.0, 0.0, 0.0], 0.1),
            _says([0.2, 0.1, 0.0], [0, 0, 0], 0.1),
            "Divide by the temperature: at 0.1 a difference of 0.1 is worth a factor e.",
        ),
        Case(
            ([5.0, 0.3, 0.0], [5.0, 0.0, 0.0], 0.1),
            _says([5.0, 0.3, 0.0], [5.0, 0, 0], 0.1),
            "The first always scores 5, so the centre takes it away, before the division.",
        ),
        Case(
            ([1000.0, 999.0], [0.0, 0.0], 1.0),
            _says([1.0, 0.0], [0.0, 0.0], 1.0),
            "Subtract the largest before you take exponentials.",
        ),
        Case(
            ([1.0, 0.0], [0.0, 0.0], 0.0),
            raises=ValueError,
            why="A temperature of 0 divides by nothing: raise a ValueError.",
        ),
    ),
)


def _path_stub():
    def teacher_path(student, momentum):
        """Where the teacher's weight is after each of the student's steps."""
        raise NotImplementedError

    return teacher_path


def _path_solution():
    def teacher_path(student, momentum):
        teacher, path = student[0], []
        for weight in student:
            teacher = momentum * teacher + (1 - momentum) * weight
            path.append(round(teacher, 4))
        return path

    return teacher_path


_PATH = Build(
    name="self_distillation.teacher_path",
    title="Follow slowly",
    task="""
    A student has a single weight; `student` is the list of its values, first the start, then after
    each step. The teacher starts at `student[0]`. For every value in the list, the start too,
    it keeps `momentum` of itself and takes the rest from the student.

    Write `teacher_path(student, momentum)`: the list of the teacher's values, each rounded to four
    decimals. Round what you return, not what you go on with.
    """,
    difficulty=1,
    importance=4,
    minutes=5,
    skip_if="you wrote the loop of part 3 without looking.",
    hints=(
        "One variable for the teacher, one loop over the student's values.",
        "new = momentum * old + (1 - momentum) * student",
        "Append `round(teacher, 4)`, and leave `teacher` itself alone.",
    ),
    reason="A step that the student took n steps ago weighs (1 - m) m^n: the teacher is a mean of "
    "many students, over about 1 / (1 - m) steps.",
    solution_code=_path_solution(),
    stub=_path_stub(),
    cases=(
        Case(
            ([2.0, 2.0, 2.0], 0.9), [2.0, 2.0, 2.0], "A student that stays is a teacher that stays."
        ),
        Case(
            ([0.0, 1.0, 1.0], 0.9), [0.0, 0.1, 0.19], "A tenth of the way that is left, each time."
        ),
        Case(
            ([0.0, 1.0, 5.0], 0.0), [0.0, 1.0, 5.0], "With momentum 0 the teacher is the student."
        ),
        Case(([3.0, 1.0, 5.0], 1.0), [3.0, 3.0, 3.0], "With momentum 1 it never moves."),
        Case(
            ([0.0, 1.0, -1.0, 1.0, -1.0], 0.5),
            _path_solution()([0.0, 1.0, -1.0, 1.0, -1.0], 0.5),
            "A student that swings makes a teacher that swings less.",
        ),
        Case(
            ([0.0] + [1.0] * 6, 0.99999),
            _path_solution()([0.0] + [1.0] * 6, 0.99999),
            "Round what you return, not what you go on with: many small steps add up.",
        ),
    ),
)

EXERCISES = (_STUCK, _BOTH, _TARGETS, _PATH)
