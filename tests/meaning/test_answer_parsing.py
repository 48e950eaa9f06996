"""A model's answer is read strictly."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nesylib.meaning.labellers.parsing import AnswerError, parse_names

WORDS = ("bed", "traffic_light", "Sofa")


def answer(*pairs):
    return json.dumps({"names": [{"name": n, "pictures": c} for n, c in pairs]})


def test_names_with_the_share_of_pictures_best_first():
    found = parse_names(answer(("lamp", 3), ("bed", 9)), 10)
    assert found == [("bed", 0.9), ("lamp", 0.3)]


def test_no_name_is_an_answer():
    assert parse_names('{"names": []}', 10) == []
    assert parse_names(answer(("bed", 0)), 10) == []


def test_a_code_fence_is_allowed_and_nothing_else():
    assert parse_names(f"```json\n{answer(('bed', 5))}\n```", 10) == [("bed", 0.5)]
    with pytest.raises(AnswerError, match="not JSON"):
        parse_names(f"Here you are: {answer(('bed', 5))}", 10)


def test_words_of_the_list_come_back_as_they_stand_there():
    found = parse_names(answer(("Traffic  LIGHT", 4), ("sofa", 3), ("ｂｅｄ", 2)), 10, words=WORDS)
    assert [name for name, _ in found] == ["traffic_light", "Sofa", "bed"]


def test_words_beside_the_list_are_left_out_and_told_if_nothing_is_left():
    assert parse_names(answer(("couch", 9), ("bed", 2)), 10, words=WORDS) == [("bed", 0.2)]
    with pytest.raises(AnswerError, match="'couch' is not on the list"):
        parse_names(answer(("couch", 9)), 10, words=WORDS)


def test_a_name_twice_counts_once():
    assert parse_names(answer(("bed", 2), ("Bed", 9), ("BED", 5)), 10, words=WORDS) == [
        ("bed", 0.9)
    ]
    assert parse_names(answer(("bed", 2), ("bed ", 9)), 10) == [("bed", 0.9)]


def test_at_most_so_many():
    many = answer(*((f"thing {c}", n) for n, c in enumerate("abcdefgh")))
    assert parse_names(many, 10, at_most=2) == [("thing h", 0.7), ("thing g", 0.6)]


@pytest.mark.parametrize(
    "name", ["床", "kísbútor", "chaise-longue", "cat's eye", "שולחן", "2 lamps"]
)
def test_names_of_any_script_of_the_world(name):
    assert parse_names(answer((name, 1)), 1) == [(name, 1.0)]


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>", "bed\n:- not bed", "$x$", "a" * 41, "", "  ", "42", "--",
        "be\u202ed", "bed\u0000", "![x](http://e)", "bed.", "🛏", "a\u200bb", "{{bed}}",
    ],
)  # fmt: skip
def test_a_free_name_that_is_no_word_is_refused(name):
    with pytest.raises(AnswerError, match="is not a word") as caught:
        parse_names(answer((name, 1)), 1)
    assert str(caught.value).isprintable() and len(str(caught.value)) < 80


@pytest.mark.parametrize(
    "text, said",
    [
        ("", "not JSON"),
        ("null", "not {"),
        ("[]", "not {"),
        ('{"names": "bed"}', "not {"),
        ('{"names": [], "why": ""}', "not {"),
        ('{"names": ["bed"]}', "a name is not"),
        ('{"names": [{"name": "bed"}]}', "a name is not"),
        ('{"names": [{"name": 5, "pictures": 1}]}', "no text"),
        ('{"names": [{"name": "bed", "pictures": true}]}', "no whole number"),
        ('{"names": [{"name": "bed", "pictures": 1.0}]}', "no whole number"),
        ('{"names": [{"name": "bed", "pictures": "9"}]}', "no whole number"),
        ('{"names": [{"name": "bed", "pictures": 11}]}', "not from 0 to 10"),
        ('{"names": [{"name": "bed", "pictures": -1}]}', "not from 0 to 10"),
        ('{"names": [{"name": "bed", "pictures": NaN}]}', "NaN"),
        ('{"names": [], "names": []}', "twice"),
        ('{"names": [' + ",".join(['{"name": "b", "pictures": 1}'] * 21) + "]}", "21 names"),
        ("[" * 100_000, "not JSON"),
        ('{"names": [{"name": "bed", "pictures": ' + "9" * 5000 + "}]}", "(not JSON|not from 0)"),
    ],
)
def test_answers_that_are_refused(text, said):
    with pytest.raises(AnswerError, match=said) as caught:
        parse_names(text, 10)
    assert len(str(caught.value)) < 100


@settings(max_examples=60, deadline=None)
@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["names", "name", "pictures"]) | st.text(), inner, max_size=3),
    max_leaves=8,
))  # fmt: skip
def test_whatever_json_comes_names_are_on_the_list_or_there_is_a_reason(data):
    try:
        found = parse_names(json.dumps(data), 10, words=WORDS)
    except AnswerError:
        return
    assert all(name in WORDS and 0 < score <= 1 for name, score in found)
