"""Removal curves and scores against masks equal naive loops, and behave as they must."""

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from nesylib import meaning
from nesylib.concepts import ConceptViT
from nesylib.meaning.removal import REMOVALS
from nesylib.vit import to_input


def net_of(pooling="cls", seed=0):
    options = dict(img_size=24, patch_size=8, embed_dim=24, depth=2, num_heads=2, reg_tokens=1)
    net = ConceptViT("nesy_tiny", 4, pooling, seed=seed, **options).eval()
    for p in net.backbone.blocks.parameters():
        p.data.mul_(3 if p.ndim == 2 else 1)
    return net


def pictures(n=3, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, 3, 24, 24), dtype=np.uint8)


def activation_of(net, image, kept, removed, neuron):
    """Oracle: one picture, its patches painted or left out one by one."""
    if removed == "token":
        model, prefix = net.backbone, net.backbone.num_prefix_tokens
        tokens = model._pos_embed(model.patch_embed(to_input(model, torch.from_numpy(image[None]))))
        rows = [*range(prefix), *(prefix + int(p) for p in sorted(kept))]
        tokens = model.norm(model.blocks(tokens[:, rows]))
        assert net.pooling != "attn"
        features = tokens[:, 0] if net.pooling == "cls" else tokens[:, prefix:].mean(1)
        return float(net.concepts(features)[0, neuron])
    pixels = torch.from_numpy(image).float() / 255
    painted = pixels.clone()
    for patch in set(range(9)) - {int(p) for p in kept}:
        i, j = 8 * (patch // 3), 8 * (patch % 3)
        painted[:, i : i + 8, j : j + 8] = pixels.mean((1, 2))[:, None, None]
    return float(net(painted[None])[0, neuron])


@torch.no_grad()
@pytest.mark.parametrize("removed,pooling", [("mean", "cls"), ("mean", "attn"), ("mean", "mean"),
                                             ("token", "cls"), ("token", "mean")])  # fmt: skip
def test_curves_equal_a_loop(removed, pooling):
    net, images = net_of(pooling), pictures()
    maps = np.random.default_rng(1).random((3, 2, 3, 3))
    where = np.array([[True, False], [True, True], [False, True]])
    found = meaning.removal_curves(
        net, images, maps, [3, 1], removed=removed, steps=4, where=where, batch_size=2
    )
    counts = [0, 2, 4, 7, 9]  # 2.25, 4.5 and 6.75 rounded, halves to even
    np.testing.assert_allclose(found.shares, np.array(counts) / 9)
    fewest = removed == "token" and pooling == "mean"
    for picture in range(3):
        for column, neuron in enumerate((3, 1)):
            if not where[picture, column]:
                assert np.isnan(found.deletion[picture, column]).all()
                assert np.isnan(found.insertion[picture, column]).all()
                continue
            order = np.argsort(-maps[picture, column].ravel())
            for step, count in enumerate(counts):
                left = order[min(count, 9 - fewest) :]
                expected = activation_of(net, images[picture], left, removed, neuron)
                assert found.deletion[picture, column, step] == pytest.approx(expected, abs=1e-5)
                there = order[: max(count, fewest)]
                expected = activation_of(net, images[picture], there, removed, neuron)
                assert found.insertion[picture, column, step] == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("removed", REMOVALS)
@pytest.mark.parametrize("pooling", ["cls", "attn", "mean"])
def test_the_ends_are_the_whole_picture_and_nothing(removed, pooling):
    net, images = net_of(pooling), pictures()
    maps = np.random.default_rng(0).random((3, 4, 3, 3))
    found = meaning.removal_curves(net, images, maps, removed=removed, steps=3)
    with torch.no_grad():
        whole = net(torch.from_numpy(images)).numpy()
    np.testing.assert_allclose(found.deletion[..., 0], whole, atol=1e-5)
    np.testing.assert_allclose(found.insertion[..., -1], whole, atol=1e-5)
    assert np.isfinite(found.deletion).all() and np.isfinite(found.insertion).all()
    if not (removed == "token" and pooling != "cls"):
        np.testing.assert_allclose(found.deletion[..., -1], found.insertion[..., 0], atol=1e-5)


def test_a_map_turned_around_swaps_the_curves():
    """Without the highest patches is with only the lowest: insertion of the negated map."""
    net, images = net_of(), pictures()
    maps = np.random.default_rng(0).random((3, 4, 3, 3))
    one = meaning.removal_curves(net, images, maps, steps=9)
    other = meaning.removal_curves(net, images, -maps, steps=9)
    np.testing.assert_allclose(one.deletion, other.insertion[..., ::-1], atol=1e-5)
    np.testing.assert_allclose(one.areas()["gap"], -other.areas()["gap"], atol=1e-5)


def test_maps_shared_by_all_neurons_are_measured_once(monkeypatch):
    net, images = net_of(), pictures()
    maps = np.repeat(np.random.default_rng(0).random((3, 1, 3, 3)), 4, axis=1)
    where = np.random.default_rng(1).random((3, 4)) < 0.5
    each = [
        meaning.removal_curves(net, images, maps[:, [k]], [k], where=where[:, [k]]).deletion
        for k in range(4)
    ]
    rows = []
    features = meaning.removal.Remover.features
    monkeypatch.setattr(
        meaning.removal.Remover,
        "features",
        lambda self, which, kept: rows.append(len(kept)) or features(self, which, kept),
    )
    found = meaning.removal_curves(net, images, maps, where=where)
    np.testing.assert_allclose(found.deletion, np.concatenate(each, 1), atol=1e-5)
    assert max(rows) <= 3


def test_equal_values_are_removed_in_an_order_that_is_drawn():
    net, images = net_of(), pictures(2)
    flat = np.zeros((2, 4, 3, 3))
    runs = [meaning.removal_curves(net, images, flat, seed=s).deletion for s in (0, 0, 1)]
    np.testing.assert_array_equal(runs[0], runs[1])
    assert not np.allclose(runs[0][..., 1:-1], runs[2][..., 1:-1], atol=1e-6)


def test_areas_and_scores():
    shares = np.array([0, 0.5, 1.0])
    nothing = np.full(3, np.nan, np.float32)
    curves = meaning.RemovalCurves(
        shares,
        np.array([[[1, 0, 0], [1, 1, 1]], [nothing, nothing]], np.float32),
        np.array([[[0, 1, 1], [0, 0, 1]], [nothing, nothing]], np.float32),
    )
    areas = curves.areas()
    np.testing.assert_allclose(areas["deletion"][0], [0.25, 1.0])
    np.testing.assert_allclose(areas["insertion"][0], [0.75, 0.25])
    np.testing.assert_allclose(areas["gap"][0], [0.5, -0.75])
    assert np.isnan(areas["gap"][1]).all()
    assert curves.scores() == pytest.approx({"deletion": 0.625, "insertion": 0.5, "gap": -0.125})
    empty = meaning.RemovalCurves(shares, curves.deletion[1:], curves.insertion[1:])
    with pytest.raises(ValueError, match="no pair"):
        empty.scores()


def test_the_patch_that_counts_makes_the_gap():
    """A neuron that answers to one bright patch: its map is best, the negative worst."""
    images = np.zeros((4, 3, 24, 24), np.uint8)
    bright = np.zeros((4, 1, 3, 3))
    for k, (i, j) in enumerate([(0, 0), (1, 2), (2, 1), (2, 2)]):
        images[k, :, 8 * i : 8 * i + 8, 8 * j : 8 * j + 8] = 255
        bright[k, 0, i, j] = 1
    net = net_of("mean")
    with torch.no_grad():
        net.backbone.pos_embed.zero_()
        features = net.features(torch.from_numpy(np.concatenate([images[:1], images[:1] * 0])))
        net.concepts.linear.weight[0] = features[0] - features[1]
        net.concepts.linear.weight[0] *= 6 / (features[0] - features[1]).square().sum()
        net.concepts.linear.bias[0] = -float(net.concepts.linear.weight[0] @ features.mean(0))
    gaps = {}
    for name, maps in {"found": bright, "missed": -bright, "flat": 0 * bright}.items():
        curves = meaning.removal_curves(net, images, maps, [0], removed="token", steps=9)
        gaps[name] = curves.scores()["gap"]
    assert gaps["found"] > gaps["flat"] > gaps["missed"]
    assert gaps["found"] > 0.3


def test_training_mode_comes_back():
    net, images = net_of(), pictures(1)
    net.train()
    meaning.removal_curves(net, images, np.zeros((1, 4, 3, 3)), steps=2)
    assert all(m.training for m in net.modules())


def test_no_pictures_and_no_pairs():
    net, images = net_of(), pictures(2)
    none = meaning.removal_curves(net, images[:0], np.zeros((0, 4, 3, 3)))
    assert none.deletion.shape == (0, 4, 10)
    where = np.zeros((2, 4), bool)
    assert np.isnan(
        meaning.removal_curves(net, images, np.zeros((2, 4, 3, 3)), where=where).deletion
    ).all()


def test_bad_curves():
    net, images, maps = net_of(), pictures(2), np.zeros((2, 4, 3, 3))
    for changed, match in (
        (dict(maps=maps[:, :3]), "maps have shape"),
        (dict(maps=maps * np.nan), "NaN"),
        (dict(removed="noise"), "mean, blur, token"),
        (dict(steps=0), "steps"),
        (dict(where=np.ones((2, 3), bool)), "where"),
        (dict(where=np.ones((2, 4))), "where"),
        (dict(neurons=[9]), r"0\.\.3"),
    ):
        options = dict(maps=maps) | changed
        with pytest.raises(ValueError, match=match):
            meaning.removal_curves(net, images, **options)


def masks_and_maps(seed=0):
    rng = np.random.default_rng(seed)
    masks = rng.random((5, 1, 16, 16)) < 0.3
    masks[3] = False
    masks[4] = True
    return masks, rng.normal(size=(5, 3, 4, 4))


def test_scores_against_masks_equal_loops():
    masks, maps = masks_and_maps()
    large = meaning.upsample(maps, 16)
    hits = meaning.pointing_game(maps, masks)
    mass = meaning.mass_in_mask(maps, masks)
    rank = meaning.rank_in_mask(maps, masks)
    for picture in range(5):
        mask = masks[picture, 0]
        for neuron in range(3):
            here = large[picture, neuron]
            if not mask.any():
                assert np.isnan([m[picture, neuron] for m in (hits, mass, rank)]).all()
                continue
            where = np.unravel_index(here.argmax(), here.shape)
            assert hits[picture, neuron] == mask[where]
            positive = np.maximum(here, 0)
            expected = positive[mask].sum() / positive.sum()
            assert mass[picture, neuron] == pytest.approx(expected, rel=1e-4)
            if mask.all():
                assert np.isnan(rank[picture, neuron])
            else:
                expected = roc_auc_score(mask.ravel(), here.ravel())
                assert rank[picture, neuron] == pytest.approx(expected)


def test_in_small_pieces(monkeypatch):
    masks, maps = masks_and_maps()
    scores = (meaning.pointing_game, meaning.mass_in_mask, meaning.rank_in_mask)
    whole = [score(maps, masks) for score in scores]
    monkeypatch.setattr("nesylib.meaning.pointing.BATCH", 700)
    for score, expected in zip(scores, whole, strict=True):
        np.testing.assert_allclose(score(maps, masks), expected, rtol=1e-5)


def test_flat_maps_get_what_chance_gives():
    masks, maps = masks_and_maps()
    flat = np.ones_like(maps)
    share = np.where(masks.any((2, 3)), masks.mean((2, 3)), np.nan).repeat(3, 1)
    np.testing.assert_allclose(meaning.pointing_game(flat, masks, mode="nearest"), share)
    np.testing.assert_allclose(meaning.mass_in_mask(flat, masks), share, rtol=1e-4)
    rank = meaning.rank_in_mask(flat, masks, mode="nearest")
    np.testing.assert_allclose(rank[:3], 0.5)
    assert np.isnan(meaning.mass_in_mask(-flat, masks)).all()


def test_the_rank_asks_only_for_the_order():
    masks, maps = masks_and_maps()
    np.testing.assert_allclose(
        meaning.rank_in_mask(3 * maps - 7, masks), meaning.rank_in_mask(maps, masks), atol=1e-3
    )


def test_centre_map():
    centre = meaning.centre_map((4, 6))
    assert centre.shape == (4, 6) and centre.dtype == np.float32
    np.testing.assert_allclose(centre, centre[::-1, ::-1])
    assert centre.argmax() in (8, 9, 14, 15) and centre.min() == centre[0, 0] > 0
    with pytest.raises(ValueError):
        meaning.centre_map((4, 4), 0)


def test_bad_masks():
    masks, maps = masks_and_maps()
    with pytest.raises(ValueError, match="k \\+ 1"):
        meaning.mass_in_mask(maps, masks.astype(np.uint8))
    with pytest.raises(ValueError, match=r"masks\[:, None\]"):
        meaning.mass_in_mask(maps, masks[:, 0])
    with pytest.raises(ValueError, match="NaN"):
        meaning.pointing_game(maps * np.nan, masks)
    with pytest.raises(ValueError, match="gh, gw"):
        meaning.pointing_game(maps[0, 0, 0], masks)
    assert meaning.pointing_game(maps[:0], masks[:0]).shape == (0, 3)
