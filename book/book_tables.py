"""Tables that pages of the book print at build time."""

from __future__ import annotations

import datetime
import json
from dataclasses import replace
from html import escape
from pathlib import Path

from nesylib import record

COLUMNS = ("method", "measure", "value", "each seed", "may differ by")


def results_html() -> str:
    """All recorded results as HTML: a heading for each chapter, a table for each data set."""
    names = record.chapters()
    if not names:
        return "<p>No result has been recorded yet.</p>"
    return "\n".join(chapter_html(name) for name in names)


def chapter_html(name: str) -> str:
    groups: dict[str, list[record.Measurement]] = {}
    for m in record.load(name):
        area, data, _, _ = m.key.split("/")
        groups.setdefault(f"{area}/{data}", []).append(m)
    tables = "".join(group_html(group, rows) for group, rows in groups.items())
    return f'<section class="results"><p class="chapter">{escape(name)}</p>{tables}</section>'


def group_html(group: str, rows: list[record.Measurement]) -> str:
    """One table, its rows under the conditions they share."""
    head = "".join(f'<th scope="col">{c}</th>' for c in COLUMNS)
    body = "".join(row_html(m) for m in rows)
    about = "".join(f"<p>{line}</p>" for line in dict.fromkeys(map(condition_html, rows)))
    return (
        f'<table class="table"><caption><code>{escape(group)}</code></caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        f'<div class="condition">{about}</div>'
    )


def row_html(m: record.Measurement) -> str:
    _, _, method, measure = m.key.split("/")
    each = ", ".join(str(replace(m, value=v, values=(v,), spread=0.0)) for v in m.values)
    margin = str(replace(m, value=m.tolerance, values=(m.tolerance,), spread=0.0))
    cells = "".join(f"<td>{escape(c)}</td>" for c in (str(m), each, margin))
    return (
        f'<tr data-key="{escape(m.key)}"><th scope="row">{escape(method)}</th>'
        f"<td>{escape(measure)}</td>{cells}</tr>"
    )


def condition_html(m: record.Measurement) -> str:
    seeds = ", ".join(map(str, m.seeds))
    return (
        f"Measured with <code>{escape(m.command)}</code>, seeds {seeds}, tier "
        f"<code>{escape(m.tier)}</code>, {escape(m.device)}; {escape(versions_text(m.versions))}."
    )


def versions_text(versions: dict[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())


def show_results() -> None:
    from IPython.display import HTML, display

    display(HTML(results_html()))


def verified_html(notebook: dict, today: str) -> str:
    """The "last verified" line of a chapter, from the stamp in its notebook."""
    stamp = notebook["metadata"].get("nesylib")
    if not stamp:
        raise ValueError("the notebook has no stamp: run make notebooks, or build with make book")
    return (
        f'<p class="verified"><b>Last verified.</b> The notebook ran in the tier '
        f"<code>{escape(stamp['tier'])}</code> in {stamp['seconds']} s on "
        f"{escape(stamp['device'])}, with {escape(versions_text(stamp['versions']))}. "
        f"This page was built on {today}.</p>"
    )


def show_verified(name: str) -> None:
    """Print where and when the notebook ``name`` of this book last ran."""
    from IPython.display import HTML, display

    path = Path("..", "notebooks", f"{name}.ipynb")
    notebook = json.loads(path.read_text("utf-8"))
    display(HTML(verified_html(notebook, datetime.date.today().isoformat())))
