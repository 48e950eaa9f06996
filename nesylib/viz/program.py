"""Logic programs and the explanations of their answers, on the page."""

from __future__ import annotations

from typing import Any

from nesylib.viz.html import Html, css, escape, rule_box, side_by_side
from nesylib.viz.pictures import picture_html

_STYLE = """
.nesy .nesy-explanation{font-size:.95em;color:var(--ny-ink)}
.nesy .nesy-explanation p{margin:0 0 .6rem;font-size:1.08em}
.nesy .nesy-explanation details{font-size:1em;color:var(--ny-ink);margin:0 0 .5rem}
.nesy .nesy-explanation ul{list-style:none;margin:.4rem 0 .4rem .3rem;padding:0 0 0 .8rem;
border-left:2px solid var(--ny-line)}
.nesy .nesy-explanation li{margin:0 0 .25rem}
.nesy .nesy-explanation code{background:var(--ny-soft);color:inherit;border:0;border-radius:4px;
padding:.08em .35em;font-size:.88em;overflow-wrap:anywhere}
.nesy .nesy-explanation details>code{display:block;padding:.5em .8em;margin:.35rem 0}
"""


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
    counts = [
        f"{numbers[name]} {name if numbers[name] != 1 else name[:-1]}"
        for name in ("rules", "exceptions", "predicates")
        if name in numbers
    ]
    return ", ".join(counts + [f"size {numbers['size']}"] if "size" in numbers else counts)


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
        explanation = Html(f'<pre class="nesy-rules">{escape(explanation)}</pre>', explanation)
    made = side_by_side(left, explanation)
    made.text = f"{alt}\n{explanation}"
    made.style = css("picture", "rules", "sides", extra=_STYLE)
    return made
