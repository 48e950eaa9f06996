"""A small Vision Transformer that learns from pictures alone, by agreeing with its own average.

Source: DINO, Caron et al. 2021, arXiv 2104.14294, algorithm 1. Smaller in every way, and different
in two: weight decay is constant, and the gradient is clipped for the whole network.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from accelerate import Accelerator
from torch import nn

from nesylib import runtime
from nesylib.concepts import loop
from nesylib.concepts.identity import identity
from nesylib.concepts.training import parameter_groups
from nesylib.symbols.collapse import LastSound, collapse_signs, signals
from nesylib.symbols.dino import Centre, dino_loss, targets, teacher_momentum, warmed_up
from nesylib.symbols.head import ProjectionHead
from nesylib.symbols.multi_crop import MultiCrop
from nesylib.vit.features import frozen_features
from nesylib.vit.partial import cls_after


class SelfDistillation(nn.Module):
    """A student, and a teacher that is the student's moving average; each with a head.

    Parameters
    ----------
    backbone
        A timm ViT, such as ``create_backbone("nesy_tiny_conv", dynamic_img_size=True)``; it
        becomes the student. ``dynamic_img_size`` lets it see small views.
    prototypes, hidden, bottleneck, batch_norm
        Of the :class:`ProjectionHead`.
    momentum
        What the teacher keeps of itself at the first step; it rises to 1 along half a cosine.
        0 makes the teacher the student of the step before, for the whole of training.
    student_temperature, teacher_temperature
        The teacher's may be two numbers, from which and to which it goes over the first third of
        training.
    centring
        Whether the teacher's outputs are centred, with ``centre_momentum``.
    stop_gradient
        False lets the gradient flow into the teacher, which is then the student itself: there
        to be broken on purpose.
    freeze_prototypes
        Share of training in which the prototypes stay where they are.
    seed
        Of the head.

    Attributes
    ----------
    student, teacher
        Backbones. The teacher's features are usually the better ones.
    """

    def __init__(
        self,
        backbone: nn.Module,
        *,
        prototypes: int = 1024,
        hidden: int = 256,
        bottleneck: int = 64,
        batch_norm: bool = False,
        momentum: float = 0.99,
        student_temperature: float = 0.1,
        teacher_temperature: float | tuple[float, float] = 0.04,
        centring: bool = True,
        centre_momentum: float = 0.9,
        stop_gradient: bool = True,
        freeze_prototypes: float = 0.05,
        seed: int = 0,
    ):
        super().__init__()
        if not 0 <= momentum <= 1:
            raise ValueError(f"momentum must lie between 0 and 1, got {momentum}")
        temperature = teacher_temperature
        pair = (temperature, temperature) if np.isscalar(temperature) else tuple(temperature)
        if len(pair) != 2 or not all(t > 0 for t in (*pair, student_temperature)):
            raise ValueError(
                "temperatures must be positive, and the teacher's one number or two, got "
                f"{student_temperature} and {teacher_temperature}"
            )
        if not all(hasattr(backbone, name) for name in ("patch_embed", "blocks", "num_features")):
            raise ValueError(
                f"{type(backbone).__name__} is no Vision Transformer: use one of timm, such as "
                'create_backbone("nesy_tiny_conv", dynamic_img_size=True)'
            )
        self.student = backbone
        with runtime.seeded(seed):
            self.student_head = ProjectionHead(
                backbone.num_features, prototypes, hidden, bottleneck, batch_norm
            )
        self.teacher = copy.deepcopy(backbone).requires_grad_(False)
        self.teacher_head = copy.deepcopy(self.student_head).requires_grad_(False)
        self.centre = Centre(prototypes, centre_momentum)
        self.register_buffer("step", torch.zeros((), dtype=torch.long))
        self.steps = 1
        self.prototypes, self.momentum = prototypes, momentum
        self.student_temperature, self.teacher_temperature = student_temperature, pair
        self.centring, self.stop_gradient = centring, stop_gradient
        self.freeze_prototypes = freeze_prototypes

    def forward(self, views: list[torch.Tensor]) -> dict[str, torch.Tensor]:
        """Scores of views as :class:`MultiCrop` gives them.

        In training the teacher first takes the step that it owes to the student's last one.

        Returns
        -------
        dict
            ``student`` ``(V, N, K)``, ``teacher`` ``(2, N, K)``, ``features`` ``(N, E)`` of the
            student on the first view.
        """
        if self.training:
            self.follow()
            self.step += 1
        frozen = self.training and self.step <= self.freeze_prototypes * self.steps
        found = [features(self.student, view) for view in views]
        student = torch.cat([self.student_head(f, frozen) for f in found])
        n = len(views[0]) // 2
        if self.stop_gradient:
            with torch.no_grad():
                teacher = self.teacher_head(features(self.teacher, views[0]))
        else:
            teacher = student[: 2 * n]
        return {
            "student": student.unflatten(0, (-1, n)),
            "teacher": teacher.unflatten(0, (2, n)),
            "features": found[0][:n],
        }

    @torch.no_grad()
    def follow(self) -> None:
        """One step of the teacher towards the student; none before the student's first step."""
        if not self.step:
            return
        keep = teacher_momentum(float(self.step) / self.steps, self.momentum)
        keep = 0.0 if self.momentum == 0 else keep
        pairs = ((self.teacher, self.student), (self.teacher_head, self.student_head))
        for slow, fast in pairs:
            ours, theirs = list(slow.parameters()), [p.detach() for p in fast.parameters()]
            torch._foreach_lerp_(ours, theirs, 1 - keep)

    def loss(
        self, found: dict[str, torch.Tensor], _labels: torch.Tensor | None, done: float
    ) -> dict[str, torch.Tensor]:
        """:func:`dino_loss` of what :meth:`forward` gave, and the signals of collapse.

        The centre is updated after it has been used. ``done`` is the share of training that is
        over.
        """
        temperature = warmed_up(done, *self.teacher_temperature, share=1 / 3)
        centre = self.centre.value if self.centring else 0.0
        teacher = found["teacher"]
        shared = dict(student_temperature=self.student_temperature, teacher_temperature=temperature)
        if self.stop_gradient:
            total = dino_loss(found["student"], teacher, centre, **shared)
        else:
            total = _through_both(found["student"], teacher, centre, **shared)
        watched = signals(targets(teacher, centre, temperature), found["features"])
        if self.training:
            self.centre.update(teacher.detach())
        return {"total": total} | watched

    def encode(self, pictures, *, which: str = "teacher", cache: bool = False) -> np.ndarray:
        """Features ``(N, E)`` of whole pictures under the ``"teacher"`` or the ``"student"``."""
        if which not in ("teacher", "student"):
            raise ValueError(f"which must be 'teacher' or 'student', not {which!r}")
        return frozen_features(getattr(self, which), pictures, _pooling(self.student), cache=cache)


