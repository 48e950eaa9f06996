"""Many classes: one rule after another for the class most frequent among the rows still alive.

The scheme is FOLD-RM's (Wang, Shakerin & Gupta) around FOLD-SE's ``learn_rule``. What FOLD-SE-M
does exactly where the two differ is not published, so both forms below are choices of ours.

``published``  a literal is admitted by accuracy, and the first rule that covers too little ends
               the learning, with whatever classes are left.
``repaired``   a literal is admitted by odds, a class that can't be covered is retired and the next
               one takes its turn, and what is left at the end gives the program its default.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from .index import Index
from .learner import Settings, learn_rule
from .program import Rule
from .search import Examples

SCHEMES = ("repaired", "published")
DEFAULT_TAIL = 0.005


def default_tail(n_classes: int) -> float:
    """0.005, and less for more than ten classes: 0.05 divided by their number.

    A class of average size then has room for twenty rules, whatever the number of classes.
    """
    return min(DEFAULT_TAIL, 0.05 / n_classes)


@dataclass
class Alive:
    """The rows no rule has covered yet, with their counts per class and slot.

    Attributes
    ----------
    classes : (N,) int array, the class of every row
    alive : (N,) bool
    sizes : (C,) rows alive per class
    counts : (C, n_slots) int64
    """

    index: Index
    classes: np.ndarray
    sizes: np.ndarray
    alive: np.ndarray = field(init=False)
    counts: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.alive = np.ones(len(self.classes), bool)
        rows = [np.flatnonzero(self.classes == c) for c in range(len(self.sizes))]
        self.counts = np.stack([self.index.counts(r) for r in rows])

    def against_rest(self, target: int) -> Examples:
        """The rows of one class as positives, all others as negatives."""
        is_target = self.classes == target
        pos_counts = self.counts[target]
        return Examples(
            self.index,
            np.flatnonzero(self.alive & is_target),
            np.flatnonzero(self.alive & ~is_target),
            pos_counts.copy(),
            self.counts.sum(axis=0) - pos_counts,
        )

    def covered(self, rule: Rule) -> np.ndarray:
        """The living rows, of any class, on which the rule fires."""
        rows = np.flatnonzero(self.alive)
        return rows[rule.fires(self.index.table, rows)]

    def remove(self, rows: np.ndarray) -> None:
        self.alive[rows] = False
        for c in np.unique(self.classes[rows]):
            gone = rows[self.classes[rows] == c]
            self.sizes[c] -= len(gone)
            self.counts[c] -= self.index.counts(gone)


def learn_list(
    index: Index, classes: np.ndarray, n_classes: int, settings: Settings, scheme: str
) -> tuple[list[tuple[int, Rule]], int | None]:
    """The rules, each with its class, and the default class (None: rows may stay unanswered)."""
    at_start = np.bincount(classes, minlength=n_classes)
    alive = Alive(index, classes, at_start.copy())
    retired = np.zeros(n_classes, bool)
    rules: list[tuple[int, Rule]] = []
    while np.count_nonzero(alive.sizes) > 1:
        wanted = np.where(retired, 0, alive.sizes)
        if not wanted.any():
            break
        target = int(np.argmax(wanted))
        rule = learn_rule(alive.against_rest(target), (), settings)
        covered = alive.covered(rule) if rule.body else np.zeros(0, int)
        hits = np.count_nonzero(classes[covered] == target)
        if hits == 0 or hits < settings.min_cover:
            if scheme == "published":
                return rules, None
            retired[target] = True
            continue
        rules.append((target, rule))
        alive.remove(covered)
    return rules, int(np.argmax(alive.sizes if alive.sizes.any() else at_start))


def with_labels(rules: list[tuple[int, Rule]], labels: list) -> tuple[Rule, ...]:
    return tuple(replace(rule, label=labels[target]) for target, rule in rules)
