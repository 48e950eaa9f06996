"""The student's decoder: it looks at the teacher's tokens and writes one symbol after the other.

To write symbol j a plain decoder runs over all symbols before it again, and projects the teacher's
tokens to keys and values again. Neither has changed. So the tokens' keys and values (the
*memory*) are computed once a picture, and each symbol's own keys and values once a symbol. The
attention weights over the tokens are part of the answer and need no hook.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn

from nesylib.symbols.discretizers import Discrete, Discretizer

DECODINGS = ("autoregressive", "parallel", "residual")


@dataclass(frozen=True)
class Emission:
    """What a decoder writes about N pictures.

    Attributes
    ----------
    found
        Symbols ``(N, L)`` with their vectors ``(N, L, F)``; see :class:`Discrete`.
    hidden
        ``(N, L, F)``, what was discretized.
    maps
        ``(N, L, T)``: how the decoder's attention spread over the tokens when it wrote each
        symbol, mean over layers and heads. Rows sum to 1. ``None`` unless asked for.
    """

    found: Discrete
    hidden: torch.Tensor
    maps: torch.Tensor | None = None


class SymbolDecoder(nn.Module):
    """Transformer decoder from tokens to symbols.

    Parameters
    ----------
    token_features
        Length of a teacher's token.
    width, layers, heads
        Of the decoder.
    length
        Symbols a picture, L.
    decoding
        ``"autoregressive"``: each symbol is chosen with those before it known, L steps.
        ``"parallel"``: L learned queries ask at once; faster, and no symbol knows the others.
        ``"residual"``: one query, whose answer is discretized in L rounds: each round gets
        what the rounds before it left over. Each needs a table of its own.
    from_cls
        Add a linear map of the first token, [CLS], to every query, each with a map of its own.
        Attention begins by spreading evenly over all tokens and learns only slowly that one of them
        sums the picture up; this tells it at once. What comes by this way leaves no trace in
        the maps.

    Shape: tokens ``(N, T, E)``, any float type, to :class:`Emission`.
    """

    def __init__(
        self,
        token_features: int,
        *,
        width: int = 128,
        layers: int = 2,
        heads: int = 4,
        length: int = 8,
        decoding: str = "autoregressive",
        from_cls: bool = False,
    ):
        super().__init__()
        if length < 1:
            raise ValueError(f"length must be at least 1 symbol, got {length}")
        if decoding not in DECODINGS:
            raise ValueError(f"unknown decoding {decoding!r}: use one of {', '.join(DECODINGS)}")
        if layers < 1 or heads < 1 or width % heads:
            raise ValueError(
                f"width={width} must be a multiple of heads={heads}, and layers={layers} at least 1"
            )
        self.length, self.decoding, self.width = int(length), decoding, int(width)
        self.token_norm = nn.LayerNorm(token_features)
        # the first input, then one for each position
        steps = 1 if decoding == "residual" else length
        self.queries = nn.Parameter(torch.randn(steps, width) * 0.5)
        self.blocks = nn.ModuleList(_Block(width, heads, token_features) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.summary = nn.Linear(token_features, steps * width) if from_cls else None

    def _asked(self, tokens: torch.Tensor) -> torch.Tensor:
        """Queries ``(N, steps, width)``, before any symbol is written."""
        queries = self.queries.expand(len(tokens), -1, -1)
        if self.summary is None:
            return queries
        return queries + self.summary(self._normed(tokens[:, 0])).unflatten(1, queries.shape[1:])

    def _normed(self, tokens: torch.Tensor) -> torch.Tensor:
        if tokens.is_inference() and not torch.is_inference_mode_enabled():
            tokens = tokens.clone()  # a teacher's answer may not be used in training as it is
        return self.token_norm(tokens.to(self.queries.dtype))

    def remember(self, tokens: torch.Tensor) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """Keys and values ``(N, heads, T, width / heads)`` of the tokens, for every block."""
        tokens = self._normed(tokens)
        return [block.cross.keys_values(tokens) for block in self.blocks]

    def forward(
        self,
        tokens: torch.Tensor,
        discretizers: Sequence[Discretizer],
        done: float = 1.0,
        *,
        maps: bool = False,
        cached: bool = True,
    ) -> Emission:
        """Write ``length`` symbols for each picture.

        Parameters
        ----------
        discretizers
            One for each position; the same one again where positions share a table.
        done
            Share of training that is done, for temperatures.
        maps
            Return attention maps.
        cached
            ``False`` computes everything anew for each symbol: the same result, slower.
        """
        if len(discretizers) != self.length:
            raise ValueError(
                f"{self.length} symbols are written, and there are {len(discretizers)} "
                "discretizers: give one for each position, the same again where they share one"
            )
        if self.decoding == "autoregressive":
            step = self._stepwise_cached if cached else self._stepwise_plain
            return step(tokens, discretizers, done, maps)
        memory = self.remember(tokens)
        hidden, weights = self._run(self._asked(tokens), memory, None)
        if self.decoding == "parallel":
            if len(set(map(id, discretizers))) == 1:  # one table for all positions
                found = discretizers[0](hidden, done)
            else:
                found = Discrete.stack([d(hidden[:, j], done) for j, d in enumerate(discretizers)])
            return Emission(found, hidden, weights if maps else None)
        rest, found, left = hidden[:, 0], [], []
        for discretizer in discretizers:
            left.append(rest)
            found.append(discretizer(rest, done))
            rest = rest - found[-1].vectors.detach()
        weights = weights.expand(-1, self.length, -1) if maps else None
        return Emission(Discrete.stack(found), torch.stack(left, 1), weights)

    def _stepwise_cached(self, tokens, discretizers, done, maps) -> Emission:
        memory, past = self.remember(tokens), [None] * len(self.blocks)
        asked = self._asked(tokens)
        before = self.queries.new_zeros(len(tokens), self.width)
        found, hidden, weights = [], [], []
        for j, discretizer in enumerate(discretizers):
            x = (asked[:, j] + before)[:, None]
            state, attention = self._run(x, memory, past)
            hidden.append(state[:, 0])
            weights.append(attention[:, 0])
            found.append(discretizer(state[:, 0], done))
            before = found[-1].vectors
        stacked = torch.stack(weights, 1) if maps else None
        return Emission(Discrete.stack(found), torch.stack(hidden, 1), stacked)

    def _stepwise_plain(self, tokens, discretizers, done, maps) -> Emission:
        before = [self.queries.new_zeros(len(tokens), self.width)]
        found, hidden, weights = [], [], []
        for j, discretizer in enumerate(discretizers):
            x = self._asked(tokens)[:, : j + 1] + torch.stack(before, 1)
            state, attention = self._run(x, self.remember(tokens), None)
            hidden.append(state[:, -1])
            weights.append(attention[:, -1])
            found.append(discretizer(state[:, -1], done))
            before.append(found[-1].vectors)
        stacked = torch.stack(weights, 1) if maps else None
        return Emission(Discrete.stack(found), torch.stack(hidden, 1), stacked)

    def _run(self, x, memory, past) -> tuple[torch.Tensor, torch.Tensor]:
        """All blocks; ``past`` is a list of each block's keys and values, which grows in place."""
        total = 0
        for i, block in enumerate(self.blocks):
            x, weights, kept = block(x, memory[i], None if past is None else past[i])
            if past is not None:
                past[i] = kept
            total = total + weights
        return self.norm(x), total / len(self.blocks)


