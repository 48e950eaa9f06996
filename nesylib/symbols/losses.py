"""Losses over prefixes, and what can be added to keep symbols in use and apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import torch

STRATEGIES = ("base", "entropy", "information")


@dataclass(frozen=True)
class PrefixLoss:
    """How losses after prefixes are summed, and the additions to them.

    Attributes
    ----------
    prefixes
        Lengths that are read; 1, 2, 4, 8 ... up to the student's length if not given. ``"nested"``:
        of every picture one random prefix, all lengths as often (nested dropout, Rippel et al.
        2014).
    weights
        One for each prefix, all alike if not given; they are divided by their sum.
    strategy
        ``"base"``: nothing more. ``"entropy"``: minus the entropy of a position's mean choice,
        which keeps the vocabulary in use. ``"information"``: also plus the mean entropy of a
        choice, which makes it sharp; their difference is the information that a symbol has about
        the picture. The paper names both and gives no formula; these are the usual ones.
    strength
        Weight of the strategy.
    decorrelation
        Weight of the penalty on positions that sort the pictures alike; see
        ``position_similarity`` in this module.
    neighbours
        Weight of :class:`NeighbourInformation`: every picture of a batch is followed by one of its
        ``nearest`` nearest by the teacher's features, and the two should share their symbols.
    nearest
        How many neighbours a picture has to draw from.
    power
        Of :class:`NeighbourInformation`.
    """

    prefixes: Sequence[int] | str | None = None
    weights: Sequence[float] | None = None
    strategy: str = "base"
    strength: float = 0.1
    decorrelation: float = 0.0
    neighbours: float = 0.0
    nearest: int = 10
    power: float = 0.8

    def __post_init__(self):
        if not self.neighbours >= 0 or self.nearest < 1 or int(self.nearest) != self.nearest:
            raise ValueError(
                "neighbours is a weight of 0 or more and nearest a whole number of at least 1, got "
                f"{self.neighbours} and {self.nearest}"
            )
        for name in ("prefixes", "weights"):
            value = getattr(self, name)
            if hasattr(value, "tolist"):  # an array, which cannot be compared as a whole
                object.__setattr__(self, name, value := tuple(value.tolist()))
            if not (value is None or isinstance(value, str) or hasattr(value, "__len__")):
                raise ValueError(f"{name} must be a sequence, such as (1, 4), got {value!r}")
        if not all(isfinite(v) for v in (self.strength, self.decorrelation, self.neighbours)):
            raise ValueError("strength, decorrelation and neighbours must be finite numbers")
        if self.prefixes == "nested" and self.weights is not None:
            raise ValueError("nested prefixes are drawn with equal chances: leave out weights")
        if self.strategy not in STRATEGIES:
            raise ValueError(
                f"unknown strategy {self.strategy!r}: use one of {', '.join(STRATEGIES)}"
            )
        if isinstance(self.prefixes, str) and self.prefixes != "nested":
            raise ValueError(f"prefixes must be lengths or 'nested', not {self.prefixes!r}")

    def lengths(self, length: int) -> list[int]:
        """The prefixes that are read of ``length`` symbols."""
        if self.prefixes == "nested":
            return list(range(1, length + 1))
        if self.prefixes is None:
            found = [2**i for i in range(length.bit_length()) if 2**i <= length]
            return found if found[-1] == length else [*found, length]
        found = [int(n) for n in self.prefixes]
        if not found or found != list(self.prefixes) or not 1 <= min(found) <= max(found) <= length:
            raise ValueError(
                f"prefixes {list(self.prefixes)} must be whole lengths from 1 to {length}"
            )
        return found

    def shares(self, count: int) -> torch.Tensor:
        """Weights ``(count,)`` that sum to 1."""
        if self.weights is None or self.prefixes == "nested":
            return torch.full((count,), 1 / count)
        weights = torch.tensor(list(self.weights), dtype=torch.float32)
        if len(weights) != count or not (weights >= 0).all() or not 0 < weights.sum() < torch.inf:
            raise ValueError(
                f"give one weight of 0 or more for each of the {count} prefixes, got {self.weights}"
            )
        return weights / weights.sum()

    def additions(self, logits: torch.Tensor) -> dict[str, torch.Tensor]:
        """What is added, by name, from the scores ``(N, L, V)`` of all symbols."""
        found = {}
        if self.strategy == "base" and not self.decorrelation:
            return found
        chances = logits.float().softmax(-1)
        if self.strategy != "base":
            found["strategy"] = -self.strength * choice_entropy(chances)
            if self.strategy == "information":
                own = -torch.xlogy(chances, chances).sum(-1).mean()
                found["strategy"] = found["strategy"] + self.strength * own
        if self.decorrelation and logits.shape[1] > 1:
            found["decorrelation"] = self.decorrelation * position_similarity(chances)
        return found


def choice_entropy(chances: torch.Tensor) -> torch.Tensor:
    """Entropy of the mean choice of each position, mean over positions: ``(N, L, V)`` to a scalar.

    At most ln V, when all symbols are used alike.
    """
    mean = chances.mean(0)
    return -torch.xlogy(mean, mean).sum(-1).mean()


def position_similarity(chances: torch.Tensor) -> torch.Tensor:
    """How alike two positions sort the pictures of a batch, mean over pairs of positions.

    Centred kernel alignment of the choices ``(N, L, V)``: 1 where two positions put the same
    pictures together, whatever their symbols are called; near 0 where they are independent.
    """
    centred = (chances - chances.mean(0)).transpose(0, 1)  # (L, N, V)
    kernels = (centred @ centred.transpose(1, 2)).flatten(1)
    kernels = kernels / kernels.norm(dim=1, keepdim=True).clamp(min=1e-12)
    length = len(kernels)
    alike = kernels @ kernels.T
    return (alike.sum() - alike.diagonal().sum()) / (length * (length - 1))
