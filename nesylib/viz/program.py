"""Logic programs and the explanations of their answers, on the page."""

from __future__ import annotations

from typing import Any

from nesylib.viz.html import Html, css, escape, rule_box, side_by_side
from nesylib.viz.pictures import picture_html


def show_program(program: Any, caption: str = "") -> Html:
    """A logic program, coloured, with its size under it.

    Parameters
    ----------
    program : Program or str
        ``nesylib.rules.Program``, anything whose ``str`` is one rule a line, or that text.
    caption : str, optional
        Printed before the counts.
    """
    text = str(program)
    if not text.strip():
        text = "% no rules"
    box = rule_box(text, caption or "Logic program")
    note = _counts(program)
    words = ". ".join(part for part in (caption.rstrip("."), note) if part)
    if words:
        note_html = f'<p class="nesy-note">{escape(words)}.</p>'
        box.body = box.body.replace("</pre></div>", f"</pre>{note_html}</div>")
    return box


def _counts(program: Any) -> str:
    stats = getattr(program, "stats", None)
    if not callable(stats):
        return ""
    numbers = stats()
    numbers = numbers if isinstance(numbers, dict) else vars(numbers)
    return ", ".join(f"{value} {name.replace('_', ' ')}" for name, value in numbers.items())


def show_explanation(picture: Any, explanation: Any, alt: str, *, width: int = 224) -> Html:
    """A picture beside the explanation of its class; below it on a phone.

    Parameters
    ----------
    picture : picture, or an object with its own HTML (a figure, a heat-map)
    explanation : explanation of ``Program.explain``, or str
    alt : str
        What the picture shows (unused when it brings its own HTML).
    """
    own = any(callable(getattr(picture, name, None)) for name in ("repr_html", "to_html"))
    left: Any = picture
    if not own:
        left = Html(f'<div class="nesy">{picture_html(picture, alt, width)}</div>', alt)
    if isinstance(explanation, str):
        explanation = rule_box(explanation, "Explanation")
    made = side_by_side(left, explanation)
    made.text = f"{alt}\n{explanation}"
    made.style = css("picture", "rules", "sides")
    return made
