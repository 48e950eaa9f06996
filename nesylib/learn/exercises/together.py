"""Exercises on training together: a stuck loss, the ideal code, the ramp, keeping the best."""

from __future__ import annotations

from nesylib.learn.build import Build, Case
from nesylib.learn.predict import Predict
from nesylib.learn.quiz import Option

_STUCK = Predict(
    name="together.stuck",
    title="A loss that does not move",
    task="""
    Batches hold 128 pictures. The contrastive loss reads 4.844 after the first epoch, and 4.844
    after the tenth. The natural logarithm of 127 is 4.844.
    """,
    difficulty=2,
    importance=5,
    minutes=3,
    skip_if="you compare a loss with the value it has when nothing was learned.",
    hints=(
        "What is the loss of an anchor for which all other 127 pictures look equally similar?",
        "A softmax over 127 equal numbers gives each of them a share of 1/127.",
    ),
    reason="With equal similarities every positive gets the share 1/(N-1), and minus its logarithm "
    "is ln(N-1), whatever the temperature.",
    question="What do the codes look like?",
    options=(
        Option(
            "The classes are perfectly apart.",
            "Then a positive would get a much larger share than a negative, and the loss would be "
            "lower.",
        ),
        Option(
            "All pictures have codes that point the same way.",
            "Every other picture is equally similar, so each gets the share 1/127.",
            right=True,
        ),
        Option(
            "All codes are exactly at one half.",
            "That is one way to get there, but only one: any common direction will do.",
        ),
        Option(
            "The learning rate is too high, and the loss has diverged.",
            "A diverged loss is not a number, or jumps about. This one sits on a known value.",
        ),
    ),
)

_IDEAL = Predict(
    name="together.ideal",
    title="What the losses would like best",
    task="""
    Five classes, 32 neurons, and no network: the codes may be whatever they like. They move down
    the sum of the three losses, with L1 as a mean and all three weights above zero. At the start
    some neurons are on in every picture.
    """,
    difficulty=3,
    importance=5,
    minutes=4,
    skip_if="you can say which of the three losses feel the length of a code.",
    hints=(
        "Activations are never negative. When is the cosine of two such codes 0?",
        "Which loss asks that a picture shows its class only by an object that another class "
        "may have, too?",
    ),
    reason="Codes that are never negative are orthogonal only when no neuron is on in both. So "
    "classes share no neuron, and nothing asks for more than one neuron a class.",
    question="Which codes do they end at?",
    options=(
        Option(
            "One neuron for each object that the pictures show.",
            "No loss knows of objects: labels are all they see.",
        ),
        Option(
            "Each class a few neurons of its own, no neuron in two classes.",
            "Cosine 0 between classes is what the contrastive loss wants, and entropy and L1 "
            "make those neurons few and certain.",
            right=True,
        ),
        Option(
            "Each class a combination of shared neurons, as 5 classes fit into 3 bits.",
            "Codes that share a neuron have a cosine above 0, and the contrastive loss pays "
            "for it.",
        ),
        Option(
            "All neurons at one half.",
            "There entropy is largest, and all codes point the same way.",
        ),
    ),
)


def _strength_stub():
    def strength(done, low, high):
        """Weight of entropy and L1 when the share ``done`` of training is over."""
        raise NotImplementedError

    return strength


def _strength_solution():
    def strength(done, low, high):
        if done >= high:
            return 1.0
        if done <= low:
            return 0.0
        return (done - low) / (high - low)

    return strength


_STRENGTH = Build(
    name="together.strength",
    title="A ramp",
    task="""
    Write `strength(done, low, high)`: 0 while the share `done` of training is below `low`, 1 from
    `high` on, and a straight line between. All three are shares from 0 to 1, and `low` is at most
    `high`. With `low = high = 0` the strength is 1 from the very first step.
    """,
    difficulty=1,
    importance=4,
    minutes=5,
    skip_if="your ramps never divide by zero.",
    hints=(
        "What happens in the straight line when low equals high?",
        "Ask for `done >= high` first.",
    ),
    reason="A ramp of length zero is a step; asking for its upper end first settles which side "
    "of the step counts.",
    solution_code=_strength_solution(),
    stub=_strength_stub(),
    cases=(
        Case((0.5, 0.0, 1.0), 0.5, "Half-way through training, half the weight."),
        Case((0.1, 0.3, 1.0), 0.0, "Before the ramp begins there is no weight, and none below 0."),
        Case((0.75, 0.5, 1.0), 0.5, "Half-way between low and high."),
        Case((0.9, 0.2, 0.4), 1.0, "After the ramp the weight stays 1."),
        Case((0.0, 0.0, 0.0), 1.0, "A ramp of length zero at the start: full weight at once."),
        Case((0.2, 0.6, 0.6), 0.0, "A step that has not come yet."),
        Case((0.6, 0.6, 0.6), 1.0, "The step itself counts as done."),
    ),
)


def _best_stub():
    def best_look(looks, patience):
        """Index of the best look, and the index at which training ends."""
        raise NotImplementedError

    return best_look


def _best_solution():
    def best_look(looks, patience):
        best = 0
        for i, (accuracy, size) in enumerate(looks):
            if (accuracy, -size) > (looks[best][0], -looks[best][1]):
                best = i
            if i - best >= patience:
                return best, i
        return best, len(looks) - 1

    return best_look


_BEST = Build(
    name="together.best_look",
    title="Keep the best, stop in time",
    task="""
    `looks` is a list of `(accuracy, size)`, one for each look at the rules in training. Write
    `best_look(looks, patience)`, which returns two indices: of the best look and of the last one
    taken. Better is a higher accuracy; with equal accuracy a smaller size; of full equals the
    earlier stays. Training ends at the look that is the `patience`-th in a row without a
    better one, or with the list; looks after the end were never taken.
    """,
    difficulty=2,
    importance=4,
    minutes=8,
    skip_if="you have written early stopping before, with ties.",
    hints=(
        "Go through the looks in order and remember the index of the best so far.",
        "Tuples compare from the left: (accuracy, -size).",
        "After look i, `i - best` looks in a row were no better.",
    ),
    reason="Stopping must decide with what was seen so far. A better look after the end is lost: "
    "that is the price of patience.",
    solution_code=_best_solution(),
    stub=_best_stub(),
    cases=(
        Case(([(0.7, 3), (0.9, 8), (0.8, 2)], 5), (1, 2), "Accuracy comes first."),
        Case(([(0.9, 8), (0.9, 5), (0.9, 6)], 5), (1, 2), "With equal accuracy the smaller wins."),
        Case(([(0.9, 5), (0.9, 5)], 5), (0, 1), "Of full equals the earlier stays."),
        Case(
            ([(0.5, 1), (0.4, 1), (0.4, 1), (0.9, 1)], 2),
            (0, 2),
            "Patience ran out before the better look: it was never taken.",
        ),
        Case(
            ([(0.5, 1), (0.4, 1), (0.6, 1), (0.5, 1), (0.7, 1)], 2),
            (4, 4),
            "A better look begins the count anew.",
        ),
        Case(([(0.5, 2)], 1), (0, 0), "One look is the best and the last."),
    ),
)

EXERCISES = (_STUCK, _IDEAL, _STRENGTH, _BEST)
