"""What a check says: passed or not, and why, without a traceback."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nesylib.viz.html import css, escape

_STYLE = """
.nesy .nesy-result{border:1px solid var(--ny-line);border-left:4px solid var(--ny-tone);
border-radius:6px;padding:.7rem 1rem;margin:0 0 1rem;background:var(--ny-soft)}
.nesy .nesy-result p{margin:0;white-space:pre-wrap;overflow-wrap:anywhere}
.nesy .nesy-result p+p{margin-top:.35rem}
.nesy .nesy-result strong{color:var(--ny-tone)}
.nesy .nesy-result.passed{--ny-tone:var(--ny-good)}
.nesy .nesy-result.failed{--ny-tone:var(--ny-bad)}
"""


@dataclass(frozen=True)
class CheckResult:
    """The outcome of ``exercise.check(answer)``; true in a condition when it passed.

    Attributes
    ----------
    name : str
        Of the exercise.
    passed : bool
    message : str
        What is right, or which case fails and how; plain text.
    """

    name: str
    passed: bool
    message: str

    def __bool__(self) -> bool:
        return self.passed

    def __str__(self) -> str:
        return f"{'Correct' if self.passed else 'Not yet'}. {self.message}"

    __repr__ = __str__

    def repr_html(self) -> str:
        """The message in a box; the outcome is in words and in colour."""
        kind, mark, word = ("passed", "✓", "Correct") if self.passed else ("failed", "→", "Not yet")
        return (
            f'{css(extra=_STYLE)}<div class="nesy"><div class="nesy-result {kind}" role="status">'
            f'<p><strong><span aria-hidden="true">{mark} </span>{word}.</strong></p>'
            f"<p>{escape(self.message)}</p></div></div>"
        )

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": self.repr_html(), "text/plain": str(self)}
