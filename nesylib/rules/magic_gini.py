"""The Magic Gini Impurity: how good is a literal at telling positives from negatives?

A literal splits P positives into ``tp`` (literal true) and ``fn`` (false), and N negatives into
``fp`` and ``tn``. Its score is ``-( sqrt(tp*fp) + sqrt(tn*fn) )``: 0 for a pure split, and never
below ``-sqrt(P*N)``, the score of a literal that tells nothing.

Everything here takes plain integers or numpy arrays of them.

Source: Wang & Gupta, FOLD-SE (arXiv 2208.07912).
"""

from __future__ import annotations

import numpy as np


def magic_gini(tp, fn, fp, tn):
    """Score of a literal, at most 0; larger is better.

    Examples
    --------
    >>> float(magic_gini(5, 0, 0, 7))       # every positive, no negative
    -0.0
    >>> float(magic_gini(4, 1, 1, 4))
    -4.0
    """
    return -(np.sqrt(np.multiply(tp, fp)) + np.sqrt(np.multiply(tn, fn)))


def informative(tp, fn, fp, tn):
    """Does the literal beat the useless bound ``-sqrt(P*N)``?

    By Cauchy-Schwarz the bound is met exactly when ``tp/fn == fp/tn``; asked in whole numbers the
    answer does not depend on rounding.
    """
    return np.multiply(tp, tn) != np.multiply(fp, fn)


def by_accuracy(tp, fn, fp, tn):
    """FOLD-SE's own admission: right at least as often as wrong (its complement otherwise)."""
    return np.add(tp, tn) >= np.add(fp, fn)


def by_odds(tp, fn, fp, tn):
    """Admission for a rare class: more frequent among the positives than among the negatives.

    Where positives are few, "false for nearly everybody" is right nearly always, so
    :func:`by_accuracy` picks the side without positives. The odds ask only which side a row of
    the rare class is likelier to be on.
    """
    return np.multiply(tp, tn) >= np.multiply(fp, fn)


ADMISSION = {"accuracy": by_accuracy, "odds": by_odds}
