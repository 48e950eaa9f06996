"""Measure how true the names of neurons are: by heat-map, by labelling, with controls.

    python experiments/naming.py scenes
    python experiments/naming.py camvid --weights FILE

Neurons of NeSyViT, neurons that were trained to be objects (so that their right name is known),
and neurons that mean nothing, under the same frozen transformer. Named on pictures with masks,
judged on others.
"""

from __future__ import annotations

import numpy as np
import torch
from heads import Rooms, arguments, over_seeds, record_all
from torch.nn import functional as F

from nesylib import concepts, data, meaning, record, runtime
from nesylib.concepts import ConceptLoss, ConceptViT

COMMANDS = {
    "scenes": "python experiments/naming.py scenes",
    "camvid": "python experiments/naming.py camvid --weights FILE",
}
SHARE, NUMBER = ("share", 0.1), ("number", 0.5)
UNITS = dict.fromkeys(
    "precision recall first within within-recall shuffled named own told told-within".split(), SHARE
) | {
    "names": NUMBER,
    "true": NUMBER,
    "true-within": NUMBER,
    "best-within": ("number", 0.05),
    "firing": ("count", 10.0),
}
METHODS = (*meaning.HEAT_MAPS, "even")
K, SHUFFLES = 10, 20


def object_layer(rooms, targets, seed: int) -> ConceptViT:
    """A layer whose neuron k was told in which pictures concept k is."""
    features, targets = rooms.features(rooms.train), np.asarray(targets)
    net = ConceptViT(rooms.backbone, targets.shape[1], weights=rooms.weights, seed=seed)
    with runtime.seeded(seed):
        torch.nn.init.normal_(net.concepts.linear.weight, std=0.01)
    net.concepts.standardize(features)
    x, y = torch.from_numpy(features), torch.from_numpy(targets.astype(np.float32))
    optimizer = torch.optim.AdamW(net.concepts.parameters(), lr=0.03, weight_decay=0.01)
    for _ in range(300):
        optimizer.zero_grad()
        F.binary_cross_entropy_with_logits(net.concepts.logits(x), y).backward()
        optimizer.step()
    return net.eval()


def top_maps(net, images, top, neurons, method: str, seed: int) -> np.ndarray:
    """Heat-maps of each neuron in its top pictures, ``(n, k, gh, gw)``."""
    if method == "even":
        return np.ones((*top.shape, *net.backbone.patch_embed.grid_size), np.float32)
    if method == "gradient-attention":  # one backward pass a neuron: only where it is asked for
        found = [
            meaning.heat_maps(net, images[rows], [n], method=method)[:, 0]
            for n, rows in zip(neurons, top, strict=True)
        ]
        return np.stack(found)
    some, place = np.unique(top, return_inverse=True)
    maps = meaning.heat_maps(net, images[some], neurons, method=method, seed=seed)
    return maps[place.reshape(top.shape), np.arange(len(neurons))[:, None]]


def name(maps, codes, top, masks, words, neurons, labelling="mass", **options) -> meaning.Labels:
    """Names from the maps of top pictures by mass ratio or by overlap."""
    if labelling == "mass":
        at = {n: i for i, n in enumerate(neurons)}

        def look(rows, neuron):
            return maps[at[neuron], : len(rows)]

        return meaning.mass_ratio(look, codes, masks, words, neurons=neurons, **options)
    found = [
        meaning.overlap(own[:, None], codes[rows][:, [n]], masks[rows], words)
        for own, rows, n in zip(maps, top, neurons, strict=True)
    ]
    names = {n: f.names[0] for n, f in zip(neurons, found, strict=True)}
    missing = {n: f.missing[0] for n, f in zip(neurons, found, strict=True) if f.missing}
    return meaning.Labels(names, missing, "overlap")


