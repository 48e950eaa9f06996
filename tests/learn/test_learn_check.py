import os
import subprocess
import sys

import numpy as np
import pytest
from _html import parse

from nesylib import learn
from nesylib.learn.build import equal, show
from nesylib.learn.exercise import source
from nesylib.learn.words import prose


def stub(x):
    raise NotImplementedError


def double(x):
    return x * 2


COMMON = {
    "title": "Double <it>",
    "task": "Write `double(x)`.\n\n    y = x < 3\n\nThat is all.",
    "difficulty": 1,
    "importance": 2,
    "minutes": 3,
    "skip_if": "you can.",
    "hints": ("first `a`", "second <b>"),
    "reason": "Twice is `* 2`.",
}


def build(*cases, **changes):
    return learn.Build(
        name="x.double", stub=stub, solution_code=double, cases=cases, **{**COMMON, **changes}
    )


DOUBLE = build(
    learn.Case((2,), 4),
    learn.Case((np.array([1, 2]),), np.array([2, 4]), "Every element."),
    learn.Case(("a",), raises=TypeError, why="Texts are no numbers."),
)


def careful(x):
    if isinstance(x, str):
        raise TypeError
    return x * 2


def test_right_answer():
    result = DOUBLE.check(careful)
    assert result.passed and result
    assert str(result).startswith("Correct. All 3 cases agree.")


def in_place(x):
    x *= 2
    return x


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (..., "no answer yet"),
        (None, "no answer yet"),
        (4, "This is an int, not a function"),
        ([1], "This is a list, not a function"),
        (stub, "isn't written yet"),
        (lambda x: x + 1, "(2)\nexpected: 4\ngot: 3"),
        (lambda x: None, "Is there a `return`?"),
        (lambda x: x / 0, "ZeroDivisionError"),
        (lambda: 1, "TypeError"),
        (
            lambda x: 4 if x is not None and np.ndim(x) == 0 else [2, 4],
            "expected: an array\ngot: a list",
        ),
        (
            lambda x: x * 2 if np.ndim(x) == 0 else x[:1],
            "of shape (2,)\ngot: an array of shape (1,)",
        ),
        (double, "expected: a TypeError\ngot: 'aa'\nTexts are no numbers."),
        (in_place, "work on a copy"),
    ],
)
def test_wrong_answers_are_told_why(answer, said):
    result = DOUBLE.check(answer)
    assert not result
    assert said in result.message
    assert "Traceback" not in result.message
    assert len(result.message.splitlines()) <= 6


