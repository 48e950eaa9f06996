"""Exercises that answer back: ``ex = learn.exercise("quickstart.binarize")``.

``ex`` shows its card, ``ex.hint()`` one more hint, ``ex.check(answer)`` says what is right or which
case fails, ``ex.solution()`` shows the solution. ``Build`` (write a function) and ``Predict``
(say first what will happen) are the kinds; ``quiz`` is a question that works in the static page.
The exercises of a chapter are one module in ``exercises/``.
"""

from nesylib.learn.build import Build, Case
from nesylib.learn.exercise import Exercise
from nesylib.learn.predict import Predict
from nesylib.learn.quiz import Option, quiz
from nesylib.learn.registry import exercise, names
from nesylib.learn.result import CheckResult

__all__ = [
    "Build",
    "Case",
    "CheckResult",
    "Exercise",
    "Option",
    "Predict",
    "exercise",
    "names",
    "quiz",
]
