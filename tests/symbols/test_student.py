"""The student: pictures to symbols and maps, symbols to vectors, on disk and back."""

import numpy as np
import pytest
import torch
from torch import nn

from nesylib.symbols import SymbolStudent, Teacher
from nesylib.symbols.decoder import DECODINGS
from nesylib.symbols.discretizers import DISCRETIZERS

VIT = dict(img_size=32, patch_size=8, embed_dim=24, depth=1, num_heads=2)
SMALL = dict(vocabulary=16, length=4, width=16, decoder_layers=1, encoder_layers=1, heads=2)


@pytest.fixture(scope="module")
def teacher():
    return Teacher.create("nesy_tiny", **VIT)


@pytest.fixture(scope="module")
def pictures():
    return np.random.default_rng(0).integers(0, 256, (7, 3, 32, 32), dtype=np.uint8)


@pytest.mark.parametrize("decoding", DECODINGS)
def test_pictures_to_symbols_and_maps(teacher, pictures, decoding):
    student = SymbolStudent(teacher, discretizer="vq", decoding=decoding, **SMALL)
    found = student.encode(pictures, batch_size=3)
    assert found.shape == (7, 4) and found.dtype == np.int64
    assert 0 <= found.min() and found.max() < 16
    tokens = teacher.tokens_of(torch.from_numpy(pictures))
    np.testing.assert_array_equal(student.encode(tokens), found)
    maps = student.maps(pictures, batch_size=3)
    assert maps.shape == (7, 4, 32, 32) and maps.dtype == np.float32 and maps.min() >= 0
    own = student.maps(pictures, size=teacher.grid)
    assert own.shape == (7, 4, 4, 4)
    assert (own.sum((2, 3)) < 1).all() and (own.sum((2, 3)) > 0.5).all()
    np.testing.assert_allclose(student.maps(tokens), own, atol=1e-6)
    # up-sampling keeps where the most attention is, to within a patch
    where = maps.reshape(7, 4, 4, 8, 4, 8).mean((3, 5)).reshape(28, 16).argmax(1)
    assert np.mean(where == own.reshape(28, 16).argmax(1)) > 0.6


@pytest.mark.parametrize("name", DISCRETIZERS)
def test_the_encoder_reads_prefixes_of_symbols_and_nothing_else(teacher, pictures, name):
    student = SymbolStudent(teacher, discretizer=name, **SMALL)
    found = student.encode(pictures)
    read = student.read(found)
    assert read.shape == (7, 4, 16)
    other = found.copy()
    other[:, 2:] = (other[:, 2:] + 1) % 16
    np.testing.assert_allclose(student.read(other)[:, :2], read[:, :2], atol=1e-6)
    np.testing.assert_allclose(student.read(found[:, :2]), read[:, :2], atol=1e-6)
    assert not np.allclose(student.read(other)[:, 2], read[:, 2])
    student.eval()
    seen = student(teacher.tokens_of(torch.from_numpy(pictures)))  # as the whole network does
    np.testing.assert_allclose(seen.read.detach(), read, atol=1e-5)


def test_seeds_and_settings(teacher, pictures):
    one, same, other = (SymbolStudent(teacher, seed=s, **SMALL) for s in (0, 0, 1))
    np.testing.assert_array_equal(one.encode(pictures), same.encode(pictures))
    assert (one.encode(pictures) != other.encode(pictures)).any()
    assert len(SymbolStudent(teacher, shared=False, **SMALL).tables) == 4
    assert not any(name.startswith("teacher") for name in one.state_dict())


