"""The commands behind the Makefile."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools import ROOT, build_book, environment, provenance, repository

MAKE = shutil.which("make")


@pytest.mark.skipif(MAKE is None, reason="needs make")
@pytest.mark.parametrize("target", ["book", "test", "lab", "notebooks", "lint", "lock", "clean"])
def test_make_targets_are_runnable(target):
    out = subprocess.run([MAKE, "-n", target], cwd=ROOT, capture_output=True, text=True)
    assert out.returncode == 0, out.stderr
    assert target == "clean" or "tools/environment.py" in out.stdout


@pytest.mark.skipif(MAKE is None, reason="needs make")
def test_make_help_lists_the_targets():
    out = subprocess.run([MAKE, "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    for word in ("make book", "make test", "make lab", "make notebooks", "make repository"):
        assert word in out.stdout


@pytest.mark.skipif(MAKE is None, reason="needs make")
def test_make_says_when_there_is_no_python(tmp_path):
    out = subprocess.run(
        [MAKE, "book", "PYTHON=python9.9"], cwd=ROOT, capture_output=True, text=True
    )
    assert out.returncode != 0
    assert "Install Python 3.10 or newer" in out.stdout


@pytest.mark.skipif(MAKE is None, reason="needs make")
def test_make_says_when_python_is_too_old(tmp_path):
    old = tmp_path / "python old"
    old.write_text("#!/bin/sh\n[ \"$1\" = -V ] && echo 'Python 3.8.1' && exit 0\nexit 1\n")
    old.chmod(0o755)
    out = subprocess.run([MAKE, "book", f"PYTHON={old}"], cwd=ROOT, capture_output=True, text=True)
    assert out.returncode != 0
    assert "Python 3.8.1" in out.stdout and "needs 3.10 or newer" in out.stdout


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """environment.py with its files in a scratch folder whose name has a space."""
    root = tmp_path / "a folder"
    root.mkdir()
    (root / "pyproject.toml").write_text("one")
    (root / "requirements.lock").write_text("two")
    venv = root / ".venv"
    for name, value in {
        "ROOT": root,
        "VENV": venv,
        "PYTHON": venv / "bin" / "python",
        "STAMP": venv / "nesylib-environment",
        "UNFINISHED": venv / "nesylib-environment.unfinished",
    }.items():
        monkeypatch.setattr(environment, name, value)
    return root


def test_environment_is_reused_until_a_requirement_changes(elsewhere, monkeypatch):
    commands = []
    monkeypatch.setattr(environment, "run", lambda *command: commands.append(command))
    environment.main()
    assert any("pip" in map(str, c) and "uv" in map(str, c) for c in commands)
    assert any("--constraint" in c for c in commands)
    assert environment.is_ready()
    commands.clear()
    environment.main()
    assert commands == []
    (elsewhere / "requirements.lock").write_text("three")
    assert not environment.is_ready()


def test_interrupted_install_is_not_taken_as_done(elsewhere, monkeypatch, capsys):
    def interrupted(*command):
        raise KeyboardInterrupt

    monkeypatch.setattr(environment, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        environment.main()
    assert not environment.is_ready()
    leftover = elsewhere / ".venv" / "half-written"
    leftover.touch()
    monkeypatch.setattr(environment, "run", lambda *command: None)
    environment.main()
    assert "starting over" in capsys.readouterr().out
    assert environment.is_ready() and not leftover.exists()


def test_failed_install_names_the_remedy(elsewhere, monkeypatch):
    with pytest.raises(SystemExit, match="Is PyPI reachable"):
        environment.run(sys.executable, "-c", "raise SystemExit(3)")


def test_lock_is_for_any_machine():
    from tools.lock import LINE

    lines = (ROOT / "requirements.lock").read_text("utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert len(pins) > 100 and all(LINE.fullmatch(line) for line in pins)
    assert "://" not in "".join(lines)
    names = {line.split("==")[0] for line in pins}
    assert {"torch", "timm", "clingo", "jupyter-book", "papermill", "nbval"} <= names


# --- the repository's address


@pytest.mark.parametrize(
    "bad", ["", "github.com/a/b", "https://gitlab.com/a/b", "https://github.com/a", "x y"]
)
def test_addresses_that_cannot_be_launched_are_refused(bad):
    with pytest.raises(ValueError, match="GitHub repository"):
        repository.parse(bad)


@pytest.mark.parametrize("end", ["", "/", ".git"])
def test_address_is_parsed(end):
    assert repository.parse(f"https://github.com/ada/a.book{end}") == ("ada", "a.book")


def test_address_is_rewritten_everywhere_and_back(tmp_path):
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    url = "https://github.com/OWNER/REPOSITORY"
    texts = {
        "pyproject.toml": f'[project.urls]\nRepository = "{url}"\n',
        "CITATION.cff": f'repository-code: "{url}"\n',
        "a.ipynb": json.dumps({"x": f"pip install git+{url}.git"}),
        "README.md": "https://colab.research.google.com/github/OWNER/REPOSITORY/blob/main/a.ipynb",
        "other.md": "https://github.com/potassco/clingo and https://github.com/OWNER/REPOSITORY2",
        "crlf.md": f"one\r\n{url}\r\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_bytes(text.encode())
    changed = repository.rewrite("https://github.com/ada/book", tmp_path)
    assert {p.name for p in changed} == set(texts) - {"other.md"}
    assert repository.address(tmp_path) == "https://github.com/ada/book"
    assert "github/ada/book/blob" in (tmp_path / "README.md").read_text()
    assert (tmp_path / "crlf.md").read_bytes() == b"one\r\nhttps://github.com/ada/book\r\n"
    repository.rewrite(url, tmp_path)
    assert {n: (tmp_path / n).read_bytes().decode() for n in texts} == texts


# --- provenance


@pytest.fixture
def library(tmp_path) -> Path:
    files = {
        "nesylib/__init__.py": "def __getattr__(name): ...\n",
        "nesylib/data/__init__.py": "from .load import load\n",
        "nesylib/data/load.py": "def load():\n    from nesylib.data import scenes\n",
        "nesylib/data/scenes.py": "x = 1\n",
        "nesylib/rules/__init__.py": "from nesylib.rules.fold import FoldSEM\n",
        "nesylib/rules/fold.py": "class FoldSEM: ...\n",
        "nesylib/checkpoints/__init__.py": "",
        "nesylib/checkpoints/tiny.safetensors": "weights",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def cells(*texts: str) -> dict:
    return {"cells": [{"cell_type": "code", "metadata": {}, "source": t} for t in texts]}


@pytest.mark.parametrize(
    "text",
    [
        "from nesylib import data",
        "from nesylib.data import load",
        "import nesylib\nnesylib.data.load('x')",
        "def late():\n    import nesylib.data.load",
        "try:\n    import nesylib\nexcept ImportError:\n    %pip install x\nnesylib.data",
    ],
)
def test_files_behind_a_notebook_are_found(library, text):
    found = {p.relative_to(library).as_posix() for p in provenance.reached(
        provenance.code(cells(text)), library)}  # fmt: skip
    assert "nesylib/data/scenes.py" in found  # through a lazy import in load.py
    assert not any("rules" in name for name in found)


def test_a_changed_library_file_makes_exactly_its_notebooks_stale(library):
    uses_data, uses_rules = cells("from nesylib import data"), cells("from nesylib import rules")
    before = [provenance.library_hash(n, library) for n in (uses_data, uses_rules)]
    (library / "nesylib/data/scenes.py").write_text("x = 2\n")
    after = [provenance.library_hash(n, library) for n in (uses_data, uses_rules)]
    assert before[0] != after[0] and before[1] == after[1]


def test_a_changed_checkpoint_makes_stale(library):
    notebook = cells("from nesylib import checkpoints")
    before = provenance.library_hash(notebook, library)
    (library / "nesylib/checkpoints/tiny.safetensors").write_text("other weights")
    assert provenance.library_hash(notebook, library) != before


def test_a_new_repository_address_does_not_make_stale():
    one, other = (
        cells(f"%pip install -q 'git+https://github.com/{name}'")
        for name in ("OWNER/REPOSITORY", "ada/book")
    )
    assert provenance.source_hash(one) == provenance.source_hash(other)


def test_prose_and_tier_do_not_make_stale_but_code_does():
    notebook = cells("x = 1")
    notebook["cells"].append(
        {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": 'TIER = "demo"'}
    )
    before = provenance.source_hash(notebook)
    notebook["cells"].append({"cell_type": "markdown", "metadata": {}, "source": "prose"})
    notebook["cells"][1]["source"] = 'TIER = "fast"'
    assert provenance.source_hash(notebook) == before
    notebook["cells"][0]["source"] = "x = 2"
    assert provenance.source_hash(notebook) != before


# --- the build


def test_a_book_that_was_not_built_is_noticed(tmp_path):
    """Jupyter Book 2 builds nothing from these sources and ends with status 0."""
    assert any("index.html was not built" in line for line in build_book.verify(tmp_path))
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "intro.html").write_text("<html></html>")
    assert any("nearly empty" in line for line in build_book.verify(tmp_path))


def test_staging_leaves_out_what_is_hidden(tmp_path):
    for name in build_book.SOURCES:
        if "." in name:
            (tmp_path / name).write_text("x")
        else:
            (tmp_path / name / ".ipynb_checkpoints").mkdir(parents=True)
            (tmp_path / name / "page.md").write_text("x")
    target = build_book.stage(tmp_path / "_build" / "source", tmp_path)
    assert (target / "book" / "page.md").is_file()
    assert not list(target.rglob(".ipynb_checkpoints"))


def test_a_missing_glue_key_fails_the_build(tmp_path):
    """The trap: on its own MyST-NB only warns, and the page shows nothing."""
    source = tmp_path / "source"
    source.mkdir()
    shutil.copytree(ROOT / "book" / "_ext", source / "book" / "_ext")
    shutil.copytree(ROOT / "book" / "_static", source / "book" / "_static")
    shutil.copy(ROOT / "book" / "references.bib", source / "book" / "references.bib")
    shutil.copy(ROOT / "_config.yml", source)
    (source / "_toc.yml").write_text("format: jb-book\nroot: page\n")
    page = (
        "---\nfile_format: mystnb\nkernelspec:\n  name: python3\n  display_name: Python 3\n---\n\n"
        "# Page\n\n```{code-cell} ipython3\n:tags: [remove-cell]\n"
        "from myst_nb import glue\nglue('there', 1)\n```\n\n{glue:text}`KEY`\n"
    )
    for key, works in (("there", True), ("not/there", False)):
        (source / "page.md").write_text(page.replace("KEY", key))
        assert (build_book.sphinx(source, tmp_path / "out", quiet=True) == 0) is works
