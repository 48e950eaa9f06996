"""The table of traffic signs, as bits."""

import numpy as np
import pytest

from nesylib import data
from nesylib.data.signs import KINDS


def test_every_sign_has_one_value_of_every_kind():
    signs = data.sign_concepts()
    assert signs.bits.shape == (43, len(signs.names)) and signs.bits.dtype == bool
    assert len(set(signs.names)) == len(signs.names) == len(signs.kinds)
    for kind in KINDS:
        assert (signs.bits[:, np.array(signs.kinds) == kind].sum(1) == 1).all()
    assert len({row.tobytes() for row in signs.bits}) == 43, "no two signs look alike"


@pytest.mark.parametrize(
    ("sign", "number", "concepts"),
    [
        ("Stop", 14, {"shape_octagon", "rim_white", "fill_red", "symbol_text_stop"}),
        ("Speed limit 20", 0, {"shape_circle", "rim_red", "fill_white", "symbol_number_20"}),
        ("Priority road", 12, {"shape_diamond", "rim_white", "fill_yellow", "symbol_none"}),
        ("Roundabout mandatory", 40, {"shape_circle", "rim_none", "fill_blue"}),
    ],
)
def test_signs_that_everybody_knows(sign, number, concepts):
    signs = data.sign_concepts(("shape", "rim", "fill", "symbol"))
    assert signs.signs[number] == sign
    assert concepts <= {n for n, bit in zip(signs.names, signs.bits[number], strict=True) if bit}


def test_concepts_of_pictures():
    signs = data.sign_concepts("shape")
    np.testing.assert_array_equal(signs.of([14, 0, 14]), signs.bits[[14, 0, 14]])
    assert signs.of(np.zeros(0, int)).shape == (0, 5)
    for labels in ([43], [-1], ["Stop"], [0.5]):
        with pytest.raises(ValueError, match="class numbers, 0 to 42"):
            signs.of(labels)


@pytest.mark.parametrize("kinds", [(), ("shape", "shape"), ("colour",), "form"])
def test_other_kinds_are_refused(kinds):
    with pytest.raises(ValueError, match="shape, rim, fill, symbol, family"):
        data.sign_concepts(kinds)
