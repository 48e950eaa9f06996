"""Rules over symbols: FOLD-SE-M asks which symbol stands where in a picture's sequence.

A sequence becomes a row of a table. ``first(X,'17')`` is true if the first symbol is 17;
``has_4(X)`` is true if symbol 4 stands anywhere. The paper on symbolic sequences (arXiv 2503.04900)
has no rules; its reviewers asked for them, and everything here is ours.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from nesylib.rules.fold_sem import FoldSEM
from nesylib.rules.literals import Literal
from nesylib.rules.program import Program, Rule

READINGS = ("positions", "bag", "both")
ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth "
    "fourteenth fifteenth sixteenth"
).split()

Names = Mapping[int, str] | Mapping[tuple[int, int], str]


@dataclass(frozen=True)
class Evidence:
    """One question that the deciding rule asked of a sequence, and where to look for it.

    Attributes
    ----------
    text
        The question and its answer in words: ``first is '17'``, ``has_4 is absent``.
    symbol
        The symbol that is asked for.
    present
        Whether it is there.
    places
        Positions from 0 to look at: the one that is asked about, or all at which the symbol
        stands. None for a symbol that is nowhere.
    exception
        Whether an exception asked, and not the rule itself.
    """

    text: str
    symbol: int
    present: bool
    places: tuple[int, ...]
    exception: bool


class SymbolRules(ClassifierMixin, BaseEstimator):
    """Learn a logic program from sequences of symbols, as a scikit-learn classifier.

    Parameters
    ----------
    reading : "positions", "bag" or "both", default "positions"
        What a rule may ask: which symbol stands at a position, which symbols stand anywhere, or
        either. A bag makes sense only if a symbol means the same at every position: for a student
        with ``shared=True``. With a table for each position, as ``shared=False`` and residual
        k-means have it, symbol 17 first and symbol 17 second have nothing in common.
    length : int or None, default None
        Read the first symbols only; None reads all.
    ratio, tail, head
        Of :class:`nesylib.rules.FoldSEM`.

    Attributes
    ----------
    program_ : Program
    classes_ : (C,) labels, sorted
    vocabulary_ : (V',) int64, the symbols seen in training
    names_ : dict, what :meth:`named` was given
    n_features_in_ : int, symbols a sequence

    Examples
    --------
    >>> S = np.array([[17, 9, 2], [17, 2, 9], [17, 3, 3], [17, 2, 4], [17, 4, 3], [5, 2, 9]])
    >>> rooms = ["bedroom", "bedroom", "bedroom", "kitchen", "kitchen", "kitchen"]
    >>> print(SymbolRules("both").fit(S, rooms).program_)
    class(X,'bedroom') :- not has_4(X), first(X,'17').
    """

    def __init__(
        self,
        reading: str = "positions",
        *,
        length: int | None = None,
        ratio: float = 0.8,
        tail: float | None = None,
        head: str = "class",
    ) -> None:
        self.reading = reading
        self.length = length
        self.ratio = ratio
        self.tail = tail
        self.head = head

    def fit(self, symbols, y):
        """Learn from symbols ``(N, L)``, whole numbers from 0, and labels ``(N,)``.

        Raises
        ------
        ValueError
            For an unknown reading, a length that is not 1..L, symbols that are not whole numbers
            from 0, or whatever :class:`FoldSEM` refuses.
        """
        symbols = sequences(symbols)
        if self.length is not None and not 1 <= self.length <= symbols.shape[1]:
            raise ValueError(
                f"length must be None or 1..{symbols.shape[1]} symbols, got {self.length}"
            )
        self.n_features_in_ = symbols.shape[1]
        self.vocabulary_ = np.unique(symbols[:, : self.length])
        self.names_: dict = {}
        fold = FoldSEM(ratio=self.ratio, tail=self.tail, head=self.head)
        fold.fit(self.table(symbols), y)
        self.program_, self.classes_ = fold.program_, fold.classes_
        return self

    def table(self, symbols) -> pd.DataFrame:
        """Sequences as the program reads them, one row a picture.

        A symbol that training has not seen is a text of its own at its position, and is in no bag.
        """
        check_is_fitted(self, "vocabulary_")
        symbols = sequences(symbols)
        if symbols.shape[1] != self.n_features_in_:
            raise ValueError(
                f"sequences have {symbols.shape[1]} symbols, these rules were learned from "
                f"{self.n_features_in_}: give whole sequences, SymbolRules cuts them itself"
            )
        return symbol_table(
            symbols[:, : self.length],
            self.reading,
            vocabulary=self.vocabulary_,
            names=self.names_,
        )

    def predict(self, symbols, *, engine: str = "numpy") -> np.ndarray:
        """``(N,)`` labels. ``engine="clingo"`` gives the same."""
        check_is_fitted(self, "program_")
        answers = self.program_.predict(self.table(symbols), engine=engine)
        return answers.astype(self.classes_.dtype)

    def decide(self, symbols) -> np.ndarray:
        """``(N,)`` numbers of the deciding rules from 0, -1 for the default."""
        check_is_fitted(self, "program_")
        return self.program_.decide(self.table(symbols))

    def explain(self, sequence):
        """Why one sequence ``(L,)`` gets its answer: :class:`nesylib.rules.explain.Explanation`."""
        check_is_fitted(self, "program_")
        return self.program_.explain(self._row(sequence))

    def counterfactual(self, sequence, target):
        """The fewest symbols to change for another answer, as :meth:`Program.counterfactual`."""
        check_is_fitted(self, "program_")
        return self.program_.counterfactual(self._row(sequence), target)

    def evidence(self, sequence) -> tuple[Evidence, ...]:
        """What the deciding rule and its exceptions asked, and where to look in the sequence.

        When the default decides, what each rule failed for. With ``student.maps`` it shows a
        picture's explanation::

            for e in rules.evidence(S[0]):
                print(e.text, maps[0, list(e.places)].mean(0) if e.places else "nowhere")
        """
        found = self.explain(sequence)
        row = sequences(np.atleast_2d(sequence))[0, : self.length]
        traces = [(found.fired, False)] if found.fired else [(rule, None) for rule in found.failed]
        asked = []
        while traces:
            trace, within = traces.pop(0)
            if within is not None:
                asked += [(lit, within) for lit in trace.literals]
                traces[:0] = [(below, True) for below in trace.exceptions]
            elif trace.failing:
                asked.append((trace.failing, False))
            else:
                traces.insert(0, (trace.blocking, True))
        return tuple(self._evidence(lit, row, within) for lit, within in asked)

    def asked(self) -> list[tuple[int | None, int]]:
        """The distinct ``(position, symbol)`` that the program asks for; position None: anywhere.

        These are the symbols that need a name.
        """
        check_is_fitted(self, "program_")
        return list(dict.fromkeys(self._meant(lit) for lit in self.program_.literals()))

    def named(self, names: Names) -> SymbolRules:
        """The same rules with words beside the symbols; their answers stay what they were.

        ``first(X,'17')`` becomes ``first(X,'bed 17')``, ``has_4(X)`` becomes ``has_lamp_4(X)``.
        The number stays, so two symbols never get one name.

        Parameters
        ----------
        names
            ``{(position, symbol): text}``, positions from 0, or ``{symbol: text}`` for symbols that
            mean the same everywhere. ``has_4`` is named by the second form only.

        Raises
        ------
        ValueError
            For keys of another form, or an empty text.
        """
        check_is_fitted(self, "program_")
        made = copy.copy(self)
        made.names_ = _checked(names)
        bags = {
            bag_column(int(v), self.names_): bag_column(int(v), made.names_)
            for v in self.vocabulary_
            if self.reading != "positions"
        }
        program = self.program_.rename(bags)
        made.program_ = _respelled(program, lambda lit: self._word(lit, made.names_))
        return made

    def _word(self, literal: Literal, names: Mapping) -> str:
        position, symbol = self._meant(literal)
        return spelled(position, symbol, names)

    def _meant(self, literal: Literal) -> tuple[int | None, int]:
        """Position and symbol of a literal; its text ends with the symbol's number."""
        text = literal.column if literal.value is True else literal.value
        symbol = int(re.search(r"\d+\Z", text)[0])
        return (None if literal.value is True else position_of(literal.column)), symbol

    def _evidence(self, trace, row: np.ndarray, within: bool) -> Evidence:
        position, symbol = self._meant(trace.literal)
        if position is None:
            places = tuple(np.flatnonzero(row == symbol).tolist())
            return Evidence(trace.words, symbol, bool(places), places, within)
        present = bool(row[position] == symbol)
        return Evidence(trace.words, symbol, present, (position,), within)

    def _row(self, sequence) -> pd.DataFrame:
        table = self.table(np.atleast_2d(sequence))
        if len(table) != 1:
            raise ValueError(f"one sequence at a time, not {len(table)}: pass S[i]")
        return table


def symbol_table(
    symbols, reading: str = "positions", *, vocabulary=None, names: Names | None = None
) -> pd.DataFrame:
    """Sequences ``(N, L)`` as a table for rules.

    Parameters
    ----------
    reading
        ``"positions"``: a column of texts for each position, ``first``, ``second`` and so on.
        ``"bag"``: a column of truth values for each symbol, ``has_4``. ``"both"``: all of them.
    vocabulary
        The symbols that get a ``has`` column; those that occur if not given.
    names
        Words to write beside symbols, see :meth:`SymbolRules.named`.
    """
    symbols = sequences(symbols)
    if reading not in READINGS:
        raise ValueError(f"unknown reading {reading!r}: use one of {', '.join(READINGS)}")
    names = _checked(names or {})
    columns: dict[str, np.ndarray] = {}
    if reading != "bag":
        for j in range(symbols.shape[1]):
            found, at = np.unique(symbols[:, j], return_inverse=True)
            words = np.array([spelled(j, int(v), names) for v in found], dtype=object)
            columns[position_column(j)] = words[at]
    if reading != "positions":
        for v in np.unique(symbols) if vocabulary is None else vocabulary:
            columns[bag_column(int(v), names)] = (symbols == v).any(1)
    return pd.DataFrame(columns)


def position_column(position: int) -> str:
    """``first`` for 0 to ``sixteenth`` for 15, then ``at_17``."""
    return ORDINALS[position] if position < len(ORDINALS) else f"at_{position + 1}"


def position_of(column: str) -> int:
    """The position that a column is about."""
    return ORDINALS.index(column) if column in ORDINALS else int(column[3:]) - 1


def bag_column(symbol: int, names: Mapping) -> str:
    """``has_4``, or ``has_lamp_4`` for a symbol with a name."""
    text = re.sub(r"\W+", "_", names.get(symbol, "").lower()).strip("_")
    return f"has_{text}_{symbol}" if text else f"has_{symbol}"


def spelled(position: int, symbol: int, names: Mapping) -> str:
    """``17``, or ``bed 17`` for a symbol with a name."""
    text = names.get((position, symbol), names.get(symbol, ""))
    return f"{text} {symbol}" if text else str(symbol)


def sequences(symbols) -> np.ndarray:
    """``(N, L)`` int64; raises ValueError for anything else."""
    given = np.asarray(symbols)
    if given.ndim != 2 or given.shape[1] == 0 or given.dtype.kind not in "iu":
        raise ValueError(
            f"symbols must be (N, L) whole numbers, as student.encode gives them, got "
            f"{given.dtype} of shape {given.shape}"
        )
    if given.size and given.min() < 0:
        raise ValueError(f"symbols are whole numbers from 0, got {given.min()}")
    return given.astype(np.int64)


def _checked(names: Names) -> dict:
    found = {}
    for key, text in names.items():
        parts = key if isinstance(key, tuple) else (key,)
        whole = all(hasattr(p, "__index__") and not isinstance(p, bool) for p in parts)
        text = " ".join(str(text).split())
        if not whole or len(parts) > 2 or not text:
            raise ValueError(
                "names are {symbol: text} or {(position, symbol): text} with whole numbers and "
                f"some text, got {key!r}: {text!r}"
            )
        numbers = tuple(int(p) for p in parts)
        found[numbers if len(numbers) == 2 else numbers[0]] = text
    return found


def _respelled(program: Program, word) -> Program:
    def literal(lit: Literal) -> Literal:
        return lit if lit.value is True else Literal(lit.column, lit.op, word(lit))

    def rule(one: Rule) -> Rule:
        body = tuple(map(literal, one.body))
        return replace(one, body=body, exceptions=tuple(map(rule, one.exceptions)))

    return replace(program, rules=tuple(map(rule, program.rules)))
