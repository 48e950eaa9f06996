"""What the outputs of a notebook depend on: its cells and the part of nesylib it uses.

A stamp in the notebook's metadata (under ``"nesylib"``) keeps both hashes as they were when the
outputs were made. When either differs now, the outputs are stale.
"""

from __future__ import annotations

import ast
import hashlib
import re
from pathlib import Path

from tools import ROOT

PACKAGE = "nesylib"
DATA = (".safetensors", ".json", ".lp", ".npz", ".csv")
ADDRESS = re.compile(r"git\+https://github\.com/[^\s\"']+")
MAGIC = re.compile(r"^([ \t]*)[%!].*$", re.MULTILINE)


def source_hash(notebook: dict) -> str:
    """Hash of the code cells; neither the tier nor the address to install from counts."""
    digest = hashlib.sha256()
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        text = source(cell)
        if "parameters" in cell["metadata"].get("tags", []):
            text = re.sub(r"^TIER = .*$", "TIER = ...", text, flags=re.MULTILINE)
        text = ADDRESS.sub("git+...", text)
        digest.update(text.strip().encode() + b"\0")
    return digest.hexdigest()[:16]


def library_hash(notebook: dict, root: Path = ROOT) -> str:
    """Hash of every file of nesylib that the code cells reach through imports."""
    digest = hashlib.sha256()
    for path in reached(code(notebook), root):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        data = path.read_bytes()
        digest.update((data.replace(b"\r\n", b"\n") if path.suffix == ".py" else data) + b"\0")
    return digest.hexdigest()[:16]


def source(cell: dict) -> str:
    text = cell["source"]
    return text if isinstance(text, str) else "".join(text)


def code(notebook: dict) -> str:
    """All code cells as one Python text, magics and shell lines blanked."""
    cells = [source(c) for c in notebook["cells"] if c["cell_type"] == "code"]
    return MAGIC.sub(r"\1pass", "\n".join(cells))


def reached(text: str, root: Path = ROOT) -> list[Path]:
    """Files of nesylib that ``text`` imports, directly or through other files of nesylib.

    Imports inside functions count, and so does ``nesylib.data.load`` after ``import nesylib``.
    A package that loads its parts by ``import_module`` counts with all its files, and every
    package reached counts with the data files beside it.
    """
    todo = list(mentioned(ast.parse(text), [], root))
    seen: set[Path] = set()
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        if path.suffix != ".py":
            continue
        parts = list(path.relative_to(root).with_suffix("").parts)
        package = parts[:-1]
        content = path.read_text("utf-8")
        todo += mentioned(ast.parse(content), package, root)
        if path.name == "__init__.py":
            todo += [p for p in path.parent.iterdir() if p.suffix in DATA]
            if "import_module" in content and len(package) > 1:
                todo += path.parent.glob("*.py")
    return sorted(seen)


def mentioned(tree: ast.AST, package: list[str], root: Path) -> set[Path]:
    """Files behind the imports and the dotted ``nesylib.x.y`` names of one syntax tree."""
    names: list[list[str]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name.split(".") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            base = base + (node.module.split(".") if node.module else [])
            names += [base + [alias.name] for alias in node.names]
        elif isinstance(node, ast.Attribute) and not package:
            names.append(dotted(node))
    return {p for name in names if name[:1] == [PACKAGE] for p in files(name, root)}


def dotted(node: ast.AST) -> list[str]:
    """``a.b.c`` as a list; empty when the expression is not a plain dotted name."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return [node.id, *reversed(parts)] if isinstance(node, ast.Name) else []


def files(name: list[str], root: Path) -> list[Path]:
    """The modules along a dotted name, as far as they are modules."""
    found = []
    for end in range(1, len(name) + 1):
        stem = root.joinpath(*name[:end])
        for path in (stem / "__init__.py", stem.with_suffix(".py")):
            if path.is_file():
                found.append(path)
    return found
