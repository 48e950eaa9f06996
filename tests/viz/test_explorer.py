"""The rule explorer: what it says is what the program does, and it works by mouse and keyboard."""

import functools
import re

import numpy as np
import pandas as pd
import pytest
from _html import THEME, book_page, parse

from nesylib import viz
from nesylib.rules import Column, Literal, Program, Rule

HOSTILE = ["not", "</script><b>x", 'it\'s "q" & <i>', "\ud800", "\0\n", "a" * 3000, "KEY DATA", ""]


@functools.cache
def rooms():
    program = Program.from_text(
        """
        class(X,'bedroom') :- bed(X), not ab2(X).
        class(X,'kitchen') :- stove(X), size(X,N), N=<9.5.
        ab2(X) :- stove(X), not ab1(X).
        ab1(X) :- lamp(X), kind(X,'studio').
        """,
        default="hall",
    )
    rows = pd.DataFrame(
        {
            "bed": [1, 1, 1, 0, 0, 0],
            "stove": [0, 1, 1, 1, 1, 0],
            "size": [4.0, 4.0, 20.0, 9.5, 9.6, 1.0],
            "lamp": [0, 1, 0, 1, 0, 0],
            "kind": ["flat", "studio", "flat", None, "flat", "studio"],
        }
    ).astype({"bed": bool, "stove": bool, "lamp": bool})
    return program, rows


LABELS = ["bedroom", "bedroom", "kitchen", "kitchen", "hall", "hall"]
PICTURES = np.arange(6 * 3 * 8 * 8, dtype=np.uint8).reshape(6, 3, 8, 8)


def made(**options):
    return viz.rule_explorer(*rooms(), labels=LABELS, **options)


def state(page):
    """What the page shows, by rule: its words, and each literal's sign."""
    found = {}
    for clause in page.locator(".nesy-clause").all():
        name = clause.locator("button").inner_text().split(" ·")[0]
        signs = clause.locator(".nesy-lit i").all_inner_texts()
        kinds = [
            "✓" if "yes" in (c.get_attribute("class") or "") else "✗"
            for c in clause.locator(".nesy-lit").all()
        ]
        assert signs == kinds, "sign and colour say the same"
        found[name] = clause.locator(".nesy-state").inner_text(), "".join(signs)
    return found


def shown(page):
    return page.locator(".nesy-row:visible input").evaluate_all("all => all.map(i => +i.value)")


def test_every_row_is_shown_as_the_program_decides_it(browser_page):
    program, rows = rooms()
    answers, decided = program.predict(rows).tolist(), program.decide(rows)
    with browser_page(book_page(made(pictures=PICTURES).repr_html())) as (page, errors):
        for i in range(len(rows)):
            page.locator(".nesy-row").nth(i).click()
            found = state(page)
            by = "the default" if decided[i] < 0 else f"rule {decided[i] + 1}"
            assert [n for n, (words, _) in found.items() if words == "decides this row"] == [by]
            told = page.locator(".nesy-told").inner_text()
            assert told.startswith(f"{answers[i]} – row {i}, by {by}")
            assert ("– right" in told) == (answers[i] == LABELS[i])
            rule = found.get(f"rule {decided[i] + 1}")
            assert rule is None or "✗" not in rule[1]
            assert page.locator(".nesy-now img").get_attribute("alt") == f"row {i}: {LABELS[i]}"
        page.locator(".nesy-row").nth(1).click()
        assert state(page) == {
            "rule 1": ("decides this row", "✓✓"),
            "rule 2": ("would fire, but an earlier rule decides", "✓✓"),
            "ab1": ("holds, and blocks", "✓✓"),
            "ab2": ("does not hold", "✓✗"),
            "the default": ("not needed", ""),
        }
        page.locator(".nesy-row").nth(2).click()
        assert state(page) == {
            "rule 1": ("an exception holds", "✓✗"),
            "rule 2": ("a literal is false", "✓✗"),
            "ab1": ("does not hold", "✗✗"),
            "ab2": ("holds, and blocks", "✓✓"),
            "the default": ("decides this row", ""),
        }
        assert "wrong, it is kitchen" in page.locator(".nesy-told").inner_text()
        assert page.get_by_text("✗ wrong").count() == 1
        assert errors == []


def test_a_rule_shows_its_rows(browser_page):
    program, rows = rooms()
    decided = program.decide(rows)
    with browser_page(book_page(made().repr_html())) as (page, errors):
        for number in (0, 1, -1):
            item = page.locator(".nesy-clause").nth(number)
            item.get_by_role("button").click()
            assert shown(page) == np.flatnonzero(decided == number).tolist()
            assert item.get_by_role("button").get_attribute("aria-pressed") == "true"
            assert item.locator(".nesy-state").inner_text() == "decides this row"
        assert "the default decides" in page.get_by_role("status").inner_text()
        page.get_by_role("button", name="ab2").click()
        assert shown(page) == [2, 3, 4]
        assert page.get_by_role("status").inner_text() == "ab2 holds for 3 of 6 rows"
        page.get_by_role("button", name="Show all rows").click()
        assert shown(page) == list(range(6))
        assert page.evaluate("document.activeElement.textContent").startswith("ab2")
        page.get_by_role("button", name="ab1").click()
        page.get_by_role("button", name="ab1").click()
        assert shown(page) == list(range(6)), "pressed again, it lets go"
        assert errors == []


