"""Numbers about maps: against pairs compared one by one, and on maps made by hand."""

from itertools import combinations

import numpy as np
import pytest

from nesylib.symbols import (
    attended,
    class_spread,
    consistency,
    on_objects,
    symbol_agreement,
    symbol_objects,
)


@pytest.fixture
def rng():
    return np.random.default_rng(5)


@pytest.mark.parametrize("within_class", [False, True])
def test_consistency_is_the_mean_over_pairs(rng, within_class):
    maps, symbols = rng.random((40, 2, 3, 3)), rng.integers(0, 3, (40, 2))
    labels = rng.integers(0, 2, 40)
    found = consistency(maps, symbols, inside=labels if within_class else None)
    assert len(found) == 6
    for row in found.itertuples():
        flat = maps[:, row.position].reshape(40, 9)
        near = np.corrcoef(flat)
        own = symbols[:, row.position] == row.group
        pairs = [
            (near[a, b], own[a], own[b])
            for a, b in combinations(range(40), 2)
            if not within_class or labels[a] == labels[b]
        ]
        assert row.pictures == own.sum()
        assert row.within == pytest.approx(np.mean([r for r, a, b in pairs if a and b]))
        assert row.across == pytest.approx(np.mean([r for r, a, b in pairs if a != b]))
        assert row.gain == pytest.approx(row.within - row.across)


def test_what_consistency_tells_apart(rng):
    symbols = np.repeat([0, 1], 20)[:, None]
    same = np.broadcast_to(rng.random((1, 1, 4, 4)), (40, 1, 4, 4))
    assert consistency(same, symbols)["within"].tolist() == pytest.approx([1, 1])
    assert consistency(same, symbols)["gain"].tolist() == pytest.approx([0, 0], abs=1e-12)
    kinds = rng.random((2, 1, 4, 4))[symbols[:, 0]]
    assert (consistency(kinds, symbols)["gain"] > 0.5).all()
    # a symbol that is the class gains nothing within the class: there is no pair across
    assert consistency(kinds, symbols, inside=symbols[:, 0])["gain"].isna().all()
    assert len(consistency(kinds, symbols, least=21)) == 0
    flat = consistency(np.ones((40, 1, 4, 4)), symbols)
    assert (flat[["within", "across"]] == 0).all(axis=None)


def test_a_group_may_be_the_class(rng):
    maps, labels = rng.random((30, 2, 3, 3)), rng.integers(0, 2, 30)
    both = consistency(maps, np.stack([labels, labels], 1))
    np.testing.assert_allclose(consistency(maps, labels)["within"], both["within"])


def test_attended_is_a_mean_under_the_map(rng):
    tokens = rng.random((3, 5, 2)).astype(np.float32)
    maps = np.zeros((3, 3, 2, 2))
    maps[:, 0, 1, 0] = 0.3  # one patch alone, the third
    maps[:, 1] = 1.0
    found = attended(tokens, maps)
    np.testing.assert_allclose(found[:, 0], tokens[:, 3], atol=1e-6)
    np.testing.assert_allclose(found[:, 1], tokens[:, 1:].mean(1), atol=1e-6)
    np.testing.assert_allclose(found[:, 2], tokens[:, 1:].mean(1), atol=1e-6)


def test_agreement_and_spread(rng):
    symbols = np.array([[1, 4], [1, 5], [1, 6], [2, 7], [3, 7]])
    labels = np.array([0, 0, 0, 1, 1])
    assert symbol_agreement(symbols, labels).tolist() == [[1, 0], [0, 1]]
    assert np.isnan(symbol_agreement(symbols[:4], labels[:4])[1]).all()
    features = np.concatenate([rng.normal(0, 0.1, (500, 3)), rng.normal(0, 3, (500, 3))])
    tight, wide = class_spread(features, np.repeat([0, 1], 500))
    assert tight < 0.01 and wide > 1.5
    assert class_spread(features, np.zeros(1000)).tolist() == pytest.approx([1.0])


