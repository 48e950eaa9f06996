"""Measure how many things a neuron means, and whether larger, sparser or other layers mean fewer.

Class purity, concept purity, concepts within classes, monosemanticity, co-activation and stability
of concept layers on frozen features, with what the rules on their bits are worth.
"""

from __future__ import annotations

import sys
from copy import copy
from dataclasses import dataclass
from pathlib import Path

import heads
import numpy as np
import torch
from heads import Rooms, arguments, over_seeds, record_all
from sklearn.linear_model import LogisticRegression
from torch.nn import functional as F

from nesylib import concepts, meaning, record
from nesylib.concepts import ConceptLoss, DecorrelatedLoss, TopKConceptLayer, loop
from nesylib.concepts.training import parameter_groups
from nesylib.rules import FoldSEM

COMMANDS = {
    "scenes": "python experiments/polysemanticity.py scenes",
    "places": "python experiments/polysemanticity.py places --weights FILE",
}
SHARE, NUMBER = ("share", 0.12), ("number", 0.06)
UNITS = dict.fromkeys(("polysemantic", "none", "one", "several", "read-one"), SHARE)
UNITS |= dict.fromkeys(("class-purity", "concept-purity"), ("share", 0.06))
UNITS |= dict.fromkeys(("within-auc", "within-chance", "bit-auc", "monosemanticity"), NUMBER)
UNITS |= {"likeness": NUMBER, "redundancy": NUMBER, "accuracy": ("share", 0.05)}
UNITS |= dict.fromkeys(("stability", "stability-within-class"), ("number", 0.12))
UNITS |= {"alive": ("count", 12.0), "active": ("count", 4.0), "rules": ("count", 6.0)}
UNITS |= {"size": ("count", 15.0), "reads": ("count", 6.0)}


@dataclass(frozen=True)
class Layer:
    """How a layer is made: its size and kind, and the loss it is trained with."""

    loss: ConceptLoss | None = None
    size: int = 64
    k: int | None = None
    straight_through: bool = False
    whitened: bool = False
    rebuilds: bool = False


FEW_CLASSES = ConceptLoss(0.1, 0, 0)
LAYERS = {
    "nesyvit": Layer(ConceptLoss()),
    "wide-sparse": Layer(ConceptLoss(gamma=3), 256),
    "top-8": Layer(ConceptLoss(2, 1, 0), k=8),
    "top-8-straight": Layer(ConceptLoss(2, 1, 0), k=8, straight_through=True),
    "decorrelated": Layer(DecorrelatedLoss(10)),
    "whitened": Layer(ConceptLoss(), whitened=True),
    "rebuilds": Layer(k=8, rebuilds=True),
    "rebuilds-and-classes": Layer(FEW_CLASSES, k=8, rebuilds=True),
    "untrained": Layer(),
}
AGAIN = ("nesyvit", "top-8", "whitened", "rebuilds", "untrained")


