"""Measure what the quickstart shows, with seeds and baselines: digits, scenes, places."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from measures import collect, rules_on_bits, tree_on_bits

from nesylib import checkpoints, concepts, data, record, runtime, vit

COMMANDS = {
    "digits": "python experiments/quickstart.py digits",
    "scenes": "python experiments/quickstart.py scenes",
    "places": "python experiments/quickstart.py places --weights FILE",
}
VIT_TI = "vit_tiny_patch16_224.augreg_in21k_ft_in1k"
DIGITS = dict(img_size=8, patch_size=2, embed_dim=64, depth=2, num_heads=4)
AUGMENT = concepts.Augment(flip=True, shift=0.06, light=0.1)


def codes(net, train, test, **options):
    """Bits of both parts, their labels, and the mean number of active neurons."""
    parts = [concepts.encode(net, part, **options) for part in (train, test)]
    bits = [concepts.binarize(c) for c in parts]
    return (bits[0], train.labels, bits[1], test.labels), {"active": float(bits[1].sum(1).mean())}


def read_codes(found: dict, args, active: dict, seed: int) -> dict:
    found["rules"] = rules_on_bits(*args) | active
    found["cart-on-bits"] = tree_on_bits(*args, seed)
    found["rules-shuffled-labels"] = {"accuracy": shuffled_labels(*args, seed)}
    probe = concepts.linear_probe(args[0].astype(np.float32), args[1], args[2].astype(np.float32))
    found["linear-on-bits"] = {"accuracy": float(np.mean(probe == args[3]))}
    return found


def shuffled_labels(bits, labels, test_bits, test_labels, seed: int, times: int = 20) -> float:
    """Mean accuracy of rules that were learned from labels in random order: a control."""
    rng = np.random.default_rng(seed)
    runs = [
        rules_on_bits(bits, rng.permutation(labels), test_bits, test_labels) for _ in range(times)
    ]
    return float(np.mean([run["accuracy"] for run in runs]))


def majority(train, test) -> dict[str, float]:
    return {"accuracy": float(np.mean(test.labels == np.bincount(train.labels).argmax()))}


def pixels(train, test) -> dict[str, float]:
    """A linear probe on the pixels: how far one gets without seeing objects."""
    flat = [part.images.reshape(len(part), -1).astype(np.float32) / 255 for part in (train, test)]
    guess = concepts.linear_probe(flat[0], train.labels, flat[1], strength=0.01)
    return {"accuracy": float(np.mean(guess == test.labels))}


def digits(seed: int, options) -> dict:
    train, test = data.load("digits", "train"), data.load("digits", "test")
    schedule = dict(epochs=40, batch_size=64, lr=3e-3, seed=seed, progress=options.progress)
    plain = concepts.PlainViT("nesy_tiny", 10, seed=seed, **DIGITS)
    concepts.fit_classifier(plain, train, **schedule)
    net = concepts.ConceptViT("nesy_tiny", 64, seed=seed, **DIGITS)
    concepts.fit(net, train, **schedule)
    found = {
        "majority": majority(train, test),
        "linear-on-pixels": pixels(train, test),
        "plain-vit": {"accuracy": float(np.mean(plain.predict(test) == test.labels))},
    }
    return read_codes(found, *codes(net, train, test), seed)


def scenes(seed: int, options) -> dict:
    train = data.load("scenes/P3.1", "train", n=3000, seed=seed)
    test = data.load("scenes/P3.1", "test", seed=seed)
    weights = checkpoints.path("scenes-backbone")
    schedule = dict(epochs=4, augment=AUGMENT, seed=seed, progress=options.progress)
    plain = concepts.PlainViT("nesy_tiny_conv", 3, weights=weights, seed=seed)
    concepts.fit_classifier(plain, train, lr=3e-4, **schedule)
    net = concepts.ConceptViT("nesy_tiny_conv", 64, weights=weights, seed=seed)
    concepts.fit(net, train, lr=2e-3, backbone_lr=3e-4, ramp=(0.0, 0.3), **schedule)
    truth = (train.concepts, train.labels, test.concepts, test.labels)
    found = {
        "majority": majority(train, test),
        "linear-on-pixels": pixels(train, test),
        "plain-vit": {"accuracy": float(np.mean(plain.predict(test) == test.labels))},
        "rules-on-true-concepts": rules_on_bits(*truth),
    }
    return read_codes(found, *codes(net, train, test), seed)


def places(seed: int, options) -> dict:
    name = f"places6/{options.classes}"
    whole = data.concatenate(
        *(data.load(name, part, root=options.data) for part in ("train", "val", "test"))
    )
    train, test = whole.split(test=0.3, seed=seed)
    net = concepts.ConceptViT(VIT_TI, 128, weights=options.weights, seed=seed)
    schedule = dict(trainable="head", epochs=60, lr=1e-3, seed=seed, progress=options.progress)
    concepts.fit(net, train, **schedule)
    features = [
        vit.frozen_features(net.backbone, part, progress=options.progress) for part in (train, test)
    ]
    guess = concepts.linear_probe(features[0], train.labels, features[1], strength=0.01)
    found = {
        "majority": majority(train, test),
        "linear-head": {"accuracy": float(np.mean(guess == test.labels))},
    }
    return read_codes(found, *codes(net, train, test, cache_features=True), seed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data_set", choices=("digits", "scenes", "places"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--record", action="store_true", help="write to book/results")
    parser.add_argument("--weights", type=Path, help="ViT-Ti weights (safetensors); else the hub")
    parser.add_argument("--classes", default="P2", help="class subset of Places: P2, P3.1 or P5")
    parser.add_argument("--data", type=Path, help="folder of packs; else NESYLIB_DATA")
    parser.add_argument("--quiet", dest="progress", action="store_false")
    options = parser.parse_args()
    if options.data_set == "places" and options.weights is None:
        options.weights = "hub"
    runs = {}
    for seed in options.seeds:
        runtime.seed_everything(seed)
        runs[seed] = globals()[options.data_set](seed, options)
        print(f"seed {seed}: {runs[seed]['rules']}", file=sys.stderr)
    name = {"digits": "digits", "scenes": "scenes-P3.1", "places": options.classes}
    measured = collect(
        "nesyvit",
        name[options.data_set],
        runs,
        tier="demo",
        command=COMMANDS[options.data_set],
    )
    for m in measured:
        print(f"{m.key:50} {m}")
    if options.record:
        print("written to", record.save("quickstart", measured).name)


if __name__ == "__main__":
    main()
