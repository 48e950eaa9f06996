"""Every picture says in words what it shows.

Markdown images and ``<img>`` need a non-empty ``alt``, ``{figure}`` and ``{image}`` an ``:alt:``,
an inline ``<svg>`` a label or ``aria-hidden``. In outputs a bare ``image/png`` is refused, because
its alternative text would be a file name: draw with ``nesylib.viz.figure(alt=...)``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tools.lints.project import FENCE, Finding, Project, blank

MARKDOWN = re.compile(r"!\[([^\]]*)\]\(")
IMG = re.compile(r"<img\b[^>]*>", re.IGNORECASE | re.DOTALL)
ALT = re.compile(r"""\balt\s*=\s*(?:"\s*[^"\s][^"]*"|'\s*[^'\s][^']*')""", re.IGNORECASE)
SVG = re.compile(r"<svg\b[^>]*>", re.IGNORECASE | re.DOTALL)
LABEL = re.compile(r"""aria-label(?:ledby)?\s*=\s*["'][^"']|aria-hidden\s*=\s*["']true""")
DIRECTIVE = re.compile(
    r"^( *)(`{3,}|:{3,})\{(figure|image)\}[^\n]*\n(.*?)^\1\2", re.MULTILINE | re.DOTALL
)
PICTURES = ("image/png", "image/jpeg", "image/svg+xml", "image/gif")


def in_html(text: str) -> Iterator[str]:
    for found in IMG.finditer(text):
        if not ALT.search(found[0]) and not LABEL.search(found[0]):
            yield f"an <img> without alt text: {found[0][:60]!r}"
    for found in SVG.finditer(text):
        titled = re.match(r"\s*<title>\s*\S", text[found.end() : found.end() + 200])
        if not LABEL.search(found[0]) and not titled:
            yield "an <svg> without aria-label, <title> or aria-hidden"


def check(project: Project) -> Iterator[Finding]:
    for where, text in project.markdown():
        for found in DIRECTIVE.finditer(text):
            if not re.search(r"^\s*:alt:\s*\S", found[4], re.MULTILINE):
                yield Finding(where, f"a {{{found[3]}}} without :alt:")
        prose = blank(FENCE, text)
        for found in MARKDOWN.finditer(prose):
            if not found[1].strip():
                yield Finding(where, "a Markdown image without alternative text")
        for what in in_html(prose):
            yield Finding(where, what)
    for notebook in project.notebooks:
        for where, cell, _ in notebook.cells("code"):
            described = cell["metadata"].get("mystnb", {}).get("image", {}).get("alt", "").strip()
            for output in cell.get("outputs", []):
                data = output.get("data", {})
                html = "".join(data.get("text/html", ""))
                if not html and not described and any(mime in data for mime in PICTURES):
                    yield Finding(where, "a picture without alt text: use nesylib.viz.figure")
                for what in in_html(html):
                    yield Finding(where, what)
