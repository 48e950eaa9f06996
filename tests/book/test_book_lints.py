"""The project passes its own lints, and each lint catches what it is there for."""

from __future__ import annotations

import base64
import json
import shutil

import pytest

from tools import ROOT
from tools.lint import findings
from tools.lints import ALL
from tools.provenance import library_hash, source_hash

PNG = base64.b64encode(b"not looked into").decode()
BADGE = (
    "[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]"
    "(https://colab.research.google.com/github/OWNER/REPOSITORY/blob/main/notebooks/01_a.ipynb)"
)


@pytest.mark.parametrize("lint", [module.__name__.rsplit(".", 1)[-1] for module in ALL])
def test_the_project_passes(lint):
    assert [str(finding) for _, finding in findings(names=[lint])] == []


def test_an_unknown_lint_is_an_error():
    with pytest.raises(ValueError, match="there are: alt_text"):
        findings(names=["spelling"])


def markdown(text: str) -> dict:
    return {"cell_type": "markdown", "metadata": {}, "source": text}


def code(text: str, *outputs: dict, **metadata) -> dict:
    return {
        "cell_type": "code",
        "metadata": metadata,
        "source": text,
        "execution_count": 1,
        "outputs": list(outputs),
    }


def shown(**data) -> dict:
    return {"output_type": "display_data", "metadata": {}, "data": data}


@pytest.fixture
def checkout(tmp_path):
    """A tiny checkout without any fault, and a function that writes its notebook anew."""
    (tmp_path / "book").mkdir()
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "nesylib").mkdir()
    (tmp_path / "nesylib" / "__init__.py").write_text("")
    (tmp_path / "pyproject.toml").write_text('name = "x"\n')
    (tmp_path / "CITATION.cff").write_text('repository-code: "https://github.com/OWNER/REPOSITORY"')
    (tmp_path / "_toc.yml").write_text("root: book/intro\nchapters:\n  - file: notebooks/01_a\n")
    (tmp_path / "_config.yml").write_text(
        "repository:\n  url: https://github.com/OWNER/REPOSITORY\n  branch: main\n"
        "launch_buttons:\n  colab_url: https://colab.research.google.com\n"
    )
    (tmp_path / "book" / "intro.md").write_text("# Hello\n\nSee [it](../notebooks/01_a.ipynb).\n")

    def write(*cells: dict, **metadata):
        base = [
            markdown(f"# Title\n\n{BADGE}"),
            code('TIER = "demo"', tags=["parameters"]),
            code("%pip install -q git+https://github.com/OWNER/REPOSITORY\nimport nesylib"),
        ]
        notebook = {"cells": base + list(cells), "nbformat": 4, "nbformat_minor": 5}
        notebook["metadata"] = {"kernelspec": {"name": "python3"}}
        notebook["metadata"]["nesylib"] = {
            "source": source_hash(notebook),
            "library": library_hash(notebook, tmp_path),
            "tier": "demo",
            "device": "CPU",
            "seconds": 1,
            "versions": {},
        }
        notebook["metadata"] |= metadata
        (tmp_path / "notebooks" / "01_a.ipynb").write_text(json.dumps(notebook))
        return notebook

    write()
    return tmp_path, write


def names(root) -> set[str]:
    return {f"{name}: {finding}" for name, finding in findings(root)}


def test_a_clean_checkout_has_no_findings(checkout):
    assert names(checkout[0]) == set()


IN_NOTEBOOK = {
    "bare png": (code("draw()", shown(**{"image/png": PNG})), "alt_text", "without alt text"),
    "html img": (
        code("draw()", shown(**{"text/html": '<img src="a.png" alt=" ">'})),
        "alt_text",
        "<img> without alt",
    ),
    "html svg": (code("draw()", shown(**{"text/html": "<svg></svg>"})), "alt_text", "<svg>"),
    "markdown image": (markdown("![](https://example.org/a.png)"), "alt_text", "Markdown image"),
    "directive": (markdown("```{note}\nHello\n```"), "plain_prose", "MyST directive"),
    "role": (markdown("See {doc}`intro`."), "plain_prose", "MyST role"),
    "colon fence": (markdown(":::note\nHello\n:::"), "plain_prose", "colon fence"),
    "target": (markdown("(here)=\n# Title"), "plain_prose", "MyST target"),
    "percentage": (markdown("It reaches 93.4 % here."), "typed_results", "percentage"),
    "spread": (markdown("That is 0.91 ± 0.02."), "typed_results", "spread"),
    "score": (markdown("It has an accuracy of 0.9 there."), "typed_results", "score"),
    "times": (markdown("This is 3.5 times faster."), "typed_results", "comparison"),
    "quoted without source": (
        markdown("They report 93.4 %. <!-- quoted -->"),
        "typed_results",
        "percentage",
    ),
    "dead link": (markdown("See [that](../book/nothing.md)."), "links", "nothing tracked"),
    "long cell": (code("\n".join(f"a = {i}" for i in range(26))), "notebook_form", "26 lines"),
    "error": (
        code("1/0", {"output_type": "error", "ename": "ZeroDivisionError", "evalue": ""}),
        "notebook_form",
        "ZeroDivisionError",
    ),
    "widget": (
        code("w", shown(**{"application/vnd.jupyter.widget-view+json": {}})),
        "notebook_form",
        "widget",
    ),
    "too large": (
        code("x", {"output_type": "stream", "name": "stdout", "text": "x" * 1_100_000}),
        "notebook_form",
        "under 1 MB",
    ),
    "machine path": (
        code("p", {"output_type": "stream", "name": "stdout", "text": "/" + "home/ada/x.py"}),
        "paths",
        "path of one machine",
    ),
    "second parameters cell": (
        code("SEED = 0", tags=["parameters"]),
        "notebook_form",
        "exactly one cell",
    ),
}


