"""Exercises in which the reader writes a function, checked case by case."""

from __future__ import annotations

import copy
import linecache
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from reprlib import recursive_repr
from typing import Any, ClassVar

import numpy as np

from nesylib.learn.exercise import Exercise, source
from nesylib.learn.words import a_kind_of
from nesylib.viz.html import escape

LINE = 160  # characters of arguments that stand in one line


@dataclass(frozen=True)
class Case:
    """One call of the reader's function and what must come of it.

    Attributes
    ----------
    args : tuple
        Arguments; copied before each call.
    expected : any
        What the function returns. Ignored when ``raises`` is given.
    why : str
        What a reader who fails here has probably overlooked.
    raises : exception class, optional
        The function must raise it instead of returning.
    """

    args: tuple[Any, ...]
    expected: Any = None
    why: str = ""
    raises: type[Exception] | None = None


@dataclass
class Build(Exercise):
    """Write a function.

    Attributes
    ----------
    stub : callable
        What the reader starts from; raises NotImplementedError.
    cases : tuple of Case
        Tried in this order; the first that fails is reported.
    """

    stub: Callable[..., Any] | None = None
    cases: tuple[Case, ...] = field(default=(), repr=False)

    kind: ClassVar[str] = "Build"

    def _wanted(self) -> str:
        name = self.stub.__name__
        return f"Write the function {name} and pass the function itself: ex.check({name})."

    def _extra_html(self) -> str:
        return f'<pre class="nesy-source">{escape(source(self.stub))}</pre>'

    def _praise(self) -> str:
        return f"All {len(self.cases)} cases agree. {self.reason}"

    def _problem(self, answer: Any) -> str | None:
        if not callable(answer):
            return f"This is {a_kind_of(answer)}, not a function. {self._wanted()}"
        none = any(case.expected is None and not case.raises for case in self.cases)
        for case in self.cases:
            problem = _try(answer, case, none)
            if problem:
                return problem
        return None


def _try(function: Callable[..., Any], case: Case, none_is_an_answer: bool) -> str | None:
    args = copy.deepcopy(case.args)
    call = called(getattr(function, "__name__", "your function"), case.args)
    tip = f"\n{case.why}" if case.why else ""
    try:
        got = function(*args)
    except NotImplementedError:
        return "The function isn't written yet: replace the line `raise NotImplementedError`."
    except Exception as error:
        if case.raises and isinstance(error, case.raises):
            return None
        wanted = f"a {case.raises.__name__}" if case.raises else show(case.expected)
        return (
            f"{call}\nexpected: {wanted}\ngot: {type(error).__name__}: {error}"
            f"{_where(error, function)}{tip}"
        )
    if case.raises:
        return f"{call}\nexpected: a {case.raises.__name__}\ngot: {show(got)}{tip}"
    if not equal(case.args, args):
        return (
            f"{call}\nThe result aside, the call changed its input to "
            f"{', '.join(map(show, args))}: work on a copy."
        )
    if got is None and case.expected is not None:
        asked = f"{call}\nexpected: {show(case.expected)}\ngot: None"
        return f"{asked}{tip}" if none_is_an_answer else f"{asked}. Is there a `return`?"
    if isinstance(case.expected, np.ndarray):
        if not isinstance(got, np.ndarray):
            return f"{call}\nexpected: an array\ngot: {a_kind_of(got)}, {show(got)}"
        if got.shape != case.expected.shape:
            return (
                f"{call}\nexpected: an array of shape {case.expected.shape}\n"
                f"got: an array of shape {got.shape}{tip}"
            )
    if not equal(case.expected, got):
        return f"{call}\nexpected: {show(case.expected)}\ngot: {show(got)}{tip}"
    return None


def called(name: str, args: tuple) -> str:
    """The call as text, in several lines when it is a long one."""
    shown = [*map(show, args)]
    if sum(map(len, shown)) <= LINE:
        return f"{name}({', '.join(shown)})"
    return f"{name}(\n    " + ",\n    ".join(shown) + "\n)"


def equal(one: Any, other: Any) -> bool:
    """Equality that understands arrays and containers; NaN equals NaN."""
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        one, other = np.asarray(one), np.asarray(other)
        if one.shape != other.shape:
            return False
        same = one == other
        if one.dtype.kind == "f" and other.dtype.kind == "f":
            same = same | (np.isnan(one) & np.isnan(other))
        return bool(np.all(same))
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(one[k], other[k]) for k in one)
    if isinstance(one, (bool, np.bool_)) and not isinstance(other, (bool, np.bool_, int)):
        return False
    return bool(one == other)


def show(value: Any, limit: int = 600) -> str:
    """A short ``repr`` that can't fail."""
    try:
        text = (
            np.array2string(value, separator=", ", threshold=60)
            if isinstance(value, np.ndarray)
            else in_order(value)
        )
    except Exception as error:
        text = f"<{type(value).__name__} whose repr raises {type(error).__name__}>"
    return text if len(text) <= limit else text[: limit - 4] + " ..."


@recursive_repr("...")
def in_order(value: Any) -> str:
    """``repr`` with the members of sets sorted, so that it is the same in every process."""
    kind = type(value)
    if kind in (set, frozenset) and value:
        numbers = all(isinstance(v, (int, float)) for v in value)  # sets compare, but not in order
        by_text = lambda v: (type(v).__name__, in_order(v))
        members = sorted(value, key=None if numbers else by_text)
        inner = "{" + ", ".join(map(in_order, members)) + "}"
        return f"frozenset({inner})" if kind is frozenset else inner
    if kind is dict:
        return "{" + ", ".join(f"{in_order(k)}: {in_order(v)}" for k, v in value.items()) + "}"
    if kind is list:
        return "[" + ", ".join(map(in_order, value)) + "]"
    if kind is tuple:
        return "(" + ", ".join(map(in_order, value)) + (",)" if len(value) == 1 else ")")
    return repr(value)


def _where(error: Exception, function: Callable[..., Any]) -> str:
    """The line of the reader's own code where it went wrong."""
    code = getattr(function, "__code__", None)
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if code and f.filename == code.co_filename]
    if not own:
        return ""
    line = (own[-1].line or linecache.getline(own[-1].filename, own[-1].lineno)).strip()
    return f"\nin line {own[-1].lineno}: {line}" if line else ""
