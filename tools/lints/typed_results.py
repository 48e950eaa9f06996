"""No result is typed: measured numbers come from records, through glue.

Looked for in the pages of ``book/`` and in the Markdown of notebooks, outside code, formulas and
``{glue:text}`` roles: percentages, numbers with ±, values of the usual scores, "x times faster".

A figure quoted from a paper is allowed in a paragraph that names its source, with ``{cite...}`` or
a link, and ends with the comment ``<!-- quoted -->``. What is not a result at all (a setting, a
share by definition) is allowed by ``<!-- not a result -->`` in its paragraph.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tools.lints.project import Finding, Project, line_of, without_code

NUMBER = r"\d+(?:[.,]\d+)?"
SCORE = r"(?:accurac(?:y|ies)|fidelity|precision|recall|F1|AUC|top-[15]|purity|AP|IoU)"
RULES = {
    "a percentage": re.compile(
        rf"{NUMBER}\s?(?:%|percent\b|per cent\b|percentage points?\b)", re.IGNORECASE
    ),
    "a number with its spread": re.compile(rf"{NUMBER}\s?(?:±|\+/-|\+-)\s?{NUMBER}"),
    "the value of a score": re.compile(
        rf"\b{SCORE}\b[^.\n|]{{0,30}}?\b(?:0?\.\d+|1\.0+|\d\d(?:\.\d+)?)\b(?!\s?(?:cells|lines))",
        re.IGNORECASE,
    ),
    "a comparison in numbers": re.compile(
        rf"\b{NUMBER}\s?(?:×|x|times)\s(?:as\s)?\w*(?:faster|slower|smaller|larger|fewer|more|better)",
        re.IGNORECASE,
    ),
}
SOURCED = re.compile(r"\{cite|\]\(https?://|arxiv|doi\.org", re.IGNORECASE)


def paragraphs(text: str) -> Iterator[tuple[int, str]]:
    """``(position, paragraph)``; a blank line ends one."""
    for found in re.finditer(r"(?:^[^\n]*\S[^\n]*(?:\n|$))+", text, re.MULTILINE):
        yield found.start(), found[0]


def allowed(paragraph: str) -> bool:
    if "<!-- not a result -->" in paragraph:
        return True
    return "<!-- quoted -->" in paragraph and bool(SOURCED.search(paragraph))


def check(project: Project) -> Iterator[Finding]:
    for where, text in project.markdown():
        if where.endswith(".md") and not where.startswith("book/"):
            continue
        prose = without_code(text)
        for position, paragraph in paragraphs(prose):
            if allowed(text[position : position + len(paragraph)]):
                continue
            for what, pattern in RULES.items():
                if found := pattern.search(paragraph):
                    line = line_of(text, position + found.start())
                    yield Finding(
                        f"{where} line {line}", f"{what} is typed, not glued: {found[0].strip()!r}"
                    )
