"""Symbols for CIFAR-10 under a frozen ViT-Ti: the paper's recipe, ideas against its plateau.

    python experiments/symbols.py --weights FILE --record
    python experiments/symbols.py --weights FILE --methods base anchors --seeds 0

The official test pictures are not touched: the test part is held out of the training file. What was
measured of a method under a seed is kept in the cache folder, and so is a run that was cut off.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
from heads import record_all
from symbols_tokens import GRID, load

from nesylib import record, runtime, symbols
from nesylib.symbols import AnchorTarget, FeatureTarget, PrefixLoss, ProjectorTarget

COMMAND = "python experiments/symbols.py --weights FILE --record"
V, L, LENGTHS, K = 128, 8, (1, 2, 4, 8), 1024
SIZES = dict(width=96, decoder_layers=1, encoder_layers=1, heads=4)
TRAINING = dict(epochs=40, batch_size=256, lr=2e-3, weight_decay=1e-4, keep_tokens=0.25)
OWN = dict(shared=False)  # a table of symbols for each position
OWN_VQ = OWN | dict(discretizer="vq")
OWN_GUMBEL = OWN | dict(discretizer="gumbel", straight_through=True, end=0.3)
OWN_SOFTMAX = OWN | dict(discretizer="softmax", straight_through=True, end=0.3)
CLS = dict(from_cls=True)


class Features:
    """Stands for the teacher, whose tokens are computed already."""

    num_features, grid = 192, (GRID, GRID)

    def tokens_of(self, images):
        raise NotImplementedError("tokens come from symbols_tokens.py")


def projector(**options):
    return lambda: ProjectorTarget(SIZES["width"], 192, prototypes=K, **options)


def anchors(**options):
    return lambda: AnchorTarget(SIZES["width"], 192, anchors=K, **options)


def feature():
    return FeatureTarget(SIZES["width"], 192)


def near(**options):
    return PrefixLoss(neighbours=1.0, **options)


METHODS = {
    # the paper's recipe as far as it is known, its discretizers and strategies
    "base": (projector(), {}, PrefixLoss()),
    "base-autoregressive": (projector(), dict(decoding="autoregressive"), PrefixLoss()),
    "gumbel": (projector(), dict(discretizer="gumbel", straight_through=True), PrefixLoss()),
    "vq": (projector(), dict(discretizer="vq"), PrefixLoss()),
    "entropy": (projector(), {}, PrefixLoss(strategy="entropy")),
    "information": (projector(), {}, PrefixLoss(strategy="information")),
    # one thing changed after the other: what is matched, what is read, tables, neighbours
    "fixed-projector": (projector(momentum=1.0), {}, PrefixLoss()),
    "feature": (feature, {}, PrefixLoss()),
    "anchors": (anchors(), {}, PrefixLoss()),
    "anchors-cls": (anchors(), OWN_GUMBEL | CLS, PrefixLoss()),
    "anchors-vq-cls": (anchors(), OWN_VQ | CLS, PrefixLoss()),
    "anchors-residual-cls": (anchors(), OWN_VQ | CLS | dict(decoding="residual"), PrefixLoss()),
    "neighbours": (anchors(), OWN_GUMBEL, near()),
    "neighbours-cls": (anchors(), OWN_GUMBEL | CLS, near()),
    "neighbours-nested-cls": (anchors(), OWN_GUMBEL | CLS, near(prefixes="nested")),
    "neighbours-apart-cls": (anchors(), OWN_GUMBEL | CLS, near(decorrelation=1.0)),
    "neighbours-feature-cls": (feature, OWN_GUMBEL | CLS, near()),
    "neighbours-projector-cls": (projector(), OWN_GUMBEL | CLS, near()),
    "neighbours-long-cls": (anchors(), OWN_GUMBEL | CLS, near()),
    # discretizer by vocabulary
    **{
        f"{name}-{size}-cls": (anchors(), own | CLS | dict(vocabulary=size), near())
        for size in (16, 64, 128, 256)
        for name, own in (
            ("near-gumbel", OWN_GUMBEL),
            ("near-vq", OWN_VQ),
            ("near-softmax", OWN_SOFTMAX),
            ("near-fsq", OWN | dict(discretizer="fsq")),
        )
        if (name, size) != ("near-gumbel", 128)  # which is neighbours-cls
    },
}
TWICE = ("neighbours-long-cls",)  # as many steps
SCALES = ("scaled", "unit")  # each number over its deviation; and then vectors of length 1
BASELINES = ("teacher", "k-means", "residual", "product", "voting", "random")
UNITS = {"bits": ("number", 0.1), "perplexity": ("number", 20.0), "seconds": ("s", 1e4)}


class Units(dict):
    def __missing__(self, key):
        return "share", 0.03


def probes(made: dict, name: str, train, y, test, y_test, length: int, rich: bool) -> None:
    """k-NN and, for the readings that are compared, linear and with 1,000 pictures."""
    found = symbols.knn_probe(train, y, test, y_test)
    made[f"knn-{name}-{length}"] = found.top1
    if rich:
        made[f"knn-{name}-{length}-top5"] = found.top5
        some = slice(0, 1000)  # pictures stand in random order
        made[f"knn-{name}-{length}-of-1000"] = symbols.knn_probe(
            train[some], y[some], test, y_test
        ).top1
        found = symbols.linear_probe(train, y, test, y_test)
        made[f"linear-{name}-{length}"] = found.top1
        made[f"linear-{name}-{length}-top5"] = found.top5


def of_symbols(S, S_test, y, y_test, rich: bool, V: int = V) -> dict[str, float]:
    made = {}
    for length in (n for n in LENGTHS if n <= S.shape[1]):
        for reading in ("positions", "bag"):
            codes = [symbols.one_hot(s[:, :length], V, reading) for s in (S, S_test)]
            rich_here = rich and reading == "positions" and length in (1, L)
            probes(made, reading, codes[0], y, codes[1], y_test, length, rich_here)
    counts = [np.bincount(column, minlength=V) / len(S_test) for column in S_test.T]
    entropies = [-(p[p > 0] * np.log(p[p > 0])).sum() for p in counts]
    made["perplexity"] = float(np.exp(entropies).mean())
    made["usage"] = float(np.mean([p > 0 for p in counts]))
    made["sequences"] = len(np.unique(S_test, axis=0)) / len(S_test)
    made["bits"] = symbols.bits_spent(V, S.shape[1])
    return made


def trained(name: str, seed: int, train, folder: Path) -> symbols.SymbolStudent:
    """A student by one of the methods; one that was trained before is read from the folder."""
    make_target, settings, loss = METHODS[name]
    settings = SIZES | dict(decoding="parallel") | settings
    size = settings.pop("vocabulary", V)
    student = symbols.SymbolStudent(Features(), size, L, seed=seed, **settings)
    with runtime.seeded(seed + 1000):
        target = make_target()
    # a batch with neighbours holds half as many new pictures: the same number of steps for all
    epochs = TRAINING["epochs"] // (2 if loss.neighbours else 1) * (2 if name in TWICE else 1)
    symbols.fit_student(
        student,
        train.tokens,
        target=target,
        loss=loss,
        seed=seed,
        checkpoint=folder / f"{name}-{seed}.safetensors",
        progress=sys.stderr.isatty(),
        **TRAINING | dict(epochs=epochs),
    )
    return student


def of_student(name: str, seed: int, train, test, folder: Path) -> dict[str, float]:
    whole = not (folder / f"{name}-{seed}.safetensors").exists()  # not taken up again
    began = time.process_time()
    student = trained(name, seed, train, folder)
    seconds = time.process_time() - began
    S, S_test = (student.encode(part.tokens, batch_size=500) for part in (train, test))
    made = of_symbols(S, S_test, train.labels, test.labels, True, student.vocabulary)
    read = student.read(S), student.read(S_test)
    for n in LENGTHS:
        parts = read[0][:, n - 1], train.labels, read[1][:, n - 1], test.labels
        probes(made, "encoder", *parts, n, rich=True)
    return made | ({"seconds": seconds} if whole else {})


def scaled_features(x, z, scale: str):
    """Features as they are, or on one of the ``SCALES``."""
    if scale:
        mean, spread = x.mean(0), x.std(0)
        x, z = (x - mean) / spread, (z - mean) / spread
    if scale == "unit":
        x, z = (part / np.linalg.norm(part, axis=1, keepdims=True) for part in (x, z))
    return x, z


def voting(x, z, vocabulary: int, seed: int) -> list[np.ndarray]:
    """k-means from L starts: symbols of both parts, and the centres that they stand for."""
    each = [symbols.kmeans_symbols(x, z, vocabulary, seed=100 * seed + j) for j in range(L)]
    parts = symbols.Coded._fields[:4]
    return [np.concatenate([getattr(c, part) for c in each], 1) for part in parts]


def of_baseline(name: str, seed: int, train, test, scale: str) -> dict[str, float]:
    x, z = scaled_features(train.cls, test.cls, scale)
    y, y_test = train.labels, test.labels
    if name == "teacher":
        made = {"majority": symbols.majority(y, y_test)}
        probes(made, "cls", x, y, z, y_test, 1, rich=True)
        return made
    if name == "voting":  # k-means again and again, each from its own start; centres are averaged
        found = voting(x, z, V, seed)
        steps = np.arange(1, L + 1)[None, :, None]
        made = of_symbols(*found[:2], y, y_test, rich=False)
        rebuilt_probes(made, *(part.cumsum(1) / steps for part in found[2:]), y, y_test)
        return made
    coder = {
        "k-means": symbols.kmeans_symbols,
        "residual": symbols.residual_kmeans_symbols,
        "product": symbols.product_symbols,
        "random": symbols.random_symbols,
    }[name]
    coded = coder(x, z, V, seed=100 * seed)
    made = of_symbols(coded.train, coded.test, y, y_test, rich=False)
    if coded.rebuilt_train is not None:
        rebuilt_probes(made, coded.rebuilt_train, coded.rebuilt_test, y, y_test)
    return made


def rebuilt_probes(made: dict, train, test, y, y_test) -> None:
    """Of the features that each prefix stands for."""
    for n in (n for n in LENGTHS if n <= train.shape[1]):
        probes(made, "rebuilt", train[:, n - 1], y, test[:, n - 1], y_test, n, rich=False)


def scale_of(name: str) -> tuple[str, str]:
    """``k-means-scaled`` as ``k-means`` and ``scaled``."""
    for scale in SCALES:
        if name.endswith(f"-{scale}"):
            return name.removesuffix(f"-{scale}"), scale
    return name, ""


def folder_of(*settings) -> Path:
    """Where what was measured under these settings is kept."""
    told = hashlib.sha256(str(settings).encode()).hexdigest()[:8]
    return runtime.cache_dir("symbols", f"runs-{told}")


def folder_of_students(train: int, test: int) -> Path:
    return folder_of(SIZES, TRAINING, V, L, K, train, test)


def kept(path: Path, compute) -> dict[str, float]:
    """What was measured before, or is measured now."""
    if path.exists():
        return json.loads(path.read_text("utf-8"))
    made = {key: float(value) for key, value in compute().items()}
    with runtime.atomic_write(path) as temporary:
        temporary.write_text(json.dumps(made), "utf-8")
    return made


def main() -> None:
    everything = [*METHODS, *BASELINES, *(f"{b}-{s}" for s in SCALES for b in BASELINES)]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=Path, required=True, help="of a ViT-Ti (safetensors)")
    parser.add_argument("--methods", nargs="+", choices=everything, default=everything)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--train", type=int, default=10_000)
    parser.add_argument("--test", type=int, default=2_000)
    parser.add_argument("--record", action="store_true", help="write to book/results")
    options = parser.parse_args()
    torch.set_num_threads(1)
    train, test = (load(s, getattr(options, s), options.weights) for s in ("train", "test"))
    folder = folder_of_students(len(train), len(test))
    plain_folder = folder_of(V, L, len(train), len(test))
    measured = []
    for name in options.methods:
        runs = {}
        for seed in options.seeds:
            plain, scale = scale_of(name)
            if plain in BASELINES:
                compute = lambda s=seed, p=plain, w=scale: of_baseline(p, s, train, test, w)
            else:
                compute = lambda s=seed, n=name: of_student(n, s, train, test, folder)
            where = plain_folder if plain in BASELINES else folder
            runs[seed] = {name: kept(where / f"{name}-{seed}.json", compute)}
            if plain == "teacher":  # nothing in it is random
                break
        known = set.intersection(*(set(run[name]) for run in runs.values()))
        runs = {
            s: {name: {k: v for k, v in r[name].items() if k in known}} for s, r in runs.items()
        }
        measured += record_all("symbols", "cifar10", runs, Units(UNITS), COMMAND)
        if options.record:
            record.save("symbols-cifar10", measured)


if __name__ == "__main__":
    main()
