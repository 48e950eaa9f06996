"""The smallest change of a row that changes its answer: clingo finds it, prediction checks it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from .asp import atom, label_term, to_asp
from .explain import answer_of, one_row
from .literals import Cell, Literal
from .names import printable
from .program import Label, Program
from .table import Column, Table, parse_number

PICKS = """
1 {{ pick(Column,Cell) : option(Column,Cell) }} 1 :- option(Column,_).
row(0).
:- not {head}(0,{target}).
#minimize {{ 1@2,Column : pick(Column,Cell), Cell > 0 }}.
#minimize {{ Cost@1,Column : pick(Column,Cell), cost(Column,Cell,Cost) }}.
#show pick/2.
"""


@dataclass(frozen=True)
class Counterfactual:
    """A row as it is, as it might be, and what it would then be called.

    Attributes
    ----------
    before, after : Label
    changes : dict
        Column name -> (cell now, cell then); only the columns that change.
    row : dict
        The changed row, for the columns that the program asks for.
    """

    before: Label | None
    after: Label
    changes: dict[str, tuple[Cell, Cell]]
    row: dict[str, Cell]

    def __str__(self) -> str:
        if not self.changes:
            return f"{printable(self.after)}: it is already."
        parts = [
            f"{printable(name)} were {_say(new)} (it is {_say(old)})"
            for name, (old, new) in self.changes.items()
        ]
        before = "no answer" if self.before is None else printable(self.before)
        return f"{printable(self.after)} instead of {before}, if " + " and ".join(parts) + "."


def _say(cell: Cell) -> str:
    if isinstance(cell, bool):
        return "present" if cell else "absent"
    return "missing" if cell is None else repr(cell)


def counterfactual(
    program: Program, row, target: Label, *, fixed: Iterable[str] = ()
) -> Counterfactual | None:
    """The fewest columns to change (then the fewest literals) for the answer ``target``.

    Parameters
    ----------
    row : one row in any form that :meth:`Program.explain` takes
    target : label
    fixed : column names that may not change

    Returns
    -------
    Counterfactual, or None when no change of the other columns gives that answer.

    Raises
    ------
    ValueError
        ``target`` is no answer of the program, or a fixed column is unknown.
    """
    target = answer_of(program, target)
    table, fixed = one_row(program, row), set(fixed)
    asked = {lit.column for lit in program.literals()}
    unknown = fixed - {c.name for c in program.columns}
    if unknown:
        raise ValueError(f"fixed columns {sorted(unknown)[:5]} are not among the program's")
    columns = [c for c in table.columns if c.name in asked]
    now = {c.name: table[c.name].cell(0) for c in columns}
    tests = list(dict.fromkeys(lit.positive for lit in program.literals()))
    options: dict[str, list[Cell]] = {}
    lines = [to_asp(program), PICKS.format(head=program.head, target=label_term(target))]
    for number, column in enumerate(columns):
        mine = [lit for lit in tests if lit.column == column.name]
        current = now[column.name]
        options[column.name] = [current]
        if column.name not in fixed:
            options[column.name] += cells_worth_trying(column, mine, current)
        for place, cell in enumerate(options[column.name]):
            lines.append(f"option({number},{place}).")
            changed = sum(lit.holds(cell) != lit.holds(current) for lit in mine)
            lines.append(f"cost({number},{place},{changed}).")
            for lit in mine:
                if lit.holds(cell):
                    lines.append(f"{atom(lit, program.head, '0')} :- pick({number},{place}).")
    picked = _solve("\n".join(lines))
    if picked is None:
        return None
    after = {c.name: options[c.name][picked[i]] for i, c in enumerate(columns)}
    changes = {n: (now[n], after[n]) for n in now if picked[list(now).index(n)] > 0}
    before = program.predict(table).tolist()[0]
    answer = program.predict(Table.of([after], columns=columns)).tolist()[0] if columns else before
    if label_term(answer) != label_term(target):
        raise RuntimeError(f"clingo and numpy disagree on {after}: please report this program")
    return Counterfactual(before, target, changes, after)


def cells_worth_trying(column: Column, tests: list[Literal], current: Cell) -> list[Cell]:
    """One cell for each other combination of truths that a column's literals can have."""
    if column.kind == "boolean":
        return [not current]
    strings = [lit.value for lit in tests if lit.op == "=="]
    other = next(
        w for w in ("other", *(f"other{i}" for i in range(len(strings)))) if w not in strings
    )
    if column.kind == "numeric":  # text that parses would be read as a number
        strings = [word for word in strings if word is None or parse_number(word) == word]
    cells: list[Cell] = [*strings]
    if column.kind == "categorical":
        cells.append(other)
    bounds = sorted({lit.value for lit in tests if lit.op != "=="})
    if column.kind == "numeric":
        top = bounds[-1] if bounds else 0.0
        above = top + max(1.0, abs(top) / 100)
        cells += [*bounds, above if math.isfinite(above) else math.nextafter(top, math.inf)]
    pattern = lambda cell: tuple(lit.holds(cell) for lit in tests)
    seen, useful = {pattern(current)}, []
    for cell in cells:
        if pattern(cell) not in seen:
            seen.add(pattern(cell))
            useful.append(cell)
    return useful


def _solve(text: str) -> dict[int, int] | None:
    import clingo

    control = clingo.Control(["--warn=none", "--opt-mode=opt"])
    control.add("base", [], text)
    control.ground([("base", [])])
    picked = None
    with control.solve(yield_=True) as handle:
        for model in handle:  # each better than the one before
            symbols = model.symbols(shown=True)
            picked = {s.arguments[0].number: s.arguments[1].number for s in symbols}
    return picked
