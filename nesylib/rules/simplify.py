"""Shorter programs that say the same: fold one-literal exceptions, merge numeric bounds."""

from __future__ import annotations

from dataclasses import replace

from .literals import Literal
from .program import Rule


def simplify(rule: Rule) -> Rule:
    """The same rule, shorter; it fires on exactly the same rows.

    An exception of one literal (and no exceptions of its own) becomes its complement in the body.
    Bounds of one column are merged. Strings come first, then numbers by column, each in order of
    selection.
    """
    body, exceptions = list(rule.body), []
    for exception in rule.exceptions:
        if len(exception.body) == 1 and not exception.exceptions:
            body.append(~exception.body[0])
        else:
            exceptions.append(simplify(exception))
    strings = [lit for lit in body if lit.op in ("==", "!=")]
    bounds: dict[str, list[Literal]] = {}
    for lit in body:
        if lit.op not in ("==", "!="):
            bounds.setdefault(lit.column, []).append(lit)
    numbers = [lit for group in bounds.values() for lit in merge_bounds(group)]
    return replace(rule, body=tuple(strings + numbers), exceptions=tuple(exceptions))


def merge_bounds(group: list[Literal]) -> list[Literal]:
    """The tightest bounds of one column, at most a lower and an upper one.

    ``!=<`` and ``!>`` are true of strings too. As soon as one plain bound keeps strings out, all
    may be written plain.
    """
    column = group[0].column
    lower = [lit.value for lit in group if lit.op in (">", "!=<")]
    upper = [lit.value for lit in group if lit.op in ("=<", "!>")]
    plain = any(not lit.negated for lit in group)
    merged = []
    if lower:
        merged.append(Literal(column, ">" if plain else "!=<", max(lower)))
    if upper:
        merged.append(Literal(column, "=<" if plain else "!>", min(upper)))
    return merged
