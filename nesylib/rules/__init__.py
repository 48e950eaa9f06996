"""From a table of bits, words and numbers to a logic program that explains itself.

Start with :class:`FoldSEM`: ``FoldSEM().fit(table, labels).program_`` is a :class:`Program`.
Reading order for the curious: ``literals`` (what can be asked), ``magic_gini`` (which question is
best), ``learner`` (rules and exceptions), ``many`` (more than two classes), ``trace`` (a learning
step by step), ``program``. Behind them: ``table`` and ``reading`` (columns), ``index`` and
``search`` (counting fast), ``simplify``, ``printing``, ``parsing``, ``asp`` (clingo), ``scasp``,
``explain``, ``counterfactual``, ``difference``, ``saving``.
"""

from .literals import Literal
from .magic_gini import magic_gini
from .program import Program, Rule
from .table import Column, Table
from .trace import Candidate, Step, Trace

__all__ = [
    "Candidate",
    "Column",
    "FoldSEM",
    "Literal",
    "Program",
    "Rule",
    "Step",
    "Table",
    "Trace",
    "magic_gini",
]


def __getattr__(name: str):
    if name == "FoldSEM":  # scikit-learn is imported when it is asked for, not before
        from .fold_sem import FoldSEM

        return FoldSEM
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
