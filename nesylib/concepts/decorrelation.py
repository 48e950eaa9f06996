"""A loss that keeps neurons from saying the same: it charges them for being correlated."""

from __future__ import annotations

from typing import NamedTuple

import torch

from nesylib.concepts.gather import gather_batch
from nesylib.concepts.losses import ConceptLoss, _full, _labels, _tensor


def decorrelation_loss(activations, labels=None, eps: float = 1e-3) -> torch.Tensor:
    """Mean squared correlation of two different neurons over the batch: 0 to 1.

    The off-diagonal term of Barlow Twins (Zbontar et al., arXiv 2103.03230) within one code; DeCov
    (Cogswell et al., arXiv 1511.06068) does the same with covariances.

    Parameters
    ----------
    activations
        ``(N, D)``. Half precision is computed in float32.
    labels
        ``(N,)`` integer classes. If given, the mean of each class is taken away first: neurons
        may then agree about the class, but not about anything else. Ours.
    eps
        Added to each variance, so that a neuron which hardly changes is not blown up. A constant
        neuron is correlated with nothing: silence is one way to please this loss.

    Returns
    -------
    torch.Tensor
        A scalar; 0 for fewer than two neurons or two pictures.
    """
    x = _full(activations)
    if x.ndim != 2:
        raise ValueError(f"activations must be (N, D), got {tuple(x.shape)}")
    n, d = x.shape
    if labels is not None:
        labels = _labels(labels, x)
        if labels.shape != (n,):
            raise ValueError(f"labels must be ({n},), one for each row, got {tuple(labels.shape)}")
    if n < 2 or d < 2:
        return x.sum() * 0.0
    with torch.autocast(x.device.type, enabled=False):
        if labels is None:
            x = x - x.mean(0)
        else:
            classes, member = torch.unique(labels, return_inverse=True)
            sums = x.new_zeros(len(classes), d).index_add(0, member, x)
            x = x - (sums / torch.bincount(member, minlength=len(classes))[:, None])[member]
        covariance = x.T @ x / n
        spread = (covariance.diagonal() + eps).rsqrt()
        correlation = covariance * spread * spread[:, None]
        squares = correlation.square()
        return (squares.sum() - squares.diagonal().sum()) / (d * (d - 1))


class DecorrelatedParts(NamedTuple):
    """As :class:`nesylib.concepts.LossParts`, and the decorrelation loss."""

    total: torch.Tensor
    supcon: torch.Tensor
    entropy: torch.Tensor
    l1: torch.Tensor
    lone: torch.Tensor
    decorrelation: torch.Tensor


class DecorrelatedLoss(ConceptLoss):
    """NeSyViT's losses and ``delta`` times :func:`decorrelation_loss`.

    Parameters
    ----------
    delta
        Weight of the decorrelation loss.
    within_class
        Whether class means are taken away before neurons are correlated.
    **losses
        As :class:`nesylib.concepts.ConceptLoss` takes them.
    """

    def __init__(self, delta: float = 1.0, *, within_class: bool = False, **losses):
        super().__init__(**losses)
        if not delta >= 0:
            raise ValueError(f"delta must be zero or positive, got {delta}")
        self.delta, self.within_class = delta, within_class

    def __call__(self, activations, labels, strength: float = 1.0) -> DecorrelatedParts:
        parts = super().__call__(activations, labels, strength)
        activations, labels = _tensor(activations), _labels(labels, activations)
        if self.gather:
            activations, labels = gather_batch(activations, labels)
        extra = decorrelation_loss(activations, labels if self.within_class else None)
        total = parts.total + strength * self.delta * extra
        return DecorrelatedParts(total, *parts[1:], extra)

    def __repr__(self) -> str:
        inner = super().__repr__().removeprefix("ConceptLoss(").removesuffix(")")
        return f"DecorrelatedLoss(delta={self.delta}, within_class={self.within_class}, {inner})"
