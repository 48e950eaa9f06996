"""A progress line that is live in a terminal and in a notebook, and leaves nothing behind.

Widgets would be stored in the notebook and be dead in the built page; a bar printed to a log file
fills it. So: tqdm in a terminal, one updated line in a notebook, nothing elsewhere.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from html import escape

EVERY = 0.2  # seconds between two updates in a notebook


class Progress:
    """Counts ``total`` steps: ``update()`` after each, ``say(text)`` beside the bar, ``close()``.

    With ``shown=False`` it does nothing.
    """

    def __init__(self, total: int, label: str = "", shown: bool = True, done: int = 0):
        self.total, self.label, self.done, self.text = total, label, done, ""
        self.began, self.last, self.first = time.monotonic(), 0.0, done
        self._bar = self._handle = None
        if shown and _in_notebook():
            from IPython.display import display

            self._handle = display(self._data(), raw=True, display_id=True)
        elif shown and sys.stderr.isatty():
            from tqdm import tqdm

            self._bar = tqdm(total=total, initial=done, desc=label or None, leave=False)

    def update(self, steps: int = 1) -> None:
        self.done += steps
        if self._bar is not None:
            self._bar.update(steps)
        elif self._handle is not None and time.monotonic() - self.last > EVERY:
            self.last = time.monotonic()
            self._handle.update(self._data(), raw=True)

    def say(self, text: str) -> None:
        self.text = text
        if self._bar is not None:
            self._bar.set_postfix_str(text)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
        elif self._handle is not None:
            self._handle.update({"text/plain": ""}, raw=True)

    def _data(self) -> dict[str, str]:
        new = self.done - self.first
        left = (time.monotonic() - self.began) / new * (self.total - self.done) if new else 0
        words = f"{self.label} {self.done} of {self.total} · {left:.0f} s left · {self.text}"
        words = words.strip(" ·")
        bar = f'<progress value="{self.done}" max="{self.total}"></progress> {escape(words)}'
        return {"text/plain": words, "text/html": bar}


def track(steps: Iterable, label: str = "", shown: bool = True) -> Iterator:
    """Yield from ``steps`` (which has a length) under a progress line."""
    line = Progress(len(steps), label, shown)
    try:
        for step in steps:
            yield step
            line.update()
    finally:
        line.close()


def _in_notebook() -> bool:
    if "IPython" not in sys.modules:
        return False
    from IPython import get_ipython

    return type(get_ipython()).__name__ in ("ZMQInteractiveShell", "Shell")