def test_shares_on_objects():
    masks = np.zeros((1, 4, 4), np.uint8)
    masks[0, :2, :2] = 1  # the first patch shows object 0 whole
    masks[0, 2, 2:] = 2  # the last one is half object 1
    maps = np.zeros((1, 3, 2, 2))
    maps[0, 0] = 1.0
    maps[0, 1, 1, 1] = 0.2
    shares, areas = on_objects(maps, masks, 2)
    assert areas.tolist() == [[0.25, 0.125]]
    assert shares[0, 0].tolist() == [0.25, 0.125]  # a map without opinion has the areas
    assert shares[0, 1].tolist() == [0.0, 0.5]
    assert np.isnan(shares[0, 2]).all()
    below = maps.copy()
    below[0, 1, 0, 0] = -5
    np.testing.assert_array_equal(on_objects(below, masks, 2)[0][0, 1], [0.0, 0.5])


def test_the_object_of_a_symbol_and_its_control():
    masks = np.zeros((40, 4, 4), np.uint8)
    masks[:, :2, :2], masks[:, 2:, 2:] = 1, 2  # both objects in every picture, a quarter each
    symbols = np.repeat([[7, 1], [9, 1]], 20, axis=0)
    labels = np.tile(["a", "b"], 20)
    maps = np.ones((40, 2, 2, 2))
    maps[:20, 0], maps[20:, 0] = 0, 0
    maps[:20, 0, 1, 1] = 1  # symbol 7 looks at object 1
    maps[20:, 0, 0, 0] = 1  # symbol 9 at object 0
    found = symbol_objects(symbols, maps, masks, labels, ["bed", "lamp"]).set_index("symbol")
    assert found.loc[7, "object"] == "lamp" and found.loc[9, "object"] == "bed"
    assert found.loc[7, "attention"] == 1 and found.loc[7, "surplus"] == 0.75
    assert found.loc[7, "others"] == -0.25 and found.loc[7, "purity"] == 0.5
    assert found.loc[1, "surplus"] == 0 and np.isnan(found.loc[1, "others"])
    assert found["pictures"].tolist() == [20, 20, 40]
    assert len(symbol_objects(symbols, maps, masks, labels, ["bed", "lamp"], least=21)) == 1


def test_the_control_has_the_same_classes():
    """Class b looks at the bed whatever the symbol; a symbol of class b must gain nothing."""
    masks = np.zeros((60, 2, 2), np.uint8)
    masks[:, 0, 0] = 1
    labels = np.repeat([0, 1], [30, 30])
    symbols = np.concatenate([np.full(30, 3), np.full(15, 4), np.full(15, 3)])[:, None]
    maps = np.ones((60, 1, 2, 2))
    maps[30:] = 0
    maps[30:, 0, 0, 0] = 1
    found = symbol_objects(symbols, maps, masks, labels, ["bed"]).set_index("symbol")
    assert found.loc[4, "surplus"] == found.loc[4, "others"] == 0.75


def test_bad_input_is_told(rng):
    maps, labels = rng.random((6, 2, 2, 2)), np.arange(6) % 2
    symbols = np.zeros((6, 2), int)
    with pytest.raises(ValueError, match=r"\(6,\) or \(6, 2\)"):
        consistency(maps, symbols[:3])
    with pytest.raises(ValueError, match="at least 2"):
        consistency(maps, symbols, least=1)
    with pytest.raises(ValueError, match="one entry a picture"):
        consistency(maps, symbols, inside=labels[:3])
    with pytest.raises(ValueError, match="NaN"):
        consistency(np.full((6, 2, 2, 2), np.nan), symbols)
    with pytest.raises(ValueError, match="one a patch"):
        attended(rng.random((6, 4, 3)), maps)
    with pytest.raises(ValueError, match="clip them"):
        attended(rng.random((6, 5, 3)), -maps)
    with pytest.raises(ValueError, match="labels"):
        symbol_agreement(symbols, labels[:3])
    with pytest.raises(ValueError, match="nothing to compare"):
        class_spread(np.ones((6, 2)), labels)
    with pytest.raises(ValueError, match="multiples"):
        on_objects(maps, np.zeros((6, 5, 4), int), 1)
    with pytest.raises(ValueError, match="object 4"):
        on_objects(maps, np.full((6, 4, 4), 5), 2)
    with pytest.raises(ValueError, match="symbols"):
        symbol_objects(symbols[:, :1], maps, np.zeros((6, 4, 4), int), labels, ["x"])
