"""What the Makefile calls: the environment, running notebooks, building the book, the lints.

Each file is one command, run from the root of the repository as ``python -m tools.<name>``:
``environment`` (the only one that runs outside ``.venv``), ``notebooks``, ``build_book``,
``lint``, ``repository`` and ``lock``.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
