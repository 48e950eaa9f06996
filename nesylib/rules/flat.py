"""A program as the flat list of clauses that is printed: exceptions become numbered ``ab``."""

from __future__ import annotations

from dataclasses import dataclass

from .literals import Literal
from .program import Label, Program, Rule


@dataclass(frozen=True)
class Clause:
    """One printed rule.

    Attributes
    ----------
    number : int
        Of a rule of the program: its place, from 1. Of an exception: the number of its ``ab``.
    label : label or None
        None for an exception.
    body : tuple of Literal
    unless : tuple of int
        Numbers of the ``ab`` that must not hold.
    """

    number: int
    label: Label | None
    body: tuple[Literal, ...]
    unless: tuple[int, ...]

    @property
    def name(self) -> str:
        return f"ab{self.number}" if self.label is None else f"rule {self.number}"


def flatten(program: Program) -> tuple[Clause, ...]:
    """The rules, then the exceptions; equal exceptions share one number, given in post-order."""
    numbers: dict[tuple, int] = {}

    def unless(rule: Rule) -> tuple[int, ...]:
        return tuple(dict.fromkeys(number(e) for e in rule.exceptions))

    def number(exception: Rule) -> int:
        key = (exception.body, unless(exception))
        return numbers.setdefault(key, len(numbers) + 1)

    rules = [Clause(i, r.label, r.body, unless(r)) for i, r in enumerate(program.rules, 1)]
    exceptions = [Clause(n, None, body, below) for (body, below), n in numbers.items()]
    return (*rules, *exceptions)
