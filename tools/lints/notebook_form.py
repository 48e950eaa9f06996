"""The form of a notebook.

Under 1 MB; kernel ``python3``; one cell tagged ``parameters`` that sets ``TIER = "demo"``; code
cells of at most 25 lines; no stored error and no interactive widget, which is dead in a page;
outputs present, with a stamp that says where they come from. (That nesylib has changed since is no
fault of form: ``make book`` sees it and runs the notebook again.)
"""

from __future__ import annotations

from collections.abc import Iterator

from tools.lints.project import Finding, Notebook, Project
from tools.provenance import source_hash

LARGEST = 1_000_000  # bytes
LONGEST = 25  # lines of code, empty ones not counted
WIDGET = "application/vnd.jupyter.widget-view+json"
STAMP = ("source", "library", "tier", "device", "seconds", "versions")


def check(project: Project) -> Iterator[Finding]:
    for notebook in project.notebooks:
        yield from form(notebook)
        yield from outputs(notebook)
        yield from stamp(notebook)


def form(notebook: Notebook) -> Iterator[Finding]:
    size = notebook.path.stat().st_size
    if size >= LARGEST:
        yield Finding(notebook.name, f"is {size / 1e6:.2f} MB; keep it under 1 MB")
    if notebook.content["metadata"].get("kernelspec", {}).get("name") != "python3":
        yield Finding(notebook.name, "must name the kernel python3")
    tagged = [
        text
        for _, cell, text in notebook.cells("code")
        if "parameters" in cell["metadata"].get("tags", [])
    ]
    if len(tagged) != 1:
        yield Finding(notebook.name, "needs exactly one cell tagged 'parameters'")
    elif 'TIER = "demo"' not in tagged[0]:
        yield Finding(notebook.name, 'its parameters cell must set TIER = "demo"')
    for where, _, text in notebook.cells("code"):
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) > LONGEST:
            yield Finding(where, f"has {len(lines)} lines of code; at most {LONGEST} fit a screen")


def outputs(notebook: Notebook) -> Iterator[Finding]:
    counts = []
    for where, cell, text in notebook.cells("code"):
        if text.strip():
            counts.append(cell.get("execution_count"))
        for output in cell.get("outputs", []):
            if output["output_type"] == "error":
                yield Finding(where, f"stores an error: {output.get('ename')}")
            if WIDGET in output.get("data", {}):
                yield Finding(where, "stores a widget, which is dead in a page: use viz.slider")
    if not all(counts):
        yield Finding(notebook.name, "has cells that were not run: make notebooks")
    if "widgets" in notebook.content["metadata"]:
        yield Finding(notebook.name, "stores the state of widgets in its metadata")


def stamp(notebook: Notebook) -> Iterator[Finding]:
    found = notebook.content["metadata"].get("nesylib")
    if not found:
        yield Finding(notebook.name, "has no stamp: run it with make notebooks")
        return
    if missing := [key for key in STAMP if key not in found]:
        yield Finding(notebook.name, f"its stamp lacks {', '.join(missing)}: make notebooks")
    if found.get("tier") != "demo":
        yield Finding(notebook.name, "its outputs are not of the demo tier: make notebooks ALL=1")
    if found.get("source") != source_hash(notebook.content):
        yield Finding(notebook.name, "its code changed after it was run: make notebooks")
