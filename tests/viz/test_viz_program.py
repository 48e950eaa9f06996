import numpy as np
import pandas as pd
import pytest
from _html import parse

from nesylib import viz

PICTURE = np.zeros((8, 8, 3), np.uint8)


def learned():
    from nesylib.rules import FoldSEM

    rows = np.array(list(np.ndindex(2, 2, 2)) * 4, bool)
    table = pd.DataFrame(rows, columns=["bed", "desk", "pillow"])
    label = np.where(rows[:, 0] & ~(rows[:, 1] & ~rows[:, 2]), "bedroom", "office")
    return FoldSEM().fit(table, label).program_, table


def test_a_learned_program_with_its_size():
    program, _ = learned()
    made = viz.show_program(program, "Learned from eight rows")
    tree = parse(made.repr_html())
    assert tree.find_all("pre")[0].text.strip() == str(program).strip()
    note = tree.find_all("p")[0].text
    assert note.startswith("Learned from eight rows. ")
    stats = program.stats()
    assert f"{stats['rules']} rule" in note and f"size {stats['size']}." in note


def test_program_text_and_nothing():
    assert parse(viz.show_program("a(X) :- b(X).").repr_html()).find_all("p") == []
    assert "no rules" in viz.show_program("").repr_html()


def test_explanation_of_a_real_program_beside_its_picture():
    program, table = learned()
    for row in (0, 6, 7):
        explanation = program.explain(table.iloc[row])
        made = viz.show_explanation(PICTURE, explanation, "A black square")
        tree = parse(made.repr_html())
        assert tree.find_all("img")[0].attrs["alt"] == "A black square"
        assert explanation.label in tree.text
        assert str(explanation) in str(made)


def test_explanation_as_text_is_escaped():
    tree = parse(viz.show_explanation(PICTURE, "a <b> c", "A black square").repr_html())
    assert tree.find_all("b") == [] and "a <b> c" in tree.text


def test_picture_may_bring_its_own_html():
    heat = viz.heat_overlay(PICTURE, np.zeros((2, 2)), "A flat heat-map", beside=False)
    tree = parse(viz.show_explanation(heat, "because", "").repr_html())
    assert tree.find_all("img")[0].attrs["alt"] == "A flat heat-map"


def test_picture_wants_an_alt():
    with pytest.raises(ValueError, match="alt text"):
        viz.show_explanation(PICTURE, "because", "")
