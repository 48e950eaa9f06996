"""What the functions of this package ask of their input, with errors that say what to do."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from nesylib.rules import Program


def bit_table(bits, name: str = "bits") -> np.ndarray:
    """``bits`` as bool (N, D); anything but 0 and 1 is refused."""
    table = np.asarray(bits)
    if table.ndim != 2 or 0 in table.shape:
        raise ValueError(
            f"{name} must be a table with a row a picture and a column a neuron, got shape "
            f"{table.shape}"
        )
    if table.dtype.kind not in "biuf" or not np.isin(table, (0, 1)).all():
        raise ValueError(f"{name} must be 0 or 1: call nesylib.concepts.binarize first")
    return table.astype(bool)


def one_each(values, rows: int, name: str) -> np.ndarray:
    """``values`` as an array with one entry a picture."""
    values = np.asarray(values)
    if values.shape != (rows,):
        raise ValueError(
            f"there are {rows} pictures and {name} of shape {values.shape}: give one for each "
            "picture"
        )
    if values.dtype.kind in "fO" and any(v != v for v in values.tolist() if isinstance(v, float)):
        raise ValueError(f"{name} hold NaN: leave those pictures out")
    return values


def column_numbers(neurons: Iterable[int], width: int) -> list[int]:
    """Whole column numbers from 0 to ``width - 1``; a mask or a share is no number of a column."""
    given = list(neurons)
    wrong = [
        n
        for n in given
        if isinstance(n, (bool, np.bool_)) or not hasattr(n, "__index__") or not 0 <= n < width
    ]
    if wrong:
        raise ValueError(
            f"neurons are column numbers from 0 to {width - 1}, got {wrong[:5]}: of a bool mask, "
            "np.flatnonzero(mask)"
        )
    return [int(n) for n in given]


def neurons_of(program: Program, neurons: Iterable[int | str]) -> list[str]:
    """Column names of neurons that are given as column numbers or names, each once.

    Raises
    ------
    ValueError
        For none at all, or for one that the program has no column for.
    """
    names = [c.name for c in program.columns]
    given = [neurons] if isinstance(neurons, (str, int, np.integer)) else list(neurons)
    if not given:
        raise ValueError("no neuron is named: give at least one column, by number or name")
    found, unknown = [], []
    for neuron in given:
        whole = isinstance(neuron, (int, np.integer)) and not isinstance(neuron, bool)
        if whole and 0 <= neuron < len(names):
            found.append(names[neuron])
        elif isinstance(neuron, str) and neuron in names:
            found.append(neuron)
        else:
            unknown.append(neuron)
    if unknown:
        raise ValueError(
            f"the program knows no neurons {unknown[:5]}; it has {len(names)} columns, "
            f"{names[0] if names else 'none'} to {names[-1] if names else 'none'}"
        )
    return list(dict.fromkeys(found))
