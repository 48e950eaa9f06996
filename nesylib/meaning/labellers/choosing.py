"""From a score for every word to the few words that make a name."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def check_limits(least: float, margin: float, at_most: int) -> None:
    """Raise a ValueError for limits that :func:`best_words` could not keep."""
    if np.isnan(least) or np.isnan(margin) or at_most < 1:
        raise ValueError(
            f"least and margin must be numbers and at_most at least 1, got {least}, {margin} "
            f"and {at_most}"
        )


def best_words(
    scores: np.ndarray, words: Sequence[str], least: float, margin: float, at_most: int
) -> list[tuple[str, float]]:
    """The best word and those within ``margin`` of it, best first; none if all are below ``least``.

    Two scores may have one word: the better one counts.
    """
    lowest = max(scores.max() - margin, least)
    kept: dict[str, float] = {}
    for w in np.argsort(-scores, kind="stable"):
        if scores[w] < lowest or len(kept) == at_most:
            break
        kept.setdefault(words[w], float(scores[w]))
    return list(kept.items())