@pytest.mark.parametrize("case", IN_NOTEBOOK)
def test_lints_catch_it_in_a_notebook(checkout, case):
    root, write = checkout
    cell, lint, words = IN_NOTEBOOK[case]
    write(cell)
    found = names(root)
    assert any(f.startswith(f"{lint}: ") and words in f for f in found), found
    assert all(f.startswith(f"{lint}: ") for f in found), found


FINE = {
    "alert": "> [!NOTE]\n> Read on.",
    "details": "<details><summary>More</summary>\n\nText\n\n</details>",
    "formula": "$$c = \\sigma(Wh)$$ and $0.9\\%$",
    "code": "`accuracy 0.9` and\n\n```python\nx = '93 %'\n```",
    "quoted": "They report 5.1 % ([arXiv](https://arxiv.org/abs/2505.06745)). <!-- quoted -->",
    "setting": "The exception holds for at most 80 % by default. <!-- not a result -->",
    "counts": "A picture of 64 by 64 pixels has 64 patches of 8 pixels.",
}


@pytest.mark.parametrize("case", FINE)
def test_lints_leave_it_alone(checkout, case):
    root, write = checkout
    write(markdown(FINE[case]))
    assert names(root) == set()


def test_stamp_lint(checkout):
    root, write = checkout
    write(nesylib={})
    assert any("no stamp" in f for f in names(root))
    notebook = write()
    notebook["cells"].append(code("print('changed')"))
    (root / "notebooks" / "01_a.ipynb").write_text(json.dumps(notebook))
    assert any("code changed" in f for f in names(root))


def test_kernel_and_parameters(checkout):
    root, write = checkout
    notebook = write(kernelspec={"name": "my-env"})
    notebook["cells"][1]["metadata"] = {}
    (root / "notebooks" / "01_a.ipynb").write_text(json.dumps(notebook))
    found = names(root)
    assert any("kernel python3" in f for f in found)
    assert any("exactly one cell tagged" in f for f in found)


PAGE = {
    "figure": ("```{figure} a.png\n:name: x\n```", "alt_text"),
    "percentage": ("We reach 12 % more.", "typed_results"),
    "dead link": ("[x](missing.md)", "links"),
    "path": ("Look into /" + "Users/ada/Desktop.", "paths"),
}


@pytest.mark.parametrize("case", PAGE)
def test_lints_catch_it_in_a_page(checkout, case):
    root, _ = checkout
    text, lint = PAGE[case]
    (root / "book" / "intro.md").write_text(f"# Hello\n\n{text}\n")
    assert {f.split(":")[0] for f in names(root)} == {lint}


def test_launch_buttons_and_contents(checkout):
    root, _ = checkout
    (root / "_toc.yml").write_text("root: book/intro\nchapters:\n  - file: notebooks/09_gone\n")
    (root / "_config.yml").write_text("repository:\n  url: https://github.com/OWNER/REPOSITORY\n")
    found = names(root)
    assert any("09_gone" in f for f in found)
    assert any("colab_url is missing" in f for f in found)


def test_badge_must_open_its_own_notebook(checkout):
    root, write = checkout
    notebook = write()
    notebook["cells"][0]["source"] = BADGE.replace("01_a", "02_b")
    (root / "notebooks" / "01_a.ipynb").write_text(json.dumps(notebook))
    found = names(root)
    assert any("no Colab badge" in f for f in found)
    assert any("not tracked" in f for f in found)


def test_placeholder_is_refused_once_there_is_an_address(checkout):
    root, _ = checkout
    (root / "pyproject.toml").write_text('Repository = "https://github.com/ada/book"\n')
    found = names(root)
    assert any("CITATION.cff" in f for f in found)
    assert any("still names the placeholder" in f for f in found)


def test_the_lint_command_fails_and_names_the_lint(checkout, capsys):
    from tools.lint import main

    root, write = checkout
    write(markdown("It reaches 93.4 %."))
    assert main(["--root", str(root)]) == 1
    assert "[typed_results]" in capsys.readouterr().out
    shutil.rmtree(root / "notebooks")
    assert ROOT.is_dir()
