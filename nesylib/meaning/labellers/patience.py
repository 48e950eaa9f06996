"""When to ask again, and how long to wait before."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime


@dataclass
class Patience:
    """Waits that double, and a server's wish to wait longer.

    Parameters
    ----------
    retries
        How often a request is repeated after a failure that may pass.
    first_wait, longest_wait
        Seconds. Before repetition ``i`` it waits about ``first_wait * 2**i``, at most
        ``longest_wait``. A ``Retry-After`` of the server replaces that; if it is longer than
        ``longest_wait``, the request is given up.
    sleep
        Called with the seconds to wait.
    """

    retries: int = 4
    first_wait: float = 1.0
    longest_wait: float = 60.0
    sleep: Callable[[float], None] = field(default_factory=lambda: time.sleep, repr=False)
    seed: int = 0
    _random: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.retries < 0 or self.first_wait < 0 or self.longest_wait < 0:
            raise ValueError("retries and waits must not be negative")
        self._random = random.Random(self.seed)

    def wait(self, attempt: int, asked: float | None) -> float | None:
        """Seconds before repetition ``attempt`` (from 0), or ``None``: give up."""
        if attempt >= self.retries or (asked is not None and asked > self.longest_wait):
            return None
        if asked is not None:
            return asked
        usual = min(self.first_wait * 2.0 ** min(attempt, 60), self.longest_wait)
        return usual * self._random.uniform(0.5, 1.0)  # so that many runs don't come back at once


def retry_after(header: str | None, now: float | None = None) -> float | None:
    """Seconds of a ``Retry-After`` header, a number or a date; ``None`` if it is neither."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return float(text)
    try:
        when = parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
    return max(0.0, when - (time.time() if now is None else now))