def self_distil(
    net: SelfDistillation,
    pictures,
    *,
    epochs: int,
    crops: MultiCrop | None = None,
    batch_size: int = 64,
    lr: float = 1e-3,
    weight_decay: float = 0.04,
    clip: float = 3.0,
    patience: int | None = 3,
    seed: int = 0,
    checkpoint: str | Path | None = None,
    accelerator: Accelerator | None = None,
    progress: bool = True,
    on_epoch: Callable[[dict[str, float]], None] | None = None,
) -> loop.History:
    """Train ``net`` in place on pictures without labels.

    Parameters
    ----------
    pictures
        An :class:`nesylib.data.ImageSet`, whose labels are not looked at, or ``(N, 3, H, W)``.
    crops
        How views are made; if not given, :class:`MultiCrop` at the backbone's size and half of it.
    patience
        After how many epochs in a row with signs of collapse training stops. The network then
        holds the last epoch without, and so do ``checkpoint`` and the file beside it, ``.good``
        before its ending. None never stops.
    checkpoint
        A file to go on from after an interruption; it holds the last whole epoch. The
        result is the same as without the interruption.

    Returns
    -------
    History
        Per epoch ``total``, ``teacher_entropy``, ``usage_entropy`` and ``feature_std``.

    Raises
    ------
    ValueError
        For no pictures, pictures of another size, a checkpoint of another run, or small views
        for a backbone that takes one size only.
    Collapsed
        With what was seen and what to turn.
    TrainingDiverged
        When the loss is no longer finite.
    """
    images = getattr(pictures, "images", pictures)
    images = images if hasattr(images, "shape") else np.asarray(images)
    side = net.student.patch_embed.img_size
    crops = crops or MultiCrop(size=side[0], local_size=max(side[0] // 2, 1))
    _check(net, images, crops, epochs, batch_size)
    net.step.zero_()
    net.steps = epochs * (len(images) // min(batch_size, len(images)))
    settings = dict(
        crops=repr(crops),
        momentum=net.momentum,
        temperatures=[net.student_temperature, *net.teacher_temperature],
        centring=net.centring,
        centre_momentum=net.centre.momentum,
        stop_gradient=net.stop_gradient,
        freeze_prototypes=net.freeze_prototypes,
    )
    if checkpoint is not None:
        settings["inputs"] = identity(net.student, images, "all")
    watch = LastSound(
        net, lambda row: _problem(row, net.prototypes), patience, checkpoint, on_epoch
    )
    history = loop.train(
        net,
        images,
        np.zeros(len(images), np.int64),
        net.loss,
        groups=parameter_groups(_Trained(net), lr, weight_decay),
        epochs=epochs,
        batch_size=batch_size,
        clip=clip,
        seed=seed,
        prepare=crops,
        checkpoint=checkpoint,
        accelerator=accelerator,
        progress=progress,
        on_epoch=watch,
        settings=settings,
    )
    net.follow()  # the step that the teacher still owes
    return history


def features(model: nn.Module, pixels: torch.Tensor) -> torch.Tensor:
    """[CLS], or the mean of the patches without one, of pictures in 0..1 of any size, ``(N, E)``.

    The last block is computed for [CLS] alone.
    """
    cfg = getattr(model, "pretrained_cfg", None) or {}
    mean, std = cfg.get("mean", (0.5,) * 3), cfg.get("std", (0.5,) * 3)
    stats = torch.tensor([mean, std], device=pixels.device, dtype=pixels.dtype)[..., None, None]
    x = model._pos_embed(model.patch_embed((pixels - stats[0]) / stats[1]))
    x = model.norm_pre(model.patch_drop(x))
    for block in model.blocks[:-1]:
        x = block(x)
    if _pooling(model) == "cls":
        return model.norm(cls_after(model.blocks[-1], x))
    return model.norm(model.blocks[-1](x))[:, model.num_prefix_tokens :].mean(1)


def _pooling(model: nn.Module) -> str:
    return "mean" if getattr(model, "cls_token", None) is None else "cls"


def _through_both(
    student, teacher, centre, *, student_temperature: float, teacher_temperature: float
) -> torch.Tensor:
    """:func:`dino_loss` with a gradient for the teacher as well: what must not be done."""
    p = ((teacher - centre) / teacher_temperature).softmax(-1)
    log_q = (student / student_temperature).log_softmax(-1)
    crossed = -torch.einsum("gnk,vnk->gv", p, log_q)
    different = 1 - torch.eye(*crossed.shape, device=crossed.device)
    return (crossed * different).sum() / (different.sum() * student.shape[1])


class _Trained(nn.Module):
    """What AdamW sees: the student and its head."""

    def __init__(self, net: SelfDistillation):
        super().__init__()
        self.student, self.head = net.student, net.student_head


def _problem(row: dict[str, float], prototypes: int) -> str | None:
    signs = collapse_signs(row, prototypes)
    return "; ".join(f"{name}: {told}" for name, told in signs.items()) or None


def _check(net: SelfDistillation, images, crops: MultiCrop, epochs: int, batch_size: int) -> None:
    if epochs < 1 or batch_size < 1:
        raise ValueError(f"epochs and batch_size must be at least 1, got {epochs}, {batch_size}")
    if len(images) < 2:
        raise ValueError(f"self-distillation needs at least two pictures, got {len(images)}")
    if images.ndim != 4 or images.shape[1] != 3:
        raise ValueError(f"pictures must be (N, 3, H, W), got {tuple(images.shape)}")
    embed = net.student.patch_embed
    patch = embed.patch_size[0]
    sizes = [crops.size] + [crops.local_size] * (crops.locals > 0)
    odd = [size for size in sizes if size % patch]
    if odd:
        raise ValueError(
            f"views of {odd[0]} pixels cannot be cut into patches of {patch}: choose a multiple"
        )
    if any(size != embed.img_size[0] for size in sizes) and not net.student.dynamic_img_size:
        raise ValueError(
            f"this ViT takes {embed.img_size[0]} pixels only, and views have {sizes}: build it "
            "with dynamic_img_size=True, or use MultiCrop(size=..., locals=0)"
        )
