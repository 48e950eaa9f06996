"""Which heat-map of a neuron can be trusted: faithfulness, objects, and what a broken net changes.

    python experiments/heat_maps.py scenes --record                  # drawn rooms, masks known
    python experiments/heat_maps.py places --weights FILE --record   # photographs, a real ViT-Ti

Three things are asked of every method. Does the neuron fall when the highest patches go (removal
curves)? Do the highest patches lie on the thing that the neuron was trained to name (drawn rooms
only, where there are masks)? Does the map change when the network is broken?
"""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

import numpy as np
import torch
from heads import Rooms, arguments, over_seeds, record_all
from scipy.stats import rankdata
from sklearn.linear_model import LogisticRegression

from nesylib import concepts, meaning, record, runtime, vit
from nesylib.concepts import ConceptLoss, ConceptViT
from nesylib.data import ImageSet
from nesylib.rules import FoldSEM

COMMANDS = {
    "scenes": "python experiments/heat_maps.py scenes --record",
    "places": "python experiments/heat_maps.py places --weights FILE --record",
}
EACH = {"scenes": 8, "places": 2}
"""Held-out pictures of each class, for each seed."""
REMOVALS = {"scenes": meaning.REMOVALS, "places": ("mean", "token")}
STEPS = {"scenes": 10, "places": 6}
MASKED = {
    "pointing": meaning.pointing_game,
    "mass": meaning.mass_in_mask,
    "rank": meaning.rank_in_mask,
}
AREA = ("number", 0.05)


class Units(dict):
    """Areas and correlations are numbers, counts are counts, scores against masks are shares."""

    def __missing__(self, key):
        if key in ("pairs", "neurons", "objects"):
            return ("count", 30.0)
        share = key.startswith(tuple(MASKED)) or key == "accuracy"
        return ("share", 0.06) if share else AREA


def few(pictures, each: int):
    """The first ``each`` pictures of every class."""
    rows = [np.flatnonzero(pictures.labels == k)[:each] for k in range(len(pictures.classes))]
    return pictures.take(np.concatenate(rows))


def maps_by_method(net, pictures, neurons, seed: int) -> dict[str, np.ndarray]:
    """Maps of every method, and of a control that knows no picture."""
    found = {}
    for method in meaning.HEAT_MAPS:
        if net.pooling != "mean" or method not in ("attention", "rollout"):
            found[method] = meaning.heat_maps(net, pictures, neurons, method=method, seed=seed)
    centre = meaning.centre_map(found["random"].shape[2:])
    return found | {"centre": np.broadcast_to(centre, found["random"].shape)}


def removal_scores(net, pictures, maps, neurons, where, removals, steps, seed, prefix=""):
    """Areas under both curves and the gap between them, for every method and way to remove."""
    found = {}
    for method, each in maps.items():
        found[method] = {}
        for removed in removals:
            curves = meaning.removal_curves(
                net, pictures, each, neurons, removed=removed, where=where, steps=steps, seed=seed
            )
            scores = curves.scores()
            found[method] |= {f"{prefix}{kind}-{removed}": scores[kind] for kind in scores}
    return found


def agreement(one: np.ndarray, other: np.ndarray) -> float:
    """Mean rank correlation of maps ``(..., gh, gw)``; a constant map agrees with none."""
    ranks = [rankdata(m.reshape(-1, m.shape[-2] * m.shape[-1]), axis=1) for m in (one, other)]
    ranks = [r - r.mean(1, keepdims=True) for r in ranks]
    below = np.sqrt((ranks[0] ** 2).sum(1) * (ranks[1] ** 2).sum(1))
    above = (ranks[0] * ranks[1]).sum(1)
    return float(np.divide(above, below, out=np.zeros(len(above)), where=below > 0).mean())


