"""No path of somebody's machine stands in any file, output or record."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tools.lints.project import Finding, Project, line_of

HOMES = "home|Users|root|work|mnt|private|tmp|farm|opt"
PATH = re.compile(
    rf"(?<![\w.:/~$*}}-])/(?:{HOMES})/[\w.-]|(?<![\w/])[A-Z]:\\\\?(?:Users|Documents)\\"
)
# Where Colab and containers put things is no one's machine.
FINE = re.compile(r"/(?:home/jovyan|opt/conda)\b")


def check(project: Project) -> Iterator[Finding]:
    for name, text in project.texts:
        if name.endswith(".lock"):
            continue
        for found in PATH.finditer(text):
            if not FINE.match(text, found.start()):
                line = line_of(text, found.start())
                shown = text[found.start() : found.start() + 40].split("\n")[0]
                yield Finding(f"{name} line {line}", f"a path of one machine: {shown!r}")
