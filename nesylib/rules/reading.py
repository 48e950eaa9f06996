"""Reading arrays and DataFrames into a :class:`~nesylib.rules.table.Table`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from .table import Cells, Column, Table, as_cell, check_names, finite, level_order, parse_number


def read_table(X, *, columns=None, names=None, numeric: Iterable[str] = ()) -> Table:
    """See :meth:`nesylib.rules.table.Table.of`."""
    numeric = [numeric] if isinstance(numeric, str) else numeric
    if isinstance(X, Table):
        return X if columns is None else _pick(X, columns)
    if hasattr(X, "toarray") and not isinstance(X, pd.DataFrame):
        raise TypeError("sparse input is not supported: pass X.toarray(), a dense array")
    if isinstance(X, Mapping) and not any(np.ndim(v) for v in X.values()):
        X = [X]  # one row
    if isinstance(X, Mapping) or (isinstance(X, list) and X and isinstance(X[0], Mapping)):
        if columns is not None and len(X) == 1 and isinstance(X, list):
            return _read_row(X[0], columns)
        X = pd.DataFrame(X)
    if isinstance(X, pd.DataFrame):
        return _read_frame(X, columns, names, set(numeric))
    X = np.asarray(X)
    check_shape(X)
    if X.dtype.kind == "c":
        raise ValueError("Complex data not supported: pass real numbers")
    if X.dtype.kind in "OUSTMm":
        frame = pd.DataFrame(X, dtype=object)
        frame.columns = array_names(X.shape[1], columns, names)
        return _read_frame(frame, columns, None, set(numeric))
    return _read_array(X, columns, names)


def check_shape(X: np.ndarray) -> None:
    """Two dimensions, at least one row and one column."""
    if X.ndim != 2:
        raise ValueError(
            f"Expected 2D array, got {X.ndim}D array instead (shape {X.shape}). "
            "Reshape your data: X.reshape(-1, 1) for one column, X.reshape(1, -1) for one row."
        )
    if X.shape[0] == 0:
        raise ValueError(f"0 sample(s) (shape={X.shape}) while a minimum of 1 is required.")
    if X.shape[1] == 0:
        raise ValueError(f"0 feature(s) (shape={X.shape}) while a minimum of 1 is required.")


def array_names(width: int, columns: Sequence[Column] | None, names) -> list[str]:
    """Names for the columns of an array without names of its own."""
    if isinstance(names, str):
        raise ValueError(f"the column names are one string, {names!r}: pass a list of names")
    if names is None:
        names = [f"x{i}" for i in range(width)] if columns is None else [c.name for c in columns]
    if len(names) != width:
        raise ValueError(
            f"X has {width} features, but {len(names)} column names are known: "
            f"{[str(n) for n in names[:5]]} ...; pass the columns in that order"
        )
    return [str(n) for n in names]


def _read_array(X: np.ndarray, columns, names) -> Table:
    names = array_names(X.shape[1], columns, names)
    if columns is None:
        kind = "boolean" if X.dtype == bool or is_zero_one(X) else "numeric"
        columns = [Column(name, kind) for name in names]
    if all(c.kind == "boolean" for c in columns):
        X = as_flags(X, names)
        cells = tuple(Cells(flags=X[:, i]) for i in range(X.shape[1]))
        return Table(tuple(columns), cells, len(X), X)
    cells = tuple(read_cells(X[:, i], c) for i, c in enumerate(columns))
    return Table(tuple(columns), cells, len(X))


def is_zero_one(X: np.ndarray) -> bool:
    """Does a numeric array hold nothing but 0 and 1?"""
    if X.dtype.kind not in "uif" or not np.isin(X[:1], (0, 1)).all():
        return False
    return bool(((X == 0) | (X == 1)).all())


def as_flags(X: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """(N, D) bool. Raises ValueError naming a column that holds something else than 0 and 1."""
    if X.dtype == bool:
        return X
    if not is_zero_one(X):
        bad = next(n for i, n in enumerate(names) if not is_zero_one(X[:, i : i + 1]))
        raise ValueError(
            f"column {bad!r} is boolean, but holds something else than 0 and 1; "
            "binarize it as the training table was"
        )
    return X.astype(bool)


def _read_frame(frame: pd.DataFrame, columns, names, numeric: set[str]) -> Table:
    check_shape(frame)
    own = array_names(frame.shape[1], None, list(frame.columns) if names is None else names)
    check_names(own)
    unknown = sorted(numeric - set(own))
    if unknown:
        raise ValueError(
            f"numeric columns {unknown[:5]} are not in the table; it has {own[:10]} ..."
        )
    series = {name: frame.iloc[:, i] for i, name in enumerate(own)}
    if columns is None:
        columns = _guess_columns(series, numeric)
    return _read_columns(series, columns, len(frame))


def _read_row(row: Mapping, columns: Sequence[Column]) -> Table:
    """One row, without the detour over a DataFrame: an explanation reads thousands of them."""
    if not row:
        raise ValueError("0 feature(s) while a minimum of 1 is required: the row is empty")
    own = array_names(len(row), None, list(row))
    check_names(own)
    return _read_columns({n: [v] for n, v in zip(own, row.values(), strict=True)}, columns, 1)


def _read_columns(series: Mapping, columns: Sequence[Column], n_rows: int) -> Table:
    missing = [c.name for c in columns if c.name not in series]
    if missing:
        raise ValueError(
            f"columns {missing[:5]} are missing; the table has {list(series)[:10]} ..."
        )
    cells = [read_cells(series[c.name], c) for c in columns]
    return Table(tuple(columns), tuple(cells), n_rows)


def _guess_columns(series: dict[str, pd.Series], numeric: set[str]) -> list[Column]:
    kinds = {n: "numeric" if n in numeric else guess_kind(n, s) for n, s in series.items()}
    plain = [s for s in series.values() if isinstance(s.dtype, np.dtype) and s.dtype.kind in "buif"]
    if len(plain) == len(kinds) and not numeric and all(is_zero_one_series(s) for s in plain):
        kinds = dict.fromkeys(kinds, "boolean")
    return [Column(n, k) for n, k in kinds.items()]


def is_zero_one_series(series: pd.Series) -> bool:
    return series.dtype == bool or is_zero_one(series.to_numpy()[:, None])


def guess_kind(name: str, series: pd.Series) -> str:
    """Kind of a DataFrame's column, from its dtype; an object column with numbers is numeric."""
    if isinstance(series.dtype, pd.CategoricalDtype):
        return "categorical"
    if pd.api.types.is_bool_dtype(series.dtype):
        return "categorical" if series.isna().any() else "boolean"
    if pd.api.types.is_complex_dtype(series.dtype):
        raise ValueError(f"column {name!r}: Complex data not supported: pass real numbers")
    if pd.api.types.is_numeric_dtype(series.dtype):
        return "numeric"
    if not (series.dtype == object or pd.api.types.is_string_dtype(series.dtype)):
        raise ValueError(
            f"column {name!r} has dtype {series.dtype}: turn it into numbers or strings first"
        )
    return "numeric" if any(isinstance(as_cell(v), float) for v in series) else "categorical"


