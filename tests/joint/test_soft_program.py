"""The differentiable reading of a program: exact on bits, a probability in between."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nesylib.joint import SoftProgram
from nesylib.joint.soft_program import log1mexp
from nesylib.rules import Column, FoldSEM, Program

TEXT = """
class(X,'a') :- x0(X), not ab1(X).
class(X,'b') :- x2(X), not x3(X).
ab1(X) :- x1(X), not ab2(X).
ab2(X) :- x4(X).
"""
NAMES = [f"x{i}" for i in range(5)]


def read(text=TEXT, default="c"):
    columns = [Column(name, "boolean") for name in NAMES]
    return Program.from_text(text, columns=columns, default=default)


def test_on_bits_it_is_the_program():
    program = read()
    soft = SoftProgram(program, ["a", "b", "c"])
    bits = np.array(list(itertools.product([False, True], repeat=5)))
    out = soft(torch.from_numpy(np.where(bits, 30.0, -30.0)))
    said = np.array(["a", "b", "c", None], dtype=object)[out.argmax(1).numpy()]
    assert list(said) == list(program.predict(bits))
    torch.testing.assert_close(out.exp().sum(1), torch.ones(32), rtol=0, atol=1e-5)
    assert soft.neurons == [0, 1, 2, 3, 4]


@given(st.integers(0, 2**31), st.integers(2, 5))
@settings(max_examples=25, deadline=None)
def test_on_bits_it_is_any_learned_program(seed, classes):
    rng = np.random.default_rng(seed)
    bits = rng.random((60, 6)) < 0.5
    labels = (bits @ rng.integers(0, 3, 6)) % classes
    if len(np.unique(labels)) < 2:
        return
    fold = FoldSEM(ratio=0.5).fit(bits, labels)
    soft = SoftProgram(fold.program_, sorted(set(labels.tolist())))
    out = soft(torch.from_numpy(np.where(bits, 40.0, -40.0)))
    said = np.array([*soft.classes, -1])[out.argmax(1).numpy()]
    np.testing.assert_array_equal(said, fold.predict(bits))


def test_in_between_it_is_the_chance_of_each_answer():
    """Every neuron is read once here, so the chance over all 32 codes is the oracle."""
    program = read()
    logits = torch.randn(7, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 2
    out = SoftProgram(program, ["a", "b", "c"])(logits).exp()
    p = torch.sigmoid(logits).numpy()
    expected = np.zeros((7, 4))
    for code in itertools.product([False, True], repeat=5):
        chance = np.prod(np.where(code, p, 1 - p), axis=1)
        answer = program.predict(np.array([code]))[0]
        expected[:, ["a", "b", "c", None].index(answer)] += chance
    np.testing.assert_allclose(out.numpy(), expected, atol=1e-5)


def test_gradient_moves_the_wrong_neuron():
    """A picture of class a with x0 off: more x0, less of what its exception asks."""
    logits = torch.tensor([[-3.0, 2.0, -3.0, 0.0, -2.0]], requires_grad=True)
    (-SoftProgram(read(), ["a", "b", "c"])(logits)[0, 0]).backward()
    step = -logits.grad[0]
    assert step[0] > 0 and step[1] < 0 and step[4] > 0
    assert step[0] > 0.9  # a saturated neuron on the wrong side still gets a gradient


def test_no_default_is_an_answer_of_its_own():
    program = read(default=None)
    out = SoftProgram(program, ["a", "b"])(torch.full((1, 5), -30.0))
    assert out.argmax() == 2 and torch.isfinite(out).all()


def test_log1mexp_keeps_its_digits():
    x = torch.tensor([-1e-5, -0.1, -0.6931, -5.0, -80.0], dtype=torch.float64, requires_grad=True)
    expected = torch.log(-torch.expm1(x))
    torch.testing.assert_close(log1mexp(x), expected)
    assert torch.autograd.gradcheck(log1mexp, (x,), eps=1e-7)
    assert torch.isfinite(log1mexp(torch.zeros(1)))


def test_bad_input():
    with pytest.raises(ValueError, match="'c'"):
        SoftProgram(read(), ["a", "b"])
    with pytest.raises(ValueError, match=r"\(N, 5\)"):
        SoftProgram(read(), ["a", "b", "c"])(torch.zeros(3, 4))
    numbers = FoldSEM().fit(np.linspace(0, 1, 40)[:, None], np.arange(40) > 20)
    with pytest.raises(ValueError, match="boolean"):
        SoftProgram(numbers.program_, [False, True])
