"""Repair 3: train the concept layer again, under a penalty on the direction of the cue.

NeSyBiCor (Padalkar et al., arXiv 2405.15886) retrains a CNN with a loss on the semantic
similarity of kernels and concept vectors. Its formula was not available to us. Ours: the cosine of
a neuron's weights and the cue's direction among the features, squared.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch

from nesylib.bias._checks import column_numbers, one_each
from nesylib.bias.correlation import _plain
from nesylib.concepts import ConceptLoss, ConceptViT, loop
from nesylib.concepts._checks import pictures_of
from nesylib.concepts.training import parameter_groups
from nesylib.vit.features import frozen_features


def concept_vectors(features, cue, labels=None) -> np.ndarray:
    """The direction among features that goes with each value of a cue, ``(K, E)``, unit length.

    Mean feature of the pictures that show the value less the mean of those that do not; with
    labels within each class that has both, averaged over these classes.

    Parameters
    ----------
    features : (N, E)
    cue : (N,)
        -1, None or False: no cue.
    labels : (N,), optional
        Give them whenever cue and class go together: else the class is taken for the cue.

    Raises
    ------
    ValueError
        When no picture shows a cue, or no class has pictures with and without it; for features
        with NaN.
    """
    features = np.asarray(features, dtype=np.float64)
    if features.ndim != 2 or not len(features):
        raise ValueError(f"features must be (N, E) of some pictures, got {features.shape}")
    if not np.isfinite(features).all():
        raise ValueError("features hold NaN or infinity: has the network diverged?")
    cue = one_each(cue, len(features), "cues")
    classes = np.zeros(len(features)) if labels is None else one_each(labels, len(cue), "labels")
    shown = np.array([_plain(value) for value in cue.tolist()], dtype=object)
    values = sorted({v for v in shown.tolist() if v is not None}, key=lambda v: (str(type(v)), v))
    if not values:
        raise ValueError("no picture shows the cue: it has no direction")
    found = []
    for value in values:
        steps = []
        for c in np.unique(classes):
            here = (shown == value) & (classes == c)
            not_here = (shown != value) & (classes == c)
            if here.any() and not_here.any():
                steps.append(features[here].mean(0) - features[not_here].mean(0))
        if not steps:
            raise ValueError(
                f"no class has pictures with and without the cue {value!r}: add some, or its "
                "direction cannot be told from that of the class"
            )
        step = np.mean(steps, 0)
        length = np.linalg.norm(step)
        if length == 0:
            raise ValueError(f"the features don't change with the cue {value!r}: nothing to repair")
        found.append(step / length)
    return np.stack(found)


def alignment(net: ConceptViT, vectors) -> torch.Tensor:
    """Cosine of each neuron's weights and each direction, ``(D, K)``, -1 to 1.

    ``vectors`` are directions among what the linear layer reads: standardised features, if the
    layer standardises.
    """
    weight = net.concepts.linear.weight
    vectors = torch.as_tensor(np.asarray(vectors), dtype=weight.dtype, device=weight.device)
    return torch.nn.functional.normalize(weight, dim=1) @ vectors.T


def retrain(
    net: ConceptViT,
    train,
    *,
    probe=None,
    neurons: Iterable[int] | None = None,
    weight: float = 1000.0,
    loss: ConceptLoss | None = None,
    epochs: int = 30,
    batch_size: int = 128,
    lr: float = 3e-3,
    weight_decay: float = 0.05,
    seed: int = 0,
    progress: bool = True,
) -> loop.History:
    """Train the concept layer on, so that neurons turn away from a cue.

    The total is the loss of NeSyViT and ``weight`` times the mean over the neurons of the sum
    over the cue's directions of the squared cosine (:func:`alignment`). The backbone stays as it
    is: what it tells of the cue is still there, but the neurons look past its mean direction.

    Parameters
    ----------
    net
        A trained network; its concept layer is changed in place.
    train
        The pictures to train on, an :class:`nesylib.data.ImageSet`, biased as it may be.
    probe
        Pictures with ``cue`` and labels, from which the cue's direction is taken; ``train`` if
        not given. A few hundred are enough; best are some whose cue says nothing of the class.
    weight
        Of the penalty. A squared cosine is small, so this is large; from some hundreds on, little
        depended on it on drawn rooms.
    neurons
        Only these are penalised, such as ``ties(...).neurons()``; all if not given. Spared
        neurons are free to pick the cue up.

    Returns
    -------
    History
        With ``penalty`` beside the parts of the loss.

    Raises
    ------
    ValueError
        For pictures without ``cue``, a cue that is never there, unknown neurons, or a weight
        that is not positive.
    """
    if not weight > 0:
        raise ValueError(f"weight must be positive, got {weight}: with 0 nothing is repaired")
    probe = train if probe is None else probe
    if getattr(probe, "cue", None) is None:
        raise ValueError(
            "the pictures don't say which cue they show: give probe= pictures with `cue`, such as "
            "nesylib.bias.plant makes"
        )
    wanted = range(net.n_concepts) if neurons is None else neurons
    chosen = column_numbers(wanted, net.n_concepts)
    if not chosen:
        raise ValueError(
            f"no neuron is named: give some of 0 to {net.n_concepts - 1}, or leave neurons out to "
            "penalise all"
        )
    loss = loss or ConceptLoss()
    labels = pictures_of(train)[1]
    mean, scale = (x.cpu().numpy() for x in (net.concepts.mean, net.concepts.scale))
    found = frozen_features(net.backbone, probe, net.pooling, progress=progress)
    vectors = concept_vectors((found - mean) / scale, probe.cue, probe.labels)
    features = frozen_features(net.backbone, train, net.pooling, progress=progress)

    def parts(activations: torch.Tensor, labels: torch.Tensor, done: float):
        measured = loss(activations, labels)._asdict()
        penalty = (alignment(net, vectors)[chosen] ** 2).sum(1).mean()
        measured["total"] = measured["total"] + weight * penalty
        return measured | {"penalty": penalty}

    return loop.train(
        net.concepts,
        features,
        labels,
        parts,
        groups=parameter_groups(net.concepts, lr, weight_decay),
        epochs=epochs,
        batch_size=batch_size,
        seed=seed,
        progress=progress,
    )
