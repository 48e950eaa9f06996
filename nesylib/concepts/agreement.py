"""Fidelity: how often the rules answer as the network does, for each sense of "the network".

NeSyViT's network ends in concept activations and has no class of its own to answer with. So
"what the network answers" must be said: a linear head, k-NN or the nearest class mean on the
activations, or another network that was trained with cross-entropy. NeSyFOLD's definition, the
share of pictures where the rules' class is the CNN's, needs none of this: a CNN has an argmax.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from nesylib.concepts._checks import labels_of, parts_of, same_kind
from nesylib.concepts.readers import READERS, readers_named


def network_answers(
    train, labels, test, *, readers: Iterable[str] = tuple(READERS), **others
) -> dict[str, np.ndarray]:
    """What the network answers, once for each definition.

    Parameters
    ----------
    train, test
        Activations ``(N, D)`` and ``(M, D)``; the readers are fitted on ``train`` with ``labels``.
    **others
        Answers ``(M,)`` of other networks, by name: ``plain_vit=plain.predict(test_set)``.
    """
    train, labels, test, _ = parts_of(train, labels, test)
    found = {name: read(train, labels, test) for name, read in readers_named(readers).items()}
    for name, answers in others.items():
        found[name.replace("_", " ")] = labels_of(answers, len(test), name=f"answers of {name}")
    return found


def fidelity(rules, networks: Mapping[str, np.ndarray], labels=None):
    """Agreement of the rules with each definition of the network's answer.

    Parameters
    ----------
    rules
        Answers of the rules ``(M,)``. ``None`` (no rule fired and there is no default) agrees
        with nothing.
    networks
        Answers ``(M,)`` by name, as :func:`network_answers` gives them.
    labels
        True classes ``(M,)``, for the columns that tell right from wrong.

    Returns
    -------
    pandas.DataFrame
        One row for each network. ``fidelity``: share of equal answers; ``low`` and ``high``:
        its 95 % Wilson interval over pictures (one network: seeds are not in it);
        ``by_chance``: what two answerers with these class shares reach without looking at
        the same picture; ``kappa``: (fidelity - by_chance) / (1 - by_chance). With labels:
        ``network right`` and ``rules right``: accuracies; ``where right`` and ``where wrong``:
        fidelity on the pictures that the network gets right and wrong (NaN if there is none).
        High fidelity where it is right can come from two good classifiers that have nothing to
        do with each other. Agreement on its mistakes says more, but some pictures fool everyone:
        compare it with a network that the rules can't have copied.

    Raises
    ------
    ValueError
        For no networks, no pictures, answers of different lengths, or names beside numbers.
    """
    import pandas as pd

    rules = np.asarray(rules, dtype=object)
    if rules.ndim != 1 or len(rules) == 0:
        raise ValueError(f"the rules' answers must be a list of classes, got shape {rules.shape}")
    if not isinstance(networks, Mapping):
        raise TypeError(
            f"networks must be a mapping from a name to answers, not a {type(networks).__name__}: "
            "fidelity(rules, {'plain ViT': answers})"
        )
    if not networks:
        raise ValueError("there is no network to agree with: call network_answers first")
    truth = None if labels is None else labels_of(labels, len(rules)).astype(object)
    if truth is not None:
        same_kind(rules, truth, "the rules' answers", "labels")
    rows = {}
    for name, answers in networks.items():
        answers = labels_of(answers, len(rules), name=f"answers of {name}").astype(object)
        same_kind(rules, answers, "the rules' answers", f"answers of {name}")
        same = np.asarray(rules == answers, dtype=bool)
        share, chance = float(same.mean()), _by_chance(rules, answers)
        low, high = wilson(int(same.sum()), len(same))
        row = {"fidelity": share, "low": low, "high": high, "by_chance": chance}
        row["kappa"] = (share - chance) / (1 - chance) if chance < 1 else float("nan")
        if truth is not None:
            right = np.asarray(answers == truth, dtype=bool)
            row["network right"] = float(right.mean())
            row["rules right"] = float(np.mean(rules == truth))
            row["where right"] = float(same[right].mean()) if right.any() else float("nan")
            row["where wrong"] = float(same[~right].mean()) if not right.all() else float("nan")
        rows[name] = row
    frame = pd.DataFrame.from_dict(rows, orient="index")
    frame.index.name = "the network's answer"
    return frame


def pairwise_agreement(answers: Mapping[str, np.ndarray]):
    """Share of equal answers of every pair, a square :class:`pandas.DataFrame`."""
    import pandas as pd

    if not answers:
        raise ValueError("there are no answers to compare")
    length = len(next(iter(answers.values())))
    every = {
        name: labels_of(values, length, name=f"answers of {name}").astype(object)
        for name, values in answers.items()
    }
    (first, one), *others = every.items()
    for name, other in others:
        same_kind(one, other, f"answers of {first}", f"answers of {name}")
    same = [[float(np.mean(a == b)) for b in every.values()] for a in every.values()]
    return pd.DataFrame(same, index=list(every), columns=list(every))


def wilson(hits: int, n: int, z: float = 1.959964) -> tuple[float, float]:
    """Wilson's interval for a share of ``hits`` in ``n``, 95 % by default."""
    share = hits / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def _by_chance(one: np.ndarray, other: np.ndarray) -> float:
    """Expected share of equal answers when each keeps its class shares but not its pictures."""
    names = {value for value in one if value is not None} & set(other)
    return float(sum(np.mean(one == c) * np.mean(other == c) for c in names))
