"""Names of neurons on photographs with masks: streets of CamVid, under a frozen ViT-Ti."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace

import numpy as np
import torch
from heads import NEURONS, VIT_TI
from naming import Judge, K, name, object_layer, top_maps

from nesylib import concepts, data, meaning, vit
from nesylib.concepts import ConceptLoss, ConceptViT

METHODS = ("attention", "gradient-attention", "direction", "random", "even")
MOST = 12  # neurons of a layer: those that fire on most of the streets


@cache
def pictures():
    """Eight kinds of outdoor scenes to learn from; streets with masks to name and to judge by."""
    scenes = data.load("mit8", "train", size=224).in_memory()
    named = data.load("camvid", "train", size=224).in_memory()
    rest = [data.load("camvid", part, size=224).in_memory() for part in ("val", "test")]
    return scenes, named, data.image_set.concatenate(*rest)


def areas(masks: np.ndarray, kinds: int) -> np.ndarray:
    """Share of each picture that each concept covers, ``(N, K)``."""
    return np.stack([(masks == k + 1).mean((1, 2)) for k in range(kinds)], 1)


def camvid(seed: int, weights) -> dict[str, dict[str, float]]:
    """Every street has a road, so a concept counts as shown where it covers more than usual."""
    if weights is None:
        raise SystemExit("camvid needs --weights: a file with the weights of a ViT-Ti")
    scenes, named, held_out = pictures()
    words = named.concept_names
    covered = areas(named.masks, len(words))
    usual = np.median(covered, axis=0)
    shown = areas(held_out.masks, len(words)) > usual
    net = ConceptViT(VIT_TI, NEURONS, weights=weights, seed=seed)
    head = dict(trainable="head", epochs=30, lr=3e-3, standardize=True, progress=False)
    concepts.fit(net, scenes, loss=ConceptLoss(), seed=seed, **head)
    frozen = SimpleNamespace(train=named, backbone=VIT_TI, weights=weights)
    frozen.features = lambda part: vit.frozen_features(net.backbone, part)
    nets = {"nesyvit": net.eval(), "objects": object_layer(frozen, covered > usual, seed)}
    found = {}
    for kind, layer in nets.items():
        codes, new = (
            layer.concepts(torch.from_numpy(frozen.features(part))).detach().numpy()
            for part in (named, held_out)
        )
        judge = Judge(new, shown, held_out.groups, words)
        fired = (codes >= 0.5).sum(0)
        order = np.argsort(-fired, kind="stable")[:MOST]
        neurons = sorted(int(n) for n in order if fired[n])
        found[f"{kind}-neurons"] = judge.of_neurons(neurons) | {"firing": len(neurons)}
        top = meaning.top_pictures(codes, K)[neurons]
        for method in METHODS:
            maps = top_maps(layer, named.images, top, neurons, method, seed)
            for labelling in ("mass", "overlap"):
                labels = name(maps, codes, top, named.masks, words, neurons, labelling)
                found[f"{kind}-{method}-{labelling}"] = judge.of_names(labels, kind == "objects")
    return found
