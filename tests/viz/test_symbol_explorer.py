"""The symbol explorer: picture, symbols, heat-maps and pictures alike agree, by mouse and keys."""

import functools
import re

import numpy as np
import pytest
from _html import THEME, book_page, parse

from nesylib import viz

HOSTILE = ["</script><b>x", "<img src=x onerror=alert(1)>", '"q" & <i>', "KEY DATA HEAT", "a" * 300]
CLASSES = ("bird", "ship", "frog")
N, L = 24, 4


@functools.cache
def flock():
    rng = np.random.default_rng(0)
    symbols = np.stack([rng.integers(0, size, N) for size in (2, 3, 4, 9)], 1)
    symbols[5] = symbols[3]  # two of one sequence
    symbols[7] = (40, 41, 42, 43)  # one that is like no other
    maps = rng.random((N, L, 4, 4))
    maps[:, 2] = 0.25
    images = rng.integers(0, 256, (N, 3, 16, 16), dtype=np.uint8)
    return images, symbols, maps, np.arange(N) % 3


def made(**options):
    images, symbols, maps, labels = flock()
    options = {"labels": labels, "classes": CLASSES, **options}
    return viz.symbol_explorer(images, symbols, options.pop("maps", maps), **options)


def choose(page, i):
    page.locator(f".nesy-tray input[value='{i}']").check(force=True)


def read(page, n):
    page.locator(f".nesy-length input[value='{n}']").check(force=True)


def look(page, place):
    page.locator(".nesy-look input").nth(place).check(force=True)


def same(page):
    return page.locator(".nesy-same").inner_text()


def in_common(a, b):
    """How many first symbols two sequences share, counted another way than the page does."""
    return int(np.cumprod(np.asarray(a) == np.asarray(b)).sum())


def classes_of(ids):
    found = [CLASSES[i % 3] for i in ids]
    order = sorted(set(found), key=lambda name: (-found.count(name), CLASSES.index(name)))
    return ", ".join(f"{name} {found.count(name)}" for name in order)


EVERYTHING = """() => {const found = [];
document.querySelectorAll('.nesy-tray input').forEach(row => {row.click();
  document.querySelectorAll('.nesy-length input').forEach(length => {length.click();
    const texts = q => [...document.querySelectorAll(q)].map(e => e.textContent);
    const names = q => [...document.querySelectorAll(q)].map(e => e.getAttribute('aria-label'));
    found.push({told: texts('.nesy-told')[0], same: texts('.nesy-same')[0],
      status: texts('.nesy-status')[0], symbols: texts('.nesy-symbol').map(Number),
      have: texts('.nesy-have').map(t => parseInt(t)), near: names('.nesy-near button'),
      far: names('.nesy-far button'), lengths: texts('.nesy-length small').map(t => parseInt(t)),
      alike: document.querySelectorAll('.nesy-row.same').length,
      read: document.querySelectorAll('.nesy-spot.in').length})})});
return found}"""


def test_it_says_who_begins_alike_whichever_picture_and_prefix(browser_page):
    _, symbols, _, labels = flock()
    rows = symbols.tolist()
    with browser_page(book_page(made().repr_html())) as (page, errors):
        found = iter(page.evaluate(EVERYTHING))
        for i in range(N):
            for n in (1, 2, 4):
                seen = next(found)
                alike = [k for k in range(N) if rows[k][:n] == rows[i][:n]]
                begin = " ".join(map(str, rows[i][:n]))
                wanted = f"Beginning with {begin}: this picture alone."
                if len(alike) > 1:
                    wanted = (
                        f"Beginning with {begin}: {len(alike)} of {N} pictures – "
                        f"{classes_of(alike)}."
                    )
                if len(alike) > 13:
                    wanted += " The 12 nearest are shown."
                assert seen["same"] == wanted
                numbers = " ".join(map(str, rows[i]))
                assert seen["told"] == f"{CLASSES[labels[i]]} – picture {i}: {numbers}"
                assert seen["symbols"] == rows[i]
                assert seen["have"] == [sum(r[j] == rows[i][j] for r in rows) for j in range(L)]
                assert seen["lengths"] == [
                    sum(r[:k] == rows[i][:k] for r in rows) for k in (1, 2, 4)
                ]
                assert seen["alike"] == len(alike) - 1 and seen["read"] == n
                groups = len({tuple(r[:n]) for r in rows})
                assert seen["status"].startswith(f"{N} pictures, {groups} different beginning")

                def close(k, i=i, n=n):
                    agree = int((symbols[k] == symbols[i]).sum())
                    return -min(n, in_common(rows[k], rows[i])), -agree, k

                order = sorted((k for k in range(N) if k != i), key=close)
                near = [k for k in order if k in alike][:12]
                far = [k for k in order if k not in alike][:4]
                for part, wanted in ((seen["near"], near), (seen["far"], far)):
                    assert [int(re.match(r"picture (\d+)", text)[1]) for text in part] == wanted
                    for text, k in zip(part, wanted, strict=True):
                        agree = (symbols[k] == symbols[i]).sum()
                        assert text == (
                            f"picture {k}: {CLASSES[labels[k]]}, {agree} of {L} agree; show it"
                        )
        assert next(found, None) is None
        assert errors == []


