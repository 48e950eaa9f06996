"""The little markup of exercise texts: paragraphs, indented code, back-ticks."""

from __future__ import annotations

import textwrap

from nesylib.viz.html import escape


def prose(text: str) -> str:
    """Paragraphs, indented code blocks and back-ticked code as HTML, everything escaped."""
    parts = []
    for block in textwrap.dedent(text).strip("\n").split("\n\n"):
        if all(line.startswith("    ") for line in block.split("\n") if line.strip()):
            parts.append(f"<pre>{escape(textwrap.dedent(block))}</pre>")
        else:
            parts.append(f"<p>{inline(block)}</p>")
    return "".join(parts)


def inline(text: str) -> str:
    """One paragraph as HTML, back-ticked parts as code, everything escaped."""
    pieces = " ".join(text.split()).split("`")
    return "".join(
        f"<code>{escape(piece)}</code>" if odd % 2 else escape(piece)
        for odd, piece in enumerate(pieces)
    )


def a_kind_of(value: object) -> str:
    """The value's type with its article: "an int", "a list"."""
    kind = type(value).__name__
    return f"{'an' if kind[0].lower() in 'aeiou' else 'a'} {kind}"
