"""Measured numbers: spread, merging, reading back, and refusals."""

import numpy as np
import pytest

from nesylib import record

OPTIONS = dict(unit="share", tolerance=0.02, tier="demo", command="make x", device="CPU")


@pytest.fixture(autouse=True)
def results(tmp_path, monkeypatch):
    monkeypatch.setenv("NESYLIB_RESULTS", str(tmp_path))
    return tmp_path


def test_mean_and_sample_spread_over_seeds():
    m = record.measure("a/b/c/accuracy", [0.8, 0.9, 1.0], seeds=[0, 1, 2], **OPTIONS)
    assert m.value == pytest.approx(0.9) and m.spread == pytest.approx(0.1) and m.n_seeds == 3
    assert str(m) == "90.0 ± 10.0 %"


def test_values_may_be_a_numpy_array_or_number():
    seeds = np.arange(2)
    m = record.measure("a/b/c/accuracy", np.array([0.5, 1.0]), seeds=seeds, **OPTIONS)
    assert m.values == (0.5, 1.0) and m.seeds == (0, 1)
    assert record.measure("a/b/c/accuracy", np.float32(0.5), **OPTIONS).value == 0.5


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (12, "count", "12"),
        (2.5, "count", "2.5"),
        (1234.4, "1/s", "1,234 /s"),
        (0.25, "s", "0.25 s"),
    ],
)
def test_units_print_as_people_write_them(value, unit, text):
    assert str(record.measure("a/b/c/d", value, **(OPTIONS | dict(unit=unit)))) == text


def test_saving_merges_by_key_and_reads_back_equal(results):
    first = record.measure("a/b/c/x", 0.5, **OPTIONS)
    record.save("chapter", [first, record.measure("a/b/c/y", 0.1, **OPTIONS)])
    newer = record.measure("a/b/c/y", 0.2, **OPTIONS)
    record.save("chapter", [newer])
    assert record.load("chapter") == [first, newer]
    assert record.get("chapter", "a/b/c/y") == newer
    assert list(record.to_frame("chapter")["value"]) == ["50.0 %", "20.0 %"]
    with pytest.raises(KeyError, match="a/b/c/x"):
        record.get("chapter", "a/b/c/z")
    with pytest.raises(FileNotFoundError, match="chapter"):
        record.load("other")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict(key="accuracy"), "area/data/method/measure"),
        (dict(values=[float("nan")]), "finite"),
        (dict(values=[0.1, 0.2]), "2 values for 1 seeds"),
        (dict(unit="%"), "share"),
        (dict(tier="quick"), "fast, demo, full"),
    ],
)
def test_numbers_without_provenance_are_refused(change, message):
    arguments = dict(key="a/b/c/d", values=0.5) | OPTIONS | change
    with pytest.raises(ValueError, match=message):
        record.measure(arguments.pop("key"), arguments.pop("values"), **arguments)


def test_the_same_key_twice_is_a_mistake():
    m = record.measure("a/b/c/x", 0.5, **OPTIONS)
    with pytest.raises(ValueError, match="twice"):
        record.save("chapter", [m, m])


def test_no_key_is_recorded_twice_in_the_book(monkeypatch):
    monkeypatch.delenv("NESYLIB_RESULTS")
    keys = [m.key for chapter in record.chapters() for m in record.load(chapter)]
    assert len(keys) == len(set(keys)) > 0
