"""FOLD-SE's two procedures: learn one rule with its exceptions, learn a set of rules.

Source: Wang & Gupta, FOLD-SE (arXiv 2208.07912).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from .literals import Literal
from .program import Rule
from .search import Examples


@dataclass(frozen=True)
class Settings:
    """What steers the learner.

    Attributes
    ----------
    ratio : float
        A rule is specific enough when the negatives it lets in are at most ``ratio`` times its
        positives; those negatives become the business of its exceptions.
    min_cover : int
        A rule that covers fewer positives is dropped: ``floor(tail * rows of the whole table)``,
        the same number for exceptions at any depth.
    admit : str
        Which side of a split may be asked for, see :mod:`nesylib.rules.magic_gini`.
    """

    ratio: float
    min_cover: int
    admit: str = "accuracy"

    @classmethod
    def of(cls, ratio: float, tail: float, n_rows: int, admit: str = "accuracy") -> Settings:
        return cls(ratio, math.floor(tail * n_rows), admit)


def learn_rule(examples: Examples, used: tuple[Literal, ...], settings: Settings) -> Rule:
    """One rule for the positives: literals until few negatives are left, then exceptions.

    The body is empty when no literal was admissible; such a rule covers nothing.
    """
    body: tuple[Literal, ...] = ()
    while True:
        literal = examples.best_literal(used + body, settings.admit)
        if literal is None:
            return Rule(body)
        body += (literal,)
        examples = examples.keep(literal)
        if examples.n_neg <= settings.ratio * examples.n_pos:
            break
    if examples.n_neg == 0:
        return Rule(body)
    return Rule(body, learn_rule_set(examples.swapped(), used + body, settings))


def learn_rule_set(
    examples: Examples, used: tuple[Literal, ...], settings: Settings
) -> tuple[Rule, ...]:
    """Rules that together cover the positives, as many as are worth it."""
    rules: list[Rule] = []
    while examples.n_pos > 0:
        rule = learn_rule(examples, used, settings)
        covered = rule.fires(examples.index, examples.pos)
        if not rule.body or not covered.any() or covered.sum() < settings.min_cover:
            break
        rules.append(rule)
        examples = examples.without(covered)
    return tuple(rules)
