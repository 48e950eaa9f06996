"""The little markup of exercise texts: paragraphs, indented code, back-ticks, emphasis."""

from __future__ import annotations

import re
import textwrap

from nesylib.viz.html import escape

EMPHASIS = re.compile(r"(?<![\w*])\*(\w[^*]*?\w|\w)\*(?![\w*])")


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
    """One paragraph as HTML: back-ticks are code, ``*word*`` is emphasis, everything escaped."""
    pieces = " ".join(text.split()).split("`")
    return "".join(
        f"<code>{escape(piece)}</code>" if odd % 2 else EMPHASIS.sub(r"<em>\1</em>", escape(piece))
        for odd, piece in enumerate(pieces)
    )


def a_kind_of(value: object) -> str:
    """The value's type with its article: "an int", "a list"."""
    kind = type(value).__name__
    return f"{'an' if kind[0].lower() in 'aeiou' else 'a'} {kind}"
