"""What a reader sees: in the book, JupyterLab, Colab and VS Code, light and dark, on a phone."""

import functools
import re

import numpy as np
import pytest
from _html import THEME, book_page

from nesylib import learn, viz

ALT = "Bars under a rising threshold"


@functools.cache
def a_figure():
    made = viz.figure("A line that falls", size=(6.4, 2), caption="It falls.", display=False)
    with made as (_, ax):
        ax.plot([1, 0])
    return made.repr_html()


@functools.cache
def a_slider(label="threshold"):
    made = viz.slider(label, ALT, size=(4, 1.5), display=False)
    with made:
        for value in ("0.1", "0.5", "0.9"):
            with made.frame(value, alt=f"{label} at {value}", caption=f"Now {value}.") as (_, ax):
                ax.axhline(float(value))
                ax.set_ylim(0, 1)
    return made.repr_html()


def everything():
    picture = np.random.default_rng(0).integers(0, 256, (3, 32, 32), dtype=np.uint8)
    long_rule = "class(X,'bedroom') :- " + ", ".join(f"feature{n}(X)" for n in range(30)) + "."
    return [
        a_figure(),
        a_slider(),
        a_slider("cut"),
        viz.table([{"a rather long name": 1.0, "b" * 30: "word " * 20}], "Wide").repr_html(),
        viz.rule_box(long_rule).repr_html(),
        viz.show_pictures([picture] * 7, ["a title of some length"] * 7).repr_html(),
        viz.patch_grid(picture, 8, "Noise").repr_html(),
        viz.heat_overlay(picture, np.eye(4), "High on the diagonal").repr_html(),
        viz.bits(np.linspace(0, 1, 12), [f"concept {n}" for n in range(12)]).repr_html(),
        viz.bits(np.linspace(0, 1, 128)).repr_html(),
        viz.show_program("a(X) :- b(X), not ab1(X).", "A rule").repr_html(),
        viz.show_explanation(picture, "because of " + "x" * 80, "Noise").repr_html(),
        *(learn.exercise(name).repr_html() for name in learn.names()),
        learn.exercise("quickstart.binarize").check(lambda C: C > 0.5).repr_html(),
    ]


SHOWN = """[...document.querySelectorAll('figure.nesy-figure img')].map(i => {
const s = getComputedStyle(i);
return [i.className.includes('light ') ? 'light' : 'dark', s.display !== 'none', s.filter,
        s.backgroundColor, s.padding]})"""


@pytest.mark.parametrize(
    ("attrs", "body", "theme_css", "expected"),
    [
        ('data-theme="light"', "", THEME, "light"),
        ('data-theme="dark"', "", THEME, "dark"),
        ("", "", "", "light"),
        ('theme="dark"', "", "", "dark"),
        ("", 'data-jp-theme-light="true"', "[hidden]{display:none!important}", "light"),
        ("", 'data-jp-theme-light="false"', "[hidden]{display:none!important}", "dark"),
        ("", 'class="vscode-light"', "", "light"),
        ("", 'class="vscode-dark"', "", "dark"),
        ("", 'class="vscode-high-contrast vscode-high-contrast-light"', "", "light"),
    ],
    ids="book book-dark plain colab-dark lab lab-dark code code-dark code-contrast".split(),
)
def test_exactly_one_picture_shows(browser_page, attrs, body, theme_css, expected):
    html = book_page(a_figure(), theme_css=theme_css, attrs=attrs)
    html = html.replace("<body>", f"<body {body}>")
    with browser_page(html, javascript=False) as (page, errors):
        seen = page.evaluate(SHOWN)
        assert {kind: shows for kind, shows, *_ in seen} == {
            "light": expected == "light",
            "dark": expected == "dark",
        }
        assert [rest for kind, _, *rest in seen] == [["none", "rgba(0, 0, 0, 0)", "0px"]] * 2
        assert page.locator("figcaption").is_visible()
        assert errors == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_theme_touches_nothing_and_nothing_overflows_a_phone(browser_page, theme):
    with browser_page(book_page(*everything()), theme=theme, width=360) as (page, errors):
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        assert set(page.evaluate("[...document.images].map(i => getComputedStyle(i).filter)")) == {
            "none"
        }
        backs = page.evaluate(
            "[...document.querySelectorAll('.text_html')].map(e => getComputedStyle(e).background)"
        )
        assert all("rgba(0, 0, 0, 0)" in back for back in backs)
        assert page.evaluate("[...document.images].every(i => i.alt.trim().length > 0)")
        assert page.evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 0)")
        assert page.evaluate(NEW_GLOBALS) == []
        assert errors == []


NEW_GLOBALS = """() => {
const frame = document.createElement('iframe');
document.body.append(frame);
const names = Object.keys(window).filter(name => !(name in frame.contentWindow) && isNaN(name));
frame.remove();
return names }"""


