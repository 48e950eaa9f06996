"""Exercises in which the reader says what will happen before it does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from nesylib.learn.exercise import Exercise
from nesylib.learn.quiz import STYLE, Option, check_options, letter, quiz_parts
from nesylib.learn.words import a_kind_of, inline, prose


@dataclass
class Predict(Exercise):
    """Choose what will happen; every choice has its feedback.

    Attributes
    ----------
    question : str
    options : tuple of Option
        ``ex.check("b")`` answers with the second one.
    """

    question: str = ""
    options: tuple[Option, ...] = ()

    kind: ClassVar[str] = "Predict"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_options(self.question, self.options)

    @property
    def right(self) -> str:
        """The letter of the right answer."""
        return next(letter(n) for n, option in enumerate(self.options) if option.right)

    def _letters(self) -> list[str]:
        return [letter(n) for n in range(len(self.options))]

    def _wanted(self) -> str:
        return f"Answer with one of the letters {', '.join(self._letters())}: ex.check('a')."

    def _problem(self, answer: Any) -> str | None:
        if not isinstance(answer, str):
            return f"This is {a_kind_of(answer)}. {self._wanted()}"
        chosen = answer.strip().strip("().").lower()
        texts = [option.text.lower().strip(" .") for option in self.options]
        if chosen in texts:
            chosen = letter(texts.index(chosen))
        if chosen not in self._letters():
            return f"{answer!r} is no choice here. {self._wanted()}"
        option = self.options[self._letters().index(chosen)]
        return None if option.right else f"({chosen}) {option.text} {option.feedback}"

    def _praise(self) -> str:
        return next(option.feedback for option in self.options if option.right)

    def _solution_text(self) -> str:
        option = next(option for option in self.options if option.right)
        return f"({self.right}) {option.text}"

    def _solution_html(self) -> str:
        return f"<p><strong>{inline(self._solution_text())}</strong></p>{prose(self.reason)}"

    def _extra_html(self) -> str:
        return quiz_parts(self.question, self.options)[0]

    def _script(self) -> str:
        return quiz_parts(self.question, self.options)[1]

    def _style(self) -> str:
        return STYLE
