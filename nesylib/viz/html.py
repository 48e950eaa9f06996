"""Small pieces of safe HTML that look right in the book, JupyterLab, Colab and VS Code.

Every output carries its own ``<style>``: Colab puts each one in a frame of its own. Nothing is
loaded from anywhere.
"""

from __future__ import annotations

import base64
import html
import re
from typing import Any

#: Where a dark page says that it is dark: the book, Colab, JupyterLab, VS Code.
DARK = (
    ':is(html[data-theme="dark"],html[theme="dark"],body[data-jp-theme-light="false"],'
    "body.vscode-dark,body.vscode-high-contrast:not(.vscode-high-contrast-light))"
)

_BASE = """
.nesy{--ny-ink:#222832;--ny-muted:#5b6472;--ny-line:#d5dae0;--ny-soft:#f5f6f8;--ny-paper:#fff;
--ny-accent:#0068a3;--ny-good:#00704f;--ny-bad:#b34700;
color:var(--ny-ink);box-sizing:border-box;max-width:100%;line-height:1.5;
font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
DARK .nesy{--ny-ink:#e3e7ec;--ny-muted:#a3acb8;--ny-line:#3a424d;--ny-soft:#1e2228;
--ny-paper:#16191e;--ny-accent:#6cb8ee;--ny-good:#4cc9a0;--ny-bad:#ff9a5c}
.text_html:has(.nesy){background:none!important;padding:0!important;color:inherit!important}
.nesy *,.nesy *::before,.nesy *::after{box-sizing:border-box}
.nesy .nesy-only-read{position:absolute;width:1px;height:1px;overflow:hidden;
clip-path:inset(50%);white-space:nowrap}
"""

_PICTURE = """
.nesy figure,figure.nesy{margin:0 0 .75rem;padding:0;text-align:left}
.nesy img{max-width:100%;height:auto;margin:0;padding:0!important;border:0;
border-radius:0!important;filter:none!important;background:none!important}
.nesy img.nesy-light{display:block}
.nesy img.nesy-dark{display:none!important}
DARK .nesy img.nesy-light{display:none!important}
DARK .nesy img.nesy-dark{display:block!important}
.nesy img.nesy-picture{display:block;border-radius:4px!important}
.nesy img.nesy-pixels{image-rendering:pixelated}
.nesy figcaption{font-family:inherit!important;font-size:.9em;padding:0!important;
color:var(--ny-muted);margin:.35rem 0 0;
text-align:left}
.nesy details{margin:.35rem 0 0;font-size:.9em;color:var(--ny-muted)}
.nesy summary{cursor:pointer}
"""

_TABLE = """
.nesy .nesy-scroll{overflow-x:auto;max-width:100%;margin:0 0 1rem}
.nesy .nesy-scroll:focus-visible{outline:2px solid var(--ny-accent);outline-offset:2px}
.nesy table{border-collapse:collapse;border:0;margin:0;width:auto;
min-width:min(100%,22rem);font-size:.92em;color:var(--ny-ink);background:none;table-layout:auto}
.nesy caption{caption-side:top;text-align:left;color:var(--ny-muted);padding:0 0 .5rem;
font-weight:400}
.nesy table tr,.nesy table tbody tr:nth-child(odd),.nesy table tbody tr:nth-child(even){
background:none;border:0}
.nesy table th,.nesy table td{padding:.42rem 1rem .42rem .1rem;border:0;
border-bottom:1px solid var(--ny-line);text-align:left!important;vertical-align:top;color:inherit;
background:none;white-space:normal;max-width:34rem}
.nesy table thead th{border-bottom:2px solid var(--ny-muted);font-weight:600;vertical-align:bottom}
.nesy table tbody th{font-weight:500}
.nesy table .nesy-number{text-align:right!important;font-variant-numeric:tabular-nums}
.nesy table tbody tr:hover{background:var(--ny-soft)}
"""

_RULES = """
.nesy pre.nesy-rules{margin:0 0 1rem;padding:.9rem 1.1rem;border:1px solid var(--ny-line);
border-left:4px solid var(--ny-accent);border-radius:6px;background:var(--ny-soft);
color:var(--ny-ink);font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",
monospace;font-size:.88em;line-height:1.65;white-space:pre-wrap;overflow-wrap:anywhere}
.nesy-rules .nesy-line{display:block;padding-left:3ch;text-indent:-3ch;min-height:1.65em}
.nesy-rules .nesy-head{color:var(--ny-accent);font-weight:600}
.nesy-rules .nesy-not{color:var(--ny-bad);font-weight:700}
.nesy-rules .nesy-ab{font-style:italic;text-decoration:underline dotted;
text-underline-offset:.2em}
.nesy-rules .nesy-text{color:var(--ny-good)}
.nesy-rules .nesy-dim,.nesy-rules .nesy-comment{color:var(--ny-muted)}
.nesy-rules .nesy-comment{font-style:italic}
.nesy .nesy-note{color:var(--ny-muted);font-size:.9em;margin:-.6rem 0 1rem}
"""

