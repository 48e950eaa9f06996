"""What naming neurons gives: names with scores, and why a neuron has none."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from nesylib.rules.names import printable

STYLES = ("code", "readable")


@dataclass(frozen=True)
class Labels:
    """Names of neurons, from whatever labeller.

    Parameters
    ----------
    names
        Neuron to ``(name, score)`` pairs. They are kept best first; a neuron may have none. What
        a score means is the labeller's to say; a higher one is better.
    missing
        Neuron to the reason why it has no name. A neuron of ``names`` without a pair gets
        ``"no name fits"`` unless there is another reason.
    method
        How they were found, for tables.

    Raises
    ------
    ValueError
        For a blank name, one name twice at a neuron, a score that is not finite, a neuron that
        is not a whole number from 0, or one that has both a name and a reason.

    Notes
    -----
    A name is a string from anywhere, perhaps from a model on the network: treat it as text.
    Control characters are spelled out here, tables of pandas and everything of
    :mod:`nesylib.viz` escape it, and :meth:`written` makes words of programs of it.
    """

    names: Mapping[int, Iterable[tuple[str, float]]]
    missing: Mapping[int, str] = field(default_factory=dict)
    method: str = ""

    def __post_init__(self) -> None:
        names = {_neuron(n): _best_first(n, pairs) for n, pairs in self.names.items()}
        missing = {_neuron(n): printable(reason) for n, reason in self.missing.items()}
        for neuron, pairs in names.items():
            if pairs and neuron in missing:
                raise ValueError(f"neuron {neuron} has names and a reason for having none")
            if not pairs:
                missing.setdefault(neuron, "no name fits")
        for neuron in missing:
            names.setdefault(neuron, [])
        object.__setattr__(self, "names", dict(sorted(names.items())))
        object.__setattr__(self, "missing", dict(sorted(missing.items())))

    def best(self) -> dict[int, str]:
        """The first name of every neuron that has one."""
        return {neuron: pairs[0][0] for neuron, pairs in self.names.items() if pairs}

    def frame(self):
        """One row a neuron: its best name and score, the other names, or what is missing."""
        import pandas as pd

        rows = [
            {
                "neuron": neuron,
                "name": pairs[0][0] if pairs else "",
                "score": pairs[0][1] if pairs else math.nan,
                "other names": ", ".join(name for name, _ in pairs[1:]),
                "missing": self.missing.get(neuron, ""),
            }
            for neuron, pairs in self.names.items()
        ]
        columns = ["neuron", "name", "score", "other names", "missing"]
        return pd.DataFrame(rows, columns=columns).set_index("neuron")

    def written(self, style: str = "code") -> dict[int, str]:
        """One text for every neuron that has a name.

        Parameters
        ----------
        style
            ``"code"``: as NeSyFOLD writes predicates, ``bed1_pillow1``: each name with a running
            number over all neurons, so no two neurons share a text, and each is a plain
            identifier. ``"readable"``: ``bed and pillow``; two neurons may share it.

        Raises
        ------
        ValueError
            For an unknown style.
        """
        if style not in STYLES:
            raise ValueError(f"unknown style {style!r}: use one of {', '.join(STYLES)}")
        with_names = {n: [name for name, _ in pairs] for n, pairs in self.names.items() if pairs}
        if style == "readable":
            return {neuron: _listed(names) for neuron, names in with_names.items()}
        seen: Counter[str] = Counter()
        used: set[str] = set()
        written = {}
        for neuron, names in with_names.items():
            text = ""
            while not text or text in used:  # "a1" and "a" with number 1 could meet
                text = "_".join(_numbered(name, seen) for name in names)
            used.add(text)
            written[neuron] = text
        return written


def identifier(name: str) -> str:
    """A name as a plain lower-case word of a program, such as ``traffic_light``.

    Accents are dropped; a name without a Latin letter or digit becomes ``concept``.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    word = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    if not word:
        return "concept"
    return word if word[0].isalpha() else f"c_{word}"


def _numbered(name: str, seen: Counter[str]) -> str:
    word = identifier(name)
    if word[-1].isdigit():
        word += "_"
    seen[word] += 1
    return f"{word}{seen[word]}"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _neuron(neuron) -> int:
    if isinstance(neuron, bool) or not hasattr(neuron, "__index__") or int(neuron) < 0:
        raise ValueError(f"a neuron is a whole number from 0, got {neuron!r}")
    return int(neuron)


def _best_first(neuron: int, pairs: Iterable[tuple[str, float]]) -> list[tuple[str, float]]:
    found = []
    pairs = list(pairs) if np.iterable(pairs) else [pairs]
    for pair in pairs:
        if isinstance(pair, str) or not np.iterable(pair) or len(pair) != 2:
            raise ValueError(f"neuron {neuron} needs (name, score) pairs, got {pair!r}")
        name, score = pair
        name, score = printable(" ".join(str(name).split())), float(score)
        if not name:
            raise ValueError(f"neuron {neuron} has a blank name")
        if not math.isfinite(score):
            raise ValueError(f"neuron {neuron}: the score of {name!r} is {score}, not finite")
        found.append((name, score))
    if len({name for name, _ in found}) < len(found):
        raise ValueError(f"neuron {neuron} has a name twice: {[name for name, _ in found]}")
    return sorted(found, key=lambda pair: -pair[1])
