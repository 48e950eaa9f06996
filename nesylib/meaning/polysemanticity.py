"""One word, or several? All measures of what a neuron means, side by side."""

from __future__ import annotations

import numpy as np

from nesylib.concepts._checks import activations_of, labels_of
from nesylib.meaning.alike import monosemanticity
from nesylib.meaning.inside_class import within_class_auc
from nesylib.meaning.purity import one_hot, top_shares


def neuron_measures(
    activations,
    labels,
    concepts=None,
    embeddings=None,
    *,
    k: int = 20,
    on: float = 0.5,
    least: int = 5,
    pure: float = 0.7,
    shuffles: int = 10,
    seed: int = 0,
):
    """A row for each neuron with every measure that the given truth allows.

    Parameters
    ----------
    activations
        ``(N, D)`` in [0, 1].
    labels
        ``(N,)``, numbers or names.
    concepts
        ``(N, K)`` bool, if the concepts in the pictures are known.
    embeddings
        ``(N, d)``, for the monosemanticity score.
    pure
        Class purity below which a neuron is called polysemantic. A convention, and a doubtful one:
        it says nothing about concepts.

    Returns
    -------
    pandas.DataFrame
        ``pictures`` in which the neuron is on; ``class`` and ``class_purity`` of its top pictures
        and ``polysemantic``; with concepts, ``concept`` and ``concept_purity`` of the same
        pictures and, within classes (:func:`within_class_auc`), ``within_concept``,
        ``within_auc``, ``within_second``, ``within_chance`` and how many concepts are ``followed``;
        with embeddings, ``monosemanticity``. Concepts are columns, -1 where none can be told.
        A neuron that is on in fewer than ``least`` pictures has NaN and False.
    """
    import pandas as pd

    values = activations_of(activations)
    labels = labels_of(labels, len(values))
    alive = (many := (values >= on).sum(0)) >= least
    options = dict(k=k, on=on, least=least)
    by_class = top_shares(values, one_hot(labels, values), **options)
    classes = np.unique(labels)
    best = np.where(alive[:, None], by_class, -1.0).argmax(1)
    columns = {
        "pictures": many,
        "class": pd.Series(classes[best], dtype=object).where(alive, None),
        "class_purity": by_class.max(1),
    }
    columns["polysemantic"] = alive & (columns["class_purity"] < pure)
    if concepts is not None:
        shares = top_shares(values, concepts, **options)
        columns["concept"] = np.where(alive, np.where(alive[:, None], shares, 0).argmax(1), -1)
        columns["concept_purity"] = shares.max(1)
        inside = within_class_auc(values, concepts, labels, shuffles=shuffles, seed=seed)
        columns["within_concept"] = inside["concept"].where(alive, -1)
        columns["within_auc"] = inside["auc"].where(alive)
        columns["within_second"] = inside["second"].where(alive)
        columns["within_chance"] = inside["by_chance"].where(alive)
        columns["followed"] = inside["followed"].where(alive, 0)
    if embeddings is not None:
        columns["monosemanticity"] = np.where(alive, monosemanticity(values, embeddings), np.nan)
    frame = pd.DataFrame(columns)
    frame.index.name = "neuron"
    return frame


def measures_summary(frame) -> dict[str, float]:
    """Means over the living neurons of a table by :func:`neuron_measures`.

    ``alive``: how many there are; ``polysemantic``: the share of them that is called so; then the
    mean of every measure and, with concepts, the shares that follow ``none``, ``one`` and
    ``several`` of them within classes. NaN where no neuron is alive.
    """
    alive = frame[frame["class_purity"].notna()]
    found = {"alive": len(alive), "polysemantic": alive["polysemantic"].mean()}
    measures = "class_purity", "concept_purity", "within_auc", "within_chance", "monosemanticity"
    found |= {m: float(alive[m].mean()) for m in measures if m in frame}
    if "followed" in frame:
        many = alive["followed"]
        found |= {"none": (many == 0).mean(), "one": (many == 1).mean()}
        found["several"] = (many > 1).mean()
    return found
