"""A training table laid out for counting: how often does every literal hold on some rows?

Everything a search needs is a count per *slot*: one slot for a boolean column (how often true),
one per string of a categorical column, one per distinct number and per string of a numeric column.
Slots stand in the fixed order in which ties are broken: categorical columns as declared, then
numeric ones, values ascending, strings after the numbers. Numbers are ranked once, so thresholds
come out of prefix sums without sorting again.
"""

from __future__ import annotations

import numpy as np

from .literals import Literal
from .table import Table


class Index:
    """Slots, packed bits and codes of a :class:`Table`.

    Attributes
    ----------
    n_slots : int
    slot_column : (n_slots,) int32, position of the slot's column
    slot_number : (n_slots,) float64, the threshold, NaN where the slot is no number
    """

    def __init__(self, table: Table) -> None:
        self.table = table
        self.n_rows = len(table)
        flags, coded, bit_slots, columns, values = [], [], [], [], []
        kinds = [c.kind for c in table.columns]
        order = [i for i, k in enumerate(kinds) if k != "numeric"]
        order += [i for i, k in enumerate(kinds) if k == "numeric"]
        for i in order:
            cells = table.cells[i]
            if cells.flags is not None:
                bit_slots.append(len(values))
                flags.append(cells.flags)
                found = [True]
            else:
                codes, found = _codes(cells)
                coded.append(codes + len(values))
            values.extend(found)
            columns.extend([i] * len(found))
        self.values = values
        self.n_slots = len(values)
        self.slot_column = np.array(columns, np.int32)
        self.slot_number = np.array([v if type(v) is float else np.nan for v in values])
        self.is_number = ~np.isnan(self.slot_number)
        self.segments = _segments(self.slot_column)
        self.bit_slots = np.array(bit_slots, np.intp)
        self.bits = _pack(flags, self.n_rows)
        self.codes = np.stack(coded, axis=1) if coded else np.zeros((self.n_rows, 0), np.int32)
        self._slot_of = None

    def counts(self, rows: np.ndarray) -> np.ndarray:
        """(n_slots,) int64: on how many of ``rows`` each slot's value stands."""
        total = np.zeros(self.n_slots, np.int64)
        if self.codes.shape[1]:
            total += np.bincount(self.codes[rows].ravel(), minlength=self.n_slots)
        if len(self.bit_slots):
            total[self.bit_slots] = self.count_bits(rows)
        return total

    def count_bits(self, rows: np.ndarray) -> np.ndarray:
        """(number of boolean columns,) int64: how many of ``rows`` have each bit."""
        return column_sums(self.bits[rows])[: len(self.bit_slots)]

    def keep(self, literal: Literal, rows: np.ndarray) -> np.ndarray:
        """Those of ``rows`` on which the literal holds."""
        return rows[self.table.truth(literal, rows)]

    def literal(self, slot: int, second: bool, complement: bool) -> Literal:
        """The literal of a slot: its first candidate (``==`` or ``=<``) or its second (``>``)."""
        value = self.values[slot]
        op = ">" if second else "=<" if type(value) is float else "=="
        literal = Literal(self.table.columns[self.slot_column[slot]].name, op, value)
        return ~literal if complement else literal

    def slot(self, literal: Literal) -> tuple[int, bool] | None:
        """Slot of a literal (or of its complement) and whether it is the second candidate."""
        if self._slot_of is None:
            names = [self.table.columns[i].name for i in self.slot_column]
            keys = zip(names, map(_key, self.values), strict=True)
            self._slot_of = {key: slot for slot, key in enumerate(keys)}
        slot = self._slot_of.get((literal.column, _key(literal.value)))
        return None if slot is None else (slot, literal.positive.op == ">")


def _key(value):
    return (type(value).__name__, value)


def _codes(cells) -> tuple[np.ndarray, list]:
    """Codes (N,) of a column's cells into its values: numbers ascending, then strings."""
    if cells.numbers is None:
        return cells.codes, list(cells.levels)
    known = cells.codes < 0
    distinct, ranks = np.unique(cells.numbers[known], return_inverse=True)
    codes = cells.codes + np.int32(len(distinct))
    codes[known] = ranks
    return codes, [*map(float, distinct), *cells.levels]


def _segments(slot_column: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First and last slot of the column that each slot belongs to."""
    edges = np.flatnonzero(np.diff(slot_column)) + 1
    starts = np.concatenate([[0], edges])
    lengths = np.diff(np.concatenate([starts, [len(slot_column)]]))
    start = np.repeat(starts, lengths)
    return start, start + np.repeat(lengths, lengths) - 1


def _pack(flags: list[np.ndarray], n_rows: int) -> np.ndarray:
    """Rows of bits: (N, bytes) uint8, a whole number of 64-bit words a row."""
    width = -(-len(flags) // 64) * 8
    packed = np.zeros((n_rows, width), np.uint8)
    step = 1 << 16
    for start in range(0, n_rows if flags else 0, step):
        block = np.stack([f[start : start + step] for f in flags], axis=1)
        bits = np.packbits(block, axis=1)
        packed[start : start + step, : bits.shape[1]] = bits
    return packed


def column_sums(packed: np.ndarray) -> np.ndarray:
    """Column sums of bit rows (m, bytes): eight columns at a time in the bytes of a 64-bit word."""
    m, width = packed.shape
    lanes = np.unpackbits(packed, axis=1).view(np.uint64)  # (m, width): a byte per column
    total = np.zeros(width * 8, np.int64)
    whole = m - m % 255  # a byte holds up to 255
    if whole:
        blocks = lanes[:whole].reshape(-1, 255, width).sum(axis=1)
        total += blocks.view(np.uint8).sum(axis=0, dtype=np.int64)
    return total + lanes[whole:].sum(axis=0, dtype=np.uint64).view(np.uint8)
