"""Measures of a program: how many rules, predicates, literals, how deep."""

from __future__ import annotations

import pandas as pd

from .flat import Clause, flatten
from .printing import STYLES, Writer
from .program import Program


def stats(program: Program) -> dict[str, int]:
    """Sizes of a program.

    Returns
    -------
    dict
        ``rules`` rules with a label (the default is none of them), ``exceptions`` distinct ``ab``
        rules, ``predicates`` distinct column tests without and ``predicates_with_ab`` with the
        ``ab`` among them (a test and its negation are one predicate, as are all thresholds of one
        direction at one value), ``columns`` distinct columns asked for, ``size`` all body literals
        of rules and exceptions, ``ab`` included, ``depth`` nesting of exceptions.
    """
    clauses = flatten(program)
    exceptions = [c for c in clauses if c.label is None]
    tests = {lit.positive for c in clauses for lit in c.body}
    return {
        "rules": len(program.rules),
        "exceptions": len(exceptions),
        "predicates": len(tests),
        "predicates_with_ab": len(tests) + len(exceptions),
        "columns": len({lit.column for lit in tests}),
        "size": sum(len(c.body) + len(c.unless) for c in clauses),
        "depth": max((rule.depth() for rule in program.rules), default=0),
    }


def to_frame(program: Program) -> pd.DataFrame:
    """One line per printed rule, exceptions included.

    Columns: ``name`` ("rule 1", "ab1"), ``label`` (None for an exception), ``literals`` (tuple of
    Literal), ``unless`` (tuple of exception names), ``text``, ``size``.
    """
    valued = any(lit.value is not True for lit in program.literals())
    writer = Writer(program.head, STYLES[0], valued)
    rows = [
        {
            "name": c.name,
            "label": c.label,
            "literals": c.body,
            "unless": tuple(f"ab{n}" for n in c.unless),
            "text": writer.clause(c),
            "size": len(c.body) + len(c.unless),
        }
        for c in flatten(program)
    ]
    return pd.DataFrame(rows, columns=["name", "label", "literals", "unless", "text", "size"])


def stratified(program: Program) -> bool:
    """No exception depends on itself: every ``ab`` can be decided before whoever asks for it."""
    below = {c.number: c.unless for c in flatten(program) if c.label is None}
    return find_cycle(below) is None


def find_cycle(graph: dict) -> list | None:
    """A cycle of a directed graph (node -> successors) as a list of nodes, or None."""
    done: set = set()
    for start in graph:
        path, stack = [], [(start, False)]
        while stack:
            node, leaving = stack.pop()
            if leaving:
                done.add(path.pop())
            elif node in path:
                return [*path[path.index(node) :], node]
            elif node not in done:
                path.append(node)
                stack.append((node, True))
                stack.extend((n, False) for n in graph.get(node, ()))
    return None


def literal_counts(clauses: tuple[Clause, ...]) -> dict[str, int]:
    """How many body literals ask for each column."""
    counts: dict[str, int] = {}
    for clause in clauses:
        for literal in clause.body:
            counts[literal.column] = counts.get(literal.column, 0) + 1
    return counts
