"""Exercises of the chapter on Vision Transformers: patches, attention, order, cost."""

from __future__ import annotations

import math

from nesylib.learn.build import Build, Case
from nesylib.learn.predict import Predict
from nesylib.learn.quiz import Option

_SHUFFLED = Predict(
    name="vit.shuffled",
    title="A picture in 64 pieces",
    task="""
    A ViT reads each patch with one matrix, adds position embeddings, and runs four blocks. We give
    it a picture, and the same picture with its 64 patches in another order. The position
    embeddings are **left out** in both cases.
    """,
    difficulty=2,
    importance=5,
    minutes=3,
    skip_if="you can say what permutation equivariant means.",
    hints=(
        "Where in attention, in the layer norm or in the Mlp does the index of a token appear?",
        "A weighted mean over a set doesn't depend on the order in which the set is written down.",
    ),
    reason="Attention compares contents, all else treats tokens one by one. So the patch tokens "
    "move with their patches, and [CLS], which doesn't move, stays as it is.",
    question="What comes out of the last block for the shuffled picture?",
    options=(
        Option(
            "Another [CLS] and other patch tokens: the network has never seen such a picture.",
            "Whether it has seen it doesn't matter: without positions both pictures are the same "
            "set of tokens.",
        ),
        Option(
            "The same [CLS], and the same patch tokens in the new order.",
            "[CLS] collects a weighted mean over a set, and a set has no order.",
            right=True,
        ),
        Option(
            "The same [CLS], and the same patch tokens in the old order.",
            "A patch token starts from its own patch and ends as what that patch has become. "
            "If the patch moves, its token moves with it.",
        ),
        Option(
            "The same patch tokens, but another [CLS].",
            "[CLS] is computed from the patch tokens alone, and by a mean that has no order.",
        ),
    ),
)

_TWICE = Predict(
    name="vit.twice_the_side",
    title="Twice the side",
    task="""
    A ViT with 16 x 16 patches gets pictures of 448 pixels a side instead of 224. Patch size, width,
    heads and blocks stay as they are; the position embeddings are resampled.
    """,
    difficulty=2,
    importance=4,
    minutes=3,
    skip_if="you know why attention is called quadratic.",
    hints=(
        "Count the tokens first: 224 / 16 = 14 patches a side.",
        "Each head of each block has one weight for every pair of tokens.",
    ),
    reason="197 tokens become 785: four times as many, give or take [CLS]. Pairs of tokens become "
    "nearly sixteen times as many.",
    question="How many attention weights does a head compute now, compared with before?",
    options=(
        Option("Twice as many", "The side is doubled, but patches fill an area."),
        Option(
            "Four times as many",
            "That is the number of tokens. A weight belongs to a pair of tokens.",
        ),
        Option(
            "Nearly sixteen times as many",
            "Four times the tokens, squared.",
            right=True,
        ),
        Option(
            "As many as before, since the weights of the network are the same",
            "The matrices for query, key and value stay; attention weights are computed from "
            "the picture, one for each pair of tokens.",
        ),
    ),
)


def _patches_stub():
    def to_patches(picture, side):
        """The patches of a picture, row by row, each as one flat list."""
        raise NotImplementedError

    return to_patches


def _patches_solution():
    def to_patches(picture, side):
        height, width = len(picture), len(picture[0])
        if height % side or width % side:
            raise ValueError(f"{height} x {width} does not divide into patches of {side}")
        return [
            [picture[top + i][left + j] for i in range(side) for j in range(side)]
            for top in range(0, height, side)
            for left in range(0, width, side)
        ]

    return to_patches


_FOUR = [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12], [13, 14, 15, 16]]

