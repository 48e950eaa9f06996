"""Tables that pages of the book print at build time."""

from __future__ import annotations

from html import escape

from nesylib import record

COLUMNS = ("result", "value", "seeds", "device", "tier", "measured with")


def results_html() -> str:
    """All recorded results as HTML, one table a chapter, with the versions underneath."""
    names = record.chapters()
    if not names:
        return "<p>No result has been recorded yet.</p>"
    return "\n".join(chapter_html(name) for name in names)


def chapter_html(name: str) -> str:
    measurements = record.load(name)
    rows = "".join(row_html(m) for m in measurements)
    head = "".join(f'<th scope="col">{c}</th>' for c in COLUMNS)
    versions = sorted({versions_text(m.versions) for m in measurements})
    return (
        f'<div class="results" id="results-{escape(name)}"><table class="table">'
        f"<caption>{escape(name)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
        f'<p class="versions">Versions: {"; or ".join(map(escape, versions))}.</p>'
    )


def row_html(m: record.Measurement) -> str:
    key = escape(m.key).replace("/", "/<wbr>")
    cells = (str(m), str(m.n_seeds), m.device, m.tier)
    return (
        f'<tr><th scope="row"><code>{key}</code></th>'
        + "".join(f"<td>{escape(c)}</td>" for c in cells)
        + f"<td><code>{escape(m.command)}</code></td></tr>"
    )


def versions_text(versions: dict[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())


def show_results() -> None:
    from IPython.display import HTML, display

    display(HTML(results_html()))
