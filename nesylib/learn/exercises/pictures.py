"""Exercises of the chapter on pictures with known concepts: bits, groups, what a probe proves."""

from __future__ import annotations

from nesylib.learn.build import Build, Case
from nesylib.learn.predict import Predict
from nesylib.learn.quiz import Option

_BED = Predict(
    name="pictures.good_probe",
    title="A very good probe for beds",
    task="""
    In a set of five rooms every bedroom shows a bed, and no other room does. A network has been
    trained on the **labels of the rooms** alone. A linear probe on its features tells pictures with
    a bed from the others with an AUC of nearly 1.
    """,
    difficulty=3,
    importance=5,
    minutes=4,
    skip_if="you can say what a probe that knows only the class would reach.",
    hints=(
        "Suppose that the features held nothing but the class. How well could a probe find beds?",
        "What would have to differ between two bedrooms for the claim to be tested?",
    ),
    reason="A vector with nothing but the class in it predicts the bed just as well. Within the "
    "class nothing varies, so these pictures can't tell the two claims apart.",
    question="What does it prove?",
    options=(
        Option(
            "The network has a concept of a bed.",
            "Perhaps it has. But a vector that holds only the class would give the same number.",
        ),
        Option(
            "Nothing about beds: knowing the class is enough for the same AUC.",
            "Bed and bedroom always come together here, so the probe may have found either.",
            right=True,
        ),
        Option(
            "The network doesn't see beds, since it was never told of them.",
            "That doesn't follow either: a network may well learn beds in order to tell bedrooms.",
        ),
        Option(
            "The probe has memorised its training pictures.",
            "The AUC is measured on held-out pictures. The trouble is not with the probe but "
            "with what goes together in the pictures.",
        ),
    ),
)

_TRACKS = Predict(
    name="pictures.near_copies",
    title="Thirty frames of one sign",
    task="""
    Traffic signs are photographed from a moving car: about thirty frames of each physical sign, all
    alike. We deal the frames at random into a training and a test part and use the label of
    the **nearest** training picture as the answer.
    """,
    difficulty=2,
    importance=5,
    minutes=3,
    skip_if="you split by group without thinking.",
    hints=(
        "For a test frame, where is the nearest training picture likely to come from?",
        "What would happen if each physical sign had been given a random label?",
    ),
    reason="A near-copy of almost every test frame is in the training part. The accuracy measures "
    "how well frames are recognised, not signs: even random labels of the tracks would be found.",
    question="How does its accuracy compare with that on signs it has never met?",
    options=(
        Option(
            "It is too high: nearly every test frame has a near-copy in the training part.",
            "The nearest picture is another frame of the same sign, so its label is right.",
            right=True,
        ),
        Option(
            "It is about right, since no test picture is in the training part.",
            "Not the same file, but nearly the same picture.",
        ),
        Option(
            "It is too low, since there are fewer different signs to learn from.",
            "The training part holds frames of nearly all of them. New signs are the hard case.",
        ),
    ),
)


def _bits_stub():
    def visible(mask, concepts, share):
        """One truth value per concept: does it cover enough of the picture?"""
        raise NotImplementedError

    return visible


def _bits_solution():
    def visible(mask, concepts, share):
        pixels = [value for row in mask for value in row]
        return [pixels.count(k + 1) >= share * len(pixels) for k in range(concepts)]

    return visible


_ROOM = [[0, 0, 1, 1], [0, 3, 1, 1], [0, 0, 0, 0], [0, 0, 0, 0]]

