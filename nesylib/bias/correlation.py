"""Which neurons go along with a cue, beyond what the class explains and beyond chance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from nesylib.bias._checks import bit_table, one_each

NO_CUE = -1


@dataclass(frozen=True)
class Ties:
    """How strongly each neuron is tied to each value of a cue.

    Attributes
    ----------
    values : tuple
        The cue's values, one a column of ``phi``. A cue of two values has one column.
    names : tuple of str
        A name of each value, for facts and tables.
    phi : (D, K) float
        Correlation of two bits, neuron on and cue value there, within classes; -1 to 1.
    chance : float
        The largest ``|phi|`` of any neuron that a cue dealt out at random within classes reached
        in 95 of 100 deals. What lies below says nothing.
    """

    values: tuple
    names: tuple[str, ...]
    phi: np.ndarray
    chance: float

    @property
    def strength(self) -> np.ndarray:
        """(D,) the largest ``|phi|`` of each neuron."""
        return np.abs(self.phi).max(1)

    def neurons(self, threshold: float | None = None) -> np.ndarray:
        """Neurons tied to the cue more than ``threshold`` (``chance`` if not given), strongest
        first."""
        cut = self.chance if threshold is None else threshold
        order = np.argsort(-self.strength.round(9), kind="stable")
        return order[self.strength[order] > cut]

    def follows(self, threshold: float | None = None) -> dict[int, list[str]]:
        """Neuron -> names of the cue values it is tied to, in either direction."""
        cut = self.chance if threshold is None else threshold
        found = {}
        for neuron in self.neurons(cut).tolist():
            found[neuron] = [self.names[k] for k in np.flatnonzero(np.abs(self.phi[neuron]) > cut)]
        return found

    def frame(self, threshold: float | None = None):
        """The tied neurons as a :class:`pandas.DataFrame`, a column for each value."""
        import pandas as pd

        rows = self.neurons(threshold)
        frame = pd.DataFrame(self.phi[rows], columns=list(self.names), index=rows)
        return frame.rename_axis("neuron")


def ties(
    bits,
    cue,
    labels=None,
    *,
    names: Mapping | None = None,
    deals: int = 200,
    seed: int = 0,
) -> Ties:
    """Correlate every neuron with every value of a cue.

    Parameters
    ----------
    bits : (N, D) bool
    cue : (N,) which value of the cue each picture shows; -1, None or False: none.
    labels : (N,), optional
        With labels the correlation is taken within each class and averaged over the pictures.
        Without them a neuron that knows the *class* is tied to every cue that goes along with
        the class, however blind it is for the cue itself. Give them.
    names
        Value -> name; ``"cue 0"`` ... if not given.
    deals
        Random deals of the cue for ``chance``; at least 20.

    Raises
    ------
    ValueError
        For a cue that is the same in all pictures, or never differs within a class.
    """
    bits = bit_table(bits)
    cue = one_each(cue, len(bits), "cues")
    if deals < 20:
        raise ValueError(f"deals={deals} are too few for the 95th of 100: use 20 or more")
    classes = np.zeros(len(bits), int)
    if labels is not None:
        classes = np.unique(one_each(labels, len(bits), "labels"), return_inverse=True)[1]
    shown = np.array([_plain(value) for value in cue.tolist()], dtype=object)
    values = sorted({v for v in shown.tolist() if v is not None}, key=lambda v: (str(type(v)), v))
    if not values:
        raise ValueError("no picture shows the cue: there is nothing a neuron could be tied to")
    if len(set(shown.tolist())) < 2:
        raise ValueError(
            f"every picture shows the cue {values[0]!r}: pictures without it are needed too"
        )
    if len(values) == 2 and len(set(shown.tolist())) == 2:
        values = values[:1]  # the other one is its negation
    cued = np.stack([shown == v for v in values], 1).astype(float)
    if not (_centred(cued, classes).any()):
        raise ValueError(
            "within each class the cue never differs, so what a neuron follows cannot be told: "
            "add pictures of a class with another cue"
        )
    x = _centred(bits.astype(float), classes)
    phi = _correlation(x, _centred(cued, classes))
    rng, tops = np.random.default_rng(seed), []
    for _ in range(deals):
        dealt = cued[_within(classes, rng)]
        tops.append(np.abs(_correlation(x, _centred(dealt, classes))).max())
    told = names or {}
    words = tuple(str(told.get(v, f"cue {v}")) for v in values)
    return Ties(tuple(values), words, phi, float(np.quantile(tops, 0.95)))


def _plain(value):
    """None for no cue."""
    if value is None or value is False or (not isinstance(value, (str, bool)) and value == NO_CUE):
        return None
    return value


def _within(classes: np.ndarray, rng) -> np.ndarray:
    """An order of the rows that moves each only inside its class."""
    order = np.arange(len(classes))
    for c in np.unique(classes):
        rows = np.flatnonzero(classes == c)
        order[rows] = rng.permutation(rows)
    return order


def _centred(x: np.ndarray, classes: np.ndarray) -> np.ndarray:
    sums = np.zeros((classes.max() + 1, x.shape[1]))
    np.add.at(sums, classes, x)
    return x - (sums / np.bincount(classes)[:, None])[classes]


def _correlation(x: np.ndarray, z: np.ndarray) -> np.ndarray:
    """(D, K) correlation of centred columns; 0 where a column never varies."""
    size = np.sqrt((x**2).sum(0))[:, None] * np.sqrt((z**2).sum(0))[None]
    return np.where(size > 1e-9, x.T @ z / np.maximum(size, 1e-9), 0.0)
