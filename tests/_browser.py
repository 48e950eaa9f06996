"""A headless Chromium with the network cut, for tests that look at HTML as a reader would."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
LOCAL = ("file:", "data:", "blob:", "about:")


def find_chromium() -> str | None:
    """The path of an installed Chromium or Chrome, or None."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@contextmanager
def open_page(
    path_or_html: str | Path,
    *,
    theme: str = "light",
    width: int = 1280,
    height: int = 900,
    javascript: bool = True,
    reduced_motion: str = "no-preference",
) -> Iterator[tuple]:
    """Open a file or an HTML string and yield ``(page, errors)``.

    Parameters
    ----------
    path_or_html : Path, or str
        A Path (or the str of an existing file) is opened by its ``file:`` address; any other
        string is taken as the HTML itself.
    theme : "light" or "dark"
        Wished as the operating system's colour scheme, kept in ``localStorage`` as the book's
        theme switch does, and set as ``data-theme`` on ``<html>``.
    width, height : int
        The viewport in CSS pixels.
    javascript : bool
        False shows what a reader without scripts sees.
    reduced_motion : "reduce" or "no-preference"

    Yields
    ------
    page : playwright Page
    errors : list of str
        Grows with every console error, uncaught exception and request that left the machine
        (all such requests are aborted).
    """
    from playwright.sync_api import sync_playwright

    errors: list[str] = []

    def gate(route):
        url = route.request.url
        if url.startswith(LOCAL):
            route.continue_()
        else:
            errors.append(f"network: {url}")
            route.abort()

    def heard(message):
        # A refused request is already on the list under its address.
        if message.type == "error" and "net::ERR_FAILED" not in message.text:
            errors.append(f"console: {message.text}")

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(),
            # Without the last one, fonts that lie beside a file: page count as foreign.
            args=["--no-sandbox", "--disable-dev-shm-usage", "--allow-file-access-from-files"],
        )
        try:
            context = browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme=theme,
                java_script_enabled=javascript,
                reduced_motion=reduced_motion,
            )
            context.route("**/*", gate)
            if javascript:
                context.add_init_script(
                    f"try {{ localStorage.mode = localStorage.theme = '{theme}' }} catch (e) {{}}"
                )
            page = context.new_page()
            page.on("console", heard)
            page.on("pageerror", lambda error: errors.append(f"exception: {error}"))
            if _is_file(path_or_html):
                page.goto(Path(path_or_html).resolve().as_uri(), wait_until="load")
            else:
                page.set_content(str(path_or_html), wait_until="load")
            if javascript:
                page.evaluate("theme => {document.documentElement.dataset.theme = theme}", theme)
            yield page, errors
        finally:
            browser.close()


def _is_file(path_or_html: str | Path) -> bool:
    if isinstance(path_or_html, Path):
        if not path_or_html.is_file():
            raise FileNotFoundError(f"no page at {path_or_html}: build it first")
        return True
    return "<" not in path_or_html and Path(path_or_html).is_file()
