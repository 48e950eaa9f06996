"""What the student has to match after each prefix: the teacher's view of the picture.

Each target is a module with one signature, ``target(read, seen, done)``: ``read`` ``(N, P, width)``
is what the student's encoder understood after P prefixes, ``seen`` ``(N, E)`` the teacher's [CLS].
It returns one loss for each prefix and what to watch. ``look(features)`` is called once with the
teacher's features of all training pictures, before training.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional as F

from nesylib.symbols.dino import Centre, targets, teacher_momentum
from nesylib.symbols.head import ProjectionHead


class Matched(NamedTuple):
    """``losses`` ``(N, P)``; ``watched``, scalars by name for the history."""

    losses: torch.Tensor
    watched: dict[str, torch.Tensor]


class Target(nn.Module):
    """Shared by all targets: how the teacher's features are scaled before they are compared.

    Each of the teacher's numbers is centred and divided by its deviation over the training
    pictures; otherwise all cosines between pictures are large and alike, and a few numbers decide.
    """

    def __init__(self, width: int, features: int):
        super().__init__()
        self.lift = nn.Linear(width, features)
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("scale", torch.ones(features))

    @torch.no_grad()
    def look(self, features: torch.Tensor) -> None:
        """Measure the features ``(N, E)`` of the training pictures."""
        self.mean.copy_(features.mean(0))
        spread = features.std(0, correction=0)
        self.scale.copy_(spread.where(spread > 1e-6, 1.0))  # one that never moves stays as it is

    def scaled(self, seen: torch.Tensor) -> torch.Tensor:
        return (seen - self.mean) / self.scale

    def step(self, done: float) -> None:
        """Called once before each training step."""

    def extra_repr(self) -> str:
        plain = {k: v for k, v in vars(self).items() if type(v) in (int, float)}
        return ", ".join(f"{key}={value:g}" for key, value in sorted(plain.items()))


class ProjectorTarget(Target):
    """The paper's recipe: cross-entropy to the teacher's projector, which follows the student's.

    Parameters
    ----------
    prototypes
        K.
    momentum
        What the teacher's projector keeps of itself at the first step; it rises to 1. With 1.0
        it never moves: a random, fixed projector, with which both sides can't collapse together.
    student_temperature, teacher_temperature, centre_momentum
        As in DINO.
    hidden, bottleneck
        Of both :class:`ProjectionHead`.
    """

    def __init__(
        self,
        width: int,
        features: int,
        *,
        prototypes: int = 1024,
        momentum: float = 0.996,
        student_temperature: float = 0.1,
        teacher_temperature: float = 0.04,
        centre_momentum: float = 0.9,
        hidden: int = 256,
        bottleneck: int = 64,
    ):
        super().__init__(width, features)
        if not 0 <= momentum <= 1:
            raise ValueError(f"momentum must lie between 0 and 1, got {momentum}")
        self.student = ProjectionHead(features, prototypes, hidden, bottleneck)
        self.teacher = ProjectionHead(features, prototypes, hidden, bottleneck)
        self.teacher.load_state_dict(self.student.state_dict())
        self.teacher.requires_grad_(False)
        self.centre = Centre(prototypes, centre_momentum)
        self.momentum = momentum
        self.student_temperature = student_temperature
        self.teacher_temperature = teacher_temperature
        self.prototypes = prototypes

    @torch.no_grad()
    def step(self, done: float) -> None:
        kept = teacher_momentum(done, self.momentum)
        for follower, leader in zip(
            self.teacher.parameters(), self.student.parameters(), strict=True
        ):
            follower.lerp_(leader, 1 - kept)

    def forward(self, read: torch.Tensor, seen: torch.Tensor, done: float = 0.0) -> Matched:
        with torch.no_grad():
            scores = self.teacher(self.scaled(seen))
            wanted = targets(scores, self.centre.value, self.teacher_temperature)
            self.centre.update(scores)
        scores = self.student(self.lift(read).flatten(0, 1)).unflatten(0, read.shape[:2])
        said = (scores / self.student_temperature).log_softmax(-1)
        losses = -torch.einsum("npk,nk->np", said, wanted)
        return Matched(losses, _entropies(wanted))


class AnchorTarget(Target):
    """The teacher's own neighbourhoods: how near is the picture to each of K training pictures?

    Softmax of cosines over the temperature, once of the teacher's features, once of what the
    student says. Nothing of it is learned but the student, so it cannot collapse; and what it asks
    for is what a k-NN probe reads. Our variant; related to relational distillation.

    Parameters
    ----------
    anchors
        K, drawn from the training pictures; all of them if there are fewer.
    temperature, teacher_temperature
        Of the student and of the teacher.
    steps
        Of a walk from the picture to an anchor, from there to one of its neighbours, and so on: 2
        asks for the neighbours of the neighbours, which evens out what is peculiar to one picture.
    """

    def __init__(
        self,
        width: int,
        features: int,
        *,
        anchors: int = 1024,
        temperature: float = 0.1,
        teacher_temperature: float = 0.05,
        steps: int = 1,
    ):
        super().__init__(width, features)
        if anchors < 2 or steps < 1:
            raise ValueError(f"anchors must be at least 2 and steps 1, got {anchors} and {steps}")
        self.steps = steps
        self.register_buffer("walk", torch.eye(anchors) if steps > 1 else None)
        self.register_buffer("anchors", torch.zeros(anchors, features))
        self.temperature, self.teacher_temperature = temperature, teacher_temperature
        self.prototypes = anchors

    @torch.no_grad()
    def look(self, features: torch.Tensor) -> None:
        super().look(features)
        order = torch.randperm(len(features))
        rows = order.repeat(-(-len(self.anchors) // len(features)))[: len(self.anchors)]
        self.anchors.copy_(F.normalize(self.scaled(features[rows]), dim=-1))
        if self.steps > 1:
            one = (self.anchors @ self.anchors.T / self.teacher_temperature).softmax(-1)
            self.walk.copy_(torch.linalg.matrix_power(one, self.steps - 1))

    def forward(self, read: torch.Tensor, seen: torch.Tensor, done: float = 0.0) -> Matched:
        with torch.no_grad():
            scores = F.normalize(self.scaled(seen), dim=-1) @ self.anchors.T
            wanted = (scores / self.teacher_temperature).softmax(-1)
            wanted = wanted if self.walk is None else wanted @ self.walk
        said = F.normalize(self.lift(read), dim=-1) @ self.anchors.T
        said = (said / self.temperature).log_softmax(-1)
        losses = -torch.einsum("npk,nk->np", said, wanted)
        return Matched(losses, _entropies(wanted))


class FeatureTarget(Target):
    """The teacher's feature itself: 1 minus the cosine. No projector, nothing to collapse."""

    prototypes = None

    def forward(self, read: torch.Tensor, seen: torch.Tensor, done: float = 0.0) -> Matched:
        cosine = F.cosine_similarity(self.lift(read), self.scaled(seen)[:, None], dim=-1)
        return Matched(1 - cosine, {})


TARGETS = {"projector": ProjectorTarget, "anchors": AnchorTarget, "feature": FeatureTarget}
"""Targets by name."""


def make_target(name: str, width: int, features: int, **options) -> Target:
    """A target by name, one of ``TARGETS``."""
    if name not in TARGETS:
        raise ValueError(f"unknown target {name!r}: use one of {', '.join(TARGETS)}")
    return TARGETS[name](width, features, **options)


def _entropies(wanted: torch.Tensor) -> dict[str, torch.Tensor]:
    """How unsure the target is of one picture, and how much it tells pictures apart."""
    return {
        "teacher_entropy": torch.special.entr(wanted).sum(-1).mean(),
        "usage_entropy": torch.special.entr(wanted.mean(0)).sum(),
    }
