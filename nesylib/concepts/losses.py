"""The three losses of NeSyViT: cluster by class, push to 0 or 1, keep few neurons on.

Source: Padalkar and Gupta, arXiv 2505.06745, which weighs them 2, 1 and 1 on Places. The paper's
reductions and temperature are not known to us; ours are the arguments below.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

from nesylib.concepts.gather import gather_batch

_SAFE_SHIFT = 0.025  # temperatures from here on: exp((cos - 1) / t) >= exp(-80), not 0 in float32


def supcon_loss(
    activations: torch.Tensor,
    labels: torch.Tensor,
    temperature: float = 0.1,
    *,
    reduction: str = "mean",
    gather: bool = False,
) -> torch.Tensor:
    """Supervised contrastive loss, the ``L_out`` form (Khosla et al. 2020, eq. 2).

    Rows are normalised to unit length inside. The sum over the positives of an anchor equals
    its product with the sum of its class, less itself, so no N x N mask of pairs is formed.

    Parameters
    ----------
    activations
        ``(N, D)`` float. Half precision is computed in float32. A row of zeros has no
        direction: it counts as cosine 0 with all others and gets no gradient.
    labels
        ``(N,)`` integer classes. An anchor that is alone in its class has no positive and is
        left out; :func:`lone_anchors` counts them.
    temperature
        Positive; smaller means that the hardest pairs count more.
    reduction
        ``"mean"`` or ``"sum"`` over the anchors that have a positive.
    gather
        Under several processes, compute on the global batch; see
        :func:`nesylib.concepts.gather_batch`. All processes must then call it together.

    Returns
    -------
    torch.Tensor
        A scalar in nats; exactly 0 (with zero gradient) when no anchor has a positive, as in
        an empty batch.

    Raises
    ------
    ValueError
        For a temperature that is not positive or labels of another length.
    """
    _check_reduction(reduction)
    activations, labels = _tensor(activations), _labels(labels, activations)
    if not temperature > 0:
        raise ValueError(f"temperature must be positive, got {temperature}")
    if activations.ndim != 2 or labels.shape != activations.shape[:1]:
        raise ValueError(
            f"activations must be (N, D) and labels (N,), got {tuple(activations.shape)} and "
            f"{tuple(labels.shape)}"
        )
    if gather:
        activations, labels = gather_batch(activations, labels)
    if len(labels) < 2:
        return activations.sum() * 0.0
    with torch.autocast(activations.device.type, enabled=False):
        per_anchor, anchors = _per_anchor(_full(activations), labels, temperature)
        total = torch.where(anchors, per_anchor, 0.0).sum()
        return total / anchors.sum().clamp(min=1) if reduction == "mean" else total


def _per_anchor(activations, labels, temperature: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Loss of each anchor ``(N,)``, and which anchors have a positive ``(N,)`` bool."""
    classes, member = torch.unique(labels, return_inverse=True)
    positives = torch.bincount(member, minlength=len(classes))[member] - 1
    length = activations.norm(dim=1, keepdim=True)
    unit = activations / torch.where(length > 0, length, torch.inf)
    class_sum = unit.new_zeros(len(classes), unit.shape[1]).index_add(0, member, unit)
    attraction = (unit * (class_sum[member] - unit)).sum(1) / positives.clamp(min=1)
    per_anchor = _LogSumExpOfOthers.apply(unit, temperature) - attraction / temperature
    return per_anchor, positives > 0


class _LogSumExpOfOthers(torch.autograd.Function):
    """``log sum_{a != i} exp(u_i . u_a / t)`` for each row ``u_i`` of unit length (or zero).

    With E the N x N matrix of exponentials, r its row sums and g the gradient that comes in, the
    gradient is ``(W + W^T) u / t`` with the rows of W those of E times ``g / r``: one product with
    an N x N matrix forward and one backward. E is the only one that is kept.
    """

    @staticmethod
    def forward(ctx, unit: torch.Tensor, temperature: float) -> torch.Tensor:
        scaled = unit * temperature**-0.5
        e = scaled @ scaled.T
        ctx.symmetric = temperature >= _SAFE_SHIFT
        if ctx.symmetric:
            shift = 1 / temperature  # no cosine is above 1
            e.sub_(shift)
        else:
            e.fill_diagonal_(-torch.inf)
            shift = e.amax(1)
            e.sub_(shift[:, None])
        e.exp_().fill_diagonal_(0.0)
        sums = e.sum(1)
        ctx.save_for_backward(scaled, e, sums)
        ctx.factor = temperature**-0.5
        return sums.log() + shift

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient: torch.Tensor):
        scaled, e, sums = ctx.saved_tensors
        weight = (gradient / sums)[:, None]
        if ctx.symmetric:  # W + W^T without a transposed copy
            both = (weight + weight.T).mul_(e)
        else:
            both = e * weight
            both = both + both.T
        return (both @ scaled) * ctx.factor, None


def lone_anchors(labels: torch.Tensor) -> torch.Tensor:
    """How many labels occur once in the batch: the anchors that :func:`supcon_loss` leaves out."""
    return (torch.unique(labels, return_counts=True)[1] == 1).sum()


