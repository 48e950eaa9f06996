"""Programs for clingo: text that it accepts for any name, value and number, and running it.

A row is a set of facts. A boolean column ``bed`` gives ``bed(X)``, a categorical one
``thal(X,"7")`` (``missing`` where there is no value). clingo has no fractions, so a number gives
the truth of each comparison that the program makes: ``at_most(X,oldpeak,"1.9")`` and
``above(X,oldpeak,"1.9")``; ``not at_most(...)`` is then exactly the complement ``not(N=<1.9)``.
A column whose name is no plain predicate is written ``holds(X,"its name")`` or
``is(X,"its name","its value")``.
"""

from __future__ import annotations

import numpy as np

from .flat import flatten
from .literals import Literal
from .names import is_plain, quote
from .printing import other_labels
from .program import Label, Program, as_labels

CHUNK = 2000


def string(text: str) -> str:
    """A clingo string: our own escapes first, then clingo's (it knows only \\\\ and \\")."""
    inner = quote(text, "'")[1:-1]
    return '"' + inner.replace("\\'", "'").replace("\\", "\\\\").replace('"', '\\"') + '"'


def atom(literal: Literal, head: str, row: str = "X") -> str:
    """The fact that makes a positive literal true."""
    name, value = literal.column, literal.value
    plain = is_plain(name, head)
    if literal.op != "==":
        predicate = "at_most" if literal.op == "=<" else "above"
        return f'{predicate}({row},{name if plain else string(name)},"{value!r}")'
    if value is True:
        return f"{name}({row})" if plain else f"holds({row},{string(name)})"
    text = "missing" if value is None else string(value)
    return f"{name}({row},{text})" if plain else f"is({row},{string(name)},{text})"


def label_term(label: Label) -> str:
    """A class as a term that keeps its type."""
    if isinstance(label, str):
        return string(label)
    if isinstance(label, bool):
        return "true" if label else "false"
    if isinstance(label, int) and abs(label) < 2**31:
        return str(label)
    return f'{type(label).__name__}("{label!r}")'


def to_asp(program: Program) -> str:
    """The program as clingo text; add :func:`to_facts` and solve.

    When all rules say the same class they are clauses of the answer itself. Otherwise
    ``rule(X,I,C)`` says that rule I fires for class C, and the first one decides. Two lines of
    comments say what stands where.
    """
    head = program.head
    many = len({(type(r.label), r.label) for r in program.rules}) > 1
    lines = [
        f"% {head}(X,C): the class C of row X. Each row is row(X) and the facts that hold of it.",
        '% Numbers are compared outside: at_most(X,column,"1.5"), above(X,column,"1.5").',
    ]
    for clause in flatten(program):
        if clause.label is None:
            start = f"ab{clause.number}(X)"
        elif many:
            start = f"rule(X,{clause.number},{label_term(clause.label)})"
        else:
            start = f"{head}(X,{label_term(clause.label)})"
        body = ["row(X)"]
        for lit in clause.body:
            body.append(("not " if lit.negated else "") + atom(lit.positive, head))
        body += [f"not ab{n}(X)" for n in clause.unless]
        lines.append(f"{start} :- {', '.join(body)}.")
    if many:
        lines.append("earlier(X,J) :- rule(X,I,_), rule(X,J,_), I<J.")
        lines.append(f"{head}(X,C) :- rule(X,I,C), not earlier(X,I).")
    if program.default is not None:
        body = ["row(X)"]
        if many:
            body.append("not rule(X,_,_)")
        else:
            body += [f"not {head}(X,{label_term(c)})" for c in other_labels(program)]
        lines.append(f"{head}(X,{label_term(program.default)}) :- {', '.join(body)}.")
    return "\n".join(lines) + "\n"


def to_facts(program: Program, X) -> str:
    """One line of facts per row of ``X``, rows numbered from 0; only what the program asks for."""
    truth, atoms = literal_truth(program, X)
    return fact_lines(truth, atoms)


def literal_truth(program: Program, X) -> tuple[np.ndarray, list[tuple[str, str]]]:
    """(N, L) bool: which positive literals hold; and each one's fact before and after the row."""
    table = program.table(X)
    literals = list(dict.fromkeys(lit.positive for lit in program.literals()))
    truth = np.zeros((len(table), len(literals)), bool)
    for i, literal in enumerate(literals):
        truth[:, i] = table.truth(literal)
    return truth, [tuple(atom(lit, program.head, row="").split("(", 1)) for lit in literals]


def fact_lines(truth: np.ndarray, atoms: list[tuple[str, str]]) -> str:
    lines = []
    for row, held in enumerate(truth):
        facts = [f"{atoms[i][0]}({row}{atoms[i][1]}." for i in np.flatnonzero(held)]
        lines.append(" ".join([f"row({row}).", *facts]))
    return "\n".join(lines) + "\n"


def solve(program: Program, X) -> np.ndarray:
    """(N,) labels by clingo, the reference semantics.

    Rows that agree on every literal asked for are one row to the program, so each such pattern is
    solved once; patterns go through clingo in chunks, each in a ``Control`` of its own because
    clingo keeps what it has grounded.
    """
    truth, atoms = literal_truth(program, X)
    packed = np.packbits(truth, axis=1) if truth.shape[1] else np.zeros((len(truth), 1), np.uint8)
    _, first, pattern = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    labels = [*program.labels(), None]
    number = {label_term(label): i for i, label in enumerate(labels[:-1])}
    text = to_asp(program)
    answers: list[int] = []
    for start in range(0, len(first), CHUNK):
        block = truth[first[start : start + CHUNK]]
        answers += _solve_block(text, fact_lines(block, atoms), len(block), program.head, number)
    return as_labels(labels, np.array(answers)[pattern.ravel()])


def _solve_block(
    text: str, facts: str, n_rows: int, head: str, number: dict[str, int]
) -> list[int]:
    import clingo

    messages: list[str] = []
    control = clingo.Control(["--warn=none"], logger=lambda _code, text: messages.append(text))
    try:
        control.add("base", [], f"{text}\n{facts}\n#show {head}/2.")
        control.ground([("base", [])])
    except RuntimeError as error:
        raise ValueError(f"clingo does not accept the program: {error} {messages[:3]}") from None
    answers: list[list[int]] = [[] for _ in range(n_rows)]
    with control.solve(yield_=True) as handle:
        model = handle.model()
        for symbol in model.symbols(shown=True):
            row, term = symbol.arguments
            answers[row.number].append(number[symbol_text(term)])
    return [a[0] if a else -1 for a in answers]


def symbol_text(symbol) -> str:
    """A clingo symbol as :func:`label_term` writes it."""
    import clingo

    if symbol.type is clingo.SymbolType.String:
        return '"' + symbol.string.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(symbol)
