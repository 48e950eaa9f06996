"""Planting a cue, tying neurons to it, reading it off the rules, and the test by pairs."""

import numpy as np
import pytest
from small_bias import striped, table

from nesylib import bias
from nesylib.data import ImageSet
from nesylib.rules import FoldSEM, Program


def test_ties_find_the_cue_and_its_opposite_but_not_the_object():
    bits, y, cue = table()
    tied = bias.ties(bits, cue, y)
    assert tied.neurons().tolist() == [2, 5]
    assert tied.phi[2, 0] == pytest.approx(-tied.phi[5, 0])
    assert abs(tied.phi[2, 0]) == pytest.approx(1)
    assert tied.strength[4] == 0  # never on: tied to nothing
    assert tied.follows() == {2: ["cue 0"], 5: ["cue 0"]}
    assert list(tied.frame().columns) == ["cue 0"] and list(tied.frame().index) == [2, 5]


def test_without_labels_the_class_is_taken_for_the_cue():
    bits, _, cue = table()
    assert {0, 3} <= set(bias.ties(bits, cue).neurons().tolist())


def test_phi_is_the_correlation_within_one_class():
    bits, y, cue = table()
    rows = y == "bed"
    tied = bias.ties(bits[rows], cue[rows], y[rows])
    for d in (0, 1, 2, 3, 5):
        by_numpy = np.corrcoef(bits[rows, d], cue[rows] == tied.values[0])[0, 1]
        assert tied.phi[d, 0] == pytest.approx(by_numpy)


def test_chance_is_what_a_dealt_cue_reaches():
    """A cue that no neuron knows is rarely above chance: about one time in twenty."""
    rng = np.random.default_rng(0)
    bits, y, _ = table(300)
    above = [
        len(bias.ties(bits[:, :5], rng.integers(0, 3, 300), y, deals=60, seed=s).neurons()) > 0
        for s in range(40)
    ]
    assert sum(above) <= 6


def test_three_values_and_none():
    bits, y, _ = table()
    cue = np.arange(len(y)) % 3 - 1  # -1 is no cue
    tied = bias.ties(bits, cue, y, names={0: "red", 1: "blue"})
    assert tied.values == (0, 1) and tied.names == ("red", "blue")
    flags = bias.ties(bits, np.asarray(cue == 1), y)
    assert flags.values == (True,)


@pytest.mark.parametrize(
    "cue, labels, said",
    [
        (np.full(600, -1), None, "no picture shows the cue"),
        (np.zeros(600, bool), None, "no picture shows the cue"),
        (np.zeros(600, int), None, "pictures without it"),
        (np.arange(600) % 2, np.arange(600) % 2, "within each class the cue never differs"),
        (np.zeros(5, int), None, "give one for each"),
    ],
)
def test_cues_that_tell_nothing(cue, labels, said):
    with pytest.raises(ValueError, match=said):
        bias.ties(table()[0], cue, labels)


def test_ties_refuse_activations_and_too_few_deals():
    bits, y, cue = table()
    with pytest.raises(ValueError, match="binarize"):
        bias.ties(bits * 0.7, cue, y)
    with pytest.raises(ValueError, match="20 or more"):
        bias.ties(bits, cue, y, deals=3)


def test_rules_are_read_with_their_exceptions():
    bits, y, cue = table()
    tied = bias.ties(bits, cue, y)
    names = [f"x{d}" for d in range(6)]
    program = Program.from_text(
        "class(X,'bed') :- x0(X), not ab1(X).\nclass(X,'bath') :- not x2(X), x1(X).\n"
        "ab1(X) :- x5(X).",
        columns=FoldSEM().fit(bits, y, feature_names=names).program_.columns,
    )
    found = bias.cue_literals(program, tied)
    assert found.rule.tolist() == ["rule 2", "ab1"]
    assert found.literal.tolist() == ["not x2", "x5"]
    assert found.neuron.tolist() == [2, 5]
    assert found.label.tolist() == ["bath", ""]
    renamed = program.rename({"x2": "wall"})
    assert bias.cue_literals(renamed, tied).literal.tolist() == ["not wall", "x5"]
    clean = bias.drop_literals(program, [2, 5])
    assert len(bias.cue_literals(clean, tied)) == 0
    with pytest.raises(ValueError, match="6 columns, the ties are of 4"):
        bias.cue_literals(program, bias.ties(bits[:, :4], cue, y))


def test_reliance_counts_flips_and_where_they_go():
    found = bias.reliance(["a", "b", None, "b"], ["b", "b", "a", "c"], ["b", "b", "a", "a"])
    assert (found.flips, found.pulled, found.pairs) == (0.75, 0.5, 4)
    assert "75.0% of 4" in str(found) and "50.0%" in str(found)
    assert np.isnan(bias.reliance([1, 2], [1, 2]).pulled)
    with pytest.raises(ValueError, match="answers with the other cue"):
        bias.reliance([1, 2], [1])
    with pytest.raises(ValueError, match="one for each picture"):
        bias.reliance([], [])


