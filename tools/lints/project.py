"""What the lints look at: the pages, notebooks and text files of one checkout."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tools import ROOT
from tools.provenance import source
from tools.repository import TEXT, tracked


@dataclass(frozen=True)
class Finding:
    """One thing to mend: where, and what to do about it."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


@dataclass(frozen=True)
class Notebook:
    path: Path
    name: str
    content: dict

    def cells(self, kind: str) -> Iterator[tuple[str, dict, str]]:
        """``(where, cell, source)`` of the cells of one kind."""
        for number, cell in enumerate(self.content["cells"], start=1):
            if cell["cell_type"] == kind:
                yield f"{self.name} cell {number}", cell, source(cell)


class Project:
    """A checkout; ``root`` may be any folder laid out like one, with or without git."""

    def __init__(self, root: Path = ROOT):
        self.root = Path(root)

    @cached_property
    def files(self) -> list[Path]:
        return tracked(self.root)

    def name(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()

    @cached_property
    def names(self) -> set[str]:
        return {self.name(p) for p in self.files}

    @cached_property
    def pages(self) -> list[tuple[str, str]]:
        """``(name, text)`` of the Markdown pages of the book and of the repository."""
        return [(self.name(p), p.read_text("utf-8")) for p in self.files if p.suffix == ".md"]

    @cached_property
    def notebooks(self) -> list[Notebook]:
        found = [p for p in self.files if p.suffix == ".ipynb"]
        return [Notebook(p, self.name(p), json.loads(p.read_text("utf-8"))) for p in found]

    @cached_property
    def texts(self) -> Iterator[tuple[str, str]]:
        """Every text file as ``(name, text)``."""
        result = []
        for path in self.files:
            if path.suffix in TEXT | {".css", ".js", ".json", ".bib", ".lock"}:
                try:
                    result.append((self.name(path), path.read_bytes().decode("utf-8")))
                except UnicodeDecodeError:
                    continue
        return result

    def markdown(self) -> Iterator[tuple[str, str]]:
        """All prose: pages, and Markdown cells of notebooks."""
        yield from self.pages
        for notebook in self.notebooks:
            for where, _, text in notebook.cells("markdown"):
                yield where, text


FENCE = re.compile(r"^( *)(`{3,}|~{3,})[^\n]*\n.*?^\1\2`*[ \t]*$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"(?<![`{}\w])(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)
MATH = re.compile(r"\$\$.*?\$\$|\$[^$\n]+\$", re.DOTALL)


def blank(pattern: re.Pattern, text: str) -> str:
    """``text`` with what matches replaced by spaces; lines keep their numbers."""
    return pattern.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)


def without_code(text: str) -> str:
    """Markdown without fenced blocks, inline code and formulas."""
    return blank(MATH, blank(INLINE, blank(FENCE, text)))


def line_of(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1
