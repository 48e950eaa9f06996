import numpy as np
import pandas as pd
import pytest
from _html import parse

from nesylib import viz
from nesylib.viz.html import Html, as_html, check_alt, css

NASTY = "<script>alert('1')</script> & \"q\""
PROGRAM = (
    "class(X,'bed<room>') :- bed(X), not ab1(X).\n"
    "ab1(X) :- desk(X), not 'it''s'(X), N0 =< 2.5.  % why & so\n"
    "class(X,'other')."
)


def test_table_escapes_and_labels():
    frame = pd.DataFrame({NASTY: [NASTY, "b"], "accuracy": [0.91234, np.nan], "n": [12, 1200]})
    tree = parse(viz.table(frame, caption=NASTY).repr_html())
    assert tree.find_all("script") == []
    assert [th.text for th in tree.find_all("th", scope="col")] == [NASTY, "accuracy", "n"]
    assert [td.text for td in tree.find_all("td")] == [NASTY, "0.912", "12", "b", "–", "1200"]
    assert tree.find_all("caption")[0].text == NASTY
    region = tree.find_all("div", role="region")[0]
    assert region.attrs["tabindex"] == "0" and region.attrs["aria-label"] == NASTY


def test_table_shows_an_index_that_says_something():
    frame = pd.DataFrame({"a": [1]}, index=pd.Index(["row"], name="which"))
    tree = parse(viz.table(frame, caption="One row").repr_html())
    assert tree.find_all("th", scope="row")[0].text == "row"
    assert tree.find_all("th", scope="col")[0].text == "which"
    hidden = parse(viz.table(frame, caption="One row", index=False).repr_html())
    assert hidden.find_all("th", scope="row") == []


def test_table_takes_what_pandas_takes_and_wants_a_caption():
    assert "<td" in viz.table([{"a": 1}], caption="One").repr_html()
    with pytest.raises(ValueError, match="table needs"):
        viz.table([{"a": 1}], caption=" ")


def test_rule_box_says_exactly_the_program():
    box = viz.rule_box(PROGRAM)
    tree = parse(box.repr_html())
    assert tree.find_all("pre")[0].text.rstrip("\n") == PROGRAM
    spans = {(span.attrs["class"], span.text) for span in tree.find_all("span")}
    assert ("nesy-not", "not") in spans
    assert ("nesy-ab", "ab1") in spans
    assert ("nesy-head", "class") in spans
    assert ("nesy-text", "'bed<room>'") in spans
    assert ("nesy-text", "'it''s'") in spans
    assert ("nesy-comment", "% why & so") in spans
    assert str(box) == PROGRAM


def test_a_name_that_holds_not_is_no_not():
    tree = parse(viz.rule_box("a(X) :- notebook(X), knot(X).").repr_html())
    assert tree.find_all("span", **{"class": "nesy-not"}) == []


def test_plain_strings_are_text_never_markup():
    both = viz.side_by_side(NASTY, viz.rule_box("a(X) :- b(X)."))
    tree = parse(both.repr_html())
    assert tree.find_all("script") == []
    assert tree.find_all("p")[0].text == NASTY
    assert "a(X) :- b(X)." in str(both)


def test_as_html_asks_the_thing():
    class Knows:
        def to_html(self):
            return "<b>x</b>"

    assert as_html(Knows()) == "<b>x</b>"
    assert as_html(Html("<i>y</i>")) == "<i>y</i>"


def test_unknown_style_part_is_named():
    with pytest.raises(ValueError, match="'picture'"):
        css("pictures")


def test_style_sheet_reaches_no_network_and_only_our_classes():
    text = css("picture", "grid", "table", "rules", "sides")
    assert "url(" not in text and "@import" not in text and "http" not in text
    body = text.removeprefix("<style>").removesuffix("</style>")
    selectors = [chunk.split("{")[0] for chunk in body.split("}") if chunk.strip()]
    assert all("nesy" in part for chunk in selectors for part in [chunk])
    assert "DARK" not in text


@pytest.mark.parametrize("alt", ["An alt of words", "  spread \n over lines  "])
def test_alt_is_one_line(alt):
    assert check_alt(alt) == " ".join(alt.split())