def test_the_page_before_its_script_says_the_same(browser_page):
    for start in (3, 7):
        html = book_page(made(start=start, truth=["a nest"] * N).repr_html())
        texts = []
        for javascript in (False, True):
            with browser_page(html, javascript=javascript) as (page, _):
                kinds = "told same status place symbol name have truth".split()
                texts.append([page.locator(f".nesy-{k}").all_inner_texts() for k in kinds])
        assert texts[0] == texts[1]
        assert "Really there: a nest." in texts[0][-1]


COLOURS = """canvas => {const n = canvas.width / 4;
const d = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
return [...Array(16).keys()].map(p => {
  const at = 4 * ((Math.floor(p / 4) * n) * canvas.width + (p % 4) * n);
  return [d[at], d[at + 1], d[at + 2]]})}"""


def painted(i, place):
    import matplotlib as mpl

    images, _, maps, _ = flock()
    heat = maps[i, place].ravel()
    spread = heat.max() - heat.min() or 1.0
    unit = np.round((heat - heat.min()) / spread * 63) / 63
    grey = images[i][:, ::4, ::4].reshape(3, 16).T @ [0.299, 0.587, 0.114]
    cover = (0.25 + 0.5 * unit)[:, None]
    return grey[:, None] * (1 - cover) + mpl.colormaps["cividis"](unit)[:, :3] * 255 * cover


def test_every_heat_map_is_the_one_that_was_given(browser_page):
    _, symbols, maps, _ = flock()
    with browser_page(book_page(made(start=3).repr_html())) as (page, errors):
        read(page, 4)  # picture 5 has all symbols of picture 3
        for place in (1, 3):
            look(page, place)
            found = np.array(page.locator(".nesy-heat canvas").evaluate(COLOURS))
            assert np.abs(found - painted(3, place)).max() < 2
            for j in range(L):
                found = page.locator(".nesy-spot canvas").nth(j).evaluate(COLOURS)
                assert np.abs(np.array(found) - painted(3, j)).max() < 2
            mate = np.array(page.locator(".nesy-near canvas").evaluate(COLOURS))
            assert np.abs(mate - painted(5, place)).max() < 2
            assert page.locator(".nesy-low").inner_text() == f"{maps[3, place].min():.2g}"
        words = page.locator(".nesy-heat canvas").get_attribute("aria-label")
        symbol = symbols[3, 3]
        assert words.startswith(f"Heat-map of the 4th symbol, {symbol}, over picture 3: highest")
        look(page, 2)
        assert "3rd symbol" in page.locator(".nesy-looked").inner_text()
        assert "the same everywhere" in page.locator(".nesy-looked").inner_text()
        choose(page, 8)
        found = np.array(page.locator(".nesy-heat canvas").evaluate(COLOURS))
        assert np.abs(found - painted(8, 2)).max() < 2
        assert errors == []


