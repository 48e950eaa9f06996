"""The runner itself, on small notebooks made here."""

from __future__ import annotations

import nbformat
import pytest

from tools import notebooks
from tools.notebooks import NotebookError


@pytest.fixture
def make(tmp_path):
    def write(*texts: str, name="sample.ipynb", parameters='TIER = "demo"  # size\nSEED = 3'):
        v4 = nbformat.v4
        tagged = v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})
        cells = [v4.new_markdown_cell("# Sample"), tagged, *map(v4.new_code_cell, texts)]
        path = tmp_path / name
        nbformat.write(v4.new_notebook(cells=cells), path)
        return path

    return write


def test_outputs_are_kept_with_a_stamp_and_nothing_of_the_machine(make, tmp_path):
    path = make(
        "import os\nprint(TIER, SEED)\nprint(os.getcwd() + '/x', os.path.expanduser('~/y'))"
    )
    notebooks.execute(path, tier="fast")
    done = notebooks.read(path)
    stamp = done.metadata["nesylib"]
    assert stamp["tier"] == "fast" and stamp["device"] and "torch" in stamp["versions"]
    assert done.cells[1].source == "TIER = 'fast'  # size\nSEED = 3"
    printed = done.cells[2].outputs[0]["text"]
    assert printed.startswith("fast 3\n") and " y" in printed
    assert str(tmp_path) not in nbformat.writes(done)
    assert "papermill" not in nbformat.writes(done)
    assert [c.execution_count for c in done.cells if c.cell_type == "code"] == [1, 2]
    assert notebooks.why_stale(path) is None


def test_a_failure_names_notebook_cell_and_error_and_writes_nothing(make):
    path = make("x = 1", "print('before')\nraise KeyError('lamp')")
    before = path.read_bytes()
    with pytest.raises(NotebookError) as caught:
        notebooks.execute(path)
    text = str(caught.value)
    assert "sample.ipynb" in text and "[3]" in text
    assert "KeyError: 'lamp'" in text and "raise KeyError('lamp')" in text
    assert path.read_bytes() == before


def test_unknown_tier(make):
    with pytest.raises(NotebookError, match="unknown tier 'huge': use one of fast, demo, full"):
        notebooks.execute(make("x = 1"), tier="huge")


def test_unknown_parameter(make):
    with pytest.raises(NotebookError, match=r"no parameter SEEDS; it has: TIER, SEED"):
        notebooks.execute(make("x = 1"), values={"SEEDS": "4"})


def test_a_notebook_without_parameters_has_no_tier(tmp_path):
    path = tmp_path / "plain.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")]), path)
    with pytest.raises(NotebookError, match="it has: none"):
        notebooks.execute(path, tier="fast")


def test_command_line_errors_are_one_line_and_a_status(make, capsys):
    path = make("raise ValueError('no')")
    assert notebooks.main([str(path)]) == 1
    assert "ValueError: no" in capsys.readouterr().err
    assert notebooks.main([str(path), "--tier", "huge"]) == 1
    assert "unknown tier" in capsys.readouterr().err
    assert notebooks.main([str(path), "--set", "SEED"]) == 1
    assert "NAME=VALUE" in capsys.readouterr().err
    assert notebooks.main(["missing.ipynb"]) == 1
    assert "no notebook missing.ipynb" in capsys.readouterr().err


def test_command_line_runs_into_a_folder(make, tmp_path, capsys):
    path = make("print(SEED)")
    into = tmp_path / "deep" / "out"
    assert notebooks.main([str(path), "--set", "SEED=8", "--into", str(into)]) == 0
    assert notebooks.read(into / "sample.ipynb").cells[2].outputs[0]["text"] == "8\n"


def test_stale_lists_changed_notebooks_and_the_quickstart(make, tmp_path):
    first, other = make("1", name=notebooks.FIRST), make("2", name="01_other.ipynb")
    assert notebooks.stale(tmp_path) == [first, other]
    for path in (first, other):
        notebooks.execute(path)
    assert notebooks.stale(tmp_path) == [first]
    changed = notebooks.read(other)
    changed.cells[2].source = "3"
    notebooks.write(changed, other)
    assert notebooks.why_stale(other) == "its code cells changed"
    assert notebooks.stale(tmp_path) == [first, other]


def test_a_tier_set_with_other_spacing_is_found(make):
    path = make("print(TIER)", parameters="TIER='demo'")
    notebooks.execute(path, tier="fast")
    assert notebooks.read(path).cells[2].outputs[0]["text"] == "fast\n"
