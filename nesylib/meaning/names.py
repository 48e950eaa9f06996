"""Names of neurons in the place of their columns: a program that can be read."""

from __future__ import annotations

from collections.abc import Mapping

from nesylib.meaning.labels import Labels
from nesylib.rules.program import Program


def named(
    program: Program,
    labels: Labels,
    style: str = "code",
    *,
    columns: Mapping[int, str] | None = None,
) -> Program:
    """The same program with names in the place of neurons; its answers stay what they were.

    Only neurons that the program asks for are named, so the running numbers are small. Two
    neurons never get one name: in code the numbers differ, and the second readable text gets a
    number too, ``bed and pillow (2)``. A neuron without a name keeps its column's;
    :func:`unnamed` tells which, and why.

    Parameters
    ----------
    program
        Learned from all columns of the codes: neuron ``i`` is its column ``i``.
    style
        ``"code"`` (``bed1_pillow1``, NeSyFOLD's form) or ``"readable"`` (``bed and pillow``).
    columns
        The column of each neuron, for a program that was learned from another table.

    Raises
    ------
    ValueError
        For an unknown style, if the labels speak of neurons the program has no column for, or if
        ``columns`` name a column that is not there, or one twice.
    TypeError
        For names that are no :class:`Labels`.
    """
    if not isinstance(labels, Labels):
        raise TypeError(
            f"names are a meaning.Labels, not a {type(labels).__name__}: of plain words, "
            "Labels({3: [('bed', 1.0)]})"
        )
    column = _columns(program, labels, columns)
    asked = {literal.column for literal in program.literals()}
    used = {n: labels.names[n] for n, name in column.items() if name in asked and n in labels.names}
    texts = Labels(used, {n: labels.missing[n] for n in used if n in labels.missing}).written(style)
    renamed = {column[n] for n in texts}
    taken = {c.name for c in program.columns if c.name not in renamed} | {program.head}
    new = {}
    for neuron, text in texts.items():
        new[column[neuron]] = _free(text, taken, style)
        taken.add(new[column[neuron]])
    return program.rename(new)


def unnamed(
    program: Program, labels: Labels, *, columns: Mapping[int, str] | None = None
) -> dict[str, str]:
    """The columns that a program asks for and the labels have no name for, with the reason."""
    neuron = {name: number for number, name in _columns(program, labels, columns).items()}
    asked = dict.fromkeys(literal.column for literal in program.literals())
    nothing = "the labelling was not asked about it"
    return {
        name: labels.missing.get(neuron.get(name), nothing)
        for name in asked
        if not labels.names.get(neuron.get(name))
    }


def _columns(program: Program, labels: Labels, columns) -> dict[int, str]:
    if columns is not None:
        found = {int(neuron): str(name) for neuron, name in columns.items()}
        known = {c.name for c in program.columns}
        unknown = [name for name in found.values() if name not in known]
        if unknown or len(set(found.values())) < len(found):
            raise ValueError(
                f"columns must give each neuron another column of the program, got "
                f"{unknown[:5] or list(found.values())[:5]}"
            )
        return found
    beyond = [n for n in labels.names if n >= len(program.columns)]
    if beyond:
        raise ValueError(
            f"the labels speak of neurons {beyond[:5]}, the program has {len(program.columns)} "
            "columns: were they made from the same codes? If they were, say which column is "
            "whose, columns={17: 'x17'}"
        )
    return {number: c.name for number, c in enumerate(program.columns)}


def _free(text: str, taken: set[str], style: str) -> str:
    """``text``, or ``text`` with the first number that nobody has."""
    if text not in taken:
        return text
    form = "{} ({})" if style == "readable" else "{}_{}"
    number = 2
    while (candidate := form.format(text, number)) in taken:
        number += 1
    return candidate