class Judge:
    """What bits really tell, on pictures that took no part in the naming."""

    def __init__(self, codes, shown, labels, words):
        bits = concepts.binarize(codes)
        self.words, self.own = words, min(bits.shape[1], len(words))
        self.truth = meaning.true_names(bits, shown)
        self.within = meaning.true_names(bits, shown, labels)
        self.auc = meaning.concept_auc(bits.astype(float), shown, labels)

    def of_neurons(self, neurons) -> dict[str, float]:
        best = self.auc[neurons]
        best = best[~np.isnan(best).all(1)]
        return {
            "told": self.truth[neurons].any(1).mean(),
            "told-within": self.within[neurons].any(1).mean(),
            "true": self.truth[neurons].sum(1).mean(),
            "true-within": self.within[neurons].sum(1).mean(),
            "best-within": np.nanmax(best, axis=1).mean(),
        }

    def of_names(self, labels: meaning.Labels, own: bool) -> dict[str, float]:
        plain = meaning.score_names(labels, self.truth, self.words)
        inside = meaning.score_names(labels, self.within, self.words)
        lots = [
            meaning.score_names(meaning.shuffled_names(labels, s), self.truth, self.words)
            for s in range(SHUFFLES)
        ]
        found = {key: plain[key] for key in ("precision", "recall", "first", "names")}
        found |= {"within": inside["precision"], "within-recall": inside["recall"]}
        found |= {"named": plain["named"] / plain["neurons"]}
        found["shuffled"] = np.mean([lot["precision"] for lot in lots])
        if own:
            best = labels.best()
            found["own"] = np.mean([self.words[n] == word for n, word in best.items()])
        return found


def scenes_nets(rooms: Rooms, seed: int) -> dict[str, ConceptViT]:
    """The populations of neurons on drawn rooms."""
    return {
        "nesyvit": rooms.fit(ConceptLoss()).eval(),
        "objects": object_layer(rooms, rooms.train.concepts, seed),
        "shuffled": rooms.fit(ConceptLoss(), labels=rooms.shuffled()).eval(),
        "untrained": rooms.start().eval(),
    }


def scenes(seed: int) -> dict[str, dict[str, float]]:
    rooms = Rooms("scenes", seed)
    named = data.load("scenes/P5", "val", n=600, seed=seed)
    held_out = data.load("scenes/P5", "test", n=1500, seed=seed)
    words, found = named.concept_names, {}
    for kind, net in scenes_nets(rooms, seed).items():
        codes = rooms.codes(net, named)
        judge = Judge(rooms.codes(net, held_out), held_out.concepts, held_out.labels, words)
        neurons = np.flatnonzero((codes >= 0.5).any(0)).tolist()
        found[f"{kind}-neurons"] = judge.of_neurons(neurons)
        top = meaning.top_pictures(codes, K)[neurons]
        known = kind in ("nesyvit", "objects")
        for method in METHODS if known else ("gradient-attention", "random"):
            maps = top_maps(net, named.images, top, neurons, method, seed)
            for labelling in ("mass", "overlap") if known else ("mass",):
                labels = name(maps, codes, top, named.masks, words, neurons, labelling)
                scores = judge.of_names(labels, kind == "objects")
                found[f"{kind}-{method}-{labelling}"] = scores
            if (kind, method) == ("objects", "occlusion"):
                tried = settings(maps, codes, named, neurons, judge)
                found |= {f"objects-occlusion-{how}": scores for how, scores in tried.items()}
    return found


def settings(maps, codes, named, neurons, judge) -> dict[str, dict[str, float]]:
    """What the settings of the mass ratio change."""
    tried = {f"k{k}": dict(k=k) for k in (1, 3, 10)}
    tried |= {f"quantile{q}": dict(quantile=q) for q in (0.0, 0.5, 0.8, 0.9, 0.95)}
    tried |= {f"margin{m}": dict(margin=m) for m in (0.0, 0.05, 0.1, 0.2)}
    about = (maps, codes, None, named.masks, named.concept_names, neurons)
    return {how: judge.of_names(name(*about, **o), True) for how, o in tried.items()}


def finite(runs: dict[int, dict]) -> dict[int, dict]:
    """Without the measures that have nothing to count in some seed."""
    first = next(iter(runs.values()))
    kept = {
        method: [key for key in measures if all(np.isfinite(r[method][key]) for r in runs.values())]
        for method, measures in first.items()
    }
    return {
        seed: {method: {key: run[method][key] for key in keys} for method, keys in kept.items()}
        for seed, run in runs.items()
    }


def main() -> None:
    options = arguments(__doc__, COMMANDS)
    if options.data_set == "camvid":
        from naming_camvid import camvid

        runs = finite(over_seeds(options.seeds, lambda seed: camvid(seed, options.weights)))
        measured = record_all("naming", "camvid", runs, UNITS, COMMANDS["camvid"])
    else:
        runs = finite(over_seeds(options.seeds, scenes))
        measured = record_all("naming", "scenes-P5", runs, UNITS, COMMANDS["scenes"])
    if options.record:
        chapter = "naming" if options.data_set == "scenes" else "naming-camvid"
        print("written to", record.save(chapter, measured).name)


if __name__ == "__main__":
    main()
