"""Measure what thresholding loses, to whom rules are faithful, and whether neurons come back."""

from __future__ import annotations

import argparse
import sys
from copy import copy
from functools import partial
from pathlib import Path

import numpy as np
from heads import Rooms, record_all
from measures import rules_on_bits

from nesylib import concepts, record, runtime, vit
from nesylib.concepts import ConceptLoss
from nesylib.rules import FoldSEM

COMMANDS = {
    "scenes": "python experiments/fidelity.py scenes",
    "places": "python experiments/fidelity.py places --weights FILE",
}
SHARE, COUNT, NUMBER = ("share", 0.05), ("count", 10.0), ("number", 0.6)
UNITS = {"rules": COUNT, "active": COUNT, "dead": COUNT, "codes": ("count", 80.0)} | dict.fromkeys(
    ("neurons-entropy", "code-entropy", "information", "by-chance", "class-entropy"), NUMBER
)
READERS = {"linear": "linear head", "knn": "k-NN", "mean": "nearest mean"}
SHUFFLES = 20


CORRELATIONS = ("kappa", "-score", "-shuffled", "-within-class")


class Units(dict):
    """A share unless told otherwise."""

    def __missing__(self, key):
        return ("number", 0.15) if key.endswith(CORRELATIONS) else SHARE


def near_half(net, seed: int) -> None:
    """PyTorch's own start: every activation begins near one half."""
    with runtime.seeded(seed):
        net.concepts.linear.reset_parameters()


LAYERS = {
    "nesyvit": (ConceptLoss(), False),
    "no-entropy": (ConceptLoss(beta=0.0), False),
    "soft": (ConceptLoss(beta=0.0, gamma=0.0, temperature=1.0), True),
    "faint": (ConceptLoss(beta=0.0, gamma=3.0), True),
    "untrained": (None, True),
}
"""Loss of each layer, and whether it starts near one half."""