_SIDES = """
.nesy .nesy-sides,.nesy.nesy-sides{display:flex;flex-wrap:wrap;gap:1rem 1.75rem;
align-items:flex-start;margin:0 0 1rem}
.nesy-sides>div{min-width:0;max-width:100%}
.nesy-sides>.nesy-left{flex:0 1 auto}
.nesy-sides>.nesy-right{flex:1 1 20rem}
"""

_GRID = """
.nesy .nesy-grid,.nesy.nesy-grid{display:flex;flex-wrap:wrap;gap:1rem 1.1rem;margin:0 0 1rem;
align-items:flex-start}
.nesy .nesy-grid figure,.nesy-grid figure{margin:0;min-width:0;max-width:100%}
.nesy-grid figcaption{text-align:left;line-height:1.35;overflow-wrap:anywhere}
.nesy-scale{display:flex;align-items:center;gap:.6rem;margin:.4rem 0 0;font-size:.85em;
color:var(--ny-muted);max-width:22rem;font-variant-numeric:tabular-nums}
.nesy-scale i{flex:1 1 4rem;height:.7rem;border-radius:3px}
"""

_PARTS = {"picture": _PICTURE, "grid": _GRID, "table": _TABLE, "rules": _RULES, "sides": _SIDES}


def css(*parts: str, extra: str = "") -> str:
    """A ``<style>`` element: the base colours, the named parts, and ``extra`` rules.

    ``DARK`` at the start of a selector of ``extra`` stands for "on a dark page, anywhere".
    """
    unknown = [part for part in parts if part not in _PARTS]
    if unknown:
        raise ValueError(f"unknown part of the style sheet: {unknown}; there are {list(_PARTS)}")
    text = _BASE + "".join(_PARTS[part] for part in parts) + extra
    text = re.sub(r"^DARK ", DARK + " ", text, flags=re.MULTILINE).replace("\n", "")
    return f"<style>{text}</style>"


def escape(text: object) -> str:
    """The text with ``& < > " '`` made harmless, for element content and attributes alike."""
    return html.escape(str(text), quote=True)


def check_alt(alt: object, *, words: int = 3, what: str = "figure") -> str:
    """Return the alt text, stripped.

    Raises
    ------
    ValueError
        If it is missing, blank, or of fewer than ``words`` words.
    """
    text = " ".join(alt.split()) if isinstance(alt, str) else ""
    if len(text.split()) < words or len(text) < 3 * words - 2:
        raise ValueError(
            f"a {what} needs an alt text that says what it shows, got {alt!r}: write at least "
            f"{words} word{'s' if words > 1 else ''}, such as "
            "'Bars: the accuracy of the rules rises from 0.71 to 0.90 as the tail shrinks.'"
        )
    return text


class Html:
    """Something to show: rich HTML where there is a page, plain text where there is none."""

    def __init__(self, body: str, text: str = "", style: str = "") -> None:
        self.body = body
        self.text = text
        self.style = style

    def repr_html(self) -> str:
        """The HTML with its style sheet."""
        return self.style + self.body

    def _repr_html_(self) -> str:
        return self.repr_html()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": self.repr_html(), "text/plain": self.text}

    def __repr__(self) -> str:
        return self.text or f"<{type(self).__name__}>"


def show(thing: Any) -> None:
    """Display ``thing`` in a notebook; outside of one, do nothing."""
    try:
        from IPython import get_ipython
        from IPython.display import display
    except ImportError:
        return
    if get_ipython() is not None:
        display(thing)


def data_uri(content: bytes, mime: str = "image/png") -> str:
    """The bytes as an address that needs no file."""
    return f"data:{mime};base64,{base64.b64encode(content).decode('ascii')}"


def as_html(thing: object) -> str:
    """HTML of anything: its ``repr_html``, ``to_html`` or ``_repr_html_``, else its text, escaped.

    A plain ``str`` is text, never markup.
    """
    for name in ("repr_html", "to_html", "_repr_html_"):
        method = getattr(thing, name, None)
        if callable(method):
            return method()
    return f"<p>{escape(thing)}</p>"


