"""The concept explorer: picture, heat-map, bits, rule and reason agree, by mouse and keyboard."""

import functools
import re

import numpy as np
import pytest
from _html import THEME, book_page, parse

from nesylib import viz
from nesylib.rules import Column, Literal, Program, Rule

HOSTILE = ["</script><b>x", "<img src=x onerror=alert(1)>", '"q" & <i>', "KEY MORE DATA", "a" * 300]
COLUMNS = ("bed", "stove", "lamp", "sink", "dead")
CLASSES = ("bedroom", "kitchen", "hall")
N = 24


@functools.cache
def rooms():
    program = Program.from_text(
        """
        class(X,0) :- bed(X), not ab2(X).
        class(X,1) :- stove(X), not sink(X).
        ab2(X) :- stove(X), not ab1(X).
        ab1(X) :- lamp(X).
        """,
        default=2,
        columns=tuple(Column(name, "boolean") for name in COLUMNS),
    )
    rng = np.random.default_rng(0)
    codes = rng.random((N, 5))
    codes[:, 4] = 0.1
    maps = rng.random((N, 3, 4, 4))
    maps[:, 2] = 0
    images = rng.integers(0, 256, (N, 3, 16, 16), dtype=np.uint8)
    labels = np.arange(N) % 3
    return program, codes, maps, images, labels


def made(**options):
    program, codes, maps, images, labels = rooms()
    options = {"labels": labels, "classes": CLASSES, **options}
    return viz.concept_explorer(images, codes, program, maps, (0, 3, 4), **options)


def told(page):
    return page.locator(".nesy-told").inner_text()


def choose(page, i):
    page.locator(".nesy-row input").nth(i).check(force=True)


def neuron(page, name):
    named = page.get_by_role("radio", name=re.compile(f"^{name}"))
    return page.locator(".nesy-neuron[data-bit]").filter(has=named)


def flip(page, name):
    page.get_by_role("switch", name=f"bit of {name}").click()


EVERY_FLIP = """() => {const found = [], rows = document.querySelectorAll('.nesy-row input');
const say = () => found.push([document.querySelector('.nesy-told').textContent,
  document.querySelector('.nesy-clause[aria-current] button').textContent.split(' ·')[0]]);
rows.forEach(row => {row.click(); say();
  document.querySelectorAll('.nesy-flip input').forEach(bit => {bit.click(); say(); bit.click()})});
return found}"""


def test_what_it_says_is_what_the_program_does_whichever_bit_is_flipped(browser_page):
    program, codes, _, _, labels = rooms()
    bits = codes >= 0.5
    with browser_page(book_page(made().repr_html())) as (page, errors):
        order = page.locator(".nesy-neuron[data-bit] .nesy-look").all_inner_texts()
        order = [COLUMNS.index(name.strip()) for name in order]
        assert sorted(order) == list(range(5))
        found = iter(page.evaluate(EVERY_FLIP))
        for i in range(N):
            for k in (None, *order):
                row, if_so = bits[[i]].copy(), ""
                if k is not None:
                    row[0, k] ^= True
                    if_so = f" if {COLUMNS[k]} were {'present' if row[0, k] else 'absent'}"
                answer, rule = program.predict(row)[0], program.decide(row)[0]
                item = "the default" if rule < 0 else f"rule {rule + 1}"
                by = f"{item}: no rule fires" if rule < 0 else item
                right = "right" if answer == labels[i] else f"wrong, it is {CLASSES[labels[i]]}"
                wanted = f"{CLASSES[answer]} – picture {i}{if_so}, by {by} – {right}"
                assert next(found) == [wanted, item]
        assert errors == []


def test_its_own_reading_of_a_picture_is_the_model_s(browser_page):
    """The script works out anew what Python wrote into the page: every state of every rule."""
    with browser_page(book_page(made(start=5).repr_html()), javascript=False) as (page, _):
        still = page.locator(".nesy-clause").all_inner_texts()
        why = page.locator(".nesy-facts").inner_text()
    with browser_page(book_page(made(start=5).repr_html())) as (page, _):
        assert page.locator(".nesy-clause").all_inner_texts() == still
        assert page.locator(".nesy-facts").inner_text() == why