def test_a_symbol_s_pictures_alone(browser_page):
    _, symbols, _, _ = flock()
    shown = "all => all.filter(i => i.offsetParent).map(i => +i.value)"
    with browser_page(book_page(made(start=3).repr_html())) as (page, errors):
        page.locator(".nesy-have").nth(1).click()
        ids = np.flatnonzero(symbols[:, 1] == symbols[3, 1]).tolist()
        assert page.locator(".nesy-tray input").evaluate_all(shown) == ids
        status = page.get_by_role("status").inner_text()
        wanted = f"{len(ids)} of {N} pictures – {classes_of(ids)}"
        assert status == f"2nd symbol {symbols[3, 1]}: {wanted}"
        assert page.locator(".nesy-have[aria-pressed=true]").count() == 1
        page.get_by_role("button", name="Show all pictures").click()
        assert page.locator(".nesy-row:visible").count() == N
        assert page.evaluate("document.activeElement.className") == "nesy-have"
        # one of the pictures alike lacks the symbol: all are shown again
        page.locator(".nesy-have").nth(3).click()
        read(page, 1)
        other = next(
            k for k in range(N) if symbols[k, 0] == symbols[3, 0] and symbols[k, 3] != symbols[3, 3]
        )
        page.get_by_role("button", name=re.compile(f"^picture {other}:")).first.click()
        assert f"picture {other}:" in page.locator(".nesy-told").inner_text()
        assert page.locator(".nesy-row:visible").count() == N
        assert page.evaluate("document.activeElement.value") == str(other)
        assert errors == []


def test_names_of_symbols_and_of_symbols_in_a_place(browser_page):
    images, _, maps, _ = flock()
    symbols = np.tile([[5, 5, 6, 7]], (N, 1))
    names = {5: "wing", (1, 5): "mast", (np.int64(2), np.int64(6)): " two  words ", 99: "unused"}
    html = viz.symbol_explorer(images, symbols, maps, names=names).repr_html()
    with browser_page(book_page(html)) as (page, errors):
        seen = page.locator(".nesy-name").all_inner_texts()
        assert seen == ["wing", "mast", "two words", ""]
        page.locator(".nesy-have").nth(1).click()
        assert page.get_by_role("status").inner_text() == f"2nd symbol 5, mast: {N} of {N} pictures"
        assert "The 12 nearest are shown." in same(page)
        assert page.locator(".nesy-near button").count() == 12
        assert page.locator(".nesy-rest").is_hidden()
        assert errors == []


def test_the_order_of_the_pictures(browser_page):
    _, symbols, _, labels = flock()
    with browser_page(book_page(made().repr_html())) as (page, errors):
        rows = page.locator(".nesy-tray input")
        order = "all => all.map(i => +i.value)"
        page.get_by_label("Order").select_option("by symbols")
        assert rows.evaluate_all(order) == sorted(range(N), key=lambda i: (*symbols[i], i))
        page.get_by_label("Order").select_option("by class")
        assert rows.evaluate_all(order) == np.argsort(labels, kind="stable").tolist()
        page.get_by_label("Order").select_option("as given")
        assert rows.evaluate_all(order) == list(range(N))
        assert errors == []


def test_a_symbol_explorer_by_keyboard_alone(browser_page):
    with browser_page(book_page(made().repr_html()), reduced_motion="reduce") as (page, errors):
        page.keyboard.press("Tab")
        before = page.get_by_role("status").inner_text()
        page.keyboard.press("ArrowRight")
        assert page.get_by_role("status").inner_text() != before
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.tagName") == "SELECT"
        page.keyboard.press("Tab")
        page.keyboard.press("ArrowRight")
        assert "picture 1:" in page.locator(".nesy-told").inner_text()
        page.keyboard.press("Tab")
        words = page.locator(".nesy-looked").inner_text()
        page.keyboard.press("ArrowRight")
        assert page.locator(".nesy-looked").inner_text() != words
        page.keyboard.press("Tab")  # the number of pictures below the symbol
        page.keyboard.press("Space")
        assert page.get_by_role("status").inner_text().startswith("2nd symbol")
        for _ in range(8):
            page.keyboard.press("Tab")
            if "show it" in (page.evaluate("document.activeElement.ariaLabel") or ""):
                break
        mate = page.evaluate("document.activeElement.title")
        page.keyboard.press("Enter")
        assert f"{mate}:" in page.locator(".nesy-told").inner_text()
        assert errors == []


LOOKS = """() => [...document.querySelectorAll('.nesy-symbols *')].map(e => {
const s = getComputedStyle(e);
return [e.className, s.padding, s.margin, s.borderStyle, s.display, s.fontSize, s.color].join()})"""


