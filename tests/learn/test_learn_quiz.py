import pytest
from _html import parse

from nesylib import learn

OPTIONS = (learn.Option("one <b>", "No: `a < b`."), learn.Option("two", "Yes.", right=True))
COMMON = {
    "name": "x.q",
    "title": "A question",
    "task": "Read.",
    "difficulty": 1,
    "importance": 1,
    "minutes": 1,
    "skip_if": "you know.",
    "hints": ("think",),
    "reason": "Because.",
}


def test_quiz_markup():
    made = learn.quiz("Which & why?", OPTIONS)
    tree = parse(made.repr_html())
    assert tree.find_all("legend")[0].text == "Which & why?"
    radios = tree.find_all("input", type="radio")
    assert len(radios) == 2 and len({radio.attrs["name"] for radio in radios}) == 1
    assert all(radio.parent.tag == "label" for radio in radios)
    assert [d.text for d in tree.find_all("dd")] == ["No: a < b.", "Yes."]
    assert tree.find_all("p", role="status")
    assert tree.find_all("b") == []
    assert "(b) two" in str(made)


def test_two_quizzes_share_no_name():
    page = learn.quiz("One?", OPTIONS).repr_html() + learn.quiz("Two?", OPTIONS).repr_html()
    assert len({radio.attrs["name"] for radio in parse(page).find_all("input")}) == 2


@pytest.mark.parametrize(
    ("question", "options", "said"),
    [
        (" ", OPTIONS, "needs a question"),
        ("Q?", OPTIONS[:1], "two or more"),
        ("Q?", (OPTIONS[0], OPTIONS[0]), "exactly one"),
        ("Q?", (OPTIONS[1], OPTIONS[1]), "exactly one"),
        ("Q?", (OPTIONS[1], learn.Option("x", "")), "feedback"),
    ],
)
def test_a_bad_quiz_is_refused(question, options, said):
    with pytest.raises(ValueError, match=said):
        learn.quiz(question, options)
    with pytest.raises(ValueError, match=said):
        learn.Predict(question=question, options=options, **COMMON)


def test_predict():
    ex = learn.Predict(question="Q?", options=OPTIONS, **COMMON)
    for answer in ("b", " (B) ", "Two"):
        assert str(ex.check(answer)) == "Correct. Yes."
    assert ex.check("a").message == "(a) one <b> No: `a < b`."
    assert "letters a, b" in ex.check("c").message
    assert "This is an int" in ex.check(2).message
    assert str(ex.solution()) == "(b) two\nBecause."
    assert parse(ex.repr_html()).find_all("form")
