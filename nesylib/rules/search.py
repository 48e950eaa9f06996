"""The best literal for telling some positive rows from some negative ones."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from .index import Index
from .literals import Literal
from .magic_gini import ADMISSION, informative, magic_gini


class Examples:
    """Positive and negative rows of a table, with their counts.

    Parameters
    ----------
    index : Index
    pos, neg : (P,) and (N,) int arrays of row numbers
    pos_counts, neg_counts : (n_slots,) int arrays, optional
        Counts of the slots on those rows when they are known already: subtracting the rows that
        left costs less than counting again.
    """

    def __init__(self, index: Index, pos, neg, pos_counts=None, neg_counts=None) -> None:
        self.index, self.pos, self.neg = index, pos, neg
        self._pos_counts, self._neg_counts = pos_counts, neg_counts

    @property
    def n_pos(self) -> int:
        return len(self.pos)

    @property
    def n_neg(self) -> int:
        return len(self.neg)

    @property
    def pos_counts(self) -> np.ndarray:
        if self._pos_counts is None:
            self._pos_counts = self.index.counts(self.pos)
        return self._pos_counts

    @property
    def neg_counts(self) -> np.ndarray:
        if self._neg_counts is None:
            self._neg_counts = self.index.counts(self.neg)
        return self._neg_counts

    def keep(self, literal: Literal) -> Examples:
        """The examples on which the literal holds."""
        keep = self.index.keep
        return Examples(self.index, keep(literal, self.pos), keep(literal, self.neg))

    def swapped(self) -> Examples:
        """The same rows with the sides exchanged, as an exception sees them."""
        return Examples(self.index, self.neg, self.pos, self._neg_counts, self._pos_counts)

    def without(self, covered: np.ndarray) -> Examples:
        """The examples left when the positives marked in ``covered`` (P,) bool are gone."""
        gone = self.pos[covered]
        left = Examples(self.index, self.pos[~covered], self.neg, None, self._neg_counts)
        if self._pos_counts is not None and 2 * len(gone) < len(self.pos):
            left._pos_counts = self._pos_counts - self.index.counts(gone)
        return left

    def best_literal(self, used: Iterable[Literal], admit: str = "accuracy") -> Literal | None:
        """The admissible literal with the best score, the first of equals; None without one.

        Parameters
        ----------
        used : literals of this rule and of the rules around it; they and their complements are
            not asked again.
        admit : name of the admission rule, see :mod:`nesylib.rules.magic_gini`.
        """
        index, pos, neg = self.index, self.pos_counts, self.neg_counts
        first, second = candidate_counts(index, pos, neg)
        scores = [self._scores(*tp_fp, seen=pos + neg > 0) for tp_fp in (first, second)]
        scores[1] = np.where(index.is_number, scores[1], -np.inf)
        for literal in used:
            known = index.slot(literal)
            if known is not None:
                scores[known[1]][known[0]] = -np.inf
        slots = [int(np.argmax(s)) for s in scores]
        best = [s[i] for s, i in zip(scores, slots, strict=True)]
        if max(best) == -np.inf:
            return None
        later = bool(best[1] > best[0] or (best[1] == best[0] and slots[1] < slots[0]))
        slot = slots[later]
        tp, fp = (int(c[slot]) for c in (first, second)[later])
        admissible = ADMISSION[admit](tp, self.n_pos - tp, fp, self.n_neg - fp)
        return index.literal(slot, second=later, complement=not admissible)

    def _scores(self, tp: np.ndarray, fp: np.ndarray, seen: np.ndarray) -> np.ndarray:
        fn, tn = self.n_pos - tp, self.n_neg - fp
        useful = informative(tp, fn, fp, tn) & seen
        return np.where(useful, magic_gini(tp, fn, fp, tn), -np.inf)


def candidate_counts(index: Index, pos: np.ndarray, neg: np.ndarray):
    """True positives and false positives of every slot's first and second candidate.

    The first is ``==`` of a string or ``=<`` of a number, the second ``>`` of a number. A literal
    and its complement have the same score and exactly one of them is admissible (both at a tie,
    where the plain one comes first), so counting the plain one is enough.
    """
    if not index.is_number.any():
        return (pos, neg), (pos, neg)
    first, second = [], []
    for counts in (pos, neg):
        numbers = np.where(index.is_number, counts, 0)
        running = np.cumsum(numbers)
        start, end = index.segments
        before = np.where(start > 0, running[start - 1], 0)
        first.append(np.where(index.is_number, running - before, counts))
        second.append(running[end] - running)
    return tuple(first), tuple(second)
