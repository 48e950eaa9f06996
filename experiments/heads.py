"""Concept layers on frozen features: what the chapters on single losses train again and again."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from nesylib import checkpoints, concepts, data, record, vit

VIT_TI = "vit_tiny_patch16_224.augreg_in21k_ft_in1k"
NEURONS = 64


class Rooms:
    """Five kinds of rooms, drawn or photographed, under a frozen transformer.

    ``kind`` is ``"scenes"`` (drawn by the library, under the shipped backbone) or ``"places"``
    (a part of Places365 under ``NESYLIB_DATA``, with a ViT-Ti whose weights are given).
    """

    def __init__(self, kind: str, seed: int, weights: Path | None = None):
        if kind == "scenes":
            self.train = data.load("scenes/P5", "train", n=2000, seed=seed)
            self.test = data.load("scenes/P5", "test", n=600, seed=seed)
            self.backbone, self.weights = "nesy_tiny_conv", checkpoints.path("scenes-backbone")
        else:
            if weights is None:
                raise SystemExit("places needs --weights: a file with the weights of a ViT-Ti")
            # the same pictures for every seed: their features are computed once
            self.train = data.load("places6/P5", "train", n=2500).in_memory()
            self.test = data.load("places6/P5", "val").in_memory()
            self.backbone, self.weights = VIT_TI, weights
        self.seed = seed
        self.net = self.start()
        self._features: dict[int, tuple] = {}

    @property
    def name(self) -> str:
        return "scenes-P5" if self.backbone == "nesy_tiny_conv" else "places6-P5"

    def start(self) -> concepts.ConceptViT:
        return concepts.ConceptViT(self.backbone, NEURONS, weights=self.weights, seed=self.seed)

    def fit(self, loss, labels=None, change=None) -> concepts.ConceptViT:
        """A trained layer; ``change(net)`` may put another layer in its place before."""
        net = self.start()
        if change is not None:
            change(net)
        pictures = self.train if labels is None else replace(self.train, labels=labels)
        options = dict(trainable="head", epochs=30, lr=3e-3, progress=False)
        if self.backbone == VIT_TI:
            options["standardize"] = True
        net.history = concepts.fit(net, pictures, loss=loss, seed=self.seed, **options)
        return net

    def features(self, pictures) -> np.ndarray:
        """Features under the frozen transformer, computed once for each set of pictures."""
        if id(pictures) not in self._features:
            found = vit.frozen_features(self.net.backbone, pictures)
            self._features[id(pictures)] = (pictures, found)
        return self._features[id(pictures)][1]

    @torch.inference_mode()
    def codes(self, net, pictures=None) -> np.ndarray:
        """Activations of the held-out pictures, or of others."""
        features = self.features(self.test if pictures is None else pictures)
        device = next(net.concepts.parameters()).device
        return net.concepts(torch.from_numpy(features).to(device)).cpu().numpy()

    def tables(self, net) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Bits and labels of both parts, as the rule learner takes them."""
        parts = (self.train, self.test)
        bits = [concepts.binarize(self.codes(net, part)) for part in parts]
        return bits[0], self.train.labels, bits[1], self.test.labels

    def shuffled(self) -> np.ndarray:
        return np.random.default_rng(self.seed).permutation(self.train.labels)


def nearest_mean(C: np.ndarray, y: np.ndarray, C_test: np.ndarray, y_test: np.ndarray) -> float:
    """Accuracy of the nearest class mean on activations, before any threshold."""
    means = np.stack([C[y == k].mean(0) for k in range(y.max() + 1)])
    distance = ((C_test[:, None] - means) ** 2).sum(-1)
    return float(np.mean(distance.argmin(1) == y_test))


def record_all(area: str, name: str, runs: dict, units: dict, command: str) -> list:
    """Measurements ``area/name/method/measure`` from ``runs[seed][method][measure]``; printed."""
    seeds, measured = sorted(runs), []
    for method, measures in runs[seeds[0]].items():
        for what in measures:
            unit, tolerance = units[what]
            measured.append(
                record.measure(
                    f"{area}/{name}/{method}/{what}",
                    [float(runs[s][method][what]) for s in seeds],
                    unit=unit,
                    tolerance=tolerance,
                    seeds=seeds,
                    tier="demo",
                    command=command,
                )
            )
    for m in measured:
        print(f"{m.key:60} {m}")
    return measured


def arguments(doc: str, commands) -> argparse.Namespace:
    """What every experiment on a single loss is told: which pictures, seeds, record, weights."""
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument("data_set", choices=tuple(commands))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--record", action="store_true", help="write to book/results")
    parser.add_argument("--weights", type=Path, help="ViT-Ti weights (safetensors), for places")
    return parser.parse_args()


def over_seeds(seeds, measure) -> dict[int, dict]:
    """``measure(seed)`` for every seed, telling when one is done."""
    runs = {}
    for seed in seeds:
        runs[seed] = measure(seed)
        print(f"seed {seed} done", file=sys.stderr)
    return runs
