"""Rules over symbols beside rules over NeSyViT's bits: accuracy, size, names, and where to look.

    python experiments/symbol_rules.py scenes --record
    python experiments/symbol_rules.py cifar10 --weights FILE --record

All methods read the same frozen transformer. The student, k-means and their like see no labels;
NeSyViT's bits are trained with them. Of CIFAR-10 the pictures are those of symbols.py.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import symbols as on_cifar
import symbols_tokens
import torch
from heads import NEURONS, Rooms, arguments, over_seeds, record_all
from measures import rules_on_bits
from sklearn.tree import DecisionTreeClassifier

from nesylib import checkpoints, concepts, meaning, record, runtime, symbols
from nesylib.concepts import loop
from nesylib.concepts.training import parameter_groups
from nesylib.joint import SymbolRules

COMMANDS = {
    "scenes": "python experiments/symbol_rules.py scenes --record",
    "cifar10": "python experiments/symbol_rules.py cifar10 --weights FILE --record",
}
SIZES = dict(width=64, decoder_layers=1, encoder_layers=1, decoding="parallel", discretizer="vq")
TRAINING = dict(target="anchors", epochs=25, batch_size=256, lr=2e-3, keep_tokens=0.5)
STUDENTS = {
    "student-64": dict(vocabulary=64, shared=False),
    "shared-64": dict(vocabulary=64, shared=True),
}
SCENES = {"k-means": (16, 64), "residual": (4, 64), "product": (64,), "random": (64,)}
FINE = 0.001  # a tail for rules about few pictures; by default no rule stands for fewer than 0.005
PHOTOGRAPHS = {"k-means": (16, 128), "residual": (16, 128), "product": (128,), "random": (128,)}
LENGTH, AWAY, EXPLAINED = 8, 0.25, 250
UNITS = {
    "accuracy": ("share", 0.04),
    "rules": ("count", 12.0),
    "predicates": ("count", 20.0),
    "size": ("count", 40.0),
    "cart": ("share", 0.04),
    "leaves": ("count", 12.0),
    "knn": ("share", 0.04),
    "perplexity": ("number", 12.0),
    "asked": ("count", 20.0),
    "found": ("share", 0.3),
    "auc": ("number", 0.05),
    "by-chance": ("number", 0.05),
    "kept": ("share", 0.3),
    "kept-auc": ("number", 0.1),
    "kept-again": ("number", 0.1),
    "surplus": ("share", 0.05),
    "others": ("share", 0.05),
    "decided": ("share", 0.2),
} | {f"changed-{order}": ("share", 0.1) for order in ("asked", "unasked", "least", "random")}


class Codes(NamedTuple):
    """Symbols of training and test pictures."""

    train: np.ndarray
    test: np.ndarray
    vocabulary: int


def of_rules(codes: Codes, y, y_test, reading="positions", length=None, tail=None):
    rules = SymbolRules(reading, length=length, tail=tail).fit(codes.train, y)
    stats = rules.program_.stats()
    made = {"accuracy": float(np.mean(rules.predict(codes.test) == y_test))}
    return rules, made | {name: stats[name] for name in ("rules", "predicates", "size")}


def of_codes(codes: Codes, y, y_test, reading: str = "positions", length: int | None = None):
    """Rules, and beside them a tree and k-NN on the same symbols."""
    made = of_rules(codes, y, y_test, reading, length)[1]
    which = "bag" if reading == "bag" else "positions"
    ones = [symbols.one_hot(s[:, :length], codes.vocabulary, which) for s in codes[:2]]
    if reading == "both":
        ones = [np.hstack([o, codes_of_bag(s, codes)]) for o, s in zip(ones, codes, strict=False)]
    tree = DecisionTreeClassifier(min_samples_leaf=0.005, random_state=0).fit(ones[0], y)
    made |= {"cart": tree.score(ones[1], y_test), "leaves": tree.get_n_leaves()}
    return made | {"knn": symbols.knn_probe(ones[0], y, ones[1], y_test).top1}


def codes_of_bag(part, codes: Codes) -> np.ndarray:
    return symbols.one_hot(part, codes.vocabulary, "bag")


def of_bits(bits, y, test_bits, y_test) -> dict[str, float]:
    made = rules_on_bits(bits, y, test_bits, y_test)
    tree = DecisionTreeClassifier(min_samples_leaf=0.005, random_state=0).fit(bits, y)
    made |= {"cart": tree.score(test_bits, y_test), "leaves": tree.get_n_leaves()}
    some = [b.astype(np.float32) for b in (bits, test_bits)]
    return made | {"knn": symbols.knn_probe(some[0], y, some[1], y_test).top1}


def perplexity(codes: Codes) -> float:
    shares = [np.bincount(column) / len(column) for column in codes.test.T]
    return float(np.mean([np.exp(-(p[p > 0] * np.log(p[p > 0])).sum()) for p in shares]))


def baselines(x, z, sizes: dict[str, tuple[int, ...]], seed: int) -> dict[str, Codes]:
    """Symbols without a student; ``sizes`` holds the vocabularies of each kind."""
    coders = {
        "k-means": lambda v: symbols.kmeans_symbols(x, z, v, seed=100 * seed),
        "residual": lambda v: symbols.residual_kmeans_symbols(x, z, v, LENGTH, seed=100 * seed),
        "product": lambda v: symbols.product_symbols(x, z, v, LENGTH, seed=100 * seed),
        "random": lambda v: symbols.random_symbols(x, z, v, LENGTH, seed=seed),
    }
    found = {}
    for name, vocabularies in sizes.items():
        for v in vocabularies:
            coded = coders[name](v)
            found[f"{name}-{v}"] = Codes(coded.train, coded.test, v)
    return found


@torch.inference_mode()
def after_removal(student, rules, tokens, maps, seed: int) -> dict[str, float]:
    """How often the answer changes when a quarter of the patches is taken away.

    ``asked``: those that the maps of the asked symbols name first; ``unasked``: those of all other
    positions; ``least``: what the asked ones name last.
    """
    S = student.encode(tokens)
    places = [[p for e in rules.evidence(s) if e.present for p in e.places] for s in S]
    rows = [i for i, at in enumerate(places) if 0 < len(set(at)) < student.length]
    heat = {"asked": [], "unasked": []}
    for i in rows:
        others = [p for p in range(student.length) if p not in places[i]]
        heat["asked"].append(maps[i, places[i]].mean(0).ravel())
        heat["unasked"].append(maps[i, others].mean(0).ravel())
    heat = {name: np.stack(found) for name, found in heat.items()}
    heat["least"] = -heat["asked"]
    heat["random"] = np.random.default_rng(seed).random(heat["asked"].shape)
    before, made = rules.predict(S[rows]), {"decided": len(rows) / len(S)}
    whole = torch.from_numpy(np.asarray(tokens[rows], np.float32))
    for name, found in heat.items():
        keep = np.sort(np.argsort(found, 1)[:, : round((1 - AWAY) * found.shape[1])], 1) + 1
        keep = torch.from_numpy(np.hstack([np.zeros((len(keep), 1), int), keep]))
        left = whole.gather(1, keep[..., None].expand(-1, -1, whole.shape[2]))
        now = rules.predict(student(left).emission.found.symbols.numpy())
        made[f"changed-{name}"] = float(np.mean(now != before))
    return made


def of_names(rules, codes: Codes, maps, pictures, new) -> dict[str, float]:
    """Which objects the asked symbols look at, and which they go with, held against the class."""
    names = pictures.concept_names
    frame = symbols.symbol_objects(codes.train, maps, pictures.masks, pictures.labels, names)
    frame = frame.set_index(["position", "symbol"])
    asked = frame.loc[[pair for pair in rules.asked() if pair in frame.index]]
    asked = asked.dropna(subset="others")
    found = asked["surplus"] - asked["others"] > 0.05
    columns = [position * codes.vocabulary + symbol for position, symbol in rules.asked()]
    ones = symbols.one_hot(codes.train, codes.vocabulary)[:, columns]
    goes = meaning.within_class_auc(ones, pictures.concepts, pictures.labels)
    ones = symbols.one_hot(codes.test, codes.vocabulary)[:, columns]
    again = meaning.concept_auc(ones, new.concepts, new.labels, least=3)
    goes["again"] = again[np.arange(len(columns)), goes["concept"]]
    kept = goes[goes["auc"] - goes["by_chance"] > 0.05].dropna()
    return {
        "auc": float(goes["auc"].mean()),
        "by-chance": float(goes["by_chance"].mean()),
        "kept": len(kept) / len(goes),
        "kept-auc": float(kept["auc"].mean()),
        "kept-again": float(kept["again"].mean()),
        "asked": len(rules.asked()),
        "found": float(found.mean()),
        "surplus": float(asked["surplus"].mean()),
        "others": float(asked["others"].mean()),
    }


def trained(name: str, teacher, tokens, seed: int) -> symbols.SymbolStudent:
    student = symbols.SymbolStudent(teacher, length=LENGTH, seed=seed, **SIZES, **STUDENTS[name])
    path = runtime.cache_dir("symbol-rules") / f"scenes-{name}-{seed}.safetensors"
    loss = symbols.PrefixLoss(neighbours=1.0)
    options = TRAINING | dict(loss=loss, seed=seed, checkpoint=path, progress=False)
    symbols.fit_student(student, tokens, **options)
    return student


def on_scenes(seed: int) -> dict[str, dict[str, float]]:
    rooms = Rooms("scenes", seed)
    train, test = rooms.train, rooms.test
    y, y_test = train.labels, test.labels
    teacher = symbols.Teacher(rooms.net.backbone)
    tokens, test_tokens = teacher.tokens(train), teacher.tokens(test)
    x, z = tokens.cls, test_tokens.cls
    found = ends(x, y, z, y_test)
    found["nesyvit"] = of_bits(*rooms.tables(rooms.fit(concepts.ConceptLoss())))
    coded = baselines(x, z, SCENES, seed)
    found |= {name: of_codes(codes, y, y_test) for name, codes in coded.items()}
    students = {name: trained(name, teacher, tokens, seed) for name in STUDENTS}
    for name, student in (students | {"shipped": checkpoints.load("scenes-symbols")}).items():
        codes = Codes(student.encode(tokens), student.encode(test_tokens), student.vocabulary)
        rules, _ = of_rules(codes, y, y_test)
        found[name] = of_codes(codes, y, y_test) | {"perplexity": perplexity(codes)}
        coded[name] = codes
        if name == "shared-64":
            for reading in ("bag", "both"):
                found[f"{name}-{reading}"] = of_codes(codes, y, y_test, reading)
            continue
        for n in (1, 2, 4):
            found[f"{name}-first-{n}"] = of_codes(codes, y, y_test, length=n)
        maps, test_maps = (student.maps(part) for part in (tokens, test_tokens))
        some = test_tokens[:EXPLAINED], test_maps[:EXPLAINED]
        found[name] |= after_removal(student, rules, *some, seed)
        found[name] |= of_names(rules, codes, maps, train, test)
    found["shuffled"] = of_codes(coded["student-64"], rooms.shuffled(), y_test)
    return found


def ends(x, y, z, y_test) -> dict[str, dict[str, float]]:
    """What anything is to be measured by: the transformer's own k-NN, and one answer for all."""
    return {
        "teacher": {"knn": symbols.knn_probe(x, y, z, y_test).top1},
        "majority": {"accuracy": symbols.majority(y, y_test)},
    }


