"""The three losses of NeSyViT: cluster by class, push to 0 or 1, keep few neurons on.

Source: Padalkar and Gupta, arXiv 2505.06745, which weighs them 2, 1 and 1 on Places. The paper's
reductions and temperature are not known to us; ours are the arguments below.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch.nn import functional as F


def supcon_loss(
    activations: torch.Tensor, labels: torch.Tensor, temperature: float = 0.1
) -> torch.Tensor:
    """Supervised contrastive loss, the ``L_out`` form (Khosla et al. 2020, eq. 2).

    Rows are normalised to unit length inside. The sum over the positives of an anchor equals
    its product with the sum of its class, less itself, so no N x N mask of pairs is formed.

    Parameters
    ----------
    activations
        ``(N, D)`` float.
    labels
        ``(N,)`` integer classes. An anchor that is alone in its class has no positive and is
        left out of the mean.
    temperature
        Positive; smaller means that the hardest pairs count more.

    Returns
    -------
    torch.Tensor
        A scalar in nats; exactly 0 (with zero gradient) when no anchor has a positive.

    Raises
    ------
    ValueError
        For a temperature that is not positive or labels of another length.
    """
    if not temperature > 0:
        raise ValueError(f"temperature must be positive, got {temperature}")
    if activations.ndim != 2 or labels.shape != activations.shape[:1]:
        raise ValueError(
            f"activations must be (N, D) and labels (N,), got {tuple(activations.shape)} and "
            f"{tuple(labels.shape)}"
        )
    classes, member = torch.unique(labels, return_inverse=True)
    positives = torch.bincount(member, minlength=len(classes))[member] - 1
    anchors = positives > 0
    if not anchors.any():
        return activations.sum() * 0.0
    unit = F.normalize(activations.float(), dim=1)
    class_sum = unit.new_zeros(len(classes), unit.shape[1]).index_add(0, member, unit)
    self_similarity = (unit * unit).sum(1)
    attraction = ((unit * class_sum[member]).sum(1) - self_similarity) / positives.clamp(min=1)
    similarity = unit @ unit.T / temperature
    similarity.fill_diagonal_(float("-inf"))
    per_anchor = similarity.logsumexp(1) - attraction / temperature
    return per_anchor[anchors].mean()


def entropy_loss(activations: torch.Tensor, eps: float = 1e-6) -> torch.Tensor:
    """Mean binary entropy of the activations in nats: 0 at 0 and 1, 0.693 at one half.

    Parameters
    ----------
    activations
        ``(N, D)`` in [0, 1].
    eps
        Activations closer than this to 0 or 1 count as certain and get no gradient.
    """
    c = activations.float().clamp(eps, 1 - eps)
    return -(c * c.log() + (1 - c) * (1 - c).log()).mean()


def l1_loss(activations: torch.Tensor, reduction: str = "mean") -> torch.Tensor:
    """L1 sparsity: the mean activation, or with ``"sum"`` the mean over pictures of the sum.

    With D = 128 neurons ``"sum"`` is 128 times stronger for the same weight.
    """
    if reduction not in ("mean", "sum"):
        raise ValueError(f"reduction must be 'mean' or 'sum', not {reduction!r}")
    size = activations.float().abs()
    return size.mean() if reduction == "mean" else size.sum(1).mean()


class LossParts(NamedTuple):
    """The weighted total and its three parts, each a scalar tensor."""

    total: torch.Tensor
    supcon: torch.Tensor
    entropy: torch.Tensor
    l1: torch.Tensor


class ConceptLoss:
    """``alpha * supcon + beta * entropy + gamma * l1`` (arXiv 2505.06745; Places: 2, 1, 1).

    Calling it with activations ``(N, D)`` and labels ``(N,)`` returns :class:`LossParts`;
    ``strength`` in [0, 1] scales the entropy and L1 terms, for training that raises them slowly.
    """

    def __init__(
        self,
        alpha: float = 2.0,
        beta: float = 1.0,
        gamma: float = 1.0,
        temperature: float = 0.1,
        l1_reduction: str = "mean",
    ):
        for name, weight in dict(alpha=alpha, beta=beta, gamma=gamma).items():
            if not weight >= 0:
                raise ValueError(f"{name} must be zero or positive, got {weight}")
        self.alpha, self.beta, self.gamma = alpha, beta, gamma
        self.temperature, self.l1_reduction = temperature, l1_reduction

    def __call__(
        self, activations: torch.Tensor, labels: torch.Tensor, strength: float = 1.0
    ) -> LossParts:
        supcon = supcon_loss(activations, labels, self.temperature)
        entropy = entropy_loss(activations)
        l1 = l1_loss(activations, self.l1_reduction)
        total = self.alpha * supcon + strength * (self.beta * entropy + self.gamma * l1)
        return LossParts(total, supcon, entropy, l1)

    def __repr__(self) -> str:
        return (
            f"ConceptLoss(alpha={self.alpha}, beta={self.beta}, gamma={self.gamma}, "
            f"temperature={self.temperature}, l1_reduction={self.l1_reduction!r})"
        )
