import pytest

from nesylib import learn
from nesylib.learn import registry


def test_names():
    assert "quickstart.binarize" in learn.names()
    assert set(learn.names("quickstart")) <= set(learn.names())
    assert learn.names("nowhere") == []


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("quickstart.binarise", "did you mean 'quickstart.binarize'"),
        ("binarize", "quickstart.binarize"),
        ("zzzz", "there are \\['.*'quickstart"),
    ],
)
def test_unknown_names_get_near_ones(asked, said):
    with pytest.raises(ValueError, match=said):
        learn.exercise(asked)


def test_every_reader_gets_their_own_hints():
    one, two = (learn.exercise("quickstart.binarize") for _ in range(2))
    one.hint()
    assert (one.shown, two.shown) == (1, 0)
    assert learn.exercise("quickstart.binarize").shown == 0


def test_a_misnamed_exercise_is_refused(monkeypatch):
    from nesylib.learn.exercises import quickstart

    monkeypatch.setattr(quickstart, "EXERCISES", quickstart.EXERCISES * 2)
    registry._all.cache_clear()
    try:
        with pytest.raises(ValueError, match="once"):
            learn.names()
    finally:
        registry._all.cache_clear()
