"""s(CASP) programs: what is written, and that SWI-Prolog's reader takes every clause of it."""

import shutil
import subprocess

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rule_strategies import HOSTILE, programs

from nesylib.rules import Column, Literal, Program, Rule
from nesylib.rules.scasp import column_atom, number

READABLE = [n for n in HOSTILE if n not in ("\0", "\ud800")]  # no Prolog has those characters
needs_prolog = pytest.mark.skipif(shutil.which("swipl") is None, reason="needs SWI-Prolog (swipl)")

READ = """
op(900, fy, not), open('FILE', read, S, [encoding(utf8)]),
repeat, read_term(S, T, []),
( T == end_of_file -> ! ; write_canonical(T), nl, fail ), halt(0)
"""


def clauses_read(text, folder):
    """The clauses that SWI-Prolog reads, written canonically; fails on a syntax error."""
    path = folder / "program.pl"
    path.write_text(text, encoding="utf-8")
    goal = READ.replace("FILE", path.as_posix())
    done = subprocess.run(
        ["swipl", "-q", "-f", "none", "-g", goal, "-t", "halt(2)"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@needs_prolog
@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
@given(programs(names=st.sampled_from([*READABLE, "bed", "age"])))
def test_prolog_reads_every_clause(tmp_path, program):
    text = program.to_scasp()
    lines = [line for line in text.splitlines() if not line.startswith("%")]
    assert len(clauses_read(text, tmp_path)) == len(lines)


@needs_prolog
def test_prolog_reads_hostile_names_as_names(tmp_path):
    columns = tuple(Column(n, "boolean") for n in READABLE)
    rules = tuple(Rule((Literal(n, "==", True),), label=n) for n in READABLE)
    text = Program(rules, "x'", columns).to_scasp()
    read = clauses_read(text, tmp_path)
    assert len(read) == len(READABLE) + 4
    assert all(f",{i}," in line for i, line in enumerate(read[: len(READABLE)], 1))


def test_what_is_written():
    program = Program.from_text(
        "class(X,'a') :- n(X,N), N=<1e300, not(N>0.5), c(X,missing), not ab1(X)."
        "ab1(X) :- 'decided'(X), 'class'(X), n(X,M), M>-1e-17.",
        default="b",
    )
    assert program.to_scasp().splitlines()[1:] == [
        "rule(X,1,'a') :- row(X), at_most_n(X,1.0e+300), not above_n(X,0.5), c(X,'$missing'), "
        "not ab1(X).",
        "ab1(X) :- row(X), 'column decided'(X), 'column class'(X), above_n(X,-1.0e-17).",
        "class(X,C) :- rule(X,I,C), not earlier(X,I).",
        "earlier(X,I) :- rule(X,J,_), J < I.",
        "class(X,'b') :- row(X), not decided(X).",
        "decided(X) :- rule(X,_,_).",
        "at_most_n(X,V) :- n(X,N), N =< V.",
        "above_n(X,V) :- n(X,N), N > V.",
    ]


def test_names_and_numbers():
    assert [column_atom(n, "room") for n in ("bed", "room", "is", "ab3", "Bed", "at_most_x")] == [
        "bed", "'column room'", "'column is'", "'column ab3'", "'Bed'", "'column at_most_x'",
    ]  # fmt: skip
    assert [number(v) for v in (1e22, 0.1, -3.0, 1.5e-9, 7)] == [
        "1.0e+22", "0.1", "-3.0", "1.5e-09", "7",
    ]  # fmt: skip