def test_flips_are_undone_and_belong_to_one_picture(browser_page):
    with browser_page(book_page(made().repr_html())) as (page, errors):
        own = told(page)
        assert page.get_by_role("button", name="own bits").count() == 0
        flip(page, "bed")
        flip(page, "lamp")
        assert re.search(r"if bed were \w+ and lamp were \w+", told(page))
        page.get_by_role("button", name="own bits").click()
        assert told(page) == own
        focused = "document.activeElement.getAttribute('aria-label')"
        assert page.evaluate(focused) == "bit of bed"
        flip(page, "bed")
        choose(page, 1)
        assert " if " not in told(page)
        choose(page, 0)
        assert told(page) == own
        assert errors == []


COLOURS = """() => {const c = document.querySelector('.nesy-heat canvas'), n = c.width / 4;
const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
return [c.width, c.height, [...Array(16).keys()].map(p => {
  const at = 4 * ((Math.floor(p / 4) * n) * c.width + (p % 4) * n);
  return [d[at], d[at + 1], d[at + 2]]})]}"""


def test_the_heat_map_is_the_one_that_was_given(browser_page):
    import matplotlib as mpl

    _, _, maps, images, _ = rooms()
    with browser_page(book_page(made().repr_html())) as (page, errors):
        choose(page, 7)
        neuron(page, "sink").get_by_role("radio").check()
        width, height, found = page.evaluate(COLOURS)
        assert (width, height) == (16, 16)
        heat = maps[7, 1].ravel()
        unit = np.round((heat - heat.min()) / (heat.max() - heat.min()) * 63) / 63
        grey = images[7][:, ::4, ::4].reshape(3, 16).T @ [0.299, 0.587, 0.114]
        cover = (0.25 + 0.5 * unit)[:, None]
        wanted = grey[:, None] * (1 - cover) + mpl.colormaps["cividis"](unit)[:, :3] * 255 * cover
        assert np.abs(np.array(found) - wanted).max() < 2
        words = page.locator(".nesy-heat canvas").get_attribute("aria-label")
        assert words.startswith("Heat-map of sink over picture 7: highest")
        assert page.locator(".nesy-low").inner_text() == f"{heat.min():.2g}"

        neuron(page, "dead").get_by_role("radio").check()
        assert "Heat-map of dead: the same everywhere." in page.locator(".nesy-left").inner_text()
        assert "off in all of these pictures" in neuron(page, "dead").inner_text()
        neuron(page, "stove").get_by_role("radio").check()
        assert "There is no heat-map of stove." in page.locator(".nesy-left").inner_text()
        assert page.locator(".nesy-heat").is_hidden()
        page.get_by_role("radio", name="the picture alone").check()
        assert page.locator(".nesy-strength").all_inner_texts() == [""] * N
        assert errors == []


def test_rule_and_neuron_point_at_each_other(browser_page):
    with browser_page(book_page(made().repr_html())) as (page, errors):
        page.locator(".nesy-clause").nth(2).locator(".nesy-lit").first.click()  # ab1 asks for lamp
        assert neuron(page, "lamp").get_by_role("radio").is_checked()
        looked = page.locator(".nesy-lit.looked").all_inner_texts()
        assert len(looked) == 1 and "lamp(X)" in looked[0]
        assert "in rule 2, ab2" in neuron(page, "stove").inner_text()
        program, codes, *_ = rooms()
        page.get_by_role("button", name="rule 2").click()
        shown = page.locator(".nesy-row:visible input").evaluate_all("a => a.map(i => +i.value)")
        assert shown == np.flatnonzero(program.decide(codes >= 0.5) == 1).tolist()
        assert "pictures" in page.get_by_role("status").inner_text()
        marked = page.locator(".nesy-neuron.decides .nesy-look").all_inner_texts()
        assert [m.strip() for m in marked] == ["stove", "sink"]
        assert errors == []


