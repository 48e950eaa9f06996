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
        self._span: dict[str, tuple[int, int, int]] = {}  # first slot, first string, end
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
            n_numbers = sum(type(v) is float for v in found)
            span = len(values), len(values) + n_numbers, len(values) + len(found)
            self._span[table.columns[i].name] = span
            values.extend(found)
            columns.extend([i] * len(found))
        self.values = values
        self.n_slots = len(values)
        self.slot_column = np.array(columns, np.int32)
        self.slot_number = np.array([v if type(v) is float else np.nan for v in values])
        self.is_number = ~np.isnan(self.slot_number)
        self.has_numbers = bool(self.is_number.any())
        self.segments = segments(self.slot_column)
        self.bit_slots = np.array(bit_slots, np.intp)
        self.bits = _pack(flags, table.matrix, self.n_rows)
        self._columns = np.ascontiguousarray(self.bits.T)
        booleans = [c.name for c in table.columns if c.kind == "boolean"]
        self._bit_of = {name: bit for bit, name in enumerate(booleans)}
        self.codes = np.stack(coded, axis=1) if coded else np.zeros((self.n_rows, 0), np.int32)

    def __len__(self) -> int:
        return self.n_rows

    def counts(self, rows: np.ndarray) -> np.ndarray:
        """(n_slots,) int64: on how many of ``rows`` each slot's value stands."""
        n_bits = len(self.bit_slots)
        if n_bits == self.n_slots:
            return column_sums(self.bits[rows])[:n_bits]
        total = np.bincount(self.codes[rows].ravel(), minlength=self.n_slots)
        if n_bits:
            total[self.bit_slots] = column_sums(self.bits[rows])[:n_bits]
        return total

    def compact(self, *groups: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
        """Slots that occur on a few rows, ascending, and each group's counts of just those.

        For a table with far more distinct values than the groups have rows.
        """
        codes = [self.codes[rows].ravel() for rows in groups]
        slots = np.union1d(np.concatenate(codes), self.bit_slots)
        places = np.searchsorted(slots, self.bit_slots)
        counts = []
        for code, rows in zip(codes, groups, strict=True):
            total = np.bincount(np.searchsorted(slots, code), minlength=len(slots))
            if len(places):
                total[places] = column_sums(self.bits[rows])[: len(places)]
            counts.append(total)
        return slots, counts

    def subtract(self, counts: np.ndarray, classes: np.ndarray, rows: np.ndarray) -> None:
        """Take ``rows`` out of a (C, n_slots) table of counts per class."""
        flat, start = counts.reshape(-1), classes[rows] * self.n_slots
        if self.codes.shape[1]:
            np.subtract.at(flat, (start[:, None] + self.codes[rows]).ravel(), 1)
        if len(self.bit_slots):
            bits = np.unpackbits(self.bits[rows], axis=1, count=len(self.bit_slots))
            row, bit = np.divmod(np.flatnonzero(bits.view(bool)), len(self.bit_slots))
            np.subtract.at(flat, start[row] + self.bit_slots[bit], 1)

    def truth(self, literal: Literal, rows=slice(None)) -> np.ndarray:
        """Where the literal holds, like :meth:`Table.truth`; truth values come from packed bits."""
        if literal.value is not True:
            return self.table.truth(literal, rows)
        bit = self._bit_of[literal.column]
        held = self._columns[bit >> 3][rows] & (128 >> (bit & 7))
        return held == 0 if literal.negated else held != 0

    def keep(self, literal: Literal, rows: np.ndarray) -> np.ndarray:
        """Those of ``rows`` on which the literal holds."""
        return rows[self.truth(literal, rows)]

    def literal(self, slot: int, second: bool, complement: bool) -> Literal:
        """The literal of a slot: its first candidate (``==`` or ``=<``) or its second (``>``)."""
        value = self.values[slot]
        op = ">" if second else "=<" if type(value) is float else "=="
        literal = Literal(self.table.columns[self.slot_column[slot]].name, op, value)
        return ~literal if complement else literal

    def slot(self, literal: Literal) -> tuple[int, int]:
        """Slot of a literal (or of its complement), and 1 for the second candidate, else 0."""
        start, numbers, end = self._span[literal.column]
        if type(literal.value) is float:
            place = np.searchsorted(self.slot_number[start:numbers], literal.value)
            return start + int(place), int(literal.positive.op == ">")
        return self.values.index(literal.value, numbers, end), 0


def _codes(cells) -> tuple[np.ndarray, list]:
    """Codes (N,) of a column's cells into its values: numbers ascending, then strings."""
    if cells.numbers is None:
        return cells.codes, list(cells.levels)
    known = cells.codes < 0
    distinct, ranks = np.unique(cells.numbers[known], return_inverse=True)
    codes = cells.codes + np.int32(len(distinct))
    codes[known] = ranks
    return codes, [*map(float, distinct), *cells.levels]


def segments(slot_column: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First and last slot of the column that each slot belongs to."""
    edges = np.flatnonzero(np.diff(slot_column)) + 1
    starts = np.concatenate([[0], edges])
    lengths = np.diff(np.concatenate([starts, [len(slot_column)]]))
    start = np.repeat(starts, lengths)
    return start, start + np.repeat(lengths, lengths) - 1


def _pack(flags: list[np.ndarray], matrix: np.ndarray | None, n_rows: int) -> np.ndarray:
    """Rows of bits: (N, bytes) uint8, a whole number of 64-bit words a row."""
    width = -(-len(flags) // 64) * 8
    packed = np.zeros((n_rows, width), np.uint8)
    step = 1 << 16
    for start in range(0, n_rows if flags else 0, step):
        if matrix is None:
            block = np.stack([f[start : start + step] for f in flags], axis=1)
        else:
            block = matrix[start : start + step]
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
