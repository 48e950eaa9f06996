"""The best literal for telling some positive rows from some negative ones."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from .index import Index, segments
from .literals import Literal
from .magic_gini import ADMISSION, informative, magic_gini
from .trace import Candidate

COMPACT = 4  # sorting a cell costs about as much as passing over this many slots


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

    def rows(self) -> tuple[np.ndarray, np.ndarray]:
        """Row numbers of the positives and of the negatives."""
        return self.pos, self.neg

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
        slots, pos, neg = self._counted()
        candidates = candidate_counts(self.index, slots, pos, neg)
        scores = [self._scores(tp, fp) for tp, fp in candidates]
        if len(scores) == 2:  # a threshold must be a number that occurs
            absent = pos + neg == 0
            scores[0][absent] = scores[1][absent] = -np.inf
        for literal in used:
            slot, which = self.index.slot(literal)
            scores[which][slot if slots is None else slots == slot] = -np.inf
        tops = [int(np.argmax(s)) for s in scores]
        which = 0
        if len(tops) == 2:
            first, second = (s[top] for s, top in zip(scores, tops, strict=True))
            which = int(second > first or (second == first and tops[1] < tops[0]))
        top = tops[which]
        if scores[which][top] == -np.inf:
            return None
        tp, fp = (int(counts[top]) for counts in candidates[which])
        admissible = ADMISSION[admit](tp, self.n_pos - tp, fp, self.n_neg - fp)
        slot = top if slots is None else int(slots[top])
        return self.index.literal(slot, second=which == 1, complement=not admissible)

    def candidates(self, used: Iterable[Literal], admit: str = "accuracy") -> list[Candidate]:
        """Every literal that :meth:`best_literal` compares, in the order of ties, for a trace."""
        counts = candidate_counts(self.index, None, self.pos_counts, self.neg_counts)
        occurs = (self.pos_counts + self.neg_counts > 0).tolist()
        spoken_for = {self.index.slot(literal) for literal in used}
        found = []
        for slot, value in enumerate(self.index.values):
            for which in range(2 if type(value) is float else 1):
                if not occurs[slot] and value is not True:
                    continue
                tp, fp = (int(side[slot]) for side in counts[which])
                fn, tn = self.n_pos - tp, self.n_neg - fp
                literal = self.index.literal(slot, second=which == 1, complement=False)
                if not ADMISSION[admit](tp, fn, fp, tn):
                    literal, tp, fn, fp, tn = ~literal, fn, tp, tn, fp
                score = float(magic_gini(tp, fn, fp, tn))
                status = "open" if informative(tp, fn, fp, tn) else "useless"
                status = "used" if (slot, which) in spoken_for else status
                found.append(Candidate(literal, tp, fn, fp, tn, score, status))
        return found

    def _counted(self):
        """Slots with their counts on both sides: all of them (None), or few where rows are few."""
        known = self._pos_counts is not None and self._neg_counts is not None
        cells = (self.n_pos + self.n_neg) * self.index.codes.shape[1]
        if known or COMPACT * cells >= self.index.n_slots - len(self.index.bit_slots):
            return None, self.pos_counts, self.neg_counts
        slots, (pos, neg) = self.index.compact(self.pos, self.neg)
        return slots, pos, neg

    def _scores(self, tp: np.ndarray, fp: np.ndarray) -> np.ndarray:
        fn, tn = self.n_pos - tp, self.n_neg - fp
        return np.where(informative(tp, fn, fp, tn), magic_gini(tp, fn, fp, tn), -np.inf)


def candidate_counts(index: Index, slots, pos: np.ndarray, neg: np.ndarray) -> list[tuple]:
    """True positives and false positives of every slot's candidates, (tp, fp) for each.

    The first is ``==`` of a string or ``=<`` of a number, the second ``>`` of a number (and never
    chosen of a string: it holds of nothing). A literal and its complement have the same score and
    exactly one of them is admissible (both at a tie, where the plain one comes first), so
    counting the plain one is enough.
    """
    if not index.has_numbers:
        return [(pos, neg)]
    start, end = index.segments if slots is None else segments(index.slot_column[slots])
    is_number = index.is_number if slots is None else index.is_number[slots]
    first, second = [], []
    for counts in (pos, neg):
        running = np.cumsum(np.where(is_number, counts, 0))
        before = np.where(start > 0, running[start - 1], 0)
        first.append(np.where(is_number, running - before, counts))
        second.append(np.where(is_number, running[end] - running, 0))
    return [tuple(first), tuple(second)]
