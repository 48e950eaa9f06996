"""Fixtures shared by all tests."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def nesylib_data() -> Path:
    """The folder of real data packs named by ``NESYLIB_DATA``; the test is skipped without it."""
    root = os.environ.get("NESYLIB_DATA")
    if not root or not Path(root).is_dir():
        pytest.skip(
            "real data is optional: set NESYLIB_DATA to a folder with images/, weights/, uci/"
        )
    return Path(root)