def test_a_learner_of_the_cue_is_caught_and_one_of_the_object_is_not():
    bits, y, cue = table()
    program = FoldSEM().fit(bits, y).program_
    other = bits.copy()
    other[:, [2, 5]] = ~bits[:, [2, 5]]
    assert bias.reliance(program.predict(bits), program.predict(other)).flips > 0.2
    assert len(bias.cue_literals(program, bias.ties(bits, cue, y))) > 0
    alone = FoldSEM().fit(bits[:, :2], y).program_
    assert bias.reliance(alone.predict(bits[:, :2]), alone.predict(other[:, :2])).flips == 0


def test_planted_scenes_differ_in_the_cue_only():
    sets = bias.planted_scenes("P2", n=40, held_out=30, probe=20)
    tests = sets.tests()
    assert all((s.labels == sets.own.labels).all() for s in tests.values())
    assert all((s.concepts == sets.own.concepts).all() for s in tests.values())
    assert (sets.own.cue == sets.own.labels).all()
    assert (sets.counter.cue != sets.own.labels).all() and (sets.without.cue == -1).all()
    assert np.mean(sets.train.cue == sets.train.labels) > 0.8
    assert 0.2 < np.mean(sets.fair.cue == sets.fair.labels) < 0.8
    assert not set(sets.probe.ids) & set(sets.own.ids) | set(sets.probe.ids) & set(sets.train.ids)


def test_a_watermark_on_any_pictures():
    pictures = striped(40, 0)
    own = bias.plant(pictures, strength=1.0)
    other = bias.plant(pictures, strength=1.0, mode="conflicting")
    assert (own.cue == pictures.labels).all() and (other.cue == 1 - pictures.labels).all()
    corner = np.s_[:, :, -8:, -8:]
    rest = own.images.copy()
    rest[corner] = pictures.images[corner]
    assert (rest == pictures.images).all()
    assert (own.images[corner] != other.images[corner]).any(axis=(1, 2, 3)).all()
    none = bias.plant(pictures, mode="none")
    assert (none.images == pictures.images).all() and (none.cue == -1).all()
    part = np.array([3, 17])  # a picture's cue does not depend on its neighbours
    some, all_ = bias.plant(pictures.take(part), strength=0.5), bias.plant(pictures, strength=0.5)
    assert (some.cue == all_.cue[part]).all()
    with pytest.raises(ValueError, match="two classes"):
        bias.plant(ImageSet(pictures.images, np.zeros(40, int), ("one",)))
    with pytest.raises(ValueError, match="'badge' or 'band'"):
        bias.plant(pictures, kind="stripe")


def test_a_band_is_seen_along_the_lower_edge_only():
    pictures = striped(40, 0)
    own, other = (bias.plant(pictures, kind="band", strength=s) for s in (1.0, 0.0))
    assert (own.images[:, :, :-1] == pictures.images[:, :, :-1]).all()
    assert (own.images[:, :, -1] != other.images[:, :, -1]).any(axis=(1, 2)).all()


def test_answers_in_names_and_numbers_are_not_compared():
    names, numbers = ["bed", "bath", None], [0, 1, None]
    with pytest.raises(ValueError, match="never agree"):
        bias.reliance(names, numbers)
    with pytest.raises(ValueError, match="cue_after"):
        bias.reliance(names, names, numbers)
    with pytest.raises(ValueError, match="hold NaN"):
        bias.reliance([float("nan")], [float("nan")])


def test_a_cue_or_a_feature_that_is_nan_is_refused():
    bits, y, cue = table()
    holes = np.where(np.arange(len(cue)) % 9 == 0, np.nan, cue)
    with pytest.raises(ValueError, match="cues hold NaN"):
        bias.ties(bits, holes, y)
    with pytest.raises(ValueError, match="features hold NaN"):
        bias.concept_vectors(np.full((len(cue), 3), np.nan), cue, y)


def test_a_badge_fits_any_shape_and_any_number_of_classes():
    def black(height, width, classes=2):
        images = np.zeros((4, 3, height, width), np.uint8)
        names = tuple(map(str, range(classes)))
        return ImageSet(images, np.arange(4) % 2 + classes - 2, names)

    for height, width in ((40, 20), (20, 40), (24, 24)):
        seen = bias.plant(black(height, width)).images.any((0, 1))
        rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
        assert len(rows) == len(columns) == 5
        assert rows[-1] == height - 2 and columns[-1] == width - 2
    assert bias.plant(black(24, 24, 200), strength=1.0).cue.tolist() == [198, 199, 198, 199]
    with pytest.raises(ValueError, match="4 x 9 pixels hold no badge"):
        bias.plant(black(4, 9))