class _Block(nn.Module):
    """Self-attention to the symbols so far, attention to the tokens, a small network."""

    def __init__(self, width: int, heads: int, token_features: int):
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))
        self.own = CausalAttention(width, heads)
        self.cross = CrossAttention(width, heads, token_features)
        self.mlp = nn.Sequential(
            nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )

    def forward(self, x, memory, past):
        added, kept = self.own(self.norms[0](x), past)
        x = x + added
        added, weights = self.cross(self.norms[1](x), memory)
        x = x + added
        return x + self.mlp(self.norms[2](x)), weights, kept


class CausalAttention(nn.Module):
    """Self-attention in which position j sees positions up to j.

    ``forward(x, past)`` takes ``(N, L, width)`` and the keys and values of earlier positions (or
    ``None``) and returns ``(N, L, width)`` and all keys and values.
    """

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x, past=None):
        q, k, v = (_split(part, self.heads) for part in self.qkv(x).chunk(3, -1))
        if past is not None:
            k, v = torch.cat([past[0], k], 2), torch.cat([past[1], v], 2)
        scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
        new, all_ = scores.shape[-2:]
        if new > 1:
            later = torch.ones(new, all_, dtype=torch.bool, device=x.device).triu(all_ - new + 1)
            scores = scores.masked_fill(later, float("-inf"))
        return self.out(_join(scores.softmax(-1) @ v)), (k, v)


class CrossAttention(nn.Module):
    """Attention to keys and values that were computed before; the weights are returned."""

    def __init__(self, width: int, heads: int, token_features: int):
        super().__init__()
        self.heads = heads
        self.query, self.out = nn.Linear(width, width), nn.Linear(width, width)
        self.kv = nn.Linear(token_features, 2 * width)

    def keys_values(self, tokens: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        k, v = self.kv(tokens).chunk(2, -1)
        return _split(k, self.heads), _split(v, self.heads)

    def forward(self, x, memory):
        k, v = memory
        q = _split(self.query(x), self.heads)
        weights = (q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5).softmax(-1)
        return self.out(_join(weights @ v)), weights.mean(1)


def _split(x: torch.Tensor, heads: int) -> torch.Tensor:
    """``(N, L, width)`` to ``(N, heads, L, width / heads)``."""
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)


def _join(x: torch.Tensor) -> torch.Tensor:
    return x.transpose(1, 2).flatten(2)
