"""Measure training the three losses together: stopping, ramp, failures, controls, detectors."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace

import numpy as np
import torch
from heads import Rooms, record_all
from measures import rules_on_bits
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from nesylib import concepts, data, record
from nesylib.concepts import ConceptLoss, SparseConceptLayer
from nesylib.joint import RuleWatcher, diagnose
from nesylib.rules import FoldSEM

COMMAND = "python experiments/together.py"
DIGITS = dict(img_size=8, patch_size=2, embed_dim=64, depth=2, num_heads=4)
UNITS = {
    "accuracy": ("share", 0.03),
    "named": ("share", 0.0),
    "purity": ("share", 0.05),
    "f1-class": ("number", 0.1),
    "f1-object": ("number", 0.1),
    "neurons-per-class": ("number", 3.0),
    "total": ("number", 0.1),
    "rules": ("count", 4.0),
    "predicates": ("count", 5.0),
    "size": ("count", 8.0),
    "active": ("count", 4.0),
    "epochs": ("count", 20.0),
}


class Watched(Rooms):
    """Rooms with a third part, to stop training by."""

    def __init__(self, seed: int, epochs: int):
        super().__init__("scenes", seed)
        whole = data.load("scenes/P5", "test", n=1200, seed=seed)
        self.validation, self.test = whole.split(test=0.5, seed=seed)
        self.epochs = epochs

    def run(self, loss=None, labels=None, start=None, epochs=None, watch=None, **options):
        """A trained layer with its history and watcher; ``start`` are options of the layer."""
        net = self.start()
        if start is not None:
            net.concepts = SparseConceptLayer(net.backbone.num_features, net.n_concepts, **start)
        train = self.train if labels is None else replace(self.train, labels=labels)
        watcher = None if watch is None else RuleWatcher(net, train, self.validation, **watch)
        settings = dict(trainable="head", lr=2e-3, seed=self.seed, progress=False) | options
        epochs = epochs or self.epochs
        history = concepts.fit(net, train, loss=loss, epochs=epochs, on_epoch=watcher, **settings)
        return net, history, watcher

    def rules(self, net, labels=None) -> dict[str, float]:
        """Accuracy and size of the rules on pictures that neither training nor stopping saw."""
        bits, own, new_bits, new = self.tables(net)
        found = rules_on_bits(bits, own if labels is None else labels, new_bits, new, tail=0.005)
        return found | {"active": float(new_bits.sum(1).mean())}


def f1(bits: np.ndarray, facts: np.ndarray) -> np.ndarray:
    """F1 of every neuron ``(D,)`` for every fact ``(K,)``: ``(D, K)``."""
    both = bits.T.astype(float) @ facts.astype(float)
    return 2 * both / np.maximum(bits.sum(0)[:, None] + facts.sum(0)[None], 1)


def detectors(bits: np.ndarray, part, neurons) -> dict[str, float]:
    """How well each neuron is described by its best class and by its best object."""
    classes = np.eye(len(part.classes), dtype=bool)[part.labels]
    counts = bits[:, neurons].T.astype(float) @ classes
    return {
        "purity": float(np.mean(counts.max(1) / np.maximum(counts.sum(1), 1))),
        "f1-class": float(f1(bits[:, neurons], classes).max(1).mean()),
        "f1-object": float(f1(bits[:, neurons], part.concepts).max(1).mean()),
    }


def asked(bits: np.ndarray, labels: np.ndarray) -> list[int]:
    """Neurons that the program asks for."""
    program = FoldSEM(tail=0.005).fit(bits, labels).program_
    return sorted({int(literal.column[1:]) for literal in program.literals()})


def free_codes(loss: ConceptLoss, seed: int, classes=5, each=20, neurons=32, steps=1500):
    """Codes with no network behind them, moved down the loss; activations and labels."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(classes).repeat_interleave(each)
    logits = torch.randn(len(labels), neurons, generator=generator) * 2 - 2
    logits.requires_grad_()
    optimizer = torch.optim.Adam([logits], lr=0.05)
    for _ in range(steps):
        total = loss(torch.sigmoid(logits), labels).total
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
    return torch.sigmoid(logits).detach().numpy(), labels.numpy(), float(total.detach())


def ideal(loss: ConceptLoss, seed: int) -> dict[str, float]:
    codes, labels, total = free_codes(loss, seed)
    bits = codes >= 0.5
    counts = np.stack([bits[labels == k].sum(0) for k in range(labels.max() + 1)])
    alive = counts.sum(0) > 0
    pure = (counts.max(0)[alive] / counts.sum(0)[alive]).mean() if alive.any() else 0.0
    each = bits.sum(1).mean()
    return {"purity": float(pure), "neurons-per-class": float(each), "total": total}