def test_what_else_is_on_the_page_does_not_change_its_looks(browser_page):
    from test_viz_browser import everything

    looks = []
    for others in ((), everything()):
        with browser_page(book_page(made().repr_html(), *others)) as (page, _):
            looks.append(page.evaluate(LOOKS))
    assert looks[0] == looks[1]


def test_two_symbol_explorers_on_one_page(browser_page):
    html = book_page(made().repr_html(), made().repr_html())
    with browser_page(html) as (page, errors):
        other = page.locator(".nesy-symbols").nth(1)
        other.locator(".nesy-tray input[value='2']").check(force=True)
        other.locator(".nesy-length input[value='4']").check(force=True)
        other.locator(".nesy-look input").nth(3).check(force=True)
        told = page.locator(".nesy-told").all_inner_texts()
        assert "picture 0" in told[0] and "picture 2" in told[1]
        for kind in ("tray", "length", "look"):
            assert page.locator(f".nesy-{kind} input:checked").count() == 2
        assert errors == []


def test_a_symbol_explorer_without_scripts(browser_page):
    html = made(start=2, truth=[["nest", "egg"]] * N).repr_html()
    bare = re.sub(r"<(style|script)>.*?</\1>", "", html, flags=re.DOTALL)
    for piece in (book_page(html), f"<body>{bare}</body>"):
        with browser_page(piece, javascript=False) as (page, _):
            assert "need scripts" in page.locator(".nesy-symbols").inner_text()
            assert page.locator("input:enabled:visible, button:enabled:visible").count() == 0
            assert "picture 2" in page.locator(".nesy-told").inner_text()
            page.get_by_text("All pictures and their symbols").click()
            assert page.locator(".nesy-all img").count() == N
            words = page.locator(".nesy-all figcaption").nth(3).inner_text()
            symbols = " ".join(map(str, flock()[1][3]))
            assert words == f"picture 3: bird. Symbols {symbols}. Really there: nest, egg."


def test_without_maps_labels_or_several_symbols(browser_page):
    images, symbols, _, _ = flock()
    html = viz.symbol_explorer(images, symbols[:, :1]).repr_html()
    with browser_page(book_page(html)) as (page, errors):
        assert page.locator("canvas").count() == 0 and "Heat-map" not in html.split("<script>")[0]
        choose(page, 4)
        assert page.locator(".nesy-told").inner_text() == f"picture 4: {symbols[4, 0]}"
        alike = int((symbols[:, 0] == symbols[4, 0]).sum())
        assert page.locator(".nesy-near img").count() == min(12, alike - 1) > 1
        assert page.locator(".nesy-length").count() == 1
        assert page.locator(".nesy-order option").all_inner_texts() == ["as given", "by symbols"]
        assert errors == []
    one = viz.symbol_explorer(images[:1], symbols[:1], prefixes=(4,)).repr_html()
    with browser_page(book_page(one)) as (page, errors):
        assert "this picture alone" in same(page)
        assert page.locator(".nesy-mates:visible, .nesy-rest:visible").count() == 0
        assert page.get_by_role("status").inner_text() == (
            "1 picture, 1 different beginning of 4 symbols"
        )
        assert errors == []


