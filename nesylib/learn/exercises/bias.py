"""Exercises on bias: what a neuron follows, reliance, which repair, a constraint on rules."""

from __future__ import annotations

from nesylib.learn.build import Build, Case
from nesylib.learn.predict import Predict
from nesylib.learn.quiz import Option

_SHIELD = Predict(
    name="bias.high_accuracy",
    title="Right for the wrong reason",
    task="""
    A program names rooms from two bits: *bed* and *red wall*. In the training pictures and in the
    held-out ones, 95 of 100 bedrooms have a red wall and 95 of 100 other rooms have none. The
    program has one rule: bedroom, if the wall is red. On held-out pictures it is right in 95 of
    100 cases.
    """,
    difficulty=1,
    importance=5,
    minutes=3,
    skip_if="you know what the same test says of a program that reads the bed.",
    hints=(
        "Does the held-out set hold pictures on which wall and bed disagree? How many?",
        "How right would the program be if every wall had the colour of another room?",
    ),
    reason="A held-out set from the same source shares the cue. Only pictures on which cue and "
    "class part can tell the two programs from each other.",
    question="What do the 95 of 100 say about the program's use of the wall?",
    options=(
        Option("It doesn't use the wall: it was right on pictures that were held out.",
               "Held-out pictures come from the same source, and there the wall is as red."),
        Option("Nothing: a program that reads only the bed could score about the same.",
               "Both are right where wall and class agree, and that is nearly everywhere here.",
               right=True),
        Option("It uses the wall: a program that reads only the bed would reach 100.",
               "It does use it, as its rule says. But a noisy bed bit could also give 95."),
        Option("It will be right in 95 of 100 rooms anywhere.",
               "With walls painted by lot, it is right where the colour happens to fit."),
    ),
)  # fmt: skip

_MIXED = Predict(
    name="bias.mixed_neuron",
    title="One neuron, two causes",
    task="""
    A neuron fires when the weighted sum of *toilet* and *blue wall* is large. It is the only
    neuron that tells bathrooms from other rooms. You find that it follows the wall, and you forbid
    every neuron that follows the wall.
    """,
    difficulty=2,
    importance=5,
    minutes=3,
    skip_if="you can say which repair changes what a neuron computes.",
    hints=(
        "What else did the neuron know?",
        "Which of the three repairs gives the rule learner another neuron to read?",
    ),
    reason="Editing and forbidding choose among the neurons that are there. When each mixes "
    "object and cue, the object goes with the cue, and only training can part them.",
    question="What happens to the rules?",
    options=(
        Option("They stop using the wall, and bathrooms are told as well as before.",
               "What told bathrooms is gone: it was the same neuron."),
        Option("They stop using the wall, and bathrooms are told worse than before.",
               "The toilet was known to this neuron only, and it left with the wall.",
               right=True),
        Option("Nothing: the learner finds the same neuron again.",
               "It is not among the columns that the learner is given any more."),
        Option("The neuron unlearns the wall.",
               "Forbidding changes the rules; the network stays as it is."),
    ),
)  # fmt: skip


def _follows_stub():
    def follows(neuron, cue, labels):
        """How much more often the neuron is on with the cue than without, within classes."""
        raise NotImplementedError

    return follows


def _follows_solution():
    def follows(neuron, cue, labels):
        steps = []
        for label in sorted(set(labels)):
            rows = [i for i, y in enumerate(labels) if y == label]
            on = [neuron[i] for i in rows if cue[i]]
            off = [neuron[i] for i in rows if not cue[i]]
            if on and off:
                steps.append(sum(on) / len(on) - sum(off) / len(off))
        return sum(steps) / len(steps) if steps else None

    return follows


