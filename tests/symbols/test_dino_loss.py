"""DINO's loss against the formula written out, and against lightly's where it is installed."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nesylib.symbols import Centre, dino_loss, teacher_momentum, warmed_up

SHAPES = [(2, 2), (2, 1), (3, 1), (6, 2), (4, 4), (10, 2)]


def scores(views, seen, n=5, k=7, seed=0, scale=1.0):
    g = torch.Generator().manual_seed(seed)
    student = torch.randn(views, n, k, generator=g, dtype=torch.double) * scale
    teacher = torch.randn(seen, n, k, generator=g, dtype=torch.double) * scale
    return student.requires_grad_(), teacher, torch.randn(k, generator=g, dtype=torch.double)


def written_out(student, teacher, centre, student_temperature, teacher_temperature):
    """Equations 1 to 3 and algorithm 1 of the paper, one pair, picture and prototype at a time."""
    terms = []
    for t, said in enumerate(teacher):
        for s, answered in enumerate(student):
            if s == t:
                continue
            for n in range(len(said)):
                up = torch.exp((said[n] - centre) / teacher_temperature)
                down = torch.exp(answered[n] / student_temperature)
                p, q = up / up.sum(), down / down.sum()
                terms.append(-sum(p[k] * torch.log(q[k]) for k in range(len(p))))
    return sum(terms) / len(terms)


@pytest.mark.parametrize(("views", "seen"), SHAPES)
def test_value_and_gradient_are_those_of_the_formula(views, seen):
    student, teacher, centre = scores(views, seen)
    expected = written_out(student, teacher, centre, 0.3, 0.2)
    (wanted,) = torch.autograd.grad(expected, student)
    loss = dino_loss(student, teacher, centre, student_temperature=0.3, teacher_temperature=0.2)
    (gradient,) = torch.autograd.grad(loss, student)
    torch.testing.assert_close(loss, expected)
    torch.testing.assert_close(gradient, wanted)


@pytest.mark.parametrize(("views", "seen"), SHAPES)
@pytest.mark.parametrize("temperature", [0.04, 0.07])
def test_equal_to_lightly_in_value_gradient_and_centre(views, seen, temperature):
    theirs = (
        pytest.importorskip("lightly.loss.dino_loss")
        .DINOLoss(7, teacher_temp=temperature, warmup_teacher_temp=temperature)
        .double()
    )
    centre = Centre(7).double()
    for step in range(3):  # the centre moves, and the next loss feels it
        student, teacher, _ = scores(views, seen, seed=step)
        expected = theirs(list(teacher), list(student))
        (wanted,) = torch.autograd.grad(expected, student)
        loss = dino_loss(student, teacher, centre.value, teacher_temperature=temperature)
        (gradient,) = torch.autograd.grad(loss, student)
        centre.update(teacher)
        torch.testing.assert_close(loss, expected)
        torch.testing.assert_close(gradient, wanted)
        torch.testing.assert_close(centre.value, theirs.center.flatten())


def test_the_gradient_is_that_of_finite_differences():
    student, teacher, centre = scores(3, 2, n=2, k=4)
    assert torch.autograd.gradcheck(lambda s: dino_loss(s, teacher, centre), student)


@given(st.integers(0, 2**31), st.floats(0.5, 60), st.floats(-20, 20))
@settings(max_examples=40, deadline=None)
def test_a_constant_added_to_all_scores_changes_nothing_and_nothing_overflows(seed, scale, shift):
    student, teacher, centre = scores(3, 2, seed=seed, scale=scale)
    loss = dino_loss(student, teacher, centre)
    moved = dino_loss(student + shift, teacher + 2 * shift, centre)
    assert torch.isfinite(loss) and loss > -1e-9
    torch.testing.assert_close(moved, loss, rtol=1e-6, atol=1e-6)


def test_the_two_collapsed_answers():
    k = 50
    flat = torch.zeros(4, 6, k)
    torch.testing.assert_close(dino_loss(flat, flat[:2]), torch.tensor(math.log(k)))
    peak = torch.zeros(4, 6, k)
    peak[..., 3] = 100.0
    assert dino_loss(peak, peak[:2]) < 1e-6
    # centring takes the second away: the centre has learned what is always said
    centre = Centre(k, momentum=0.0)
    centre.update(peak[:2])
    torch.testing.assert_close(dino_loss(flat, peak[:2], centre.value), torch.tensor(math.log(k)))


def test_no_gradient_reaches_the_teacher():
    student, teacher, centre = scores(2, 2)
    teacher.requires_grad_()
    dino_loss(student, teacher, centre).backward()
    assert teacher.grad is None


def test_lists_of_views_do_as_well():
    student, teacher, centre = scores(3, 2)
    torch.testing.assert_close(
        dino_loss(list(student), list(teacher), centre), dino_loss(student, teacher, centre)
    )


def test_half_precision_scores_give_a_gradient_of_their_own_type():
    student, teacher, _ = scores(2, 2)
    student = student.detach().to(torch.bfloat16).requires_grad_()
    dino_loss(student, teacher.to(torch.bfloat16)).backward()
    assert student.grad.dtype == torch.bfloat16 and torch.isfinite(student.grad).all()


@pytest.mark.parametrize(
    ("student", "teacher", "options", "words"),
    [
        ((1, 4, 5), (1, 4, 5), {}, "at least two"),
        ((2, 4, 5), (3, 4, 5), {}, "the teacher the first"),
        ((2, 4, 5), (2, 4, 6), {}, "same N and K"),
        ((2, 4, 5), (2, 3, 5), {}, "same N and K"),
        ((2, 0, 5), (2, 0, 5), {}, "at least two"),
        ((4, 5), (4, 5), {}, r"\(views, N, K\)"),
        ((2, 4, 5), (2, 4, 5), {"teacher_temperature": 0.0}, "positive"),
    ],
)
def test_bad_input(student, teacher, options, words):
    with pytest.raises(ValueError, match=words):
        dino_loss(torch.zeros(student), torch.zeros(teacher), **options)


def test_the_centre_is_a_moving_average_over_views_and_pictures():
    centre = Centre(3, momentum=0.9)
    outputs = [torch.randn(2, 4, 3) for _ in range(5)]
    expected = torch.zeros(3)
    for said in outputs:
        expected = 0.9 * expected + 0.1 * said.mean((0, 1))
        centre.update(said)
    torch.testing.assert_close(centre.value, expected)
    with pytest.raises(ValueError, match=r"\[0, 1\)"):
        Centre(3, momentum=1.0)


def test_schedules():
    assert [warmed_up(d, 0.02, 0.08, 0.5) for d in (0, 0.25, 0.5, 1)] == [0.02, 0.05, 0.08, 0.08]
    assert warmed_up(0, 0.04, 0.07, 0) == 0.07
    assert teacher_momentum(0, 0.9) == pytest.approx(0.9)
    assert teacher_momentum(0.5, 0.9) == pytest.approx(0.95)
    assert teacher_momentum(1, 0.9) == teacher_momentum(1.2, 0.9) == 1


def test_student_and_teacher_may_be_of_two_precisions():
    student, teacher = (part.detach().float() for part in scores(3, 2)[:2])
    expected = dino_loss(student, teacher)
    torch.testing.assert_close(dino_loss(student, teacher.double()).float(), expected)
    near = dino_loss(student, teacher.bfloat16())
    assert near.dtype == torch.float32 and float(near) == pytest.approx(float(expected), rel=0.1)
    with pytest.raises(ValueError, match="positive"):
        dino_loss(student, teacher, student_temperature=float("nan"))
