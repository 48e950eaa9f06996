"""The repository's address: one place holds it, everywhere else follows.

``pyproject.toml`` names it under ``[project.urls] Repository``. ``make repository URL=...``
writes a new one there and in every tracked text file: the book's configuration, the badges and
set-up cells of the notebooks, the citation, the README.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tools import ROOT

PLACEHOLDER = "https://github.com/OWNER/REPOSITORY"
ADDRESS = re.compile(r"https://github\.com/([A-Za-z0-9-]+)/([A-Za-z0-9._-]+?)(?:\.git)?/?")
TEXT = {".md", ".py", ".ipynb", ".toml", ".yml", ".yaml", ".cff", ".txt", ""}
LINE = re.compile(r'^Repository\s*=\s*"([^"]*)"', re.MULTILINE)


def address(root: Path = ROOT) -> str:
    """The address that ``pyproject.toml`` names, or the placeholder if it names none."""
    found = LINE.search((root / "pyproject.toml").read_text("utf-8"))
    return found[1] if found else PLACEHOLDER


def parse(url: str) -> tuple[str, str]:
    """``(owner, repository)`` of a GitHub address.

    Raises
    ------
    ValueError
        For anything else: the launch buttons and Colab need a repository on GitHub.
    """
    found = ADDRESS.fullmatch(url.strip())
    if not found:
        raise ValueError(
            f"not the address of a GitHub repository: {url!r}; it should read like "
            "make repository URL=https://github.com/you/your-copy"
        )
    return found[1], found[2]


def tracked(root: Path = ROOT) -> list[Path]:
    """Files of the repository: what git tracks or would track; without git, all but builds."""
    if not (root / ".git").exists():
        inside = (p.relative_to(root).parts for p in root.rglob("*") if p.is_file())
        return [
            root.joinpath(*parts)
            for parts in inside
            if parts[0] not in (".venv", "_build") and "__pycache__" not in parts
        ]
    out = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [p for name in out.stdout.split("\0") if name and (p := root / name).is_file()]


def forms(owner: str, repository: str) -> list[str]:
    """How an address occurs: as a page, in a Colab link, as a GitHub Pages site."""
    return [
        f"github.com/{owner}/{repository}",
        f"githubtocolab.com/{owner}/{repository}",
        f"colab.research.google.com/github/{owner}/{repository}",
        f"raw.githubusercontent.com/{owner}/{repository}",
        f"{owner.lower()}.github.io/{repository}",
    ]


def pattern(text: str) -> re.Pattern:
    """``text`` as a whole: not the beginning of a longer repository name."""
    return re.compile(re.escape(text) + r"(?![A-Za-z0-9_-])(?!\.(?!git\b)[A-Za-z0-9])")


def rewrite(url: str, root: Path = ROOT) -> list[Path]:
    """Write the new address everywhere the old one stands; the files that changed."""
    old, new = forms(*parse(address(root))), forms(*parse(url))
    keep = {root / "tools" / "repository.py", root / "tests" / "book"}
    changed = []
    for path in tracked(root):
        if path.suffix not in TEXT or keep & {path, *path.parents}:
            continue
        try:
            text = path.read_bytes().decode("utf-8")
        except UnicodeDecodeError:
            continue
        result = text
        for before, after in zip(old, new, strict=True):
            result = pattern(before).sub(lambda _, after=after: after, result)
        if result != text:
            path.write_bytes(result.encode("utf-8"))
            changed.append(path)
    return changed


def main() -> int:
    url = sys.argv[1] if len(sys.argv) > 1 else ""
    if not url:
        print(f"The address is {address()}\nTo change it: make repository URL=https://github.com/…")
        return 1
    try:
        owner, name = parse(url)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    changed = rewrite(f"https://github.com/{owner}/{name}")
    for path in changed:
        print(path.relative_to(ROOT))
    print(f"{len(changed)} files now name https://github.com/{owner}/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
