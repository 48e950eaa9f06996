"""Measure what sparsity does: active and dead neurons, programs, the faint code, controls."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from heads import Rooms, arguments, nearest_mean, over_seeds, record_all
from measures import rules_on_bits
from sklearn.linear_model import LogisticRegression

from nesylib import record
from nesylib.concepts import ConceptLoss
from nesylib.concepts.topk import keep_largest

COMMANDS = {
    "scenes": "python experiments/sparsity.py scenes",
    "places": "python experiments/sparsity.py places --weights FILE",
}
UNITS = {
    "accuracy": ("share", 0.03),
    "accuracy-low-cut": ("share", 0.05),
    "accuracy-of-nearest-mean": ("share", 0.03),
    "supcon": ("number", 0.1),
    "largest": ("number", 0.1),
    "purity": ("number", 0.1),
    "object": ("number", 0.1),
    "class": ("number", 0.1),
    "correlation": ("number", 0.4),
    "active": ("count", 4.0),
    "never-on": ("count", 8.0),
    "codes": ("count", 40.0),
    "rules": ("count", 4.0),
    "predicates": ("count", 5.0),
    "size": ("count", 6.0),
}
GAMMAS = (0, 1, 3, 5, 10)


class TopK(torch.nn.Module):
    """Keep the k largest activations of each code, set the others to 0."""

    def __init__(self, layer: torch.nn.Module, k: int):
        super().__init__()
        self.layer, self.k, self.linear = layer, k, layer.linear

    def standardize(self, features) -> None:
        self.layer.standardize(features)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return keep_largest(self.layer(features), self.k)


def purity(B: np.ndarray, y: np.ndarray) -> float:
    """Mean over living neurons of the share of their pictures that is of one class."""
    counts = np.stack([B[y == k].sum(0) for k in range(y.max() + 1)])
    alive = counts.sum(0) > 0
    return float((counts.max(0)[alive] / counts.sum(0)[alive]).mean()) if alive.any() else 0.0


def closest(B: np.ndarray, truth: np.ndarray) -> float:
    """Mean over living neurons of the largest correlation with a column of the truth."""
    bits = B[:, B.any(0) & ~B.all(0)].astype(float)
    seen = truth[:, truth.any(0) & ~truth.all(0)].astype(float)
    if not bits.size:
        return 0.0
    both = np.corrcoef(bits.T, seen.T)[: bits.shape[1], bits.shape[1] :]
    return float(np.abs(both).max(1).mean())


def table_worth(rooms: Rooms, B, y, B_test, y_test) -> dict[str, float]:
    found = rules_on_bits(B, y, B_test, y_test) | {
        "active": float(B_test.sum(1).mean()),
        "never-on": int((~B_test.any(0)).sum()),
        "codes": len(np.unique(B_test, axis=0)),
        "purity": purity(B_test, y_test),
        "class": closest(B_test, y_test[:, None] == np.arange(y_test.max() + 1)),
    }
    if rooms.test.concepts is not None:
        found["object"] = closest(B_test, rooms.test.concepts)
    return found


def layer_worth(rooms: Rooms, net) -> dict[str, float]:
    B, y, B_test, y_test = rooms.tables(net)
    C, C_test = rooms.codes(net, rooms.train), rooms.codes(net)
    lower = rules_on_bits(C >= 0.1, y, C_test >= 0.1, y_test)
    return table_worth(rooms, B, y, B_test, y_test) | {
        "accuracy-of-nearest-mean": nearest_mean(C, y, C_test, y_test),
        "accuracy-low-cut": lower["accuracy"],
        "largest": float(C_test.max(1).mean()),
        "supcon": net.history["supcon"][-1],
    }


def with_top(k: int):
    def change(net) -> None:
        net.concepts = TopK(net.concepts, k)

    return change


def one_hot(rooms: Rooms) -> list[np.ndarray]:
    """The answers of a linear classifier on the same features, one bit for each class."""
    parts = [rooms.features(part) for part in (rooms.train, rooms.test)]
    scale = parts[0].std()
    linear = LogisticRegression(C=0.1, max_iter=3000).fit(parts[0] / scale, rooms.train.labels)
    return [linear.predict(part / scale)[:, None] == linear.classes_ for part in parts]


def measure_rooms(kind: str, seed: int, weights: Path | None) -> dict[str, dict[str, float]]:
    rooms = Rooms(kind, seed, weights)
    found, nets = {}, {}
    for gamma in GAMMAS:
        nets[gamma] = rooms.fit(ConceptLoss(2, 1, gamma))
        found[f"gamma-{gamma}"] = layer_worth(rooms, nets[gamma])
    sum_loss = ConceptLoss(2, 1, 1, l1_reduction="sum")
    found["gamma-1-sum"] = layer_worth(rooms, rooms.fit(sum_loss))
    both_sums = ConceptLoss(2, 1, 1, l1_reduction="sum", entropy_reduction="sum")
    found["gamma-1-both-sums"] = layer_worth(rooms, rooms.fit(both_sums))
    found["no-contrast"] = layer_worth(rooms, rooms.fit(ConceptLoss(0, 1, 1)))
    found["no-entropy-gamma-3"] = layer_worth(rooms, rooms.fit(ConceptLoss(2, 0, 3)))
    for k in (1, 2, 4, 8):
        net = rooms.fit(ConceptLoss(2, 0, 0), change=with_top(k))
        found[f"top-{k}"] = layer_worth(rooms, net)
    shuffled = rooms.fit(ConceptLoss(2, 1, 3), rooms.shuffled())
    found["shuffled-labels"] = table_worth(rooms, *rooms.tables(shuffled))
    y, y_test = rooms.train.labels, rooms.test.labels
    bits = one_hot(rooms)
    found["one-hot"] = table_worth(rooms, bits[0], y, bits[1], y_test)
    rng = np.random.default_rng(seed)
    B, _, B_test, _ = rooms.tables(nets[3])
    found["reordered"] = table_worth(rooms, rng.permutation(B), y, rng.permutation(B_test), y_test)
    if rooms.test.concepts is not None:
        truth = (rooms.train.concepts, y, rooms.test.concepts, y_test)
        found["true-objects"] = table_worth(rooms, *truth)
    return found


def main() -> None:
    options = arguments(__doc__, COMMANDS)
    runs = over_seeds(
        options.seeds, lambda seed: measure_rooms(options.data_set, seed, options.weights)
    )
    name = {"scenes": "scenes-P5", "places": "places6-P5"}[options.data_set]
    measured = record_all("sparsity", name, runs, UNITS, COMMANDS[options.data_set])
    whole = [f"gamma-{gamma}" for gamma in GAMMAS if gamma < 10]
    pairs = [(runs[s][m]["active"], runs[s][m]["size"]) for s in runs for m in whole]
    link = float(np.corrcoef(np.array(pairs).T)[0, 1])
    measured.append(
        record.measure(
            f"sparsity/{name}/active-and-size/correlation",
            link,
            unit="number",
            tolerance=UNITS["correlation"][1],
            tier="demo",
            command=COMMANDS[options.data_set],
        )
    )
    print(measured[-1].key, measured[-1])
    if options.record:
        print("written to", record.save("sparsity", measured).name)


if __name__ == "__main__":
    main()
