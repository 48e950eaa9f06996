"""Every notebook runs in the fast tier, and marked cells print what the book shows."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tools import ROOT, notebooks

NOTEBOOKS = notebooks.notebooks()


def ids(path) -> str:
    return path.stem


@pytest.mark.parametrize("path", NOTEBOOKS, ids=ids)
def test_runs_in_the_fast_tier(path, tmp_path):
    before = path.read_bytes()
    notebooks.execute(path, tmp_path / path.name, tier="fast")
    done = notebooks.read(tmp_path / path.name)
    assert done.metadata["nesylib"]["tier"] == "fast"
    assert all(c.execution_count for c in done.cells if c.cell_type == "code")
    assert path.read_bytes() == before, "running into a folder must not change the notebook"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=ids)
def test_marked_cells_print_what_is_committed(path, tmp_path):
    """A cell marked ``# NBVAL_CHECK_OUTPUT`` prints the same in every tier."""
    notebook = notebooks.read(path)
    if not any("NBVAL_CHECK_OUTPUT" in cell.source for cell in notebook.cells):
        pytest.skip("no cell is marked")
    notebooks.set_parameters(notebook, {"TIER": '"fast"'}, path.name)
    notebooks.write(notebook, tmp_path / path.name)
    out = subprocess.run(
        [sys.executable, "-m", "pytest", "--nbval-lax", "--nbval-kernel-name", "python3", "-q",
         "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", str(tmp_path), path.name],
        cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert out.returncode == 0, out.stdout[-4000:]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=ids)
def test_papermill_finds_the_tier(path):
    import papermill

    assert papermill.inspect_notebook(str(path))["TIER"]["default"] == '"demo"'


def test_there_are_notebooks():
    assert (ROOT / "notebooks" / notebooks.FIRST) in NOTEBOOKS
