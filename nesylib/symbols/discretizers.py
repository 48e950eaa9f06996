"""From a vector to a symbol, with a gradient through the choice.

``argmax`` has no gradient: a small change of the scores changes nothing, or everything. Each class
here gets round that in another way, and all have one signature::

    found = discretizer(hidden, done)     # hidden (..., F); done: share of training, 0 to 1
    found.vectors                         # (..., F): what the rest of the network reads
    found.symbols                         # (...): whole numbers below the vocabulary
    found.logits, found.loss, found.usage, found.perplexity
    discretizer.embed(symbols)            # (..., F): the rows of the table of symbols
    discretizer.update(hidden, symbols)   # once a training step, after the symbols were chosen

In evaluation mode all of them take the best symbol and give its row of the table: what the rest
of the network then sees is the symbol and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, prod

import torch
from torch import distributed, nn
from torch.nn import functional as F

from nesylib.concepts.gather import processes


@dataclass(frozen=True)
class Discrete:
    """What a discretizer answers.

    Attributes
    ----------
    vectors
        ``(..., F)``, with a gradient to the hidden vectors.
    symbols
        ``(...)`` int64.
    logits
        ``(..., V)``, scores of all symbols; of vector quantization, minus the squared distance.
    loss
        A scalar to add to the loss of training; 0 where there is none.
    vocabulary
        V.
    """

    vectors: torch.Tensor
    symbols: torch.Tensor
    logits: torch.Tensor
    loss: torch.Tensor
    vocabulary: int

    @property
    def usage(self) -> torch.Tensor:
        """Share of the vocabulary that occurs here at least once."""
        return (symbol_counts(self.symbols, self.vocabulary) > 0).float().mean()

    @property
    def perplexity(self) -> torch.Tensor:
        """exp(entropy) of how often the symbols occur: 1 for a single one, V for all alike."""
        share = symbol_counts(self.symbols, self.vocabulary)
        share = share / share.sum().clamp(min=1)
        return torch.exp(-torch.xlogy(share, share).sum())

    @staticmethod
    def stack(found: Sequence[Discrete]) -> Discrete:
        """One after the other along a new position, ``(N, F)`` each to ``(N, L, F)``."""
        vectors, symbols, logits = (
            torch.stack([getattr(f, name) for f in found], 1)
            for name in ("vectors", "symbols", "logits")
        )
        loss = torch.stack([f.loss for f in found]).mean()
        return Discrete(vectors, symbols, logits, loss, found[0].vocabulary)


def symbol_counts(symbols: torch.Tensor, vocabulary: int) -> torch.Tensor:
    """How often each symbol occurs, ``(V,)`` float32."""
    return torch.bincount(symbols.reshape(-1), minlength=vocabulary).float()


class Discretizer(nn.Module):
    """What all of them share: the sizes, and doing nothing where there is nothing to do."""

    def __init__(self, features: int, vocabulary: int):
        super().__init__()
        if vocabulary < 2:
            raise ValueError(
                f"a vocabulary of {vocabulary} can say only one thing, which says nothing: "
                "use 2 or more (the paper's are 128 to 512)"
            )
        if features < 1:
            raise ValueError(f"hidden vectors must have at least one number, got {features}")
        self.features, self.vocabulary = int(features), int(vocabulary)

    def update(self, hidden: torch.Tensor, symbols: torch.Tensor) -> None:
        """Learn from what was just discretized, ``(..., F)`` and ``(...)``; here nothing."""


class SoftmaxDiscretizer(Discretizer):
    """A softmax whose temperature falls: a blend of symbols that becomes one symbol.

    Parameters
    ----------
    features, vocabulary
        F and V.
    start, end
        Temperature at the beginning and the end of training; in between it falls by the same
        factor each step. The paper's schedule is not known (ours: 1 to 0.1).
    straight_through
        Read the best symbol itself in training too; only the gradient is that of the blend.
    """

    def __init__(
        self,
        features: int,
        vocabulary: int,
        *,
        start: float = 1.0,
        end: float = 0.1,
        straight_through: bool = False,
    ):
        super().__init__(features, vocabulary)
        if not (0 < start < inf and 0 < end < inf):
            raise ValueError(f"temperatures must be above 0 and finite, got {start} to {end}")
        self.start, self.end, self.straight_through = start, end, straight_through
        self.scores = nn.Linear(features, vocabulary)
        self.table = nn.Embedding(vocabulary, features)
        nn.init.normal_(self.table.weight, std=1.0)

    def temperature(self, done: float) -> float:
        """Temperature at a share ``done`` of training."""
        return self.start * (self.end / self.start) ** min(1.0, max(0.0, float(done)))

    def embed(self, symbols: torch.Tensor) -> torch.Tensor:
        return self.table(symbols)

    def noisy(self, logits: torch.Tensor) -> torch.Tensor:
        """Logits as they are chosen from in training; here without noise."""
        return logits

    def forward(self, hidden: torch.Tensor, done: float = 1.0) -> Discrete:
        logits = self.scores(hidden)
        zero = logits.new_zeros(())
        if not self.training:
            symbols = logits.argmax(-1)
            return Discrete(self.embed(symbols), symbols, logits, zero, self.vocabulary)
        drawn = self.noisy(logits)
        symbols = drawn.argmax(-1)
        blend = (drawn / self.temperature(done)).softmax(-1)
        if self.straight_through:
            blend = F.one_hot(symbols, self.vocabulary).to(blend.dtype) + blend - blend.detach()
        return Discrete(blend @ self.table.weight, symbols, logits, zero, self.vocabulary)


class GumbelDiscretizer(SoftmaxDiscretizer):
    """Gumbel-Softmax: as above, after Gumbel noise is added to the logits.

    The best of the noisy logits is then a draw from softmax(logits), so that training tries
    other symbols (Jang et al. 2017; Maddison et al. 2017). No noise in evaluation mode.
    ``straight_through=True`` is the variant that reads the drawn symbol itself.
    """

    def __init__(
        self,
        features: int,
        vocabulary: int,
        *,
        start: float = 1.0,
        end: float = 0.5,
        straight_through: bool = False,
    ):
        super().__init__(
            features, vocabulary, start=start, end=end, straight_through=straight_through
        )

    def noisy(self, logits: torch.Tensor) -> torch.Tensor:
        uniform = torch.rand_like(logits).clamp(min=1e-10)  # 0 would give infinite noise
        return logits - torch.log((-torch.log(uniform)).clamp(min=1e-10))


class VectorQuantizer(Discretizer):
    """The nearest row of a codebook; the gradient passes straight through the choice.

    Parameters
    ----------
    learn
        ``"loss"``: the codebook follows by gradient, the loss of van den Oord et al. 2017
        (equation 3), mean over all numbers: ``|sg(h) - e|^2 + commitment |h - sg(e)|^2``.
        ``"ema"``: its rows are running means of what they were chosen for (the same paper, appendix
        A.1), and the loss is the commitment alone. A batch is quantized with the codebook
        as it was before the batch changed it.
    commitment
        Their beta.
    decay
        Of the running means.
    revive
        A row that is chosen less often than this share of V-th of the time moves onto a vector
        of the batch; 0 never does. Without it a large part of a codebook is often never used.

    Notes
    -----
    Several processes keep the same codebook: they add up what their batches say, and start and
    revive rows from the vectors of the first. Distances are computed with the codebook's digits
    under mixed precision too.
    """

    def __init__(
        self,
        features: int,
        vocabulary: int,
        *,
        learn: str = "ema",
        commitment: float = 0.25,
        decay: float = 0.99,
        revive: float = 0.1,
    ):
        super().__init__(features, vocabulary)
        if learn not in ("ema", "loss"):
            raise ValueError(f"learn must be 'ema' or 'loss', not {learn!r}")
        if not (0 <= decay < 1 and 0 <= revive < 1 and commitment >= 0):
            raise ValueError(
                "decay and revive must lie in [0, 1) and commitment be 0 or more, got "
                f"decay={decay}, revive={revive}, commitment={commitment}"
            )
        self.learn, self.commitment, self.decay, self.revive = learn, commitment, decay, revive
        rows = torch.randn(vocabulary, features)
        if learn == "ema":
            self.register_buffer("codebook", rows)
        else:
            self.codebook = nn.Parameter(rows)
        self.register_buffer("sums", rows.clone())
        self.register_buffer("counts", torch.ones(vocabulary))
        self.register_buffer("started", torch.tensor(False))

    def embed(self, symbols: torch.Tensor) -> torch.Tensor:
        return self.codebook[symbols]

    def forward(self, hidden: torch.Tensor, done: float = 1.0) -> Discrete:
        with torch.autocast(hidden.device.type, enabled=False):
            return self._chosen(hidden.to(self.codebook.dtype))

    def _chosen(self, hidden: torch.Tensor) -> Discrete:
        if self.training and not self.started and hidden.numel():
            self._start(hidden)
        # a copy: update changes the codebook before the gradients are computed
        rows = self.codebook.clone() if self.training else self.codebook
        logits = 2 * hidden @ rows.T - rows.square().sum(-1)
        logits = logits - hidden.square().sum(-1, keepdim=True)
        symbols = logits.argmax(-1)
        chosen = rows[symbols]
        if not self.training:
            return Discrete(chosen, symbols, logits, logits.new_zeros(()), self.vocabulary)
        loss = self.commitment * F.mse_loss(hidden, chosen.detach())
        if self.learn == "loss":
            loss = loss + F.mse_loss(chosen, hidden.detach())
        through = hidden + (chosen - hidden).detach()
        return Discrete(through, symbols, logits, loss, self.vocabulary)

    @torch.no_grad()
    def _start(self, hidden: torch.Tensor) -> None:
        """Put the rows where the first vectors are; a row far from all would never be chosen."""
        self.codebook.copy_(_of_the_first(_draw(hidden, self.vocabulary)))
        self.sums.copy_(self.codebook)
        self.started.fill_(True)

    @torch.no_grad()
    def update(self, hidden: torch.Tensor, symbols: torch.Tensor) -> None:
        hidden, symbols = hidden.detach().reshape(-1, self.features), symbols.reshape(-1)
        if not len(symbols):
            return
        fair = len(symbols) * processes() / self.vocabulary
        counts = _over_all(symbol_counts(symbols, self.vocabulary))
        self.counts.mul_(self.decay).add_(counts / fair, alpha=1 - self.decay)
        if self.learn == "ema":
            sums = torch.zeros_like(self.sums).index_add_(0, symbols, hidden.to(self.sums.dtype))
            self.sums.mul_(self.decay).add_(_over_all(sums) / fair, alpha=1 - self.decay)
            self.codebook.copy_(self.sums / self.counts.clamp(min=1e-6)[:, None])
        dead = torch.nonzero(self.counts < self.revive)[:, 0]
        if len(dead):
            fresh = _of_the_first(_draw(hidden, len(dead)).to(self.codebook.dtype))
            self.codebook[dead], self.sums[dead], self.counts[dead] = fresh, fresh, 1.0


@torch.no_grad()
def _draw(hidden: torch.Tensor, rows: int) -> torch.Tensor:
    """Some of the vectors, each at most once while there are enough; copies differ a little."""
    hidden = hidden.detach().reshape(-1, hidden.shape[-1])
    order = torch.randperm(len(hidden), device=hidden.device)
    copies = -(-rows // len(hidden))
    drawn = hidden[order.repeat(copies)[:rows]]
    if copies > 1:
        drawn = drawn + 0.01 * drawn.std() * torch.randn_like(drawn)
    return drawn


def _over_all(batch: torch.Tensor) -> torch.Tensor:
    """The sum over all processes."""
    if processes() > 1:
        distributed.all_reduce(batch)
    return batch


def _of_the_first(rows: torch.Tensor) -> torch.Tensor:
    """What the first process has, in all of them."""
    if processes() > 1:
        distributed.broadcast(rows, 0)
    return rows


class FiniteScalarQuantizer(Discretizer):
    """Finite scalar quantization: a few numbers, each rounded to a few levels; no codebook.

    The symbol is the number of the cell in the grid of levels (Mentzer et al. 2024, "Finite
    scalar quantization: VQ-VAE made simple"). Every symbol has its place from the start, so none
    can die for lack of a row, though the network may still not use it.

    Parameters
    ----------
    levels
        Levels of each number; their product is the vocabulary. By default 8, 4 and 2 as often as
        they divide it.
    """

    def __init__(self, features: int, vocabulary: int, *, levels: Sequence[int] | None = None):
        super().__init__(features, vocabulary)
        levels = _levels(vocabulary) if levels is None else tuple(map(int, levels))
        if prod(levels) != vocabulary or min(levels) < 2:
            raise ValueError(
                f"levels {levels} make {prod(levels)} symbols and not {vocabulary}: give levels "
                "of 2 or more whose product is the vocabulary"
            )
        self.down, self.up = nn.Linear(features, len(levels)), nn.Linear(len(levels), features)
        count = torch.tensor(levels)
        self.register_buffer("levels", count, persistent=False)
        step = torch.cumprod(torch.tensor((1, *levels[:-1])), 0)
        self.register_buffer("step", step, persistent=False)
        cells = torch.arange(vocabulary)[:, None] // step % count
        self.register_buffer("cells", self._centred(cells), persistent=False)
        # of the stretch that is rounded to a level: the nearest is the symbol
        self.register_buffer("middles", (2 * cells + 1) / count - 1, persistent=False)

    def _centred(self, cells: torch.Tensor) -> torch.Tensor:
        """Cells ``0 .. levels - 1`` as numbers in [-1, 1]."""
        return 2 * cells / (self.levels - 1) - 1

    def embed(self, symbols: torch.Tensor) -> torch.Tensor:
        return self.up(self.cells[symbols])

    def forward(self, hidden: torch.Tensor, done: float = 1.0) -> Discrete:
        # in [-1, 1]; each level has the same share of it
        bound = torch.tanh(self.down(hidden))
        spread = (bound + 1) / 2 * self.levels
        cells = spread.floor().clamp(min=0).minimum(self.levels - 1)
        place = self._centred(cells)
        symbols = (cells.long() * self.step).sum(-1)
        if self.training:
            place = bound + (place - bound).detach()
        logits = -(bound[..., None, :] - self.middles).square().sum(-1)
        return Discrete(self.up(place), symbols, logits, logits.new_zeros(()), self.vocabulary)


def _levels(vocabulary: int) -> tuple[int, ...]:
    found, rest = [], vocabulary
    for level in (8, 4, 2):
        while rest % level == 0 and rest > 1:
            found.append(level)
            rest //= level
    if rest > 1:
        raise ValueError(
            f"a vocabulary of {vocabulary} is no power of two: name the levels, such as "
            "levels=(8, 5, 5) for 200"
        )
    return tuple(found)


DISCRETIZERS = {
    "softmax": SoftmaxDiscretizer,
    "gumbel": GumbelDiscretizer,
    "vq": VectorQuantizer,
    "fsq": FiniteScalarQuantizer,
}
"""Discretizers by name."""


def make_discretizer(name: str, features: int, vocabulary: int, **options) -> Discretizer:
    """A discretizer by name, one of ``DISCRETIZERS``."""
    if name not in DISCRETIZERS:
        raise ValueError(f"unknown discretizer {name!r}: use one of {', '.join(DISCRETIZERS)}")
    return DISCRETIZERS[name](features, vocabulary, **options)
