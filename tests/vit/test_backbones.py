"""Backbones: names, weights from a file, sizes, and clear refusals."""

import os
import subprocess
import sys

import pytest
import timm
import torch
from safetensors.torch import save_file

from nesylib.vit import create_backbone, to_input


def test_same_seed_same_weights_and_the_callers_random_state_is_kept():
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    first = create_backbone("nesy_tiny", seed=1)
    assert torch.rand(1) == expected
    second, third = create_backbone("nesy_tiny", seed=1), create_backbone("nesy_tiny", seed=2)
    weights = [m.blocks[0].attn.qkv.weight for m in (first, second, third)]
    assert torch.equal(weights[0], weights[1]) and not torch.equal(weights[0], weights[2])


def test_any_timm_vit_with_weights_from_a_file(tmp_path):
    source = timm.create_model("vit_tiny_patch16_224", num_classes=10)
    state = {k: v.half() for k, v in source.state_dict().items()}
    save_file(state, tmp_path / "w.safetensors")
    model = create_backbone("vit_tiny_patch16_224", weights=tmp_path / "w.safetensors")
    assert model.num_features == 192 and model.patch_embed.img_size == (224, 224)
    torch.testing.assert_close(model.norm.weight, source.norm.weight.half().float())
    small = create_backbone("vit_tiny_patch16_224", weights=tmp_path / "w.safetensors", img_size=96)
    assert small.pos_embed.shape == (1, 37, 192)


def test_truncated_missing_and_foreign_weights(tmp_path):
    path = tmp_path / "w.safetensors"
    save_file(create_backbone("nesy_tiny").state_dict(), path)
    with pytest.raises(ValueError, match="does not fit"):
        create_backbone("vit_tiny_patch16_224", weights=path)
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(ValueError, match="cut off"):
        create_backbone("nesy_tiny", weights=path)
    with pytest.raises(FileNotFoundError, match="weights=None"):
        create_backbone("nesy_tiny", weights=tmp_path / "none.safetensors")


def test_unknown_names_suggest_known_ones():
    with pytest.raises(ValueError, match="vit_tiny_patch16_224"):
        create_backbone("vit_tiny_patch16_225")
    with pytest.raises(ValueError, match="not a plain Vision Transformer"):
        create_backbone("resnet18")
    with pytest.raises(ValueError, match="multiple of patch_size"):
        create_backbone("nesy_tiny", img_size=30)


def test_no_network_for_the_hub_names_the_remedy(tmp_path):
    # a process of its own: hub clients read the environment once
    code = (
        "from nesylib.vit import create_backbone\n"
        "try: create_backbone('vit_tiny_patch16_224', weights='hub')\n"
        "except ConnectionError as e: print(e)"
    )
    env = os.environ | {
        "HF_HUB_OFFLINE": "1",
        "HF_HOME": str(tmp_path),
        "TORCH_HOME": str(tmp_path),
    }
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert "weights=PATH" in done.stdout, done.stderr[-2000:]


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (torch.zeros(1, 3, 32, 32), "size=64"),
        (torch.zeros(3, 64, 64), r"\(N, 3, H, W\)"),
        (torch.full((1, 3, 64, 64), float("nan")), "NaN"),
        (torch.full((1, 3, 64, 64), 200.0), "divide 0..255 by 255"),
        (torch.full((1, 3, 64, 64), 200), "uint8"),
    ],
)
def test_pictures_that_do_not_fit(images, message):
    with pytest.raises(ValueError, match=message):
        to_input(create_backbone("nesy_tiny"), images)


def test_uint8_and_float_pictures_agree():
    model = create_backbone("nesy_tiny")
    images = torch.randint(0, 256, (2, 3, 64, 64), dtype=torch.uint8)
    torch.testing.assert_close(to_input(model, images), to_input(model, images / 255))
    assert to_input(model, images).min() >= -1 and to_input(model, images).max() <= 1


def test_pictures_go_where_the_model_is_and_get_its_type():
    model = create_backbone("nesy_tiny")
    images = torch.rand(1, 3, 64, 64, dtype=torch.float64)
    assert to_input(model, images).dtype == torch.float32
    assert model(to_input(model, images)).isfinite().all()
    elsewhere = to_input(model.to("meta"), torch.zeros(1, 3, 64, 64, dtype=torch.uint8))
    assert elsewhere.device.type == "meta"
