"""The built book as a reader sees it: wide and narrow, light and dark, with the network cut."""

from __future__ import annotations

import re

import pytest
import yaml

from tools import ROOT
from tools.lints.links import in_toc

PAGES = list(in_toc(yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))))
SIZES = {"wide": 1280, "narrow": 390}
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize("name", PAGES)
def test_page_is_quiet_and_fits(book, browser, name):
    """No console error, no request, no sideways scrolling, in four looks."""
    with browser(book / f"{name}.html") as (page, errors):
        page.wait_for_function("!window.MathJax || !MathJax.startup || MathJax.startup.document")
        for theme in ("light", "dark"):
            page.evaluate("theme => {document.documentElement.dataset.theme = theme}", theme)
            for size, width in SIZES.items():
                page.set_viewport_size({"width": width, "height": 900})
                page.wait_for_timeout(50)
                assert page.evaluate(OVERFLOW) <= 0, f"{theme}, {size}"
        assert errors == []


def test_dark_pages_are_dark(book, browser):
    with browser(book / "book/intro.html", theme="dark") as (page, _):
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert max(map(int, re.findall(r"\d+", colour)[:3])) < 64


def test_formulas_are_drawn(book, browser):
    with browser(book / "book/notation.html") as (page, errors):
        page.wait_for_selector("mjx-container svg", timeout=20_000)
        assert page.locator("mjx-merror, [data-mjx-error]").count() == 0
        assert errors == []


@pytest.mark.parametrize("word, target", [("sparsity", "book/glossary"), ("clingo", "quickstart")])
def test_search_works_without_a_server(book, browser, word, target):
    with browser(book / "search.html") as (page, errors):
        page.goto((book / "search.html").as_uri() + f"?q={word}")
        # results are listed one after the other
        page.wait_for_selector(f"#search-results li a[href*='{target}']", timeout=20_000)
        assert errors == []


def test_pictures_are_not_dimmed_in_the_dark(book, browser):
    with browser(book / "notebooks/00_quickstart.html", theme="dark") as (page, _):
        filters = page.locator(".bd-article img").evaluate_all(
            "all => all.map(image => getComputedStyle(image).filter)"
        )
        assert filters and set(filters) == {"none"}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_quickstart_shows_figure_rule_and_exercise(book, browser, theme):
    with browser(book / "notebooks/00_quickstart.html", theme=theme) as (page, errors):
        visible = page.locator(".cell_output img").evaluate_all(
            "all => all.filter(i => i.offsetWidth > 40 && i.naturalWidth > 40).map(i => i.alt)"
        )
        assert visible and all(len(alt) > 15 for alt in visible)
        text = page.locator(".bd-article").inner_text()
        assert ":-" in text and "class(X," in text
        assert "exercise" in text.lower()
        assert errors == []


def test_the_theme_switch_reaches_the_figures(book, browser):
    """Light and dark show different files of the same picture."""
    shown = {}
    for theme in ("light", "dark"):
        with browser(book / "notebooks/00_quickstart.html", theme=theme) as (page, _):
            shown[theme] = page.locator(".cell_output img").evaluate_all(
                "all => all.filter(i => i.offsetWidth > 40).map(i => i.src.slice(-200))"
            )
    assert len(shown["light"]) == len(shown["dark"]) > 0
    assert shown["light"] != shown["dark"]
