"""Why does a row get its answer? A walk over the rules that keeps what it sees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from .flat import Clause, flatten
from .literals import Cell, Literal
from .names import printable
from .printing import Writer
from .program import Label, Program
from .table import Table


@dataclass(frozen=True)
class LiteralTrace:
    """A literal on this row: the cell it met, whether it holds, and that in words."""

    literal: Literal
    text: str
    cell: Cell
    holds: bool

    @property
    def words(self) -> str:
        return in_words(self.literal, self.cell, self.holds)


@dataclass(frozen=True)
class RuleTrace:
    """A rule or exception on this row.

    ``exceptions`` are traced only as far as they matter: when every literal of the body holds.
    """

    name: str
    label: Label | None
    text: str
    fires: bool
    literals: tuple[LiteralTrace, ...]
    exceptions: tuple[RuleTrace, ...]

    @property
    def failing(self) -> LiteralTrace | None:
        """The first literal that does not hold."""
        return next((lit for lit in self.literals if not lit.holds), None)

    @property
    def blocking(self) -> RuleTrace | None:
        """The first exception that holds."""
        return next((e for e in self.exceptions if e.fires), None)

    @property
    def reason(self) -> str:
        """In one phrase, why it fires or why not."""
        if self.failing:
            return self.failing.words
        if self.blocking:
            return f"its exception {self.blocking.name} holds ({self.blocking.reason})"
        return ", ".join(lit.words for lit in self.literals) or "it asks for nothing"


@dataclass(frozen=True)
class Explanation:
    """The answer for one row, the rule that gave it, and why the rules before it did not.

    Attributes
    ----------
    label : label or None
        The answer, None when no rule fires and there is no default.
    fired : RuleTrace or None
        The rule that decided; None when the default did.
    failed : tuple of RuleTrace
        The rules tried before it, none of which fires.
    """

    label: Label | None
    fired: RuleTrace | None
    failed: tuple[RuleTrace, ...]

    def __str__(self) -> str:
        lines = []
        if self.fired is None:
            why = "because no rule fires" if self.label is not None else "no rule fires"
            lines.append(f"{'no answer' if self.label is None else printable(self.label)}: {why}.")
        else:
            lines.append(f"{printable(self.label)}: {self.fired.name} fires.")
            lines.append(f"  {self.fired.text}")
            lines += _indented(self.fired, 2)
        for rule in self.failed:
            lines.append(f"  {rule.name} ({printable(rule.label)}) does not fire: {rule.reason}.")
        return "\n".join(lines)

    def to_dict(self) -> dict:
        """The whole explanation as plain dictionaries, lists and values (JSON can hold it)."""
        return {
            "label": self.label,
            "by": "default" if self.fired is None else self.fired.name,
            "fired": None if self.fired is None else rule_dict(self.fired),
            "failed": [rule_dict(rule) for rule in self.failed],
        }

    def to_html(self) -> str:
        """A folding tree as HTML without scripts or outside files; every text is escaped."""
        from .explain_html import explanation_html

        return explanation_html(self)

    _repr_html_ = to_html


def _indented(rule: RuleTrace, depth: int) -> list[str]:
    pad = "  " * depth
    lines = [f"{pad}{'+' if lit.holds else '-'} {lit.words}" for lit in rule.literals]
    for exception in rule.exceptions:
        does = "holds" if exception.fires else "does not apply"
        lines.append(f"{pad}{exception.name} {does}: {exception.reason}")
    return lines


def rule_dict(rule: RuleTrace) -> dict:
    return {
        "name": rule.name,
        "label": rule.label,
        "text": rule.text,
        "fires": rule.fires,
        "reason": rule.reason,
        "literals": [
            {"text": lit.text, "column": lit.literal.column, "value": lit.cell, "holds": lit.holds}
            | {"words": lit.words}
            for lit in rule.literals
        ],
        "exceptions": [rule_dict(e) for e in rule.exceptions],
    }


def in_words(literal: Literal, cell: Cell, holds: bool) -> str:
    """``bed is present``, ``thal is '3', not '7'``, ``oldpeak is 2.5, above 1.9``."""
    name, value = printable(literal.column), literal.value
    if value is True:
        return f"{name} is {'present' if cell is True else 'absent'}"
    found = "missing" if cell is None else repr(cell)
    wanted = "missing" if value is None else repr(value)
    true = literal.positive.holds(cell)
    if literal.op in ("==", "!="):
        return f"{name} is {found}" if true else f"{name} is {found}, not {wanted}"
    if not isinstance(cell, float):
        kind = "not at most" if literal.positive.op == "=<" else "not above"
        return f"{name} is {found}, {kind} {wanted}"
    return f"{name} is {found}, {'at most' if (cell <= value) else 'above'} {wanted}"


@dataclass(frozen=True)
class WhyNot:
    """Why a row does not get an answer: every rule that could have given it.

    Attributes
    ----------
    target, label : label, label or None
        The answer asked about, and the answer that the row gets.
    rules : tuple of RuleTrace
        All rules for ``target``, those below the deciding rule too.
    first : str or None
        Name of the rule that decides; None when the default does or nothing fires.
    """

    target: Label
    label: Label | None
    rules: tuple[RuleTrace, ...]
    first: str | None

    def __str__(self) -> str:
        if self.first is None and same_label(self.label, self.target):
            return f"{printable(self.target)}: it is, by the default."
        if not self.rules:
            text = "only the default says it" if self.label is not None else "no rule says it"
            by = f", and {self.first} fires" if self.first else ""
            return f"not {printable(self.target)}: {text}{by}."
        sign = "" if same_label(self.label, self.target) else "not "
        return "\n".join(
            [
                f"{sign}{printable(self.target)}:",
                *(f"  {r.name} {self.reason(r)}" for r in self.rules),
            ]
        )

    def reason(self, rule: RuleTrace) -> str:
        """One phrase on one of ``rules``."""
        if not rule.fires:
            return f"does not fire: {rule.reason}."
        if rule.name == self.first:
            return f"fires: {rule.reason}."
        return f"fires, but {self.first} comes first."


def same_label(one: Label | None, other: Label | None) -> bool:
    """Equal and of one type: 1 is not True."""
    return type(one) is type(other) and one == other


def answer_of(program: Program, target) -> Label:
    """``target`` in a plain Python type; ValueError when the program can't answer it."""
    target = target.item() if isinstance(target, np.generic) else target
    if not any(same_label(label, target) for label in program.labels()):
        raise ValueError(f"{target!r} is no answer of the program: use one of {program.labels()}")
    return target


