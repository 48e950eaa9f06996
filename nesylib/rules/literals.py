"""Literals: the questions a rule may ask about one cell of a table.

A cell is a truth value, a string, a number, or missing (``None``). Six operators ask about it:

======== ======================== ==============================================
operator printed                  true when
======== ======================== ==============================================
``==``   ``a(X,'v')``, ``a(X)``   the cell is that string (or is true)
``!=``   ``not a(X,'v')``         the exact complement of ``==``
``=<``   ``a(X,N), N=<v``         the cell is a number and at most ``v``
``>``    ``a(X,N), N>v``          the cell is a number and above ``v``
``!=<``  ``a(X,N), not(N=<v)``    the exact complement of ``=<``: true on strings
``!>``   ``a(X,N), not(N>v)``     the exact complement of ``>``: true on strings
======== ======================== ==============================================

Every operator has its exact complement, so ``~literal`` is always the other half of the rows.
"""

from __future__ import annotations

from dataclasses import dataclass

Cell = bool | str | float | None

COMPLEMENT = {"==": "!=", "!=": "==", "=<": "!=<", "!=<": "=<", ">": "!>", "!>": ">"}
NEGATED = frozenset({"!=", "!=<", "!>"})


@dataclass(frozen=True, slots=True)
class Literal:
    """One test of one column.

    Attributes
    ----------
    column : str
        Name of the column.
    op : str
        One of ``==  !=  =<  >  !=<  !>``.
    value : bool, str, float or None
        ``True`` for a boolean column, a string (or ``None``: missing) for ``==`` and ``!=``,
        a finite number for the others.
    """

    column: str
    op: str
    value: Cell

    def __post_init__(self) -> None:
        if self.op not in COMPLEMENT:
            raise ValueError(f"unknown operator {self.op!r}: use one of {sorted(COMPLEMENT)}")
        compares = self.op not in ("==", "!=")
        number = isinstance(self.value, float) and abs(self.value) != float("inf")
        if compares and not (number and self.value == self.value):
            raise ValueError(f"{self.op} compares with a finite float, not with {self.value!r}")
        if not compares and not (self.value is None or isinstance(self.value, (str, bool))):
            raise ValueError(f"{self.op} asks for a string, True or None, not {self.value!r}")
        if self.value is False:
            raise ValueError(f"write 'is false' as Literal({self.column!r}, '!=', True)")

    def __invert__(self) -> Literal:
        """The exact complement: true on the rows where this literal is false."""
        return Literal(self.column, COMPLEMENT[self.op], self.value)

    @property
    def negated(self) -> bool:
        return self.op in NEGATED

    @property
    def positive(self) -> Literal:
        """The literal itself, or its complement when it is a negated one."""
        return ~self if self.negated else self

    def holds(self, cell: Cell) -> bool:
        """Is the literal true of this cell?"""
        if self.negated:
            return not (~self).holds(cell)
        if self.op == "==":
            return type(cell) is type(self.value) and cell == self.value
        if not is_number(cell):
            return False
        return cell <= self.value if self.op == "=<" else cell > self.value


def is_number(cell: Cell) -> bool:
    """True of a number, False of a string, a truth value and a missing cell."""
    return isinstance(cell, (int, float)) and not isinstance(cell, bool)
