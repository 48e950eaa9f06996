"""What a symbol explorer knows: symbols of every picture, their names, who begins like whom."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nesylib.viz.concept_model import label_text, numbers
from nesylib.viz.explorer_model import clean
from nesylib.viz.heat_letters import ALPHABET, colours, packed

#: Letters of a symbol's name.
LONGEST = 60


class SymbolModel:
    """Symbols, names, packed heat-maps and prefixes.

    Attributes
    ----------
    symbols : (N, L) int64
    titles : list of N str
    labels : list of N str, or None
    names : list of L dict
        Symbol -> text, of the symbols that stand at that place in some picture.
    maps : list of N lists of L (letters, least value, greatest value), or None
    prefixes : tuple of int
        Lengths that the reader can choose.
    """

    def __init__(self, symbols, maps, *, labels, classes, names, prefixes, titles) -> None:
        self.symbols = _whole(symbols)
        n, length = self.symbols.shape
        for what, given in (("labels", labels), ("titles", titles)):
            if given is not None and len(given) != n:
                raise ValueError(f"{n} pictures but {len(given)} {what}: give one for each picture")
        titles = [f"picture {i}" for i in range(n)] if titles is None else titles
        self.titles = [clean(title) for title in titles]
        self.labels = None
        if labels is not None:
            self.labels = [clean(label_text(label, classes)) for label in labels]
        self.names = _names(names, self.symbols)
        self.prefixes = _lengths(prefixes, length)
        self.maps, self.grid = None, (1, 1)
        if maps is not None:
            maps = _maps(maps, n, length)
            self.grid = maps.shape[2:]
            self.maps = [[packed(m) for m in each] for each in maps]

    def __len__(self) -> int:
        return len(self.symbols)

    @property
    def length(self) -> int:
        return self.symbols.shape[1]

    @property
    def room(self) -> int:
        """Bytes that the heat-maps take."""
        return sum(len(m[0]) + 20 for each in self.maps or () for m in each)

    def like(self, i: int, n: int) -> np.ndarray:
        """Pictures whose first ``n`` symbols are those of picture ``i``, itself among them."""
        return np.flatnonzero((self.symbols[:, :n] == self.symbols[i, :n]).all(1))

    def having(self, i: int, place: int) -> int:
        """How many pictures have the symbol of picture ``i`` in that place."""
        return int((self.symbols[:, place] == self.symbols[i, place]).sum())

    def beginnings(self, n: int) -> int:
        """How many different sequences the first ``n`` symbols make."""
        return len(np.unique(self.symbols[:, :n], axis=0))

    def first_prefix(self, i: int) -> int:
        """The longest prefix that picture ``i`` shares with another one, else the shortest."""
        shared = [n for n in self.prefixes if len(self.like(i, n)) > 1]
        return shared[-1] if shared else self.prefixes[0]

    def name(self, place: int, symbol: int) -> str:
        return self.names[place].get(int(symbol), "")

    def written(self, i: int, n: int | None = None) -> str:
        """The first ``n`` symbols of a picture, or all."""
        return " ".join(map(str, self.symbols[i, :n]))

    def picture_words(self, i: int) -> str:
        if self.labels is None:
            return f"picture of {self.titles[i]}"
        return f"{self.titles[i]}: {self.labels[i]}"

    def summary(self, n: int) -> str:
        """What the first ``n`` symbols make of the pictures."""
        groups = self.beginnings(n)
        return (
            f"{pictures(len(self))}, {groups} different beginning{'' if groups == 1 else 's'} of "
            f"{n} symbol{'' if n == 1 else 's'}"
        )

    def told(self, i: int, n: int) -> str:
        """Who begins like picture ``i``, and of which classes."""
        found = self.like(i, n)
        start = f"Beginning with {self.written(i, n)}: "
        if len(found) == 1:
            return f"{start}this picture alone."
        return f"{start}{len(found)} of {pictures(len(self))}{self.classes_of(found)}."

    def classes_of(self, pictures: Sequence[int]) -> str:
        """`` – bird 4, ship 1``, the most frequent first."""
        if self.labels is None:
            return ""
        order = list(dict.fromkeys(self.labels))
        found = Counter(self.labels[i] for i in pictures)
        texts = sorted(found, key=lambda text: (-found[text], order.index(text)))
        return " – " + ", ".join(f"{text} {found[text]}" for text in texts)

    def data(self, start: int, prefix: int, **more: object) -> str:
        """All of it as JSON that may stand in a script, with ``more`` beside it."""
        data = {
            "titles": self.titles,
            "labels": self.labels,
            "order": None if self.labels is None else list(dict.fromkeys(self.labels)),
            "symbols": self.symbols.tolist(),
            "names": self.names,
            "places": [ordinal(j) for j in range(self.length)],
            "maps": self.maps,
            "grid": list(self.grid),
            "start": start,
            "prefix": prefix,
            **more,
        }
        if self.maps is not None:
            data |= {"alphabet": ALPHABET, "colours": colours()}
        text = json.dumps(data, separators=(",", ":"))
        return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def ordinal(place: int) -> str:
    """``1st`` of place 0, ``2nd`` of place 1."""
    number = place + 1
    ends = {1: "st", 2: "nd", 3: "rd"} if number % 100 not in (11, 12, 13) else {}
    return f"{number}{ends.get(number % 10, 'th')}"


def pictures(number: int) -> str:
    """``1 picture``, ``3 pictures``."""
    return f"{number} picture{'' if number == 1 else 's'}"


def _whole(symbols: Any) -> np.ndarray:
    found = numbers(symbols)
    if found.ndim != 2 or 0 in found.shape:
        raise ValueError(
            f"symbols must be (N, L), a sequence of at least one for each picture, got shape "
            f"{found.shape}"
        )
    if not np.isfinite(found).all() or (found != np.round(found)).any() or (found < 0).any():
        raise ValueError("symbols must be whole numbers from 0, as student.encode gives them")
    return found.astype(np.int64)


def _maps(maps: Any, n: int, length: int) -> np.ndarray:
    maps = numbers(maps)
    if maps.ndim != 4 or maps.shape[:2] != (n, length) or 0 in maps.shape[2:]:
        raise ValueError(
            f"maps must be ({n}, {length}, h, w), one for each picture and symbol, got {maps.shape}"
        )
    if not np.isfinite(maps).all():
        raise ValueError("heat-maps hold values that are not finite")
    return maps


def _lengths(prefixes: Sequence[int], length: int) -> tuple[int, ...]:
    odd = [n for n in prefixes if isinstance(n, bool) or not hasattr(n, "__index__") or n < 1]
    if odd:
        raise ValueError(f"prefixes must be whole numbers from 1, got {odd[:5]}")
    found = tuple(sorted({int(n) for n in prefixes if n <= length}))
    if not found:
        raise ValueError(
            f"none of the prefixes {tuple(prefixes)} is as short as the sequences: they have "
            f"{length} symbol{'' if length == 1 else 's'}"
        )
    return found


def _names(names: Mapping | None, symbols: np.ndarray) -> list[dict[int, str]]:
    """For each place, symbol -> text; a name of a symbol in a place beats one of the symbol."""
    length = symbols.shape[1]
    if not isinstance(names, (Mapping, type(None))):
        raise TypeError(f"names must be a dictionary, not a {type(names).__name__}")
    given: dict[tuple[int, int] | int, str] = {}
    for key, text in (names or {}).items():
        parts = key if isinstance(key, tuple) else (key,)
        if len(parts) not in (1, 2) or not all(_is_number(part) for part in parts):
            raise ValueError(
                f"a name is of a symbol or of a (position, symbol), whole numbers from 0, not of "
                f"{key!r}"
            )
        if len(parts) == 2 and parts[0] >= length:
            raise ValueError(f"a name for position {parts[0]}: there are 0 to {length - 1}")
        text = clean(" ".join(str(text).split()))
        if text:
            text = text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."
            given[int(parts[0]) if len(parts) == 1 else (int(parts[0]), int(parts[1]))] = text
    found = []
    for place in range(length):
        here = {int(s): given.get((place, int(s)), given.get(int(s))) for s in symbols[:, place]}
        found.append({symbol: text for symbol, text in here.items() if text})
    return found


def _is_number(value: object) -> bool:
    return hasattr(value, "__index__") and not isinstance(value, (bool, np.bool_)) and value >= 0
