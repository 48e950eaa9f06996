"""What asking may cost, and what it has cost."""

from __future__ import annotations

import math
from dataclasses import dataclass


class Spent(Exception):
    """The next request could go over the budget."""


@dataclass
class Budget:
    """Caps on requests, tokens and money; asking stops *before* one of them is passed.

    Before a request its cost is estimated from above, and the request is made only if it fits.
    Afterwards the counts of the server replace the estimate. Where it gives none, or may have
    charged for an answer that never came, the estimate stands.

    Parameters
    ----------
    requests
        Most requests, repetitions included.
    tokens
        Most tokens, in and out together; ``None`` for no cap.
    price
        Most money, in the currency of the two prices; ``None`` for no cap.
    price_in, price_out
        Price of a million tokens of questions and of answers, from the provider's price list.
    picture_tokens
        What one montage may cost in tokens. Providers count differently: look it up.
    """

    requests: int = 500
    tokens: int | None = None
    price: float | None = None
    price_in: float = 0.0
    price_out: float = 0.0
    picture_tokens: int = 2000
    used_requests: int = 0
    used_in: int = 0
    used_out: int = 0
    estimated: int = 0

    def __post_init__(self) -> None:
        caps = [self.requests, self.tokens or 0, self.price or 0, self.price_in, self.price_out]
        if not all(math.isfinite(cap) and cap >= 0 for cap in [*caps, self.picture_tokens]):
            raise ValueError("caps and prices must be finite and not negative")
        if self.price is not None and not (self.price_in or self.price_out):
            raise ValueError(
                "a cap on the price needs price_in and price_out, per million tokens: "
                "take them from the provider's price list"
            )

    @property
    def used_price(self) -> float:
        return self._price(self.used_in, self.used_out)

    def _price(self, tokens_in: int, tokens_out: int) -> float:
        return (tokens_in * self.price_in + tokens_out * self.price_out) / 1e6

    def check(self, tokens_in: int, tokens_out: int) -> None:
        """Raise :class:`Spent` if a request of this size could pass a cap."""
        if self.used_requests + 1 > self.requests:
            raise Spent(f"the cap of {self.requests} requests is reached")
        after_in, after_out = self.used_in + tokens_in, self.used_out + tokens_out
        if self.tokens is not None and after_in + after_out > self.tokens:
            raise Spent(f"the next request could pass the cap of {self.tokens:,} tokens")
        if self.price is not None and self._price(after_in, after_out) > self.price:
            raise Spent(f"the next request could pass the cap of {self.price:g} on the price")

    def charge(self, tokens_in: int, tokens_out: int, *, estimated: bool = False) -> None:
        """Add tokens to what was used."""
        self.used_in += tokens_in
        self.used_out += tokens_out
        self.estimated += (tokens_in + tokens_out) * estimated
