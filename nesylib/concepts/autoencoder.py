"""Train a concept layer to say what is in the features, rather than which class it is."""

from __future__ import annotations

import numpy as np
import torch
from accelerate import Accelerator
from torch import nn

from nesylib import runtime
from nesylib.concepts import loop
from nesylib.concepts.layer import SparseConceptLayer
from nesylib.concepts.losses import ConceptLoss
from nesylib.concepts.training import parameter_groups


class _AutoEncoder(nn.Module):
    """Features to (code, rebuilt features, features), the latter two standardized."""

    def __init__(self, layer: SparseConceptLayer):
        super().__init__()
        self.layer = layer
        self.decoder = nn.Linear(layer.linear.out_features, layer.linear.in_features)
        nn.init.normal_(self.decoder.weight, std=0.1)
        nn.init.zeros_(self.decoder.bias)

    def forward(self, features: torch.Tensor) -> tuple[torch.Tensor, ...]:
        code = self.layer(features)
        return code, self.decoder(code), (features - self.layer.mean) / self.layer.scale


def fit_autoencoder(
    layer: SparseConceptLayer,
    features,
    labels=None,
    *,
    loss: ConceptLoss | None = None,
    epochs: int = 60,
    batch_size: int = 128,
    lr: float = 3e-3,
    seed: int = 0,
    progress: bool = True,
    accelerator: Accelerator | None = None,
) -> loop.History:
    """Train ``layer`` in place so that a linear map can rebuild the features from its code.

    With a :class:`nesylib.concepts.TopKConceptLayer` this is a k-sparse autoencoder (Makhzani and
    Frey, arXiv 1312.5663) whose code is a sigmoid's: no class is named, so nothing asks the neurons
    to be class detectors. The decoder is thrown away.

    Parameters
    ----------
    features
        ``(N, in_features)`` of the frozen backbone. The layer reads them standardized from now on.
    labels, loss
        If given, ``loss(codes, labels)`` is added: NeSyViT's losses and the reconstruction
        together. Both or neither.

    Returns
    -------
    History
        Per epoch ``total`` and ``unexplained``: the mean squared error in standardized units, 1
        for a decoder that always answers with the mean.

    Raises
    ------
    ValueError
        When only one of ``labels`` and ``loss`` is given, or their numbers differ.
    TrainingDiverged
        When the loss is no longer finite.
    """
    features = np.asarray(features, dtype=np.float32)
    if (labels is None) != (loss is None):
        raise ValueError("give labels and a loss for them, or neither")
    if labels is not None and len(labels) != len(features):
        raise ValueError(f"there are {len(features)} features and {len(labels)} labels")
    layer.standardize(features)
    with runtime.seeded(seed):
        net = _AutoEncoder(layer).to(layer.mean.device)

    def parts(found, batch_labels, done):
        code, rebuilt, wanted = found
        unexplained = (rebuilt - wanted).square().mean()
        total = unexplained if loss is None else unexplained + loss(code, batch_labels).total
        return {"total": total, "unexplained": unexplained.detach()}

    return loop.train(
        net,
        features,
        np.zeros(len(features), np.int64) if labels is None else np.asarray(labels),
        parts,
        groups=parameter_groups(net, lr, 0.0),
        epochs=epochs,
        batch_size=batch_size,
        seed=seed,
        progress=progress,
        accelerator=accelerator or Accelerator(),
    )
