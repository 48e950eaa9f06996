"""The built book as a file tree: pages, links, nothing from elsewhere."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml

from tools import ROOT
from tools.lints.links import in_toc

LOADING = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src"}


class Page(HTMLParser):
    """What a page links to, loads, and defines as anchors."""

    def __init__(self, path: Path):
        super().__init__()
        self.links, self.loads, self.ids, self.images = [], [], set(), []
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if values.get("id"):
            self.ids.add(values["id"])
        if tag == "a" and values.get("href"):
            self.links.append(values["href"])
        if tag == "link" and values.get("rel") in ("stylesheet", "preload", "icon"):
            self.loads.append(values["href"])
        if tag in LOADING and values.get(LOADING[tag]):
            self.loads.append(values[LOADING[tag]])
        if tag == "img":
            self.images.append(values)


@pytest.fixture(scope="module")
def pages(book) -> dict[Path, Page]:
    found = (path for path in sorted(book.rglob("*.html")) if "_static" not in path.parts)
    return {path: Page(path) for path in found}


def test_every_entry_of_the_contents_is_a_page(book):
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
    missing = [e for e in in_toc(toc) if not (book / f"{e}.html").is_file()]
    assert not missing
    assert "intro" in (book / "index.html").read_text("utf-8")


def test_internal_links_resolve(book, pages):
    broken = []
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = path if not parts.path else (path.parent / unquote(parts.path)).resolve()
            if not target.is_file():
                broken.append((path.relative_to(book), link))
            elif parts.fragment and target.suffix == ".html":
                ids = pages[target].ids if target in pages else Page(target).ids
                if unquote(parts.fragment) not in ids:
                    broken.append((path.relative_to(book), link))
    assert not broken


def test_nothing_is_loaded_from_another_host(book, pages):
    foreign = [
        (path.relative_to(book), address)
        for path, page in pages.items()
        for address in page.loads
        if urlsplit(address).scheme in ("http", "https") or address.startswith("//")
    ]
    assert not foreign
    for sheet in book.rglob("*.css"):
        assert not re.search(r"url\(['\"]?https?:|@import[^;]*https?:", sheet.read_text("utf-8"))


def test_every_file_that_a_page_loads_is_there(book, pages):
    missing = {
        address
        for path, page in pages.items()
        for address in page.loads
        if not urlsplit(address).scheme
        and not (path.parent / unquote(urlsplit(address).path)).resolve().is_file()
    }
    assert not missing


def test_pictures_have_words(book, pages):
    silent = [
        (path.relative_to(book), image.get("src", "")[:40])
        for path, page in pages.items()
        for image in page.images
        if not (image.get("alt") or "").strip() and image.get("aria-hidden") != "true"
    ]
    assert not silent


def test_notebook_pages_have_colab_and_download_buttons(book):
    for notebook in sorted((ROOT / "notebooks").glob("*.ipynb")):
        text = (book / "notebooks" / f"{notebook.stem}.html").read_text("utf-8")
        assert f"colab.research.google.com/github/{owner_and_name()}/blob/main/notebooks/" in text
        assert (book / "_sources" / "notebooks" / notebook.name).is_file()


def owner_and_name() -> str:
    from tools.repository import address, parse

    return "/".join(parse(address()))


def test_the_results_page_shows_every_record(book):
    text = (book / "book" / "results.html").read_text("utf-8")
    for path in (ROOT / "book" / "results").glob("*.json"):
        for row in json.loads(path.read_text("utf-8")):
            assert f'data-key="{row["key"]}"' in text


def test_only_notebooks_can_be_launched(book):
    for path in (book / "book").glob("*.html"):
        assert "colab.research.google.com" not in path.read_text("utf-8"), path.name


def test_no_page_shows_raw_markup(book, pages):
    raw = re.compile(r"\{(?:doc|ref|term|cite|glue)[:\w]*\}`|:::\{|\[!(?:NOTE|TIP|WARNING)\]")
    for path in pages:
        if "_modules" in path.parts or "_sources" in path.parts:
            continue
        text = re.sub(r"<(pre|code)\b.*?</\1>", "", path.read_text("utf-8"), flags=re.DOTALL)
        assert not raw.search(text), f"{path.relative_to(book)}: {raw.search(text)[0]}"
