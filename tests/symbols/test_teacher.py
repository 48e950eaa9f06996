"""The teacher: any ViT, registers left out, tokens on disk once, errors that help."""

import numpy as np
import pytest
import timm
import torch

from nesylib import vit
from nesylib.data import load
from nesylib.symbols import Teacher

SMALL = dict(img_size=32, patch_size=8, embed_dim=48, depth=2, num_heads=3)


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("NESYLIB_CACHE", str(tmp_path))


@pytest.fixture
def pictures():
    return np.random.default_rng(0).integers(0, 256, (7, 3, 32, 32), dtype=np.uint8)


def plain(model, pictures):
    with torch.inference_mode():
        return model.forward_features(vit.to_input(model, pictures)).numpy()


def test_tokens_are_those_of_the_model(pictures):
    teacher = Teacher.create("nesy_tiny", **SMALL)
    tokens = teacher.tokens(pictures, batch_size=3)
    expected = plain(teacher.model, pictures)
    assert tokens.shape == (7, 17, 48) and len(tokens) == 7 and tokens.grid == (4, 4)
    np.testing.assert_allclose(tokens[:], expected, atol=4e-3)
    np.testing.assert_allclose(tokens[[5, 1]], expected[[5, 1]], atol=4e-3)
    np.testing.assert_allclose(tokens[2], expected[2], atol=4e-3)
    np.testing.assert_allclose(tokens.cls, expected[:, 0], atol=4e-3)
    np.testing.assert_allclose(tokens.patches, expected[:, 1:], atol=4e-3)
    now = teacher.tokens_of(torch.from_numpy(pictures))
    torch.testing.assert_close(now, torch.from_numpy(expected))
    assert not teacher.model.training and not any(m.training for m in teacher.model.modules())


@pytest.mark.parametrize("cls_token", [True, False])
@pytest.mark.parametrize("registers", [0, 4])
def test_registers_are_left_out_and_a_missing_cls_is_the_mean(pictures, cls_token, registers):
    options = SMALL | dict(
        class_token=cls_token, reg_tokens=registers, global_pool="token" if cls_token else "avg"
    )
    teacher = Teacher.create("nesy_tiny", **options)
    whole = plain(teacher.model, pictures)
    prefix = registers + cls_token
    assert whole.shape[1] == 16 + prefix and teacher.registers == registers
    assert teacher.num_patches == 16 and teacher.has_cls == cls_token
    tokens = teacher.tokens(pictures)
    patches = whole[:, prefix:]
    first = whole[:, 0] if cls_token else patches.mean(1)
    assert tokens.shape == (7, 17, 48)
    np.testing.assert_allclose(tokens[:], np.concatenate([first[:, None], patches], 1), atol=4e-3)
    np.testing.assert_allclose(tokens.patches, patches, atol=4e-3)
    np.testing.assert_allclose(tokens.cls, first, atol=4e-3)


def test_computed_once_and_again_for_other_weights(pictures, monkeypatch):
    teacher = Teacher.create("nesy_tiny", **SMALL)
    calls = []
    forward = type(teacher.model).forward_features

    def counted(self, x, **options):
        calls.append(len(x))
        return forward(self, x, **options)

    monkeypatch.setattr(type(teacher.model), "forward_features", counted)
    first = teacher.tokens(pictures)[:]
    assert sum(calls) == 7
    np.testing.assert_array_equal(teacher.tokens(pictures)[:], first)
    assert sum(calls) == 7
    other = Teacher.create("nesy_tiny", seed=1, **SMALL)
    calls.clear()
    assert not np.allclose(other.tokens(pictures)[:], first)
    assert sum(calls) == 7


def test_any_vit_of_timm():
    pictures = np.zeros((2, 3, 56, 56), np.uint8)
    for name in ("vit_tiny_patch16_224", "vit_small_patch14_reg4_dinov2"):
        size = 64 if "16" in name else 56
        teacher = Teacher(timm.create_model(name, img_size=size, depth=1, num_classes=0))
        given = np.zeros((2, 3, size, size), np.uint8)
        assert teacher.tokens(given).shape == (2, 17, teacher.num_features)
    assert teacher.registers == 4 and "4 registers left out" in repr(teacher)
    assert teacher.tokens(pictures).cls.shape == (2, 384)


@pytest.mark.parametrize("name", ["resnet10t", "swin_tiny_patch4_window7_224", "mixer_s32_224"])
def test_a_model_without_patch_tokens_is_refused(name):
    options = dict(depths=(1, 1, 1, 1)) if "swin" in name else {}
    with pytest.raises(ValueError, match="Vision Transformer"):
        Teacher(timm.create_model(name, **options))


def test_pictures_of_another_size_are_refused_with_the_remedy():
    teacher = Teacher.create("nesy_tiny", **SMALL)
    with pytest.raises(ValueError, match=r"32 x 32 pictures and got 48 x 48.*size=32"):
        teacher.tokens(np.zeros((2, 3, 48, 48), np.uint8))
    with pytest.raises(ValueError, match="no pictures"):
        teacher.tokens(np.zeros((0, 3, 32, 32), np.uint8))


def test_an_image_set_is_taken_as_well():
    teacher = Teacher.create("nesy_tiny", **SMALL)
    assert teacher.tokens(load("scenes/P2", "train", n=3, size=32)).shape == (3, 17, 48)


@pytest.mark.parametrize("registers", [0, 4])
def test_tokens_are_indexed_as_they_are_told(pictures, registers):
    tokens = Teacher.create("nesy_tiny", reg_tokens=registers, **SMALL).tokens(pictures)
    whole = tokens[:]
    np.testing.assert_array_equal(tokens[:, 0], whole[:, 0])
    np.testing.assert_array_equal(tokens[1:3, 2:5], whole[1:3, 2:5])
    np.testing.assert_array_equal(tokens[1, 2], whole[1, 2])
    np.testing.assert_array_equal(tokens[[4, 0], :, 7], whole[[4, 0], :, 7])
    assert tokens[[]].shape == (0, 17, 48)
    np.testing.assert_array_equal(np.asarray(tokens), whole)


def test_what_is_no_teacher():
    for wrong in (None, "vit_tiny_patch16_224"):
        with pytest.raises(TypeError, match=r"Teacher\.create\(name\)"):
            Teacher(wrong)
    with pytest.raises(ValueError, match="batch_size must be at least 1"):
        Teacher.create("nesy_tiny", **SMALL).tokens(
            np.zeros((2, 3, 32, 32), np.uint8), batch_size=0
        )
