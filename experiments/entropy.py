"""Measure what the entropy loss does: decided bits, silent neurons, stability, information."""

from __future__ import annotations

from dataclasses import replace
from math import log
from pathlib import Path

import numpy as np
from heads import Rooms, arguments, nearest_mean, over_seeds, record_all
from measures import rules_on_bits

from nesylib import concepts, data, record
from nesylib.concepts import ConceptLoss, entropy_loss
from nesylib.rules import FoldSEM

COMMANDS = {
    "scenes": "python experiments/entropy.py scenes",
    "places": "python experiments/entropy.py places --weights FILE",
    "digits": "python experiments/entropy.py digits",
}
DIGITS = dict(img_size=8, patch_size=2, embed_dim=64, depth=2, num_heads=4)
UNITS = {
    "accuracy": ("share", 0.03),
    "accuracy-of-nearest-mean": ("share", 0.03),
    "answers-changed": ("share", 0.02),
    "codes-changed": ("share", 0.06),
    "flips-of-living": ("share", 0.01),
    "unsure": ("share", 0.01),
    "flips": ("number", 0.4),
    "per-picture": ("number", 0.05),
    "across": ("number", 0.08),
    "supcon": ("number", 0.1),
    "active": ("count", 4.0),
    "never-on": ("count", 8.0),
    "constant": ("count", 8.0),
    "codes": ("count", 60.0),
    "rules": ("count", 4.0),
    "size": ("count", 6.0),
}


class Informed(ConceptLoss):
    """Entropy per picture less entropy across the pictures of the batch; looks at no label."""

    def __call__(self, activations, labels, strength=1.0):
        parts = super().__call__(activations, labels, strength)
        across = entropy_loss(activations.mean(0, keepdim=True))
        return parts._replace(total=parts.total - self.beta * across)


def binary_entropy(c: np.ndarray) -> np.ndarray:
    c = np.clip(c.astype(np.float64), 1e-12, 1 - 1e-12)
    return -c * np.log(c) - (1 - c) * np.log(1 - c)


def changed(pictures, kind: str, seed: int):
    """The pictures 15 % darker, or with noise of 6 grey levels on every pixel."""
    images = np.asarray(pictures.images[:]).astype(np.float32)
    if kind == "darker":
        images *= 0.85
    else:
        images += np.random.default_rng(seed).normal(0, 6, images.shape).astype(np.float32)
    return replace(pictures, images=images.round().clip(0, 255).astype(np.uint8))


def worth(rooms: Rooms, net) -> dict[str, float]:
    C = rooms.codes(net)
    B, y, B_test, y_test = rooms.tables(net)
    rules = rules_on_bits(B, y, B_test, y_test)
    summary = concepts.code_summary(C)
    return {
        "accuracy": rules["accuracy"],
        "rules": rules["rules"],
        "size": rules["size"],
        "accuracy-of-nearest-mean": nearest_mean(rooms.codes(net, rooms.train), y, C, y_test),
        "unsure": summary["unsure"],
        "active": summary["active"],
        "never-on": summary["dead"],
        "constant": summary["dead"] + summary["always"],
        "codes": summary["codes"],
        "per-picture": float(binary_entropy(C).mean()),
        "across": float(binary_entropy(C.mean(0)).mean()),
    }


def stability(rooms: Rooms, net, others: dict) -> dict[str, dict[str, float]]:
    B, y, B_test, _ = rooms.tables(net)
    fold = FoldSEM().fit(B, y)
    living = B_test.any(0) & ~B_test.all(0)
    found = {}
    for kind, other in others.items():
        moved = concepts.binarize(rooms.codes(net, other))
        flips = moved != B_test
        found[kind] = {
            "flips": float(flips.sum(1).mean()),
            "flips-of-living": float(flips[:, living].mean()),
            "codes-changed": float(flips.any(1).mean()),
            "answers-changed": float(np.mean(fold.predict(moved) != fold.predict(B_test))),
        }
    return found


def measure_rooms(kind: str, seed: int, weights: Path | None) -> dict[str, dict[str, float]]:
    rooms = Rooms(kind, seed, weights)
    kinds = ("darker", "noise") if kind == "scenes" else ("darker",)
    others = {k: changed(rooms.test, k, seed) for k in kinds}
    found = {"start": worth(rooms, rooms.net)}
    for beta in (0, 1, 10):
        net = rooms.fit(ConceptLoss(2, beta, 0))
        found[f"beta-{beta}"] = worth(rooms, net) | {"supcon": net.history["supcon"][-1]}
        for name, row in stability(rooms, net, others).items():
            found[f"beta-{beta}-{name}"] = row
    found["entropy-alone"] = worth(rooms, rooms.fit(ConceptLoss(0, 1, 0)))
    found["information-alone"] = worth(rooms, rooms.fit(Informed(0, 1, 0)))
    found["shuffled-labels"] = worth(rooms, rooms.fit(ConceptLoss(2, 1, 0), rooms.shuffled()))
    return found


def measure_digits(seed: int) -> dict[str, dict[str, float]]:
    """A whole network from scratch: entropy at once, or rising."""
    train, test = data.load("digits", "train"), data.load("digits", "test")
    found = {"nothing-learned": {"supcon": log(63)}}
    for name, ramp in (("at-once", (0.0, 0.0)), ("rising", (0.3, 1.0))):
        net = concepts.ConceptViT("nesy_tiny", 64, seed=seed, **DIGITS)
        options = dict(epochs=8, batch_size=64, lr=3e-3, seed=seed, progress=False)
        history = concepts.fit(net, train, loss=ConceptLoss(2, 1, 0), ramp=ramp, **options)
        parts = [concepts.encode(net, part) for part in (train, test)]
        bits = [concepts.binarize(c) for c in parts]
        rules = rules_on_bits(bits[0], train.labels, bits[1], test.labels)
        found[name] = {
            "supcon": history["supcon"][-1],
            "per-picture": float(binary_entropy(parts[1]).mean()),
            "codes": concepts.code_summary(parts[1])["codes"],
            "accuracy": rules["accuracy"],
        }
    return found


def main() -> None:
    options = arguments(__doc__, COMMANDS)

    def measure_one(seed: int) -> dict:
        if options.data_set == "digits":
            return measure_digits(seed)
        return measure_rooms(options.data_set, seed, options.weights)

    runs = over_seeds(options.seeds, measure_one)
    name = {"digits": "digits", "scenes": "scenes-P5", "places": "places6-P5"}[options.data_set]
    command = COMMANDS[options.data_set]
    measured = record_all("entropy", name, runs, UNITS, command)
    if options.record:
        print("written to", record.save("entropy", measured).name)


if __name__ == "__main__":
    main()