class Bench:
    """The pictures of one seed, their features and truth, and layers trained on them."""

    def __init__(self, kind: str, seed: int, weights: Path | None):
        self.rooms = Rooms(kind, seed, weights)
        parts = (self.rooms.train, self.rooms.test)
        self.features, self.test_features = (self.rooms.features(part) for part in parts)
        self.labels, self.test_labels = (part.labels for part in parts)
        self.truth, self.test_truth = (part.concepts for part in parts)

    def start(self, how: Layer, seed: int) -> concepts.ConceptViT:
        heads.NEURONS, own = how.size, copy(self.rooms)
        own.seed = seed
        net = own.start()
        if how.k is not None:
            plain = net.concepts
            net.concepts = TopKConceptLayer(
                plain.linear.in_features, how.size, how.k, straight_through=how.straight_through
            )
            net.concepts.load_state_dict(plain.state_dict())
            net.concepts._feature_size = plain._feature_size
        if how.whitened:
            concepts.whiten(net.concepts, self.features)
        return net

    def trained(self, how: Layer, seed: int, labels=None) -> list[np.ndarray]:
        """Activations of training and held-out pictures."""
        labels = self.labels if labels is None else labels
        net = self.start(how, seed)
        if how.rebuilds:
            told = {} if how.loss is None else dict(labels=labels, loss=how.loss)
            concepts.fit_autoencoder(net.concepts, self.features, seed=seed, progress=False, **told)
        elif how.loss is None:
            net.concepts.standardize(self.features)
        else:
            own = copy(self.rooms)
            own.seed, own.start = seed, lambda: net
            net = own.fit(how.loss, labels=labels)
        concepts.settle(net.concepts)
        return [self.rooms.codes(net, part) for part in (self.rooms.train, self.rooms.test)]

    def supervised(self, seed: int) -> list[np.ndarray]:
        """A layer that is told the concepts: one neuron for each that occurs."""
        truth = torch.from_numpy(self.truth[:, self.truth.any(0)].astype(np.float32))
        net = self.start(Layer(size=truth.shape[1]), seed)
        net.concepts.standardize(self.features)

        def parts(codes, rows, done):
            return {"total": F.binary_cross_entropy(codes, truth[rows])}

        rows, groups = np.arange(len(truth)), parameter_groups(net.concepts, 3e-3, 0.05)
        options = dict(epochs=30, batch_size=128, seed=seed, progress=False)
        loop.train(net.concepts, self.features, rows, parts, groups=groups, **options)
        return [self.rooms.codes(net, part) for part in (self.rooms.train, self.rooms.test)]

    def one_hot(self) -> list[np.ndarray]:
        """The answers of a linear classifier on the same features, one bit for each class."""
        scale = self.features.std()
        linear = LogisticRegression(C=0.1, max_iter=3000).fit(self.features / scale, self.labels)
        parts = (self.features, self.test_features)
        return [linear.predict(p / scale)[:, None] == linear.classes_ for p in parts]

    def worth(self, codes: list[np.ndarray], rules: bool = True) -> dict[str, float]:
        """Every measure of one layer, on held-out pictures."""
        values, y = codes[1].astype(np.float32), self.test_labels
        bits = [concepts.binarize(c) if c.dtype != bool else c for c in codes]
        table = meaning.neuron_measures(values, y, self.test_truth, self.test_features)
        found = {k.replace("_", "-"): v for k, v in meaning.measures_summary(table).items()}
        alive = table["class_purity"].notna().to_numpy()
        found["active"] = float(bits[1].sum(1).mean())
        found["redundancy"] = meaning.coactivation(bits[1][:, alive]).redundancy
        if self.test_truth is not None:
            inside = meaning.within_class_auc(bits[1][:, alive], self.test_truth, y, shuffles=1)
            found["bit-auc"] = inside["auc"].fillna(0.5).mean()
            for measure in ("within-auc", "within-chance"):
                found[measure] = self.or_half(table, alive, measure.replace("-", "_"))
            alike = meaning.monosemanticity(values[:, alive], self.test_truth)
            found["likeness"] = float(np.nanmean(alike))
        if rules:
            found |= self.rules(bits, table)
        return found

    @staticmethod
    def or_half(table, alive, measure: str) -> float:
        """The mean over living neurons; one that never changes within a class knows nothing."""
        return float(table.loc[alive, measure].fillna(0.5).mean())

    def rules(self, bits: list[np.ndarray], table) -> dict[str, float]:
        """The program on the bits, and how many of the neurons it reads follow one concept."""
        fold = FoldSEM().fit(bits[0], self.labels)
        stats = fold.program_.stats()
        read = sorted({int(literal.column[1:]) for literal in fold.program_.literals()})
        found = {"accuracy": np.mean(fold.predict(bits[1]) == self.test_labels)}
        found |= {"rules": stats["rules"], "size": stats["size"], "reads": len(read)}
        if "followed" in table and read:
            found["read-one"] = np.mean(table.loc[read, "followed"] == 1)
        return found

    def stability(self, one: np.ndarray, other: np.ndarray) -> dict[str, float]:
        told = concepts.seed_stability(one, other, labels=self.test_labels, shuffles=5).summary()
        return {"stability": told["score"], "stability-within-class": told["within_class"]}


def one_seed(kind: str, seed: int, weights: Path | None) -> dict[str, dict[str, float]]:
    bench, found = Bench(kind, seed, weights), {}
    rng = np.random.default_rng(seed)
    for name, how in LAYERS.items():
        codes = bench.trained(how, seed)
        found[name] = bench.worth(codes)
        print(f"seed {seed} {name}: rules {found[name]['accuracy']:.3f}", file=sys.stderr)
        if name in AGAIN:
            again = bench.trained(how, seed + 100)[1]
            found[name] |= bench.stability(codes[1], again)
        if name == "nesyvit":
            other = [rng.permutation(part) for part in codes]
            found["random-pictures"] = bench.worth(other, rules=False)
    shuffled = bench.trained(LAYERS["nesyvit"], seed, labels=bench.rooms.shuffled())
    found["shuffled-labels"] = bench.worth(shuffled)
    found["one-hot"] = bench.worth(bench.one_hot())
    if bench.truth is not None:
        found["supervised"] = bench.worth(bench.supervised(seed))
        found["true-objects"] = bench.worth([bench.truth, bench.test_truth])
        found["any-pictures"] = {"likeness": meaning.mean_similarity(bench.test_truth)}
    any_two = meaning.mean_similarity(bench.test_features)
    found.setdefault("any-pictures", {})["monosemanticity"] = any_two
    return found


def main() -> None:
    options = arguments(__doc__.split("\n")[0], COMMANDS)
    kind, name = options.data_set, {"scenes": "scenes-P5", "places": "places6-P5"}
    runs = over_seeds(options.seeds, lambda seed: one_seed(kind, seed, options.weights))
    for method, measures in runs[options.seeds[0]].items():
        for what in list(measures):  # what a layer without living neurons has not, is not recorded
            if not all(np.isfinite(runs[seed][method].get(what, np.nan)) for seed in options.seeds):
                print(f"{method}/{what} is not a number under some seed", file=sys.stderr)
                del measures[what]
    measured = record_all("polysemanticity", name[kind], runs, UNITS, COMMANDS[kind])
    if options.record:
        print("written to", record.save(f"polysemanticity-{name[kind]}", measured).name)


if __name__ == "__main__":
    main()