def test_saved_and_loaded(teacher, pictures, tmp_path):
    student = SymbolStudent(teacher, discretizer="vq", seed=5, revive=0.0, **SMALL)
    student.save(tmp_path / "s.safetensors", data="noise")
    again = SymbolStudent.load(tmp_path / "s.safetensors", teacher)
    assert again.about == {"data": "noise"} and again.config == student.config
    np.testing.assert_array_equal(again.encode(pictures), student.encode(pictures))
    wider = Teacher.create("nesy_tiny", **(VIT | dict(embed_dim=36)))
    with pytest.raises(ValueError, match="another teacher"):
        SymbolStudent.load(tmp_path / "s.safetensors", wider)
    from safetensors.torch import save_file

    save_file({"x": torch.zeros(1)}, tmp_path / "x.safetensors")
    with pytest.raises(ValueError, match="holds no student"):
        SymbolStudent.load(tmp_path / "x.safetensors", teacher)


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (dict(vocabulary=1), "use 2 or more"),
        (dict(length=0), "at least 1 symbol"),
        (dict(discretizer="argmax"), "softmax, gumbel, vq, fsq"),
        (dict(decoding="residual", shared=True), "table for each position"),
    ],
)
def test_bad_settings_are_told(teacher, options, what):
    with pytest.raises(ValueError, match=what):
        SymbolStudent(teacher, **(SMALL | options))


def test_a_teacher_must_give_patch_tokens(teacher, pictures):
    with pytest.raises(ValueError, match="has no patch tokens"):
        SymbolStudent(nn.Sequential(nn.Conv2d(3, 4, 3)), **SMALL)
    with pytest.raises(TypeError, match="is no teacher"):
        SymbolStudent("vit", **SMALL)
    assert isinstance(SymbolStudent(teacher.model, **SMALL).teacher, Teacher)
    student = SymbolStudent(teacher, **SMALL)
    with pytest.raises(ValueError, match="from this student's teacher"):
        student.encode(np.zeros((2, 10, 24), np.float32))
    with pytest.raises(ValueError, match="32 x 32 pictures"):
        student.encode(np.zeros((2, 3, 48, 48), np.uint8))
    with pytest.raises(ValueError, match="between 0 and 15"):
        student.read(np.full((2, 4), 16))
    with pytest.raises(ValueError, match=r"1\.\.4"):
        student.read(np.zeros((2, 5), int))
    assert student.encode(pictures[:0]).shape == (0, 4)
    assert student.maps(pictures[:0]).shape == (0, 4, 32, 32)


def test_register_tokens_stand_for_no_place(pictures):
    with_registers = Teacher.create("nesy_tiny", reg_tokens=3, **VIT)
    student = SymbolStudent(with_registers, **SMALL)
    assert student.maps(pictures).shape == (7, 4, 32, 32)


@pytest.mark.parametrize("from_cls", [False, True])
@pytest.mark.parametrize(
    ("decoding", "shared"),
    [(d, s) for d in DECODINGS for s in (True, False) if not (s and d == "residual")],
)
@pytest.mark.parametrize("name", DISCRETIZERS)
def test_every_combination_learns_and_then_answers_the_same(name, decoding, shared, from_cls):
    options = dict(discretizer=name, decoding=decoding, shared=shared, from_cls=from_cls)
    student = SymbolStudent(Tokens12(), **(SMALL | options))
    torch.manual_seed(0)
    tokens = torch.randn(16, 5, 12)
    found = student.train()(tokens, 0.3)
    wanted = torch.randn(16, 4, 16)
    ((found.read - wanted).square().mean() + found.emission.found.loss).backward()
    still = [n for n, p in student.named_parameters() if p.grad is None or not p.grad.any()]
    assert not still
    student.eval()
    with torch.no_grad():
        one, other = student(tokens, maps=True), student(tokens, maps=True, cached=False)
    symbols = student.encode(tokens)
    np.testing.assert_array_equal(student.encode(tokens, batch_size=5), symbols)
    for emission in (one.emission, other.emission):
        np.testing.assert_array_equal(emission.found.symbols, symbols)
    torch.testing.assert_close(one.read, other.read)
    torch.testing.assert_close(one.emission.maps, other.emission.maps)
    np.testing.assert_allclose(student.read(symbols), one.read, atol=1e-5)


