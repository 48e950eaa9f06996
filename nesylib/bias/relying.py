"""The test that needs no reading: what happens to the answers when only the cue changes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nesylib.bias._checks import one_each
from nesylib.concepts._checks import same_kind


@dataclass(frozen=True)
class Reliance:
    """Answers for the same pictures with two different cues, compared.

    Attributes
    ----------
    flips : float
        Share of pictures that get another answer when only the cue changes: reliance on the cue.
    pulled : float
        Share whose answer flips to the very class that the new cue stands for. NaN when it was
        not said what the cue stands for.
    pairs : int
        Pictures compared.
    """

    flips: float
    pulled: float
    pairs: int

    def __str__(self) -> str:
        pulled = "" if np.isnan(self.pulled) else f", {self.pulled:.1%} to the cue's class"
        return f"{self.flips:.1%} of {self.pairs} answers flip with the cue{pulled}"


def reliance(before, after, cue_after=None) -> Reliance:
    """How far answers depend on a cue.

    Parameters
    ----------
    before, after : (N,)
        Answers for the same pictures, with one cue and with another. None (no rule fired) is an
        answer like any other.
    cue_after : (N,), optional
        The class that the second cue stands for, in the words of the answers.

    Raises
    ------
    ValueError
        For no pictures, different numbers of them, NaN, or names held against numbers.
    """
    before = np.asarray(before, dtype=object)
    if before.ndim != 1 or not len(before):
        raise ValueError(f"answers must be a list with one for each picture, got {before.shape}")
    before = one_each(before, len(before), "answers")
    after = one_each(np.asarray(after, dtype=object), len(before), "answers with the other cue")
    same_kind(before, after, "the answers", "those with the other cue")
    flips = np.array([a != b for a, b in zip(before.tolist(), after.tolist(), strict=True)])
    pulled = float("nan")
    if cue_after is not None:
        cue = one_each(np.asarray(cue_after, dtype=object), len(before), "cues")
        same_kind(after, cue, "the answers", "cue_after")
        same = np.array([a == c for a, c in zip(after.tolist(), cue.tolist(), strict=True)])
        pulled = float(np.mean(flips & same))
    return Reliance(float(flips.mean()), pulled, len(before))
