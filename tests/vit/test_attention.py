"""Attention maps: equal to what timm computes with fused attention off, and never empty."""

import threading

import pytest
import timm
import torch

from nesylib.vit import (
    attention_maps,
    attention_rollout,
    cls_patch_attention,
    create_backbone,
    to_input,
)
from nesylib.vit.attention import record_attention


def unfused_maps(model, images):
    """Oracle: timm's own manual attention, caught after its softmax."""
    caught = []
    for block in model.blocks:
        block.attn.fused_attn = False
        block.attn.attn_drop.register_forward_hook(lambda _m, _i, out: caught.append(out))
    with torch.no_grad():
        model.forward_features(to_input(model, images))
    return torch.stack(caught, dim=1)


@pytest.mark.parametrize("options", [{}, {"reg_tokens": 4}, {"qk_norm": True}])
def test_maps_equal_timms_unfused_attention(options):
    if options.get("qk_norm"):
        options = options | {"norm_layer": torch.nn.LayerNorm}
    model = create_backbone("nesy_tiny", img_size=32, patch_size=8, **options)
    images = torch.rand(2, 3, 32, 32)
    assert model.blocks[0].attn.fused_attn
    ours = attention_maps(model, images, blocks=range(4), rows="all")
    cls = attention_maps(model, images, blocks=(0, -1))
    theirs = unfused_maps(model, images)
    torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=0)
    torch.testing.assert_close(cls, theirs[:, [0, 3], :, 0], atol=1e-6, rtol=0)
    patches = cls_patch_attention(cls[:, -1], model.num_prefix_tokens)
    assert patches.shape == (2, 16)
    torch.testing.assert_close(patches.sum(1), torch.ones(2))


@pytest.mark.parametrize(
    ("name", "size", "prefix"),
    [
        ("vit_tiny_patch16_224", 64, 1),
        ("deit_tiny_distilled_patch16_224", 224, 2),
        ("vit_small_patch14_reg4_dinov2", 56, 5),
    ],
)
def test_maps_of_timms_own_models(name, size, prefix):
    options = {} if "distilled" in name else {"img_size": size}
    model = timm.create_model(name, num_classes=0, **options).eval()
    images = torch.rand(1, 3, size, size)
    assert model.num_prefix_tokens == prefix and model.blocks[0].attn.fused_attn
    ours = attention_maps(model, images, blocks=range(12), rows="all")
    theirs = unfused_maps(model, images)
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=0)
    assert ours.shape[-1] == prefix + model.patch_embed.num_patches
    patches = cls_patch_attention(attention_maps(model, images)[:, 0], prefix)
    expected = theirs[:, -1, :, 0, prefix:].mean(1)
    torch.testing.assert_close(patches, expected / expected.sum(1, keepdim=True))


def test_maps_are_never_empty():
    model, images = create_backbone("nesy_tiny"), torch.rand(1, 3, 64, 64)
    with pytest.raises(ValueError, match=r"at least one block of 0\.\.3"):
        attention_maps(model, images, blocks=())
    for block in (4, -5):
        with pytest.raises(ValueError, match=rf"no block {block}: this ViT has 0\.\.3"):
            attention_maps(model, images, blocks=(0, block))
    assert not any(b.attn._forward_pre_hooks for b in model.blocks)
    with pytest.raises(NotImplementedError, match="ResNet has no transformer blocks"):
        attention_maps(timm.create_model("resnet10t"), images)


def test_hooks_are_removed_even_after_an_error():
    model = create_backbone("nesy_tiny")
    with pytest.raises(ValueError, match="size"):
        attention_maps(model, torch.zeros(1, 3, 32, 32))
    assert not any(b.attn._forward_pre_hooks for b in model.blocks)


def test_threads_that_share_a_model_do_not_mix_their_maps():
    model = create_backbone("nesy_tiny", img_size=32)
    mine, others = torch.rand(2, 3, 32, 32), torch.rand(2, 3, 32, 32)
    with torch.no_grad(), record_attention(model) as maps:
        model(mine)
        expected = maps[3].clone()
        other = threading.Thread(target=torch.no_grad()(model), args=(others,))
        other.start()
        other.join()
        torch.testing.assert_close(maps[3], expected)
    torch.testing.assert_close(attention_maps(model, mine * 0.5 + 0.5)[:, 0], expected)


@pytest.mark.parametrize(
    "name", ["eva02_tiny_patch14_224", "vit_small_patch16_rope_224", "vit_relpos_small_patch16_224"]
)
def test_attention_with_rotary_or_relative_positions_is_refused(name):
    model = timm.create_model(name, num_classes=0, depth=1)
    for function in (attention_maps, attention_rollout):
        with pytest.raises(NotImplementedError, match="without rotary embeddings"):
            function(model, torch.zeros(1, 3, 224, 224))


def test_unknown_rows_and_no_cls_token():
    model = create_backbone("nesy_tiny", class_token=False, global_pool="avg")
    with pytest.raises(ValueError, match=r"\[CLS\]"):
        attention_maps(model, torch.zeros(1, 3, 64, 64))
    with pytest.raises(ValueError, match="rows"):
        attention_maps(model, torch.zeros(1, 3, 64, 64), rows="patch")
