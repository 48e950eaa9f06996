"""One look at a network in training: its codes, and the program that would come out of it now."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nesylib.concepts.encoding import binarize, code_summary
from nesylib.rules.program import Program


class Look(NamedTuple):
    """What one look found.

    Attributes
    ----------
    row : dict
        ``accuracy`` of the rules on the validation pictures and ``train_accuracy`` on those they
        were learned from; ``rules``, ``predicates`` and ``size`` of the program; and on the
        validation pictures ``active``, ``dead``, ``always``, ``unsure`` and ``codes`` as
        :func:`nesylib.concepts.code_summary` has them, and ``entropy_mass``.
    program : Program
    """

    row: dict[str, float]
    program: Program


def take_look(fold, codes, labels, new_codes, new_labels, threshold: float = 0.5) -> Look:
    """Learn a program from activations and measure it on others.

    Parameters
    ----------
    fold
        A :class:`nesylib.rules.FoldSEM`; it is fitted here.
    codes, labels
        ``(N, D)`` activations and ``(N,)`` labels to learn from.
    new_codes, new_labels
        ``(M, D)`` and ``(M,)``: what the program is measured on.
    threshold
        Where an activation becomes a bit.
    """
    bits, new_bits = binarize(codes, threshold), binarize(new_codes, threshold)
    fold.fit(bits, labels)
    sizes = fold.program_.stats()
    row = {
        "accuracy": float(np.mean(fold.predict(new_bits) == new_labels)),
        "train_accuracy": float(np.mean(fold.predict(bits) == labels)),
        **{name: int(sizes[name]) for name in ("rules", "predicates", "size")},
        **code_summary(new_codes, threshold),
        "entropy_mass": entropy_mass(new_codes),
    }
    return Look(row, fold.program_)


def entropy_mass(codes: np.ndarray) -> float:
    """How many of a picture's bits are undecided: binary entropy summed over neurons, in bits.

    A neuron at one half counts as one undecided bit, one at 0 or 1 as none; the mean over the
    pictures of ``(N, D)`` activations.
    """
    c = np.clip(np.asarray(codes, np.float64), 1e-12, 1 - 1e-12)
    return float(-(c * np.log2(c) + (1 - c) * np.log2(1 - c)).sum(1).mean())
