"""A browser for pages that look like the book's."""

from contextlib import contextmanager

import pytest
from _browser import find_chromium, open_page


@pytest.fixture(scope="session")
def browser_page():
    """``with browser_page(html, theme=..., width=...) as (page, errors)``; needs Chromium."""
    if find_chromium() is None:
        pytest.skip("no Chromium or Chrome on this machine")
    pytest.importorskip("playwright")

    @contextmanager
    def opened(html, **options):
        with open_page(html, **options) as found:
            yield found

    return opened
