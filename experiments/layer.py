"""Measure what the concept layer itself decides: its start, its input, its size, and chance."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import torch
from heads import Rooms, arguments, over_seeds, record_all
from layers import WIDE, Layers
from sklearn.metrics import roc_auc_score
from torch.nn import functional as F

from nesylib import concepts, record, runtime

COMMANDS = {
    "scenes": "python experiments/layer.py scenes",
    "places": "python experiments/layer.py places --weights FILE",
}
UNITS = {
    "accuracy": ("share", 0.04),
    "linear-on-bits": ("share", 0.03),
    "nearer-to-classes": ("share", 0.15),
    "purity": ("share", 0.06),
    "auc-class": ("number", 0.05),
    "auc-object": ("number", 0.05),
    "rules": ("count", 4.0),
    "size": ("count", 25.0),
    "active": ("count", 8.0),
    "cosine": ("number", 0.05),
    "gradient-of-weights": ("number", 0.3),
    "gradient-of-features": ("ratio", 0.15),
}
DIMENSIONS = (8, 32, 128, 512)


def at_the_start(layer, features: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Mean cosine of two codes, and the contrastive loss's gradients, on 256 pictures."""
    below = torch.from_numpy(features[:256]).requires_grad_()
    codes = layer(below)
    concepts.supcon_loss(codes, torch.from_numpy(labels[:256])).backward()
    unit = F.normalize(codes.detach(), dim=1)
    n = len(unit)
    found = {
        "cosine": float(((unit @ unit.T).sum() - n) / (n * (n - 1))),
        "gradient-of-weights": float(layer.linear.weight.grad.norm()),
        "gradient-of-features": float(below.grad.norm()),
    }
    layer.zero_grad()
    return found


def what_neurons_follow(scores: np.ndarray, pictures) -> dict[str, float]:
    """How near each neuron is to a set of classes and to an object; purity of its top pictures."""
    often = (scores >= 0.5).mean(0)
    scores = scores[:, (often > 0.02) & (often < 0.98)]
    common = (pictures.concepts.mean(0) > 0.02) & (pictures.concepts.mean(0) < 0.98)

    def best_auc(targets: np.ndarray) -> np.ndarray:
        auc = np.array([[roc_auc_score(t, s) for t in targets.T] for s in scores.T])
        return np.maximum(auc, 1 - auc).max(1)

    some = np.arange(1, 2 ** (len(pictures.classes) - 1))  # every set, or else its complement
    by_class = best_auc((some >> pictures.labels[:, None]) & 1)
    by_object = best_auc(pictures.concepts[:, common])
    top = np.argsort(-scores, axis=0, kind="stable")[:20]
    purity = [np.bincount(pictures.labels[rows]).max() / len(rows) for rows in top.T]
    return {
        "purity": float(np.mean(purity)),
        "auc-class": float(by_class.mean()),
        "auc-object": float(by_object.mean()),
        "nearer-to-classes": float(np.mean(by_class >= by_object)),
    }


def measure(kind: str, seed: int, weights: Path | None) -> dict[str, dict[str, float]]:
    rooms = Rooms(kind, seed, weights)
    layers = Layers(rooms)
    X, y = layers.features["cls"][0], rooms.train.labels
    found = {"linear-head": layers.head()}
    for size in DIMENSIONS:
        for name in ("random", "trained"):
            layer = layers.new(size)
            if name == "trained":
                layers.trained(layer)
            found[f"{name}-{size}"] = layers.read(layer, linear=True)
            if size == 128 and rooms.test.concepts is not None:
                found[f"{name}-128"] |= what_neurons_follow(layers.codes(layer)[1], rooms.test)
    narrow = layers.scale / math.sqrt(3)  # what nn.Linear draws, as a spread of pre-activations
    starts = {"pytorch": (narrow, 0.0), "narrow-off": (narrow, -2.0)}
    starts |= {"wide": (WIDE, 0.0), "wide-off": (WIDE, -2.0)}
    for name, start in starts.items():
        layer = layers.new(128, *start)
        found[f"start-{name}"] = at_the_start(layer, X, y)
        found[f"start-{name}"] |= layers.read(layers.trained(layer))
    own = found["start-wide-off"]["gradient-of-features"]
    for name in starts:
        found[f"start-{name}"]["gradient-of-features"] /= own
    shuffled = layers.trained(layers.new(128), labels=rooms.shuffled())
    found["shuffled-labels"] = layers.read(shuffled)
    for pooling in layers.features:
        found[f"linear-head-{pooling}"] = layers.head(pooling)
        with runtime.seeded(seed):
            layer = concepts.SparseConceptLayer(X.shape[1], 128)
        layer.standardize(layers.features[pooling][0])
        found[f"reads-{pooling}"] = layers.read(layers.trained(layer, pooling=pooling), pooling)
    return found


def main() -> None:
    options = arguments(__doc__, COMMANDS)
    runs = over_seeds(options.seeds, lambda seed: measure(options.data_set, seed, options.weights))
    name = {"scenes": "scenes-P5", "places": "places6-P5"}[options.data_set]
    measured = record_all("layer", name, runs, UNITS, COMMANDS[options.data_set])
    if options.record:
        print("written to", record.save("layer", measured).name)


if __name__ == "__main__":
    main()
