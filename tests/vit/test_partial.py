"""The last blocks on cached tokens: the same features, the same gradients, the same training."""

import os
import subprocess
import sys

import numpy as np
import pytest
import timm
import torch

from nesylib.vit import Tail, cached_tokens, create_backbone, pool_tokens, to_input
from nesylib.vit.partial import _before

SMALL = dict(img_size=32, patch_size=8, embed_dim=48, depth=3, num_heads=3)


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("NESYLIB_CACHE", str(tmp_path))


@pytest.fixture
def pictures():
    return np.random.default_rng(0).integers(0, 256, (10, 3, 32, 32), dtype=np.uint8)


@pytest.mark.parametrize("pooling", ["cls", "attn", "mean"])
@pytest.mark.parametrize("last", [1, 2, 3])
def test_tail_on_cached_tokens_gives_the_features_of_the_whole(pictures, pooling, last):
    model = create_backbone("nesy_tiny", seed=3, **SMALL)
    tokens = cached_tokens(model, pictures, last, batch_size=4)
    assert tokens.shape == (10, 17, 48) and tokens.dtype == np.float16
    with torch.no_grad():
        whole = pool_tokens(model, torch.from_numpy(pictures), pooling)
        part = Tail(model, last, pooling)(torch.from_numpy(np.array(tokens)))
    torch.testing.assert_close(part, whole, rtol=0, atol=5e-3)


@pytest.mark.parametrize(
    "name",
    [
        "vit_tiny_patch16_224",
        "deit_tiny_patch16_224",
        "deit3_small_patch16_224",  # layer scale
        "vit_medium_patch16_reg1_gap_256",  # a register token and no [CLS]
        "vit_small_patch14_reg4_dinov2",  # [CLS] and registers, 14-pixel patches
    ],
)
def test_values_and_gradients_on_timm_models(name):
    size = 28 if "patch14" in name else 32
    model = timm.create_model(name, num_classes=0, img_size=size, depth=2, dynamic_img_size=False)
    model = model.eval()
    x = torch.rand(3, 3, size, size, generator=torch.Generator().manual_seed(0))
    pooling = "mean" if model.cls_token is None else "cls"
    whole = pool_tokens(model, x, pooling)
    whole.square().sum().backward()
    expected = [p.grad.clone() for p in model.blocks[-1].parameters()]
    model.zero_grad()
    with torch.no_grad():
        tokens = _before(model, to_input(model, x), 1)
    part = Tail(model, 1, pooling)(tokens)
    torch.testing.assert_close(part, whole, rtol=1e-5, atol=1e-5)
    part.square().sum().backward()
    for p, grad in zip(model.blocks[-1].parameters(), expected, strict=True):
        torch.testing.assert_close(p.grad, grad, rtol=1e-4, atol=1e-4)


def test_the_file_is_used_again_and_a_change_of_weights_is_noticed(pictures, tmp_path):
    model = create_backbone("nesy_tiny", seed=3, **SMALL)
    first = np.array(cached_tokens(model, pictures, 1))
    (file,) = (tmp_path / "tokens").glob("*.npy")
    stamp = file.stat().st_mtime_ns
    np.testing.assert_array_equal(cached_tokens(model, pictures, 1), first)
    assert file.stat().st_mtime_ns == stamp
    with torch.no_grad():
        model.blocks[0].mlp.fc1.weight.mul_(2)
    assert not np.array_equal(cached_tokens(model, pictures, 1), first)


def test_an_interruption_leaves_no_file(pictures, tmp_path, monkeypatch):
    model = create_backbone("nesy_tiny", seed=3, **SMALL)
    calls = []

    def stop(self, x):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return x

    monkeypatch.setattr(type(model.norm_pre), "forward", stop)
    with pytest.raises(KeyboardInterrupt):
        cached_tokens(model, pictures, 1, batch_size=4)
    assert not list((tmp_path / "tokens").iterdir())


@pytest.mark.parametrize("last", [0, 4, True, "two"])
def test_a_wrong_number_of_blocks(pictures, last):
    model = create_backbone("nesy_tiny", **SMALL)
    for call in (lambda: Tail(model, last), lambda: cached_tokens(model, pictures, last)):
        with pytest.raises(ValueError, match="from 1 to 3"):
            call()


def test_huge_tokens_are_refused(pictures):
    model = create_backbone("nesy_tiny", **SMALL)
    with torch.no_grad():
        model.pos_embed.fill_(1e6)
    with pytest.raises(ValueError, match="half precision"):
        cached_tokens(model, pictures, 1)


def test_a_full_disk_is_told_and_does_not_kill(tmp_path):
    """Where a file may not grow, writing must fail as it does on a full disk."""
    code = """
import resource, numpy as np
from nesylib.vit import cached_tokens, create_backbone
net = create_backbone("nesy_tiny", img_size=16, patch_size=4, embed_dim=32, depth=2, num_heads=2)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    cached_tokens(net, np.zeros((200, 3, 16, 16), np.uint8))
except OSError as error:
    print(error)
"""
    told = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"NESYLIB_CACHE": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert told.returncode == 0, told.stderr
    assert "NESYLIB_CACHE" in told.stdout and "has room" in told.stdout
    assert not list((tmp_path / "tokens").iterdir())  # nothing half written stays


def test_damaged_tokens_are_computed_anew(tmp_path, monkeypatch):
    monkeypatch.setenv("NESYLIB_CACHE", str(tmp_path))
    net = create_backbone("nesy_tiny", img_size=16, patch_size=4, embed_dim=32, num_heads=2)
    pictures = np.random.default_rng(0).integers(0, 255, (5, 3, 16, 16)).astype(np.uint8)
    whole = np.array(cached_tokens(net, pictures))
    (path,) = (tmp_path / "tokens").iterdir()
    path.write_bytes(path.read_bytes()[:-100])
    assert np.array_equal(cached_tokens(net, pictures), whole)
