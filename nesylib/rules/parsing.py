"""From text to a :class:`Program`: printed programs, and programs written by hand alike."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from .literals import Literal
from .program import Label, Program, Rule
from .stats import find_cycle
from .syntax import Atom, Comparison, Item, Reader, Statement, Variable
from .table import Column

MACHINERY = ("rule", "earlier")


def parse(
    text: str, *, default: Label | None = None, columns: Sequence[Column] | None = None
) -> Program:
    """Read a program: what :meth:`Program.to_text` or :meth:`Program.to_asp` wrote, or a hand did.

    Parameters
    ----------
    text : str
        One clause after another, each ended by a full stop; ``%`` starts a comment. The first
        clause names the predicate of the answer. Rules are tried in the order in which they stand.
        Whatever else has clauses is an exception and may stand only under ``not``.
    default : label, optional
        The answer when no rule fires, if the text has no default clause.
    columns : sequence of Column, optional
        The table's columns in order, to predict on arrays; those asked for are enough otherwise.

    Raises
    ------
    ValueError
        The text cannot be read, is outside the fragment, or is not stratified; says which line.
    """
    statements = Reader(text).statements()
    if not statements:
        if default is None:
            raise ValueError(
                "there is no rule in the text; write at least one, or pass default=..."
            )
        return Program((), default, tuple(columns or ()))
    return _Meaning(statements).program(default, columns)


@dataclass
class _Body:
    literals: list[Literal] = field(default_factory=list)
    unless: list[str] = field(default_factory=list)
    answers: int = 0


class _Meaning:
    def __init__(self, statements: list[Statement]) -> None:
        self.statements = statements
        self.head = self._answer_predicate()
        self.derived: dict[str, list[_Body]] = {}
        for s in statements:
            if not s.head.quoted and s.head.name not in (self.head, *MACHINERY):
                self.derived[s.head.name] = []

    def _answer_predicate(self) -> str:
        first = self.statements[0].head
        if first.name == "rule" and len(first.arguments) == 3:
            names = [s.head.name for s in self.statements if s.head.name not in MACHINERY]
            names = [n for n in names if not re.fullmatch(r"ab\d*", n)]
            if not names:
                raise ValueError("the text has rule(X,I,C) but no class(X,C) :- rule(X,I,C), ...")
            return names[0]
        if first.quoted or len(first.arguments) != 2:
            raise ValueError(
                f"line {self.statements[0].line}: the first clause must say an answer, like "
                f"class(X,'bedroom'), not {first.name}"
            )
        return first.name

    def program(self, default: Label | None, columns: Sequence[Column] | None) -> Program:
        answers: list[tuple[int, Label, _Body]] = []
        for s in self.statements:
            if s.head.name == "earlier" or _is_open(s.head):
                continue  # how to_asp lets the first rule decide
            body = self._body(s)
            if s.head.name in self.derived and not s.head.quoted:
                self.derived[s.head.name].append(body)
            elif body.answers or not (body.literals or body.unless):
                default = _label(s.head.arguments[-1], s.line)
            else:
                place = s.head.arguments[1] if s.head.name == "rule" else len(answers)
                answers.append((place, _label(s.head.arguments[-1], s.line), body))
        cycle = find_cycle({n: [u for b in bs for u in b.unless] for n, bs in self.derived.items()})
        if cycle:
            raise ValueError(f"the program is not stratified: {' -> '.join(cycle)} asks for itself")
        answers.sort(key=lambda a: a[0])
        rules = tuple(self._rule(body, label) for _, label, body in answers)
        literals = [lit for rule in rules for r in rule.walk() for lit in r.body]
        return Program(rules, default, tuple(columns or columns_of(literals)), self.head)

    def _rule(self, body: _Body, label: Label | None = None) -> Rule:
        exceptions = [self._rule(b) for name in body.unless for b in self.derived[name]]
        return Rule(tuple(body.literals), tuple(exceptions), label)

    def _body(self, statement: Statement) -> _Body:
        body, bound = _Body(), {}
        for item in statement.body:
            try:
                self._item(item, body, bound)
            except ValueError as error:
                raise ValueError(f"line {statement.line}: {error}") from None
        return body

    def _item(self, item: Item, body: _Body, bound: dict[str, str]) -> None:
        what = item.what
        if isinstance(what, Comparison):
            if what.variable not in bound:
                raise ValueError(f"{what.variable} is compared before a column named it")
            literal = Literal(bound[what.variable], what.op, what.number)
            body.literals.append(~literal if item.negated else literal)
        elif not what.quoted and what.name in (self.head, "rule"):
            if not item.negated:
                raise ValueError(
                    f"{what.name} may stand in a body only under 'not', in the default"
                )
            body.answers += 1
        elif not what.quoted and (what.name in self.derived or re.fullmatch(r"ab\d*", what.name)):
            if what.name not in self.derived:
                raise ValueError(f"{what.name} is asked for, but no rule defines it")
            if not item.negated:
                raise ValueError(f"{what.name} is an exception: it may stand only under 'not'")
            body.unless.append(what.name)
        elif what.quoted or what.name != "row":
            self._column(item, body, bound)

    @staticmethod
    def _column(item: Item, body: _Body, bound: dict[str, str]) -> None:
        atom: Atom = item.what
        name, values, op = atom.name, atom.arguments[1:], "=="
        if not atom.quoted and name in ("holds", "is", "at_most", "above"):
            op = {"at_most": "=<", "above": ">"}.get(name, "==")
            name, values = _column_name(values[0]), values[1:]
        if not values:
            literal = Literal(name, "==", True)
        elif isinstance(values[0], Variable):
            if item.negated:
                raise ValueError(f"'not {name}(X,{values[0].name})' is outside the fragment")
            bound[values[0].name] = name
            return
        elif op != "==":
            literal = Literal(name, op, float(values[0]))
        elif values[0] == Atom("missing"):
            literal = Literal(name, "==", None)
        elif isinstance(values[0], str):
            literal = Literal(name, "==", values[0])
        else:
            raise ValueError(f"write the value of {name} in quotes, or compare it: N=<3.5")
        body.literals.append(~literal if item.negated else literal)


def _is_open(head: Atom) -> bool:
    return any(isinstance(argument, Variable) for argument in head.arguments[1:])


def _column_name(value) -> str:
    return value.name if isinstance(value, Atom) else value


def _label(value, line: int) -> Label:
    if isinstance(value, (str, int, float)):
        return value
    if value in (Atom("true"), Atom("false")):
        return value == Atom("true")
    if isinstance(value, Atom) and value.name in ("int", "float") and len(value.arguments) == 1:
        return {"int": int, "float": float}[value.name](value.arguments[0])
    raise ValueError(f"line {line}: {value} is no class; write it in quotes, like 'bedroom'")


def columns_of(literals: Sequence[Literal]) -> list[Column]:
    """The columns that literals ask for, with the kind that they take them for."""
    kinds: dict[str, str] = {}
    for literal in literals:
        if literal.op not in ("==", "!="):
            kinds[literal.column] = "numeric"
        elif kinds.get(literal.column) != "numeric":
            kind = "boolean" if literal.value is True else "categorical"
            if kinds.setdefault(literal.column, kind) != kind:
                raise ValueError(f"{literal.column} is asked for with and without a value")
    return [Column(name, kind) for name, kind in kinds.items()]
