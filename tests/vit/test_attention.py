"""Attention maps: equal to what timm computes with fused attention off, and never empty."""

import threading

import pytest
import timm
import torch

from nesylib.vit import attention_maps, cls_patch_attention, create_backbone, to_input
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


def test_rotary_attention_is_refused():
    model = timm.create_model("eva02_tiny_patch14_224", num_classes=0)
    with pytest.raises(NotImplementedError, match="rotary"):
        attention_maps(model, torch.zeros(1, 3, 224, 224))


def test_unknown_rows_and_no_cls_token():
    model = create_backbone("nesy_tiny", class_token=False, global_pool="avg")
    with pytest.raises(ValueError, match=r"\[CLS\]"):
        attention_maps(model, torch.zeros(1, 3, 64, 64))
    with pytest.raises(ValueError, match="rows"):
        attention_maps(model, torch.zeros(1, 3, 64, 64), rows="patch")