@functools.cache
def hostile():
    images, _, maps, _ = flock()
    return viz.symbol_explorer(
        images[:5],
        np.tile([[0, 1, 2, 3]], (5, 1)),
        maps[:5],
        labels=HOSTILE,
        names=dict(enumerate(HOSTILE)),
        truth=[f"<b>{text}" for text in HOSTILE],
        titles=HOSTILE,
        alt="Hostile <u> names",
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_symbol_explorers_narrow_and_dark(browser_page, theme):
    from test_viz_browser import CONTRAST, NEW_GLOBALS

    html = book_page(made(truth=["a nest"] * N).repr_html(), hostile().repr_html(), theme_css=THEME)
    with browser_page(html, theme=theme, width=320) as (page, errors):
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        assert page.evaluate(CONTRAST) == []
        first = page.locator(".nesy-symbols").first
        first.locator(".nesy-have").nth(1).click()
        first.locator(".nesy-look input").nth(2).check(force=True)
        first.locator(".nesy-length input").nth(2).check(force=True)
        assert page.evaluate(CONTRAST) == []
        filters = (
            "[...document.querySelectorAll('img, canvas')].map(i => getComputedStyle(i).filter)"
        )
        assert set(page.evaluate(filters)) == {"none"}
        assert page.evaluate(NEW_GLOBALS) == []
        assert errors == []


def test_hostile_names_in_a_symbol_explorer_stay_text(browser_page):
    html = hostile().repr_html()
    tree = parse(html)
    assert not [e for tag in ("b", "i", "u") for e in tree.find_all(tag) if e.text in ("x", "q")]
    assert html.count("</script>") == 1 and html.count("</style>") == 1
    with browser_page(book_page(html)) as (page, errors):
        for i in range(5):
            choose(page, i)
            look(page, i % 4)
        assert page.locator(".nesy-symbols u, .nesy-symbols [onerror]").count() == 0
        names = page.locator(".nesy-name").all_inner_texts()
        assert names == HOSTILE[:4]
        assert errors == []


def test_a_page_of_48_photographs_stays_small():
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (48, 3, 96, 96), dtype=np.uint8)  # noise: the worst case
    symbols, maps = rng.integers(0, 128, (48, 8)), rng.random((48, 8, 14, 14))
    names = {(j, s): f"name {s}" for j in range(8) for s in range(128)}
    html = viz.symbol_explorer(pictures, symbols, maps, names=names).repr_html()
    assert len(html.encode()) < 350_000
    assert html == viz.symbol_explorer(pictures, symbols, maps, names=names).repr_html()


def test_tensors_of_any_kind_are_the_same_arrays():
    torch = pytest.importorskip("torch")
    images, symbols, maps, labels = flock()
    given = [torch.as_tensor(images), torch.as_tensor(symbols), torch.as_tensor(maps).float()]
    again = viz.symbol_explorer(*given, labels=torch.as_tensor(labels), classes=CLASSES)
    assert again.text == made().text and len(again.body) == len(made().body)
    assert again.text.splitlines()[1] == f"picture 0: bird: {' '.join(map(str, symbols[0]))}"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"symbols": np.full((N, L), 0.5)}, "whole numbers from 0"),
        ({"symbols": np.full((N, L), -1)}, "whole numbers from 0"),
        ({"symbols": np.full((N, L), np.nan)}, "whole numbers from 0"),
        ({"symbols": np.zeros(N, int)}, r"symbols must be \(N, L\)"),
        ({"symbols": np.zeros((N, 0), int)}, "at least one for each picture"),
        ({"symbols": np.zeros((N - 1, L), int)}, "23 pictures but 24 labels"),
        ({"symbols": np.zeros((N - 1, L), int), "labels": None}, r"maps must be \(23, 4, h, w\)"),
        ({"maps": np.ones((N, L - 1, 4, 4))}, r"maps must be \(24, 4, h, w\)"),
        ({"maps": np.full((N, L, 4, 4), np.inf)}, "not finite"),
        ({"maps": np.ones((N, L, 64, 64))}, "on the grid of patches"),
        ({"images": np.zeros((3, 3, 8, 8), np.uint8)}, "24 rows of symbols but 3 pictures"),
        ({"labels": np.full(N, 7)}, "label 7 is none of the 3 classes"),
        ({"names": {(9, 1): "x"}}, "position 9: there are 0 to 3"),
        ({"names": {"17": "x"}}, "whole numbers from 0, not of '17'"),
        ({"names": {(0, 1, 2): "x"}}, "a name is of a symbol"),
        ({"prefixes": (0, 1)}, "whole numbers from 1"),
        ({"prefixes": (5, 6)}, r"none of the prefixes \(5, 6\)"),
        ({"truth": ["a"]}, "24 pictures but truth of 1"),
        ({"titles": ["a"]}, "24 pictures but 1 titles"),
        ({"start": N}, "start=24 is no picture"),
    ],
)
def test_bad_input_to_a_symbol_explorer(change, message):
    images, symbols, maps, labels = flock()
    given = {"images": images, "symbols": symbols, "maps": maps, "labels": labels}
    with pytest.raises(ValueError, match=message):
        viz.symbol_explorer(**(given | {"classes": CLASSES} | change))
    with pytest.raises(TypeError, match="dictionary"):
        made(names=["wing"])
