"""Heat-maps equal naive computations: loops, gradients by hand, timm's own attention matrices."""

import warnings

import numpy as np
import pytest
import timm
import torch
from torch import nn

from nesylib import checkpoints, data, meaning
from nesylib.concepts import ConceptViT, SparseConceptLayer
from nesylib.meaning.removal import REMOVALS, Remover, blurred
from nesylib.vit import to_input

POOLINGS = ("cls", "attn", "mean")


def small(pooling="cls", seed=0, **options):
    """A net whose attention is sharper and whose neurons differ more than at the start."""
    options = dict(img_size=24, patch_size=8, embed_dim=24, depth=3, num_heads=3) | options
    net = ConceptViT("nesy_tiny", 5, pooling, seed=seed, **options).eval()
    for p in net.backbone.blocks.parameters():
        p.data.mul_(3 if p.ndim == 2 else 1)
    net.concepts.standardize(torch.randn(20, net.backbone.num_features))
    return net


def pictures(n=4, size=24, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (n, 3, size, size), dtype=np.uint8)


class Watched(nn.Module):
    """timm's unfused attention, written out, that keeps its matrix in the graph."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x, **_):
        layer, (n, t, _) = self.layer, x.shape
        qkv = layer.qkv(x).reshape(n, t, 3, layer.num_heads, -1).permute(2, 0, 3, 1, 4)
        q, k, v = qkv.unbind(0)
        q, k = layer.q_norm(q), layer.k_norm(k)
        self.matrix = (q @ k.transpose(-2, -1) * layer.scale).softmax(-1)
        return layer.proj(layer.norm((self.matrix @ v).transpose(1, 2).reshape(n, t, -1)))


def chefer_by_hand(net, images, neuron):
    """Oracle: gradients of every attention matrix by autograd, whole matrices of relevance."""
    model, prefix = net.backbone, net.backbone.num_prefix_tokens
    layers = [block.attn for block in model.blocks]
    for block in model.blocks:
        block.attn = Watched(block.attn)
    try:
        tokens = model.forward_features(to_input(model, torch.from_numpy(images)))
        matrices = [block.attn.matrix for block in model.blocks]
        patches = tokens[:, prefix:]
        if net.pooling == "cls":
            weights, features = None, tokens[:, 0]
        elif net.pooling == "mean":
            weights = torch.full(patches.shape[:2], 1 / patches.shape[1], requires_grad=True)
        else:
            weights = matrices[-1].mean(1)[:, 0, prefix:]
            weights = weights / weights.sum(1, keepdim=True)
        if weights is not None:
            features = (weights[..., None] * patches).sum(1)
        y = net.concepts.logits(features)[:, neuron].sum()
        slopes = torch.autograd.grad(y, matrices, retain_graph=True)
        relevance = torch.eye(tokens.shape[1]).expand(len(images), -1, -1)
        for matrix, slope in zip(matrices, slopes, strict=True):
            relevance = relevance + (matrix * slope).clamp(min=0).mean(1) @ relevance
        if weights is None:
            row = relevance[:, 0]
        else:
            (slope,) = torch.autograd.grad(y, weights)
            read = torch.cat(
                [torch.zeros(len(images), prefix), (weights * slope).clamp(min=0)], dim=1
            )
            row = (read[:, None] @ relevance)[:, 0]
    finally:
        for block, layer in zip(model.blocks, layers, strict=True):
            block.attn = layer
    return row[:, prefix:].detach().numpy()


@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("options", [{}, {"reg_tokens": 2}, {"qk_norm": True}])
def test_gradient_attention_equals_whole_matrices(pooling, options):
    net, images = small(pooling, **options), pictures(3)
    maps = meaning.heat_maps(net, images, [4, 0, 2], method="gradient-attention", batch_size=2)
    for column, neuron in enumerate((4, 0, 2)):
        expected = chefer_by_hand(net, images, neuron)
        assert expected.std() > 1e-5
        np.testing.assert_allclose(
            maps[:, column].reshape(3, -1), expected, rtol=1e-3, atol=1e-5 * expected.max()
        )


def test_gradient_attention_with_frozen_weights_and_unfused_attention():
    net, images = small(), pictures(2)
    expected = meaning.heat_maps(net, images)
    net.requires_grad_(False)
    for block in net.backbone.blocks:
        block.attn.fused_attn = False
    np.testing.assert_allclose(meaning.heat_maps(net, images), expected, rtol=1e-3, atol=1e-6)
    assert all(p.grad is None for p in net.parameters())


def test_gradient_attention_in_small_batches(monkeypatch):
    net, images = small(), pictures(5)
    expected = meaning.heat_maps(net, images)
    monkeypatch.setattr("nesylib.meaning.gradient_attention.MEMORY", 1.0)
    np.testing.assert_allclose(meaning.heat_maps(net, images), expected, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("pooling", ["cls", "attn"])
def test_attention_and_rollout_equal_timms_own_matrices(pooling):
    net, images = small(pooling, reg_tokens=1), pictures(3)
    matrices = []
    for block in net.backbone.blocks:
        block.attn.fused_attn = False
        block.attn.attn_drop.register_forward_hook(lambda m, i, out: matrices.append(out))
    with torch.no_grad():
        net.features(torch.from_numpy(images))
    row = matrices[-1].mean(1)[:, 0, 2:]
    expected = (row / row.sum(1, keepdim=True)).reshape(3, 3, 3).numpy()
    maps = meaning.heat_maps(net, images, method="attention")
    assert maps.shape == (3, 5, 3, 3)
    for neuron in range(5):
        np.testing.assert_allclose(maps[:, neuron], expected, rtol=1e-4)
    flow = torch.eye(matrices[0].shape[-1])
    for matrix in matrices[:3]:
        flow = (matrix.mean(1) + torch.eye(matrix.shape[-1])) / 2 @ flow
    rolled = meaning.heat_maps(net, images, [1], method="rollout")
    np.testing.assert_allclose(rolled.reshape(3, -1), flow[:, 0, 2:].numpy(), rtol=1e-3, atol=1e-7)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_direction_is_the_layer_on_each_patch(pooling):
    net, images = small(pooling, reg_tokens=2), pictures(3)
    maps = meaning.heat_maps(net, images, [3, 1], method="direction")
    with torch.no_grad():
        tokens = net.backbone.forward_features(to_input(net.backbone, torch.from_numpy(images)))
        layer = net.concepts
        for picture in range(3):
            for column, neuron in enumerate((3, 1)):
                for patch in range(9):
                    z = (tokens[picture, 3 + patch] - layer.mean) / layer.scale
                    value = float(layer.linear.weight[neuron] @ z + layer.linear.bias[neuron])
                    assert maps[picture, column, patch // 3, patch % 3] == pytest.approx(
                        value, abs=1e-4
                    )


def test_with_the_mean_of_patches_directions_add_up_to_the_neuron():
    net, images = small("mean"), pictures(4)
    with torch.no_grad():
        logits = net.concepts.logits(net.features(torch.from_numpy(images))).numpy()
    maps = meaning.heat_maps(net, images, method="direction")
    np.testing.assert_allclose(maps.mean((2, 3)), logits, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_occlusion_equals_painting_by_hand(pooling):
    net, images = small(pooling), pictures(2)
    maps = meaning.heat_maps(net, images, [2], method="occlusion", batch_size=1)
    with torch.no_grad():
        whole = net.concepts.logits(net.features(torch.from_numpy(images)))[:, 2]
        for picture in range(2):
            colour = torch.from_numpy(images[picture] / 255).float().mean((1, 2))
            for i in range(3):
                for j in range(3):
                    painted = torch.from_numpy(images[[picture]] / 255).float()
                    square = (0, slice(None), slice(8 * i, 8 * i + 8), slice(8 * j, 8 * j + 8))
                    painted[square] = colour[:, None, None]
                    left = net.concepts.logits(net.features(painted))[0, 2]
                    assert maps[picture, 0, i, j] == pytest.approx(
                        float(whole[picture] - left), abs=1e-4
                    )


def test_a_planted_detector_is_found():
    """A net that attends uniformly and reads brightness: the bright patch must be the highest."""
    images = np.zeros((6, 3, 24, 24), np.uint8)
    for k in range(6):
        images[k, :, 8 * (k // 3) : 8 * (k // 3) + 8, 8 * (k % 3) : 8 * (k % 3) + 8] = 255
    net = small("mean", depth=1)
    with torch.no_grad():
        net.backbone.pos_embed.zero_()
        bright = net.backbone.forward_features(
            to_input(net.backbone, torch.from_numpy(images[:1]))
        )[0, 1:]
        net.concepts = SparseConceptLayer(24, 5)
        net.concepts.linear.weight[0] = bright[0] - bright[1:].mean(0)
    for method in ("direction", "occlusion", "gradient-attention"):
        maps = meaning.heat_maps(net, images, [0], method=method).reshape(6, 9)
        assert (maps.argmax(1) == np.arange(6)).all(), method


def test_random_maps_do_not_depend_on_what_else_is_asked():
    net, images = small(), pictures(5)
    every = meaning.heat_maps(net, images, method="random", seed=3)
    some = meaning.heat_maps(net, images, [3, 1], method="random", seed=3, batch_size=2)
    np.testing.assert_array_equal(some, every[:, [3, 1]])
    other = meaning.heat_maps(net, images, method="random", seed=4)
    assert abs(np.corrcoef(other.ravel(), every.ravel())[0, 1]) < 0.3
    assert abs(np.corrcoef(every[:, 0].ravel(), every[:, 1].ravel())[0, 1]) < 0.5


@pytest.mark.parametrize("method", meaning.HEAT_MAPS)
def test_the_net_stays_as_it_was(method):
    net, images = small(drop_path_rate=0.3, proj_drop_rate=0.3), pictures(3)
    expected = meaning.heat_maps(net, images, method=method)
    net.train()
    net.backbone.blocks[1].eval()
    before = {name: m.training for name, m in net.named_modules()}
    np.testing.assert_allclose(
        meaning.heat_maps(net, images, method=method), expected, rtol=1e-4, atol=1e-6
    )
    assert {name: m.training for name, m in net.named_modules()} == before
    assert not any(b.attn._forward_pre_hooks for b in net.backbone.blocks)
    assert not any(b.attn.norm._forward_pre_hooks for b in net.backbone.blocks)
    with torch.inference_mode():
        inside = meaning.heat_maps(net, images, method=method)
    np.testing.assert_allclose(inside, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("method", meaning.HEAT_MAPS)
def test_shapes_and_types_of_input(method):
    net, images = small(), pictures(3)
    ds = data.ImageSet(images, np.zeros(3, int), ("a",))
    expected = meaning.heat_maps(net, images, [1, 4], method=method)
    assert expected.shape == (3, 2, 3, 3) and expected.dtype == np.float32
    for same in (ds, torch.from_numpy(images), images / np.float32(255)):
        found = meaning.heat_maps(net, same, np.array([1, 4]), method=method)
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-5)
    assert meaning.heat_maps(net, images[:0], method=method).shape == (0, 5, 3, 3)
    assert meaning.heat_maps(net, images, [], method=method).shape == (3, 0, 3, 3)


def test_a_wide_picture_and_a_timm_vit():
    backbone = timm.create_model(
        "vit_tiny_patch16_224", num_classes=0, img_size=(32, 48), depth=2
    ).eval()
    net = ConceptViT(backbone, 4)
    images = np.random.default_rng(0).integers(0, 256, (2, 3, 32, 48), dtype=np.uint8)
    for method in meaning.HEAT_MAPS:
        assert meaning.heat_maps(net, images, method=method).shape == (2, 4, 2, 3)


def test_bad_input():
    net, images = small(), pictures(2)
    for wrong, match in (
        (dict(method="saliency"), "gradient-attention"),
        (dict(neurons=[5]), r"0\.\.4"),
        (dict(neurons=[-1]), r"0\.\.4"),
        (dict(neurons=[0.5]), "column numbers"),
        (dict(neurons=[True, False]), "flatnonzero"),
        (dict(batch_size=0), "batch_size"),
    ):
        with pytest.raises(ValueError, match=match):
            meaning.heat_maps(net, images, **wrong)
    with pytest.raises(ValueError, match=r"images\[:1\]"):
        meaning.heat_maps(net, images[0])
    with pytest.raises(ValueError, match="24 x 24"):
        meaning.heat_maps(net, pictures(2, 32))


@pytest.mark.parametrize("method", ["attention", "rollout"])
def test_no_cls_that_is_read(method):
    images = pictures(2)
    with pytest.raises(ValueError, match="pooling='mean'"):
        meaning.heat_maps(small("mean"), images, method=method)
    without = small("mean", class_token=False, global_pool="avg")
    with pytest.raises(ValueError, match=r"\[CLS\]"):
        meaning.heat_maps(without, images, method=method)
    for other in ("gradient-attention", "direction", "occlusion", "random"):
        assert meaning.heat_maps(without, images, method=other).shape == (2, 5, 3, 3)


def test_rotary_attention_is_refused():
    eva = timm.create_model(
        "eva02_tiny_patch14_224", num_classes=0, img_size=28, depth=2, pretrained=False
    ).eval()
    net = ConceptViT(eva, 4)
    images = pictures(1, 28)
    for method in ("attention", "rollout", "gradient-attention"):
        with pytest.raises(NotImplementedError, match="plain"):
            meaning.heat_maps(net, images, method=method)
    for method in ("direction", "occlusion", "random"):  # these need no attention matrix
        assert meaning.heat_maps(net, images, method=method).shape == (1, 4, 2, 2)
    with pytest.raises(NotImplementedError, match="VisionTransformer"):
        Remover(net, torch.from_numpy(images), "token")


def test_the_shipped_network():
    net = checkpoints.load("scenes-P3.1")
    ds = data.load("scenes/P3.1", "test", n=6)
    for method in ("gradient-attention", "direction"):
        maps = meaning.heat_maps(net, ds, range(3), method=method)
        assert maps.shape == (6, 3, 8, 8) and np.isfinite(maps).all() and maps.std() > 0


@pytest.mark.parametrize("removed", REMOVALS)
@pytest.mark.parametrize("pooling", POOLINGS)
def test_nothing_removed_is_the_picture_itself(removed, pooling):
    net = small(pooling, reg_tokens=1)
    images = torch.from_numpy(pictures(3))
    with torch.no_grad():
        remover = Remover(net, images, removed)
        kept = torch.ones(3, 9, dtype=torch.bool)
        found = remover.features(torch.tensor([2, 0, 0]), kept)
        expected = net.features(images)[[2, 0, 0]]
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def test_dropped_tokens_leave_a_shorter_sequence():
    net, images = small("cls", reg_tokens=1), torch.from_numpy(pictures(2))
    model = net.backbone
    kept = torch.zeros(2, 9, dtype=torch.bool)
    kept[0, [1, 5]] = kept[1, [0, 8]] = True
    with torch.no_grad():
        found = Remover(net, images, "token").features(torch.arange(2), kept)
        tokens = model._pos_embed(model.patch_embed(to_input(model, images)))
        for picture, patches in enumerate(([1, 5], [0, 8])):
            left = tokens[picture : picture + 1, [0, 1, *(2 + p for p in patches)]]
            expected = model.norm(model.blocks(left))[0, 0]
            torch.testing.assert_close(found[picture], expected, rtol=1e-4, atol=1e-5)


def test_blur_keeps_the_mean_of_a_flat_picture_and_spreads_a_point():
    flat = torch.full((1, 3, 16, 16), 0.3)
    torch.testing.assert_close(blurred(flat, 4.0), flat)
    point = torch.zeros(1, 3, 33, 33)
    point[..., 16, 16] = 1
    spread = blurred(point, 3.0)[0, 0]
    assert spread.sum() == pytest.approx(1, abs=1e-4)
    assert spread[16, 16] == spread.max() < 0.05
    torch.testing.assert_close(spread, spread.T)
    assert spread[16, 19] / spread[16, 16] == pytest.approx(np.exp(-0.5), rel=1e-4)


def test_an_unknown_way_to_remove():
    with pytest.raises(ValueError, match="mean, blur, token"):
        Remover(small(), torch.from_numpy(pictures(1)), "zero")


@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic"])
def test_upsample(mode):
    maps = np.random.default_rng(0).random((2, 3, 4, 5)).astype(np.float32)
    large = meaning.upsample(maps, (16, 20), mode)
    assert large.shape == (2, 3, 16, 20) and large.dtype == np.float32
    if mode == "nearest":
        np.testing.assert_array_equal(large, maps.repeat(4, -2).repeat(4, -1))
    constant = meaning.upsample(np.full((2, 2), 0.7), 8, mode)
    np.testing.assert_allclose(constant, 0.7, rtol=1e-5)
    assert meaning.upsample(maps[:0], 8, mode).shape == (0, 3, 8, 8)


def test_upsample_bad_input():
    for maps, size, mode in (
        (np.zeros(4), 8, "nearest"),
        (np.zeros((2, 2)), 0, "nearest"),
        (np.zeros((2, 2)), (4, 4, 4), "nearest"),
        (np.zeros((2, 2)), 8, "lanczos"),
    ):
        with pytest.raises(ValueError):
            meaning.upsample(maps, size, mode)


def test_pictures_that_may_not_be_written_and_short_floats():
    net, images = small(), pictures(2)
    images.setflags(write=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        wanted = meaning.heat_maps(net, images, [1], method="direction")
    floats = (torch.from_numpy(images.copy()) / 255).bfloat16()
    found = meaning.heat_maps(net, floats, [1], method="direction")
    np.testing.assert_allclose(found, wanted, atol=0.1 * np.abs(wanted).max())
    with pytest.raises(ValueError, match="list of column numbers"):
        meaning.heat_maps(net, images, 1)
