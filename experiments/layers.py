"""Concept layers of any size, start and loss, on the features of one frozen backbone."""

from __future__ import annotations

import numpy as np
import torch
from heads import Rooms
from measures import rules_on_bits

from nesylib import concepts, runtime, vit
from nesylib.concepts import loop
from nesylib.concepts.training import parameter_groups

WIDE = 2.0


def all_three(codes, labels):
    """The three losses at the paper's weights for Places."""
    return concepts.ConceptLoss(2, 1, 1)(codes, labels).total


class Layers:
    """Concept layers by size and start on the features of one frozen backbone, for one seed."""

    def __init__(self, rooms: Rooms):
        self.seed, self.labels = rooms.seed, (rooms.train.labels, rooms.test.labels)
        poolings = vit.features.POOLINGS if rooms.name.startswith("scenes") else ("cls",)
        self.features = {
            pooling: [
                vit.frozen_features(rooms.net.backbone, part, pooling)
                for part in (rooms.train, rooms.test)
            ]
            for pooling in poolings
        }
        self.scale = float(rooms.net.backbone.norm.weight.detach().square().mean().sqrt())

    def new(self, size: int, spread: float = WIDE, bias: float = -2.0):
        """An untrained layer; ``spread`` is about that of its pre-activations."""
        width = self.features["cls"][0].shape[1]
        with runtime.seeded(self.seed):
            return concepts.SparseConceptLayer(width, size, spread / self.scale, bias)

    def trained(self, layer, loss=all_three, labels=None, pooling="cls", rows=None, **options):
        """Train ``layer`` in place; ``loss(codes, labels)`` is minimised.

        ``rows`` picks pictures; other options are those of the loop: epochs, batch_size, balanced.
        """

        def parts(codes, batch_labels, done):
            return {"total": loss(codes, batch_labels)}

        rows = slice(None) if rows is None else rows
        inputs = self.features[pooling][0][rows]
        labels = (self.labels[0] if labels is None else labels)[rows]
        options = dict(epochs=30, batch_size=256, seed=self.seed, progress=False) | options
        groups = parameter_groups(layer, 3e-3, 0.05)
        loop.train(layer, inputs, labels, parts, groups=groups, **options)
        return layer

    @torch.no_grad()
    def codes(self, layer, pooling: str = "cls") -> list[np.ndarray]:
        return [layer(torch.from_numpy(part)).numpy() for part in self.features[pooling]]

    def read(self, layer, pooling: str = "cls", linear: bool = False) -> dict[str, float]:
        """Rules on the bits and, when asked, a linear reader of the same bits."""
        (y, y_test), codes = self.labels, self.codes(layer, pooling)
        B, B_test = (concepts.binarize(c) for c in codes)
        found = rules_on_bits(B, y, B_test, y_test)
        del found["predicates"]
        found["active"] = float(B_test.sum(1).mean())
        if linear:
            guess = concepts.linear_probe(B.astype(np.float32), y, B_test.astype(np.float32), 0.01)
            found["linear-on-bits"] = float(np.mean(guess == y_test))
        return found

    def head(self, pooling: str = "cls") -> dict[str, float]:
        X, X_test = self.features[pooling]
        guess = concepts.linear_probe(X, self.labels[0], X_test, 0.05)
        return {"accuracy": float(np.mean(guess == self.labels[1]))}