CONTRAST = """() => {
const rgb = c => c.match(/[\\d.]+/g).map(Number);
const lum = c => { const v = c.slice(0,3).map(x => x/255).map(
  x => x <= .04045 ? x/12.92 : ((x+.055)/1.055)**2.4); return .2126*v[0]+.7152*v[1]+.0722*v[2]};
const ground = e => { for (; e; e = e.parentElement) { const b = rgb(getComputedStyle(e)
  .backgroundColor); if (b.length < 4 || b[3] > 0) return b } return [255,255,255] };
const bad = [];
for (const e of document.querySelectorAll('.nesy *')) {
  const own = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
  if (!own || ['SCRIPT', 'STYLE'].includes(e.tagName) || !e.getClientRects().length) continue;
  const a = lum(rgb(getComputedStyle(e).color)), b = lum(ground(e));
  const ratio = (Math.max(a,b)+.05)/(Math.min(a,b)+.05);
  if (ratio < 4.5) bad.push([e.tagName, e.className, e.textContent.slice(0,30), ratio]);
}
return bad }"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_all_words_can_be_read(browser_page, theme):
    with browser_page(book_page(*everything()), theme=theme) as (page, _):
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert page.evaluate(CONTRAST) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_viewer_that_drops_style_sheets_and_scripts_shows_the_light_picture(browser_page, theme):
    """As JupyterLab does with a notebook that was not run on this machine."""
    html = re.sub(r"<(style|script)>.*?</\1>| hidden", "", a_figure() + a_slider(), flags=re.DOTALL)
    with browser_page(f"<body>{html}</body>", javascript=False, theme=theme) as (page, _):
        assert page.locator("img.nesy-light").first.is_visible()
        assert page.locator("img.nesy-dark:visible").count() == 0
        assert not page.locator("input").is_visible()
        back = page.evaluate("getComputedStyle(document.images[0]).backgroundColor")
        assert back == "rgb(255, 255, 255)"


def test_slider_moves_by_keyboard(browser_page):
    html = book_page(a_slider(), a_slider("cut"))
    with browser_page(html, reduced_motion="reduce") as (page, errors):
        sliders = page.get_by_role("slider")
        assert sliders.count() == 2
        first, other = sliders.nth(0), sliders.nth(1)
        box = page.locator(".nesy-slider").first

        def seen():
            alts = box.locator("img").evaluate_all(
                "all => all.filter(i => i.offsetParent).map(i => i.alt)"
            )
            told = box.locator("[aria-live]").inner_text()
            return alts, box.locator("output").inner_text(), told

        assert seen() == (["threshold at 0.1"], "0.1", "Now 0.1.")
        first.focus()
        page.keyboard.press("ArrowRight")
        assert seen() == (["threshold at 0.5"], "0.5", "Now 0.5.")
        assert first.get_attribute("aria-valuetext") == "0.5"
        page.keyboard.press("End")
        assert seen() == (["threshold at 0.9"], "0.9", "Now 0.9.")
        page.keyboard.press("Home")
        page.wait_for_timeout(300)
        assert seen()[0] == ["threshold at 0.1"]
        assert other.input_value() == "0"
        assert page.get_by_label("cut").count() >= 1
        assert page.locator("details.nesy-all").count() == 0
        assert errors == []


def test_the_same_slider_twice_on_a_page_still_works(browser_page):
    with browser_page(book_page(a_slider(), a_slider())) as (page, errors):
        page.get_by_role("slider").nth(1).focus()
        page.keyboard.press("ArrowRight")
        assert page.locator("output").all_inner_texts() == ["0.1", "0.5"]
        assert errors == []


def test_slider_without_scripts(browser_page):
    with browser_page(book_page(a_slider()), javascript=False) as (page, _):
        assert not page.locator("input").is_visible()
        assert page.locator(".nesy-stage img.nesy-light").is_visible()
        fold = page.locator("details.nesy-all")
        assert not fold.locator("img.nesy-light").first.is_visible()
        fold.locator("summary").click()
        assert fold.locator("img.nesy-light").nth(1).is_visible()
        assert "threshold 0.9: Now 0.9." in fold.inner_text()


def test_quiz_by_keyboard(browser_page):
    ex = learn.exercise("quickstart.exception")
    with browser_page(book_page(ex.repr_html()), theme="dark") as (page, errors):
        told = page.locator(".nesy-feedback")
        page.get_by_role("button", name="Check").click()
        assert told.inner_text() == "Choose an answer first."
        page.get_by_role("radio").first.focus()
        page.keyboard.press("Space")
        assert "Not quite" not in told.inner_text()
        page.keyboard.press("Enter")
        assert "Not quite" in told.inner_text() and "The comma means and" in told.inner_text()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        assert "Right" in told.inner_text() and "Not quite" not in told.inner_text()
        assert page.locator(".nesy-option.wrong").count() == 0
        assert page.url == "about:blank"
        assert errors == []


def test_quiz_without_scripts(browser_page):
    ex = learn.exercise("quickstart.exception")
    with browser_page(book_page(ex.repr_html()), javascript=False) as (page, _):
        assert page.get_by_role("button").count() == 0
        page.get_by_text("Answers").click()
        assert page.get_by_text("The comma means and").is_visible()


def installed_theme():
    """The style sheets that the book is built with."""
    from pathlib import Path

    text = ""
    for package in ("pydata_sphinx_theme", "sphinx_book_theme"):
        folder = Path(pytest.importorskip(package).__file__).parent / "theme" / package / "static"
        sheets = sorted(
            (folder / "styles").glob("*.css"), key=lambda path: path.name != "bootstrap.css"
        )
        text += "".join(sheet.read_text() for sheet in sheets)
    return text


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_under_the_style_sheets_of_the_installed_theme(browser_page, theme):
    html = book_page(*everything(), theme_css=installed_theme())
    with browser_page(html, theme=theme, width=360) as (page, _):
        seen = page.evaluate(SHOWN)
        assert [kind for kind, shows, *_ in seen if shows] == [theme]
        assert set(page.evaluate("[...document.images].map(i => getComputedStyle(i).filter)")) == {
            "none"
        }
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        assert page.locator("figcaption").first.is_visible()
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert page.evaluate(CONTRAST) == []