def failures(rooms: Watched, plain: float) -> dict[str, dict[str, float]]:
    """Train in ways that must fail, and see whether the failure is named."""
    on, soft = dict(init_bias=4.0), dict(init_spread=0.02, init_bias=0.0)
    only = ConceptLoss(beta=0, gamma=0)
    ways = {
        "sum-of-l1": ("all-zero codes", dict(loss=ConceptLoss(l1_reduction="sum"))),
        "no-contrast": ("contrastive loss stuck at ln(batch - 1)", dict(loss=ConceptLoss(0))),
        "starts-on": ("always-on neurons", dict(loss=ConceptLoss(0, 1, 0), start=on)),
        "no-entropy": ("unsure activations", dict(loss=only, start=soft, epochs=10)),
        "as-it-should-be": (None, {}),
    }
    found = {}
    for name, (expected, way) in ways.items():
        net, history, _ = rooms.run(**way)
        bits, labels, *_ = rooms.tables(net)
        told = diagnose(
            rooms.codes(net),
            rooms.test.labels,
            FoldSEM(tail=0.005).fit(bits, labels).program_,
            plain_accuracy=plain,
            history=history,
            batch_size=128,
        )
        print(f"  {name}: {', '.join(told.names) or 'nothing'}", file=sys.stderr)
        right = not any(f.severity == "failure" for f in told.findings)
        found[name] = {"named": float(right if expected is None else expected in told)}
    return found


def from_scratch(seed: int, ramp: tuple[float, float]) -> dict[str, float]:
    """Digits, nothing trained before: entropy and L1 from the first step on, or later."""
    train, test = data.load("digits", "train"), data.load("digits", "test")
    net = concepts.ConceptViT("nesy_tiny", 64, seed=seed, **DIGITS)
    options = dict(epochs=12, batch_size=64, lr=3e-3, ramp=ramp, seed=seed, progress=False)
    history = concepts.fit(net, train, **options)
    bits = [concepts.encode(net, part) >= 0.5 for part in (train, test)]
    found = rules_on_bits(bits[0], train.labels, bits[1], test.labels, tail=0.005)
    told = diagnose(bits[1], test.labels, history=history, batch_size=64)
    named = "codes all the same" in told or "all-zero codes" in told
    return found | {"active": float(bits[1].sum(1).mean()), "named": float(named)}


def one_seed(seed: int, epochs: int) -> dict[str, dict[str, float]]:
    rooms, found = Watched(seed, epochs), {}
    features = [rooms.features(part) for part in (rooms.train, rooms.test)]
    head = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=2000))
    head.fit(features[0], rooms.train.labels)
    plain = float(head.score(features[1], rooms.test.labels))
    found["plain-head"] = {"accuracy": plain}
    eye = np.eye(len(rooms.train.classes), dtype=bool)
    one_hot = [eye[head.predict(f)] for f in features]
    tables = (one_hot[0], rooms.train.labels, one_hot[1], rooms.test.labels)
    found["one-hot"] = rules_on_bits(*tables, tail=0.005)
    found["one-hot"] |= detectors(one_hot[1], rooms.test, range(len(eye)))
    truth = (rooms.train.concepts, rooms.train.labels, rooms.test.concepts, rooms.test.labels)
    found["true-objects"] = rules_on_bits(*truth, tail=0.005)

    net, history, watcher = rooms.run(watch=dict(every=2, patience=5))
    watcher.restore()
    found["early-stop"] = rooms.rules(net) | {"epochs": len(history)}
    net, history, watcher = rooms.run(watch=dict(every=2))
    found["last-epoch"] = rooms.rules(net) | {"epochs": len(history)}
    bits, labels, new_bits, _ = rooms.tables(net)
    found["last-epoch"] |= detectors(new_bits, rooms.test, asked(bits, labels))
    watcher.restore()
    found["best-epoch"] = rooms.rules(net) | {"epochs": watcher.best["epoch"]}
    found["untrained-layer"] = rooms.rules(rooms.start())
    net, *_ = rooms.run(ramp=(0.3, 1.0))
    found["ramp"] = rooms.rules(net)
    net, *_ = rooms.run(labels=rooms.shuffled())
    found["shuffled-labels"] = rooms.rules(net, rooms.shuffled())
    found |= failures(rooms, plain)
    found["scratch-at-once"] = from_scratch(seed, (0.0, 0.0))
    found["scratch-later"] = from_scratch(seed, (0.3, 1.0))
    for name, loss in {
        "free-2-1-1": ConceptLoss(),
        "free-2-0-0": ConceptLoss(beta=0, gamma=0),
        "free-2-1-10": ConceptLoss(gamma=10),
        "free-2-1-1-sum": ConceptLoss(l1_reduction="sum"),
    }.items():
        found[name] = ideal(loss, seed)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--record", action="store_true", help="write to book/results")
    options = parser.parse_args()
    runs = {}
    for seed in options.seeds:
        runs[seed] = one_seed(seed, options.epochs)
        print(f"seed {seed}: {runs[seed]['early-stop']}", file=sys.stderr)
    parts = {"digits": ("scratch",), "free-codes": ("free",), "scenes-P5": ()}
    measured = []
    for name, starts in parts.items():
        others = tuple(s for p in parts.values() for s in p)
        own = {
            seed: {
                method: found
                for method, found in run.items()
                if (method.startswith(starts) if starts else not method.startswith(others))
            }
            for seed, run in runs.items()
        }
        measured += record_all("together", name, own, UNITS, COMMAND)
    if options.record:
        print("written to", record.save("together", measured).name)


if __name__ == "__main__":
    main()
