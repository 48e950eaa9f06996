"""Resolve ``requirements.lock`` again: one universal lock for Python 3.10 and newer.

The lock holds names, versions and markers only, no index address and no local path, so that it
constrains an install from any mirror of PyPI.
"""

from __future__ import annotations

import re
import subprocess
import sys

from tools import ROOT

HEADER = """\
# What the published book was built with, for Python >= 3.10 on any platform.
# `make book` and `make test` install under these constraints; `make lock` resolves them again.
"""
LINE = re.compile(r"[a-z0-9][a-z0-9._-]*==\S+( ; .+)?")


def resolve() -> str:
    """The text of a new lock."""
    out = subprocess.run(
        [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal",
         "--python-version", "3.10", "--extra", "book", "--extra", "test", "--upgrade",
         "--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links",
         "pyproject.toml"],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    if out.returncode:
        sys.exit(f"could not resolve the requirements:\n{out.stderr}")
    lines = [line for line in out.stdout.splitlines() if line and not line.startswith("#")]
    odd = [line for line in lines if not LINE.fullmatch(line)]
    if odd:
        sys.exit(f"not a plain pinned requirement, which would tie the lock to a machine: {odd}")
    return HEADER + "\n".join(lines) + "\n"


def main() -> None:
    text = resolve()
    (ROOT / "requirements.lock").write_text(text, "utf-8")
    print(f"requirements.lock: {len(text.splitlines()) - 2} packages")


if __name__ == "__main__":
    main()