def codes_of(rooms: Rooms, name: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Activations of training and held-out pictures under a layer of ``seed``."""
    loss, start_near_half = LAYERS[name]
    change = partial(near_half, seed=seed) if start_near_half else None
    own = copy(rooms)
    own.seed = seed
    if loss is None:
        net = own.start()
        near_half(net, seed)
    else:
        net = own.fit(loss, change=change)
    return own.codes(net, own.train), own.codes(net)


def of_layer(C, y, C_test, y_test) -> dict[str, float]:
    """One trained layer: what its bits tell, and what readers and rules lose by them."""
    bits, test_bits = concepts.binarize(C), concepts.binarize(C_test)
    summary = concepts.code_summary(C_test)
    told = concepts.code_information(test_bits, y_test)
    found = {key: summary[key] for key in ("active", "dead", "codes", "unsure")}
    found |= {
        "neurons-entropy": told["independent"],
        "code-entropy": told["entropy"],
        "information": told["information"],
        "by-chance": told["by_chance"],
        "class-entropy": told["class_entropy"],
    }
    lost = concepts.binarization_loss(C, y, C_test, y_test)
    for short, name in READERS.items():
        row = lost.loc[name]
        found |= {f"{short}-on-activations": row["activations"], f"{short}-on-bits": row["bits"]}
        found[f"{short}-changed"] = row["changed"]
    rules = rules_on_bits(bits, y, test_bits, y_test)
    found |= {"accuracy": rules["accuracy"], "rules": rules["rules"]}
    sweep = concepts.threshold_sweep(
        C, y, C_test, y_test, np.arange(1, 10) / 10, readers=(), rules=rules_on_bits
    )
    worst = sweep.loc[[0.3, 0.4, 0.6, 0.7], "accuracy"].min()
    return found | {"worst-nearby": worst, "touched-below": sweep.loc[0.3, "touched"]}


def of_thresholds(C, y, C_test, y_test) -> dict[str, dict[str, float]]:
    """Rules on bits that were cut at thresholds of each neuron's own."""
    found = {}
    for method in ("two-means", "class-means", "information", "mean-std"):
        cuts = concepts.neuron_thresholds(C, method, y)
        bits, test_bits = concepts.binarize(C, cuts), concepts.binarize(C_test, cuts)
        measured = rules_on_bits(bits, y, test_bits, y_test)
        found[method] = {key: measured[key] for key in ("accuracy", "rules")}
        found[method]["codes"] = concepts.code_summary(test_bits)["codes"]
        found[method]["mean-on-bits"] = np.mean(concepts.mean_answers(bits, y, test_bits) == y_test)
    return found


def of_fidelity(rooms: Rooms, C, C_test, plain) -> dict[str, dict[str, float]]:
    """The rules beside every definition of the network's answer, and beside shuffled rules."""
    y, y_test = rooms.train.labels, rooms.test.labels
    bits, test_bits = concepts.binarize(C), concepts.binarize(C_test)
    networks = concepts.network_answers(C, y, C_test, **plain)
    rules = FoldSEM().fit(bits, y).predict(test_bits)
    shuffled = FoldSEM().fit(bits, rooms.shuffled()).predict(test_bits)
    frame = concepts.fidelity(rules, networks, y_test)
    control = concepts.fidelity(shuffled, networks)
    short = {name: key for key, name in READERS.items()}
    found = {}
    for name, row in frame.iterrows():
        method = f"to-{short.get(name, name.replace(' ', '-'))}"
        found[method] = {
            "fidelity": row["fidelity"],
            "kappa": row["kappa"],
            "accuracy": row["network right"],
            "where-right": row["where right"],
            "where-wrong": row["where wrong"],
            "by-shuffled-rules": control.loc[name, "fidelity"],
        }
    return found


def of_stability(one, other, labels) -> dict[str, float]:
    """Two networks of different seeds on the same held-out pictures, with both controls."""
    measured = {}
    for kind, codes in (("bits", (one >= 0.5, other >= 0.5)), ("activations", (one, other))):
        told = concepts.seed_stability(*codes, labels=labels, shuffles=SHUFFLES).summary()
        for key in ("score", "same", "shuffled", "within_class"):
            measured[f"{kind}-{key.replace('_', '-')}"] = told[key]
    return measured


def plain_answers(rooms: Rooms, kind: str) -> dict[str, np.ndarray]:
    """Networks that never saw the concept losses: a head on [CLS] and, when drawn, a whole ViT."""
    parts = (rooms.train, rooms.test)
    features = [vit.frozen_features(rooms.net.backbone, part) for part in parts]
    probe = concepts.linear_probe(features[0], rooms.train.labels, features[1], 0.01)
    found = {"plain_head": probe}
    if kind == "scenes":
        classes = len(rooms.train.classes)
        plain = concepts.PlainViT(
            rooms.backbone, classes, weights=rooms.weights, seed=rooms.seed + 50
        )
        augment = concepts.Augment(flip=True, shift=0.06, light=0.1)
        schedule = dict(epochs=3, lr=3e-4, augment=augment, seed=rooms.seed, progress=False)
        concepts.fit_classifier(plain, rooms.train, **schedule)
        found["plain_vit"] = plain.predict(rooms.test)
    return found


def one_seed(kind: str, seed: int, weights: Path | None) -> tuple[str, dict]:
    rooms = Rooms(kind, seed, weights)
    y, y_test = rooms.train.labels, rooms.test.labels
    found = {}
    for name in LAYERS:
        C, C_test = codes_of(rooms, name, seed)
        found[name] = of_layer(C, y, C_test, y_test)
        if name != "no-entropy":
            for method, measures in of_thresholds(C, y, C_test, y_test).items():
                found[f"{name}-{method}"] = measures
        if name == "nesyvit":
            plain = plain_answers(rooms, kind)
            found |= of_fidelity(rooms, C, C_test, plain)
        if name != "no-entropy":
            again = codes_of(rooms, name, seed + 100)[1]
            found[f"{name}-seeds"] = of_stability(C_test, again, y_test)
        print(f"seed {seed} {name}: rules {found[name]['accuracy']:.3f}", file=sys.stderr)
    return rooms.name, found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=COMMANDS)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--weights", type=Path, help="ViT-Ti weights (safetensors), for places")
    parser.add_argument("--record", action="store_true", help="write to book/results")
    options = parser.parse_args()
    runs = {}
    for seed in options.seeds:
        name, runs[seed] = one_seed(options.kind, seed, options.weights)
    measured = record_all("fidelity", name, runs, Units(UNITS), COMMANDS[options.kind])
    if options.record:
        print("written to", record.save("fidelity", measured).name)


if __name__ == "__main__":
    main()
