"""Symbols that a picture shares with its neighbours.

Two pictures that the teacher finds alike should get the same symbol, and no symbol should be given
to all. Both at once: what the symbol of a picture tells about the symbol of its neighbour, their
mutual information. It needs no labels, and no picture to be rebuilt.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import distributed, nn
from torch.nn import functional as F

from nesylib.concepts.gather import processes


def nearest(features, k: int = 10, *, rows: int = 1024) -> np.ndarray:
    """The ``k`` nearest others of each picture by cosine, ``(N, k)`` int64, nearest first.

    Parameters
    ----------
    features
        ``(N, E)``. Numbers of different size should be brought to one scale before.
    k
        At most N - 1.
    rows
        Compared with all others at once.

    Raises
    ------
    ValueError
        For fewer than k + 1 pictures, a k below 1, or NaN.
    """
    features = torch.as_tensor(np.asarray(features, dtype=np.float32))
    if features.ndim != 2:
        raise ValueError(f"features must be (N, E), got {tuple(features.shape)}")
    if not torch.isfinite(features).all():
        raise ValueError("features hold NaN or infinite values: nothing is near to them")
    unit = F.normalize(features, dim=-1)
    if len(unit) < 2:
        raise ValueError(f"neighbours need at least two pictures, got {len(unit)}")
    if int(k) != k or not 1 <= k < len(unit):
        raise ValueError(
            f"{k} neighbours of each of {len(unit)} pictures: ask for 1 to {len(unit) - 1}"
        )
    k = int(k)
    found = []
    for start in range(0, len(unit), rows):
        cosines = unit[start : start + rows] @ unit.T
        own = torch.arange(len(cosines))
        cosines[own, start + own] = -torch.inf
        found.append(cosines.topk(k, dim=1).indices)
    return torch.cat(found).numpy()


class WithNeighbours:
    """Tokens of pictures, each followed by those of one of its neighbours, drawn anew each time.

    ``pairs[indices]`` is ``(n, 2, 1 + P, E)``. The draw comes from torch's generator, so that a
    run that is taken up again draws as one that never stopped.
    """

    def __init__(self, tokens, neighbours: np.ndarray):
        self.tokens, self.neighbours = tokens, neighbours
        self.shape = (len(neighbours), 2, *tokens.shape[1:])

    def __len__(self) -> int:
        return len(self.neighbours)

    def __getitem__(self, indices):
        indices = np.asarray(indices)
        drawn = torch.randint(self.neighbours.shape[1], (len(indices),)).numpy()
        both = np.stack([indices, self.neighbours[indices, drawn]], 1)
        found = np.asarray(self.tokens[both.reshape(-1)])
        return found.reshape(len(indices), 2, *found.shape[1:])


class NeighbourInformation(nn.Module):
    r"""Minus the pointwise mutual information of two neighbours' symbols, mean over positions.

    .. math:: -\frac{1}{L} \sum_j \log \sum_v \frac{(p_{jv}\, q_{jv})^\beta}{\pi_{jv}}

    with p and q the chances of the symbols of a picture and of its neighbour, and :math:`\pi` how
    often a symbol is used. Sharing a rare symbol counts for more than sharing a frequent one, which
    keeps all in use. With :math:`\beta = 1` this is the pointwise mutual information; below 1
    it asks less for certainty and more for balance. After Adaloglou et al. 2023, "Exploring the
    limits of deep image clustering using pretrained models", there for one clustering and with
    a teacher's q; here for every position of a sequence, with q from the student itself.

    Parameters
    ----------
    length, vocabulary
        L and V.
    power
        :math:`\beta`, above 0.5 and up to 1.
    momentum
        What :math:`\pi` keeps of itself at each step. A batch is too small to count V symbols.

    Raises
    ------
    ValueError
        For a power or momentum out of range.
    """

    def __init__(self, length: int, vocabulary: int, power: float = 0.8, momentum: float = 0.9):
        super().__init__()
        if not 0.5 < power <= 1:
            raise ValueError(f"power must be above 0.5 and at most 1, got {power}")
        if not 0 <= momentum < 1:
            raise ValueError(f"momentum must be at least 0 and below 1, got {momentum}")
        self.power, self.momentum = float(power), float(momentum)
        self.register_buffer("used", torch.full((length, vocabulary), 1 / vocabulary))

    def forward(self, logits: torch.Tensor) -> torch.Tensor:
        """Scores ``(2N, L, V)``, rows 2i and 2i + 1 neighbours of each other, to a scalar."""
        chances = logits.float().softmax(-1)
        mean = chances.mean(0)
        used = self.momentum * self.used + (1 - self.momentum) * mean
        self.used.copy_(_mean_over_all(used.detach()))
        p, q = chances.unflatten(0, (-1, 2)).unbind(1)
        shared = (p * q).clamp(min=1e-12) ** self.power / used.clamp(min=1e-6)
        return -shared.sum(-1).log().mean()


def _mean_over_all(used: torch.Tensor) -> torch.Tensor:
    """The mean over processes: all of them know how often a symbol is used."""
    if processes() > 1:
        used = used / processes()
        distributed.all_reduce(used)
    return used
