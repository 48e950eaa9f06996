"""Run notebooks, keep their outputs, and know when these are stale.

    python -m tools.notebooks --check               # list what is stale, change nothing
    python -m tools.notebooks --stale               # run what is stale
    python -m tools.notebooks --all --tier full     # run everything
    python -m tools.notebooks notebooks/00_quickstart.ipynb --set SEED=1

Outputs are written back into the notebook with a stamp: hashes of its code and of the part of
nesylib it imports, the tier, the device, versions and seconds.
"""

from __future__ import annotations

import argparse
import ast
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from tools import ROOT
from tools.provenance import library_hash, source, source_hash

TIERS = ("fast", "demo", "full")
STAMP = "nesylib"
FIRST = "00_quickstart.ipynb"
CELL_TIMEOUT = 1800


class NotebookError(RuntimeError):
    """A notebook that cannot be run, or that failed; the text says where."""


def notebooks(folder: Path = ROOT / "notebooks") -> list[Path]:
    return sorted(p for p in folder.glob("*.ipynb") if not p.name.startswith("."))


def read(path: Path):
    import nbformat

    return nbformat.read(path, as_version=4)


def write(notebook, path: Path) -> None:
    """Write atomically, so that an interruption never leaves half a notebook."""
    import nbformat

    temporary = path.with_name(f".{path.name}.part")
    nbformat.write(notebook, temporary)
    os.replace(temporary, path)


def why_stale(path: Path, root: Path = ROOT) -> str | None:
    """The reason why the outputs of a notebook no longer hold, or None."""
    notebook = read(path)
    stamp = notebook.metadata.get(STAMP)
    if not stamp:
        return "it has no stamp"
    if stamp.get("source") != source_hash(notebook):
        return "its code cells changed"
    if stamp.get("library") != library_hash(notebook, root):
        return "a part of nesylib that it imports changed"
    return None


def parameters(notebook) -> dict[str, str]:
    """Names assigned in the cell tagged ``parameters``, with their values as Python text."""
    for cell in notebook.cells:
        if cell.cell_type == "code" and "parameters" in cell.metadata.get("tags", []):
            return {
                node.targets[0].id: ast.unparse(node.value)
                for node in ast.parse(cell.source).body
                if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
            }
    return {}


def set_parameters(notebook, values: dict[str, str], name: str = "notebook") -> None:
    """Rewrite assignments in the parameters cell, so that the page shows what was run.

    Raises
    ------
    NotebookError
        For a parameter that the cell does not assign.
    """
    known = parameters(notebook)
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise NotebookError(
            f"{name} has no parameter {', '.join(unknown)}; it has: {', '.join(known) or 'none'}"
        )
    cell = next(c for c in notebook.cells if "parameters" in c.metadata.get("tags", []))
    for key, value in values.items():
        line = re.compile(rf"^{key} = {re.escape(known[key])}", re.MULTILINE)
        alike = re.compile(rf"^{key}\s*=\s*[^#\n]*?(?=\s*(#|$))", re.MULTILINE)
        pattern = line if line.search(cell.source) else alike
        cell.source = pattern.sub(lambda _, k=key, v=value: f"{k} = {v}", cell.source, count=1)


def check_tier(tier: str) -> str:
    if tier not in TIERS:
        raise NotebookError(f"unknown tier {tier!r}: use one of {', '.join(TIERS)}")
    return tier


def execute(
    path: Path,
    output: Path | None = None,
    *,
    tier: str | None = None,
    values: dict[str, str] | None = None,
    root: Path = ROOT,
) -> float:
    """Run one notebook in an empty folder and write it, stamped and cleaned, to ``output``.

    Parameters
    ----------
    path, output
        The notebook and where its executed copy goes (default: back to ``path``). When a cell
        fails nothing is written.
    tier, values
        ``TIER`` and other parameters; unknown ones are errors.

    Returns
    -------
    float
        Seconds.
    """
    import papermill as pm

    notebook = read(path)
    values = dict(values or {})
    if tier is not None:
        values["TIER"] = repr(check_tier(tier))
    set_parameters(notebook, values, path.name)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    os.environ.setdefault("JUPYTER_PREFER_ENV_PATH", "1")
    # Threads that spin while they wait make a busy machine ten times slower.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    start = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="notebook-") as scratch:
        work = Path(scratch, "work")
        work.mkdir()
        source_path, done = Path(scratch, path.name), Path(scratch, "done.ipynb")
        write(notebook, source_path)
        try:
            pm.execute_notebook(
                str(source_path), str(done), kernel_name="python3", cwd=str(work),
                progress_bar=False, execution_timeout=CELL_TIMEOUT,
                extra_arguments=["--log-level=ERROR"],
            )  # fmt: skip
        except pm.PapermillExecutionError as error:
            raise NotebookError(describe(path, error)) from error
        except Exception as error:
            raise NotebookError(f"{path.name} could not be run: {error}") from error
        executed = read(done)
    seconds = time.perf_counter() - start
    clean(executed, hide=(scratch, str(root), str(Path.home())))
    executed.metadata[STAMP] = stamp(executed, seconds, root)
    write(executed, output or path)
    return seconds


