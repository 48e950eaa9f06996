"""Pictures with known concepts: what probes find, and what they would find anyway.

    python experiments/pictures.py scenes --record          # drawn rooms, the shipped backbone
    python experiments/pictures.py classes --record         # a ViT trained on room labels only
    python experiments/pictures.py signs --record           # real traffic signs (pack gtsrb)

All write to book/results/pictures.json. ``scenes``: probes for rooms and for their objects with
the controls (shuffled labels, an untrained network, the class alone, erased objects, coins),
leakage, a planted cue, and the rules on true and on predicted bits. ``classes``: the probes for
objects again, on a network that never heard of objects. ``signs``: near-copies across a random
split.
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path

import numpy as np
from measures import TOLERANCE, UNITS, collect, rules_on_bits
from scipy.stats import rankdata
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from nesylib import checkpoints, concepts, data, meaning, record, runtime, vit
from nesylib.rules import FoldSEM

UNITS |= {"auc": "number", "auc-within": "number", "fall": "share", "selectivity": "share"}
TOLERANCE |= {"number": 0.03}
COMMANDS = {
    name: f"python experiments/pictures.py {name} --record"
    for name in ("scenes", "classes", "signs")
}
ENOUGH = 15
BLAND = "window curtain rug plant painting clock door".split()
COINS = "window rug plant painting clock".split()
ERASED = [("pillow", "pillow"), ("bed", "pillow"), ("mirror", "mirror"), ("sink", "mirror")]
ERASED += [("toilet", "toilet"), ("stove", "stove"), ("window", "window"), ("rug", "rug")]


def linear(strength: float = 0.1):
    return make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=1000))


def layers(hidden: int, seed: int):
    net = MLPClassifier((hidden,), max_iter=300, random_state=seed)
    return make_pipeline(StandardScaler(), net)


def small_pixels(part) -> np.ndarray:
    """Each picture as 16 x 16 means, (N, 768)."""
    n = len(part)
    return part.images.reshape(n, 3, 16, 4, 16, 4).mean((3, 5)).reshape(n, -1) / 255


def features(net, part) -> np.ndarray:
    return vit.frozen_features(net, getattr(part, "images", part), cache=False)


def within(score, bit, labels) -> float:
    """Mean AUC inside the classes where the bit varies; NaN where there is none."""
    ranks = rankdata(score)[:, None] / len(score)
    return float(meaning.concept_auc(ranks, bit[:, None], labels, least=5, over="classes").item())


def concept_probes(fit, read, train, test, strength: float = 0.1) -> dict[str, float]:
    """Mean AUC over the concepts that are neither rare nor everywhere, and within classes."""
    seen = np.minimum(test.concepts.sum(0), (~test.concepts).sum(0)) >= ENOUGH
    all_of, inside = [], []
    for k in np.flatnonzero(seen & (train.concepts.sum(0) >= ENOUGH)):
        score = linear(strength).fit(fit, train.concepts[:, k]).decision_function(read)
        all_of.append(roc_auc_score(test.concepts[:, k], score))
        inside.append(within(score, test.concepts[:, k], test.labels))
    return {"auc": float(np.mean(all_of)), "auc-within": float(np.nanmean(inside))}


def erase(part, k: int, rows, away: bool = False) -> np.ndarray:
    """Pictures with concept ``k`` painted over, or the same shape elsewhere."""
    pictures = part.images[rows].copy()
    for picture, mask in zip(pictures, part.masks[rows], strict=True):
        shape = mask == k + 1
        if away:
            shape = np.roll(shape, (32, 32), (0, 1)) & ~shape
        picture[:, shape] = np.median(picture.reshape(3, -1), axis=1, keepdims=True)
    return pictures


def erasing(net, fit, read, train, test) -> dict[str, dict[str, float]]:
    names, found = list(test.concept_names), {}
    for erased, asked in ERASED:
        e, k = names.index(erased), names.index(asked)
        probe = linear().fit(fit, train.concepts[:, k])
        rows = np.flatnonzero(test.concepts[:, e] & test.concepts[:, k])[:100]
        before = probe.predict_proba(read[rows])[:, 1].mean()
        for suffix, away in (("", False), ("-elsewhere", True)):
            after = probe.predict_proba(features(net, erase(test, e, rows, away)))[:, 1].mean()
            found[f"{asked}-erase-{erased}{suffix}"] = {"fall": float(before - after)}
    return found


def coins(fit, read, train, test, seed: int) -> dict[str, dict[str, float]]:
    columns = [test.concept_names.index(k) for k in COINS]
    toss = np.random.default_rng(seed).permutation(np.arange(32) % 2)
    a, b = (toss[part.concepts[:, columns] @ 2 ** np.arange(5)] for part in (train, test))
    found = {}
    for name, probe in (("linear", linear()), ("two-layers", layers(128, seed))):
        pairs = [(train.concepts[:, k], test.concepts[:, k]) for k in columns]
        real = float(np.mean([probe.fit(fit, u).score(read, v) for u, v in pairs]))
        coin = float(probe.fit(fit, a).score(read, b))
        found[f"{name}-real"], found[f"{name}-coins"] = {"accuracy": real}, {"accuracy": coin}
        found[f"{name}-probe"] = {"selectivity": real - coin}
    return found


def leakage(fit, read, train, test, seed: int) -> dict[str, dict[str, float]]:
    columns = [test.concept_names.index(k) for k in BLAND]
    asked = [linear().fit(fit, train.concepts[:, k]) for k in columns]
    soft = [np.stack([p.decision_function(x) for p in asked], 1) for x in (fit, read)]
    flows = {
        "bland-true-bits": [part.concepts[:, columns] for part in (train, test)],
        "bland-predicted-bits": [s > 0 for s in soft],
        "bland-predicted-scores": soft,
    }
    return {
        name: {"accuracy": float(layers(32, seed).fit(a, train.labels).score(b, test.labels))}
        for name, (a, b) in flows.items()
    }


def ceiling(fit, read, train, test) -> dict[str, dict[str, float]]:
    bits = [np.zeros_like(part.concepts) for part in (train, test)]
    for k in np.flatnonzero(train.concepts.any(0) & ~train.concepts.all(0)):
        probe = linear().fit(fit, train.concepts[:, k])
        bits[0][:, k], bits[1][:, k] = probe.predict(fit), probe.predict(read)
    on_true = FoldSEM().fit(train.concepts, train.labels)
    moved = float(np.mean(on_true.predict(bits[1]) == test.labels))
    return {
        "rules-true-bits": rules_on_bits(train.concepts, train.labels, test.concepts, test.labels),
        "rules-predicted-bits": rules_on_bits(bits[0], train.labels, bits[1], test.labels),
        "rules-true-then-predicted": {"accuracy": moved},
    }


def cue(net, seed: int) -> dict[str, dict[str, float]]:
    options = dict(seed=seed, bias="wall", bias_strength=0.95)
    train = data.load("scenes/P5", "train", n=1500, **options)
    found = {}
    tests = {
        mode: data.load("scenes/P5", "test", n=600, bias_mode=mode, **options)
        for mode in ("aligned", "none", "conflicting")
    }
    read = {"pixels": (small_pixels, 0.01), "trained": (lambda part: features(net, part), 0.1)}
    for name, (see, strength) in read.items():
        probe = linear(strength).fit(see(train), train.labels)
        for mode, test in tests.items():
            score = float(probe.score(see(test), test.labels))
            found[f"cue-{name}-{mode}"] = {"accuracy": score}
    return found


def scenes(seed: int, options) -> dict:
    train = data.load("scenes/P5", "train", n=1500, seed=seed)
    test = data.load("scenes/P5", "test", n=600, seed=seed)
    net = vit.create_backbone("nesy_tiny_conv", weights=checkpoints.path("scenes-backbone"))
    blank = vit.create_backbone("nesy_tiny_conv", seed=seed)
    sees = {
        "pixels": (small_pixels(train), small_pixels(test), 0.01),
        "untrained": (features(blank, train), features(blank, test), 0.1),
        "trained": (features(net, train), features(net, test), 0.1),
        "class-only": (np.eye(5)[train.labels], np.eye(5)[test.labels], 0.1),
    }
    found = {}
    for name, (a, b, strength) in sees.items():
        found[f"{name}-concepts"] = concept_probes(a, b, train, test, strength)
        if name != "class-only":
            score = linear(strength).fit(a, train.labels).score(b, test.labels)
            found[f"{name}-classes"] = {"accuracy": float(score)}
    truth = linear().fit(train.concepts, train.labels).score(test.concepts, test.labels)
    found["true-concepts-classes"] = {"accuracy": float(truth)}
    fit, read, _ = sees["trained"]
    mixed = np.random.default_rng(seed).permutation(train.labels)
    floor = linear().fit(fit, mixed).score(read, test.labels)
    found["trained-shuffled-labels"] = {"accuracy": float(floor)}
    found |= erasing(net, fit, read, train, test)
    found |= coins(fit, read, train, test, seed) | leakage(fit, read, train, test, seed)
    return found | ceiling(fit, read, train, test) | cue(net, seed)


def classes(seed: int, options) -> dict:
    train = data.load("scenes/P5", "train", n=options.pictures, seed=seed)
    test = data.load("scenes/P5", "test", n=600, seed=seed)
    net = concepts.PlainViT("nesy_tiny_conv", 5, seed=seed)
    concepts.fit_classifier(
        net, train, epochs=options.epochs, lr=2e-3, batch_size=64, seed=seed,
        augment=concepts.Augment(flip=True, shift=0.06, light=0.1), progress=options.progress,
    )  # fmt: skip
    probes = concept_probes(
        features(net.backbone, train), features(net.backbone, test), train, test
    )
    right = float(np.mean(net.predict(test) == test.labels))
    return {"class-trained-concepts": probes, "class-trained-classes": {"accuracy": right}}


def signs(seed: int, options) -> dict:
    parts = [data.load("gtsrb", part, size=16, root=options.data) for part in ("train", "test")]
    whole = data.concatenate(*parts)
    rng = np.random.default_rng(seed)
    groups = rng.choice(np.unique(whole.groups), options.tracks, replace=False)
    whole = whole.take(np.isin(whole.groups, groups))
    loose = data.ImageSet(whole.images, whole.labels, whole.classes)
    coin = dict(zip(groups, rng.permutation(np.arange(len(groups)) % 2), strict=True))
    tossed = np.array([coin[g] for g in whole.groups])
    found = {}
    for name, part in (("by-group", whole), ("at-random", loose)):
        where = data.ImageSet(whole.images, tossed, ("heads", "tails"), groups=part.groups)
        for what, pictures in (("signs", part), ("coins", where)):
            a, b = pictures.split(test=0.3, seed=seed)
            found[f"{what}-split-{name}"] = {"accuracy": nearest(a, b)}
    return found


def nearest(a, b) -> float:
    """Accuracy on ``b`` of the label of the nearest picture in ``a``."""
    from sklearn.neighbors import KNeighborsClassifier

    flat = [part.images.reshape(len(part), -1).astype(np.float32) / 255 for part in (a, b)]
    return float(KNeighborsClassifier(1).fit(flat[0], a.labels).score(flat[1], b.labels))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=tuple(COMMANDS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--data", type=Path, help="folder of packs; else NESYLIB_DATA")
    parser.add_argument("--pictures", type=int, default=1600, help="classes: for training")
    parser.add_argument("--epochs", type=int, default=8, help="classes: of training")
    parser.add_argument("--tracks", type=int, default=300, help="signs: filmed signs in each run")
    parser.add_argument("--record", action="store_true", help="write to book/results")
    parser.add_argument("--quiet", dest="progress", action="store_false")
    options = parser.parse_args()
    warnings.filterwarnings("ignore", message="Stochastic Optimizer")
    runs = {}
    for seed in options.seeds:
        runtime.seed_everything(seed)
        runs[seed] = globals()[options.what](seed, options)
    name = {"scenes": "scenes-P5", "classes": "scenes-P5", "signs": "gtsrb"}[options.what]
    measured = collect("pictures", name, runs, tier="demo", command=COMMANDS[options.what])
    for m in measured:
        print(f"{m.key:50} {m}")
    if options.record:
        print("written to", record.save("pictures", measured).name)


if __name__ == "__main__":
    main()
