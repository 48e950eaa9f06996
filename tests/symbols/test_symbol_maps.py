"""Maps of symbols: against what they say they are, and by another arithmetic and device."""

import copy

import numpy as np
import pytest
import torch

from nesylib.symbols import SYMBOL_MAPS, SymbolStudent, Teacher, symbol_maps
from nesylib.symbols.decoder import DECODINGS
from nesylib.symbols.maps import lead

VIT = dict(img_size=32, patch_size=8, embed_dim=24, depth=1, num_heads=2)
SMALL = dict(vocabulary=12, length=3, width=16, decoder_layers=2, encoder_layers=1, heads=2)


@pytest.fixture(scope="module")
def teacher():
    return Teacher.create("nesy_tiny", **VIT)


@pytest.fixture(scope="module")
def pictures():
    return np.random.default_rng(0).integers(0, 256, (5, 3, 32, 32), dtype=np.uint8)


@pytest.fixture(scope="module", params=DECODINGS)
def student(request, teacher):
    made = SymbolStudent(teacher, discretizer="vq", decoding=request.param, **SMALL)
    with torch.no_grad():  # attention that is far from even
        for block in made.decoder.blocks:
            block.cross.kv.weight.mul_(4)
            block.cross.query.weight.mul_(4)
    return made.eval()


def tokens_of(teacher, pictures):
    return teacher.tokens_of(torch.from_numpy(pictures)).clone()


def leads(student, tokens, symbols):
    return lead(student.decoder(tokens, student.discretizers).found.logits, symbols)


def test_a_lead_is_what_the_choice_hangs_on():
    logits = torch.tensor([[3.0, 1.0, 2.0], [0.0, 0.0, -1.0]])
    assert lead(logits, torch.tensor([0, 2])).tolist() == [1.0, -1.0]
    assert lead(logits, torch.tensor([1, 0])).tolist() == [-2.0, 0.0]


def test_attention_is_that_of_the_student(student, pictures):
    found = symbol_maps(student, pictures, batch_size=2)
    assert found.shape == (5, 3, 4, 4) and found.dtype == np.float32
    np.testing.assert_allclose(found, student.maps(pictures, size=(4, 4)), atol=1e-6)


def test_occlusion_leaves_tokens_out(student, teacher, pictures):
    found = symbol_maps(student, pictures, method="occlusion")
    tokens = tokens_of(teacher, pictures)
    with torch.no_grad():
        symbols = student.decoder(tokens, student.discretizers).found.symbols
        whole = leads(student, tokens, symbols)
        assert (whole >= 0).all()
        for patch in (0, 5, 15):
            kept = [t for t in range(17) if t != patch + 1]
            expected = whole - leads(student, tokens[:, kept], symbols)
            got = found.reshape(5, 3, 16)[..., patch]
            np.testing.assert_allclose(got, expected, atol=1e-4)


def test_gradient_is_the_slope_of_reading_less(student, teacher, pictures):
    exact, tokens = copy.deepcopy(student).double(), tokens_of(teacher, pictures).double()
    found = symbol_maps(exact, tokens, method="gradient").reshape(5, 3, 16)
    symbols = exact.decoder(tokens, exact.discretizers).found.symbols

    def read_of(patch, share):
        """Leads when the values that are read from one patch are multiplied by a share."""

        def scale(_module, _inputs, output):
            output = output.clone()
            output[:, patch + 1, output.shape[-1] // 2 :] *= share
            return output

        hooks = [b.cross.kv.register_forward_hook(scale) for b in exact.decoder.blocks]
        with torch.no_grad():
            answer = leads(exact, tokens, symbols)
        for hook in hooks:
            hook.remove()
        return answer

    for patch in (0, 7, 15):
        slope = (read_of(patch, 1 + 1e-5) - read_of(patch, 1 - 1e-5)) / 2e-5
        np.testing.assert_allclose(found[..., patch], slope, rtol=1e-3, atol=1e-5)
    assert all(p.grad is None for p in exact.parameters())


def test_gradient_asks_nothing_of_its_surroundings(student, pictures):
    frozen = copy.deepcopy(student).requires_grad_(False)
    expected = symbol_maps(student, pictures, method="gradient")
    with torch.inference_mode():
        np.testing.assert_allclose(
            symbol_maps(frozen, pictures, method="gradient"), expected, atol=1e-4, rtol=1e-4
        )
    assert not any(b.cross.kv._forward_hooks for b in frozen.decoder.blocks)


@pytest.mark.parametrize("method", SYMBOL_MAPS)
def test_batches_and_seeds_change_nothing(student, pictures, method):
    whole = symbol_maps(student, pictures, method=method, seed=3)
    parts = symbol_maps(student, pictures, method=method, seed=3, batch_size=2)
    np.testing.assert_allclose(parts, whole, atol=1e-4, rtol=1e-4)
    assert symbol_maps(student, pictures[:0], method=method).shape == (0, 3, 4, 4)


@pytest.mark.parametrize("method", ["attention", "gradient", "occlusion"])
def test_the_same_in_double_precision(student, teacher, pictures, method):
    tokens = tokens_of(teacher, pictures)
    single = symbol_maps(student, tokens, method=method)
    double = symbol_maps(copy.deepcopy(student).double(), tokens.double(), method=method)
    np.testing.assert_allclose(single, double, atol=1e-4, rtol=1e-3)


def test_nearly_the_same_in_half_precision(student, teacher, pictures):
    tokens = tokens_of(teacher, pictures)
    single = symbol_maps(student, tokens)
    with torch.autocast("cpu", torch.bfloat16):
        half = symbol_maps(student, tokens)
    assert np.abs(half - single).max() < 0.05 * single.max()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("method", ["attention", "gradient", "occlusion"])
def test_the_same_on_cuda(student, teacher, pictures, method):
    there = copy.deepcopy(student).cuda()
    on_cpu = symbol_maps(student, pictures, method=method)
    np.testing.assert_allclose(
        symbol_maps(there, pictures, method=method), on_cpu, atol=1e-3, rtol=1e-2
    )
    np.testing.assert_array_equal(there.encode(pictures), student.encode(pictures))


def test_bad_input_is_told(student, pictures):
    with pytest.raises(ValueError, match="attention, gradient, occlusion, random"):
        symbol_maps(student, pictures, method="rollout")
    with pytest.raises(ValueError, match="at least 1"):
        symbol_maps(student, pictures, batch_size=0)
    with pytest.raises(ValueError, match="from this student's teacher"):
        symbol_maps(student, np.zeros((2, 10, 24), np.float32))