def concept_bits(x, y, z, seed: int) -> list[np.ndarray]:
    """NeSyViT's bits from features, trained with labels."""
    with runtime.seeded(seed):
        layer = concepts.SparseConceptLayer(x.shape[1], NEURONS)
    layer.standardize(x)
    loss = concepts.ConceptLoss()
    loop.train(
        layer,
        x,
        y,
        lambda activations, labels, done: loss(activations, labels, 1.0)._asdict(),
        groups=parameter_groups(layer, 3e-3, 0.05),
        epochs=30,
        batch_size=128,
        seed=seed,
        progress=False,
    )
    with torch.inference_mode():
        return [concepts.binarize(layer(torch.from_numpy(f)).numpy()) for f in (x, z)]


def on_photographs(weights, seed: int) -> dict[str, dict[str, float]]:
    parts = {"train": 10_000, "test": 2000}
    train, test = (symbols_tokens.load(part, n, weights) for part, n in parts.items())
    y, y_test = train.labels, test.labels
    x, z = train.cls, test.cls
    found = ends(x, y, z, y_test)
    bits = concept_bits(x, y, z, seed)
    found["nesyvit"] = of_bits(bits[0], y, bits[1], y_test)
    coded = baselines(x, z, PHOTOGRAPHS, seed)
    folder = on_cifar.folder_of_students(len(train), len(test))
    for v, method in ((16, "near-gumbel-16-cls"), (128, "neighbours-cls")):
        student = on_cifar.trained(method, seed, train, folder)
        S = [student.encode(part.tokens, batch_size=500) for part in (train, test)]
        coded[f"student-{v}"] = Codes(*S, v)
        unit = on_cifar.scaled_features(x, z, "unit")
        coded[f"voting-{v}"] = Codes(*on_cifar.voting(*unit, v, seed)[:2], v)
    found |= {name: of_codes(codes, y, y_test) for name, codes in coded.items()}
    fine = [f"{name}-{v}" for name in ("k-means", "voting", "student") for v in (16, 128)]
    for name in fine:
        found[f"{name}-fine"] = of_rules(coded[name], y, y_test, tail=FINE)[1]
    found["nesyvit-fine"] = rules_on_bits(bits[0], y, bits[1], y_test, tail=FINE)
    own = coded["student-128"]
    for n in (1, 2, 4):
        found[f"student-128-first-{n}"] = of_codes(own, y, y_test, length=n)
    shuffled = np.random.default_rng(seed).permutation(y)
    found["shuffled"] = of_codes(own, shuffled, y_test)
    return found


def main() -> None:
    options = arguments(__doc__.splitlines()[0], COMMANDS)
    torch.set_num_threads(1)
    scenes = options.data_set == "scenes"
    if not scenes and options.weights is None:
        raise SystemExit("cifar10 needs --weights: a file with the weights of a ViT-Ti")
    one = on_scenes if scenes else lambda seed: on_photographs(options.weights, seed)
    runs = over_seeds(options.seeds, one)
    name = "scenes-P5" if scenes else "cifar10"
    measured = record_all("symbol-rules", name, runs, UNITS, COMMANDS[options.data_set])
    if options.record:
        print("written to", record.save(f"symbol-rules-{name}", measured).name)


if __name__ == "__main__":
    main()
