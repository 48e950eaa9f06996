"""Run the book's own lints: ``python -m tools.lint [name ...]``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tools import ROOT
from tools.lints import ALL
from tools.lints.project import Finding, Project


def short_name(module) -> str:
    return module.__name__.rsplit(".", 1)[-1]


def findings(root: Path = ROOT, names: list[str] | None = None) -> list[tuple[str, Finding]]:
    """``(lint, finding)`` pairs; ``names`` chooses lints.

    Raises
    ------
    ValueError
        For a name that is no lint.
    """
    known = {short_name(module): module for module in ALL}
    if unknown := set(names or ()) - set(known):
        raise ValueError(f"no lint {', '.join(sorted(unknown))}; there are: {', '.join(known)}")
    project = Project(root)
    return [
        (name, finding)
        for name, module in known.items()
        if not names or name in names
        for finding in module.check(project)
    ]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.lint")
    parser.add_argument("names", nargs="*", help="lints to run (default: all)")
    parser.add_argument("--root", type=Path, default=ROOT)
    args = parser.parse_args(arguments)
    try:
        found = findings(args.root, args.names)
    except ValueError as error:
        parser.error(str(error))
    for name, finding in found:
        print(f"{finding}  [{name}]")
    print(f"{len(found)} findings" if found else "the book's lints pass")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