class Tokens12:
    """Stands for a teacher whose tokens are there already."""

    num_features, grid = 12, (2, 2)

    def tokens_of(self, images):
        raise AssertionError("tokens are there already")


def test_half_the_size_says_the_same(tmp_path):
    torch.manual_seed(0)
    tokens = torch.randn(64, 5, 12)
    tokens[..., 0] = 900.3 + 0.01 * tokens[..., 0]  # half precision has steps of 0.5 there
    student = SymbolStudent(Tokens12(), discretizer="vq", decoding="parallel", **SMALL)
    student.scale.look(tokens)
    student.train()(tokens)
    path = student.save(tmp_path / "half.safetensors", half=True, top1=np.float32(0.5))
    again = SymbolStudent.load(path, Tokens12())
    assert torch.equal(again.scale.mean, student.scale.mean) and again.about == {"top1": 0.5}
    assert np.mean(again.encode(tokens) == student.encode(tokens)) > 0.95
    assert path.stat().st_size < 0.6 * student.save(tmp_path / "whole.safetensors").stat().st_size
    with torch.no_grad():
        student.encoder.positions[0, 0] = 1e6
    with pytest.raises(ValueError, match="half=False"):
        student.save(path, half=True)


def test_settings_may_be_numpys_and_are_read_again_as_they_were(tmp_path):
    options = SMALL | dict(width=np.int64(16), vocabulary=np.int64(8), seed=np.int32(2))
    student = SymbolStudent(Tokens12(), discretizer="fsq", levels=(4, 2), **options)
    student.save(tmp_path / "s.safetensors")
    assert SymbolStudent.load(tmp_path / "s.safetensors", Tokens12()).config == student.config


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (dict(vocabulary=2.5), "vocabulary must be a whole number"),
        (dict(length="4"), "length must be a whole number"),
        (dict(encoder_layers=0), "encoder_layers"),
    ],
)
def test_sizes_that_are_none(options, what):
    with pytest.raises((ValueError, TypeError), match=what):
        SymbolStudent(Tokens12(), **(SMALL | options))


def test_odd_pictures_and_symbols(teacher, pictures):
    student = SymbolStudent(teacher, **SMALL)
    found = student.encode(pictures)
    np.testing.assert_array_equal(student.encode(list(pictures)), found)
    np.testing.assert_array_equal(student.encode(pictures[::-1]), found[::-1])
    assert student.maps(pictures, size=8).shape == (7, 4, 8, 8)
    tokens = teacher.tokens_of(torch.from_numpy(pictures))
    assert student.encode(tokens.bfloat16()).shape == (7, 4)
    tokens = tokens.clone()
    tokens[3, 2, 1] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        student.encode(tokens)
    with pytest.raises(ValueError, match=r"picture\[None\]"):
        student.encode(pictures[0])
    with pytest.raises(ValueError, match=r"of shape \(\)"):
        student.encode(None)
    with pytest.raises(TypeError, match="must be numbers"):
        student.encode(pictures.astype(str))
    for size in ((0, 4), (4, 4, 4)):
        with pytest.raises(ValueError, match="height and width"):
            student.maps(pictures, size=size)
    for batch_size in (0, -1):
        for ask in (student.encode, student.maps, lambda x, **o: student.read(found, **o)):
            with pytest.raises(ValueError, match="batch_size must be at least 1"):
                ask(pictures, batch_size=batch_size)
    with pytest.raises(ValueError, match="whole numbers"):
        student.read(found + 0.5)
    assert student.read(found[:0]).shape == (0, 4, 16)


@pytest.mark.parametrize("decoding", DECODINGS)
def test_a_student_in_half_precision_writes(decoding):
    student = SymbolStudent(Tokens12(), discretizer="vq", decoding=decoding, **SMALL).bfloat16()
    assert student.encode(torch.randn(3, 5, 12)).shape == (3, 4)
