"""Attention rollout: the [CLS] row equals that of the product of whole matrices."""

import pytest
import timm
import torch

from nesylib.vit import attention_maps, attention_rollout, create_backbone


def by_whole_matrices(model, images, residual, fusion):
    """Oracle: every matrix, multiplied in full, from the first block to the last."""
    maps = attention_maps(model, images, blocks=range(len(model.blocks)), rows="all").double()
    flow = torch.eye(maps.shape[-1], dtype=torch.float64).expand(len(images), -1, -1)
    for block in maps.unbind(1):
        if fusion == "mean":
            fused = sum(block.unbind(1)) / block.shape[1]
        else:
            fused = getattr(block, fusion)(1).values
        fused = fused / fused.sum(2, keepdim=True)
        mixed = residual * torch.eye(fused.shape[1], dtype=torch.float64) + (1 - residual) * fused
        flow = mixed @ flow
    return flow[:, 0]


@pytest.mark.parametrize("fusion", ["mean", "max", "min"])
@pytest.mark.parametrize("residual", [0.0, 0.3, 0.5])
def test_rollout_equals_the_whole_product(fusion, residual):
    model = create_backbone("nesy_tiny", img_size=32, reg_tokens=2)
    for p in model.parameters():  # sharper attention than at the start
        p.data.mul_(3 if p.ndim == 2 else 1)
    images = torch.rand(3, 3, 32, 32)
    row = attention_rollout(model, images, residual, fusion)
    assert row.shape == (3, 3 + 16)
    expected = by_whole_matrices(model, images, residual, fusion)
    torch.testing.assert_close(row.double(), expected, atol=1e-6, rtol=1e-4)
    torch.testing.assert_close(row.sum(1), torch.ones(3))


def test_rollout_of_a_timm_model_and_the_whole_residual():
    model = timm.create_model("vit_tiny_patch16_224", num_classes=0, img_size=64, depth=3).eval()
    images = torch.rand(1, 3, 64, 64)
    expected = by_whole_matrices(model, images, 0.5, "mean")
    torch.testing.assert_close(
        attention_rollout(model, images).double(), expected, rtol=1e-4, atol=0
    )
    alone = attention_rollout(model, images, residual=1.0)
    assert alone[0, 0] == 1 and alone[0, 1:].abs().max() == 0
    assert not any(b.attn._forward_pre_hooks for b in model.blocks)


def test_bad_settings():
    images = torch.zeros(1, 3, 64, 64)
    model = create_backbone("nesy_tiny")
    with pytest.raises(ValueError, match="mean, max, min"):
        attention_rollout(model, images, fusion="median")
    with pytest.raises(ValueError, match="between 0 and 1"):
        attention_rollout(model, images, residual=1.5)
    with pytest.raises(ValueError, match=r"\[CLS\]"):
        attention_rollout(
            create_backbone("nesy_tiny", class_token=False, global_pool="avg"), images
        )
