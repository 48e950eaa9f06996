"""Exercises on naming neurons: heat by lot, names and classes, shares of mass, written names."""

from __future__ import annotations

from nesylib.learn.build import Build, Case
from nesylib.learn.predict import Predict
from nesylib.learn.quiz import Option

_LOT = Predict(
    name="naming.lot",
    title="Random maps",
    task="""
    A neuron fires for bathrooms. You replace its heat-maps by random numbers, the same amount of
    heat everywhere on average, and name it by mass ratio from its top 10 pictures. In these, on
    average, a towel covers 2 % of the pixels, a mirror 3 %, a rug 9 % and a bathtub 12 %.
    """,
    difficulty=2,
    importance=5,
    minutes=3,
    skip_if="you can say which name a map without any meaning gives.",
    hints=(
        "How much of evenly spread heat falls into a mask?",
        "The share of the heat is the share of the pixels.",
    ),
    reason="A name appears whatever the map is. It is often a fair one, too, because the top "
    "pictures were chosen by the neuron, not by the map. So compare with random maps.",
    question="Which name does the neuron get?",
    options=(
        Option("None: random heat has no preference.", "It prefers what is large."),
        Option("Bathtub.", "Heat without a preference lies where the pixels are.", right=True),
        Option("Each object about equally often.", "A bathtub catches six times a towel's heat."),
        Option(
            "Mirror, the object that makes a bathroom.",
            "Nothing in the procedure knows what makes a bathroom.",
        ),
    ),
)

_CLASS = Predict(
    name="naming.class",
    title="A bed in every bedroom",
    task="""
    In your pictures every bedroom shows a bed, and no other room does. A neuron named *bed* is on
    in all pictures with a bed and off in all others: its AUC for *bed* is 1.
    """,
    difficulty=3,
    importance=5,
    minutes=4,
    skip_if="you know when a within-class comparison gives no answer.",
    hints=(
        "Is there a picture on which a bed detector and a bedroom detector differ?",
        "Compared within bedrooms, how many pictures have no bed?",
    ),
    reason="Where concept and class never come apart, no measurement on these pictures can tell "
    "them apart. It takes other pictures: a bedroom without a bed, or one with the bed covered.",
    question="What do these pictures tell about the name?",
    options=(
        Option("The name is right: its AUC is 1.", "So is the AUC of a bedroom detector."),
        Option(
            "The name is wrong: it is a bedroom detector.",
            "It may be one. It may as well be a bed detector.",
        ),
        Option(
            "They cannot decide between bed and bedroom.",
            "Both would be on in the same pictures.",
            right=True,
        ),
        Option(
            "The name is right if the within-class AUC is 1 as well.",
            "Within the class there is no pair to compare, so there is no such AUC.",
        ),
    ),
)


def _shares_stub():
    def shares(heat, mask, concepts):
        """Share of the upper half of the heat on each concept."""
        raise NotImplementedError

    return shares


def _shares_solution():
    def shares(heat, mask, concepts):
        cut = sorted(heat)[len(heat) // 2]
        kept = [h if h >= cut else 0 for h in heat]
        whole = sum(kept)
        if not whole:
            return None
        return [
            sum(h for h, m in zip(kept, mask, strict=True) if m == c + 1) / whole
            for c in range(concepts)
        ]

    return shares


_SHARES = Build(
    name="naming.shares",
    title="Where the heat lies",
    task="""
    Write `shares(heat, mask, concepts)`. `heat` is a list of pixels' heat, none below 0; `mask`
    says for each pixel which concept it shows: 0 is background, `c + 1` is concept `c`. Set to 0
    every pixel below the entry at place `len(heat) // 2` of the sorted heat, then return a list:
    for each concept the share of the heat that is left that lies on it. If no heat is left, return
    `None`.
    """,
    difficulty=2,
    importance=5,
    minutes=8,
    skip_if="you would divide by all heat that is left, the background's too.",
    hints=(
        "sorted(heat)[len(heat) // 2] is the cut; what equals it stays.",
        "Divide by the sum of all that is left, on concepts or not.",
    ),
    reason="Heat on the background lowers all shares of this picture alike, so a picture in which "
    "the neuron looks at nothing nameable counts less among the ten.",
    solution_code=_shares_solution(),
    stub=_shares_stub(),
    cases=(
        Case(
            ([6, 8, 1, 2], [1, 2, 1, 1], 2),
            [6 / 14, 8 / 14],
            "Sorted: 1, 2, 6, 8. The cut is 6: 1 and 2 are set to 0, what equals the cut stays.",
        ),
        Case(
            ([0, 0, 5, 5], [0, 0, 1, 0], 1),
            [0.5],
            "Half of the heat lies on the background, and the background counts in the whole.",
        ),
        Case(
            ([3, 3, 3, 3], [1, 2, 2, 0], 3),
            [0.25, 0.5, 0.0],
            "Even heat: the shares are those of the pixels. A concept that is nowhere has 0.",
        ),
        Case(([0, 0, 0, 0], [1, 1, 2, 2], 2), None, "No heat: there is nothing to divide by."),
    ),
)


def _written_stub():
    def written(names):
        """One predicate for each neuron: bed1_pillow1."""
        raise NotImplementedError

    return written


def _written_solution():
    def written(names):
        seen, texts = {}, []
        for concepts in names:
            parts = []
            for concept in concepts:
                seen[concept] = seen.get(concept, 0) + 1
                parts.append(f"{concept}{seen[concept]}")
            texts.append("_".join(parts) or None)
        return texts

    return written


_WRITTEN = Build(
    name="naming.written",
    title="bed1_pillow1",
    task="""
    Write `written(names)`. `names` holds a list of concepts for each neuron. Return one text for
    each: its concepts with running numbers, joined by `_`. Every concept counts for itself over
    all neurons, so the first neuron with a bed says `bed1`, the next `bed2`. A neuron without
    concepts gets `None`.
    """,
    difficulty=1,
    importance=3,
    minutes=6,
    skip_if="you see why no two neurons can get one text.",
    hints=(
        "Keep a dictionary from concept to how often it was written.",
        "It must outlive the single neuron.",
    ),
    reason="Two neurons with one name are two questions; a program that writes both as bed says "
    "something else than it computes.",
    solution_code=_written_solution(),
    stub=_written_stub(),
    cases=(
        Case(([["bed", "pillow"]],), ["bed1_pillow1"], "Each concept with its number."),
        Case(
            ([["bed"], ["bed"], ["pillow", "bed"]],),
            ["bed1", "bed2", "pillow1_bed3"],
            "The numbers run over all neurons, for each concept on its own.",
        ),
        Case(([["sink"], [], ["sink"]],), ["sink1", None, "sink2"], "No concepts: None."),
        Case(([],), [], "No neurons: no texts."),
    ),
)

EXERCISES = (_LOT, _CLASS, _SHARES, _WRITTEN)
