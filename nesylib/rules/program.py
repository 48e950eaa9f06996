"""Rules and programs: the model, as plain immutable data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from .literals import Literal
from .names import IDENTIFIER, is_reserved
from .table import Column, Table

Label = str | int | float | bool


@dataclass(frozen=True)
class Rule:
    """``label if every literal of the body holds and no exception does``.

    Attributes
    ----------
    body : tuple of Literal
    exceptions : tuple of Rule
        Rules like this one, without a label; they may have exceptions of their own.
    label : str, int, float, bool or None
        The class a rule of a program says; None for an exception.
    """

    body: tuple[Literal, ...]
    exceptions: tuple[Rule, ...] = ()
    label: Label | None = None

    def fires(self, table, rows=slice(None)) -> np.ndarray:
        """(N,) bool, or one value for each of ``rows`` (int array): where the rule fires.

        ``table`` is a Table, or anything else with ``truth(literal, rows)`` and a length.
        """
        fires = np.ones(len(table) if isinstance(rows, slice) else len(rows), bool)
        for literal in self.body:
            fires &= table.truth(literal, rows)
        for exception in self.exceptions:
            fires &= ~exception.fires(table, rows)
        return fires

    def walk(self) -> Iterator[Rule]:
        """The rule itself, then the exceptions below it."""
        yield self
        for exception in self.exceptions:
            yield from exception.walk()

    def depth(self) -> int:
        """How deep exceptions nest: 0 without any."""
        return 1 + max(e.depth() for e in self.exceptions) if self.exceptions else 0


@dataclass(frozen=True)
class Program:
    """An ordered list of rules: the first rule that fires decides, else the default does.

    Attributes
    ----------
    rules : tuple of Rule
    default : label or None
        The answer when no rule fires; None leaves such rows unanswered.
    columns : tuple of Column
        The table the program reads, in the order an array must have.
    head : str
        The predicate of the answer, ``class`` in ``class(X,'bedroom')``.
    """

    rules: tuple[Rule, ...]
    default: Label | None = None
    columns: tuple[Column, ...] = ()
    head: str = "class"

    def __post_init__(self) -> None:
        if not (isinstance(self.head, str) and IDENTIFIER.match(self.head)):
            raise ValueError(f"head {self.head!r} is no predicate name: use small letters")
        if is_reserved(self.head):
            raise ValueError(f"head {self.head!r} has a meaning of its own: use another, 'class'")
        known = {c.name for c in self.columns}
        missing = [lit.column for lit in self.literals() if lit.column not in known]
        if missing:
            raise ValueError(f"the rules ask for columns {missing[:5]}, which are not in `columns`")
        if any(rule.label is None for rule in self.rules):
            raise ValueError("every rule of a program needs a label; only exceptions have none")

    # -- looking at it -------------------------------------------------------------------------

    def __str__(self) -> str:
        return self.to_text(default=False)

    def __len__(self) -> int:
        return len(self.rules)

    def walk(self) -> Iterator[Rule]:
        """Every rule, each followed by its exceptions."""
        for rule in self.rules:
            yield from rule.walk()

    def literals(self) -> tuple[Literal, ...]:
        """The distinct literals of all bodies, in order of appearance."""
        return tuple(dict.fromkeys(lit for rule in self.walk() for lit in rule.body))

    def labels(self) -> tuple[Label, ...]:
        """The distinct answers in order of appearance, the default last."""
        labels = {(type(r.label), r.label): r.label for r in self.rules}
        if self.default is not None:
            labels.setdefault((type(self.default), self.default), self.default)
        return tuple(labels.values())

    def to_text(self, *, style: str = "exact", default: bool = True) -> str:
        """The program as text, see :func:`nesylib.rules.printing.program_text`."""
        from .printing import program_text

        return program_text(self, style=style, default=default)

    def to_frame(self):
        """One line per printed rule, see :func:`nesylib.rules.stats.to_frame`."""
        from .stats import to_frame

        return to_frame(self)

    def stats(self) -> dict[str, int]:
        """Rules, predicates, size and depth, see :func:`nesylib.rules.stats.stats`."""
        from .stats import stats

        return stats(self)

    def stratified(self) -> bool:
        """Can the rules be layered so that ``not`` only looks down? Always true of our nesting."""
        from .stats import stratified

        return stratified(self)

    # -- running it ----------------------------------------------------------------------------

    def table(self, X) -> Table:
        """``X`` as a table with this program's columns; of a DataFrame only those it asks for.

        Raises
        ------
        ValueError
            A column is missing, or an array has another number of columns.
        """
        asked = {lit.column for lit in self.literals()}
        used = [c for c in self.columns if c.name in asked] or list(self.columns[:1])
        if isinstance(X, Table) or hasattr(X, "columns"):
            return Table.of(X, columns=used)
        if isinstance(X, Mapping) or (isinstance(X, list) and X and isinstance(X[0], Mapping)):
            return Table.of(X, columns=used)
        return Table.of(X, columns=self.columns)

    def decide(self, X) -> np.ndarray:
        """(N,) int: the number of the rule that decides, from 0; -1 where none fires."""
        table = self.table(X)
        decided = np.full(len(table), -1)
        for number in range(len(self.rules) - 1, -1, -1):
            decided[self.rules[number].fires(table)] = number
        return decided

    def predict(self, X, *, engine: str = "numpy") -> np.ndarray:
        """(N,) labels; None where no rule fires and there is no default.

        Parameters
        ----------
        X : array-like, DataFrame or Table (N, D)
        engine : "numpy" or "clingo"
            Both give the same answers; clingo is the reference semantics.
        """
        if engine == "clingo":
            from .asp import solve

            return solve(self, X)
        if engine != "numpy":
            raise ValueError(f"unknown engine {engine!r}: use 'numpy' or 'clingo'")
        return self.answers(self.decide(X))

    def answers(self, decided: np.ndarray) -> np.ndarray:
        """Labels for the numbers of deciding rules (-1: the default)."""
        return as_labels([*(rule.label for rule in self.rules), self.default], decided)

    def explain(self, row):
        """Why this row gets its answer, see :class:`nesylib.rules.explain.Explanation`.

        Parameters
        ----------
        row : mapping, pandas.Series, 1-D array-like or one-row table
        """
        from .explain import explain

        return explain(self, row)

    def why_not(self, row, target: Label):
        """Why this row does not get the answer ``target``: all rules for it, each with its reason,
        also those below the deciding one. See :class:`nesylib.rules.explain.WhyNot`.

        Raises ValueError when ``target`` is no answer of the program.
        """
        from .explain import why_not

        return why_not(self, row, target)

    def counterfactual(self, row, target: Label, *, fixed=()):
        """The fewest columns to change for another answer, see
        :func:`nesylib.rules.counterfactual.counterfactual`."""
        from .counterfactual import counterfactual

        return counterfactual(self, row, target, fixed=fixed)

    def difference(self, other: Program, X=None):
        """Rules and answers in which ``other`` differs, see :mod:`nesylib.rules.difference`."""
        from .difference import difference

        return difference(self, other, X)

    # -- other programs ------------------------------------------------------------------------

    def simplify(self) -> Program:
        """The same answers from fewer words, see :mod:`nesylib.rules.simplify`."""
        from .simplify import simplify

        return replace(self, rules=tuple(simplify(rule) for rule in self.rules))

    def rename(self, names: Mapping[str, str]) -> Program:
        """The same program with columns renamed, ``{"x17": "bed"}``; two may not get one name."""
        unknown = [n for n in names if n not in {c.name for c in self.columns}]
        if unknown:
            raise ValueError(f"no columns {unknown[:5]}; the program reads {self.columns[:5]} ...")
        columns = tuple(Column(names.get(c.name, c.name), c.kind) for c in self.columns)
        if len({c.name for c in columns}) < len(columns):
            raise ValueError("two columns would get the same name; number them, bed1 and bed2")

        def renamed(rule: Rule) -> Rule:
            body = tuple(Literal(names.get(b.column, b.column), b.op, b.value) for b in rule.body)
            return replace(rule, body=body, exceptions=tuple(map(renamed, rule.exceptions)))

        return replace(self, rules=tuple(map(renamed, self.rules)), columns=columns)

    # -- reading and writing -------------------------------------------------------------------

    def to_asp(self) -> str:
        """The program for clingo, see :mod:`nesylib.rules.asp`."""
        from .asp import to_asp

        return to_asp(self)

    def to_facts(self, X) -> str:
        """The rows of ``X`` as facts for :meth:`to_asp`."""
        from .asp import to_facts

        return to_facts(self, X)

    def to_scasp(self) -> str:
        """The program for s(CASP), see :mod:`nesylib.rules.scasp`."""
        from .scasp import to_scasp

        return to_scasp(self)

    @classmethod
    def from_text(cls, text: str, *, default: Label | None = None, columns=None) -> Program:
        """Read a printed program, see :func:`nesylib.rules.parsing.parse`."""
        from .parsing import parse

        return parse(text, default=default, columns=columns)

    from_asp = from_text

    def to_json(self) -> str:
        """The program as JSON text; :meth:`from_json` gives back an equal program."""
        from .saving import program_to_json

        return program_to_json(self)

    @classmethod
    def from_json(cls, text: str) -> Program:
        """Read :meth:`to_json`'s text. Raises ValueError for anything else."""
        from .saving import program_from_json

        return program_from_json(text)


def as_labels(labels: list[Label | None], chosen: np.ndarray) -> np.ndarray:
    """(N,) the chosen labels: in a dtype of their own when all are of one type, else objects."""
    used = [labels[i] for i in np.unique(chosen)]
    if len({type(label) for label in used}) == 1 and used[0] is not None:
        typed = np.array([c if type(c) is type(used[0]) else used[0] for c in labels])
        if typed[[labels.index(label) for label in used]].tolist() == used:
            return typed[chosen]
    table = np.empty(len(labels), object)
    table[:] = labels
    return table[chosen]
