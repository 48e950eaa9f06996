"""Programs for s(CASP): goal-directed answer set programming with numbers and explanations.

s(CASP) reads Prolog's notation. Column names and values are quoted atoms; a row is given by facts
such as ``bed(r1).``, ``thal(r1,'7').`` and ``oldpeak(r1,1.9).``, and asked by ``?- class(r1,C).``
"""

from __future__ import annotations

import re

from .flat import flatten
from .literals import Literal
from .names import IDENTIFIER, is_reserved
from .program import Label, Program

#: Predicates of ours or of Prolog's that a column may not be taken for.
BUILT_IN = frozenset("decided atom call compare fail findall forall functor halt var".split())


def prolog_atom(text: str) -> str:
    """A quoted Prolog atom; unprintable characters become ISO hexadecimal escapes."""
    inner = "".join(
        "\\" + c if c in "\\'" else c if c.isprintable() else f"\\x{ord(c):x}\\" for c in text
    )
    return f"'{inner}'"


def column_atom(name: str, head: str) -> str:
    """A column's predicate; prefixed when it would be taken for one of the program's own."""
    own = name == head or is_reserved(name) or name in BUILT_IN
    if own or name.startswith(("column ", "at_most_", "above_")):
        return prolog_atom(f"column {name}")
    return name if IDENTIFIER.match(name) else prolog_atom(name)


def literal_text(literal: Literal, head: str) -> str:
    positive, sign = literal.positive, "not " if literal.negated else ""
    name = column_atom(literal.column, head)
    if positive.op != "==":
        helper = "at_most" if positive.op == "=<" else "above"
        return f"{sign}{helper}_{helper_name(literal.column)}(X,{number(positive.value)})"
    if positive.value is True:
        return f"{sign}{name}(X)"
    return f"{sign}{name}(X,{constant(positive.value)})"


def helper_name(column: str) -> str:
    """A piece of a predicate name for any column: plain letters as they are, others as codes."""
    return "".join(c if c.isascii() and c.isalnum() else f"_{ord(c):x}_" for c in column)


def number(value: float) -> str:
    """A number as Prolog reads it: ``1.0e+300``, where Python writes ``1e+300``."""
    text = repr(value)
    return re.sub(r"^(-?\d+)e", r"\1.0e", text)


def constant(value: Label | None) -> str:
    if value is None:
        return "'$missing'"
    if isinstance(value, str):
        return prolog_atom(value)
    return str(value).lower() if isinstance(value, bool) else number(value)


def to_scasp(program: Program) -> str:
    """The program in s(CASP)'s notation, the rules before the one that picks the first."""
    lines = [f"% ?- {program.head}(X,C).   Give each row's cells as facts and row(X)."]
    numeric = {lit.column: None for lit in program.literals() if lit.op not in ("==", "!=")}
    for clause in flatten(program):
        if clause.label is None:
            head = f"ab{clause.number}(X)"
        else:
            head = f"rule(X,{clause.number},{constant(clause.label)})"
        body = ["row(X)", *(literal_text(lit, program.head) for lit in clause.body)]
        body += [f"not ab{n}(X)" for n in clause.unless]
        lines.append(f"{head} :- {', '.join(body)}.")
    lines.append(f"{program.head}(X,C) :- rule(X,I,C), not earlier(X,I).")
    lines.append("earlier(X,I) :- rule(X,J,_), J < I.")
    if program.default is not None:
        answer = f"{program.head}(X,{constant(program.default)})"
        lines.append(f"{answer} :- row(X), not decided(X).")
        lines.append("decided(X) :- rule(X,_,_).")
    for column in numeric:
        name, helper = column_atom(column, program.head), helper_name(column)
        lines.append(f"at_most_{helper}(X,V) :- {name}(X,N), N =< V.")
        lines.append(f"above_{helper}(X,V) :- {name}(X,N), N > V.")
    return "\n".join(lines) + "\n"
