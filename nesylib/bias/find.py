"""Reading the rules: where a program asks for neurons that follow a cue."""

from __future__ import annotations

import pandas as pd

from nesylib.bias.correlation import Ties
from nesylib.rules import Program
from nesylib.rules.flat import flatten


def cue_literals(program: Program, tied: Ties, threshold: float | None = None) -> pd.DataFrame:
    """Every literal that reads a tied neuron, with the rule or exception it stands in.

    Parameters
    ----------
    program
        A program whose column number ``d`` is neuron ``d``, whatever the column is called.
    tied
        From :func:`nesylib.bias.ties`.
    threshold
        As in :meth:`Ties.neurons`.

    Returns
    -------
    pandas.DataFrame
        ``rule`` ("rule 1", "ab1"), ``label`` (empty for an exception), ``literal``, ``neuron``,
        ``follows`` (the cue value it is tied to most), ``phi``. Empty when no rule reads one.

    Raises
    ------
    ValueError
        When program and ties are of different numbers of neurons.
    """
    if len(program.columns) != len(tied.phi):
        raise ValueError(
            f"the program has {len(program.columns)} columns, the ties are of {len(tied.phi)} "
            "neurons: compute them from the bits that the program reads"
        )
    number = {c.name: i for i, c in enumerate(program.columns)}
    follows = tied.follows(threshold)
    rows = []
    for clause in flatten(program):
        for literal in clause.body:
            neuron = number[literal.column]
            if neuron not in follows:
                continue
            k = abs(tied.phi[neuron]).argmax()
            rows.append(
                {
                    "rule": clause.name,
                    "label": "" if clause.label is None else clause.label,
                    "literal": ("not " if literal.negated else "") + literal.column,
                    "neuron": neuron,
                    "follows": tied.names[k],
                    "phi": float(tied.phi[neuron, k]),
                }
            )
    return pd.DataFrame(rows, columns=["rule", "label", "literal", "neuron", "follows", "phi"])