def describe(path: Path, error) -> str:
    """Notebook, cell and error of a failed run, in that order, without colour codes."""
    code = "\n".join("    " + line for line in str(error.source).strip().splitlines()[:12])
    # papermill counts from its own position; the cell is named by what a reader sees.
    return (
        f"{path.name}, code cell [{error.exec_count}] failed with {error.ename}: {error.evalue}\n"
        f"{code}"
    )


def clean(notebook, hide: Iterable[str] = ()) -> None:
    """Drop what differs from machine to machine and says nothing to a reader."""
    keep = {"kernelspec", "language_info", STAMP}
    for key in set(notebook.metadata) - keep:
        del notebook.metadata[key]
    notebook.metadata["kernelspec"] = {
        "display_name": "Python 3",
        "language": "python",
        "name": "python3",
    }
    notebook.metadata["language_info"] = {"name": "python"}
    count = 0
    for cell in notebook.cells:
        for key in ("papermill", "execution", "ExecuteTime", "collapsed"):
            cell.metadata.pop(key, None)
        if cell.metadata.get("tags") == []:
            del cell.metadata["tags"]
        if cell.cell_type != "code":
            continue
        count += 1
        cell.execution_count = count
        for output in cell.outputs:
            if "execution_count" in output:
                output["execution_count"] = count
            output.get("metadata", {}).pop("papermill", None)
            hide_paths(output, hide)


def hide_paths(output, folders: Iterable[str]) -> None:
    """Replace the folders of this machine in what an output prints."""

    def shorten(text):
        if isinstance(text, list):
            return [shorten(t) for t in text]
        if not isinstance(text, str):
            return text
        for folder in folders:
            text = text.replace(folder.rstrip("/") + "/", "")
        return text

    if "text" in output:
        output["text"] = shorten(output["text"])
    for mime, data in output.get("data", {}).items():
        if mime.startswith("text/"):
            output["data"][mime] = shorten(data)


def stamp(notebook, seconds: float, root: Path = ROOT) -> dict:
    """Where these outputs come from."""
    from nesylib import runtime

    tier = parameters(notebook).get("TIER", "").strip("\"'")
    return {
        "source": source_hash(notebook),
        "library": library_hash(notebook, root),
        "tier": tier,
        "device": runtime.device_name(),
        "seconds": round(seconds),
        "versions": runtime.versions(),
    }


def run_all(paths: Iterable[Path], *, tier: str | None, values=None, into: Path | None = None):
    """Run several notebooks and print one line each."""
    for path in paths:
        print(f"[notebooks] {path.name} ...", end=" ", flush=True)
        seconds = execute(path, into / path.name if into else None, tier=tier, values=values)
        print(f"{seconds:.0f} s", flush=True)


def stale(folder: Path, root: Path = ROOT, *, always: str | None = FIRST) -> list[Path]:
    """Notebooks to run again: the stale ones and the one named ``always``."""
    chosen = []
    for path in notebooks(folder):
        reason = why_stale(path, root) or ("always run" if path.name == always else None)
        if reason:
            print(f"[notebooks] {path.name}: {reason}", flush=True)
            chosen.append(path)
    return chosen


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools.notebooks", description=__doc__.splitlines()[0]
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--all", action="store_true", help="run every notebook")
    what.add_argument("--stale", action="store_true", help="run those whose stamp no longer holds")
    what.add_argument("--check", action="store_true", help="list stale ones; fail if there are")
    parser.add_argument("paths", nargs="*", type=Path, help="notebooks to run")
    parser.add_argument("--tier", help=f"one of {', '.join(TIERS)}")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--into", type=Path, help="folder for the executed copies")
    args = parser.parse_args(arguments)
    try:
        if args.tier:
            check_tier(args.tier)
        if odd := [item for item in args.set if "=" not in item]:
            raise NotebookError(f"--set takes NAME=VALUE, not {odd[0]!r}")
        if args.check:
            return report(notebooks())
        if args.all:
            chosen = notebooks()
        elif args.stale:
            chosen = stale(ROOT / "notebooks", always=None)
        elif args.paths:
            chosen = args.paths
        else:
            parser.error("name notebooks, or use --stale, --all or --check")
        if missing := [p for p in chosen if not p.is_file()]:
            known = ", ".join(p.name for p in notebooks())
            raise NotebookError(f"no notebook {missing[0]}; there are: {known}")
        if args.into:
            args.into.mkdir(parents=True, exist_ok=True)
        values = dict(item.split("=", 1) for item in args.set)
        run_all(chosen, tier=args.tier, values=values, into=args.into)
    except NotebookError as error:
        print(f"\n[notebooks] {error}", file=sys.stderr)
        return 1
    return 0


def report(paths: list[Path]) -> int:
    found = {p: reason for p in paths if (reason := why_stale(p))}
    for path, reason in found.items():
        print(f"{path.name}: {reason}")
    if not found:
        print(f"all {len(paths)} notebooks hold")
    return 1 if found else 0


__all__ = ["NotebookError", "execute", "notebooks", "parameters", "source", "stale", "why_stale"]

if __name__ == "__main__":
    sys.exit(main())