def test_the_neuron_looked_at_is_in_view(browser_page):
    """Many neurons, the last one the strongest: the list moves, the page does not."""
    images, codes = np.zeros((2, 3, 8, 8), np.uint8), np.linspace(0, 1, 60).reshape(2, 30)
    maps = np.ones((2, 30, 2, 2))
    html = viz.concept_explorer(images, codes, Program((), "x"), maps, range(30)).repr_html()
    where = """() => {const e = document.querySelector('.nesy-neuron.looked');
      const a = e.getBoundingClientRect(), b = e.parentNode.getBoundingClientRect();
      return [a.top >= b.top, a.bottom <= b.bottom, window.scrollY]}"""
    with browser_page(book_page(html)) as (page, errors):
        assert page.get_by_role("radio", name="x29").is_checked()
        assert page.evaluate(where) == [True, True, 0]
        page.get_by_role("radio", name="x0", exact=True).check(force=True)
        assert page.evaluate(where)[:2] == [True, True]
        assert errors == []


def test_it_says_what_to_do_and_what_the_numbers_mean(browser_page):
    with browser_page(book_page(made().repr_html())) as (page, _):
        words = page.locator(".nesy-concepts").inner_text()
        assert "Choose a neuron to see where in the picture it looks" in words
        assert "number under each picture is the neuron's activation" in words
        assert "on from 0.5" in words and "Switch a bit" in words
    with browser_page(book_page(made().repr_html()), javascript=False) as (page, _):
        still = page.locator(".nesy-concepts").inner_text()
        assert "Switch a bit" not in still and "on from 0.5" in still


def test_the_order_of_pictures(browser_page):
    program, codes, _, _, labels = rooms()
    with browser_page(book_page(made().repr_html())) as (page, errors):
        order = "all => all.map(i => +i.value)"
        rows = page.locator(".nesy-row input")
        neuron(page, "sink").get_by_role("radio").check()
        page.get_by_label("Order").select_option("strongest first")
        assert rows.evaluate_all(order) == np.argsort(-codes[:, 3], kind="stable").tolist()
        neuron(page, "bed").get_by_role("radio").check()
        assert rows.evaluate_all(order) == np.argsort(-codes[:, 0], kind="stable").tolist()
        page.get_by_label("Order").select_option("wrong ones first")
        right = program.predict(codes >= 0.5) == labels
        assert rows.evaluate_all(order) == np.argsort(right, kind="stable").tolist()
        assert errors == []


def test_a_concept_explorer_by_keyboard_alone(browser_page):
    with browser_page(book_page(made().repr_html()), reduced_motion="reduce") as (page, errors):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.tagName") == "SELECT"
        page.keyboard.press("Tab")
        page.keyboard.press("ArrowRight")
        assert "picture 1" in told(page)
        kind = "document.activeElement.getAttribute('role') || document.activeElement.type"
        for _ in range(6):
            page.keyboard.press("Tab")
            if page.evaluate(kind) in ("radio", "switch"):
                break
        while page.evaluate(kind) != "switch":
            page.keyboard.press("Tab")
        page.keyboard.press("Space")
        assert " if " in told(page)
        page.keyboard.press("Shift+Tab")
        before = page.locator(".nesy-left .nesy-words").all_inner_texts()
        page.keyboard.press("ArrowDown")
        assert page.evaluate(kind) == "radio"
        assert page.locator(".nesy-left .nesy-words").all_inner_texts() != before
        assert errors == []


def test_two_concept_explorers_on_one_page(browser_page):
    html = book_page(made().repr_html(), made().repr_html())
    with browser_page(html) as (page, errors):
        other = page.locator(".nesy-explorer").nth(1)
        other.get_by_role("switch").first.click()
        other.get_by_role("radio", name="sink").check()
        both = page.locator(".nesy-told").all_inner_texts()
        assert " if " not in both[0] and " if " in both[1]
        assert page.locator(".nesy-look input:checked").count() == 2
        assert errors == []


def test_a_concept_explorer_without_scripts(browser_page):
    html = made(start=2, truth=[["bed"]] * N).repr_html()
    bare = re.sub(r"<(style|script)>.*?</\1>", "", html, flags=re.DOTALL)
    for piece in (book_page(html), f"<body>{bare}</body>"):
        with browser_page(piece, javascript=False) as (page, _):
            assert "need scripts" in page.locator(".nesy-explorer").inner_text()
            assert page.locator("input:enabled").count() == 0
            assert "picture 2" in told(page)
            assert "Really there: bed." in page.locator(".nesy-explorer").inner_text()
            page.get_by_text("All pictures and why").click()
            assert page.locator(".nesy-all img").count() == N


