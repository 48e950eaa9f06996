"""FOLD-SE's two procedures: learn one rule with its exceptions, learn a set of rules.

Source: Wang & Gupta, FOLD-SE (arXiv 2208.07912).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from .literals import Literal
from .program import Rule
from .search import Examples
from .trace import Trace


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


def learn_rule(
    examples: Examples, used: tuple[Literal, ...], settings: Settings, trace: Trace | None = None
) -> Rule:
    """One rule for the positives: literals until few negatives are left, then exceptions.

    The body is empty when no literal was admissible; such a rule covers nothing. What is done is
    told to ``trace``, if there is one.
    """
    body: tuple[Literal, ...] = ()
    while True:
        literal = examples.best_literal(used + body, settings.admit)
        if trace is not None:
            trace.look(body, examples, used, settings.admit, literal)
        if literal is None:
            return Rule(body)
        body += (literal,)
        examples = examples.keep(literal)
        if examples.n_neg <= settings.ratio * examples.n_pos:
            break
    if trace is not None:
        trace.close(body, examples)
    if examples.n_neg == 0:
        return Rule(body)
    examples = examples.swapped()
    if trace is None:
        return Rule(body, learn_rule_set(examples, used + body, settings))
    trace.enter(body, examples)
    exceptions = learn_rule_set(examples, used + body, settings, trace)
    trace.leave()
    return Rule(body, exceptions)


def learn_rule_set(
    examples: Examples, used: tuple[Literal, ...], settings: Settings, trace: Trace | None = None
) -> tuple[Rule, ...]:
    """Rules that together cover the positives, as many as are worth it."""
    rules: list[Rule] = []
    while examples.n_pos > 0:
        rule = learn_rule(examples, used, settings, trace)
        covered = rule.fires(examples.index, examples.pos)
        if not rule.body:
            covered[:] = False
        enough = covered.any() and covered.sum() >= settings.min_cover
        if trace is not None:
            trace.judge("keep" if enough else "drop", rule, examples, examples.pos[covered])
        if not enough:
            break
        rules.append(rule)
        examples = examples.without(covered)
    return tuple(rules)
