"""Labels: what they refuse, and what they write."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nesylib.meaning import Labels
from nesylib.meaning.labels import identifier
from nesylib.rules.names import IDENTIFIER


def test_names_come_best_first_and_neurons_in_order():
    labels = Labels({7: [("bed", 0.2), ("pillow", 0.5)], 2: [("sink", 1)]}, {4: "never on"})
    assert labels.names == {2: [("sink", 1.0)], 4: [], 7: [("pillow", 0.5), ("bed", 0.2)]}
    assert labels.best() == {2: "sink", 7: "pillow"}


def test_a_neuron_without_names_says_why():
    labels = Labels({1: [], 2: []}, {2: "never on"})
    assert labels.missing == {1: "no name fits", 2: "never on"}


def test_written_as_nesyfold_writes_predicates():
    labels = Labels({1: [("bed", 0.5), ("pillow", 0.4)], 5: [("bed", 0.9)], 6: []})
    assert labels.written() == {1: "bed1_pillow1", 5: "bed2"}
    assert labels.written("readable") == {1: "bed and pillow", 5: "bed"}


def test_three_names_read_as_a_list():
    labels = Labels({0: [("bed", 3), ("pillow", 2), ("lamp", 1)]})
    assert labels.written("readable")[0] == "bed, pillow and lamp"


def test_a_number_in_a_name_does_not_meet_the_running_number():
    labels = Labels({0: [("c", 1)], 1: [("c1", 1)], 2: [("c 1", 1)], 3: [("c1_", 1)]})
    assert len(set(labels.written().values())) == 4


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.lists(st.text(min_size=1), min_size=1, max_size=3, unique=True), max_size=6).filter(
        lambda found: all(name.split() for names in found for name in names)
    )
)
def test_any_names_become_different_plain_predicates(found):
    try:
        labels = Labels({i: [(name, 1.0) for name in names] for i, names in enumerate(found)})
    except ValueError as error:
        assert "twice" in str(error) or "blank" in str(error)  # the same once blanks are one blank
        return
    written = labels.written()
    assert len(set(written.values())) == len(found)
    assert all(IDENTIFIER.match(text) for text in written.values())


def test_control_and_direction_characters_are_spelled_out():
    labels = Labels({0: [("be\u202ed\x1b[31m", 1)]}, {1: "line\nbreak"})
    assert labels.best()[0] == "be\\u202ed\\u001b[31m"
    assert labels.missing[1] == "line\\u000abreak"


def test_a_script_is_text_in_the_table():
    frame = Labels({0: [("<script>alert(1)</script>", 1)]}, {1: "<img src=x>"}).frame()
    page = frame._repr_html_()
    assert "<script>alert" not in page and "&lt;script&gt;alert" in page and "<img" not in page
    assert frame.loc[1, "missing"] == "<img src=x>" and np.isnan(frame.loc[1, "score"])


def test_the_table_of_no_labels_has_its_columns():
    assert list(Labels({}).frame()) == ["name", "score", "other names", "missing"]


@pytest.mark.parametrize(
    "names, missing, said",
    [
        ({0: [(" ", 1)]}, {}, "blank"),
        ({0: [("a", 1), ("a ", 2)]}, {}, "twice"),
        ({0: [("a", float("nan"))]}, {}, "finite"),
        ({-1: []}, {}, "whole number"),
        ({True: []}, {}, "whole number"),
        ({"n1": []}, {}, "whole number"),
        ({0: [("a", 1)]}, {0: "why"}, "reason"),
    ],
)
def test_what_labels_refuse(names, missing, said):
    with pytest.raises(ValueError, match=said):
        Labels(names, missing)


def test_an_unknown_style_is_told():
    with pytest.raises(ValueError, match="code, readable"):
        Labels({}).written("latex")


@pytest.mark.parametrize(
    "name, word",
    [
        ("Traffic Light", "traffic_light"),
        ("Café", "cafe"),
        ("3 chairs", "c_3_chairs"),
        ("床", "concept"),
    ],
)
def test_identifiers(name, word):
    assert identifier(name) == word


@pytest.mark.parametrize("pairs", ["bed", ["bed"], ["ab"], [("bed",)], [3], None])
def test_what_is_no_pair_is_told(pairs):
    with pytest.raises(ValueError, match=r"neuron 0 needs \(name, score\) pairs"):
        Labels({0: pairs})
