"""Exercises on the symbol decoder: who asks whom, who sees whom, and what is computed."""

from __future__ import annotations

from math import exp

from nesylib.learn.build import Build, Case
from nesylib.learn.predict import Predict
from nesylib.learn.quiz import Option

_WHOSE_QUERY = Predict(
    name="symbol_decoder.whose_query",
    title="Who asks, who answers?",
    task="""
    A decoder writes 8 symbols about a picture of 65 tokens. In its cross-attention, weights
    are computed from queries and keys.
    """,
    difficulty=1,
    importance=5,
    minutes=3,
    skip_if="you can say where q, k and v come from in self-attention and in cross-attention.",
    hints=(
        "The one who asks has one row of weights. A map is one row for each symbol.",
        "Weights sum to 1 over what is looked at. What does the decoder look at?",
    ),
    reason="Queries come from the states of the symbols, keys and values from the tokens. A row "
    "is one symbol's map over the picture and sums to 1.",
    question="What shape do the weights of one head have, and what sums to 1?",
    options=(
        Option(
            "8 x 65; each row, one symbol's weights over the tokens, sums to 1.",
            "Symbols ask, tokens answer.",
            right=True,
        ),
        Option(
            "65 x 8; each row, one token's weights over the symbols, sums to 1.",
            "Then the tokens would ask and the symbols answer: the picture would read the text.",
        ),
        Option(
            "65 x 65; tokens ask tokens.",
            "That is the teacher's self-attention. Both sides are tokens there.",
        ),
        Option(
            "8 x 8; symbols ask symbols.",
            "That is the decoder's self-attention, the other half of the block.",
        ),
    ),
)

_WHO_CHANGES = Predict(
    name="symbol_decoder.who_changes",
    title="Another third query",
    task="""
    A trained student writes 8 symbols, one after the other. You replace the learned query of
    position 3 and write again about the same picture.
    """,
    difficulty=2,
    importance=4,
    minutes=4,
    skip_if="you can draw the causal mask and say what flows through it.",
    hints=(
        "Position 2 attends to positions 1 and 2. Does it see the query of position 3?",
        "Position 4 attends to position 3, and is told which symbol stands there.",
    ),
    reason="Nothing flows backwards: symbols 1 and 2 are the same, to the last bit. Symbol 3 may "
    "change, and so may all later ones, which see position 3.",
    question="Which symbols can change?",
    options=(
        Option(
            "Only the third.",
            "Later positions attend to the third, and read the symbol that it wrote.",
        ),
        Option(
            "The third and all after it.",
            "That is what a causal mask says, and what makes a prefix mean something.",
            right=True,
        ),
        Option(
            "All eight: the weights are shared.",
            "Weights are shared, queries aren't, and the mask hides position 3 from 1 and 2.",
        ),
        Option(
            "The third and the fourth: each is told the symbol before it.",
            "Self-attention reaches further back than one position.",
        ),
    ),
)


def _causal_stub():
    def causal_weights(scores):
        """Weights of attention in which position i sees positions up to i."""
        raise NotImplementedError

    return causal_weights


def _causal_solution():
    def causal_weights(scores):
        rows = []
        for i, row in enumerate(scores):
            raised = [exp(s) if j <= i else 0.0 for j, s in enumerate(row)]
            rows.append([round(r / sum(raised), 4) for r in raised])
        return rows

    return causal_weights


_CAUSAL = Build(
    name="symbol_decoder.causal",
    title="A causal softmax",
    task="""
    Write `causal_weights(scores)`: a square list of lists, `scores[i][j]` for query i and key j.
    Return the weights, rounded to four decimals: a softmax over each row in which position i
    sees positions 0 to i, and all later ones have weight 0.
    """,
    difficulty=2,
    importance=5,
    minutes=8,
    skip_if="you built `own` in part 3 and know why the mask comes before the softmax.",
    hints=(
        "`math.exp` of the scores that are seen, 0.0 for the others; then divide by the sum.",
        "In row i the columns j with j > i are the later ones.",
    ),
    reason="Masking before the softmax lets the weights that are left sum to 1. Setting weights to "
    "0 after a softmax over all would leave part of the attention with what must not be seen.",
    solution_code=_causal_solution(),
    stub=_causal_stub(),
    cases=(
        Case(
            ([[0.0, 0.0], [0.0, 0.0]],),
            [[1.0, 0.0], [0.5, 0.5]],
            "The first position sees only itself, so all its weight is there.",
        ),
        Case(
            ([[3.0, 9.0], [1.0, 1.0]],),
            [[1.0, 0.0], [0.5, 0.5]],
            "A high score of a later position must not count: 9.0 is hidden, and 3.0 gets all.",
        ),
        Case(
            ([[0.0, 5.0, 5.0], [1.0, 0.0, 5.0], [0.0, 0.0, 0.0]],),
            [[1.0, 0.0, 0.0], [0.7311, 0.2689, 0.0], [0.3333, 0.3333, 0.3333]],
            "The second row is a softmax over its first two scores; the last row sees all three.",
        ),
        Case(([[7.0]],), [[1.0]], "One position alone sees itself."),
    ),
)


def _work_stub():
    def keys_computed(length, tokens, kept):
        """Keys that one block computes while it writes: (of symbols, of tokens)."""
        raise NotImplementedError

    return keys_computed


def _work_solution():
    def keys_computed(length, tokens, kept):
        if kept:
            return length, tokens
        return length * (length + 1) // 2, length * tokens

    return keys_computed


_WORK = Build(
    name="symbol_decoder.work",
    title="What is computed",
    task="""
    Write `keys_computed(length, tokens, kept)`: how many keys one block of the decoder computes
    while it writes `length` symbols, one after the other, about a picture of `tokens` tokens.
    Return `(of symbols, of tokens)`. With `kept=False` every step runs over all positions so
    far and projects all tokens anew; with `kept=True` nothing is computed twice.
    """,
    difficulty=2,
    importance=3,
    minutes=6,
    skip_if="you can say why step 5 without a cache costs five positions.",
    hints=(
        "Step j without keeping runs over j positions: 1 + 2 + ... + length.",
        "The tokens do not change while symbols are written. How often must they be projected?",
    ),
    reason="Without keeping, the work on the symbols grows with the square of the length and "
    "the tokens are projected once a step; with keeping, both once.",
    solution_code=_work_solution(),
    stub=_work_stub(),
    cases=(
        Case((1, 65, False), (1, 65), "One symbol: there is nothing to keep yet."),
        Case((1, 65, True), (1, 65), "One symbol: keeping saves nothing."),
        Case((4, 10, False), (10, 40), "1 + 2 + 3 + 4 positions, and the tokens four times."),
        Case((4, 10, True), (4, 10), "Each symbol once, and the tokens once for all four."),
        Case((8, 197, False), (36, 1576), "As many symbols as in the paper, and 197 tokens."),
    ),
)

EXERCISES = (_WHOSE_QUERY, _WHO_CHANGES, _CAUSAL, _WORK)
