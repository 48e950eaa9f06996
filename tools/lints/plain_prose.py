"""Markdown in notebooks reads right on Colab, GitHub and in JupyterLab.

They show MyST's directives, roles, targets and substitutions as raw text. ``> [!NOTE]``,
``<details>``, tables, formulas and relative links read right there and in the book.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tools.lints.project import FENCE, Finding, Project, blank

RULES = {
    "a MyST directive": re.compile(r"^ *(?:`{3,}|~{3,}|:{3,})\{[^}]+\}", re.MULTILINE),
    "a colon fence": re.compile(r"^ *:{3,}", re.MULTILINE),
    "a MyST role": re.compile(r"\{[A-Za-z][\w:+-]*\}`"),
    "a MyST target": re.compile(r"^\([\w:-]+\)=\s*$", re.MULTILINE),
    "a substitution": re.compile(r"\{\{.*?\}\}"),
    "a labelled formula": re.compile(r"\$\$\s*\([\w:-]+\)\s*$", re.MULTILINE),
    "a reStructuredText directive": re.compile(r"^\.\. \w+::", re.MULTILINE),
}


def check(project: Project) -> Iterator[Finding]:
    for notebook in project.notebooks:
        for where, _, text in notebook.cells("markdown"):
            prose = blank(FENCE, text)
            for what, pattern in RULES.items():
                # Directives are fences themselves; the rest is looked for outside code blocks.
                found = pattern.search(text if what == "a MyST directive" else prose)
                if found:
                    yield Finding(where, f"{what} shows as raw text on Colab: {found[0].strip()!r}")
