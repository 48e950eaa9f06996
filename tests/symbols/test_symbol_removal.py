"""Taking patches away: against the decoder run by hand, and on a student with one cause."""

import numpy as np
import pytest
import torch

from nesylib.symbols import (
    SymbolRemoval,
    SymbolStudent,
    Teacher,
    changed_without_cls,
    symbol_maps,
    symbol_removal,
)
from nesylib.symbols.decoder import DECODINGS
from nesylib.symbols.removal import _orders

VIT = dict(img_size=32, patch_size=8, embed_dim=24, depth=1, num_heads=2)
SMALL = dict(vocabulary=32, length=3, width=16, decoder_layers=1, encoder_layers=1, heads=2)


@pytest.fixture(scope="module")
def teacher():
    return Teacher.create("nesy_tiny", **VIT)


@pytest.fixture(scope="module")
def pictures():
    return np.random.default_rng(0).integers(0, 256, (12, 3, 32, 32), dtype=np.uint8)


def build(teacher, decoding="parallel", **options):
    made = SymbolStudent(teacher, discretizer="vq", decoding=decoding, **(SMALL | options))
    with torch.no_grad():
        for block in made.decoder.blocks:
            block.cross.kv.weight.mul_(6)
            block.cross.query.weight.mul_(6)
            block.cross.out.weight.mul_(6)
    return made.eval()


@pytest.mark.parametrize("decoding", DECODINGS)
def test_the_same_as_by_hand(teacher, pictures, decoding):
    student = build(teacher, decoding)
    tokens = teacher.tokens_of(torch.from_numpy(pictures)).clone()
    maps = symbol_maps(student, tokens, method="random", seed=1)
    found = symbol_removal(student, tokens, maps, shares=(0.25, 0.75, 1.0), batch_size=5)
    assert found.shares.tolist() == [0.25, 0.75, 1.0]
    whole, rates = student.encode(tokens), found.rates()
    with torch.no_grad():
        for n, j, step, count in ((0, 0, 0, 4), (3, 2, 1, 12), (11, 1, 1, 12)):
            for order, sign in (("most", -1), ("least", 1)):
                gone = np.argsort(sign * maps[n, j].ravel())[:count]
                kept = [0] + [p + 1 for p in range(16) if p not in gone]
                wrote = student.decoder(tokens[n : n + 1, kept], student.discretizers).found
                changed = int(wrote.symbols[0, j]) != whole[n, j]
                assert found.changed[order][n, j, step] == changed
    # with nothing left but [CLS], no order matters
    assert len({float(rate[-1]) for rate in rates.values()}) == 1


def test_painted_pictures_are_looked_at_again(teacher, pictures):
    student = build(teacher)
    maps = symbol_maps(student, pictures, method="random", seed=1)
    found = symbol_removal(student, pictures, maps, shares=(0.5,), removed="paint", batch_size=5)
    whole = student.encode(pictures)
    for n, j in ((0, 0), (7, 2)):
        image = pictures[n] / np.float32(255)
        mean = image.mean((1, 2), keepdims=True)
        order = np.argsort(-maps[n, j].ravel())[:8]
        for patch in order:
            y, x = 8 * (patch // 4), 8 * (patch % 4)
            image[:, y : y + 8, x : x + 8] = mean
        changed = student.encode(image[None].astype(np.float32))[0, j] != whole[n, j]
        assert found.changed["most"][n, j, 0] == changed


def test_occlusion_finds_what_a_symbol_hangs_on(teacher, pictures):
    student = build(teacher)
    tokens = teacher.tokens_of(torch.from_numpy(pictures)).clone()
    maps = symbol_maps(student, tokens, method="occlusion")
    areas = symbol_removal(student, tokens, maps).areas()
    assert areas["most"] > areas["random"] + 0.05 > areas["least"] + 0.1
    upside_down = symbol_removal(student, tokens, -maps).areas()
    assert upside_down["most"] == pytest.approx(areas["least"])
    assert upside_down["least"] == pytest.approx(areas["most"])


def test_orders():
    maps = np.arange(24, dtype=float).reshape(4, 1, 6)
    maps[1] = maps[1, :, ::-1]
    ranks = _orders(maps, ("most", "least", "random", "other"), 0)
    assert ranks["most"][0, 0].tolist() == [5, 4, 3, 2, 1, 0]
    assert ranks["least"][1, 0].tolist() == [5, 4, 3, 2, 1, 0]
    flat = np.zeros((200, 1, 4))
    first = (_orders(flat, ("most",), 0)["most"] == 0).mean((0, 1))
    assert np.abs(first - 0.25).max() < 0.12  # equals go in an order that is drawn
    marked = np.zeros((5, 1, 5))
    marked[np.arange(5), 0, np.arange(5)] = 1
    owner = _orders(marked, ("other",), 3)["other"].argmin(-1)[:, 0]
    assert sorted(owner) == list(range(5)) and (owner != np.arange(5)).all()


def test_areas_and_table():
    changed = {"most": np.array([[[False, True]], [[True, True]]])}
    found = SymbolRemoval(np.array([0.5, 1.0]), changed)
    assert found.rates()["most"].tolist() == [0.5, 1.0]
    assert found.areas()["most"] == pytest.approx((0.25 + 0.75) / 2)
    assert list(found.frame().columns) == ["50%", "100%", "area"]


def test_without_cls(teacher, pictures):
    student = build(teacher, "autoregressive")
    tokens = teacher.tokens_of(torch.from_numpy(pictures)).clone()
    with torch.no_grad():
        alone = student.decoder(tokens[:, 1:], student.discretizers).found.symbols.numpy()
    expected = alone != student.encode(tokens)
    np.testing.assert_array_equal(changed_without_cls(student, pictures), expected)
    with pytest.raises(ValueError, match="from_cls=False"):
        changed_without_cls(build(teacher, from_cls=True), pictures)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (dict(maps=np.zeros((12, 3, 4, 5))), "4 x 4 patches"),
        (dict(maps=np.full((12, 3, 4, 4), np.nan)), "NaN"),
        (dict(shares=(0.0, 0.5)), "above 0"),
        (dict(shares=()), "above 0"),
        (dict(orders=("best",)), "most, random, least, other"),
        (dict(removed="blur"), "token, paint"),
        (dict(pictures=np.zeros((12, 17, 24), np.float32), removed="paint"), "not tokens"),
        (dict(pictures=np.zeros((1, 17, 24), np.float32), maps=np.zeros((1, 3, 4, 4))), "two"),
    ],
)
def test_bad_input_is_told(teacher, pictures, change, what):
    given = dict(pictures=pictures, maps=np.zeros((12, 3, 4, 4))) | change
    with pytest.raises(ValueError, match=what):
        symbol_removal(build(teacher), **given)
