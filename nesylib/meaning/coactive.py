"""Which neurons are on together, more often than chance and more often than their class?"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from nesylib.concepts._checks import bits_of, labels_of


@dataclass(frozen=True)
class CoActivation:
    """How often two neurons are on in the same picture.

    Attributes
    ----------
    both : (D, D) float
        Share of pictures in which both are on; on the diagonal, the share of each.
    expected : (D, D) float
        What that would be if the two were independent; within classes, if labels were given.
    correlation : (D, D) float
        Pearson's correlation of the two bits, 0 for a neuron that never changes.
    """

    both: np.ndarray = field(repr=False)
    expected: np.ndarray = field(repr=False)
    correlation: np.ndarray = field(repr=False)

    @property
    def excess(self) -> np.ndarray:
        """``both - expected``: above 0 where two neurons are on together too often."""
        return self.both - self.expected

    @property
    def redundancy(self) -> float:
        """Mean size of the correlation of two different neurons that change; NaN without two."""
        changes = np.diag(self.correlation) > 0
        d = int(changes.sum())
        if d < 2:
            return float("nan")
        inside = np.abs(self.correlation[np.ix_(changes, changes)])
        return float((inside.sum() - d) / (d * (d - 1)))

    def frame(self, n: int = 10):
        """The ``n`` pairs with the largest excess, as a :class:`pandas.DataFrame`."""
        import pandas as pd

        one, other = np.triu_indices(len(self.both), 1)
        excess = self.excess[one, other]
        order = np.argsort(-excess, kind="stable")[:n]
        one, other = one[order], other[order]
        columns = {"one": one, "other": other, "excess": excess[order]}
        for name in ("both", "expected", "correlation"):
            columns[name] = getattr(self, name)[one, other]
        return pd.DataFrame(columns)


def coactivation(bits, labels=None) -> CoActivation:
    """Shares of pictures in which two neurons are on together.

    Two neurons that stand for one class are on together, and for two classes never. With
    ``labels``, ``expected`` is what two neurons would show that are independent *within each
    class*; what is left of ``excess`` is not explained by the class.

    Parameters
    ----------
    bits
        ``(N, D)`` of 0 and 1.
    labels
        ``(N,)``, or None.

    Raises
    ------
    ValueError
        For activations that are not bits, no pictures, or labels of another length.
    """
    bits = bits_of(bits)
    on = bits.astype(np.float64)
    n = len(on)
    labels = np.zeros(n, int) if labels is None else labels_of(labels, n)
    expected = np.zeros((on.shape[1],) * 2)
    for c in np.unique(labels):
        inside = on[labels == c]
        share = inside.mean(0)
        expected += len(inside) / n * np.outer(share, share)
    both = on.T @ on / n
    share = on.mean(0)
    changes = bits.any(0) & ~bits.all(0)
    spread = np.where(changes, np.sqrt(share * (1 - share)), 1.0)
    correlation = (both - np.outer(share, share)) / np.outer(spread, spread)
    correlation = np.where(np.outer(changes, changes), np.clip(correlation, -1, 1), 0.0)
    return CoActivation(both, expected, correlation)
