import json
import re

import pytest
from _html import parse

from nesylib import viz

ALT = "Bars under a rising threshold"


def make(values=("0.1", "0.5", "0.9"), heights=(1, 2, 3), **options):
    made = viz.slider("threshold", ALT, size=(2, 1), display=False, **options)
    with made:
        for value, height in zip(values, heights, strict=True):
            with made.frame(value, alt=f"A bar of height {height} at {value}") as (_, ax):
                ax.bar([0], [height])
                ax.set_ylim(0, 4)
    return made


def test_markup():
    tree = parse(make().repr_html())
    group = tree.find_all("div", role="group")[0]
    assert group.attrs["aria-label"] == ALT
    slider = tree.find_all("input")[0]
    assert slider.attrs["type"] == "range" and slider.attrs["max"] == "2"
    assert slider.attrs["aria-valuetext"] == "0.1"
    assert slider.parent.tag == "label" and "threshold" in slider.parent.text
    assert tree.find_all("p", **{"aria-live": "polite"})
    assert {image.attrs["alt"] for image in tree.find_all("img")} == {
        f"A bar of height {h} at {v}" for h, v in ((1, "0.1"), (2, "0.5"), (3, "0.9"))
    }
    assert len(tree.find_all("details")[0].find_all("figure")) == 2
    assert "autoplay" not in make().repr_html() and "setInterval" not in make().repr_html()


def test_equal_pictures_are_stored_once_with_each_its_words():
    made = make(heights=(1, 2, 1))
    html = made.repr_html()
    assert html.count("data:image/png") == 4
    steps = json.loads(re.search(r"var steps=(\[.*?\]\])", html).group(1))
    assert [step[0] for step in steps] == [0, 1, 0]
    assert steps[2][2] == "A bar of height 1 at 0.9"


def test_two_sliders_on_a_page_share_no_name():
    page = make().repr_html() + make(heights=(3, 2, 1)).repr_html()
    parse(page)
    keys = re.findall(r'<div [^>]*data-nesy-slider="(\w+)"', page)
    assert len(set(keys)) == 2


def test_same_slider_same_bytes():
    assert make().repr_html() == make().repr_html()


def test_words_can_not_leave_the_script():
    nasty = "</script><b>&amp;'\""
    made = viz.slider(nasty, ALT, size=(2, 1), display=False)
    with made:
        for value in ("a", nasty):
            with made.frame(value, alt=f"words {nasty} {value}", caption=nasty) as (_, ax):
                ax.set_title(value.replace("$", ""))
    tree = parse(made.repr_html())
    assert len(tree.find_all("script")) == 1
    assert tree.find_all("b") == []


@pytest.mark.parametrize(("start", "first"), [(0, "0.1"), (-1, "0.9"), ("0.5", "0.5")])
def test_start(start, first):
    tree = parse(make(start=start).repr_html())
    assert tree.find_all("output")[0].text == first
    shown = tree.find_all("div", **{"class": "nesy-stage"})[0].find_all("img")[0]
    assert shown.attrs["alt"].endswith(f"at {first}")


def test_bad_input():
    with pytest.raises(ValueError, match="label"):
        viz.slider(" ", ALT)
    with pytest.raises(ValueError, match="alt text"):
        viz.slider("x", "")
    with pytest.raises(ValueError, match="at least two"):
        make(("0.1",), (1,))
    with pytest.raises(ValueError, match="own value"):
        make(("0.1", "0.1"), (1, 2))
    with pytest.raises(ValueError, match=r"\['0.1', '0.5', '0.9'\]"):
        make(start="0.7")
    with pytest.raises(ValueError, match="alt text"):
        make().frame("1.0", alt="")


def test_an_error_in_a_frame_comes_out_and_shows_nothing(monkeypatch):
    with (
        pytest.raises(ZeroDivisionError),
        viz.slider("x", ALT) as made,
        made.frame("1", alt="a frame that fails"),
    ):
        raise ZeroDivisionError
    assert len(made) == 0


def test_frames_from_a_function():
    def draw(ax, value):
        ax.bar([0], [value])
        return f"A bar of height {value}"

    made = viz.frames(draw, [1, 2], label="height", alt=ALT, size=(2, 1), display=False)
    assert [step[1].alt for step in made.steps] == ["A bar of height 1", "A bar of height 2"]
    with pytest.raises(ValueError, match="alt text"):
        viz.frames(lambda ax, v: "", [1, 2], label="h", alt=ALT, size=(2, 1), display=False)


def test_widget_slider_calls_the_function():
    pytest.importorskip("ipywidgets")
    called = []
    box = viz.widgets.slider(called.append, [10, 20], label="n")
    box.children[0].value = 20
    assert called == [10, 20]
    with pytest.raises(ValueError, match="two"):
        viz.widgets.slider(called.append, [1], label="n")
