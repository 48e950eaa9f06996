"""One exercise: its card, its hints, its solution, and the check of an answer."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from nesylib.learn.result import CheckResult
from nesylib.learn.words import inline, prose
from nesylib.viz.html import Html, css, escape

_STYLE = """
.nesy .nesy-card{border:1px solid var(--ny-line);border-radius:10px;padding:1.1rem 1.3rem;
margin:0 0 1rem;background:var(--ny-paper);max-width:46rem}
.nesy .nesy-card header,.nesy-card .nesy-top{display:flex;flex-wrap:wrap;gap:.2rem .9rem;
align-items:baseline;margin:0 0 .1rem}
.nesy .nesy-kind{font-size:.75em;font-weight:700;letter-spacing:.08em;text-transform:uppercase;
color:var(--ny-accent)}
.nesy .nesy-card .nesy-title{font-size:1.12em;font-weight:650;margin:0;color:var(--ny-ink)}
.nesy .nesy-facts{display:flex;flex-wrap:wrap;gap:.15rem 1.3rem;margin:.25rem 0 .8rem;padding:0;
font-size:.85em;color:var(--ny-muted);list-style:none}
.nesy .nesy-facts li{margin:0}
.nesy .nesy-card p{margin:0 0 .7rem}
.nesy .nesy-card code{font-size:.9em;padding:.08em .3em;border:0;border-radius:4px;
background:var(--ny-soft);color:inherit;overflow-wrap:anywhere}
.nesy .nesy-card pre,.nesy pre.nesy-source{margin:0 0 .8rem;padding:.7rem .9rem;
border:1px solid var(--ny-line);border-radius:6px;background:var(--ny-soft);color:var(--ny-ink);
font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;
font-size:.86em;line-height:1.55;white-space:pre-wrap;overflow-wrap:anywhere}
.nesy .nesy-card details{border-top:1px solid var(--ny-line);padding:.5rem 0 0;margin:.5rem 0 0;
font-size:1em;color:var(--ny-ink)}
.nesy .nesy-card summary{cursor:pointer;font-weight:600;font-size:.92em;padding:.1rem 0}
.nesy .nesy-card summary:focus-visible{outline:2px solid var(--ny-accent);outline-offset:3px}
.nesy .nesy-card details>:not(summary){margin-top:.5rem}
.nesy .nesy-skip{font-size:.9em;color:var(--ny-muted)}
"""


@dataclass
class Exercise:
    """What all exercises share. The kinds are in ``build.py`` and ``predict.py``.

    Attributes
    ----------
    name : str
        ``"<chapter>.<exercise>"``, as in ``learn.exercise(name)``.
    title, task : str
        The task is plain text; a blank line ends a paragraph, four spaces start a block of code,
        back-ticks mark code.
    difficulty, importance : int
        From 1 to 5.
    minutes : int
        What most readers need.
    skip_if : str
        Who may leave it out.
    hints : tuple of str
        Each says more than the one before.
    solution_code : callable or None
        A real function; its source is the solution shown.
    reason : str
        Why the solution is as it is, in a sentence or two.
    """

    name: str
    title: str
    task: str
    difficulty: int
    importance: int
    minutes: int
    skip_if: str
    hints: tuple[str, ...]
    reason: str
    solution_code: Callable[..., Any] | None = None
    shown: int = field(default=0, repr=False)

    kind: ClassVar[str] = ""

    def __post_init__(self) -> None:
        for what in ("difficulty", "importance"):
            if not 1 <= getattr(self, what) <= 5:
                raise ValueError(f"{self.name}: {what} goes from 1 to 5")
        if not self.hints or not self.task.strip() or not self.skip_if.strip():
            raise ValueError(f"{self.name}: an exercise has a task, a skip_if and hints")

    def check(self, answer: Any = ..., *, strict: bool = False) -> CheckResult:
        """Check an answer; say what is wrong, and with which input, in plain words.

        Parameters
        ----------
        answer : callable or value
            As the task asks for.
        strict : bool
            Raise AssertionError with the message when it doesn't pass.

        Returns
        -------
        CheckResult
            Never raises otherwise, whatever the answer does, so that an unfinished notebook
            still runs to its end.
        """
        if answer is ... or answer is None:
            problem = "There is no answer yet. " + self._wanted()
        else:
            try:
                problem = self._problem(answer)
            except Exception as error:
                problem = (
                    f"The answer could not be checked ({type(error).__name__}: {error}). "
                    + self._wanted()
                )
        result = CheckResult(self.name, problem is None, problem or self._praise())
        if strict and not result.passed:
            raise AssertionError(str(result))
        return result

    def hint(self) -> Html:
        """The next hint; after the last one, the last again."""
        self.shown = min(self.shown + 1, len(self.hints))
        left = len(self.hints) - self.shown
        more = f"{left} more." if left else "That was the last one; ex.solution() shows the rest."
        head = f"Hint {self.shown} of {len(self.hints)}. {more}"
        hint = self.hints[self.shown - 1]
        body = (
            f'<div class="nesy"><div class="nesy-card"><p class="nesy-kind">{escape(head)}</p>'
            f"{prose(hint)}</div></div>"
        )
        return Html(body, f"{head}\n{hint}", css(extra=_STYLE))

    def solution(self) -> Html:
        """The solution and the reason for it."""
        body = (
            '<div class="nesy"><div class="nesy-card"><p class="nesy-kind">Solution</p>'
            f"{self._solution_html()}</div></div>"
        )
        return Html(body, f"{self._solution_text()}\n{self.reason}".strip(), css(extra=_STYLE))

    def card(self, *, folds: bool = True) -> Html:
        """The exercise as the page shows it.

        Parameters
        ----------
        folds : bool
            With the hints and the solution in folds, for readers without a kernel.
        """
        facts = (
            f"difficulty {_dots(self.difficulty)}",
            f"importance {_dots(self.importance)}",
            f"about {self.minutes} minute{'s' if self.minutes > 1 else ''}",
        )
        items = "".join(f"<li>{fact}</li>" for fact in facts)
        body = (
            f'<div class="nesy"><section class="nesy-card" aria-label="Exercise: '
            f'{escape(self.title)}"><div class="nesy-top"><span class="nesy-kind">'
            f'{self.kind}</span></div><p class="nesy-title">{escape(self.title)}</p>'
            f'<ul class="nesy-facts">{items}</ul>{prose(self.task)}'
            f'{self._extra_html()}<p class="nesy-skip">Skip it if {inline(self.skip_if)}</p>'
            f"{self._folds() if folds else ''}</section></div>"
        )
        text = (
            f"{self.kind}: {self.title} (difficulty {self.difficulty}/5, importance "
            f"{self.importance}/5, {self.minutes} min)\n{self.task}\nSkip it if {self.skip_if}"
        )
        return Html(body + self._script(), text, css(extra=_STYLE + self._style()))

    def _folds(self) -> str:
        hints = "".join(
            f"<details><summary>Hint {n} of {len(self.hints)}</summary>{prose(hint)}</details>"
            for n, hint in enumerate(self.hints, 1)
        )
        return f"{hints}<details><summary>Solution</summary>{self._solution_html()}</details>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return self.card()._repr_mimebundle_()

    def repr_html(self) -> str:
        """The card, see :meth:`card`."""
        return self.card().repr_html()

    def _solution_text(self) -> str:
        return source(self.solution_code)

    def _solution_html(self) -> str:
        return f'<pre class="nesy-source">{escape(self._solution_text())}</pre>{prose(self.reason)}'

    def _problem(self, answer: Any) -> str | None:
        raise NotImplementedError

    def _wanted(self) -> str:
        raise NotImplementedError

    def _praise(self) -> str:
        return self.reason

    def _extra_html(self) -> str:
        return ""

    def _script(self) -> str:
        return ""

    def _style(self) -> str:
        return ""


def source(function: Callable[..., Any] | None) -> str:
    """The function's source, flush left."""
    return textwrap.dedent(inspect.getsource(function)).rstrip() if function else ""


def _dots(number: int) -> str:
    filled = "●" * number + "○" * (5 - number)
    return f'<span role="img" aria-label="{number} of 5">{filled}</span>'