def test_by_keyboard_alone(browser_page):
    with browser_page(book_page(made().repr_html()), reduced_motion="reduce") as (page, errors):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.value") == "0"
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowDown")
        assert page.locator(".nesy-told").inner_text().startswith("hall – row 2")
        page.keyboard.press("Tab")
        focused = "document.activeElement.textContent"
        if not page.evaluate(focused).startswith("rule 1"):  # the list itself may scroll
            page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        assert page.evaluate(focused).startswith("rule 2")
        page.keyboard.press("Enter")
        assert shown(page) == [3]
        assert page.locator(".nesy-told").inner_text().startswith("kitchen – row 3")
        assert page.locator("[aria-live=polite]").count() == 1
        assert errors == []


def test_two_alike_on_one_page_do_not_disturb_each_other(browser_page):
    html = book_page(made().repr_html(), made().repr_html(), made(start=-1).repr_html())
    with browser_page(html) as (page, errors):
        boxes = page.locator(".nesy-explorer")
        boxes.nth(1).locator(".nesy-row").nth(3).click()
        told = page.locator(".nesy-told").all_inner_texts()
        assert [t.split(" – ")[1].split(",")[0] for t in told] == ["row 0", "row 3", "row 5"]
        checked = "all => all.map(i => +i.value)"
        assert page.locator("input:checked").evaluate_all(checked) == [0, 3, 5]
        assert errors == []


def test_without_scripts_and_without_style_sheets(browser_page):
    html = made(pictures=PICTURES, start=2).repr_html()
    bare = re.sub(r"<(style|script)>.*?</\1>", "", html, flags=re.DOTALL)
    for piece in (book_page(html), f"<body>{bare}</body>"):
        with browser_page(piece, javascript=False) as (page, _):
            assert page.locator(".nesy-tray").is_hidden()
            assert page.get_by_role("button", disabled=False).count() == 0
            assert "hall – row 2" in page.locator(".nesy-told").inner_text()
            assert state(page)["ab2"] == ("holds, and blocks", "✓✓")
            page.get_by_text("All rows and why").click()
            fold = page.locator(".nesy-all")
            assert "row 3: kitchen, by rule 2 – right. stove is present" in fold.inner_text()
            assert fold.locator("img").count() == 6


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_narrow_and_dark(browser_page, theme):
    from test_viz_browser import CONTRAST, NEW_GLOBALS

    html = book_page(made(pictures=PICTURES).repr_html(), hostile().repr_html(), theme_css=THEME)
    with browser_page(html, theme=theme, width=320) as (page, errors):
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        assert page.evaluate(CONTRAST) == []
        page.locator(".nesy-explorer").first.get_by_role("button", name="rule 2").click()
        assert page.evaluate(CONTRAST) == []
        assert set(page.evaluate("[...document.images].map(i => getComputedStyle(i).filter)")) == {
            "none"
        }
        assert page.evaluate(NEW_GLOBALS) == []
        assert errors == []


@functools.cache
def hostile():
    columns = tuple(Column(name, "boolean") for name in HOSTILE) + (Column("k", "categorical"),)
    rules = tuple(
        Rule((Literal(name, "==", True), Literal("k", "!=", name)), label=name) for name in HOSTILE
    )
    table = pd.DataFrame(np.eye(len(HOSTILE), dtype=bool), columns=HOSTILE).assign(k=HOSTILE[::-1])
    program = Program(rules, "<u>", columns)
    return viz.rule_explorer(program, table, labels=HOSTILE, names=HOSTILE, alt="Hostile <u> names")


def test_hostile_names_stay_text(browser_page):
    html = hostile().repr_html()
    tree = parse(html)
    assert not [e for tag in ("b", "i", "u") for e in tree.find_all(tag) if e.text in ("x", "q")]
    assert html.count("</script>") == 1
    with browser_page(book_page(html)) as (page, errors):
        for i in range(len(HOSTILE)):
            page.locator(".nesy-row input").nth(i).check(force=True)
        assert page.locator(".nesy-explorer u").count() == 0
        assert "</script><b>x" in page.locator(".nesy-clause").nth(1).inner_text()
        assert errors == []


def test_programs_without_rules_or_default():
    table = np.eye(2, dtype=bool)
    columns = (Column("a", "boolean"), Column("b", "boolean"))
    empty = parse(viz.rule_explorer(Program((), "x", columns), table).repr_html())
    assert "by the default: no rule fires" in empty.text
    one = Program((Rule((Literal("a", "==", True),), label=1),), None, columns)
    page = parse(viz.rule_explorer(one, table, labels=np.array([1, 0])).repr_html())
    assert "no answer, no rule fires – wrong, it is 0" in page.text
    assert "2 rows, 1 answered right" in page.text


def test_twenty_four_pictures_stay_small():
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (24, 3, 224, 224), dtype=np.uint8)  # noise: the worst case
    program, rows = rooms()
    rows = pd.concat([rows] * 4, ignore_index=True)
    html = viz.rule_explorer(program, rows, pictures, labels=LABELS * 4).repr_html()
    assert len(html.encode()) < 500_000
    assert html == viz.rule_explorer(program, rows, pictures, labels=LABELS * 4).repr_html()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pictures": PICTURES[:2]}, "6 rows but 2 pictures"),
        ({"labels": ["a"]}, "6 rows but 1 labels"),
        ({"names": ["a"]}, "6 rows but 1 names"),
        ({"alts": ["a"], "pictures": PICTURES}, "6 rows but 1 alts"),
        ({"start": 6}, "there are 6 rows"),
    ],
)
def test_bad_input_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        viz.rule_explorer(*rooms(), **options)
    with pytest.raises(ValueError, match="stove"):
        viz.rule_explorer(rooms()[0], rooms()[1].drop(columns="stove"))
