"""Build the book: ``python -m tools.build_book`` leaves it in ``_build/html``.

The sources are copied to ``_build/source``; the quickstart, every notebook whose outputs are
stale, and (with ``--tier``) all notebooks are run there, so that the working tree stays as it
is. Then Jupyter Book builds from the copy, with warnings as errors.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tools import ROOT, notebooks

SOURCES = ("_config.yml", "_toc.yml", "book", "notebooks")
IGNORED = shutil.ignore_patterns(".*", "__pycache__", "_build")
SMALLEST_PAGE = 5_000  # bytes; a page with the theme around it is several times as long


def say(text: str) -> None:
    print(f"[book] {text}", flush=True)


def stage(target: Path, root: Path = ROOT) -> Path:
    """Copy the book's sources to an emptied ``target``."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for name in SOURCES:
        origin = root / name
        if origin.is_dir():
            shutil.copytree(origin, target / name, ignore=IGNORED)
        else:
            shutil.copy2(origin, target / name)
    return target


def run_notebooks(source: Path, tier: str | None) -> None:
    """Run what has to be run, inside the staged copy."""
    folder = source / "notebooks"
    chosen = notebooks.notebooks(folder) if tier else notebooks.stale(folder)
    notebooks.run_all(chosen, tier=tier)


def sphinx(source: Path, output: Path, *, quiet: bool = False) -> int:
    """Run Jupyter Book with warnings as errors; its exit status."""
    start = "from jupyter_book.cli.main import main; main()"
    options = ["-W", "-n", "--keep-going", "--all", *(["-q"] if quiet else [])]
    command = [sys.executable, "-c", start, "build", source, "--path-output", output, *options]
    environment = os.environ | {
        "NESYLIB_RESULTS": str(source / "book" / "results"),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
    return subprocess.run(command, cwd=source, env=environment).returncode


def verify(html: Path) -> list[str]:
    """What is wrong with a built book, by its first pages."""
    wrong = []
    for page in ("index.html", "book/intro.html", "search.html", "searchindex.js"):
        path = html / page
        if not path.is_file():
            wrong.append(f"{page} was not built")
        elif page.startswith("book/") and path.stat().st_size < SMALLEST_PAGE:
            wrong.append(f"{page} is nearly empty ({path.stat().st_size} bytes)")
    return wrong


def build(output: Path = ROOT, *, tier: str | None = None, execute: bool = True) -> Path:
    """Stage, run, build and verify; returns the folder of pages.

    Raises
    ------
    SystemExit
        When a notebook fails, Sphinx warns, or the pages are not there afterwards.
    """
    output = output.resolve()
    if tier is not None:
        notebooks.check_tier(tier)
    start = time.perf_counter()
    html = output / "_build" / "html"
    shutil.rmtree(html, ignore_errors=True)
    source = stage(output / "_build" / "source")
    if execute:
        run_notebooks(source, tier)
    middle = time.perf_counter()
    code = sphinx(source, output)
    if code:
        raise SystemExit(f"[book] Jupyter Book ended with status {code}: see the warnings above")
    if wrong := verify(html):
        raise SystemExit("[book] the build ended without an error, but " + "; ".join(wrong))
    end = time.perf_counter()
    say(f"notebooks {middle - start:.0f} s, pages {end - middle:.0f} s")
    say(f"open {(html / 'index.html').as_uri()}")
    return html


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.build_book")
    parser.add_argument("--tier", help="run all notebooks in this tier: fast, demo or full")
    parser.add_argument("--output", type=Path, default=ROOT, help="_build is made in here")
    parser.add_argument("--no-execute", action="store_true", help="use the outputs as they are")
    args = parser.parse_args(arguments)
    try:
        build(args.output, tier=args.tier, execute=not args.no_execute)
    except notebooks.NotebookError as error:
        print(f"\n[book] {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
