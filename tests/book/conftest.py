"""One build of the book for all tests of its pages, and a browser if the machine has one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
for folder in (ROOT, ROOT / "tests"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


@pytest.fixture(scope="session")
def book(tmp_path_factory) -> Path:
    """The folder of pages, built from the committed outputs with warnings as errors."""
    from tools.build_book import build

    output = tmp_path_factory.mktemp("book")
    try:
        return build(output, execute=False)
    except SystemExit as error:
        pytest.fail(f"the book does not build: {error}")


@pytest.fixture(scope="session")
def browser():
    """``open_page`` of tests/_browser.py; without Chromium or Chrome the tests are skipped."""
    from _browser import find_chromium, open_page

    if find_chromium() is None:
        pytest.skip("needs Chromium or Chrome to look at pages")
    return open_page