def broken(net: ConceptViT, part: str, seed: int) -> ConceptViT:
    """The same network with random weights in one part of it."""
    with runtime.seeded(seed + 900):
        other = ConceptViT(
            net.config["backbone"], net.n_concepts, net.pooling,
            img_size=net.config["img_size"], seed=seed + 900,
        ).eval()  # fmt: skip
        state, fresh = net.state_dict(), other.state_dict()
        blocks = len(net.backbone.blocks)
        gone = {
            "layer": ("concepts.linear",),
            "last-block": (f"backbone.blocks.{blocks - 1}.",),
            "blocks": ("backbone.blocks.",),
        }[part]
        if part == "layer":  # its weights at random in size and sign as the trained ones are
            order = torch.randperm(state["concepts.linear.weight"].numel())
            weight = state["concepts.linear.weight"]
            fresh["concepts.linear.weight"] = weight.flatten()[order].reshape(weight.shape)
        kept = {key: value for key, value in state.items() if not key.startswith(gone)}
        other.load_state_dict(fresh | kept)
    return other


def sanity(net, pictures, maps, neurons, seed: int) -> dict[str, dict[str, float]]:
    """How alike maps are to those of a broken network, and to those of other neurons."""
    found = {method: {} for method in maps if method != "centre"}
    for part in ("layer", "last-block", "blocks"):
        others = maps_by_method(broken(net, part, seed), pictures, neurons, seed + 1)
        for method, row in found.items():
            row[f"same-without-{part}"] = agreement(maps[method], others[method])
    pairs = list(combinations(range(len(neurons)), 2))
    for method, row in found.items():
        each = [agreement(maps[method][:, i], maps[method][:, j]) for i, j in pairs]
        row["same-other-neuron"] = float(np.mean(each)) if each else 1.0
    return found


def rule_neurons(rooms: Rooms, net) -> tuple[list[int], float]:
    """The neurons that a program learned from the bits reads, and its accuracy."""
    bits, labels, test_bits, test_labels = rooms.tables(net)
    fold = FoldSEM().fit(bits, labels)
    columns = sorted({int(literal.column[1:]) for literal in fold.program_.literals()})
    return columns, float(np.mean(fold.predict(test_bits) == test_labels))


class Read(NamedTuple):
    """A network, the neurons that its program reads, and pictures to look at."""

    net: ConceptViT
    neurons: list[int]
    accuracy: float
    pictures: ImageSet


def trained(rooms: Rooms, kind: str, seed: int) -> Read:
    """NeSyViT on the training pictures; a few of the others are drawn to look at."""
    net = rooms.fit(ConceptLoss()).eval()
    neurons, accuracy = rule_neurons(rooms, net)
    held_out = rooms.test
    if kind == "places":  # drawn rooms are other ones for every seed anyway
        held_out = held_out.take(np.random.default_rng(seed).permutation(len(held_out)))
    return Read(net, neurons, accuracy, few(held_out, EACH[kind]))


def of_rules(read: Read, kind: str, seed: int) -> dict[str, dict[str, float]]:
    """The neurons of NeSyViT that its program reads, where they are on."""
    net, neurons, accuracy, pictures = read
    about = {"neurons": len(neurons), "accuracy": accuracy}
    codes = concepts.encode(net, pictures)[:, neurons]
    where = codes >= 0.5
    if kind == "places":  # photographs are slow: of each only the neuron that is most sure
        where &= codes == codes.max(1, keepdims=True)
        used = np.flatnonzero(where.any(0))
        neurons, where = [neurons[k] for k in used], where[:, used]
    maps = maps_by_method(net, pictures, neurons, seed)
    found = removal_scores(net, pictures, maps, neurons, where, REMOVALS[kind], STEPS[kind], seed)
    if kind == "scenes":
        for method, row in sanity(net, pictures, maps, neurons, seed).items():
            found[method] |= row
    else:
        pairs = list(combinations(range(len(neurons)), 2))
        for method in maps:
            each = [agreement(maps[method][:, i], maps[method][:, j]) for i, j in pairs]
            found[method]["same-other-neuron"] = float(np.mean(each)) if each else 1.0
    return found | {"program": about | {"pairs": int(where.sum())}}


