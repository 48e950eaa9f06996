"""Links, badges and launch buttons lead somewhere.

Relative links in pages and notebooks resolve to tracked files; every file in ``_toc.yml`` is
tracked; a notebook's Colab badge opens that notebook, on the branch of ``_config.yml``; the launch
button is switched on and its folder is the root of the repository.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from urllib.parse import unquote

from tools.lints.project import Finding, Project, blank, without_code
from tools.repository import PLACEHOLDER, address, parse

LINK = re.compile(r"\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
HREF = re.compile(r"""<(?:a|img|source)\b[^>]*?\b(?:href|src)\s*=\s*["']([^"']+)["']""")
BADGE = re.compile(r"https://colab\.research\.google\.com/github/([^)\s\"']+)")
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


def targets(text: str) -> Iterator[str]:
    prose = blank(COMMENT, without_code(text))
    for pattern in (LINK, HREF):
        yield from (found[1] for found in pattern.finditer(prose))


def resolves(project: Project, page: str, target: str) -> bool:
    """Whether a relative link of ``page`` leads to a tracked file or folder."""
    path = unquote(target.split("#")[0].split("?")[0])
    if not path:
        return True
    base = "" if path.startswith("/") else posixpath.dirname(page)
    name = posixpath.normpath(posixpath.join(base, path.lstrip("/") if not base else path))
    options = (name, f"{name}.md", f"{name}.ipynb")
    return any(o in project.names for o in options) or any(
        n.startswith(f"{name}/") for n in project.names
    )


def in_toc(entry) -> Iterator[str]:
    if isinstance(entry, dict):
        for key, value in entry.items():
            if key in ("file", "root"):
                yield value
            else:
                yield from in_toc(value)
    elif isinstance(entry, list):
        for item in entry:
            yield from in_toc(item)


def check(project: Project) -> Iterator[Finding]:
    yield from relative(project)
    yield from toc_and_buttons(project)
    yield from badges(project)


def relative(project: Project) -> Iterator[Finding]:
    for where, text in project.markdown():
        page = where.split(" cell ")[0]
        for target in targets(text):
            if re.match(r"[a-z][a-z0-9+.-]*:|#", target):
                continue
            if not resolves(project, page, target):
                yield Finding(where, f"a link to nothing tracked: {target!r}")


def toc_and_buttons(project: Project) -> Iterator[Finding]:
    import yaml

    toc = yaml.safe_load((project.root / "_toc.yml").read_text("utf-8"))
    for entry in in_toc(toc):
        if not resolves(project, "", entry):
            yield Finding("_toc.yml", f"names {entry!r}, which is not tracked")
    config = yaml.safe_load((project.root / "_config.yml").read_text("utf-8"))
    if not config.get("launch_buttons", {}).get("colab_url"):
        yield Finding("_config.yml", "launch_buttons.colab_url is missing: no rocket on the pages")
    if config.get("repository", {}).get("path_to_book"):
        yield Finding("_config.yml", "repository.path_to_book must be left out: notebooks/ is at /")


def badges(project: Project) -> Iterator[Finding]:
    import yaml

    config = yaml.safe_load((project.root / "_config.yml").read_text("utf-8"))
    branch = config.get("repository", {}).get("branch", "main")
    url = address(project.root)
    owner, name = parse(url) if url != PLACEHOLDER else ("OWNER", "REPOSITORY")
    for notebook in project.notebooks:
        if not notebook.name.startswith("notebooks/"):
            continue
        wanted = f"{owner}/{name}/blob/{branch}/{notebook.name}"
        prose = "\n".join(text for _, _, text in notebook.cells("markdown"))
        found = [f[1] for f in BADGE.finditer(prose)]
        if wanted not in found:
            yield Finding(notebook.name, f"has no Colab badge to {wanted}")
        for other in found:
            path = other.split("/", 4)[-1] if other.count("/") >= 4 else other
            if path not in project.names:
                yield Finding(notebook.name, f"has a badge to {other}, which is not tracked")