@functools.cache
def hostile():
    columns = tuple(Column(name, "boolean") for name in HOSTILE)
    rules = tuple(Rule((Literal(name, "==", True),), label=name) for name in HOSTILE)
    program = Program(rules, "<u>", columns)
    codes = np.eye(5)
    images = np.zeros((5, 3, 8, 8), np.uint8)
    return viz.concept_explorer(
        images,
        codes,
        program,
        codes.reshape(5, 1, 1, 5).repeat(5, 1),
        range(5),
        labels=HOSTILE,
        names={0: "</style></script><b>x", 1: HOSTILE[1], 2: "</style></script><b>x", 3: "  "},
        truth=[f"<b>{h}" for h in HOSTILE],
        titles=HOSTILE,
        alt="Hostile <u> names",
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_concept_explorers_narrow_and_dark(browser_page, theme):
    from test_viz_browser import CONTRAST, NEW_GLOBALS

    html = book_page(made(truth=["a bed"] * N).repr_html(), hostile().repr_html(), theme_css=THEME)
    with browser_page(html, theme=theme, width=320) as (page, errors):
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        assert page.evaluate(CONTRAST) == []
        flip(page.locator(".nesy-explorer").first, "bed")
        page.locator(".nesy-explorer").first.get_by_role("button", name="rule 2").click()
        assert page.evaluate(CONTRAST) == []
        assert set(page.evaluate("[...document.images].map(i => getComputedStyle(i).filter)")) == {
            "none"
        }
        assert page.evaluate("getComputedStyle(document.querySelector('canvas')).filter") == "none"
        assert page.evaluate(NEW_GLOBALS) == []
        assert errors == []


def test_hostile_names_in_a_concept_explorer_stay_text(browser_page):
    html = hostile().repr_html()
    tree = parse(html)
    assert not [e for tag in ("b", "i", "u") for e in tree.find_all(tag) if e.text in ("x", "q")]
    assert html.count("</script>") == 1 and html.count("</style>") == 1
    with browser_page(book_page(html)) as (page, errors):
        for i in range(5):
            choose(page, i)
            page.locator(".nesy-look input").nth(i).check()
            page.get_by_role("switch").nth(i).click()
        assert page.locator(".nesy-explorer u, .nesy-explorer [onerror]").count() == 0
        names = page.locator(".nesy-look").all_inner_texts()
        assert names[1].strip() == "</style></script><b>x 1"  # two of one name are numbered
        assert names[3].strip() == "</style></script><b>x 2"
        assert names[4].strip() == HOSTILE[3]  # a blank name is none
        assert errors == []


def test_programs_without_rules_neurons_without_maps():
    images, codes = np.zeros((2, 3, 8, 8), np.uint8), np.eye(2)
    empty = viz.concept_explorer(images, codes, Program((), "x"), labels=["x", "y"])
    text = parse(empty.repr_html()).text
    assert "by the default: no rule fires – wrong, it is y" in text
    assert "The rules ask for no neuron." in text
    silent = viz.concept_explorer(images, codes, Program((), None), np.ones((2, 1, 2, 2)), [1])
    text = parse(silent.repr_html()).text
    assert "no answer" in text and "x1" in text
    columns = (Column("a", "boolean"), Column("b", "boolean"))
    bare = Program((Rule((Literal("b", "!=", True),), label="y"),), None, columns)
    page = viz.concept_explorer(images, codes, bare).repr_html()
    assert "<canvas" not in page and "Heat-map" not in parse(page).find_all("ul")[0].text


def test_a_program_without_rules_in_the_browser(browser_page):
    images, codes = np.zeros((2, 3, 8, 8), np.uint8), np.eye(2)
    for default, words in (("x", "x – picture 1, by the default: no rule fires"), (None, "no ans")):
        html = viz.concept_explorer(images, codes, Program((), default)).repr_html()
        with browser_page(book_page(html)) as (page, errors):
            choose(page, 1)
            assert told(page).startswith(words)
            assert errors == []


def test_a_page_of_24_photographs_stays_small():
    rng = np.random.default_rng(0)
    program, codes, *_ = rooms()
    pictures = rng.integers(0, 256, (N, 3, 224, 224), dtype=np.uint8)  # noise: the worst case
    maps = rng.random((N, 5, 14, 14))
    html = viz.concept_explorer(pictures, codes, program, maps, range(5)).repr_html()
    assert len(html.encode()) < 350_000
    assert html == viz.concept_explorer(pictures, codes, program, maps, range(5)).repr_html()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"codes": np.full((N, 5), np.nan)}, "not finite"),
        ({"codes": np.ones((N, 4))}, "4 columns but the program reads 5"),
        ({"codes": np.ones((N - 1, 5))}, "23 rows of codes but 24 pictures"),
        ({"maps": np.ones((N, 2, 4, 4))}, r"maps must be \(24, 3, h, w\)"),
        ({"maps": np.full((N, 3, 4, 4), np.inf)}, "heat-maps hold values"),
        ({"neurons": (0, 0, 1)}, "different columns"),
        ({"neurons": (0, 1, 9)}, "different columns, 0 to 4"),
        ({"names": {9: "x"}}, "no columns"),
        ({"labels": np.full(N, 7)}, "label 7 is none of the 3 classes"),
        ({"truth": ["a"]}, "24 pictures but truth of 1"),
        ({"titles": ["a"]}, "24 rows but 1 names"),
        ({"start": 24}, "start=24 is no picture"),
        ({"maps": np.ones((N, 3, 64, 64))}, "fewer neurons"),
    ],
)
def test_bad_input_to_a_concept_explorer(change, message):
    program, codes, maps, images, labels = rooms()
    if len(change.get("codes", codes)) < N:
        labels = None
    given = {"codes": codes, "program": program, "maps": maps, "neurons": (0, 3, 4)}
    given |= {"labels": labels, "classes": CLASSES} | change
    with pytest.raises(ValueError, match=message):
        viz.concept_explorer(images, **given)