def table(
    frame: Any,
    caption: str,
    *,
    digits: int = 3,
    index: bool | None = None,
) -> Html:
    """A table that reads well on a phone, on a dark page and in a screen reader.

    Parameters
    ----------
    frame : DataFrame, or what ``pandas.DataFrame`` takes
    caption : str
        Says what the table holds; required.
    digits : int
        Decimals of floating-point numbers.
    index : bool, optional
        Whether the index is the first column; by default, when it isn't 0, 1, 2, ...

    Raises
    ------
    ValueError
        If the caption is blank.
    """
    import pandas as pd

    caption = check_alt(caption, words=1, what="table")
    frame = frame if isinstance(frame, pd.DataFrame) else pd.DataFrame(frame)
    if index is None:
        index = not isinstance(frame.index, pd.RangeIndex)
    numeric = [
        pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind)
        for kind in frame.dtypes
    ]

    def cell(value: Any, number: bool) -> str:
        kind = ' class="nesy-number"' if number else ""
        return f"<td{kind}>{escape(_number(value, digits))}</td>"

    head = "".join(
        f'<th scope="col"{" class=nesy-number" if number else ""}>{escape(name)}</th>'
        for name, number in zip(frame.columns, numeric, strict=True)
    )
    if index:
        head = f'<th scope="col">{escape(frame.index.name or "")}</th>' + head
    rows = []
    for label, values in zip(frame.index, frame.itertuples(index=False, name=None), strict=True):
        cells = "".join(cell(v, n) for v, n in zip(values, numeric, strict=True))
        start = f'<th scope="row">{escape(label)}</th>' if index else ""
        rows.append(f"<tr>{start}{cells}</tr>")
    body = (
        f'<div class="nesy"><div class="nesy-scroll" role="region" tabindex="0" '
        f'aria-label="{escape(caption)}"><table><caption>{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div></div>"
    )
    text = f"{caption}\n{frame.to_string(index=index)}"
    return Html(body, text, css("table"))


def _number(value: Any, digits: int) -> str:
    import numbers

    if value is None or value != value:
        return "–"
    if isinstance(value, numbers.Real) and not isinstance(value, (bool, numbers.Integral)):
        return f"{float(value):,.{digits}f}"
    return str(value)


_TOKEN = re.compile(
    r"""(?P<comment>%.*)
    |(?P<text>'(?:[^'\\\n]|\\.|'')*'|"(?:[^"\\\n]|\\.)*")
    |(?P<not>\bnot\b)
    |(?P<ab>\bab\d*\b)
    |(?P<dim>:-|\b[A-Z_]\w*\b|[(),.])
    |(?P<other>\w+|\s+|.)""",
    re.VERBOSE,
)


def colour_rules(program_text: str) -> str:
    """The program as escaped HTML, one block per line, its parts in named spans."""
    lines = []
    for line in program_text.strip("\n").split("\n"):
        parts = []
        head = True
        for match in _TOKEN.finditer(line):
            kind, token = match.lastgroup, match.group()
            if token == ":-":
                head = False
            if kind == "other" and head and token.strip() and re.match(r"\w", token):
                kind, head = "head", False
            safe = escape(token)
            parts.append(safe if kind == "other" else f'<span class="nesy-{kind}">{safe}</span>')
        lines.append(f'<span class="nesy-line">{"".join(parts)}\n</span>')
    return "".join(lines)


def rule_box(program_text: str, label: str = "Logic program") -> Html:
    """A logic program in a box, coloured for light and dark; long rules wrap with an indent."""
    body = (
        f'<div class="nesy"><pre class="nesy-rules" aria-label="{escape(label)}">'
        f"{colour_rules(program_text)}</pre></div>"
    )
    return Html(body, program_text, css("rules"))


def side_by_side(left: Any, right: Any) -> Html:
    """Two things beside each other, or above each other where the page is narrow.

    Each is an object that knows its own HTML (a figure, a rule box, an explanation); a plain
    ``str`` is shown as text.
    """
    body = (
        '<div class="nesy nesy-sides">'
        f'<div class="nesy-left">{as_html(left)}</div>'
        f'<div class="nesy-right">{as_html(right)}</div></div>'
    )
    text = "\n".join(t for t in (str(left), str(right)) if t)
    return Html(body, text, css("picture", "rules", "sides"))
