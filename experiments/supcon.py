"""Measure the contrastive loss alone: temperature, form, batches, controls, its lowest value."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import torch
from heads import Rooms, arguments, over_seeds, record_all
from layers import Layers
from torch.nn import functional as F

from nesylib import concepts, record, runtime

COMMANDS = {
    "scenes": "python experiments/supcon.py scenes",
    "places": "python experiments/supcon.py places --weights FILE",
    "free": "python experiments/supcon.py free",
}
UNITS = {
    "accuracy": ("share", 0.04),
    "nearest-mean": ("share", 0.03),
    "rare-classes": ("share", 0.05),
    "undecided": ("share", 0.05),
    "size": ("count", 20.0),
    "rules": ("count", 4.0),
    "active": ("count", 10.0),
    "loss": ("number", 0.2),
    "all-the-same": ("number", 0.001),
    "bound": ("number", 0.001),
    "found": ("number", 0.01),
    "found-with-signs": ("number", 0.01),
    "found-with-too-few": ("number", 0.05),
}
TEMPERATURES = (0.005, 0.02, 0.1, 0.5, 5.0, 100.0)
NEURONS = 128


def at(temperature: float):
    return lambda codes, labels: concepts.supcon_loss(codes, labels, temperature)


def mean_inside(codes, labels, temperature: float = 0.1):
    """The L_in form: the logarithm of the mean over positives."""
    unit = F.normalize(codes, dim=1)
    same = (labels[:, None] == labels).fill_diagonal_(False)
    similarity = (unit @ unit.T / temperature).fill_diagonal_(-torch.inf)
    near = similarity.masked_fill(~same, -torch.inf).logsumexp(1) - same.sum(1).log()
    return (similarity.logsumexp(1) - near)[same.any(1)].mean()


def nearest_mean(layers: Layers, layer, rows=None) -> np.ndarray:
    """Which held-out pictures are right by the class mean with the largest cosine."""
    rows = slice(None) if rows is None else rows
    unit, unit_test = (F.normalize(torch.from_numpy(c), dim=1) for c in layers.codes(layer))
    y, y_test = layers.labels
    unit, y = unit[rows], y[rows]
    means = torch.stack([unit[y == k].mean(0) for k in range(y.max() + 1)])
    return (unit_test @ F.normalize(means, dim=1).T).argmax(1).numpy() == y_test


def worth(layers: Layers, layer) -> dict[str, float]:
    held_out = layers.codes(layer)[1]
    found = layers.read(layer)
    found["nearest-mean"] = float(nearest_mean(layers, layer).mean())
    found["undecided"] = float(((held_out > 0.1) & (held_out < 0.9)).mean())
    y_test = torch.from_numpy(layers.labels[1][:256])
    found["loss"] = float(concepts.supcon_loss(torch.from_numpy(held_out[:256]), y_test, 0.1))
    return found


def measure_rooms(kind: str, seed: int, weights: Path | None) -> dict[str, dict[str, float]]:
    rooms = Rooms(kind, seed, weights)
    layers = Layers(rooms)
    found = {"untrained": worth(layers, layers.new(NEURONS))}
    for t in TEMPERATURES:
        found[f"temperature-{t:g}"] = worth(layers, layers.trained(layers.new(NEURONS), at(t)))
    layer = layers.trained(layers.new(NEURONS), mean_inside)
    found["mean-inside-the-log"] = worth(layers, layer)
    layer = layers.trained(layers.new(NEURONS), at(0.1), rooms.shuffled())
    found["shuffled-labels"] = worth(layers, layer)
    layer = layers.trained(layers.new(NEURONS, bias=-8.0), at(0.1))
    found["start-at-minus-8"] = worth(layers, layer)
    pictures = len(rooms.train)
    for size in (8, 32, 128, 512):
        epochs = max(1, round(240 / (pictures // size)))  # about 240 steps each
        options = dict(epochs=epochs, batch_size=size)
        found[f"batch-{size}"] = worth(
            layers, layers.trained(layers.new(NEURONS), at(0.1), **options)
        )
    y, y_test = layers.labels
    few = np.concatenate([np.flatnonzero(y == k)[: 20 if k < 2 else None] for k in range(5)])
    for name, balanced in (("random", False), ("balanced", True)):
        options = dict(rows=few, balanced=balanced, epochs=20, batch_size=100)
        right = nearest_mean(layers, layers.trained(layers.new(NEURONS), at(0.1), **options), few)
        found[f"rare-{name}"] = {
            "nearest-mean": float(right.mean()),
            "rare-classes": float(right[y_test < 2].mean()),
        }
    return found


def measure_free(seed: int) -> dict[str, dict[str, float]]:
    """Codes without a network, moved until the loss is lowest: 40 rows of four classes."""
    rows, classes, found = 40, 4, {}
    labels = torch.arange(rows) % classes
    own = rows // classes

    def lowest(neurons: int, temperature: float, to_code) -> float:
        with runtime.seeded(seed):
            z = torch.randn(rows, neurons, requires_grad=True)
        optimizer = torch.optim.Adam([z], lr=0.05)
        for _ in range(2000):
            optimizer.zero_grad()
            loss = concepts.supcon_loss(to_code(z), labels, temperature)
            loss.backward()
            optimizer.step()
        return loss.item()

    for t in (0.1, 0.5):
        found[f"temperature-{t:g}"] = {
            "all-the-same": math.log(rows - 1),
            "bound": math.log(own - 1 + (rows - own) * math.exp(-1 / t)),
            "found": lowest(8, t, torch.sigmoid),
            "found-with-signs": lowest(8, t, torch.tanh),
            "found-with-too-few": lowest(3, t, torch.sigmoid),
        }
    return found


def main() -> None:
    options = arguments(__doc__, COMMANDS)

    def measure_one(seed: int) -> dict:
        if options.data_set == "free":
            return measure_free(seed)
        return measure_rooms(options.data_set, seed, options.weights)

    runs = over_seeds(options.seeds, measure_one)
    name = {"scenes": "scenes-P5", "places": "places6-P5", "free": "free-codes"}[options.data_set]
    measured = record_all("supcon", name, runs, UNITS, COMMANDS[options.data_set])
    if options.record:
        print("written to", record.save("supcon", measured).name)


if __name__ == "__main__":
    main()