def read_cells(values, column: Column) -> Cells:
    """The cells of one column, read as the column's kind."""
    if column.kind == "boolean":
        array = np.asarray(values)
        if array.dtype == object or array.dtype.kind not in "buif":
            truth = {"True": 1.0, "False": 0.0, 1.0: 1.0, 0.0: 0.0}
            array = np.array([truth.get(as_cell(v), 2.0) for v in values])
        return Cells(flags=as_flags(array[:, None], [column.name])[:, 0])
    dtype = getattr(values, "dtype", None)
    if column.kind == "numeric" and isinstance(dtype, np.dtype) and dtype.kind in "buif":
        numbers = finite(column.name, values)
        codes = np.where(np.isnan(numbers), 0, -1).astype(np.int32)
        return Cells(codes=codes, levels=(None,), numbers=numbers)
    if column.kind == "numeric":
        cells = [float(v) if isinstance(v, (bool, np.bool_)) else as_cell(v) for v in values]
        cells = [parse_number(c) if isinstance(c, str) else c for c in cells]
        numbers = finite(column.name, [c if isinstance(c, float) else np.nan for c in cells])
        codes, levels = encode([c if not isinstance(c, float) else ... for c in cells])
        return Cells(codes=codes, levels=levels, numbers=numbers)
    codes, levels = encode([v if v is None else plain_text(v) for v in map(as_category, values)])
    return Cells(codes=codes, levels=levels)


def as_category(value):
    """A categorical cell: its text, or None when it is missing."""
    return None if as_cell(value) is None else value


def plain_text(value) -> str:
    """``str(value)`` of the plain Python value, so ``numpy.int64(3)`` is ``"3"``."""
    return str(value.item() if isinstance(value, np.generic) else value)


def encode(cells: list) -> tuple[np.ndarray, tuple[str | None, ...]]:
    """Codes (N,) int32 and their levels in the fixed order; ``...`` marks a number (code -1)."""
    levels = sorted({c for c in cells if c is not ...}, key=level_order)
    position = {level: i for i, level in enumerate(levels)} | {...: -1}
    return np.fromiter((position[c] for c in cells), np.int32, len(cells)), tuple(levels)


def _pick(table: Table, columns: Sequence[Column]) -> Table:
    missing = [c.name for c in columns if c.name not in {k.name for k in table.columns}]
    if missing:
        known = [c.name for c in table.columns]
        raise ValueError(f"columns {missing[:5]} are missing; the table has {known[:10]} ...")
    return Table(tuple(columns), tuple(table[c.name] for c in columns), table.n_rows)
