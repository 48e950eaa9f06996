"""Printing programs: one rule a line, exactly, in the notation of logic programs."""

from __future__ import annotations

from dataclasses import dataclass, field

from .flat import Clause, flatten
from .literals import Literal
from .names import is_plain, quote
from .program import Label, Program

STYLES = ("exact", "display", "recorded")


@dataclass
class Writer:
    """Writes clauses; remembers which variable stands for which numeric column."""

    head: str
    style: str
    valued: bool
    variables: dict[str, int] = field(default_factory=dict)

    def clause(self, clause: Clause) -> str:
        if clause.label is None:
            head = self.exception(clause.number)
        else:
            head = self.answer(clause.label)
        parts, opened = [], set()
        for literal in clause.body:
            parts += self.literal(literal, opened)
        parts += [f"not {self.exception(n)}" for n in clause.unless]
        return f"{head} :- {', '.join(parts)}." if parts else f"{head}."

    def answer(self, label: Label) -> str:
        if self.style == "recorded":
            return f"label(X,{self.value(str(label))})"
        return f"{self.head}(X,{self.value(label)})"

    def exception(self, number: int) -> str:
        return f"ab{number}(X,'True')" if self.valued else f"ab{number}(X)"

    def literal(self, literal: Literal, opened: set[str]) -> list[str]:
        """A string test is one item; a number is named once a clause and then compared."""
        name = self.name(literal.column)
        sign = "not " if literal.op == "!=" else ""
        if literal.op in ("==", "!="):
            if literal.value is True:
                return [f"{sign}{name}(X,'1')" if self.style == "recorded" else f"{sign}{name}(X)"]
            return [f"{sign}{name}(X,{self.value(literal.value)})"]
        variable = f"N{self.variables.setdefault(literal.column, len(self.variables) + 1)}"
        test = f"{variable}{literal.positive.op}{self.number(literal.value)}"
        named = [] if literal.column in opened else [f"{name}(X,{variable})"]
        opened.add(literal.column)
        return [*named, f"not({test})" if literal.negated else test]

    def name(self, column: str) -> str:
        return column if is_plain(column, self.head) else quote(column, "'")

    def number(self, value: float) -> str:
        return repr(value if self.style == "exact" else round(value, 3))

    def value(self, value: Label | None) -> str:
        if value is None:
            return "missing"
        if isinstance(value, bool):
            return "true" if value else "false"
        return quote(value, "'") if isinstance(value, str) else repr(value)


def program_text(program: Program, *, style: str = "exact", default: bool = True) -> str:
    """One rule a line: the rules in the order in which they are tried, then the exceptions.

    Parameters
    ----------
    style : "exact", "display" or "recorded"
        ``exact`` prints every number so that reading it gives the same number, and can be read
        back by :meth:`Program.from_text`. ``display`` rounds to 3 decimals. ``recorded`` is the
        layout of the recorded FOLD-SE programs: head ``label``, the positive class ``'1'`` when
        the program has rules for one class only, numbers rounded, no default.
    default : bool
        Add the default as a last rule: the class of a row that no other rule gave one.

    Notes
    -----
    Exceptions are written as the table writes its columns: ``ab1(X)`` in a table of truth values
    (``bed(X)``), ``ab1(X,'True')`` in a table with values (``thal(X,'7')``).
    """
    if style not in STYLES:
        raise ValueError(f"unknown style {style!r}: use one of {STYLES}")
    recorded = style == "recorded"
    valued = recorded or any(lit.value is not True for lit in program.literals())
    writer = Writer(program.head, style, valued)
    one = recorded and len({r.label for r in program.rules}) == 1
    lines = []
    for clause in flatten(program):
        if one and clause.label is not None:
            clause = Clause(clause.number, "1", clause.body, clause.unless)
        lines.append(writer.clause(clause))
    if default and not recorded and program.default is not None:
        lines.insert(len(program.rules), default_clause(program, writer))
    return "\n".join(lines)


def default_clause(program: Program, writer: Writer) -> str:
    others = [writer.answer(label) for label in other_labels(program)]
    body = ", ".join(f"not {answer}" for answer in others)
    return f"{writer.answer(program.default)}{f' :- {body}' if body else ''}."


def other_labels(program: Program) -> list[Label]:
    """The answers of the rules, without the default's."""
    same = (type(program.default), program.default)
    return [label for label in program.labels() if (type(label), label) != same]
