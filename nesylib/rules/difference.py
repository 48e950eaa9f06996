"""What changed between two programs: rules that went, rules that came, rows answered otherwise."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .program import Program, Rule


@dataclass(frozen=True)
class Difference:
    """Rules of only one of two programs, and the rows on which they disagree.

    Attributes
    ----------
    removed, added : tuple of Rule
        With their exceptions: a rule whose exceptions changed is removed and added.
    kept : tuple of Rule
    defaults : tuple
        The default before and after.
    rows : (M,) int array or None
        Numbers of the rows answered otherwise, when rows were given.
    """

    removed: tuple[Rule, ...]
    added: tuple[Rule, ...]
    kept: tuple[Rule, ...]
    defaults: tuple
    rows: np.ndarray | None
    programs: tuple[Program, Program]

    def __bool__(self) -> bool:
        """Is there any difference in rules or default?"""
        return bool(self.removed or self.added or self.defaults[0] != self.defaults[1])

    def __str__(self) -> str:
        lines = []
        for mark, rules, program in (
            ("-", self.removed, self.programs[0]),
            ("+", self.added, self.programs[1]),
        ):
            text = str(replace(program, rules=rules, default=None))
            lines += [f"{mark} {line}" for line in text.splitlines()]
        if self.defaults[0] != self.defaults[1]:
            lines.append(f"default: {self.defaults[0]} -> {self.defaults[1]}")
        if self.rows is not None:
            lines.append(f"{len(self.rows)} rows are answered otherwise")
        return "\n".join(lines) or "the same rules"


def difference(before: Program, after: Program, X=None) -> Difference:
    """Compare two programs rule by rule, and on the rows of ``X`` when they are given."""
    olds, news = dict.fromkeys(before.rules), dict.fromkeys(after.rules)
    rows = None
    if X is not None:
        answers = zip(before.predict(X).tolist(), after.predict(X).tolist(), strict=True)
        rows = np.array([i for i, (a, b) in enumerate(answers) if a != b], dtype=np.intp)
    return Difference(
        removed=tuple(r for r in olds if r not in news),
        added=tuple(r for r in news if r not in olds),
        kept=tuple(r for r in olds if r in news),
        defaults=(before.default, after.default),
        rows=rows,
        programs=(before, after),
    )