_FOLLOWS = Build(
    name="bias.follows",
    title="Does the neuron follow the cue, or the class?",
    task="""
    Write `follows(neuron, cue, labels)` for three lists of equal length: is the neuron on, is the
    cue there, which class is it. For each class that has pictures with and without the cue, take
    the share of its pictures with the cue in which the neuron is on, less the share of its pictures
    without the cue in which it is on. Return the mean over these classes, signs kept, or `None`
    if there is no such class.
    """,
    difficulty=2,
    importance=5,
    minutes=8,
    skip_if="you know why the difference is taken within a class.",
    hints=(
        "Go through the classes one by one, and keep only their rows.",
        "Skip a class in which all pictures show the cue, or none does.",
        "Each class counts once, however many pictures it has.",
    ),
    reason="Over all classes at once, a neuron that knows the class would seem to follow every cue "
    "that goes along with the class.",
    solution_code=_follows_solution(),
    stub=_follows_stub(),
    cases=(
        Case(
            ([1, 1, 0, 0], [1, 1, 0, 0], ["a", "a", "b", "b"]),
            None,
            "Cue and class never part: what the neuron follows cannot be told.",
        ),
        Case(
            ([1, 1, 0, 0], [1, 0, 1, 0], ["a", "a", "b", "b"]),
            0.0,
            "It is on in class a, with the cue and without: it follows the class.",
        ),
        Case(
            ([1, 0, 1, 0], [1, 0, 1, 0], ["a", "a", "b", "b"]),
            1.0,
            "On exactly with the cue, in both classes.",
        ),
        Case(
            ([1, 0, 0, 1, 1, 1], [1, 1, 0, 1, 0, 1], ["a", "a", "a", "b", "b", "c"]),
            0.25,
            "One half in a, zero in b, and c says nothing: every picture of c shows the cue.",
        ),
        Case(
            ([0, 1, 1, 0], [1, 0, 1, 0], ["a", "a", "b", "b"]),
            0.0,
            "Off with the cue in a, on with it in b: the sign counts, and the mean is zero.",
        ),
    ),
)


def _violations_stub():
    def violations(rules, forbidden):
        """Pairs (rule, neuron) where a rule reads a forbidden neuron, also by its exceptions."""
        raise NotImplementedError

    return violations


def _violations_solution():
    def violations(rules, forbidden):
        def read(rule):
            return set(rule["reads"]).union(*map(read, rule["unless"]))

        return sorted(
            (number, neuron)
            for number, rule in enumerate(rules, 1)
            for neuron in read(rule) & set(forbidden)
        )

    return violations


_VIOLATIONS = Build(
    name="bias.violations",
    title="Who reads a forbidden neuron?",
    task="""
    A rule is a dictionary: `reads`, a list of neurons, and `unless`, a list of exceptions, which
    are dictionaries of the same form. Write `violations(rules, forbidden)`: a sorted list of pairs
    `(number, neuron)`, one for each forbidden neuron that rule `number` (from 1) reads in its body
    or in an exception at any depth. Each pair once.
    """,
    difficulty=3,
    importance=4,
    minutes=8,
    skip_if="you could write this in three lines of answer set programming.",
    hints=(
        "What an exception reads, the rule reads.",
        "A function that calls itself on the exceptions collects the neurons in a set.",
        "Sort the pairs at the end.",
    ),
    reason="An exception is a part of the rule above it. A check that looks at bodies only lets "
    "the cue back in as an exception.",
    solution_code=_violations_solution(),
    stub=_violations_stub(),
    cases=(
        Case(
            ([{"reads": [5, 2], "unless": []}, {"reads": [3], "unless": []}], [2, 7]),
            [(1, 2)],
            "Only rule 1 reads neuron 2, and nobody reads 7.",
        ),
        Case(
            ([{"reads": [1], "unless": [{"reads": [2], "unless": []}]}], [2]),
            [(1, 2)],
            "Rule 1 reads neuron 2 by its exception.",
        ),
        Case(
            (
                [
                    {
                        "reads": [2],
                        "unless": [
                            {"reads": [2, 9], "unless": [{"reads": [4], "unless": []}]},
                        ],
                    }
                ],
                [4, 2],
            ),
            [(1, 2), (1, 4)],
            "Neuron 2 is read twice and counts once; 4 stands in the exception of an exception.",
        ),
        Case(
            (
                [
                    {"reads": [9, 3], "unless": []},
                    {
                        "reads": [],
                        "unless": [
                            {
                                "reads": [1],
                                "unless": [
                                    {"reads": [2], "unless": [{"reads": [7], "unless": []}]},
                                ],
                            },
                        ],
                    },
                ],
                [7, 9, 3],
            ),
            [(1, 3), (1, 9), (2, 7)],
            "Any depth: 7 stands three exceptions down. The pairs are sorted.",
        ),
        Case(([{"reads": [1], "unless": []}], []), [], "Nothing is forbidden."),
    ),
)

EXERCISES = (_SHIELD, _MIXED, _FOLLOWS, _VIOLATIONS)