def entropy_loss(
    activations: torch.Tensor,
    eps: float = 1e-6,
    *,
    reduction: str = "mean",
    from_logits: bool = False,
) -> torch.Tensor:
    """Binary entropy of the activations in nats: 0 at 0 and 1, 0.693 at one half.

    Parameters
    ----------
    activations
        ``(N, D)`` in [0, 1]; with ``from_logits`` what the sigmoid is applied to.
    eps
        Activations closer than this to 0 or 1 are certain: they cost nothing and get no
        gradient (through the sigmoid, what is left out is below ``eps * log(1 / eps)``).
    reduction
        ``"mean"`` over everything, or ``"sum"``: the mean over pictures of the sum over neurons.
    from_logits
        Exact for saturated units too, as half precision has them: there a sigmoid rounds to 0
        or 1 early and its entropy is lost.
    """
    _check_reduction(reduction)
    x = _full(activations)
    if from_logits:
        # H = log(1 + e^-|z|) + |z| s(-|z|): no term is ever the difference of two large ones
        size = x.abs()
        entropy = F.softplus(-size) + size * torch.sigmoid(-size)
    else:
        certain = (x <= eps) | (x >= 1 - eps)
        c = torch.where(certain, 0.5, x)
        entropy = torch.where(certain, 0.0, -(c * c.log() + (1 - c) * torch.log1p(-c)))
    return _reduce(entropy, reduction)


def l1_loss(activations: torch.Tensor, reduction: str = "mean") -> torch.Tensor:
    """L1 sparsity: the mean activation, or with ``"sum"`` the mean over pictures of the sum.

    With D = 128 neurons ``"sum"`` is 128 times stronger for the same weight.
    """
    _check_reduction(reduction)
    return _reduce(_full(activations).abs(), reduction)


def _tensor(x) -> torch.Tensor:
    return x if isinstance(x, torch.Tensor) else torch.as_tensor(x)


def _labels(labels, activations) -> torch.Tensor:
    """Labels where the activations are; names are refused."""
    if isinstance(labels, torch.Tensor):
        return labels
    labels = np.asarray(labels)
    if labels.dtype.kind not in "biuf":
        raise ValueError(
            "labels must be whole numbers: classes, labels = np.unique(names, return_inverse=True)"
        )
    return torch.as_tensor(labels, device=_tensor(activations).device)


def _full(x: torch.Tensor) -> torch.Tensor:
    """At least float32: half precision has too few digits for similarities and logarithms."""
    x = _tensor(x)
    return x if x.dtype in (torch.float32, torch.float64) else x.float()


def _reduce(x: torch.Tensor, reduction: str) -> torch.Tensor:
    if x.numel() == 0:
        return x.sum()
    return x.mean() if reduction == "mean" else x.sum() / len(x)


def _check_reduction(reduction: str) -> None:
    if reduction not in ("mean", "sum"):
        raise ValueError(f"reduction must be 'mean' or 'sum', not {reduction!r}")


class LossParts(NamedTuple):
    """The weighted total, its three parts, and the count of lone anchors: scalar tensors."""

    total: torch.Tensor
    supcon: torch.Tensor
    entropy: torch.Tensor
    l1: torch.Tensor
    lone: torch.Tensor


class ConceptLoss:
    """``alpha * supcon + beta * entropy + gamma * l1`` (arXiv 2505.06745; Places: 2, 1, 1).

    Calling it with activations ``(N, D)`` and labels ``(N,)`` returns :class:`LossParts`;
    ``strength`` in [0, 1] scales the entropy and L1 terms, for training that raises them slowly.

    Parameters
    ----------
    alpha, beta, gamma
        Weights of the three terms.
    temperature
        Of :func:`supcon_loss`.
    supcon_reduction, entropy_reduction, l1_reduction
        ``"mean"`` or ``"sum"``, as the three losses take them. The paper's are not known.
    gather
        Under several processes all parts are of the global batch, so that N processes train as
        one; see :func:`nesylib.concepts.gather_batch`. ``False`` contrasts within each process.
    """

    def __init__(
        self,
        alpha: float = 2.0,
        beta: float = 1.0,
        gamma: float = 1.0,
        temperature: float = 0.1,
        l1_reduction: str = "mean",
        *,
        entropy_reduction: str = "mean",
        supcon_reduction: str = "mean",
        gather: bool = True,
    ):
        for name, weight in dict(alpha=alpha, beta=beta, gamma=gamma).items():
            if not weight >= 0:
                raise ValueError(f"{name} must be zero or positive, got {weight}")
        if not temperature > 0:
            raise ValueError(f"temperature must be positive, got {temperature}")
        for reduction in (supcon_reduction, entropy_reduction, l1_reduction):
            _check_reduction(reduction)
        self.alpha, self.beta, self.gamma = alpha, beta, gamma
        self.temperature, self.l1_reduction = temperature, l1_reduction
        self.entropy_reduction, self.supcon_reduction = entropy_reduction, supcon_reduction
        self.gather = gather

    def __call__(
        self, activations: torch.Tensor, labels: torch.Tensor, strength: float = 1.0
    ) -> LossParts:
        activations, labels = _tensor(activations), _labels(labels, activations)
        if self.gather:
            activations, labels = gather_batch(activations, labels)
        supcon = supcon_loss(activations, labels, self.temperature, reduction=self.supcon_reduction)
        entropy = entropy_loss(activations, reduction=self.entropy_reduction)
        l1 = l1_loss(activations, self.l1_reduction)
        total = self.alpha * supcon + strength * (self.beta * entropy + self.gamma * l1)
        return LossParts(total, supcon, entropy, l1, lone_anchors(labels).float())

    def __repr__(self) -> str:
        text = (
            f"ConceptLoss(alpha={self.alpha}, beta={self.beta}, gamma={self.gamma}, "
            f"temperature={self.temperature}, l1_reduction={self.l1_reduction!r}"
        )
        # a checkpoint of a run compares this text: what is as always is not named
        for name in ("entropy_reduction", "supcon_reduction"):
            if getattr(self, name) != "mean":
                text += f", {name}={getattr(self, name)!r}"
        return text + (")" if self.gather else ", gather=False)")
