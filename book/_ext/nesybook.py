"""What the book asks of Sphinx beyond its configuration.

* a page loads nothing from another host and nothing that a browser refuses to a page opened from
  a folder: MathJax is copied from a package, the icons' fonts are written into their style sheet,
  thebe is left out, the badge of a notebook becomes a plain link;
* ``> [!NOTE]`` block quotes, which GitHub and Colab's readers know, become admonitions;
* the mark of cells whose output is tested is not shown, and pages that are no notebooks have no
  button to launch one.
"""

from __future__ import annotations

import base64
import re
import shutil
from importlib import util
from pathlib import Path

from docutils import nodes
from sphinx.transforms import SphinxTransform

MATHJAX = "tex-svg-full.js"
ALERT = re.compile(r"\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\]\s*")
FONT = re.compile(r"url\(([^)]*\.woff2)\)")
OLD_FONT = re.compile(r"@font-face\{(?![^}]*Font Awesome\\? 6)[^}]*\}")
MARK = re.compile(r"^# NBVAL_[A-Z_]+ *\n?", re.MULTILINE)
PRELOAD = re.compile(r'<link rel="preload" as="font"[^>]*>\s*')


class Alerts(SphinxTransform):
    """Turn ``> [!NOTE] ...`` into a note."""

    default_priority = 300

    def apply(self) -> None:
        for quote in list(self.document.findall(nodes.block_quote)):
            paragraph = quote.next_node(nodes.paragraph)
            if paragraph is None or not paragraph.children:
                continue
            first = paragraph.children[0]
            found = ALERT.match(first.astext()) if isinstance(first, nodes.Text) else None
            if not found:
                continue
            rest = first.astext()[found.end() :]
            paragraph.replace(first, nodes.Text(rest)) if rest else paragraph.remove(first)
            if not paragraph.astext().strip():
                paragraph.parent.remove(paragraph)
            element = getattr(nodes, found[1].lower())
            quote.replace_self(element("", *quote.children))


class Badges(SphinxTransform):
    """Replace the picture of an "Open in Colab" badge by its words."""

    default_priority = 300

    def apply(self) -> None:
        for image in list(self.document.findall(nodes.image)):
            if image["uri"].startswith("https://colab.research.google.com/assets/"):
                text = nodes.Text(image.get("alt") or "Open in Colab")
                image.parent["classes"] = [*image.parent.get("classes", []), "colab-badge"]
                image.replace_self(text)


class TestMarks(SphinxTransform):
    """Leave out the comment that marks a cell for nbval."""

    default_priority = 300

    def apply(self) -> None:
        for block in list(self.document.findall(nodes.literal_block)):
            text = block.astext()
            if "NBVAL_" in text:
                text = MARK.sub("", text)
                block.rawsource = text
                block.children = []
                block += nodes.Text(text)


def no_launch(app, pagename, templatename, context, doctree) -> None:
    """A Markdown page with code cells is no file that Colab could open."""
    metadata = app.env.metadata.get(pagename, {})
    if "kernelspec" in metadata and not str(app.env.doc2path(pagename)).endswith(".ipynb"):
        metadata.pop("kernelspec")


def without_thebe(app) -> None:
    """Jupyter Book always loads sphinx-thebe, whose script declares a constant twice."""
    for event, listeners in app.events.listeners.items():
        if event in ("builder-inited", "env-before-read-docs", "doctree-resolved"):
            listeners[:] = [x for x in listeners if x.handler.__module__ != "sphinx_thebe"]
    app.registry.css_files[:] = [
        item for item in app.registry.css_files if "thebe" not in str(item[0])
    ]


def own_mathjax(app) -> None:
    app.config.mathjax_path = f"mathjax/{MATHJAX}"
    # No widget manager: figures move by plain scripts, and its files would come from a CDN.
    app.config.nb_ipywidgets_js = {}


def copy_mathjax(app, error) -> None:
    """One file holds MathJax with all its TeX packages and glyphs."""
    if error is not None or app.builder.format != "html":
        return
    origin = Path(util.find_spec("sphinx-mathjax-offline").origin).parent
    target = Path(app.outdir, "_static", "mathjax")
    target.mkdir(parents=True, exist_ok=True)
    shutil.copy2(origin / "static" / "mathjax" / MATHJAX, target / MATHJAX)


def embed_icons(app, error) -> None:
    """Write the icon fonts into their style sheet: browsers refuse font files to ``file:``."""
    if error is not None or app.builder.format != "html":
        return
    for sheet in Path(app.outdir, "_static").rglob("fontawesome/**/all.min.css"):
        text = sheet.read_text("utf-8")
        text = OLD_FONT.sub("", text)
        text = re.sub(r",url\([^)]*\.ttf\) format\(\"truetype\"\)", "", text)
        sheet.write_text(FONT.sub(lambda found, at=sheet: data_url(at.parent / found[1]), text))
    for page in Path(app.outdir).rglob("*.html"):
        text = page.read_text("utf-8")
        if (result := PRELOAD.sub("", text)) != text:
            page.write_text(result, "utf-8")


def data_url(font: Path) -> str:
    return f"url(data:font/woff2;base64,{base64.b64encode(font.read_bytes()).decode()})"


def setup(app):
    app.connect("config-inited", lambda app, config: (own_mathjax(app), without_thebe(app)))
    app.connect("build-finished", copy_mathjax)
    app.connect("build-finished", embed_icons)
    app.connect("html-page-context", no_launch, priority=490)
    app.add_transform(Badges)
    app.add_transform(TestMarks)
    app.add_transform(Alerts)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