def test_the_failing_line_of_the_reader_is_named(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("def mine(x):\n    y = {}\n    return y['gone']\n")
    space = {}
    exec(compile(path.read_text(), str(path), "exec"), space)
    message = DOUBLE.check(space["mine"]).message
    assert "KeyError: 'gone'" in message
    assert "in line 3: return y['gone']" in message


def test_arguments_are_fresh_for_every_reader():
    case = learn.Case((np.array([1.0]),), np.array([2.0]))
    ex = build(case)
    assert "changed its input" in ex.check(in_place).message
    assert case.args[0].tolist() == [1.0]
    assert ex.check(double)


class Rude:
    def __eq__(self, other):
        raise RuntimeError("no")

    def __repr__(self):
        raise RuntimeError("no")

    __hash__ = None


def test_check_never_raises():
    result = DOUBLE.check(lambda x: Rude())
    assert not result and "RuntimeError" in result.message


def test_strict_raises_the_message():
    with pytest.raises(AssertionError, match="expected: 4"):
        DOUBLE.check(lambda x: 5, strict=True)
    assert DOUBLE.check(careful, strict=True)


def test_a_bit_is_no_text_and_nan_is_nan():
    assert equal(True, np.True_) and equal(True, 1)
    assert not equal(True, "True") and not equal(False, None) and not equal(False, "")
    assert equal(np.array([np.nan, 1]), np.array([np.nan, 1]))
    assert equal({"a": np.eye(2)}, {"a": np.eye(2)})
    assert not equal((1, 2), (1, 2, 3)) and not equal({"a": 1}, {"b": 1})


def test_show_is_short_and_safe():
    assert len(show(list(range(10_000)))) <= 600
    assert "raises RuntimeError" in show(Rude())


def test_hints_come_one_by_one():
    ex = build(learn.Case((2,), 4))
    assert [str(ex.hint()) for _ in range(3)] == [
        "Hint 1 of 2. 1 more.\nfirst `a`",
        "Hint 2 of 2. That was the last one; ex.solution() shows the rest.\nsecond <b>",
        "Hint 2 of 2. That was the last one; ex.solution() shows the rest.\nsecond <b>",
    ]


def test_solution_is_the_source_and_the_reason():
    ex = build(learn.Case((2,), 4))
    assert str(ex.solution()) == "def double(x):\n    return x * 2\nTwice is `* 2`."
    tree = parse(ex.solution().repr_html())
    assert tree.find_all("pre")[0].text == source(double)


def test_card():
    tree = parse(DOUBLE.repr_html())
    assert "Double <it>" in tree.text and "Build" in tree.text
    assert [e.attrs["aria-label"] for e in tree.find_all("span", role="img")] == [
        "1 of 5",
        "2 of 5",
    ]
    assert "about 3 minutes" in tree.text and "Skip it if you can." in tree.text
    assert "def stub(x):" in tree.text
    folds = [fold.text for fold in tree.find_all("summary")]
    assert folds == ["Hint 1 of 2", "Hint 2 of 2", "Solution"]
    plain = parse(DOUBLE.card(folds=False).repr_html())
    assert "def double" not in plain.text and plain.find_all("details") == []
    assert "Double <it>" in DOUBLE._repr_mimebundle_()["text/plain"]


def test_result_html():
    for result in (DOUBLE.check(careful), DOUBLE.check(lambda x: "<b>")):
        tree = parse(result.repr_html())
        assert tree.find_all("div", role="status") and tree.find_all("b") == []
        assert result.message in tree.text


def test_prose():
    tree = parse(prose("\n  One `a < b`\n  line.\n\n      x < 1\n\n  Two."))
    assert [p.text for p in tree.find_all("p")] == ["One a < b line.", "Two."]
    assert [c.text for c in tree.find_all("code")] == ["a < b"]
    assert tree.find_all("pre")[0].text == "x < 1"


@pytest.mark.parametrize(
    "changes", [{"difficulty": 0}, {"importance": 6}, {"hints": ()}, {"task": " "}, {"skip_if": ""}]
)
def test_an_exercise_must_be_complete(changes):
    with pytest.raises(ValueError, match=r"x\.double"):
        build(**changes)


def test_emphasis_is_for_words_and_not_for_sums_or_code():
    assert prose("A rule for *flies* and *two words*.") == (
        "<p>A rule for <em>flies</em> and <em>two words</em>.</p>"
    )
    assert "<em>" not in prose("Take 2 * 3 * 4, or `a*b*c`, or **kwargs** and f(*args, *more).")
    assert "<script" not in prose("*<script>*")


def test_none_is_no_missing_return_where_none_is_an_answer():
    from nesylib import learn

    message = str(learn.exercise("literals.score").check(lambda *_: None))
    assert "`return`" not in message and "got: None" in message
    assert "`return`" in str(learn.exercise("quickstart.binarize").check(lambda C: None))


SETS = """
from nesylib import learn
from nesylib.learn.build import show
words = ["bed", "lamp", "sink", "stove", "table", "pillow"]
print(show({"a": [set(words), (frozenset(words),)], "b": {1, "one", None, (2, "two")}}))
print(show({frozenset("pq"), frozenset("rs"), frozenset("tuv")}))
exercise = learn.exercise("logic_programs.is_answer_set")
print(exercise.check(lambda program, guess: None))
"""


def test_sets_are_shown_in_order_whatever_the_hash_seed():
    shown = set()
    for seed in ("1", "2", "3"):
        done = subprocess.run(
            [sys.executable, "-c", SETS],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        shown.add(done.stdout)
    assert len(shown) == 1
    assert "{'bed', 'lamp', 'pillow', 'sink', 'stove', 'table'}" in shown.pop()


@pytest.mark.parametrize(
    "value",
    [set(), frozenset(), {3, 1}, (1,), (), [(), [set()]], {"a": {1: "b"}}, {1.5}, "it's", [None]],
)
def test_shown_values_read_back(value):
    shown = show(value)
    assert eval(shown) == value and type(eval(shown)) is type(value)


def test_a_list_within_itself_is_shown():
    endless = [1]
    endless.append(endless)
    assert show(endless) == "[1, ...]"
