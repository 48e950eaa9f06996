"""Both ends of the scale: bits that are known to be true, and words drawn at random."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nesylib.meaning.labellers.choosing import best_words, check_limits
from nesylib.meaning.labellers.evidence import Evidence
from nesylib.meaning.labels import Labels


class KnownConcepts:
    """Names a neuron by the known concept that its activation follows most closely.

    Where every picture's concepts are known, nothing about masks, top pictures or heat-maps is
    needed: this is what a labeller could reach at best.

    Parameters
    ----------
    concepts : (N, K) bool
        Of the pictures of the evidence.
    words : K names
    labels : (N,), optional
        Classes: correlate within classes only.
    least
        The least correlation that makes a name.
    margin, at_most
        Concepts within ``margin`` of the best are kept too, up to ``at_most``.
    """

    def __init__(
        self,
        concepts: np.ndarray,
        words: Sequence[str],
        *,
        labels: np.ndarray | None = None,
        least: float = 0.2,
        margin: float = 0.02,
        at_most: int = 3,
    ):
        if isinstance(words, str):
            raise ValueError(f"words is a list of names, got {words!r}")
        check_limits(least, margin, at_most)
        concepts = np.asarray(concepts, dtype=np.float64)
        if concepts.ndim != 2 or concepts.shape[1] != len(words) or not len(words):
            raise ValueError(
                f"{len(words)} words need bits (N, {len(words)}), got {concepts.shape}"
            )
        if not np.isfinite(concepts).all():
            raise ValueError("concepts hold NaN or infinity: 0 or 1, shown in the picture or not")
        self.words = tuple(str(word) for word in words)
        self.labels = None if labels is None else np.asarray(labels)
        self.concepts = _unit(concepts, self.labels)
        self.least, self.margin, self.at_most = least, margin, at_most
        self.method = "known concepts" if labels is None else "known concepts, within class"

    def label(self, evidence: Evidence) -> Labels:
        if len(evidence.images) != len(self.concepts):
            raise ValueError(
                f"bits of {len(self.concepts)} pictures, evidence of {len(evidence.images)}: "
                "give the bits of the same pictures"
            )
        heard = list(evidence.heard())
        codes = evidence.codes[:, [neuron for _, neuron in heard]].astype(np.float64)
        together = _unit(codes, self.labels).T @ self.concepts  # (heard, K) correlations
        names, missing = {}, evidence.silent()
        for (_, neuron), row in zip(heard, together, strict=True):
            best = row.max()
            if best < self.least:
                word = self.words[int(row.argmax())]
                missing[neuron] = f"follows no known concept: the best, {word}, at {best:.2f}"
                continue
            names[neuron] = best_words(row, self.words, self.least, self.margin, self.at_most)
        return Labels(names, missing, self.method)


class RandomWords:
    """The control: a random word for every neuron that is ever on."""

    def __init__(self, words: Sequence[str], seed: int = 0):
        if isinstance(words, str) or not len(words):
            raise ValueError(f"words is a list of names to draw from, got {words!r}")
        self.words = tuple(str(word) for word in words)
        self.seed = seed
        self.method = "random words"

    def label(self, evidence: Evidence) -> Labels:
        drawn = np.random.default_rng(self.seed).integers(
            len(self.words), size=len(evidence.neurons)
        )
        score = 1 / len(self.words)
        names = {neuron: [(self.words[drawn[i]], score)] for i, neuron in evidence.heard()}
        return Labels(names, evidence.silent(), self.method)


def _unit(columns: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
    """Columns less their mean (of each class), of length one; a constant one becomes zero."""
    columns = columns.copy()
    groups = np.zeros(len(columns), int) if labels is None else labels
    if len(groups) != len(columns):
        raise ValueError(f"{len(columns)} pictures need as many labels, got {len(groups)}")
    for group in np.unique(groups):
        columns[groups == group] -= columns[groups == group].mean(0)
    length = np.linalg.norm(columns, axis=0)
    return columns / np.where(length > 1e-9, length, np.inf)
