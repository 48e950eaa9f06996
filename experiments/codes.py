"""Pictures, networks and what is read off their codes: shared by the NeSyViT experiments."""

from __future__ import annotations

import argparse
import sys
from functools import cache
from itertools import combinations
from pathlib import Path

import numpy as np
import torch
from measures import collect, tree_on_bits
from sklearn.linear_model import LogisticRegression

from nesylib import checkpoints, concepts, data, record, runtime, vit
from nesylib.rules import FoldSEM

VIT_TI = "vit_tiny_patch16_224.augreg_in21k_ft_in1k"
REAL = {"P2": "places6/P2", "P3.1": "places6/P3.1", "P5": "places6/P5"}
REAL |= {"gtsrb": "gtsrb", "mit8": "mit8"}
LABEL = {"P2": "places6-P2", "P3.1": "places6-P3.1", "P5": "places6-P5"}
HEAD = dict(trainable="head", standardize=True, epochs=60, batch_size=256, lr=1e-3, progress=False)


@cache
def real_pictures(name: str, size: int = 224):
    """The pack cut once, 70 to 30 by class and group, for every seed and method alike."""
    whole = data.concatenate(
        *(data.load(REAL[name], part, size=size) for part in ("train", "val", "test"))
    )
    train, test = whole.split(test=0.3, seed=0)
    return train.in_memory(), test.in_memory()


def pictures(name: str, seed: int):
    """Training and test part of a real pack, or drawn rooms as ``scenes-P5``."""
    if name in REAL:
        return real_pictures(name)
    drawn = name.replace("-", "/", 1)
    return data.load(drawn, "train", n=3000, seed=seed), data.load(drawn, "test", seed=seed)


def network(name: str, seed: int, weights: Path | str, width: int = 128, **options):
    """A ConceptViT on the real ViT-Ti, or for drawn rooms on the shipped small backbone."""
    backbone = VIT_TI
    if name not in REAL:
        backbone, weights = "nesy_tiny_conv", checkpoints.path("scenes-backbone")
    return concepts.ConceptViT(backbone, width, weights=weights, seed=seed, **options)


def code(net, part) -> np.ndarray:
    return concepts.encode(net, part, cache_features=True)


def rules_of(net, train, test, fold=None) -> tuple[dict[str, float], np.ndarray]:
    """Accuracy and size of a program on a network's bits, and its answers on the test part.

    The program is that of ``fold``, or else learned here with the learner's own settings.
    """
    bits = [concepts.binarize(code(net, part)) for part in (train, test)]
    fold = fold or FoldSEM().fit(bits[0], train.labels)
    said, stats = fold.predict(bits[1]), fold.program_.stats()
    row = {"accuracy": float(np.mean(said == test.labels))}
    row |= {key: stats[key] for key in ("rules", "predicates", "size")}
    return row | {"active": float(bits[1].sum(1).mean())}, said


def read(net, train, test, seed: int, plain: np.ndarray, prefix: str = "", fold=None) -> dict:
    """Rules on the codes, other readers of the same codes, and fidelity by definition."""
    both = code(net, train), code(net, test)
    row, said = rules_of(net, train, test, fold)
    answers = concepts.network_answers(both[0], train.labels, both[1], plain_vit=plain)
    agreement = concepts.fidelity(said, answers).fidelity
    found = {f"{prefix}rules": row}
    for name, answer in answers.items():
        key = name.replace(" ", "-")
        found[f"{prefix}rules"] |= {f"fidelity-{key}": float(agreement[name])}
        if name != "plain vit":
            found[f"{prefix}{key}-on-codes"] = {"accuracy": float(np.mean(answer == test.labels))}
    bits = [concepts.binarize(c) for c in both]
    args = bits[0], train.labels, bits[1], test.labels
    found[f"{prefix}cart-on-bits"] = tree_on_bits(*args, seed)
    found[f"{prefix}l1-logistic-on-bits"] = sparse_logistic(*args, seed)
    return found


def sparse_logistic(bits, labels, test_bits, test_labels, seed: int) -> dict[str, float]:
    """L1-penalised logistic regression on the bits, and how many of its weights are not zero."""
    model = LogisticRegression(
        C=0.1, l1_ratio=1.0, solver="saga", max_iter=400, random_state=seed
    ).fit(bits.astype(np.float32), labels)
    hits = model.predict(test_bits.astype(np.float32)) == test_labels
    return {"accuracy": float(hits.mean()), "weights": int(np.count_nonzero(model.coef_))}


def detectors(train_said: np.ndarray, train, test_said: np.ndarray, test) -> dict[str, float]:
    """The control: rules over one bit a class, which says what a linear head answers."""
    classes = np.arange(len(train.classes))
    fold = FoldSEM().fit(train_said[:, None] == classes, train.labels)
    hits = fold.predict(test_said[:, None] == classes) == test.labels
    return {"accuracy": float(hits.mean()), "rules": fold.program_.stats()["rules"]}


def probe(net, train, test):
    """Answers of a linear probe on frozen features, on both parts."""
    features = [vit.frozen_features(net.backbone, part) for part in (train, test)]
    both = np.concatenate(features)
    said = concepts.linear_probe(features[0], train.labels, both, strength=0.01)
    return said[: len(train)], said[len(train) :]


def contrasts(name: str, seed: int, weights: Path | str, train):
    """A layer with one neuron for each pair of classes: does the picture look more like i or j?

    The weights are differences of a logistic regression's, so all pairs together know which class
    it would answer, and the best of K classes is a decision list over K(K-1)/2 such bits.
    """
    classes = len(train.classes)
    pairs = np.array(list(combinations(range(classes), 2)))
    net = network(name, seed, weights, width=len(pairs))
    features = vit.frozen_features(net.backbone, train)
    layer = net.concepts
    layer.standardize(features)
    unit = (features - layer.mean.numpy()) / layer.scale.numpy()
    head = LogisticRegression(C=0.01, max_iter=2000).fit(unit, train.labels)
    rows, offsets = head.coef_, head.intercept_
    if classes == 2:
        rows, offsets = np.stack([-rows[0], rows[0]]) / 2, np.stack([-offsets[0], offsets[0]]) / 2
    first, second = pairs.T
    with torch.no_grad():
        layer.linear.weight.copy_(torch.from_numpy(rows[first] - rows[second]))
        layer.linear.bias.copy_(torch.from_numpy(offsets[first] - offsets[second]))
    return net


def arguments(parser: argparse.ArgumentParser, data_sets) -> argparse.Namespace:
    """What every experiment on whole networks is told."""
    parser.add_argument("data_set", choices=data_sets)
    parser.add_argument("--weights", type=Path, default="hub", help="ViT-Ti (safetensors)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--record", action="store_true", help="write to book/results")
    return parser.parse_args()


def run_and_record(measure, options, script: str, what: str) -> None:
    """``measure(data set, seed, options)`` for every seed, printed, and recorded when asked."""
    runs = {}
    for seed in options.seeds:
        runtime.seed_everything(seed)
        runs[seed] = measure(options.data_set, seed, options)
        print(f"seed {seed} done", flush=True, file=sys.stderr)
    command = " ".join(
        ["python", f"experiments/{script}", *([what] if hasattr(options, "what") else [])]
        + [options.data_set, *(["--weights FILE"] if options.data_set in REAL else [])]
    )
    name = LABEL.get(options.data_set, options.data_set)
    measured = collect("nesyvit", name, runs, tier="demo", command=command)
    for m in measured:
        print(f"{m.key:60} {m}", flush=True)
    if options.record:
        print("written to", record.save(f"nesyvit-{what}-{options.data_set}", measured).name)
