"""Many classes: one rule after another for the class most frequent among the rows still alive.

The scheme is FOLD-RM's (Wang, Shakerin & Gupta) around FOLD-SE's ``learn_rule``. What FOLD-SE-M
does exactly where the two differ is not published, so both forms below are choices of ours.

``published``  a literal is admitted by accuracy, and the first rule that covers too little ends
               the learning, with whatever classes are left.
``repaired``   a literal is admitted by odds, a class that can't be covered is retired and the next
               one takes its turn, and what is left at the end gives the program its default.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .index import Index
from .learner import Settings, learn_rule
from .literals import Literal
from .program import Rule
from .search import Examples
from .trace import Trace

SCHEMES = ("repaired", "published")
DEFAULT_TAIL = 0.005
TABLE_LIMIT = 10**8  # counts, 800 MB


def default_tail(n_classes: int) -> float:
    """0.005, and less for more than ten classes: 0.05 divided by their number.

    A class of average size then has room for twenty rules, whatever the number of classes.
    """
    return min(DEFAULT_TAIL, 0.05 / n_classes)


class Alive:
    """The rows no rule has covered yet, with their counts per class and slot.

    Attributes
    ----------
    classes : (N,) int array, the class of every row
    alive : (N,) bool
    sizes : (C,) rows alive per class
    counts : (C, n_slots) int64, kept up to date by subtracting the rows that leave; None where
        classes and distinct values are so many that counting again is the lesser evil
    """

    def __init__(self, index: Index, classes: np.ndarray, n_classes: int) -> None:
        self.index, self.classes = index, classes
        self.alive = np.ones(len(classes), bool)
        self.sizes = np.bincount(classes, minlength=n_classes)
        self.counts = self.total = None
        if n_classes * index.n_slots <= TABLE_LIMIT:
            by_class = np.argsort(classes, kind="stable")
            rows = np.split(by_class, np.cumsum(self.sizes)[:-1])
            self.counts = np.stack([index.counts(r) for r in rows])
            self.total = self.counts.sum(axis=0)
        self._last: tuple[Literal | None, np.ndarray | None] = (None, None)

    def where(self, literal: Literal) -> np.ndarray:
        """The living rows on which a literal holds; the last answer is remembered."""
        if self._last[0] != literal:
            self._last = literal, np.flatnonzero(self.alive & self.index.truth(literal))
        return self._last[1]

    def covered(self, rule: Rule) -> np.ndarray:
        """The living rows, of any class, on which the rule fires; none for an empty body."""
        if not rule.body:
            return np.zeros(0, np.intp)
        rows = self.where(rule.body[0])
        return rows[rule.fires(self.index, rows)]

    def remove(self, rows: np.ndarray) -> None:
        """These rows are covered."""
        self.alive[rows] = False
        sizes = np.bincount(self.classes[rows], minlength=len(self.sizes))
        self.sizes -= sizes
        if self.counts is not None:
            most = int(np.argmax(sizes))  # nearly all of them: counted together, not one by one
            is_most = self.classes[rows] == most
            others = rows[~is_most]
            counts = self.index.counts(rows[is_most])
            self.counts[most] -= counts
            self.index.subtract(self.counts, self.classes, others)
            self.total -= counts + self.index.counts(others)
        self._last = None, None


class OneAgainstRest(Examples):
    """A class against all others: the first literal comes from counts alone, without any row."""

    def __init__(self, alive: Alive, target: int) -> None:
        self.alive, self.target = alive, target
        if alive.counts is not None:
            pos_counts = alive.counts[target]
            super().__init__(alive.index, None, None, pos_counts, alive.total - pos_counts)
        else:
            super().__init__(alive.index, *self.rows())

    @property
    def n_pos(self) -> int:
        return int(self.alive.sizes[self.target])

    @property
    def n_neg(self) -> int:
        return int(self.alive.sizes.sum()) - self.n_pos

    def rows(self) -> tuple[np.ndarray, np.ndarray]:
        rows = np.flatnonzero(self.alive.alive)
        is_target = self.alive.classes[rows] == self.target
        return rows[is_target], rows[~is_target]

    def keep(self, literal: Literal) -> Examples:
        rows = self.alive.where(literal)
        is_target = self.alive.classes[rows] == self.target
        return Examples(self.index, rows[is_target], rows[~is_target])


def learn_list(
    index: Index,
    classes: np.ndarray,
    n_classes: int,
    settings: Settings,
    scheme: str,
    trace: Trace | None = None,
) -> tuple[list[tuple[int, Rule]], int | None]:
    """The rules, each with its class, and the default class (None: rows may stay unanswered)."""
    alive = Alive(index, classes, n_classes)
    at_start = alive.sizes.copy()
    retired = np.zeros(n_classes, bool)
    rules: list[tuple[int, Rule]] = []
    while np.count_nonzero(alive.sizes) > 1:
        wanted = np.where(retired, 0, alive.sizes)
        if not wanted.any():
            break
        target = int(np.argmax(wanted))
        examples = OneAgainstRest(alive, target)
        if trace is not None:
            trace.turn(target, examples)
        rule = learn_rule(examples, (), settings, trace)
        covered = alive.covered(rule)
        hits = np.count_nonzero(classes[covered] == target)
        enough = hits > 0 and hits >= settings.min_cover
        if trace is not None:
            refused = "drop" if scheme == "published" else "retire"
            trace.judge("keep" if enough else refused, rule, examples, covered)
        if not enough:
            if scheme == "published":
                return rules, None
            retired[target] = True
            continue
        rules.append((target, rule))
        alive.remove(covered)
    return rules, int(np.argmax(alive.sizes if alive.sizes.any() else at_start))


def with_labels(rules: list[tuple[int, Rule]], labels: list) -> tuple[Rule, ...]:
    return tuple(replace(rule, label=labels[target]) for target, rule in rules)
