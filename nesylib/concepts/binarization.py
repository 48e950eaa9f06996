"""What is lost when activations become bits, and what another threshold would change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np

from nesylib.concepts._checks import activations_of, parts_of
from nesylib.concepts.encoding import binarize, code_summary
from nesylib.concepts.information import code_information, neuron_information
from nesylib.concepts.readers import READERS, readers_named


def unsure_share(activations, low: float = 0.4, high: float = 0.6) -> float:
    """Share of activations in [low, high], where a small change of the picture flips the bit."""
    if not 0 <= low < high <= 1:
        raise ValueError(f"need 0 <= low < high <= 1, got {low} and {high}")
    values = activations_of(activations)
    return float(((values >= low) & (values <= high)).mean())


def activation_histogram(
    activations, bins: int = 20, *, per_neuron: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Counts of activations in equal bins over [0, 1], and the ``bins + 1`` edges.

    Returns
    -------
    counts, edges
        ``(bins,)``, or ``(D, bins)`` when ``per_neuron``; the last bin includes 1.
    """
    values = activations_of(activations)
    if bins < 1:
        raise ValueError(f"bins must be at least 1, got {bins}")
    cell = np.minimum((values * bins).astype(int), bins - 1)
    neurons = values.shape[1]
    counts = np.bincount((cell + np.arange(neurons) * bins).ravel(), minlength=neurons * bins)
    counts = counts.reshape(neurons, bins)
    return (counts if per_neuron else counts.sum(0)), np.linspace(0, 1, bins + 1)


def binarization_loss(
    train, labels, test, test_labels, threshold=0.5, *, readers: Iterable[str] = tuple(READERS)
):
    """What thresholding costs: simple readers on activations C and on bits B.

    Every reader is fitted on the training codes of its kind and measured on the test codes.

    Parameters
    ----------
    train, test
        Activations ``(N, D)`` and ``(M, D)`` in [0, 1].
    threshold
        One number, or one for each neuron ``(D,)``.
    readers
        Names from :data:`nesylib.concepts.READERS`.

    Returns
    -------
    pandas.DataFrame
        Indexed by reader. ``activations`` and ``bits``: accuracies; ``lost``: their
        difference; ``changed``: share of pictures whose answer differs, which can be large
        while nothing is lost.

    Raises
    ------
    ValueError
        For NaN, empty or mismatched input, one class only, or an unknown reader.
    """
    import pandas as pd

    train, labels, test, test_labels = parts_of(train, labels, test, test_labels)
    rows = {}
    for name, read in readers_named(readers).items():
        on_c = read(train, labels, test)
        on_b = read(binarize(train, threshold), labels, binarize(test, threshold))
        right = [float(np.mean(answers == test_labels)) for answers in (on_c, on_b)]
        rows[name] = (*right, right[0] - right[1], float(np.mean(on_c != on_b)))
    frame = pd.DataFrame(rows, index=["activations", "bits", "lost", "changed"]).T
    frame.index.name = "reader"
    return frame


def threshold_sweep(
    train,
    labels,
    test,
    test_labels,
    thresholds: Iterable[float] | Mapping[str, object] = tuple(np.arange(2, 19) / 20),
    *,
    readers: Iterable[str] = ("k-NN", "nearest mean"),
    rules: Callable[..., Mapping[str, float]] | None = None,
):
    """One row of measures for each threshold.

    Parameters
    ----------
    thresholds
        Numbers, or a mapping from a name to a number or to one number a neuron ``(D,)``.
    readers
        Names from :data:`nesylib.concepts.READERS` to fit on the bits; ``()`` for none.
    rules
        Called as ``rules(bits, labels, test_bits, test_labels)`` at every threshold; what it
        returns becomes columns. A rule learner goes here: this module knows of none.

    Returns
    -------
    pandas.DataFrame
        Indexed by threshold, on the test codes: ``active``, ``dead``, ``always``, ``codes`` as
        :func:`code_summary` says; ``flipped``: share of bits that differ from those at 0.5;
        ``touched``: share of pictures with such a bit; ``entropy``: mean over neurons;
        ``information``: of the whole code about the class (plug-in: too large when there
        are many codes); ``by_chance``: the same for shuffled labels; then the readers'
        accuracies and what ``rules`` gave.
    """
    import pandas as pd

    train, labels, test, test_labels = parts_of(train, labels, test, test_labels)
    chosen = readers_named(readers)
    if not isinstance(thresholds, Mapping):
        thresholds = {round(float(t), 6): float(t) for t in thresholds}
    if not thresholds:
        raise ValueError("there are no thresholds to try: give at least one")
    usual = binarize(test, 0.5)
    several = len(np.unique(test_labels)) > 1
    rows = {}
    for name, threshold in thresholds.items():
        bits, test_bits = binarize(train, threshold), binarize(test, threshold)
        summary = code_summary(test_bits)
        differ = test_bits != usual
        row = {key: summary[key] for key in ("active", "dead", "always", "codes")}
        row["flipped"] = float(differ.mean())
        row["touched"] = float(differ.any(1).mean())
        row["entropy"] = float(neuron_information(test_bits)["entropy"].mean())
        if several:
            about = code_information(test_bits, test_labels)
            row |= {key: about[key] for key in ("information", "by_chance")}
        for reader, read in chosen.items():
            row[reader] = float(np.mean(read(bits, labels, test_bits) == test_labels))
        if rules is not None:
            row |= dict(rules(bits, labels, test_bits, test_labels))
        rows[name] = row
    frame = pd.DataFrame.from_dict(rows, orient="index")
    frame.index.name = "threshold"
    return frame
