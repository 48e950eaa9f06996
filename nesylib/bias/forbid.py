"""Repair 2: forbid a concept by a constraint on the program, and learn until it holds.

The program is described by facts, the constraint is a line of answer set programming, and clingo
says whether the program may stand. NeSyBiCor (Padalkar et al., arXiv 2405.15886) lets a user
name undesired concepts as constraints in the same way; it then retrains the network. Blocking
the columns and learning the rules again, as here, is ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from sklearn.base import clone

from nesylib.bias._checks import bit_table, column_numbers, one_each
from nesylib.rules import FoldSEM, Program, Table
from nesylib.rules.asp import label_term, string
from nesylib.rules.flat import flatten

VIOLATION = "violation(R,N) :- uses(R,N), follows(N,C), forbidden(C)."
"""What counts as a violation: a rule reads a neuron that follows a forbidden concept."""

CONSTRAINT = ":- violation(_,_)."
"""No answer set, so no program, with a violation."""

GIVEN = "rule/1", "says/2", "unless/2", "uses/2", "follows/2", "forbidden/1"
"""What a text of violations may ask for, whether or not this program has any of it."""


@dataclass(frozen=True)
class Verdict:
    """What clingo says of a program under a constraint.

    Attributes
    ----------
    holds : bool
    violations : tuple of (rule, neuron)
        Where it does not: name of the rule or exception, and the neuron.
    """

    holds: bool
    violations: tuple[tuple[str, int], ...] = ()

    def __str__(self) -> str:
        told = ", ".join(f"{rule} reads neuron {neuron}" for rule, neuron in self.violations)
        return "the constraint holds" if self.holds else f"the constraint is violated: {told}"


@dataclass(frozen=True)
class Relearned:
    """What :func:`relearn` gives back.

    Attributes
    ----------
    program : Program
        It fulfils the constraint, and reads bits with all columns, also the blocked ones.
    blocked : tuple of int
        Neurons that the rule learner was not given, in the order in which they were caught.
    rounds : list of dict
        One a program learned: ``round``, ``violations``, ``blocked`` so far and
        ``program.stats()``.
    """

    program: Program
    blocked: tuple[int, ...]
    rounds: list[dict] = field(default_factory=list)

    def frame(self):
        """The rounds as a :class:`pandas.DataFrame`."""
        import pandas as pd

        return pd.DataFrame(self.rounds).set_index("round")


def program_facts(program: Program) -> str:
    """The program described by facts, one line for each rule and exception.

    ``rule(R)``, ``says(R,Class)`` of rules, ``unless(R,A)`` of the exceptions of a rule or
    exception, ``uses(R,N)`` of the numbers of the columns that its own body reads.
    """
    number = {c.name: i for i, c in enumerate(program.columns)}
    lines = []
    for clause in flatten(program):
        name = string(clause.name)
        facts = [f"rule({name})."]
        if clause.label is not None:
            facts.append(f"says({name},{label_term(clause.label)}).")
        used = dict.fromkeys(number[lit.column] for lit in clause.body)
        facts += [f"uses({name},{neuron})." for neuron in used]
        facts += [f'unless({name},"ab{below}").' for below in clause.unless]
        lines.append(" ".join(facts))
    return "\n".join(lines) + "\n"


def check(
    program: Program,
    follows: Mapping[int, Iterable[str]],
    forbidden: Iterable[str],
    *,
    violation: str = VIOLATION,
) -> Verdict:
    """Ask clingo whether a program fulfils a constraint.

    Parameters
    ----------
    follows
        Neuron -> concepts it is tied to, such as :meth:`nesylib.bias.Ties.follows` gives.
    forbidden
        Concepts that no rule may use.
    violation
        Text for clingo that says when rule R violates the constraint by neuron N. It may ask for
        everything in :func:`program_facts`, for ``follows(N,C)`` and ``forbidden(C)``. Say, a
        bedroom may not be told by its wall, but other rooms may:
        ``violation(R,N) :- says(R,"bedroom"), uses(R,N), follows(N,C), forbidden(C).``
        Exceptions say nothing, so this leaves them alone. To look into them as well, ask for
        ``reads(R,N)`` in place of ``uses(R,N)`` and add
        ``reads(R,N) :- uses(R,N). reads(R,N) :- unless(R,A), reads(A,N).``
        The constraint itself, ``:- violation(_,_).``, is added.

    Raises
    ------
    ValueError
        For nothing to forbid, neurons that are not the program's, text that clingo refuses, that
        asks for what nothing defines, or that derives no ``violation(R,N)``.
    """
    forbidden = _concepts(forbidden)
    facts = [program_facts(program)]
    for neuron, concepts in _followed(follows, len(program.columns)).items():
        facts += [f"follows({neuron},{string(c)})." for c in concepts]
    facts += [f"forbidden({string(c)})." for c in forbidden]
    facts += [f"#defined {name}." for name in GIVEN]
    text = "\n".join(facts)
    text = f"{text}\n{violation}\n#show violation/2.\n"
    if _models(text + CONSTRAINT) is not None:
        return Verdict(True)
    shown = {s for s in _models(text) or [] if s.name == "violation" and len(s.arguments) == 2}
    return Verdict(False, tuple(sorted(map(_pair, shown))))


def relearn(
    bits,
    labels,
    follows: Mapping[int, Iterable[str]],
    forbidden: Iterable[str],
    *,
    violation: str = VIOLATION,
    fold: FoldSEM | None = None,
    feature_names: Iterable[str] | None = None,
) -> Relearned:
    """Learn rules, block the neurons that violate the constraint, and learn again until it holds.

    Only neurons that a program did use are blocked, so in each round at least one goes, and no
    more than needed.

    Parameters
    ----------
    bits : (N, D) bool
    labels : (N,)
    follows, forbidden, violation
        As :func:`check` takes them.
    fold
        Settings of the learner; :class:`nesylib.rules.FoldSEM` as it is if not given.
    feature_names
        Names of the columns; ``x0``, ``x1`` ... if not given.

    Raises
    ------
    ValueError
        For nothing to forbid, an unknown neuron, a constraint that no blocking of neurons can
        fulfil, or when all neurons that could make a rule are blocked.
    """
    bits = bit_table(bits)
    labels = one_each(labels, len(bits), "labels")
    forbidden = _concepts(forbidden)
    follows = _followed(follows, bits.shape[1])  # once: a generator would be empty the next time
    learner = FoldSEM() if fold is None else fold
    given = None if feature_names is None else list(feature_names)
    columns = Table.of(bits[:1], names=given).columns
    blocked: list[int] = []
    rounds: list[dict] = []
    while True:
        free = [d for d in range(bits.shape[1]) if d not in set(blocked)]
        if not free:
            raise ValueError(_nothing_left(forbidden, len(blocked)))
        learned = clone(learner).fit(
            bits[:, free], labels, feature_names=[columns[d].name for d in free]
        )
        program = replace(learned.program_, columns=columns)
        verdict = check(program, follows, forbidden, violation=violation)
        row = {"round": len(rounds) + 1, "violations": len(verdict.violations)}
        rounds.append(row | {"blocked": len(blocked)} | program.stats())
        if not program.rules and blocked:
            raise ValueError(_nothing_left(forbidden, len(blocked)))
        if verdict.holds:
            return Relearned(program, tuple(blocked), rounds)
        caught = dict.fromkeys(neuron for _, neuron in verdict.violations if neuron in free)
        if not caught:
            raise ValueError(
                "the constraint is violated, but it names no neuron that could be blocked: let it "
                "derive violation(R,N) for a rule R and a neuron N that it uses"
            )
        blocked += caught


def _nothing_left(forbidden: list[str], blocked: int) -> str:
    return (
        f"without the neurons that follow {', '.join(forbidden)} no rule is left ({blocked} are "
        "blocked): raise the threshold of what counts as following, or retrain the network"
    )


def _concepts(forbidden: Iterable[str]) -> list[str]:
    names = [forbidden] if isinstance(forbidden, str) else [str(c) for c in forbidden]
    if not names:
        raise ValueError("nothing is forbidden: name at least one concept")
    return names


def _followed(follows: Mapping[int, Iterable[str]], width: int) -> dict[int, list[str]]:
    """Neuron -> concepts, checked; a single concept may stand without a list."""
    neurons = column_numbers(follows, width)
    return {
        neuron: [c] if isinstance(c, str) else [str(one) for one in c]
        for neuron, c in zip(neurons, follows.values(), strict=True)
    }


def _pair(symbol) -> tuple[str, int]:
    """Rule and neuron of a violation."""
    import clingo

    rule, neuron = symbol.arguments
    if (rule.type, neuron.type) != (clingo.SymbolType.String, clingo.SymbolType.Number):
        raise ValueError(
            f"the constraint derives {symbol}: violation(R,N) is of a rule R and a neuron N that "
            "uses(R,N) knows"
        )
    return rule.string, neuron.number


def _models(text: str):
    """Shown symbols of the first answer set, or None when there is none."""
    import clingo

    messages: list[str] = []
    undefined: list[str] = []

    def listen(code, told: str) -> None:
        messages.append(told)
        if code == clingo.MessageCode.AtomUndefined:
            undefined.append(told.strip().splitlines()[-1].strip())

    control = clingo.Control([], logger=listen)
    try:
        control.add("base", [], text)
        control.ground([("base", [])])
    except RuntimeError as error:
        raise ValueError(f"clingo does not accept the constraint: {error} {messages[:3]}") from None
    if undefined:  # a typing error: what nothing derives would never be violated
        raise ValueError(
            f"nothing defines {', '.join(dict.fromkeys(undefined))}: let the text derive "
            f"violation(R,N), and ask for {', '.join(GIVEN)} or what it defines itself"
        )
    with control.solve(yield_=True) as handle:
        model = handle.model()
        return None if model is None else list(model.symbols(shown=True))


def blocked_at_random(
    bits, labels, counts: Iterable[int], *, seed: int = 0, fold: FoldSEM | None = None
) -> Relearned:
    """The control of :func:`relearn`: in each round block so many *random* neurons of those used.

    Parameters
    ----------
    counts
        How many to block after each round, such as the steps of ``rounds`` of a real repair.

    Raises
    ------
    ValueError
        For counts that are not whole numbers from 0, or when all neurons are blocked.
    """
    bits, counts = bit_table(bits), list(counts)
    if any(isinstance(c, bool) or not hasattr(c, "__index__") or c < 0 for c in counts):
        raise ValueError(f"counts are whole numbers from 0, got {counts[:5]}")
    labels = one_each(labels, len(bits), "labels")
    learner, rng = FoldSEM() if fold is None else fold, np.random.default_rng(seed)
    columns = Table.of(bits[:1]).columns
    number = {c.name: i for i, c in enumerate(columns)}
    blocked: list[int] = []
    rounds: list[dict] = []
    for count in [*counts, 0]:
        free = [d for d in range(bits.shape[1]) if d not in set(blocked)]
        if not free:
            raise ValueError(f"all {len(blocked)} neurons are blocked: ask for fewer rounds")
        names = [columns[d].name for d in free]
        learned = clone(learner).fit(bits[:, free], labels, feature_names=names)
        program = replace(learned.program_, columns=columns)
        rounds.append({"round": len(rounds) + 1, "blocked": len(blocked)} | program.stats())
        used = sorted({number[lit.column] for lit in program.literals()})
        blocked += rng.permutation(used)[:count].tolist()
    return Relearned(program, tuple(blocked), rounds)