_BITS = Build(
    name="pictures.visible",
    title="From a mask to bits",
    task="""
    A mask holds a number for every pixel: 0 is background, `k + 1` is concept k. Write
    `visible(mask, concepts, share)`: `mask` is a list of rows of numbers, `concepts` how many
    concepts there are. Return a list with one truth value per concept: `True` if it covers at least
    the given share of all pixels.

        visible([[0, 2], [0, 0]], 2, 0.25)   # [False, True]
    """,
    difficulty=1,
    importance=4,
    minutes=6,
    skip_if="you know where the number 0 in a mask would bite you.",
    hints=(
        "The share is one of all pixels: the number of rows times the length of a row.",
        "Concept k is written as k + 1 in the mask.",
        "`sum(row.count(k + 1) for row in mask) >= share * pixels`, for each k.",
    ),
    reason="The bit says that enough of the thing is seen, not that it is in the room: what is "
    "behind the wardrobe isn't among the facts.",
    solution_code=_bits_solution(),
    stub=_bits_stub(),
    cases=(
        Case(([[0, 2], [0, 0]], 2, 0.25), [False, True], "Concept k is written k + 1 in the mask."),
        Case((_ROOM, 3, 0.2), [True, False, False], "The share is one of all pixels."),
        Case(
            (_ROOM, 3, 0.0625),
            [True, False, True],
            "Exactly the share counts as visible: at least, not more than.",
        ),
        Case((_ROOM, 5, 0.01), [True, False, True, False, False], "One value for each concept."),
        Case(([[0, 0]], 2, 0.5), [False, False], "Background is no concept."),
    ),
)


def _within_stub():
    def auc_within(scores, bits, classes):
        """Mean AUC inside the classes where the bit varies, or None."""
        raise NotImplementedError

    return auc_within


def _within_solution():
    def auc_within(scores, bits, classes):
        found = []
        for label in sorted(set(classes)):
            rows = [(s, b) for s, b, c in zip(scores, bits, classes, strict=True) if c == label]
            high = [s for s, b in rows if b]
            low = [s for s, b in rows if not b]
            if high and low:
                won = sum((h > k) + (h == k) / 2 for h in high for k in low)
                found.append(won / (len(high) * len(low)))
        return round(sum(found) / len(found), 3) if found else None

    return auc_within


_WITHIN = Build(
    name="pictures.auc_within",
    title="The class cannot help here",
    task="""
    The AUC of a score is the share of pairs (one picture with the concept, one without) in which
    the picture with it has the higher score; a tie counts one half. Write
    `auc_within(scores, bits, classes)` for three lists of equal length: compute the AUC **inside
    each class** where the bit takes both values, and return the plain mean over these classes,
    rounded to three decimals. Return `None` if there is no such class.
    """,
    difficulty=3,
    importance=5,
    minutes=12,
    skip_if="you can say why the class alone reaches exactly one half here.",
    hints=(
        "Group the rows by class first, then forget the other classes.",
        "Inside a class: two lists of scores, with and without; compare every pair.",
        "A class where all bits are equal has no pairs: leave it out, don't count it as 0.",
    ),
    reason="Inside a class the class is constant. A score that knows nothing else ties everywhere "
    "and gets one half.",
    solution_code=_within_solution(),
    stub=_within_stub(),
    cases=(
        Case(
            ([0.9, 0.1, 0.8, 0.3], [True, False, True, False], ["a", "a", "b", "b"]),
            1.0,
            "In both classes the picture with the concept has the higher score.",
        ),
        Case(
            ([9, 9, 1, 1, 1], [True, False, True, False, False], ["a", "a", "b", "b", "b"]),
            0.5,
            "A score that knows only the class ties inside each class: one half.",
        ),
        Case(
            ([5, 6, 1, 2], [True, True, False, True], ["bed", "bed", "bath", "bath"]),
            1.0,
            "Where the bit does not vary there are no pairs; that class is left out.",
        ),
        Case(
            ([1, 2, 3, 0, 5], [True, False, False, True, False], ["a", "a", "a", "b", "b"]),
            0.0,
            "Higher scores without the concept: an AUC can be 0.",
        ),
        Case(
            (
                [3, 2, 1, 2, 3, 1],
                [True, False, False, True, False, False],
                ["a", "a", "a", "b", "b", "b"],
            ),
            0.75,
            "The plain mean over classes: 1.0 in a, 0.5 in b.",
        ),
        Case(([1, 2], [True, True], ["a", "b"]), None, "No class in which the bit varies."),
    ),
)

EXERCISES = (_BED, _TRACKS, _BITS, _WITHIN)