def object_net(rooms: Rooms, pooling: str) -> tuple[ConceptViT, list[int]]:
    """A concept layer of which each neuron was fitted to the truth about one object."""
    truth = rooms.train.concepts
    objects = [k for k in range(truth.shape[1]) if 0.05 < truth[:, k].mean() < 0.95]
    net = ConceptViT(
        rooms.backbone, len(objects), pooling, weights=rooms.weights, seed=rooms.seed
    ).eval()
    features = vit.frozen_features(net.backbone, rooms.train, pooling)
    net.concepts.standardize(features)
    scaled = (features - net.concepts.mean.numpy()) / net.concepts.scale.numpy()
    with torch.no_grad():
        for row, k in enumerate(objects):
            fit = LogisticRegression(C=0.1, max_iter=500).fit(scaled, truth[:, k])
            net.concepts.linear.weight[row] = torch.from_numpy(fit.coef_[0]).float()
            net.concepts.linear.bias[row] = float(fit.intercept_[0])
    return net, objects


def of_objects(rooms: Rooms, pooling: str, seed: int) -> dict[str, dict[str, float]]:
    """Neurons with a known meaning: where they are on and rightly so, does the map show why?"""
    net, objects = object_net(rooms, pooling)
    pictures = few(rooms.test, EACH["scenes"])
    neurons, there = range(len(objects)), pictures.concepts[:, objects]
    codes = concepts.encode(net, pictures)
    where = there & (codes >= 0.5)
    masks = pictures.masks[:, None] == np.array(objects)[:, None, None] + 1
    # beside each object, another one of the same picture: a map of its own must tell them apart
    draw, other = np.random.default_rng(seed), np.zeros_like(masks)
    for picture, column in np.argwhere(where):
        rest = [k for k in np.flatnonzero(there[picture]) if k != column]
        if rest:
            other[picture, column] = masks[picture, draw.choice(rest)]
    maps = maps_by_method(net, pictures, neurons, seed)
    side = maps["random"].shape[2]
    patch = masks.shape[2] // side
    maps["truth"] = masks.reshape(*masks.shape[:2], side, patch, side, patch).mean((3, 5))
    found = {}
    if pooling == "cls":
        found = removal_scores(
            net, pictures, maps, neurons, where, ("mean",), STEPS["scenes"], seed
        )
    for method, each in maps.items():
        row = found.setdefault(method, {})
        for name, score in MASKED.items():
            row[name] = float(np.nanmean(score(each[where], masks[where])))
        row["rank-of-another"] = float(np.nanmean(meaning.rank_in_mask(each[where], other[where])))
        row["rank-less-another"] = row["rank"] - row["rank-of-another"]
    right = float(((codes >= 0.5) == there).mean())
    about = {"objects": len(objects), "pairs": int(where.sum()), "accuracy": right}
    about["mass-by-chance"] = float(masks[where].mean())
    return found | {"layer": about}


def scenes(seed: int, options) -> dict[str, dict]:
    rooms = Rooms("scenes", seed)
    return {
        "scenes-P5": of_rules(trained(rooms, "scenes", seed), "scenes", seed),
        "scenes-P5-objects": of_objects(rooms, "cls", seed),
        "scenes-P5-objects-mean": of_objects(rooms, "mean", seed),
    }


def places(seed: int, options) -> dict[str, dict]:
    # all but a few pictures are let go before the slow part
    read = trained(Rooms("places", seed, options.weights), "places", seed)
    return {"places6-P5": of_rules(read, "places", seed)}


def main() -> None:
    options = arguments(__doc__, COMMANDS)
    measure = {"scenes": scenes, "places": places}[options.data_set]
    runs = over_seeds(options.seeds, lambda seed: measure(seed, options))
    measured = []
    for name in runs[options.seeds[0]]:
        each = {seed: runs[seed][name] for seed in runs}
        command = COMMANDS[options.data_set]
        measured += record_all("heat-maps", name, each, Units(), command)
    if options.record:
        print("written to", record.save(f"heat-maps-{options.data_set}", measured).name)


if __name__ == "__main__":
    main()
