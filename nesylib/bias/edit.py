"""Repair 1: a person edits the program. Nothing is learned; the network stays as it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from nesylib.bias._checks import bit_table, column_numbers, neurons_of, one_each
from nesylib.rules import Literal, Program, Rule


def drop_literals(program: Program, neurons: Iterable[int | str]) -> Program:
    """The program without the literals that read ``neurons``.

    A rule with fewer conditions fires for more pictures. One that would be left with none goes
    altogether, as it would fire for all; so does such an exception.

    Parameters
    ----------
    neurons
        Column numbers or names.

    Raises
    ------
    ValueError
        For a neuron that the program has no column for.
    """
    out = set(neurons_of(program, neurons))

    def without(rule: Rule) -> Rule | None:
        body = tuple(lit for lit in rule.body if lit.column not in out)
        if not body and rule.body:
            return None
        kept = (without(e) for e in rule.exceptions)
        return replace(rule, body=body, exceptions=tuple(e for e in kept if e is not None))

    rules = (without(rule) for rule in program.rules)
    return replace(program, rules=tuple(rule for rule in rules if rule is not None))


def drop_rules(program: Program, neurons: Iterable[int | str]) -> Program:
    """The program without the rules whose own body reads ``neurons``, and without such exceptions.

    Stricter than :func:`drop_literals`: no rule becomes more general, but dropping an exception
    lets the rule above it fire more often.
    """
    out = set(neurons_of(program, neurons))

    def kept(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
        stay = [rule for rule in rules if not any(lit.column in out for lit in rule.body)]
        return tuple(replace(rule, exceptions=kept(rule.exceptions)) for rule in stay)

    return replace(program, rules=kept(program.rules))


def swap(program: Program, exchange: Mapping[int | str, int | str]) -> Program:
    """The program with neurons exchanged for others, ``{50: 12}``: conditions keep their sign.

    Raises
    ------
    ValueError
        For an empty exchange, or a neuron that the program has no column for.
    """
    old = neurons_of(program, exchange.keys())
    if len(old) < len(exchange):
        raise ValueError(f"a neuron is exchanged twice, by number and by name: {list(exchange)}")
    new = [neurons_of(program, [neuron])[0] for neuron in exchange.values()]
    to = dict(zip(old, new, strict=True))

    def changed(rule: Rule) -> Rule:
        body = tuple(Literal(to.get(b.column, b.column), b.op, b.value) for b in rule.body)
        body = tuple(dict.fromkeys(body))
        return replace(rule, body=body, exceptions=tuple(map(changed, rule.exceptions)))

    return replace(program, rules=tuple(map(changed, program.rules)))


def stand_ins(bits, labels, neuron: int, *, barred: Iterable[int] = (), n: int = 5) -> pd.DataFrame:
    """Neurons that could take the place of another one, for a person to choose from.

    A good stand-in is on for the same classes. So neurons are compared by their rates in each
    class: the table's rows are sorted by how little these rates differ from those of ``neuron``
    (mean absolute difference).

    Parameters
    ----------
    bits : (N, D) bool
    labels : (N,)
    neuron
        Column number of the one to replace.
    barred
        Neurons that are no candidates, such as ``ties(...).neurons()``.

    Returns
    -------
    pandas.DataFrame
        At most ``n`` rows, index ``neuron``: ``differs``, then the rate in each class.

    Raises
    ------
    ValueError
        For an unknown neuron, no row to give, or when every other neuron is barred.
    """
    bits = bit_table(bits)
    labels = one_each(labels, len(bits), "labels")
    if n < 1:
        raise ValueError(f"n counts stand-ins: at least 1, got {n}")
    (neuron,) = column_numbers([neuron], bits.shape[1])
    barred = {*column_numbers(barred, bits.shape[1]), neuron}
    classes = np.unique(labels)
    rates = np.stack([bits[labels == c].mean(0) for c in classes], 1)
    free = [d for d in range(bits.shape[1]) if d not in barred]
    if not free:
        raise ValueError("every other neuron is barred: nothing can stand in")
    frame = pd.DataFrame(rates[free], columns=[str(c) for c in classes], index=free)
    frame.insert(0, "differs", np.abs(rates[free] - rates[neuron]).mean(1))
    return frame.rename_axis("neuron").sort_values("differs", kind="stable").head(n)
