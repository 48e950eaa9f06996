"""The repository's address is the same wherever it stands.

It is named in ``pyproject.toml``; ``make repository URL=...`` writes it everywhere else. Checked
are the configuration, the citation and the set-up cell of every notebook (badges: ``links``); once
there is an address, the placeholder may stand nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator

from tools.lints.project import Finding, Project
from tools.repository import PLACEHOLDER, address, forms, parse, pattern

MUST = ("_config.yml", "CITATION.cff")


def check(project: Project) -> Iterator[Finding]:
    url = address(project.root)
    try:
        owner, name = parse(url)
    except ValueError as error:
        yield Finding("pyproject.toml", str(error))
        return
    here = f"github.com/{owner}/{name}"
    for file in MUST:
        path = project.root / file
        if not path.exists() or not pattern(here).search(path.read_text("utf-8")):
            yield Finding(file, f"does not name {url}: make repository URL={url}")
    for notebook in project.notebooks:
        if not notebook.name.startswith("notebooks/"):
            continue
        installs = [t for _, _, t in notebook.cells("code") if "pip install" in t]
        if not installs:
            yield Finding(notebook.name, "has no set-up cell that installs nesylib on Colab")
        elif not any(pattern(here).search(text) for text in installs):
            yield Finding(notebook.name, f"its set-up cell does not install from {url}")
    if url != PLACEHOLDER:
        old = forms(*parse(PLACEHOLDER))
        for file, text in project.texts:
            if file.startswith(("tests/book/", "tools/")):
                continue
            if any(pattern(form).search(text) for form in old):
                yield Finding(file, f"still names the placeholder: make repository URL={url}")