def why_not(program: Program, row, target: Label) -> WhyNot:
    """Every rule for ``target`` on one row; see :meth:`Program.why_not`."""
    target = answer_of(program, target)
    rules = [*trace_rules(program, row)]
    first = next((rule for rule in rules if rule.fires), None)
    return WhyNot(
        target,
        program.default if first is None else first.label,
        tuple(rule for rule in rules if same_label(rule.label, target)),
        None if first is None else first.name,
    )


def explain(program: Program, row) -> Explanation:
    """Trace one row; see :meth:`Program.explain`."""
    failed = []
    for rule in trace_rules(program, row):
        if rule.fires:
            return Explanation(rule.label, rule, tuple(failed))
        failed.append(rule)
    return Explanation(program.default, None, tuple(failed))


def trace_rules(program: Program, row) -> Iterator[RuleTrace]:
    """Each rule in turn on one row, whether or not one before it fires."""
    table = one_row(program, row)
    clauses = flatten(program)
    exceptions = {c.number: c for c in clauses if c.label is None}
    writer = Writer(program.head, "exact", any(b.value is not True for b in program.literals()))

    def trace(clause: Clause) -> RuleTrace:
        literals = []
        for literal in clause.body:
            cell = table[literal.column].cell(0)
            text = ", ".join(writer.literal(literal, set()))
            literals.append(LiteralTrace(literal, text, cell, literal.holds(cell)))
        fires = all(lit.holds for lit in literals)
        below = tuple(trace(exceptions[n]) for n in clause.unless) if fires else ()
        fires = fires and not any(e.fires for e in below)
        text = writer.clause(clause)
        return RuleTrace(clause.name, clause.label, text, fires, tuple(literals), below)

    return map(trace, clauses[: len(program.rules)])


def one_row(program: Program, row) -> Table:
    """One row in any form as a table."""
    if hasattr(row, "to_frame") and not isinstance(row, Table):
        row = [row.to_dict()]
    elif isinstance(row, list) and row and isinstance(row[0], Mapping):
        pass
    elif not isinstance(row, (Mapping, Table)) and not hasattr(row, "columns"):
        row = np.asarray(row)
        row = row[None, :] if row.ndim == 1 else row
    table = program.table(row)
    if len(table) != 1:
        raise ValueError(f"explain takes one row, not {len(table)}; pass X[i] or frame.iloc[i]")
    return table