def test_only_bits_can_be_explored():
    program = Program.from_text("class(X,'a') :- size(X,N), N=<9.5.", default="b")
    with pytest.raises(ValueError, match="over bits"):
        viz.concept_explorer(np.zeros((1, 3, 8, 8), np.uint8), np.ones((1, 1)), program)


def test_labels_of_any_number_type_are_the_same_classes():
    labels = rooms()[-1]
    wanted = made().text
    for same in (labels.astype(float), labels.astype(np.uint8), [CLASSES[k] for k in labels]):
        assert made(labels=same).text == wanted


def test_what_could_only_be_drawn_wrong_is_refused():
    program, codes, maps, images, _ = rooms()

    def explorer(maps=maps, neurons=(0, 3, 4), **options):
        return viz.concept_explorer(images, codes, program, maps, neurons, **options)

    with pytest.raises(ValueError, match="classes="):  # every picture would be marked wrong
        explorer(labels=["bedroom"] * N)
    with pytest.raises(ValueError, match="neither a name nor"):
        explorer(labels=[0.5] * N, classes=CLASSES)
    for neurons in (np.array([True, False, True]), (0, 1.7, 4)):
        with pytest.raises(ValueError, match="column numbers"):
            explorer(neurons=neurons)
    for threshold in (float("nan"), np.full(5, 0.5)):
        with pytest.raises(ValueError, match="one number"):
            explorer(threshold=threshold)
    with pytest.raises(TypeError, match="dictionary"):
        explorer(names=["bed"])


def test_huge_heat_and_long_names_find_room():
    program, codes, maps, images, _ = rooms()
    heat = np.where(maps > 0.5, 1.7e308, -1.7e308)
    names = dict.fromkeys(range(5), "x" * 10_000)
    page = viz.concept_explorer(images, codes, program, heat, (0, 3, 4), names=names)
    assert len(page.body) < 350_000 and "x" * 201 not in page.body