_PATCHES = Build(
    name="vit.patches",
    title="Cut a picture into patches",
    task="""
    Write `to_patches(picture, side)`. `picture` is a grey picture as a list of rows, each a list of
    numbers. Return a list of patches in reading order (left to right, then down), each as one flat
    list of `side * side` numbers, again in reading order. Raise a `ValueError` if the picture does
    not divide into such patches.

        to_patches([[1, 2], [3, 4]], 1)   # [[1], [2], [3], [4]]
    """,
    difficulty=2,
    importance=4,
    minutes=8,
    skip_if="you can write the reshape and permute of part 1 without looking.",
    hints=(
        "Two loops walk over the corners of the patches: `range(0, height, side)` for the rows, "
        "the same with the width inside.",
        "Within a patch, two more loops: rows first, then columns.",
        "Check `height % side` and `width % side` before anything else.",
    ),
    reason="With tensors the four loops are one reshape into (rows, side, columns, side), a "
    "permute that puts the two sides last, and one more reshape.",
    solution_code=_patches_solution(),
    stub=_patches_stub(),
    cases=(
        Case(
            (_FOUR, 2),
            [[1, 2, 5, 6], [3, 4, 7, 8], [9, 10, 13, 14], [11, 12, 15, 16]],
            "A patch is a square, not a stretch of a row; the second patch is to the right.",
        ),
        Case(
            ([[1, 2, 3, 4], [5, 6, 7, 8]], 2),
            [[1, 2, 5, 6], [3, 4, 7, 8]],
            "The picture need not be square.",
        ),
        Case((_FOUR, 4), [[*range(1, 17)]], "One patch can be the whole picture."),
        Case(([[1, 2], [3, 4]], 1), [[1], [2], [3], [4]], "A patch of one pixel is a list, too."),
        Case((_FOUR, 3), raises=ValueError, why="4 is no multiple of 3: nothing may be cut off."),
        Case(
            ([[1, 2, 3], [4, 5, 6]], 2),
            raises=ValueError,
            why="The height divides, the width does not. Both must.",
        ),
    ),
)


def _collect_stub():
    def collected_by(query, keys, values):
        """The weighted mean of the values, rounded to three decimals."""
        raise NotImplementedError

    return collected_by


def _collect_solution():
    def collected_by(query, keys, values):
        match = [sum(q * k for q, k in zip(query, key, strict=True)) for key in keys]
        match = [m / math.sqrt(len(query)) for m in match]
        top = max(match)  # the same weights, and no overflow
        weights = [math.exp(m - top) for m in match]
        total = sum(weights)
        return [
            round(sum(w / total * v[i] for w, v in zip(weights, values, strict=True)), 3)
            for i in range(len(values[0]))
        ]

    return collected_by


_COLLECT = Build(
    name="vit.collect",
    title="What one token collects",
    task="""
    Write `collected_by(query, keys, values)` for one token and one head. `query` is a list of d
    numbers; `keys` and `values` hold a list of numbers for each token that can be listened to.
    Return the weighted mean of the values, each number rounded to three decimals. The weights are
    softmax(query times key / sqrt(d)), over the tokens. Pure Python or NumPy; return a list.

        collected_by([0.0, 0.0], [[1.0, 0.0], [0.0, 1.0]], [[2.0], [4.0]])   # [3.0]
    """,
    difficulty=3,
    importance=5,
    minutes=10,
    skip_if="you have written attention before and know why the maximum is subtracted.",
    hints=(
        "First a match for each token: the sum of query times key, divided by sqrt(d).",
        "Then weights: exp(match), divided by their sum. Large matches overflow: subtract the "
        "largest match from all of them before exp, which changes no weight.",
        "Then, for each column of the values, the sum of weight times value.",
    ),
    reason="A row of the matrix A is such a list of weights; A V does this for all tokens at once.",
    solution_code=_collect_solution(),
    stub=_collect_stub(),
    cases=(
        Case(
            ([0.0, 0.0], [[1.0, 0.0], [0.0, 1.0]], [[2.0], [4.0]]),
            [3.0],
            "A query of zeros matches all alike: the plain mean.",
        ),
        Case(
            ([2.0, 0.0, 0.0, 0.0], [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]], [[1.0], [0.0]]),
            [0.731],
            "Divide by the square root of d, the number of entries of a query (here 4), before "
            "the softmax.",
        ),
        Case(
            ([4.0], [[1.0], [1.0], [1.0]], [[1.0, 0.0], [0.0, 1.0], [2.0, 2.0]]),
            [1.0, 1.0],
            "Equal keys get equal weights, which sum to 1, whatever the match; every column of "
            "the values is averaged.",
        ),
        Case(
            ([900.0], [[1.0], [0.0]], [[5.0], [7.0]]),
            [5.0],
            "exp(900) is too large for a float: subtract the largest match first.",
        ),
    ),
)

EXERCISES = (_SHUFFLED, _TWICE, _PATCHES, _COLLECT)
