"""Tables: whatever a user hands over (array, list, DataFrame), as named and typed columns.

Three kinds of column:

``boolean``      true or false; printed ``bed(X)`` / ``not bed(X)``
``categorical``  strings and missing; never parsed, so ``"10"`` is no number
``numeric``      numbers; a cell that is no number (missing, ``"?"``) is one more category of it

A missing cell (``None``, ``NaN``, ``pandas.NA``) is a category of its own, never a number.
"""

from __future__ import annotations

import math
import numbers
import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from .literals import Cell, Literal

KINDS = ("boolean", "categorical", "numeric")


@dataclass(frozen=True)
class Column:
    """Name and kind of a column; what a program remembers of the table it was learned from."""

    name: str
    kind: str

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown kind {self.kind!r} of column {self.name!r}: use {KINDS}")


@dataclass(frozen=True)
class Cells:
    """The cells of one column, N rows.

    ``flags`` (N,) bool for a boolean column. Otherwise ``codes`` (N,) int32 index into ``levels``
    (strings, ``"1"`` first, the others sorted, ``None`` last); a numeric column also has
    ``numbers`` (N,) float64, and code -1 where the cell is a number.
    """

    flags: np.ndarray | None = None
    codes: np.ndarray | None = None
    levels: tuple[str | None, ...] = ()
    numbers: np.ndarray | None = None

    def truth(self, literal: Literal, rows=slice(None)) -> np.ndarray:
        """(N,) bool: where the literal holds; only on ``rows`` (int array) when they are given."""
        if literal.negated:
            return ~self.truth(~literal, rows)
        if literal.op == "==" and literal.value is True and self.flags is not None:
            return self.flags[rows]
        if literal.op == "==" and literal.value in self.levels:
            return self.codes[rows] == self.levels.index(literal.value)
        if literal.op != "==" and self.numbers is not None:
            numbers = self.numbers[rows]  # NaN where the cell is no number: compares as false
            return numbers <= literal.value if literal.op == "=<" else numbers > literal.value
        return np.zeros(self.n_rows, bool)[rows]

    @property
    def n_rows(self) -> int:
        return len(self.codes if self.flags is None else self.flags)

    def cell(self, row: int) -> Cell:
        """The cell of one row as a plain Python value."""
        if self.flags is not None:
            return bool(self.flags[row])
        if self.numbers is not None and self.codes[row] < 0:
            return float(self.numbers[row])
        return self.levels[self.codes[row]]


@dataclass(frozen=True)
class Table:
    """Named, typed columns of equal length.

    Attributes
    ----------
    columns : tuple of Column
    cells : tuple of Cells, one per column
    n_rows : int
    matrix : (N, D) bool array or None
        The whole table in one array, when all its columns are boolean and came as one.
    """

    columns: tuple[Column, ...]
    cells: tuple[Cells, ...]
    n_rows: int
    matrix: np.ndarray | None = field(default=None, repr=False, compare=False)
    _position: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        names = [c.name for c in self.columns]
        check_names(names)
        object.__setattr__(self, "_position", {n: i for i, n in enumerate(names)})

    def __len__(self) -> int:
        return self.n_rows

    def truth(self, literal: Literal, rows=slice(None)) -> np.ndarray:
        """(N,) bool, or one value for each of ``rows``: where the literal holds.

        Raises KeyError for an unknown column.
        """
        return self[literal.column].truth(literal, rows)

    def __getitem__(self, name: str) -> Cells:
        if name not in self._position:
            raise KeyError(f"no column {name!r}; the table has {list(self._position)[:10]} ...")
        return self.cells[self._position[name]]

    def row(self, index: int) -> dict[str, Cell]:
        """One row as a dictionary from column name to cell."""
        pairs = zip(self.columns, self.cells, strict=True)
        return {column.name: cells.cell(index) for column, cells in pairs}

    @classmethod
    def of(
        cls,
        X,
        *,
        columns: Sequence[Column] | None = None,
        names: Sequence[str] | None = None,
        numeric: Iterable[str] = (),
    ) -> Table:
        """Read ``X`` (N, D) as a table.

        Parameters
        ----------
        X : Table, pandas.DataFrame, array-like or list of dict
            A boolean array, or one of nothing but 0 and 1, gives boolean columns; a numeric array
            numeric ones. In a DataFrame every column speaks for itself: bool, numeric, or
            categorical; an object column that holds numbers is numeric.
        columns : sequence of Column, optional
            Kinds to read the cells as (those seen in training), instead of guessing them.
        names : sequence of str, optional
            Names for the columns of an array; ``x0``, ``x1`` ... without.
        numeric : iterable of str
            Text columns to parse cell by cell: what parses is a number, the rest stays a string.

        Raises
        ------
        ValueError
            Not two-dimensional, empty, infinite, complex, duplicated or missing columns.
        TypeError
            A sparse matrix.
        """
        from .reading import read_table

        return read_table(X, columns=columns, names=names, numeric=numeric)


def check_names(names: Sequence[str]) -> None:
    """Raises ValueError when two columns have one name."""
    if len(set(names)) < len(names):
        twice = sorted(name for name, n in Counter(names).items() if n > 1)
        raise ValueError(f"duplicated column names: {twice[:5]}; rename them, names must differ")


def is_missing(value) -> bool:
    """None, NaN, pandas.NA, NaT."""
    return value is None or value is pd.NA or value is pd.NaT or value != value


def as_cell(value) -> Cell:
    """One Python or numpy value as a cell: a number, a string, or None."""
    if is_missing(value):
        return None
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    if isinstance(value, numbers.Real):
        try:
            return float(value) + 0.0
        except OverflowError:  # a whole number of more than 308 digits
            return math.inf if value > 0 else -math.inf
    return str(value)


def finite(name: str, values: np.ndarray) -> np.ndarray:
    """``values`` as float64 without -0.0; an infinity is an error that names the column."""
    given = np.asarray(values)
    values = given.astype(np.float64) + 0.0
    if given.dtype.kind in "iu" and np.abs(values).max(initial=0) >= 2**53:
        warn_if_rounded(name, given.tolist(), values.tolist())
    if np.isinf(values).any():
        raise ValueError(
            f"column {name!r}: Input contains infinity or a value too large for float64; "
            "replace it by a finite number or by NaN (missing)"
        )
    return values


def warn_if_rounded(name: str, given: list, values: list[float]) -> None:
    """Tell when whole numbers are too large for float64 to keep apart."""
    rounded = next((g for g, v in zip(given, values, strict=True) if g != v), None)
    if rounded is not None:
        warnings.warn(
            f"column {name!r} holds whole numbers beyond 2**53, such as {rounded}, which are "
            "rounded to float64; subtract an offset, or make identifiers strings",
            UserWarning,
            stacklevel=2,
        )


def parse_number(text: str) -> float | str:
    """A float if the text is one (finite), otherwise the text."""
    try:
        value = float(text)
    except ValueError:
        return text
    return value + 0.0 if math.isfinite(value) else text


def level_order(value: str | None) -> tuple:
    """The one fixed order of strings: ``"1"``, then sorted, then missing."""
    return (value is None, value != "1", value or "")
