"""Pooling, and the cache of frozen features."""

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from nesylib.vit import (
    attention_maps,
    cls_patch_attention,
    create_backbone,
    frozen_features,
    pool_tokens,
    to_input,
)
from nesylib.vit.modes import evaluating


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (5, 3, 32, 32), dtype=np.uint8)


class Set(SimpleNamespace):
    def __len__(self):
        return len(self.images)


def test_poolings_are_what_their_names_say(images):
    model = create_backbone("nesy_tiny", img_size=32, reg_tokens=2)
    x = torch.from_numpy(images)
    with torch.no_grad():
        tokens = model.forward_features(to_input(model, x))
        torch.testing.assert_close(pool_tokens(model, x, "cls"), tokens[:, 0])
        torch.testing.assert_close(pool_tokens(model, x, "mean"), tokens[:, 3:].mean(1))
        weights = cls_patch_attention(attention_maps(model, x)[:, 0], 3)
        by_hand = (weights[..., None] * tokens[:, 3:]).sum(1)
        torch.testing.assert_close(pool_tokens(model, x, "attn"), by_hand)
    with pytest.raises(ValueError, match="cls, attn, mean"):
        pool_tokens(model, x, "max")


def test_attention_pooling_passes_gradients_to_queries():
    model = create_backbone("nesy_tiny", img_size=32)
    pool_tokens(model, torch.rand(2, 3, 32, 32), "attn")[:, 0].sum().backward()
    assert model.blocks[-1].attn.qkv.weight.grad[: model.num_features].abs().sum() > 0


def test_the_cache_is_used_and_knows_what_it_belongs_to(images, tmp_path, monkeypatch):
    monkeypatch.setenv("NESYLIB_CACHE", str(tmp_path))
    model, data = create_backbone("nesy_tiny", img_size=32), Set(images=images)
    first = frozen_features(model, data, batch_size=2)
    files = list(tmp_path.rglob("*.safetensors"))
    assert len(files) == 1
    with monkeypatch.context() as m:
        m.setattr("nesylib.vit.features.pool_tokens", lambda *a: pytest.fail("computed again"))
        np.testing.assert_array_equal(frozen_features(model, data), first)
    changed = images.copy()
    changed[0, 0, 0, 0] ^= 255
    assert not np.array_equal(frozen_features(model, Set(images=changed)), first)
    other = create_backbone("nesy_tiny", img_size=32, seed=9)
    assert not np.array_equal(frozen_features(other, data), first)
    assert not np.array_equal(frozen_features(model, data, "mean"), first)


def test_the_cache_tells_equal_weights_in_other_architectures_apart(images, tmp_path, monkeypatch):
    monkeypatch.setenv("NESYLIB_CACHE", str(tmp_path))
    data = Set(images=images)
    one, other, shifted = (
        create_backbone("nesy_tiny", img_size=32, num_heads=heads) for heads in (3, 2, 3)
    )
    assert torch.equal(one.blocks[0].attn.qkv.weight, other.blocks[0].attn.qkv.weight)
    shifted.pretrained_cfg = dict(mean=(0.4,) * 3, std=(0.3,) * 3)
    kept = [frozen_features(model, data) for model in (one, other, shifted)]
    assert not np.array_equal(kept[0], kept[1]) and not np.array_equal(kept[0], kept[2])


def test_a_cut_off_file_of_the_cache_is_computed_anew(images, tmp_path, monkeypatch):
    monkeypatch.setenv("NESYLIB_CACHE", str(tmp_path))
    model, data = create_backbone("nesy_tiny", img_size=32), Set(images=images)
    first = frozen_features(model, data)
    (path,) = tmp_path.rglob("*.safetensors")
    whole = path.read_bytes()
    path.write_bytes(whole[:-50])
    np.testing.assert_array_equal(frozen_features(model, data), first)
    assert path.read_bytes() == whole


def test_features_are_returned_where_they_cannot_be_kept(images, tmp_path, monkeypatch):
    model, data = create_backbone("nesy_tiny", img_size=32), Set(images=images)
    expected = frozen_features(model, data, cache=False)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NESYLIB_CACHE", str(tmp_path / "file"))
    with pytest.warns(UserWarning, match="NESYLIB_CACHE"):
        np.testing.assert_array_equal(frozen_features(model, data), expected)

    def full(tensors, path):
        raise OSError(28, "No space left on device")

    monkeypatch.setenv("NESYLIB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("nesylib.vit.features.save_file", full)
    with pytest.warns(UserWarning, match="No space left"):
        np.testing.assert_array_equal(frozen_features(model, data), expected)


def test_plain_and_mirrored_arrays_have_features_too(images):
    model = create_backbone("nesy_tiny", img_size=32)
    mirrored = images[..., ::-1]
    expected = frozen_features(model, Set(images=mirrored.copy()), cache=False)
    np.testing.assert_array_equal(frozen_features(model, mirrored, cache=False), expected)


def test_an_interrupted_write_leaves_nothing_that_would_be_read(images, tmp_path, monkeypatch):
    monkeypatch.setenv("NESYLIB_CACHE", str(tmp_path))

    def cut(tensors, path):
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr("nesylib.vit.features.save_file", cut)
    with pytest.raises(KeyboardInterrupt):
        frozen_features(create_backbone("nesy_tiny", img_size=32), Set(images=images))
    assert not [p for p in tmp_path.rglob("*") if p.is_file()]


def test_two_threads_leave_every_module_in_the_mode_it_had():
    model = create_backbone("nesy_tiny", img_size=16, patch_size=8, depth=2).train()
    model.blocks[1].eval()
    modes = [module.training for module in model.modules()]
    with evaluating(model):
        with ThreadPoolExecutor(1) as other:

            def inside():
                with evaluating(model):
                    return any(module.training for module in model.modules())

            assert other.submit(inside).result() is False
        assert not any(module.training for module in model.modules())  # the other one has left
    assert [module.training for module in model.modules()] == modes


def test_modes_come_back_after_an_error():
    model = create_backbone("nesy_tiny", img_size=16, patch_size=8, depth=2).train()
    model.blocks[1].eval()
    modes = [module.training for module in model.modules()]
    with pytest.raises(ValueError, match="built for 16"):
        frozen_features(model, np.zeros((2, 3, 8, 8), np.uint8), cache=False)
    assert [module.training for module in model.modules()] == modes
