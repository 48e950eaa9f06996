"""The loss of DINO: centring, sharpening, and every pair of views that differ.

Source: Caron et al. 2021, "Emerging properties in self-supervised vision transformers",
arXiv 2104.14294, equations 1 to 4 and algorithm 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import distributed, nn


def dino_loss(
    student: torch.Tensor | Sequence[torch.Tensor],
    teacher: torch.Tensor | Sequence[torch.Tensor],
    centre: torch.Tensor | float = 0.0,
    *,
    student_temperature: float = 0.1,
    teacher_temperature: float = 0.04,
) -> torch.Tensor:
    """Cross-entropy between what the teacher and the student make of different views.

    The teacher's distribution of view t is ``softmax((teacher[t] - centre) / teacher_temperature)``
    and is a constant; the student's of view s is ``softmax(student[s] / student_temperature)``.
    The loss is the mean of their cross-entropies over all pairs with s != t and all pictures.

    Parameters
    ----------
    student
        ``(V, N, K)``: V views of N pictures, one number for each of K prototypes.
    teacher
        ``(G, N, K)``: the student's first G views, seen by the teacher.
    centre
        ``(K,)``, or 0 for no centring; see :class:`Centre`.

    Returns
    -------
    torch.Tensor
        A scalar. ``ln K`` when student or teacher is uniform and the other does not matter.

    Raises
    ------
    ValueError
        For shapes that do not fit, fewer than two views, or a temperature that is not positive.
    """
    student = student if isinstance(student, torch.Tensor) else torch.stack(tuple(student))
    teacher = teacher if isinstance(teacher, torch.Tensor) else torch.stack(tuple(teacher))
    _check(student, teacher, student_temperature, teacher_temperature)
    kind = torch.promote_types(student.dtype, teacher.dtype)
    if kind in (torch.half, torch.bfloat16):
        kind = torch.float32  # a sum of so many needs its digits
    student, teacher = student.to(kind), teacher.to(kind)
    views, pictures, _ = student.shape
    seen = len(teacher)
    pairs = seen * views - seen
    wanted = targets(teacher, centre, teacher_temperature)
    # what view s is asked for is the sum of the other views' targets, so that K numbers are gone
    # through once a view and not once a pair
    everyone = wanted.sum(0, keepdim=True)
    asked = torch.cat([everyone - wanted, everyone.expand(views - seen, -1, -1)])
    answers = (student / student_temperature).log_softmax(-1)
    return -torch.dot(asked.flatten(), answers.flatten()) / (pairs * pictures)


def targets(
    teacher: torch.Tensor, centre: torch.Tensor | float, temperature: float
) -> torch.Tensor:
    """The teacher's distributions, ``(..., K)``: centred, then sharpened; without gradient."""
    return ((teacher.detach() - centre) / temperature).softmax(-1)


class Centre(nn.Module):
    """A moving average of the teacher's outputs, one number for each of K prototypes.

    It is subtracted from what the teacher says, so that no prototype can win everywhere. All
    processes keep the same centre.
    """

    def __init__(self, prototypes: int, momentum: float = 0.9):
        super().__init__()
        if not 0 <= momentum < 1:
            raise ValueError(f"momentum of the centre must lie in [0, 1), got {momentum}")
        self.momentum = momentum
        self.register_buffer("value", torch.zeros(prototypes))

    @torch.no_grad()
    def update(self, teacher: torch.Tensor) -> None:
        """Move towards the mean of ``(..., K)`` teacher outputs."""
        batch = teacher.flatten(0, -2).mean(0)
        if distributed.is_available() and distributed.is_initialized():
            distributed.all_reduce(batch)
            batch = batch / distributed.get_world_size()
        self.value.lerp_(batch.to(self.value.dtype), 1 - self.momentum)


def warmed_up(done: float, start: float, end: float, share: float) -> float:
    """A temperature that goes in a straight line from ``start`` to ``end``, and stays there.

    ``done`` is the share of training that is over, ``share`` the part of it that the way takes.
    """
    return end if done >= share else start + (end - start) * done / share


def teacher_momentum(done: float, start: float = 0.996, end: float = 1.0) -> float:
    """How much of itself the teacher keeps at a step: half a cosine from ``start`` to ``end``."""
    return end - (end - start) * (1 + math.cos(math.pi * min(1.0, done))) / 2


def _check(student: torch.Tensor, teacher: torch.Tensor, *temperatures: float) -> None:
    if student.ndim != 3 or teacher.ndim != 3 or student.shape[1:] != teacher.shape[1:]:
        raise ValueError(
            "student must be (views, N, K) and teacher (views, N, K) with the same N and K, got "
            f"{tuple(student.shape)} and {tuple(teacher.shape)}"
        )
    if not 1 <= len(teacher) <= len(student) or len(student) < 2 or student.numel() == 0:
        raise ValueError(
            f"{len(teacher)} views of the teacher and {len(student)} of the student leave no pair "
            "of different views: the student needs at least two, the teacher the first of them"
        )
    if not all(t > 0 for t in temperatures):
        raise ValueError(f"temperatures must be positive, got {temperatures}")
