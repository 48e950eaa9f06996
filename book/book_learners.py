"""Tables that set rule learners side by side, from the records of ``benchmarks/fold_sem.py``."""

from __future__ import annotations

from html import escape

from nesylib import record

LEARNERS = {
    "ours": "ours",
    "oracle": "plain, with Counter",
    "oracle-row-by-row": "plain, row by row",
    "tree": "tree",
    "tree-leaf": "tree, leaf 0.5 %",
    "ripper": "RIPPER",
    "figs": "FIGS",
}
MEASURES = {
    "fit": ("seconds",),
    "accuracy": ("accuracy",),
    "rules or leaves": ("rules", "leaves"),
    "predicates": ("predicates", "inner-nodes"),
    "size": ("size",),
    "memory": ("memory",),
}
SCHEMES = {
    "published": "published",
    "odds-and-stop": "odds, stop",
    "accuracy-and-retire": "accuracy, retire",
    "repaired": "repaired (odds, retire)",
}


def learners_html(tables: dict[str, str]) -> str:
    """A row for each learner on each table; ``tables`` maps the key's second part to a title."""
    found = {m.key: m for m in record.load("fold")}
    rows = []
    for table, title in tables.items():
        for method, name in LEARNERS.items():
            cells = cells_of(found, f"fold/{table}/{method}")
            if method != "oracle-row-by-row" or cells[0] != "not run":
                rows.append([title, name, *cells])
    return table_html(["table", "learner", *MEASURES], rows)


def cells_of(found: dict[str, record.Measurement], key: str) -> list[str]:
    """A learner's measures in the order of ``MEASURES``, or why there are none."""
    if f"{key}/over" in found:
        seconds = found[f"{key}/over"].value
        return [f"over {seconds:g} s", *[""] * (len(MEASURES) - 1)]
    if f"{key}/seconds" not in found:
        return ["not run", *[""] * (len(MEASURES) - 1)]
    cells = []
    for names in MEASURES.values():
        named = [found[f"{key}/{name}"] for name in names if f"{key}/{name}" in found]
        cells.append(str(named[0]) if named else "–")
    return cells


def schemes_html(tables: dict[str, str]) -> str:
    """Accuracy and rules of the many-class schemes, a row for each table."""
    found = {m.key: m for m in record.load("fold")}
    rows = []
    for table, title in tables.items():
        keys = [f"fold/{table}/{scheme}" for scheme in SCHEMES]
        rows.append([title, *(f"{found[f'{k}/accuracy']}, {found[f'{k}/rules']}" for k in keys)])
    return table_html(["table", *SCHEMES.values()], rows)


def table_html(heads: list[str], rows: list[list[str]], compact: bool = False) -> str:
    """A table that scrolls in its own box; ``compact`` for many columns of one kind."""
    head = "".join(f'<th scope="col">{escape(h)}</th>' for h in heads)
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    return (
        f'<div class="results{" compact" if compact else ""}" style="overflow-x:auto">'
        '<table class="table">'
        f"<thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )


def folded(summary: str, html: str) -> str:
    return f"<details><summary>{escape(summary)}</summary>{html}</details>"


def show(html: str) -> None:
    from IPython.display import HTML, display

    display(HTML(html))
