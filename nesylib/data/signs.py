"""What the 43 traffic signs of GTSRB look like: shape, rim, fill, symbol, family, as bits.

The table was written by hand for this project, sign by sign. It says how a sign is made, not what
a picture of it shows: in a small or dark picture the symbol may be beyond recognition.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

TABLE = Path(__file__).parent / "tables" / "gtsrb_concepts.csv"
KINDS = ("shape", "rim", "fill", "symbol", "family")


@dataclass(frozen=True, eq=False)
class SignConcepts:
    """Concepts of traffic signs.

    Attributes
    ----------
    signs : tuple of 43 str
        Names of the signs, in the order of GTSRB's class numbers.
    names : tuple of K str
        ``"shape_circle"``, ``"rim_red"``, ``"symbol_number_20"`` ...
    kinds : tuple of K str
        The kind of each concept: ``shape``, ``rim``, ``fill``, ``symbol`` or ``family``.
    bits : (43, K) bool
    """

    signs: tuple[str, ...]
    names: tuple[str, ...]
    kinds: tuple[str, ...]
    bits: np.ndarray

    def of(self, labels) -> np.ndarray:
        """The concepts of pictures with these class numbers, (N, K) bool."""
        labels = np.asarray(labels)
        if labels.dtype.kind not in "iu" or (labels.size and not _inside(labels, len(self.signs))):
            raise ValueError(
                f"labels must be class numbers, 0 to {len(self.signs) - 1}, got {labels.dtype}"
                + (f" from {labels.min()} to {labels.max()}" if labels.dtype.kind in "iu" else "")
            )
        return self.bits[labels]


def sign_concepts(kinds: Sequence[str] = KINDS) -> SignConcepts:
    """The concepts of GTSRB's 43 signs.

    Every sign has one value of every kind, so the bits of one kind sum to 1 in each row. The
    value ``none`` (no rim, no symbol) is a concept like the others.

    Parameters
    ----------
    kinds : sequence of str
        Which of ``shape``, ``rim``, ``fill``, ``symbol`` and ``family``. Of 41 symbols most
        belong to one sign: a neuron that finds them finds a class. ``family`` is a meaning
        (warning, prohibitory, ...), not something to be seen.

    Returns
    -------
    SignConcepts

    Raises
    ------
    ValueError
        For a kind that does not exist, twice the same one, or none.

    Examples
    --------
    >>> signs = sign_concepts(("shape", "rim"))
    >>> signs.bits.shape, signs.signs[14]
    ((43, 8), 'Stop')
    >>> [name for name, bit in zip(signs.names, signs.bits[14]) if bit]
    ['shape_octagon', 'rim_white']
    """
    kinds = (kinds,) if isinstance(kinds, str) else tuple(kinds)
    if not kinds or len(set(kinds)) < len(kinds) or set(kinds) - set(KINDS):
        raise ValueError(f"kinds must be different ones of {', '.join(KINDS)}, got {kinds}")
    with TABLE.open(newline="", encoding="utf-8") as stream:
        rows = sorted(csv.DictReader(stream), key=lambda row: int(row["class_id"]))
    columns = [
        (kind, value) for kind in kinds for value in dict.fromkeys(row[kind] for row in rows)
    ]
    bits = np.array([[row[kind] == value for kind, value in columns] for row in rows])
    return SignConcepts(
        signs=tuple(row["name"] for row in rows),
        names=tuple(f"{kind}_{value}" for kind, value in columns),
        kinds=tuple(kind for kind, _ in columns),
        bits=bits,
    )


def _inside(labels: np.ndarray, signs: int) -> bool:
    return labels.min() >= 0 and labels.max() < signs
