"""Exercises on maps of symbols: what attention shows, and what it has to be compared with."""

from __future__ import annotations

from nesylib.learn.build import Build, Case
from nesylib.learn.predict import Predict
from nesylib.learn.quiz import Option

_KEPT = Predict(
    name="symbol_maps.kept",
    title="Nearly all patches gone",
    task="""
    A decoder spends 80 of every 100 parts of its attention on patches, the rest on [CLS]. You
    take away the tokens of nine patches of ten, those with the most attention first, and 82 of
    100 symbols stay what they were. The teacher computed all tokens from the whole picture.
    """,
    difficulty=3,
    importance=5,
    minutes=4,
    skip_if="you can say why a large weight need not be a large influence.",
    hints=(
        "Attention is the weight of a mean. What if most of the things in the mean are alike?",
        "What were [CLS] and the last tenth of the tokens computed from?",
    ),
    reason="A weight says how much of a value goes into the mean, not whether the value tells "
    "the symbol from its rivals. [CLS] and every single token saw the whole picture, so a few of "
    "them can be enough.",
    question="What follows?",
    options=(
        Option(
            "The removal was done wrong: 80 parts of the attention can't be without effect.",
            "They can: values that are alike in all pictures move the sum and not the choice.",
        ),
        Option(
            "Most of these symbols can do without what the map names: the rest is enough.",
            "To learn whether it is [CLS] or the last few tokens, take [CLS] away alone.",
            right=True,
        ),
        Option(
            "The symbols say nothing about the pictures.",
            "They may say a lot: what is left is about the whole picture, too.",
        ),
        Option(
            "The patches that are left, a tenth, hold the objects.",
            "Nobody looked. And a token's place does not tell what the token is about.",
        ),
    ),
)

_EVERYONE = Predict(
    name="symbol_maps.everyone",
    title="Very consistent indeed",
    task="""
    All maps of symbol 5 are alike: two of them have a correlation of 0.91 on average. A map of
    symbol 5 and one of another symbol at the same position have 0.90.
    """,
    difficulty=2,
    importance=5,
    minutes=3,
    skip_if="you never look at a consistency without its control.",
    hints=(
        "Does the correlation depend on which symbol was written?",
        "What would you get from a decoder that looks at the middle of every picture?",
    ),
    reason="Consistency is what maps of one symbol have in common beyond what maps of different "
    "symbols have. Here that is 0.01.",
    question="What do you say about symbol 5?",
    options=(
        Option(
            "It has found its region: 0.91 is nearly 1.",
            "So has every other symbol, and it is the same region.",
        ),
        Option(
            "Its maps depend on the position in the sequence, hardly on the symbol.",
            "The decoder looks at the same place, whatever it then writes.",
            right=True,
        ),
        Option(
            "It is consistent, and the other symbols are not.",
            "0.90 compares symbol 5 with the others: theirs look the same.",
        ),
        Option(
            "It is an average of all symbols.",
            "Nothing here says what symbol 5 means; only where the decoder looked.",
        ),
    ),
)


def _gain_stub():
    def gain(alike, symbols, v):
        """How much more alike maps of symbol v are to each other than to other maps."""
        raise NotImplementedError

    return gain


def _gain_solution():
    def gain(alike, symbols, v):
        n = len(symbols)
        pairs = [(a, b) for a in range(n) for b in range(a + 1, n)]
        within = [alike[a][b] for a, b in pairs if symbols[a] == symbols[b] == v]
        across = [alike[a][b] for a, b in pairs if (symbols[a] == v) != (symbols[b] == v)]
        return round(sum(within) / len(within) - sum(across) / len(across), 4)

    return gain


_FOUR = [
    [1.0, 0.8, 0.4, 0.2],
    [0.8, 1.0, 0.6, 0.0],
    [0.4, 0.6, 1.0, -0.4],
    [0.2, 0.0, -0.4, 1.0],
]
_GAIN = Build(
    name="symbol_maps.gain",
    title="More alike than what?",
    task="""
    Write `gain(alike, symbols, v)`. `alike[a][b]` is the correlation of the maps of pictures a and
    b, `symbols` tells which symbol each picture got. Return the mean over pairs of *different*
    pictures that both have symbol v, less the mean over pairs of which exactly one has it;
    rounded to four decimals. There is at least one pair of each kind.
    """,
    difficulty=2,
    importance=4,
    minutes=8,
    skip_if="you computed within and across in part 4 on your own.",
    hints=(
        "Go through the pairs with a < b.",
        "`(symbols[a] == v) != (symbols[b] == v)` is true when exactly one of them has it.",
    ),
    reason="A map is perfectly like itself, so a pair takes two pictures. And without `across`, a "
    "decoder that always looks at the middle would score best.",
    solution_code=_gain_solution(),
    stub=_gain_stub(),
    cases=(
        Case(
            (_FOUR, [5, 5, 7, 7], 5),
            0.5,
            "Within: 0.8, the one pair of fives. Across: the mean of 0.4, 0.2, 0.6 and 0.0.",
        ),
        Case(
            (_FOUR, [5, 5, 7, 7], 7),
            -0.7,
            "Two sevens have -0.4; a seven and a five 0.3 on average. A gain may be negative.",
        ),
        Case(
            (_FOUR, [1, 2, 1, 3], 1),
            0.1,
            "A pair of a 2 and a 3 (0.0) has no 1 in it and belongs to neither mean.",
        ),
    ),
)


def _surplus_stub():
    def surplus(weights, shows):
        """Share of a map on an object, beyond the object's area."""
        raise NotImplementedError

    return surplus


def _surplus_solution():
    def surplus(weights, shows):
        on_it = sum(w for w, there in zip(weights, shows, strict=True) if there)
        return round(on_it / sum(weights) - sum(shows) / len(shows), 4)

    return surplus


_SURPLUS = Build(
    name="symbol_maps.surplus",
    title="Does it look at the bed, or is the bed large?",
    task="""
    Write `surplus(weights, shows)`. `weights` are the attention weights of the patches, which need
    not sum to 1, because [CLS] got some; `shows` tells of each patch whether it shows the object.
    Return the share of the map that lies on the object, less the share of the patches that show
    it; rounded to four decimals.
    """,
    difficulty=2,
    importance=4,
    minutes=6,
    skip_if="you know what an even map would get.",
    hints=(
        "Divide by the sum of the weights, not by 1.",
        "`sum(shows)` counts the patches that show it.",
    ),
    reason="A map that is the same everywhere lies on each object with just its area: surplus 0.",
    solution_code=_surplus_solution(),
    stub=_surplus_stub(),
    cases=(
        Case(
            ([0.1, 0.1, 0.1, 0.1], [True, True, True, False]),
            0.0,
            "An even map has no opinion, however large the object is.",
        ),
        Case(
            ([0.4, 0.1, 0.1, 0.2], [True, False, False, False]),
            0.25,
            "Of 0.8 that went to patches, 0.4 is half; the object fills a quarter.",
        ),
        Case(
            ([0.0, 0.3, 0.0, 0.1], [True, False, True, False]),
            -0.5,
            "It looks past an object that fills half of the picture.",
        ),
    ),
)

EXERCISES = (_KEPT, _EVERYONE, _GAIN, _SURPLUS)
